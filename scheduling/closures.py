"""The days on which practices are closed, as a condition of slots: for lists, which read them once.

Asking for the day of each row would call a function for each of thousands of rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import DateField, Q

from core.actor import Actor
from core.prepared import Among, Prepared, hole

# Each day, the time zone of the practices' clocks, and which practices.
ClosedDays = tuple[tuple[date, str, tuple[int, ...]], ...]


def closed_days(at: datetime, *, practices: Collection[int] | None = None) -> ClosedDays:
    """Return the days, today and later, on which these practices (None: all) take no bookings."""
    # Yesterday, too: it may still be yesterday on a practice's clock.
    since = at.date() - timedelta(days=1)
    rows = _everywhere(since=since) if practices is None else _at(since=since, practices=practices)
    closed: dict[tuple[date, str], list[int]] = defaultdict(list)
    for practice_id, day, zone in rows:
        closed[day, zone].append(practice_id)
    return tuple((day, zone, tuple(practice_ids)) for (day, zone), practice_ids in closed.items())


def closed_days_for(actor: Actor, at: datetime) -> ClosedDays:
    """The closed days that may matter to the slots which the actor sees."""
    return closed_days(at, practices=None if actor.everything else actor.practices())


def on_closed_days(closed: ClosedDays) -> Q:
    """The condition that a slot lies on one of these closed days of its practice."""
    found = Q(pk__in=())
    for day, zone, practice_ids in closed:
        begin = datetime.combine(day, time(), tzinfo=ZoneInfo(zone))
        end = datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(zone))
        found |= Q(practice__in=practice_ids, starts_at__gte=begin, starts_at__lt=end)
    return found


def _closed_since() -> Any:
    from scheduling.models import Holiday

    rows = Holiday.objects.closed().filter(date__gte=hole("since", DateField()))
    return rows.values_list("practice_id", "date", "practice__time_zone")


_everywhere = Prepared(_closed_since)
_at = Prepared(lambda: _closed_since().filter(Among("practice_id", "practices")))
