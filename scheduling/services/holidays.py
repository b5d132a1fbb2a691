"""The days a practice is closed, from its country's calendar and by hand: bookings read them, staff may override."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays as calendar
from django.db.models import Q
from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.errors import InvalidInput
from directory.models import Practice
from scheduling.models import Appointment, Holiday
from scheduling.states import HolidaySource


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


def hit_by_closure(by: Actor, *, practice_id: int, day: date) -> list[Appointment]:
    """The open appointments of the practice on a day: shown before it is closed. Those `by` may see."""
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    begin = datetime.combine(day, time(), tzinfo=practice.zone)
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=practice.zone)
    rows = Appointment.objects.visible_to(by).open().filter(practice=practice, starts_at__gte=begin, starts_at__lt=end)
    return list(rows.select_related("patient", "specialist", "practice").order_by("starts_at", "pk"))


@verb
def set_holiday(
    work: Work, *, practice_id: int, day: date, name: str, is_closed: bool = True, by: Actor, at: datetime
) -> Holiday:
    """Close the practice on a day, or keep it open on one that the calendar calls a holiday."""
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("scheduling.set_holiday", practice.pk)
    row: Holiday | None = Holiday.objects.filter(practice=practice, date=day).first()
    if row is None:
        return work.create(Holiday(practice=practice, date=day, name=name, is_closed=is_closed))
    row.name, row.is_closed, row.source = name, is_closed, HolidaySource.MANUAL
    return work.save(row)


@verb
def remove_holiday(work: Work, holiday_id: int, *, by: Actor, at: datetime) -> None:
    """Take a day off the list. A day that the calendar knows comes back with the next import; keep it open instead."""
    row: Holiday = Holiday.objects.visible_to(by).one(pk=holiday_id)
    by.require("scheduling.set_holiday", row.practice_id)
    work.delete(row)


@verb
def import_holidays(work: Work, *, practice_id: int, year: int, by: Actor, at: datetime) -> list[Holiday]:
    """Write the public holidays of the practice's calendar (`IT-RM`, or its country's) for a year.

    Days that are in the list already stay as they are, by hand or not: a second run adds none.
    """
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("scheduling.set_holiday", practice.pk)
    country, _dash, region = (practice.holiday_calendar or practice.country_code).partition("-")
    try:
        known = calendar.country_holidays(country, subdiv=region or None, years=year)
    except NotImplementedError:
        raise InvalidInput({"holiday_calendar": _("no calendar of this name is known")}) from None
    present = set(Holiday.objects.filter(practice=practice, date__year=year).values_list("date", flat=True))
    return work.create_many(
        Holiday(practice=practice, date=day, name=name[:255], source=HolidaySource.LIBRARY)
        for day, name in sorted(known.items())
        if day not in present
    )
