"""A column of an import, and how a cell's text becomes a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from core.days import check_day
from core.errors import Text
from core.imports.dates import CLEAR_FORMATS, clock_in, written

# From a cell's stripped text, never empty, to a value; ValidationError says why it cannot be.
Parser = Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refers:
    """A column that names rows of another kind: by the external id they were imported with, else by a natural key.

    `scope` is the path from the model to its organization ("" = none). `keys` are columns of which each alone may
    name the row, of people also `full_name`, in either order and with a title; a key that names several rows names
    none. `also` knows further ways: (organization, names) -> keys, None for several. `#12` is the row with our id 12.
    """

    model: Callable[[], type[models.Model]] | type[models.Model]
    scope: str = "organization"
    keys: tuple[str, ...] = ()
    full_name: bool = False
    also: Callable[[int, Collection[str]], Mapping[str, int | None]] | None = None

    @property
    def target(self) -> Any:
        """The model."""
        return self.model if isinstance(self.model, type) else self.model()


class AnyOf(tuple[str, ...]):
    """What may name the one row that a cell means: the first that does counts."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a kind. `name` is what the file (or a layout, or --map) calls it.

    `blank` is what an empty cell means. A `stored` column is the model's column of the same name (of one that
    `refers`: its key); any other is read by the kind's own `save`. Of a column that `refers`, the value is the key of
    the row it names, or a tuple of keys where `parse` gives several texts. The parser of a `dated` one takes the
    formats of days and times, too; of one whose days are `past`, also the latest day. `write` gives an export the
    value from the object, where it is not the attribute of the same name; a column that is not `exported` is only read.
    """

    name: str
    help: Text
    parse: Parser = str
    required: bool = False
    blank: Any = ""
    stored: bool = True
    refers: Refers | None = None
    dated: bool = False
    past: bool = False
    write: Callable[[Any], Any] | None = None
    exported: bool = True


def text_up_to(longest: int) -> Parser:
    """A parser of text with at most so many characters, for columns that no model's field checks."""

    def parse(text: str) -> str:
        if len(text) > longest:
            raise ValidationError(_("At most %(most)s characters are kept here.") % {"most": longest})
        return text

    return parse


def address(text: str) -> str:
    """An e-mail address, also as mailto:ana@example.org or Ana Popa <ana@example.org>; ValidationError for several."""
    if PLAIN_ADDRESS.fullmatch(text):
        return text
    if ANGLES.fullmatch(text):
        text = text[text.rindex("<") + 1 : -1]
    text = text.strip(" ;,")
    if text[:7].lower() == "mailto:":
        text = text[7:]
    if text.count("@") > 1:
        first, *others = dict.fromkeys(one for one in SEVERAL.split(text) if one)
        if not others:
            return first
        raise ValidationError(_("“%(text)s” is more than one address, and one is kept.") % {"text": text})
    return text


PLAIN_ADDRESS = re.compile(r"[^\s<>;,:@]+@[^\s<>;,:@]+")
ANGLES = re.compile(r"[^<>@]*<[^<>]+>")
SEVERAL = re.compile(r"\s*(?::::|[;,\s])\s*")


def valid_for(check: Callable[[str], object], *, rewrite: Callable[[str], str] = str) -> Parser:
    """A parser of text, first rewritten (such as to capitals), that a field's validator accepts."""

    def parse(text: str) -> str:
        text = rewrite(text)
        check(text)
        return text

    return parse


def day(text: str, formats: Sequence[str] = (), *, latest: date | None = None) -> date:
    """A date in one of `formats`, as ISO 8601 writes it, or with its month by name; of one with a time, the day.

    A year of two digits is the last one that does not lie behind `latest`: a birth in 45 was in 1945.
    """
    if formats and (told := written(text, formats)) is not None:
        found = told.day
        if told.is_short and latest is not None and found > latest:
            found = found.replace(year=found.year - 100)
    elif (counted := of_spreadsheet(text)) is not None:
        found = counted.date()
    else:
        try:
            found = date.fromisoformat(text) if len(text) <= len("1980-12-31") else datetime.fromisoformat(text).date()
        except ValueError:
            if (told := written(text, CLEAR_FORMATS)) is None:
                says = _("“%(text)s” is no date; write 1980-12-31.")
                raise ValidationError(says % {"text": text}, code=NO_DAY) from None
            found = told.day
    check_day(found)
    return found


# The codes of refusals that a --date-format may mend.
NO_DAY = "no_day"


