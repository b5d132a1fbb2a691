"""How appointments come to be: registered by a contact, given to a specialist, booked by staff."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from catalog.models import Service
from catalog.services import price_for
from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, Forbidden, InvalidInput, Text
from core.permissions import SPECIALIST
from directory.models import Practice, Room, Specialist
from patients.models import Patient
from scheduling.models import Appointment, AppointmentService
from scheduling.services.sessions import hold, locked_appointment, locked_enrollment
from scheduling.states import AppointmentStatus, CreatedVia


@verb("scheduling.register")
def register_contact(
    work: Work,
    service_id: int,
    *,
    contact_name: str,
    contact_email: str = "",
    contact_phone: str = "",
    notes: str = "",
    practice_id: int | None = None,
    created_via: str = CreatedVia.API,
    by: Actor,
    at: datetime,
) -> Appointment:
    """A request without a time for a public service; staff later assign patient, specialist and time.

    services: "Direct Service Registration". Missing unless the service is published and public; InvalidInput
    without a name, or without both e-mail and phone. The practice: the named one, else the archive's first.
    """
    service: Service = Service.objects.visible_to(by).public().one(pk=service_id)
    practices = Practice.objects.live().filter(archive_id=service.archive_id).order_by("pk")
    practice = practices.one(pk=practice_id) if practice_id else practices.first()
    if practice is None:
        raise Conflict(_("No practice offers this service now."), code="no_practice")
    by.require("scheduling.register", practice.pk)
    problems: dict[str, Text] = {}
    if not contact_name.strip():
        problems["contact_name"] = _("is required")
    if not (contact_email.strip() or contact_phone.strip()):
        problems["contact_email"] = problems["contact_phone"] = _("an e-mail address or a phone number is required")
    if problems:
        raise InvalidInput(problems)
    appointment = work.create(
        Appointment(
            practice=practice,
            contact_name=contact_name.strip(),
            contact_email=contact_email.strip(),
            contact_phone=contact_phone.strip(),
            notes=notes,
            appointment_type=service.code,
            created_via=created_via,
            created_by_id=by.user_id,
        )
    )
    work.create(AppointmentService(appointment=appointment, service=service, price=service.base_price))
    return appointment


@verb("scheduling.assign_registration")
def assign_registration(
    work: Work,
    appointment_id: int,
    *,
    patient_id: int,
    specialist_id: int,
    starts_at: datetime | None = None,
    room_id: int | None = None,
    enrollment_id: int | None = None,
    by: Actor,
    at: datetime,
) -> Appointment:
    """Give a registration its patient and specialist, and where it has one its time: then it is confirmed."""
    enrollment = locked_enrollment(enrollment_id) if enrollment_id else None
    appointment = locked_appointment(appointment_id, verb="scheduling.assign_registration", by=by)
    if appointment.status != AppointmentStatus.REQUESTED or appointment.archived_at is not None:
        raise Conflict(_("Only an open request can be assigned."), code="invalid_transition")
    practice = appointment.practice
    appointment.patient = _patient(patient_id, practice, by=by)
    appointment.specialist = _specialist(specialist_id, practice, by=by)
    appointment.room = _room(room_id, practice, by=by)
    line = AppointmentService.objects.select_related("service").filter(appointment=appointment, position=0).first()
    if line is not None:
        line.price = price_for(line.service, specialist_id)
        work.save(line)
    if starts_at is not None:
        if line is None:
            raise Conflict(_("The request names no service."), code="incomplete")
        appointment.starts_at = starts_at
        appointment.ends_at = starts_at + timedelta(minutes=line.service.duration_minutes)
        appointment.confirm()
    if enrollment is not None:
        if line is None:
            raise Conflict(_("The request names no service."), code="incomplete")
        hold(work, appointment, enrollment, service_id=line.service_id)
    return work.save(appointment)


@verb("scheduling.book")
def book_appointment(
    work: Work,
    *,
    practice_id: int,
    patient_id: int,
    service_id: int,
    specialist_id: int,
    starts_at: datetime,
    ends_at: datetime | None = None,
    room_id: int | None = None,
    enrollment_id: int | None = None,
    notes: str = "",
    created_via: str = CreatedVia.ADMIN,
    override_reason: str = "",
    by: Actor,
    at: datetime,
) -> Appointment:
    """A confirmed appointment at a time; it lasts as long as the service unless `ends_at` is given.

    With a program it holds the lowest free session, under the program's lock: Conflict where none is left.
    A specialist books only their own calendar. `override_reason` lets it lie after the program's end.
    """
    practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("scheduling.book", practice.pk)
    if by.roles.get(practice.pk) == SPECIALIST and specialist_id not in by.specialist_ids:
        raise Forbidden(_("You may book only your own calendar."))
    patient = _patient(patient_id, practice, by=by)
    service: Service = Service.objects.visible_to(by).live().one(pk=service_id, archive_id=practice.archive_id)
    enrollment = locked_enrollment(enrollment_id) if enrollment_id else None
    appointment = Appointment(
        practice=practice,
        patient=patient,
        specialist=_specialist(specialist_id, practice, by=by),
        room=_room(room_id, practice, by=by),
        appointment_type=service.code,
        starts_at=starts_at,
        ends_at=ends_at or starts_at + timedelta(minutes=service.duration_minutes),
        status=AppointmentStatus.CONFIRMED,
        notes=notes,
        created_via=created_via,
        created_by_id=by.user_id,
    )
    if enrollment is not None:
        hold(work, appointment, enrollment, service_id=service.pk, override_reason=override_reason)
    work.create(appointment)
    price = price_for(service, specialist_id)
    work.create(AppointmentService(appointment=appointment, service=service, price=price))
    return appointment


def _patient(patient_id: int, practice: Practice, *, by: Actor) -> Patient:
    patient: Patient = Patient.objects.visible_to(by).one(pk=patient_id)
    if patient.archive_id != practice.archive_id:
        raise InvalidInput({"patient_id": _("belongs to another archive")})
    if patient.archived_at is not None or patient.merged_into_id is not None:
        raise Conflict(_("The patient's record has been put away."), code="archived")
    return patient


def _specialist(specialist_id: int, practice: Practice, *, by: Actor) -> Specialist:
    specialist: Specialist = Specialist.objects.visible_to(by).one(pk=specialist_id)
    bookable = Specialist.objects.taking_appointments().working_at(practice.pk)
    if not bookable.filter(pk=specialist.pk).exists():
        raise InvalidInput({"specialist_id": _("takes no appointments at this practice")})
    return specialist


def _room(room_id: int | None, practice: Practice, *, by: Actor) -> Room | None:
    if room_id is None:
        return None
    room: Room = Room.objects.visible_to(by).one(pk=room_id)
    if room.practice_id != practice.pk or room.archived_at is not None or not room.is_active:
        raise InvalidInput({"room_id": _("is not a room of this practice in use")})
    return room
