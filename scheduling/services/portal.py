"""The patient's own booking: public services, free future slots, changes until the practice's notice period."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import DurationField, Exists, ExpressionWrapper, F, OuterRef, Value
from django.utils.translation import gettext as _

from catalog.models import Service, ServiceSpecialist
from catalog.querysets import price_of
from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, InvalidInput, Missing
from directory.models import Practice, Specialist
from scheduling.calendar.free_time_search import FreeTime, Search, free_times
from scheduling.calendar.holidays import on_closed_days
from scheduling.calendar.parties import Treatments, patient_for, program_for
from scheduling.calendar.places import buffers, refuse_closed, slot_taken
from scheduling.models import Appointment, AvailableSlot
from scheduling.querysets import AvailableSlotQuerySet
from scheduling.services.booking import Visit, enter_slot
from scheduling.services.lifecycle import cancel_appointment, is_late
from scheduling.services.moving import reschedule_appointment
from scheduling.states import CreatedVia


def offered_publicly(service: Service) -> AvailableSlotQuerySet:
    """The slots of a public service that are open to online bookings, free or not: those of who offers it."""
    offered_by = ServiceSpecialist.objects.filter(service=service, specialist=OuterRef("specialist"), is_active=True)
    return AvailableSlot.objects.offered().filter(
        Exists(offered_by),
        practice__organization=service.organization_id,
        practice__show_in_online_bookings=True,
        practice__archived_at=None,
        specialist__show_in_online_bookings=True,
        specialist__scheduling_active=True,
        specialist__archived_at=None,
        appointment_type__in={"", service.code},
    )


def public_slots(service: Service, *, at: datetime, specialist_id: int | None = None) -> AvailableSlotQuerySet:
    """The free slots that patients may book for a public service: long enough, far enough ahead, on open days."""
    length = ExpressionWrapper(F("ends_at") - F("starts_at"), output_field=DurationField())
    slots = (
        offered_publicly(service)
        .available(at + timedelta(hours=service.booking_lead_hours))
        .annotate(length=length)
        .filter(length__gte=timedelta(minutes=service.duration_minutes))
        .exclude(on_closed_days(service.organization_id, at=at))
    )
    return slots.filter(specialist_id=specialist_id) if specialist_id is not None else slots


def online_offer(practice: Practice, specialist_id: int, service_id: int, *, by: Actor) -> ServiceSpecialist:
    """That a specialist of the practice offers a service which patients may book online; Missing where it is not so."""
    if not practice.show_in_online_bookings:
        raise Missing
    offers = ServiceSpecialist.objects.visible_to(by).select_related("service", "specialist")
    offer: ServiceSpecialist = offers.one(
        service_id=service_id,
        specialist_id=specialist_id,
        is_active=True,
        service__published=True,
        service__is_public=True,
        service__archived_at=None,
        specialist__in=Specialist.objects.taking_appointments().working_at(practice.pk),
        specialist__show_in_online_bookings=True,
    )
    return offer


def online_times(
    offer: ServiceSpecialist, practice: Practice, *, first: date, last: date, at: datetime, limit: int | None = None
) -> list[FreeTime]:
    """The times at which what is offered can be booked online, on the practice's days from `first` to `last`."""
    service = offer.service
    before, after = buffers(service)
    search = Search(
        start=max(datetime.combine(first, time(), practice.zone), at + timedelta(hours=service.booking_lead_hours)),
        end=datetime.combine(last + timedelta(days=1), time(), practice.zone),
        duration=timedelta(minutes=service.duration_minutes),
        before=before,
        after=after,
        appointment_type=service.code,
    )
    return free_times(practice, [offer.specialist_id], search, at=at, limit=limit)