def of_spreadsheet(text: str) -> datetime | None:
    """The day (and time) that a spreadsheet counts in days from the end of 1899: 44197 is 2021-01-01; else None.

    The time may be a part of a day in a cell of its own: 44197 0.375 is nine o'clock.
    """
    if not (parts := SERIAL.fullmatch(text)):
        return None
    days = sum(float(part.replace(",", ".")) for part in parts.groups("0"))
    found = datetime(1899, 12, 30) + timedelta(days=days)  # noqa: DTZ001 the practice's clock says which moment
    return found.replace(microsecond=0) if found.microsecond < 500_000 else found.replace(microsecond=0) + SECOND


SERIAL = re.compile(r"([1-7]\d{4}(?:[.,]\d+)?)(?: (0?[.,]\d+))?")
SECOND = timedelta(seconds=1)


def start_of_day(text: str, formats: Sequence[str] = ()) -> datetime:
    """A date as a moment: its midnight, UTC; a moment with a zone is itself."""
    if len(text) > len("1980-12-31T00:00:00"):
        return moment(text, formats).astimezone(UTC)
    return datetime.combine(day(text, formats), time(), UTC)


def moment(text: str, formats: Sequence[str] = ()) -> datetime:
    """A moment in one of `formats`, else as `day` knows days; one without an offset is some practice's wall time."""
    told = written(text, formats) if formats else None
    found = told.moment if told is not None else of_spreadsheet(text)
    has_time = bool(told.clock if told is not None else TIMED_SERIAL.search(text))
    if found is None and TIMED.search(text):
        with suppress(ValueError):
            found, has_time = datetime.fromisoformat(text), True
    if found is None:
        if (told := written(text, CLEAR_FORMATS)) is None:
            says = _("“%(text)s” is no time; write 2024-12-31T09:30:00Z.")
            raise ValidationError(says % {"text": text}, code=NO_DAY)
        found, has_time = told.moment, told.clock is not None
    if not has_time:
        raise ValidationError(_("“%(text)s” is a day without a time; write 2024-12-31T09:30.") % {"text": text})
    check_day(found)
    return found


def moment_or_day(text: str, formats: Sequence[str] = ()) -> datetime:
    """A moment; or a day alone, read as midnight on the practice's clock: a purchase needs no time of day."""
    try:
        return moment(text, formats)
    except ValidationError:
        return datetime.combine(day(text, formats), time())


def moment_or_last_day(text: str, formats: Sequence[str] = ()) -> datetime:
    """A moment; or a day alone, read as its end: an absence until Friday includes Friday."""
    try:
        return moment(text, formats)
    except ValidationError:
        return datetime.combine(day(text, formats) + timedelta(days=1), time())


# An ISO moment, and days that a spreadsheet counts, that say a time of day.
TIMED, TIMED_SERIAL = re.compile(r"[:T]"), re.compile(r"[.,]")


def clock_time(text: str) -> time:
    """A time of day, such as 09:30, 2:30 PM or 14h30."""
    if (found := clock_in(text)) is not None and found[1] is None:
        return found[0]
    raise ValidationError(_("“%(text)s” is no time of day; write 09:30.") % {"text": text})


def minutes(text: str) -> int:
    """A duration in minutes: 45, 45 min, 1:30, 0:45:00, 1 h 30 min, also with the words of other languages."""
    text = text.casefold().strip()
    if part := PARTS_OF_HOURS.fullmatch(text):
        return round(float(part[1].replace(",", ".")) * 60)
    found = DURATION.fullmatch(text)
    if not found or not any(found.groups()):
        raise ValidationError(_("“%(text)s” is no duration; write 45 or 1:30.") % {"text": text})
    clock_hours, clock_minutes, hours, plain = (int(part) if part else 0 for part in found.groups())
    return (clock_hours + hours) * 60 + clock_minutes + plain


HOURS = r"(?:h|hrs?|hours?|std|stunden?|heures?|or[ae]|horas?)\.?"
PARTS_OF_HOURS = re.compile(rf"(\d{{1,2}}[.,]\d{{1,2}})\s*{HOURS}")
DURATION = re.compile(
    r"(\d{1,3}):(\d{1,2})(?::00)?"
    rf"|(?:(\d{{1,3}})\s*{HOURS}\s*)?"
    r"(?:((?(3)\d{1,2}|\d{1,4}))\s*(?:m|mins?|minut[ie]?|minutes?|minuten?|minutos?|['’])?\.?)?"
)


