"""Moments and spans in words, the same wherever somebody reads one: on a page, in a message, in a refusal."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

from django.utils.formats import date_format

DAY = "D j M Y"
DAY_AND_TIME = f"{DAY}, H:i"


def day_in_words(day: date) -> str:
    """The day with its day of the week."""
    return date_format(day, DAY)


def moment_in_words(at: datetime, zone: tzinfo | None) -> str:
    """The day and the time that the clock of `zone` shows (none: as it is)."""
    return date_format(at.astimezone(zone), DAY_AND_TIME)


def span_in_words(starts_at: datetime, ends_at: datetime, zone: tzinfo | None) -> str:
    """From when to when, on the clock of `zone` (none: as they are); the day once where it is the same."""
    starts, ends = starts_at.astimezone(zone), ends_at.astimezone(zone)
    until = f"{ends:%H:%M}" if starts.date() == ends.date() else date_format(ends, DAY_AND_TIME)
    return f"{date_format(starts, DAY_AND_TIME)} – {until}"