@verb
def book_own_slot(
    work: Work,
    *,
    slot_id: int,
    service_uuid: UUID,
    policy_accepted: bool,
    patient_id: int | None = None,
    enrollment_id: int | None = None,
    booking_ip: str | None = None,
    by: Actor,
    at: datetime,
) -> Appointment:
    """A patient books a free slot for themselves or for somebody they have access to.

    Missing for a service that is not public, a slot that the service does not offer, another's patient or program;
    InvalidInput without the policy accepted, or with a service longer than the slot; Conflict where it is taken.
    """
    patient_pk = patient_id if patient_id is not None else by.own_patient_id
    if patient_pk is None:
        raise InvalidInput({"patient_id": _("is required")})
    by.require("scheduling.book_own")
    if not policy_accepted:
        raise InvalidInput({"policy_accepted": _("must be accepted")})
    service: Service = Service.objects.visible_to(by).public().one(uuid=service_uuid)
    slot = _wanted(slot_id, service, at=at)
    refuse_closed(slot.closed_by)
    patient = patient_for(patient_pk, slot.practice, by=by)
    by.require("scheduling.book_own", patient_id=patient.pk)
    visit = Visit(
        practice=slot.practice,
        patient=patient,
        done=Treatments((service,), (slot.price,)),
        specialist=slot.specialist,
        room=slot.room,
        enrollment_id=program_for(enrollment_id, by=by),
        more={"created_via": CreatedVia.PORTAL, "booking_ip": booking_ip, "policy_accepted": True},
    )
    return enter_slot(work, slot, visit)


def _wanted(slot_id: int, service: Service, *, at: datetime) -> Any:
    """The slot a patient asks for, with the service's `price` there: Missing where it was never theirs to book,
    Conflict where it is no longer.

    Whether it is still free is asked again under its lock: somebody may take it meanwhile.
    """
    rows = offered_publicly(service).select_related("practice", "specialist", "room")
    price = price_of(service.pk, OuterRef("specialist"), Value(service.base_price))
    slot = rows.with_closure().annotate(price=price).one(pk=slot_id)
    if slot.ends_at - slot.starts_at < timedelta(minutes=service.duration_minutes):
        raise InvalidInput({"service_id": _("takes longer than the slot")})
    if slot.booked >= slot.capacity or slot.blocked:
        raise slot_taken(slot)
    if slot.starts_at <= at + timedelta(hours=service.booking_lead_hours):
        raise Conflict(_("The slot begins too soon to be booked online."), code="notice_period")
    return slot


@verb
def cancel_own_appointment(
    work: Work, appointment_id: int, *, reason: str = "", by: Actor, at: datetime
) -> Appointment:
    """A patient cancels until the notice period; later only where the practice then keeps the session."""
    appointment = _own(appointment_id, by=by)
    if is_late(appointment, at=at) and not appointment.practice.late_cancel_forfeits:
        _too_late(appointment.practice)
    return cancel_appointment(appointment_id, reason=reason, by_patient=True, by=by, at=at)


@verb
def reschedule_own_appointment(
    work: Work, appointment_id: int, *, slot_id: int, by: Actor, at: datetime
) -> Appointment:
    """A patient moves an appointment to another free slot of its service, until the notice period."""
    appointment = _own(appointment_id, by=by)
    if is_late(appointment, at=at):
        _too_late(appointment.practice)
    line = appointment.services.select_related("service").order_by("position").first()
    if line is None:
        raise Conflict(_("The practice has to move this appointment."), code="no_service")
    slot = _wanted(slot_id, line.service, at=at)
    if slot.practice_id != appointment.practice_id:
        raise Conflict(_("The slot is at another practice: cancel this appointment and book anew."), code="elsewhere")
    return reschedule_appointment(appointment_id, slot_id=slot_id, by=by, at=at)


def _own(appointment_id: int, *, by: Actor) -> Appointment:
    rows = Appointment.objects.visible_to(by).filter(patient_id__in=by.patient_ids)
    return rows.select_related("practice").one(pk=appointment_id)


def _too_late(practice: Practice) -> None:
    hours = practice.notice_hours
    raise Conflict(
        _("It can be changed until %(hours)s hours before; please call the practice.") % {"hours": hours},
        code="notice_period",
    )
