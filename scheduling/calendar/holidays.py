"""Which days a practice is closed on: bookings read this, and staff may override it."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from directory.models import Practice
from scheduling.models import Holiday


def closed_days(practice: Practice, *, first: date, last: date) -> dict[date, str]:
    """The closed days from `first` to `last`, inclusive, with their names."""
    rows = Holiday.objects.closed().filter(practice=practice, date__range=(first, last))
    return dict(rows.values_list("date", "name"))


def on_closed_days(organization_id: int, *, at: datetime) -> Q:
    """Whether what has a practice and a start lies on a day, from `at` on, on which that practice is closed.

    For lists: asking for each row's day would call a function for each of thousands of rows.
    """
    # Yesterday, too: today there may be yesterday here.
    rows = Holiday.objects.closed().filter(
        practice__organization=organization_id, date__gte=at.date() - timedelta(days=1)
    )
    closed: dict[tuple[date, str], list[int]] = defaultdict(list)
    for practice_id, day, zone in rows.values_list("practice_id", "date", "practice__time_zone"):
        closed[day, zone].append(practice_id)
    found = Q(pk__in=())
    for (day, zone), practice_ids in closed.items():
        begin = datetime.combine(day, time(), tzinfo=ZoneInfo(zone))
        end = datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(zone))
        found |= Q(practice__in=practice_ids, starts_at__gte=begin, starts_at__lt=end)
    return found