def whole(text: str) -> int:
    """A whole number; 3.0, as spreadsheets write it, is one, too."""
    try:
        return int(text.removesuffix(".0"))
    except ValueError:
        raise ValidationError(_("“%(text)s” is no whole number.") % {"text": text[:50]}) from None


def amount(text: str) -> Decimal:
    """A decimal number: 1234.50, 1,234.50, 1.234,50 or 50,-, also with a currency or a percent sign beside it.

    Below zero as -20, 20- or (20). 1.234 may be more than a thousand or little more than one: it is refused.
    """
    plain = WHOLE_AMOUNT.sub("", AMOUNT.sub("", text))
    if below := BELOW_ZERO.fullmatch(plain):
        plain = f"-{AMOUNT.sub('', below[1] or below[2])}"
    if UNCLEAR_AMOUNT.fullmatch(plain):
        digits = plain.replace(",", "").replace(".", "")
        says = _("“%(text)s” may be %(whole)s or %(small)s; write it with two decimal places.")
        raise ValidationError(says % {"text": text, "whole": f"{digits}.00", "small": plain.replace(",", ".")})
    if THOUSANDS.fullmatch(plain):
        plain = plain.replace(".", "")
    if plain.count(",") == 1 and plain.rfind(",") > plain.rfind("."):
        plain = plain.replace(".", "").replace(",", ".")
    try:
        found = Decimal(plain.replace(",", ""))
    except ArithmeticError:
        raise ValidationError(_("“%(text)s” is no amount; write 1234.50.") % {"text": text[:50]}) from None
    if not found.is_finite():
        raise ValidationError(_("“%(text)s” is no amount; write 1234.50.") % {"text": text[:50]})
    return found


# What may stand beside an amount: a currency, a percent sign, spaces between thousands.
AMOUNT = re.compile(r"[\s\u00a0\u202f'’]|^[A-Z]{3}|[A-Za-z]{3}$|^S?Fr\.|^kr\.?|kr\.?$|zł$|[€$£¥₤₺₴₹₽]|%$")
BELOW_ZERO = re.compile(r"\((\S+)\)|([\d.,]+)[-–—]")
UNCLEAR_AMOUNT = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}")
THOUSANDS = re.compile(r"-?\d{1,3}(?:\.\d{3}){2,}")
# No cents, as they are written in Switzerland and Germany.
WHOLE_AMOUNT = re.compile(r"[.,][-–—]$")


def yes_or_no(text: str) -> bool:
    """A boolean: yes, true, 1, x or no, false, 0; also in German, French, Italian, Spanish or Romanian."""
    try:
        return YES_OR_NO[text.casefold()]
    except KeyError:
        raise ValidationError(_("“%(text)s” is neither yes nor no.") % {"text": text}) from None


YES = "yes true 1 y t x on ja wahr oui vrai sì si vero sí verdadero da adevărat adevarat ✓ ✔ ☑"
NO = "no false 0 n f off nein falsch non faux falso nu fals ✗ ✘ ☐"
YES_OR_NO = dict.fromkeys(YES.split(), True) | dict.fromkeys(NO.split(), False)


def one_of(words: Mapping[str, str], *, also: Mapping[str, str] | None = None) -> Parser:
    """A parser of a closed set of words (case does not matter): `words` maps what may be written to our word.

    `also`: further ones that other systems write, which a refusal need not name.
    """
    ours = {word.casefold(): meaning for word, meaning in {**words, **(also or {})}.items()}

    def parse(text: str) -> str:
        try:
            return ours[text.casefold()]
        except KeyError:
            known = ", ".join(words)
            raise ValidationError(_("“%(text)s” is none of %(known)s.") % {"text": text, "known": known}) from None

    return parse


def list_of_ids(text: str) -> tuple[str, ...]:
    """External ids (or whatever else names them) separated by semicolons."""
    return tuple(dict.fromkeys(part for one in text.split(";") if (part := one.strip())))


def reference(
    name: str,
    refers: Refers,
    help: Text,  # noqa: A002 the column's
    *,
    required: bool = False,
    stored: bool = False,
) -> Column:
    """A column that names one row of another kind; `stored`: its key is the model's column of the same name."""
    return Column(
        name=name, help=help, parse=text_up_to(255), blank=None, required=required, stored=stored, refers=refers
    )


def flag(name: str, help: Text = "", *, blank: bool | None = False) -> Column:  # noqa: A002 likewise
    """A column of yes and no."""
    return Column(name=name, help=help or _lazy("yes or no."), parse=yes_or_no, blank=blank)
