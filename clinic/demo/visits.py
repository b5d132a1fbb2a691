"""The demo's history: programs and orders in every state, visits, registrations."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from clinic.demo.calendar import (
    HALF_HOURS,
    at_clock,
    evening_of_series,
    make_absences,
    make_groups_and_series,
    make_slots,
)
from clinic.demo.catalogue import Shelf
from clinic.demo.people import Clinic
from clinic.demo.today import make as days_around
from core.actor import Actor
from directory.models import Specialist
from orders.services import cancel_order, confirm_order, deliver_order, place_order, ship_order
from patients.models import Patient
from programs.models import Enrollment
from programs.services import enroll_patient, expire_programs
from scheduling.models import AvailableSlot
from scheduling.services import (
    Repeat,
    adjust_program,
    book_appointment,
    book_repeating,
    book_slot,
    cancel_appointment,
    cancel_program,
    complete_appointment,
    mark_no_show,
    register_contact,
    reject_appointment,
)

DAY = timedelta(days=1)


def make(clinic: Clinic, shelf: Shelf, *, by: Actor, today: datetime, now: datetime) -> None:
    """Create the history up to `today` (06:00 UTC) and `now`, and what lies ahead."""
    make_slots(clinic, by=by, today=today)
    groups = make_groups_and_series(clinic, by=by, today=today)
    _programs(clinic, shelf, by=by, today=today)
    _orders(clinic, shelf, by=by, today=today)
    _visits(clinic, shelf, by=by, today=today)
    _groups(clinic, shelf, groups, by=by, today=today)
    _repeated(clinic, shelf, by=by, today=today)
    days_around(clinic, shelf, by=by, now=now)
    make_absences(clinic, by=by, today=today)
    _registrations(shelf, by=by, now=now)
    expire_programs(by=by, at=today)


class Story:
    """One patient's program, told day by day relative to `today`."""

    def __init__(
        self,
        clinic: Clinic,
        shelf: Shelf,
        patient: Patient,
        plan: str,
        *,
        number: int,
        day: int,
        by: Actor,
        today: datetime,
    ):
        self.clinic, self.by, self.today, self.number = clinic, by, today, number
        self.plan = shelf.plans[plan]
        self.enrollment: Enrollment = enroll_patient(
            patient_id=patient.pk,
            service_plan_id=self.plan.pk,
            practice_id=clinic.practice.pk,
            by=by,
            at=today + day * DAY,
        )

    def book(self, day: int) -> int:
        """Book a session `day` days from today, at this story's own hour."""
        practice = self.clinic.practice
        starts = at_clock(practice, (self.today + day * DAY).date(), HALF_HOURS[self.number % len(HALF_HOURS)])
        booked_at = max(self.enrollment.enrolled_at, min(self.today, starts - 2 * DAY))
        assert self.plan.service_id is not None  # noqa: S101 only told of plans with sessions
        specialists = _specialists_for(self.clinic, self.plan.service_id)
        return book_appointment(
            practice_id=practice.pk,
            patient_id=self.enrollment.patient_id,
            service_id=self.plan.service_id,
            specialist_id=specialists[self.number // len(HALF_HOURS) % len(specialists)].pk,
            starts_at=starts,
            enrollment_id=self.enrollment.pk,
            by=self.by,
            at=booked_at,
        ).pk

    def use(self, *days: int) -> None:
        """Complete the sessions that took place."""
        for day in days:
            complete_appointment(self.book(day), by=self.by, at=self.today + day * DAY + timedelta(hours=4))


def _specialists_for(clinic: Clinic, service_id: int) -> list[Specialist]:
    """Return the specialists who offer the service at the main practice."""
    offering = Specialist.objects.filter(offers__service_id=service_id).working_at(clinic.practice.pk)
    return list(offering.order_by("sequence_number"))


def _programs(clinic: Clinic, shelf: Shelf, *, by: Actor, today: datetime) -> None:
    people = enumerate(clinic.patients)

    def story(plan: str, *, day: int) -> Story:
        number, patient = next(people)
        return Story(clinic, shelf, patient, plan, number=number, day=day, by=by, today=today)

    active = story("Kinetotherapy 10 Sessions", day=-30)
    active.use(-28, -21, -14)
    active.book(2)
    active.book(9)
    missed = story("Kinetotherapy 10 Sessions", day=-20)
    missed.use(-18)
    mark_no_show(missed.book(-11), by=by, at=today - 10 * DAY)
    late = missed.book(-4)
    cancel_appointment(late, reason="A cold", by_patient=True, by=by, at=today - 4 * DAY + timedelta(hours=1))
    adjust_program(missed.enrollment.pk, quantity=1, reason="A session as an apology", by=by, at=today - 3 * DAY)
    completed = story("Manual Therapy 3 Sessions", day=-50)
    completed.use(-45, -38, -31)
    expired = story("Kinetotherapy 10 Sessions", day=-200)
    expired.use(-190, -180)
    cancelled = story("Kinetotherapy 10 Sessions", day=-15)
    cancelled.use(-12)
    cancelled.book(3)
    cancel_program(
        cancelled.enrollment.pk,
        cancel_appointments=True,
        reason="Moved to another city",
        by=by,
        at=today - 2 * DAY,
    )
    kit = story("Cervical Recovery Kit", day=-5)
    pillow = kit.enrollment.orders.get()
    confirm_order(pillow.pk, by=by, at=today - 4 * DAY)
    story("Telerehab 3 Months", day=-40)
    story("Telerehab 3 Months", day=-120)
    package = story("Recovery Package", day=-10)
    package.use(-8, -5)
    package.book(1)
    story("Recovery Package", day=-1)
    for number in range(6):
        running = story("Kinetotherapy 10 Sessions", day=-25 + number)
        running.use(*range(-20 + number, -20 + number + 2 * (number + 1), 2))
        running.book(3 + number)


def _orders(clinic: Clinic, shelf: Shelf, *, by: Actor, today: datetime) -> None:
    pillow, band, board = (shelf.products[name] for name in ("Cervical Pillow", "Elastic Band", "Balance Board"))
    for number, product in enumerate([pillow, band, board, pillow, band, board, pillow, band]):
        placed = today - (9 - number) * DAY
        patient = clinic.patients[20 + number]
        practice = clinic.second if number == 7 else clinic.practice
        order = place_order(
            patient_id=patient.pk,
            product_id=product.pk,
            practice_id=practice.pk,
            quantity=1 + number % 2,
            notes="Recommended during consultation" if number % 3 == 0 else "",
            by=by,
            at=placed,
        ).pk
        if number % 5 == 4:
            cancel_order(order, reason="Patient no longer needs the product", by=by, at=placed + timedelta(hours=5))
        if number % 5 in (1, 2, 3):
            confirm_order(order, by=by, at=placed + timedelta(hours=2))
        if number % 5 in (2, 3):
            ship_order(order, tracking_number=f"RO00000000{number}", by=by, at=placed + timedelta(hours=8))
        if number % 5 == 3:
            deliver_order(order, by=by, at=placed + 2 * DAY)


def _visits(clinic: Clinic, shelf: Shelf, *, by: Actor, today: datetime) -> None:
    """Create visits without a program of the weeks around today."""
    evaluation, check_up = shelf.services["Mobility Evaluation"], shelf.services["Dental Check-up"]
    ids = []
    for number, day in enumerate((*range(-6, 0), *range(1, 7))):
        service = evaluation if number % 2 == 0 else check_up
        ids.append(_visit(clinic, service.pk, patient=28 + number, day=day, hour=9 + number % 3, by=by, today=today))
        if day < 0:
            end = complete_appointment if number else mark_no_show
            end(ids[-1], by=by, at=today + day * DAY + timedelta(hours=9))
    posture = shelf.services["Posture Scan"].pk
    cancel_appointment(ids[9], reason="Travels for work", by=by, at=today)
    asked = _visit(clinic, posture, patient=23, day=4, hour=11, by=by, today=today, requested=True)
    reject_appointment(asked, reason="The scanner is being repaired", by=by, at=today)
    _visit(clinic, posture, patient=24, day=5, hour=10, by=by, today=today, requested=True)
    urgent = _visit(clinic, check_up.pk, patient=25, day=1, hour=15, by=by, today=today)
    overbooked = _visit(clinic, check_up.pk, patient=26, day=1, hour=15, by=by, today=today, reason="Toothache")
    assert urgent != overbooked  # noqa: S101 two visits at one time, the second on purpose


def _visit(
    clinic: Clinic,
    service_id: int,
    *,
    patient: int,
    day: int,
    hour: int,
    by: Actor,
    today: datetime,
    requested: bool = False,
    reason: str = "",
) -> int:
    """Book one visit with the first specialist who offers the service, ten days ago."""
    return book_appointment(
        practice_id=clinic.practice.pk,
        patient_id=clinic.patients[patient].pk,
        service_id=service_id,
        specialist_id=_specialists_for(clinic, service_id)[0].pk,
        starts_at=at_clock(clinic.practice, (today + day * DAY).date(), time(hour)),
        requested=requested,
        overbooking_reason=reason,
        by=by,
        at=today - 10 * DAY,
    ).pk


def _groups(clinic: Clinic, shelf: Shelf, groups: list[AvailableSlot], *, by: Actor, today: datetime) -> None:
    """Fill four of six places of each back school."""
    school = shelf.services["Group Back School"].pk
    for number, slot in enumerate(groups):
        for patient in clinic.patients[number * 4 : number * 4 + 4]:
            book_slot(slot.pk, patient_id=patient.pk, service_id=school, by=by, at=today)


def _repeated(clinic: Clinic, shelf: Shelf, *, by: Actor, today: datetime) -> None:
    """Create four weekly visits of one patient, the last of them cancelled."""
    made = book_repeating(
        practice_id=clinic.practice.pk,
        patient_id=clinic.patients[27].pk,
        service_id=shelf.services["Mobility Evaluation"].pk,
        specialist_id=clinic.specialists[0].pk,
        starts_at=at_clock(clinic.practice, evening_of_series(today), time(16, 30)),
        repeat=Repeat("weekly", 1, 3),
        by=by,
        at=today - 10 * DAY,
    )
    cancel_appointment(made[-1].pk, reason="Away", by=by, at=today)


def _registrations(shelf: Shelf, *, by: Actor, now: datetime) -> None:
    """Register who waits to be called back: two patients, one of them with two records, and two others."""
    second_opinion = shelf.services["Second Opinion"].pk
    for place, (minutes, name, email, phone) in enumerate(
        [
            (190, "Ada Cloudberry", "ada.cloudberry@example.org", "+40 700 000 100"),
            (75, "Zeno Newcomer", "zeno.newcomer@example.org", ""),
            (25, "Yara Nightingale", "", "+40 700 000 990"),
            (24 * 60, "Bruno Dandelion", "bruno@example.org", "+40 700 000 111"),
        ]
    ):
        register_contact(
            second_opinion,
            contact_name=name,
            contact_email=email,
            contact_phone=phone,
            notes="Please call in the afternoon." if place % 2 else "",
            by=by,
            at=now - timedelta(minutes=minutes),
        )
