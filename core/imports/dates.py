"""Days and times as programs write them: by formats that a person names, by names of months in several languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache

from babel import Locale
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

# Whose names of months and weekdays are understood.
LANGUAGES = ("en", "de", "fr", "it", "es", "ro", "pt", "nl")

# What is understood without a format: the year first, or a month by its name. 01/05/1980 may be two days.
ISO_DAY = "%Y-%m-%d"
CLEAR_FORMATS = (ISO_DAY, "%d %b %Y", "%b %d %Y", "%d-%b-%Y", "%d/%b/%Y")


@dataclass(frozen=True, slots=True)
class Written:
    """A day as it was written, perhaps with a time of day and an offset; whether its year had two digits."""

    day: date
    clock: time | None = None
    zone: tzinfo | None = None
    is_short: bool = False

    @property
    def moment(self) -> datetime:
        """The day with its time (midnight, where it has none), naive without an offset."""
        return datetime.combine(self.day, self.clock or time(), self.zone)


def written(text: str, formats: Sequence[str]) -> Written | None:
    """What the text means in the formats (as strptime knows them); None where it fits none of them.

    Raises ValidationError where it means different days in two of them, or names a weekday that the day is not.
    """
    found = {one: None for one in (_in_format(text, form) for form in formats) if one is not None}
    if len(found) > 1:
        first, second = (date_format(one.day, "j F Y") for one in list(found)[:2])
        says = _("“%(text)s” is %(first)s in one of the formats, %(second)s in another; name the one that holds.")
        raise ValidationError(says % {"text": text, "first": first, "second": second})
    return next(iter(found), None)


def clock_in(text: str) -> tuple[time, tzinfo | None] | None:
    """A time of day (9:30, 9.30, 09:30:15, 2:30 PM, 2 p.m., 14h30, 9 Uhr) and its offset, if it has one."""
    found = CLOCK.fullmatch(text)
    if found is None:
        return None
    hour, minute, second = int(found["hour"]), int(found["minute"] or 0), int(found["second"] or 0)
    if half := (found["half"] or "").lower():
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (half[0] == "p")
    elif found["minute"] is None and found["word"] is None:
        return None  # a number by itself
    try:
        return time(hour, minute, second), _zone(found["zone"])
    except ValueError:
        return None


CLOCK = re.compile(
    r"(?P<hour>\d{1,2})\s*(?:(?P<word>h|uhr)\s*)?(?:(?:(?<=[h\s])|[:.])(?P<minute>\d\d))?"
    r"(?:[:.](?P<second>\d\d)(?:[.,]\d+)?)?"
    r"\s*(?:(?P<half>[ap])\.?\s*m\.?)?(?:\s*uhr)?\s*(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d)?",
    re.IGNORECASE,
)


def _zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _in_format(text: str, form: str) -> Written | None:
    pattern = _pattern(form)
    if pattern is None:
        try:
            return Written((at := datetime.strptime(text, form)).date(), at.time(), at.tzinfo)  # noqa: DTZ007 wall time
        except ValueError:
            return None
    found = pattern.fullmatch(text)
    if found is None:
        # A weekday before or behind it says nothing but that it is right.
        name, rest = _weekday_apart(text)
        found = pattern.fullmatch(rest) if name else None
    else:
        name = ""
    if found is None:
        return None
    parts = found.groupdict()
    month = int(parts["month"]) if parts.get("month") else _months().get(_plain(parts.get("name") or ""))
    short = parts.get("short")
    year = int(parts["year"]) if short is None else int(short) + (1900 if int(short) >= 69 else 2000)
    clock = clock_in(parts["clock"]) if parts.get("clock") else None
    if month is None or (parts.get("clock") and clock is None):
        return None
    try:
        day = date(year, month, int(parts["day"]))
    except ValueError:
        return None
    name = name or parts.get("weekday") or ""
    if (said := _weekdays().get(_plain(name))) is not None and said != day.weekday():
        right = date_format(day, "l")
        raise ValidationError(_("“%(text)s” is a %(weekday)s.") % {"text": text, "weekday": right})
    o_clock, zone = clock or (None, None)
    return Written(day, o_clock, zone, is_short=short is not None)


PARTS = {
    "Y": r"(?P<year>\d{4})",
    "y": r"(?P<short>\d\d)",
    "m": r"(?P<month>\d{1,2})",
    "d": r"(?P<day>\d{1,2})",
    "b": r"(?P<name>[^\W\d]+)\.?",
    "B": r"(?P<name>[^\W\d]+)\.?",
    "a": r"(?P<weekday>[^\W\d]+)\.?",
    "A": r"(?P<weekday>[^\W\d]+)\.?",
}
DIRECTIVE = re.compile(r"%(.)|([\s,]+)|(.)")
CLOCK_DIRECTIVES = re.compile(r"[\sT,]*%[HI].*$")


@cache
def _pattern(form: str) -> re.Pattern[str] | None:
    """The format as an expression with a time of day behind it; None for parts that only strptime knows."""
    if clock := CLOCK_DIRECTIVES.search(form):
        if re.sub(r"%[HIMSp]|[\s:.hT,]", "", clock[0]):
            return None
        form = form[: clock.start()]
    pieces: list[str] = []
    for part, space, other in DIRECTIVE.findall(form):
        if part and part not in PARTS:
            return None
        if space:
            # "5 de enero de 1980", "5th May", "5. Mai", "Feb 4, 2025"
            pieces.append(r"(?:st|nd|rd|th|er|º|°|\.)?,?\s+(?:del?\s+)?")
        else:
            pieces.append(PARTS[part] if part else re.escape(other))
    try:
        return re.compile("".join(pieces) + r"(?:(?:,?\s+|T)(?P<clock>\d.*))?", re.IGNORECASE)
    except re.error:  # a part twice
        return None


def _weekday_apart(text: str) -> tuple[str, str]:
    """A weekday that stands before or behind a day, and the rest; "" where none does."""
    for found in (BEFORE.fullmatch(text), BEHIND.fullmatch(text)):
        if found is not None and _plain(found["weekday"]) in _weekdays():
            return found["weekday"], found["rest"]
    return "", text


BEFORE = re.compile(r"(?P<weekday>[^\W\d]+)\.?,?\s+(?P<rest>.+)")
BEHIND = re.compile(r"(?P<rest>.+?),?\s+\(?(?P<weekday>[^\W\d]+)\.?\)?")


def _plain(word: str) -> str:
    """A word in lower case, without accents and full stops."""
    return "".join(one for one in unicodedata.normalize("NFKD", word.casefold()) if one.isalnum())


@cache
def _months() -> dict[str, int]:
    return _only_of_one((_plain(name), number) for number, name in _names("months"))


@cache
def _weekdays() -> dict[str, int]:
    return _only_of_one((_plain(name), number) for number, name in _names("days"))


def _names(what: str) -> Iterable[tuple[int, str]]:
    for language in LANGUAGES:
        for form in ("format", "stand-alone"):
            names = getattr(Locale(language), what)[form]
            for number, name in (*names["wide"].items(), *names["abbreviated"].items()):
                yield number, name
                yield number, name[:3]


def _only_of_one(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Word -> number; a word that means two in different languages means none."""
    meanings: dict[str, set[int]] = {}
    for word, number in pairs:
        meanings.setdefault(word, set()).add(number)
    return {word: numbers.pop() for word, numbers in meanings.items() if len(numbers) == 1}
