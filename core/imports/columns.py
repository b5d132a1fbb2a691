"""A column of an import, and how a cell's text becomes a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.days import check_day
from core.errors import Text

# From a cell's stripped text, never empty, to a value; ValidationError says why it cannot be.
Parser = Callable[[str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a kind. `name` is what the file (or a layout, or --map) calls it.

    `blank` is what an empty cell means. A `stored` column is the model's column of the same name; any other is
    read by the kind's own `save`.
    """

    name: str
    help: Text
    parse: Parser = str
    required: bool = False
    blank: Any = ""
    stored: bool = True


def text_up_to(longest: int) -> Parser:
    """A parser of text with at most so many characters, for columns that no model's field checks."""

    def parse(text: str) -> str:
        if len(text) > longest:
            raise ValidationError(_("At most %(most)s characters are kept here.") % {"most": longest})
        return text

    return parse


def valid_for(check: Callable[[str], object], *, rewrite: Callable[[str], str] = str) -> Parser:
    """A parser of text, first rewritten (such as to capitals), that a field's validator accepts."""

    def parse(text: str) -> str:
        text = rewrite(text)
        check(text)
        return text

    return parse


def day(text: str) -> date:
    """A date as ISO 8601 writes it, such as 1980-12-31; of a date with a time, the day as it is written."""
    try:
        found = date.fromisoformat(text) if len(text) <= len("1980-12-31") else datetime.fromisoformat(text).date()
    except ValueError:
        raise ValidationError(_("“%(text)s” is no date; write 1980-12-31.") % {"text": text}) from None
    check_day(found)
    return found


def start_of_day(text: str) -> datetime:
    """A date as a moment: its midnight, UTC."""
    return datetime.combine(day(text), time(), UTC)


def yes_or_no(text: str) -> bool:
    """A boolean: yes, true, 1 or no, false, 0."""
    try:
        return YES_OR_NO[text.casefold()]
    except KeyError:
        raise ValidationError(_("“%(text)s” is neither yes nor no.") % {"text": text}) from None


YES_OR_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def one_of(words: Mapping[str, str]) -> Parser:
    """A parser of a closed set of words (case does not matter): `words` maps what may be written to our word."""
    ours = {word.casefold(): meaning for word, meaning in words.items()}

    def parse(text: str) -> str:
        try:
            return ours[text.casefold()]
        except KeyError:
            known = ", ".join(words)
            raise ValidationError(_("“%(text)s” is none of %(known)s.") % {"text": text, "known": known}) from None

    return parse


def list_of_ids(text: str) -> tuple[str, ...]:
    """External ids separated by semicolons."""
    return tuple(dict.fromkeys(part for one in text.split(";") if (part := one.strip())))
