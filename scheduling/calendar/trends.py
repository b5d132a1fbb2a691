"""Utilisation and no-shows of a practice, week by week."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, Sum
from django.db.models.functions import TruncWeek

from directory.models import Practice
from scheduling.models import Appointment, AvailableSlot
from scheduling.states import CLAIMING, AppointmentStatus

WEEK = timedelta(days=7)
NOTHING = timedelta(0)
LENGTH = ExpressionWrapper(F("ends_at") - F("starts_at"), output_field=DurationField())


@dataclass(frozen=True, slots=True)
class WeekTrend:
    """One week from Monday on the practice's clock: the time offered and booked, the visits kept and missed."""

    monday: date
    offered: timedelta
    booked: timedelta
    came: int
    no_shows: int

    @property
    def utilisation(self) -> int | None:
        """Booked time in percent of the time offered, at most 100; None if nothing was offered."""
        return min(100, round(100 * self.booked / self.offered)) if self.offered else None

    @property
    def no_show_rate(self) -> int | None:
        """No-shows in percent of the visits that were due; None without any."""
        due = self.came + self.no_shows
        return round(100 * self.no_shows / due) if due else None


def week_trends(practice: Practice, *, weeks: int, at: datetime) -> list[WeekTrend]:
    """Return the last `weeks` weeks up to the present one, from two aggregate queries.

    A slot counts as booked with its first booking; a visit outside slots counts with its own time.
    """
    today = at.astimezone(practice.zone).date()
    this_monday = today - timedelta(days=today.weekday())
    mondays = [this_monday - WEEK * number for number in reversed(range(weeks))]
    begin, end = (datetime.combine(day, time(), tzinfo=practice.zone) for day in (mondays[0], this_monday + WEEK))
    span = {"practice": practice, "starts_at__gte": begin, "starts_at__lt": end}
    week = TruncWeek("starts_at", tzinfo=practice.zone)
    slots = AvailableSlot.objects.offered().filter(**span).annotate(week=week).order_by().values("week")
    slots = slots.annotate(offered=Sum(LENGTH), taken=Sum(LENGTH, filter=Q(booked__gt=0)))
    done = AppointmentStatus.DONE
    beside = Q(slot=None, status__in=CLAIMING)
    visits = Appointment.objects.live().filter(**span).annotate(week=week).order_by().values("week")
    visits = visits.annotate(
        beside=Sum(LENGTH, filter=beside),
        came=Count("pk", filter=Q(status=done)),
        missed=Count("pk", filter=Q(status=AppointmentStatus.NO_SHOW)),
    )
    offers: dict[date, Mapping[str, Any]] = {row["week"].date(): row for row in slots}
    stays: dict[date, Mapping[str, Any]] = {row["week"].date(): row for row in visits}
    return [
        WeekTrend(
            monday,
            offered=offers.get(monday, {}).get("offered") or NOTHING,
            booked=(offers.get(monday, {}).get("taken") or NOTHING) + (stays.get(monday, {}).get("beside") or NOTHING),
            came=stays.get(monday, {}).get("came", 0),
            no_shows=stays.get(monday, {}).get("missed", 0),
        )
        for monday in mondays
    ]
