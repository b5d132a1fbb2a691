"""The verbs of registrations: requests without a time, which later get a patient, a specialist and a time."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from catalog.models import Service
from catalog.services import price_for
from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, InvalidInput, Text
from directory.models import Practice
from scheduling.calendar.parties import Treatments, patient_for, program_for, room_for, specialist_for
from scheduling.calendar.places import Place, at_time, buffers, check_open, commit, reserve, resource_ids, slot_rooms
from scheduling.models import Appointment, AppointmentService
from scheduling.services.booking import check_length
from scheduling.services.moving import into_slot, wanted_slot
from scheduling.services.sessions import assistants_of, hold, locked_appointment, locked_enrollment
from scheduling.states import AppointmentStatus, CreatedVia


@verb
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
    """Register somebody's interest in a public service: a request with a contact, without a patient or a time.

    services: "Direct Service Registration". Missing unless the service is published and public; InvalidInput
    without a name, or without both e-mail and phone. The practice: the named one, else the organization's first.
    """
    service: Service = Service.objects.visible_to(by).public().one(pk=service_id)
    practices = Practice.objects.live().filter(organization_id=service.organization_id).order_by("pk")
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
    Treatments((service,), (service.base_price,)).write(work, [appointment])
    return appointment


@verb
def assign_registration(
    work: Work,
    appointment_id: int,
    *,
    patient_id: int,
    specialist_id: int,
    starts_at: datetime | None = None,
    slot_id: int | None = None,
    room_id: int | None = None,
    enrollment_id: int | None = None,
    override_reason: str = "",
    overbooking_reason: str = "",
    by: Actor,
    at: datetime,
) -> Appointment:
    """Give a registration its patient and specialist and, if there is one, its time or slot; then it is confirmed.

    A slot brings its own specialist, room and time; it is named for a place in a group.
    Raises Conflict with each clash where the time is taken.
    """
    seen = Appointment.objects.visible_to(by).select_related("practice").one(pk=appointment_id)
    practice = seen.practice
    patient = patient_for(patient_id, practice, by=by)
    wanted = wanted_slot(slot_id, practice_id=practice.pk)
    if wanted is not None:
        specialist_id, starts_at = wanted.specialist_id, wanted.starts_at
    specialist = specialist_for(specialist_id, practice, by=by)
    room = wanted.room if wanted is not None else room_for(room_id, practice, by=by)
    program = program_for(enrollment_id, by=by)
    enrollment = locked_enrollment(program) if program is not None else None
    lines = list(AppointmentService.objects.select_related("service").filter(appointment=appointment_id))
    done = Treatments(tuple(line.service for line in sorted(lines, key=lambda line: line.position)))
    if wanted is not None:
        check_length(wanted, done, field="starts_at")
    starts = [starts_at] if starts_at is not None else []
    to_lock = resource_ids(patient, specialist, room) | slot_rooms(specialist, room, starts)
    places: list[Place] = []
    before, after = buffers(done.main)

    def find_place() -> None:
        # A free slot at this time is locked before the appointment, as everywhere.
        for start in starts if wanted is None else []:
            finish = start + done.duration
            places.append(at_time(practice, specialist, room, start, finish, done.main, locked=to_lock, at=at))

    appointment = locked_appointment(
        appointment_id,
        permission="scheduling.assign_registration",
        by=by,
        also=to_lock,
        also_slot=slot_id,
        spans=[(start - before, start + done.duration + after) for start in starts],
        between=find_place,
    )
    _check_assignable(appointment)
    appointment.patient, appointment.specialist, appointment.room = patient, specialist, room
    for line in lines:
        line.price, line.currency = price_for(line.service, specialist_id), line.service.currency
        work.save(line)
    reservation = None
    if wanted is not None:
        places = [into_slot(appointment, wanted, override_reason=override_reason, at=at)]
    for place in places:
        check_open(practice, place.starts_at, override_reason=override_reason)
        reservation = reserve(
            work, appointment, place, assistants=assistants_of(appointment), overbooking_reason=overbooking_reason
        )
        appointment.confirm()
    if enrollment is not None:
        if done.main is None:
            raise Conflict(_("The request names no service."), code="incomplete")
        hold(work, [appointment], enrollment, service_id=done.main.pk, override_reasons=[override_reason])
    work.save(appointment)
    if reservation is not None:
        commit(work, [(appointment, reservation)])
    return appointment


def _check_assignable(appointment: Appointment) -> None:
    """Raise Conflict unless the locked appointment is an open request without a time."""
    if appointment.status != AppointmentStatus.REQUESTED or appointment.archived_at is not None:
        raise Conflict(_("Only an open request can be assigned."), code="invalid_transition")
    if appointment.starts_at is not None or appointment.enrollment_id is not None:
        raise Conflict(_("The request already has a time; move it instead."), code="has_time")
