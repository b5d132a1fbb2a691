"""Moments and spans in words, the same wherever somebody reads one: on a page, in a message, in a refusal."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

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


def moment_in(zone: tzinfo, when: datetime) -> datetime:
    """The moment in UTC, of a wall time on the clock of `zone`; ValueError for one that this clock skips."""
    if when.tzinfo is not None:
        return when.astimezone(UTC)
    there = when.replace(tzinfo=zone).astimezone(UTC)
    if there.astimezone(zone).replace(tzinfo=None) != when:
        raise ValueError(_("The practice's clock skips %(when)s.") % {"when": date_format(when, DAY_AND_TIME)})
    return there
