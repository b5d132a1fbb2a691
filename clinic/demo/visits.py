"""What happened at the demo clinic: programs and orders in every state, visits, registrations."""

from __future__ import annotations

from datetime import datetime, timedelta

from clinic.demo.catalogue import Shelf
from clinic.demo.people import Clinic
from core.actor import Actor
from directory.models import Specialist
from orders.services import cancel_order, confirm_order, deliver_order, place_order, ship_order
from patients.models import Patient
from programs.models import Enrollment
from programs.services import enroll_patient, expire_programs
from scheduling.services import (
    adjust_program,
    book_appointment,
    cancel_appointment,
    cancel_program,
    complete_appointment,
    mark_arrived,
    mark_no_show,
    register_contact,
)

DAY = timedelta(days=1)


def make(clinic: Clinic, shelf: Shelf, *, by: Actor, today: datetime) -> None:
    """The history up to `today` (06:00 UTC), and what lies ahead."""
    _programs(clinic, shelf, by=by, today=today)
    _orders(clinic, shelf, by=by, today=today)
    _visits(clinic, shelf, by=by, today=today)
    _registrations(shelf, by=by, today=today)
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
        day: int,
        by: Actor,
        today: datetime,
    ):
        self.clinic, self.by, self.today = clinic, by, today
        self.plan = shelf.plans[plan]
        self.enrollment: Enrollment = enroll_patient(
            patient_id=patient.pk,
            service_plan_id=self.plan.pk,
            practice_id=clinic.practice.pk,
            by=by,
            at=today + day * DAY,
        )

    def book(self, day: int, *, hour: int = 8) -> int:
        """A session `day` days from today; booked two days before, or when enrolled. Returns its id."""
        starts = self.today + day * DAY + timedelta(hours=hour - 6)
        booked_at = max(self.enrollment.enrolled_at, min(self.today, starts - 2 * DAY))
        assert self.plan.service_id is not None  # noqa: S101 only told of plans with sessions
        return book_appointment(
            practice_id=self.clinic.practice.pk,
            patient_id=self.enrollment.patient_id,
            service_id=self.plan.service_id,
            specialist_id=_specialist_for(self.clinic, self.plan.service_id).pk,
            starts_at=starts,
            enrollment_id=self.enrollment.pk,
            by=self.by,
            at=booked_at,
        ).pk

    def use(self, *days: int) -> None:
        """Sessions that took place."""
        for day in days:
            complete_appointment(self.book(day), by=self.by, at=self.today + day * DAY + timedelta(hours=4))


def _specialist_for(clinic: Clinic, service_id: int) -> Specialist:
    """The first specialist of the main practice who offers the service."""
    offering = Specialist.objects.filter(offers__service_id=service_id).working_at(clinic.practice.pk)
    first: Specialist = offering.order_by("sequence_number")[0]
    return first


def _programs(clinic: Clinic, shelf: Shelf, *, by: Actor, today: datetime) -> None:
    people = iter(clinic.patients)

    def story(plan: str, *, day: int) -> Story:
        return Story(clinic, shelf, next(people), plan, day=day, by=by, today=today)

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
        running.book(3 + number, hour=9 + number % 4)


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
    """Single visits without a program: some done, three today, some ahead."""
    evaluation, check_up = shelf.services["Mobility Evaluation"], shelf.services["Dental Check-up"]
    for number in range(12):
        day = number - 6
        service = evaluation if number % 2 == 0 else check_up
        appointment = book_appointment(
            practice_id=clinic.practice.pk,
            patient_id=clinic.patients[28 + number].pk,
            service_id=service.pk,
            specialist_id=_specialist_for(clinic, service.pk).pk,
            starts_at=today + day * DAY + timedelta(hours=3 + number % 5),
            by=by,
            at=today - 10 * DAY,
        ).pk
        if day < 0:
            complete_appointment(appointment, by=by, at=today + day * DAY + timedelta(hours=9))
        if day == 0:
            mark_arrived(appointment, by=by, at=today + timedelta(hours=2))


def _registrations(shelf: Shelf, *, by: Actor, today: datetime) -> None:
    second_opinion = shelf.services["Second Opinion"].pk
    for hours, (name, email, phone) in enumerate(
        [
            ("Ada Cloudberry", "ada.cloudberry@example.org", "+40 700 000 100"),
            ("Zeno Newcomer", "zeno.newcomer@example.org", ""),
            ("Yara Nightingale", "", "+40 700 000 990"),
            ("Bruno Dandelion", "bruno@example.org", "+40 700 000 111"),
        ]
    ):
        register_contact(
            second_opinion,
            contact_name=name,
            contact_email=email,
            contact_phone=phone,
            notes="Please call in the afternoon." if hours % 2 else "",
            by=by,
            at=today - timedelta(hours=3 + hours),
        )
