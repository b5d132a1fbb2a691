"""Moments and spans of time in words, the same on pages, in messages and in refusals."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

DAY = "D j M Y"
DAY_AND_TIME = f"{DAY}, H:i"


def day_in_words(day: date) -> str:
    """Return the day with its weekday."""
    return date_format(day, DAY)


def moment_in_words(at: datetime, zone: tzinfo | None) -> str:
    """Return the day and the time on the clock of `zone` (none: unchanged)."""
    return date_format(at.astimezone(zone), DAY_AND_TIME)


def span_in_words(starts_at: datetime, ends_at: datetime, zone: tzinfo | None) -> str:
    """Return start and end on the clock of `zone` (none: unchanged), with the day only once if it is the same."""
    starts, ends = starts_at.astimezone(zone), ends_at.astimezone(zone)
    until = f"{ends:%H:%M}" if starts.date() == ends.date() else date_format(ends, DAY_AND_TIME)
    return f"{date_format(starts, DAY_AND_TIME)} – {until}"


def moment_in(zone: tzinfo, when: datetime) -> datetime:
    """Return the moment in UTC of a local time in `zone`; ValueError for a time that its clock skips."""
    if when.tzinfo is not None:
        return when.astimezone(UTC)
    there = when.replace(tzinfo=zone).astimezone(UTC)
    if there.astimezone(zone).replace(tzinfo=None) != when:
        raise ValueError(_("The practice's clock skips %(when)s.") % {"when": date_format(when, DAY_AND_TIME)})
    return there
