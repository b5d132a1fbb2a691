"""The demo's calendar: four weeks of slots around today, group slots, a series, holidays, time off."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from clinic.demo.people import Clinic
from core.actor import Actor
from directory.models import Practice, Specialist
from scheduling.calendar import SlotWish, at_wall_time
from scheduling.models import AvailableSlot
from scheduling.services import (
    add_recurring_time_off,
    add_time_off,
    create_series,
    create_slot,
    create_slots,
    import_holidays,
    set_holiday,
)

DAY = timedelta(days=1)
HALF_HOURS = [time(9 + n // 2, 30 * (n % 2)) for n in range(14) if n not in (6, 7)]
SHORT_VISITS = ("Physiotherapy", "Kinetotherapy")


def at_clock(practice: Practice, day: date, wall: time) -> datetime:
    """Return the moment at which the practice's clock shows `wall`; the demo names no time that a clock skips."""
    moment = at_wall_time(day, wall, practice.zone)
    assert moment is not None  # noqa: S101 clocks change at night
    return moment


def place_of(clinic: Clinic, specialist: Specialist) -> Practice:
    """Return where the specialist works, the main practice first."""
    main = specialist.works_at.filter(practice=clinic.practice).exists()
    return clinic.practice if main else clinic.second


def make_slots(clinic: Clinic, *, by: Actor, today: datetime) -> None:
    """Create slots two weeks back and two ahead for every specialist: half hours for some, hours for others."""
    names = {pk: name for name, specialty in clinic.specialties.items() for pk in [specialty.pk]}
    begin = today - 15 * DAY
    for practice in (clinic.practice, clinic.second):
        wishes = []
        for specialist in clinic.specialists:
            if place_of(clinic, specialist) != practice:
                continue
            short = names[specialist.specialty_id or 0] in SHORT_VISITS
            length = timedelta(minutes=30 if short else 60)
            walls = HALF_HOURS if short else HALF_HOURS[::2]
            for day in _working_days(today, -14, 14):
                for wall in walls:
                    starts_at = at_clock(practice, day, wall)
                    wishes.append(SlotWish(specialist.pk, starts_at, starts_at + length))
        create_slots(practice_id=practice.pk, wishes=wishes, params={"demo": True}, by=by, at=begin)


def make_groups_and_series(clinic: Clinic, *, by: Actor, today: datetime) -> list[AvailableSlot]:
    """Create a back school for six on two evenings, one at the main practice, and a late consultation every week."""
    nora, oscar, paula = clinic.specialists[2], clinic.specialists[3], clinic.specialists[4]
    practice = place_of(clinic, nora)
    groups = []
    for day in _working_days(today, 1, 9)[::4]:
        starts_at = at_clock(practice, day, time(18))
        wish = SlotWish(nora.pk, starts_at, starts_at + 2 * DAY / 48, appointment_type="group_therapy", capacity=6)
        groups.append(create_slot(practice_id=practice.pk, wish=wish, by=by, at=today))
    starts_at = at_clock(place_of(clinic, oscar), _working_days(today, 2, 9)[2], time(18))
    wish = SlotWish(oscar.pk, starts_at, starts_at + 2 * DAY / 48, appointment_type="group_therapy", capacity=6)
    groups.append(create_slot(practice_id=place_of(clinic, oscar).pk, wish=wish, by=by, at=today))
    starts_at = at_clock(place_of(clinic, paula), _working_days(today, 1, 5)[0], time(17, 30))
    create_series(
        practice_id=place_of(clinic, paula).pk,
        wish=SlotWish(paula.pk, starts_at, starts_at + timedelta(minutes=45), appointment_type="consultation"),
        pattern="weekly",
        by=by,
        at=today,
    )
    return groups


def make_absences(clinic: Clinic, *, by: Actor, today: datetime) -> None:
    """Create public holidays, a closed day, a course during an existing visit, and lunch breaks."""
    for practice in (clinic.practice, clinic.second):
        for year in {today.year, (today + 60 * DAY).year}:
            import_holidays(practice_id=practice.pk, year=year, by=by, at=today)
    closed = _working_days(today, 12, 20)[0]
    set_holiday(practice_id=clinic.practice.pk, day=closed, name="Team day", by=by, at=today)
    iris, wanda = clinic.specialists[0], clinic.specialists[10]
    day = evening_of_series(today)
    add_time_off(
        practice_id=clinic.practice.pk,
        specialist_id=iris.pk,
        starts_at=at_clock(clinic.practice, day, time(16)),
        ends_at=at_clock(clinic.practice, day, time(18)),
        reason="Course",
        by=by,
        at=today,
    )
    add_recurring_time_off(
        practice_id=place_of(clinic, wanda).pk,
        specialist_id=wanda.pk,
        rule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        start_date=today.date(),
        start_time=time(12),
        duration_minutes=60,
        reason="Lunch",
        by=by,
        at=today,
    )


def evening_of_series(today: datetime) -> date:
    """Return the first day of some weekly visits; a course is put over it."""
    return _working_days(today, 2, 8)[1]


def _working_days(today: datetime, first: int, last: int) -> list[date]:
    days = [today.date() + number * DAY for number in range(first, last)]
    return [day for day in days if day.weekday() < 5]
