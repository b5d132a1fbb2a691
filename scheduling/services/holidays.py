"""The verbs of holidays and closures: close a day, keep one open, import a country's calendar."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.core.exceptions import ValidationError

from core.actor import Actor
from core.db import Work, verb
from core.errors import InvalidInput
from core.iso import check_holiday_calendar
from directory.models import Practice
from scheduling.calendar import displaced
from scheduling.models import Holiday, SeriesSkip
from scheduling.services.slot_series import lock_with_left_out, offer_left_out_days
from scheduling.states import HolidaySource, SkipReason


@verb
def set_holiday(
    work: Work, *, practice_id: int, day: date, name: str, is_closed: bool = True, by: Actor, at: datetime
) -> Holiday:
    """Close the practice on a day, or keep it open on one that the calendar calls a holiday.

    Visits that are booked on a day keep their time when it is closed, marked as to be moved until it is open again.
    """
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("scheduling.set_holiday", practice.pk)
    left_out = _left_out(practice, day) if not is_closed else []
    if left_out:
        lock_with_left_out(left_out, [], [], spans=_the_day(practice, day))
    row: Holiday | None = Holiday.objects.filter(practice=practice, date=day).first()
    was_closed = row is not None and row.is_closed
    if row is None:
        row = work.create(Holiday(practice=practice, date=day, name=name, is_closed=is_closed))
    else:
        row.name, row.is_closed, row.source = name, is_closed, HolidaySource.MANUAL
        work.save(row)
    offer_left_out_days(work, left_out)
    if is_closed and not was_closed:
        displaced.mark_closed(work, practice, [day])
    elif was_closed and not is_closed:
        displaced.recheck_opened(work, practice, day)
    return row


@verb
def remove_holiday(work: Work, holiday_id: int, *, by: Actor, at: datetime) -> None:
    """Remove a day from the list. The next import brings back a day that the calendar knows; keep it open instead."""
    row: Holiday = Holiday.objects.visible_to(by).one(pk=holiday_id)
    by.require("scheduling.set_holiday", row.practice_id)
    practice, day = row.practice, row.date
    left_out = _left_out(practice, day)
    if left_out:
        lock_with_left_out(left_out, [], [], spans=_the_day(practice, day))
    work.delete(row)
    offer_left_out_days(work, left_out)
    displaced.recheck_opened(work, practice, day)


@verb
def import_holidays(work: Work, *, practice_id: int, year: int, by: Actor, at: datetime) -> list[Holiday]:
    """Write the public holidays of the practice's calendar (`IT-RM`, or its country's) for a year.

    Days that are in the list already stay as they are, by hand or not: a second run adds none. What is booked on a
    new one is marked as to be moved.
    """
    import holidays as calendar  # the import takes half a second, so only this command pays for it

    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("scheduling.set_holiday", practice.pk)
    name = practice.holiday_calendar or practice.country_code
    try:
        check_holiday_calendar(name)
    except ValidationError as error:
        raise InvalidInput({"practice": " ".join(error.messages)}) from None
    country, _dash, region = name.partition("-")
    known = calendar.country_holidays(country, subdiv=region or None, years=year)
    present = set(Holiday.objects.filter(practice=practice, date__year=year).values_list("date", flat=True))
    made = work.create_many(
        Holiday(practice=practice, date=day, name=name[:255], source=HolidaySource.LIBRARY)
        for day, name in sorted(known.items())
        if day not in present
    )
    displaced.mark_closed(work, practice, [row.date for row in made])
    return made


def _left_out(practice: Practice, day: date) -> list[SeriesSkip]:
    """The days that series of slots left out because the practice is closed then."""
    skips = SeriesSkip.objects.filter(series__practice=practice, date=day, reason=SkipReason.HOLIDAY)
    return list(skips.select_related("series__practice").order_by("pk"))


def _the_day(practice: Practice, day: date) -> list[tuple[datetime, datetime]]:
    """The day on the practice's clock, up to the end of the following night."""
    begin, end = (datetime.combine(day + timedelta(days=n), time(), practice.zone) for n in (0, 2))
    return [(begin, end)]
