"""The composite verbs over a program, which change its appointments and its orders with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.actor import Actor
from core.db import Work, verb
from orders.models import ProductOrder
from programs import services as programs
from programs.models import Enrollment
from scheduling.models import Appointment
from scheduling.querysets import AppointmentQuerySet
from scheduling.services.lifecycle import cancel
from scheduling.services.sessions import lock_appointments, locked_enrollment
from scheduling.states import NEXT, AppointmentStatus

CANCELLABLE = [status for status, following in NEXT.items() if AppointmentStatus.CANCELLED in following]


@dataclass(frozen=True, slots=True)
class ProgramEffects:
    """What cancelling a program would cancel with it."""

    orders: list[ProductOrder]
    appointments: list[Appointment]


def program_effects(by: Actor, enrollment_id: int, *, at: datetime) -> ProgramEffects:
    """Return what cancelling the program at `at` would cancel: open orders and, if asked, future appointments."""
    Enrollment.objects.visible_to(by).one(pk=enrollment_id)
    orders = ProductOrder.objects.open().filter(enrollment_id=enrollment_id)
    appointments = _cancellable(enrollment_id, at=at).select_related("specialist", "practice")
    return ProgramEffects(orders=list(orders.order_by("pk")), appointments=list(appointments.order_by("starts_at")))


@verb
def cancel_program(
    work: Work, enrollment_id: int, *, cancel_appointments: bool, reason: str = "", by: Actor, at: datetime
) -> Enrollment:
    """Cancel a program with its open orders and, if asked, its future appointments, each releasing its session.

    Appointments left standing still consume. Conflict for a completed or cancelled program.
    """
    Enrollment.objects.visible_to(by).one(pk=enrollment_id)
    enrollment = locked_enrollment(enrollment_id)
    by.require("programs.cancel", enrollment.practice_id)
    programs.end_enrollment(work, enrollment, reason=reason)
    if cancel_appointments:
        ids = _cancellable(enrollment_id, at=at).values_list("pk", flat=True)
        for appointment in lock_appointments(ids):
            if appointment.status in CANCELLABLE and appointment.enrollment_id == enrollment_id:
                appointment.enrollment = enrollment
                cancel(work, appointment, reason=reason)
    return enrollment


@verb
def adjust_program(
    work: Work, enrollment_id: int, *, quantity: int, reason: str, by: Actor, at: datetime
) -> Enrollment:
    """Give a program `quantity` more sessions (negative: fewer), with a reason, never below what is held."""
    Enrollment.objects.visible_to(by).one(pk=enrollment_id)
    enrollment = locked_enrollment(enrollment_id)
    by.require("programs.adjust", enrollment.practice_id)
    held = Appointment.objects.holding().filter(enrollment=enrollment).count()
    return programs.adjust_sessions(work, enrollment, quantity=quantity, reason=reason, open_appointments=held)


def _cancellable(enrollment_id: int, *, at: datetime) -> AppointmentQuerySet:
    return Appointment.objects.upcoming(at).filter(enrollment_id=enrollment_id, status__in=CANCELLABLE)
