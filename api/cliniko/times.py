"""Dates and times as the vendor's clients write them: tolerant in, UTC without a fraction out."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

# Milliseconds, an offset, no zone at all (UTC), a space before the T or in its place, a "+" that arrived as a space.
MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?: ?[Tt]| ) ?(?P<time>\d\d:\d\d(?::\d\d)?)(?:[.,]\d{1,9})? ?"
    r"(?P<zone>[Zz]|UTC|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
BARE_OFFSET = re.compile(r"(:\d\d(?:[.,]\d{1,9})?) (\d\d:?\d\d)\Z", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def moment_of(text: str) -> datetime:
    """The moment that `text` names, to the second, in UTC; a day alone is its midnight. ValueError for other text."""
    text = BARE_OFFSET.sub(r"\1+\2", text.strip())
    if DAY.fullmatch(text):
        return datetime.combine(day_of(text), datetime.min.time(), tzinfo=UTC)
    found = MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    zone = found["zone"] or "Z"
    offset = "+00:00" if zone in ("Z", "z", "UTC") else zone
    moment = datetime.fromisoformat(f"{found['day']}T{found['time']}{offset}")
    if not 1900 <= moment.year <= 9998:
        raise ValueError(text)
    return moment.astimezone(UTC)


def day_of(text: str) -> date:
    """The day that `text` names as YYYY-MM-DD; ValueError for other text."""
    if not DAY.fullmatch(text) or not "1900" <= text[:4] <= "9998":
        raise ValueError(text)
    return date.fromisoformat(text)
