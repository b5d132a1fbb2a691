"""Recurrence in local time: the days that a rule names, and their moments on the clock of a time zone.

09:00 stays 09:00 across a clock change. A time that the clock skips does not exist on that day; one that it
shows twice happens once, the first time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, rruleset, rrulestr
from django.utils.translation import gettext as _

from core.errors import InvalidInput
from scheduling.states import SlotPattern

PATTERN_RULES: dict[str, str] = {
    SlotPattern.DAILY: "FREQ=DAILY",
    SlotPattern.WEEKLY: "FREQ=WEEKLY",
    SlotPattern.BIWEEKLY: "FREQ=WEEKLY;INTERVAL=2",
    SlotPattern.MONTHLY: "FREQ=MONTHLY",
}
HORIZON = timedelta(days=90)  # how far ahead the slots and absences of a series are created
SHORTEST_MONTH = 28
LAST_CYCLE = 9200  # with up to 399 years, and at least 400 more
FREQUENCIES = {DAILY, WEEKLY, MONTHLY, YEARLY}
REFUSED_PARTS = ("DTSTART", "BYHOUR", "BYMINUTE", "BYSECOND", "RDATE", "EXDATE", "\n")


def checked_rule(pattern: str, text: str, *, first: date) -> str:
    """Return the RFC 5545 rule of a pattern, or for `custom` the given one.

    Raises InvalidInput for a rule that cannot be read or names no day from `first` on.
    """
    if pattern == SlotPattern.MONTHLY and first.day > SHORTEST_MONTH:
        # As visits repeat, too: in a shorter month the last day is used, and no month is left out.
        days_until = ",".join(str(day) for day in range(SHORTEST_MONTH, first.day + 1))
        return f"{PATTERN_RULES[pattern]};BYMONTHDAY={days_until};BYSETPOS=-1"
    if pattern != SlotPattern.CUSTOM:
        return PATTERN_RULES[pattern]
    text = text.strip().removeprefix("RRULE:").upper()
    # The rule is about local days, so the time zone of an UNTIL does not matter.
    text = re.sub(r"(UNTIL=\d{8}T\d{6})Z", r"\1", text, flags=re.ASCII)
    if not text or any(part in text for part in REFUSED_PARTS):
        raise InvalidInput({"rrule": _("is not a recurrence rule of days (RFC 5545)")})
    try:
        rule = rrulestr(text, dtstart=datetime(2026, 1, 1))  # noqa: DTZ001 wall time
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError):
        raise InvalidInput({"rrule": _("is not a recurrence rule (RFC 5545)")}) from None
    if not isinstance(rule, rrule) or isinstance(rule, rruleset) or rule._freq not in FREQUENCIES:  # type: ignore[attr-defined]
        raise InvalidInput({"rrule": _("must repeat by day, week, month or year")})
    if rule._interval < 1 or not _ever(rule, first) or not _from(rule, first):  # type: ignore[attr-defined]
        raise InvalidInput({"rrule": _("names no day")})
    return text


def _ever(rule: rrule, first: date) -> bool:
    """Whether the rule names any day at all; looking for the first day of one without any would run to the year 9999.

    The calendar comes again every 400 years, weekdays and all: near its end there is little left to search.
    """
    alike = first.replace(year=LAST_CYCLE + first.year % 400)
    again = rule.replace(dtstart=datetime.combine(alike, time()), until=None, count=None)
    return next(iter(again), None) is not None


def _from(rule: rrule, first: date) -> bool:
    """Whether the rule names a day from `first` on; it may have ended before."""
    return next(iter(rule.replace(dtstart=datetime.combine(first, time()))), None) is not None


def days(rule: str, *, first: date, after: date | None, upto: date, until: date | None) -> Iterator[date]:
    """Yield the days of `rule` counted from `first`, later than `after`, up to `upto` and `until`, both inclusive."""
    last = min(upto, until) if until else upto
    begin = datetime.combine(first, time())
    for moment in rrulestr(rule, dtstart=begin):
        day = moment.date()
        if day > last:
            return
        if after is None or day > after:
            yield day


def shifted_wall_time(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """Return the moment (UTC) of `wall` on `day`.

    Of a time that the clock shows twice it is the first; a time that the clock skips is as much later as it skips.
    """
    # A wall time in a repeated hour carries `fold`; on a day with a gap that would move the visit back.
    return datetime.combine(day, wall.replace(fold=0), tzinfo=zone).astimezone(UTC)


def wall_minutes(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> int:
    """Return the minutes from start to end on the clock of `zone`: a night is eight hours whatever the clock does."""
    starts, ends = (when.astimezone(zone).replace(tzinfo=None) for when in (starts_at, ends_at))
    return int((ends - starts).total_seconds() // 60)


def wall_end(day: date, wall: time, minutes: int, zone: ZoneInfo) -> datetime:
    """Return the moment (UTC) that is `minutes` on the clock after `wall` on `day`."""
    ends = datetime.combine(day, wall) + timedelta(minutes=minutes)
    return shifted_wall_time(ends.date(), ends.time(), zone)


def wall_span(day: date, wall: time, minutes: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the interval (UTC) of `minutes` from `wall` on `day`; later if the clock skips its beginning."""
    starts_at, ends_at = shifted_wall_time(day, wall, zone), wall_end(day, wall, minutes, zone)
    # A span that begins in the skipped hour and ends right after it would end before it begins, so it keeps its length.
    return starts_at, ends_at if ends_at > starts_at else starts_at + timedelta(minutes=minutes)


def at_wall_time(day: date, wall: time, zone: ZoneInfo) -> datetime | None:
    """Return the moment (UTC) at which the clock of `zone` shows `wall` on `day`; None if it skips that time."""
    local = datetime.combine(day, wall.replace(fold=0), tzinfo=zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        return None
    return moment
