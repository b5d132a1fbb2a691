"""The demo's days around now, as a desk sees them: full, with somebody waiting, somebody in care, and somebody late."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial

from holidays import country_holidays

from catalog.models import Service
from clinic.demo.brought import bring
from clinic.demo.calendar import at_clock, place_of
from clinic.demo.catalogue import Shelf
from clinic.demo.people import Clinic
from core.actor import Actor
from core.errors import Conflict
from directory.models import Practice, Specialist
from patients.models import Patient
from scheduling.calendar import SlotWish
from scheduling.models import Appointment
from scheduling.services import (
    add_time_off,
    book_appointment,
    book_slot,
    cancel_appointment,
    complete_appointment,
    create_slot,
    mark_arrived,
    mark_no_show,
    start_care,
)

DAY, HALF_HOUR, MINUTE = timedelta(days=1), timedelta(minutes=30), timedelta(minutes=1)
OPENS, CLOSES, PAUSE = time(8), time(19), 13
# Today's visits go on until then after now, and begin that long before it, at whatever hour the demo is made.
AROUND_NOW = timedelta(minutes=75)
# What each does all day.
USUAL = {
    "Physiotherapy": "Mobility Evaluation",
    "Kinetotherapy": "Kinetotherapy",
    "Dentistry": "Dental Check-up",
    "Manual therapy": "Dry Needling",
    "Rehabilitation": "Posture Scan",
    "Nutrition": "Nutrition Consultation",
}
# Those before have a story of their own.
FIRST_PATIENT = 40
PAULA, OSCAR = 4, 3


def make(clinic: Clinic, shelf: Shelf, *, by: Actor, now: datetime) -> None:
    """Fill two working days before today and two behind it, and today at the main practice."""
    days = Days(clinic, shelf, by, now)
    today = now.astimezone(clinic.practice.zone).date()
    days.group(clinic.specialists[PAULA], at_clock(clinic.practice, today, time(17)))
    for place, specialist in enumerate(clinic.specialists):
        if place_of(clinic, specialist) == clinic.practice:
            days.fill(specialist, place, today)
    before, after = _working_days(clinic, today, -1), _working_days(clinic, today, 1)
    days.bring([*before, *after])
    leave = after[-1]
    add_time_off(
        practice_id=clinic.practice.pk,
        specialist_id=clinic.specialists[OSCAR].pk,
        starts_at=at_clock(clinic.practice, leave, OPENS),
        ends_at=at_clock(clinic.practice, leave, CLOSES),
        reason="Annual leave",
        by=by,
        at=now - DAY,
    )


@dataclass
class Days:
    """Fills days with visits, each patient in turn, and tells what has become of each by now."""

    clinic: Clinic
    shelf: Shelf
    by: Actor
    now: datetime
    booked: int = 0

    def bring(self, days: list[date]) -> None:
        """Bring along the visits of whole days, at both practices; whoever is busy already keeps their time."""
        visits: list[tuple[str, ...]] = []
        treatments: list[tuple[str, ...]] = []
        for day in days:
            for place, specialist in enumerate(self.clinic.specialists):
                practice, (service, step) = place_of(self.clinic, specialist), self.usual(specialist)
                for starts_at in self.starts(practice, day, place, step):
                    number, patient = f"V{len(visits)}", self.next_patient()
                    ends_at = starts_at + timedelta(minutes=service.duration_minutes)
                    who = (patient.email, f"{specialist.first_name} {specialist.last_name}", practice.name)
                    visits.append((number, starts_at.isoformat(), ends_at.isoformat(), *who))
                    treatments.append((f"T{number}", number, service.name))
        import_rows = partial(bring, to=self.clinic.organization, by=self.by, at=self.now)
        import_rows("appointments", ("starts_at", "ends_at", "patient", "specialist", "practice"), visits)
        import_rows("treatments", ("appointment", "service"), treatments)

    def usual(self, specialist: Specialist) -> tuple[Service, timedelta]:
        """What the specialist does all day, and how often at most."""
        title = next(name for name, one in self.clinic.specialties.items() if one.pk == specialist.specialty_id)
        service = self.shelf.services[USUAL[title]]
        return service, HALF_HOUR if service.duration_minutes <= 30 else 2 * HALF_HOUR

    def fill(self, specialist: Specialist, place: int, day: date) -> None:
        """Book the specialist's usual visits of a day, with gaps; whoever is busy already keeps their time."""
        practice, (service, step) = place_of(self.clinic, specialist), self.usual(specialist)
        for starts_at in self.starts(practice, day, place, step):
            with suppress(Conflict):
                visit = book_appointment(
                    practice_id=practice.pk,
                    patient_id=self.next_patient().pk,
                    service_id=service.pk,
                    specialist_id=specialist.pk,
                    starts_at=starts_at,
                    by=self.by,
                    at=min(self.now, starts_at) - (3 + self.booked % 9) * DAY,
                )
                self.settle(visit, place)

    def group(self, specialist: Specialist, starts_at: datetime) -> None:
        """Fill a class, but for one place."""
        booked_at = starts_at - 6 * DAY
        wish = SlotWish(
            specialist.pk, starts_at, starts_at + 2 * HALF_HOUR, appointment_type="group_therapy", capacity=6
        )
        slot = create_slot(practice_id=place_of(self.clinic, specialist).pk, wish=wish, by=self.by, at=booked_at)
        school = self.shelf.services["Group Back School"].pk
        for _number in range(5):
            visit = book_slot(slot.pk, patient_id=self.next_patient().pk, service_id=school, by=self.by, at=booked_at)
            self.settle(visit, 2)

    def next_patient(self) -> Patient:
        """The next of those without a story."""
        self.booked += 1
        people = self.clinic.patients[FIRST_PATIENT:]
        return people[self.booked % len(people)]

    def starts(self, practice: Practice, day: date, place: int, step: timedelta) -> Iterator[datetime]:
        """When visits begin: three of five half hours or four of five hours, and one that is under way now."""
        begin, end = at_clock(practice, day, OPENS), at_clock(practice, day, CLOSES)
        if day == self.now.astimezone(practice.zone).date():
            midnight = at_clock(practice, day, time(0))
            begin = max(midnight, min(begin, _half_hour(self.now - AROUND_NOW)))
            end = min(midnight + DAY, max(end, _half_hour(self.now + AROUND_NOW)))
        for number in range(int((end - begin) / step)):
            starts_at = begin + number * step
            is_pause = starts_at.astimezone(practice.zone).hour == PAUSE
            is_gap = (number + place) % 5 in ((1, 3) if step == HALF_HOUR else (2,))
            if starts_at <= self.now < starts_at + step or not (is_pause or is_gap):
                yield starts_at

    def settle(self, visit: Appointment, place: int) -> None:
        """Bring a visit to where it is by now: over, under way, waiting, late, or still to come."""
        starts_at, ends_at = visit.starts_at, visit.ends_at
        assert starts_at is not None  # noqa: S101 it has just been booked at a time
        assert ends_at is not None  # noqa: S101 likewise
        here = min(starts_at, self.now) - (5 + self.booked * 7 % 11) * MINUTE
        if self.booked % 23 == 7:
            cancel_appointment(visit.pk, reason="Has a cold", by=self.by, at=min(self.now, starts_at) - 2 * DAY)
        elif ends_at <= self.now and self.booked % 19 == 5:
            mark_no_show(visit.pk, by=self.by, at=ends_at)
        elif ends_at <= self.now:
            complete_appointment(visit.pk, by=self.by, at=ends_at)
        elif starts_at <= self.now and place % 4 < 2:
            start_care(visit.pk, by=self.by, at=max(starts_at, self.now - 20 * MINUTE))
        elif starts_at <= self.now + HALF_HOUR and place % 4 == 2:
            mark_arrived(visit.pk, by=self.by, at=max(here, self.now - 20 * MINUTE))


def _half_hour(moment: datetime) -> datetime:
    """The half hour that has begun."""
    return moment - (moment - datetime.min.replace(tzinfo=moment.tzinfo)) % HALF_HOUR


def _working_days(clinic: Clinic, today: date, step: int) -> list[date]:
    """The two working days before today (-1) or behind it (1), nearest first."""
    days = [today + number * step * DAY for number in range(1, 15)]
    closed = country_holidays(clinic.practice.country_code, years={day.year for day in days})
    return [day for day in days if day.weekday() < 5 and day not in closed][:2]
