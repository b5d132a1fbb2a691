"""The rules for patients who change their own visits, applied by the verbs whichever interface is used.

A verb asks the `..._own` permission where the actor acts as a patient, and one step here says what they may change.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, CharField, DecimalField, OuterRef
from django.utils.translation import gettext as _

from catalog.models import Service
from catalog.querysets import price_of
from core.actor import Actor, Kind
from core.errors import Conflict, InvalidInput
from core.prepared import Prepared, hole
from directory.models import Practice
from scheduling.calendar.online import horizon_of, offered_publicly
from scheduling.calendar.places import conditions_of, refuse_unless_bookable, slot_taken
from scheduling.models import Appointment
from scheduling.querysets import AvailableSlotQuerySet, with_conditions_then


def acts_as_patient(by: Actor) -> bool:
    """Whether the actor acts as a patient; staff who use a patient's interface have dropped their roles."""
    return by.kind == Kind.PATIENT


def permission_of(by: Actor, permission: str, own: str) -> str:
    """Return the permission that a verb requires of `by`: `own` for patients, else `permission`."""
    return own if acts_as_patient(by) else permission


def is_late(appointment: Appointment, *, at: datetime) -> bool:
    """Whether `at` is within the practice's notice period before the start; never for an appointment without a time."""
    if appointment.starts_at is None:
        return False
    return appointment.starts_at - at < timedelta(hours=appointment.practice.notice_hours)


def check_patient_may_change(appointment: Appointment, *, by: Actor, at: datetime, cancelling: bool) -> None:
    """Raise Conflict if a patient changes a visit that has begun or is within the practice's notice period.

    Cancelling late is allowed where the practice then keeps the session. Staff may do either.
    """
    if not acts_as_patient(by):
        return
    if appointment.starts_at is not None and appointment.starts_at <= at:
        raise Conflict(_("The appointment has already begun; please call the practice."), code="begun")
    if is_late(appointment, at=at) and not (cancelling and appointment.practice.late_cancel_forfeits):
        _refuse_late(appointment.practice)


def _refuse_late(practice: Practice) -> None:
    hours = practice.notice_hours
    raise Conflict(
        _("The appointment can be changed until %(hours)s hours before; please call the practice.") % {"hours": hours},
        code="notice_period",
    )


def check_patient_may_move(appointment: Appointment, slot_id: int | None, *, by: Actor, at: datetime) -> None:
    """Raise unless a patient moves their visit to a free slot for the same service at the same practice."""
    if not acts_as_patient(by):
        return
    if slot_id is None:
        raise InvalidInput({"slot_id": _("is required")})
    check_patient_may_change(appointment, by=by, at=at, cancelling=False)
    line = appointment.services.select_related("service").order_by("position").first()
    if line is None:
        raise Conflict(_("The practice has to move this appointment."), code="no_service")
    slot = slot_for_patient(slot_id, line.service, patient_ids=[appointment.patient_id], at=at)
    if slot.practice_id != appointment.practice_id:
        raise Conflict(_("The slot is at another practice: cancel this appointment and book anew."), code="elsewhere")


def _slot_of_service() -> AvailableSlotQuerySet:
    service_id, organization_id, pk = (hole(name, BigIntegerField()) for name in ("service", "organization", "pk"))
    price = price_of(service_id, OuterRef("specialist"), hole("base_price", DecimalField()))
    rows = with_conditions_then().filter(
        offered_publicly(service_id, organization_id, hole("code", CharField())), pk=pk
    )
    return rows.select_related("practice", "specialist", "room").annotate(price=price)


_slot_to_book = Prepared(_slot_of_service)


def slot_for_patient(slot_id: int, service: Service, *, patient_ids: list[int | None], at: datetime) -> Any:
    """Return the slot that a patient wants to book, with the service's `price` there.

    Raises Missing if it was never theirs to book, Conflict if it no longer is. Whether it is still free is checked
    again under its lock: somebody may take it meanwhile.
    """
    slot = _slot_to_book.one(
        pk=slot_id,
        at=at,
        holder=[pk for pk in patient_ids if pk is not None],
        service=service.pk,
        organization=service.organization_id,
        code=service.code,
        base_price=service.base_price,
    )
    if slot.ends_at - slot.starts_at < timedelta(minutes=service.duration_minutes):
        raise InvalidInput({"service_id": _("takes longer than the slot")})
    conditions = conditions_of(slot)
    refuse_unless_bookable(slot, conditions)
    if conditions.unmet & {"unblocked", "unheld"}:
        raise slot_taken(slot)
    if slot.starts_at <= at + timedelta(hours=service.booking_lead_hours):
        raise Conflict(_("The slot begins too soon to be booked online."), code="notice_period")
    months = slot.practice.booking_horizon_months
    if slot.starts_at > horizon_of(months, at=at):
        says = _("Patients can book at most %(months)s months ahead; please call the practice.") % {"months": months}
        raise Conflict(says, code="too_far_ahead")
    return slot
