"""The verbs of booking a slot or a time, for staff, patients and programs; and of recording visits from elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self, TypedDict

from django.utils.translation import gettext as _

from core.actor import Actor
from core.bulk_write import new_row
from core.db import Work, verb
from core.db_errors import Retry
from core.errors import Conflict, InvalidInput, Missing
from core.locks import lock_seen
from directory.models import Practice, Room, Specialist
from patients.models import Patient, PatientCase
from programs.models import Enrollment
from scheduling.calendar import claims
from scheduling.calendar.parties import (
    Parties,
    Treatments,
    assistants_for,
    case_for,
    ends,
    parent_for,
    parties_at,
    patient_for,
    program_for,
    require_own_calendar,
    room_for,
    treatments,
    treatments_of_type,
)
from scheduling.calendar.places import (
    Place,
    Reservation,
    buffers,
    check_assistants,
    commit,
    conditions_now,
    in_slot,
    is_in_use,
    refuse_closed,
    refuse_unless_bookable,
    reserve_all,
    resource_ids,
    slot_rooms,
)
from scheduling.calendar.resources import check_unchanged
from scheduling.calendar.slot_at import SLOT_TO_BOOK, serves
from scheduling.models import Appointment, AppointmentAssistant, AppointmentSeries, AvailableSlot
from scheduling.services import sessions
from scheduling.services.details import AppointmentDetails, describe
from scheduling.services.protocols import propose_children
from scheduling.services.sessions import hold, locked_enrollment
from scheduling.states import CLAIMING, OPEN, AppointmentStatus, CreatedVia, RelationType


class VisitColumns(TypedDict, total=False):
    """Columns of a new visit that are written as given."""

    appointment_type: str
    type: str
    notes: str
    created_via: str
    patient_case: PatientCase | None
    parent: Appointment
    relation_type: str
    arrived_at: datetime
    cancelled_at: datetime
    cancellation_note: str
    booking_ip: str | None
    policy_accepted: bool
    email_reminder: bool
    sms_reminder: bool
    telehealth_url: str


@dataclass
class Visit:
    """A visit to be booked, with everyone and everything it needs already looked up and checked.

    `more` are further columns of the appointment.
    """

    practice: Practice
    patient: Patient | None
    done: Treatments
    specialist: Specialist | None
    room: Room | None = None
    assistants: Sequence[Specialist] = ()
    enrollment_id: int | None = None
    status: str = AppointmentStatus.CONFIRMED
    override_reason: str = ""
    overbooking_reason: str = ""
    more: VisitColumns = field(default_factory=VisitColumns)
    details: AppointmentDetails = field(default_factory=AppointmentDetails)
    locked: set[int] = field(default_factory=set)  # the resources that `lock` has locked
    locked_slots: dict[int, AvailableSlot] = field(default_factory=dict)  # and the slots

    def below(self, parent: Appointment | None) -> Self:
        """The same visit as a child of `parent`, if there is one."""
        if parent is not None:
            self.more |= {"parent": parent, "relation_type": RelationType.FOLLOW_UP}
        return self

    def lock_at(self, starts: Sequence[datetime], *, length: timedelta) -> Enrollment | None:
        """`lock` for visits that start at these times, with their pauses and the rooms of slots that they may take."""
        before, after = buffers(self.done.main)
        rooms = slot_rooms(self.specialist, self.room, starts)
        return self.lock([(start - before, start + length + after) for start in starts], also=rooms)

    def lock_then(
        self, starts_at: datetime, ends_at: datetime, *, seen: AvailableSlot | None
    ) -> tuple[Enrollment | None, AvailableSlot | None]:
        """`lock` for a visit at this time, with its pauses; also return the slot that was seen there, now locked.

        A visit that names no room may take that of the slot, so that the room is locked with its other resources.
        Otherwise two visits that take one room through slots of two specialists would not wait for each other, and
        would deadlock when each recounts the other's slot.
        """
        before, after = buffers(self.done.main)
        rooms = resource_ids(seen.room) if seen is not None and self.room is None else set()
        slot_id = seen.pk if seen is not None else None
        enrollment = self.lock([(starts_at - before, ends_at + after)], slot_id=slot_id, also=rooms)
        if seen is not None:
            (slot,) = lock_seen([seen], locked=self.locked_slots)
            check_unchanged(seen, slot)
            return enrollment, slot
        mine = self.specialist.pk if self.specialist is not None else None
        if any(one.specialist_id == mine and one.starts_at == starts_at for one in self.locked_slots.values()):
            raise Retry  # it was offered meanwhile
        return enrollment, None

    def lock(
        self,
        spans: Sequence[tuple[datetime, datetime]],
        *,
        slot_id: int | None = None,
        also: Collection[int] = (),
    ) -> Enrollment | None:
        """Lock the program, then the resources of people and room, then the slots in the spans it may take."""
        check_assistants(self.specialist, self.assistants)
        enrollment = locked_enrollment(self.enrollment_id) if self.enrollment_id else None
        self.locked = resource_ids(self.specialist, self.room, self.patient, *self.assistants) | set(also)
        put_away = claims.lock_resources(self.locked)
        owners = (self.specialist, self.room, self.patient, *self.assistants)
        if any(owner is not None and owner.resource_id in put_away and is_in_use(owner) for owner in owners):
            raise Retry  # archived or switched off meanwhile: whoever reads it now refuses it
        told = [slot_id] if slot_id is not None else []
        self.locked_slots = claims.lock_slots_near(self.locked, lambda: spans, also=told)
        return enrollment

    def write(self, work: Work, place: Place, enrollment: Enrollment | None) -> Appointment:
        """Create the appointment in its place."""
        return self.write_all(work, [place], enrollment)[0]

    def write_all(
        self,
        work: Work,
        places: Sequence[Place],
        enrollment: Enrollment | None,
        series: AppointmentSeries | None = None,
        *,
        head: Appointment | None = None,
    ) -> list[Appointment]:
        """Write an appointment in each place: held session, row, assistants, treatments, claims.

        Of a series the first is the head, which the others were repeated from; unless there is a `head` already.
        """
        appointments = [self._row(work) for _place in places]
        reserved: list[Reservation] = []
        if self.status in CLAIMING:
            reserved = reserve_all(
                work,
                list(zip(appointments, places, strict=True)),
                assistants=self.assistants,
                overbooking_reason=self.overbooking_reason,
            )
        else:
            for appointment, place in zip(appointments, places, strict=True):
                appointment.specialist, appointment.room = place.specialist, place.room
                appointment.starts_at, appointment.ends_at = place.starts_at, place.ends_at
        if enrollment is not None:
            if self.done.main is None:
                raise InvalidInput({"enrollment_id": _("is a program without this service")})
            reasons = [place.because or self.override_reason for place in places]
            hold(work, appointments, enrollment, service_id=self.done.main.pk, override_reasons=reasons)
        others = appointments
        if head is None:
            head, *others = appointments
            head.series = series
            work.create(head)
        for one in others:
            one.series, one.repeated_from = series, head
        if others:
            work.create_many(others)
        work.create_many(
            AppointmentAssistant(appointment=appointment, specialist=one)
            for appointment in appointments
            for one in self.assistants
        )
        self.done.write(work, appointments)
        if reserved:
            commit(work, list(zip(appointments, reserved, strict=True)))
        if self.status == AppointmentStatus.DONE:
            for appointment in appointments:
                sessions.consume(work, appointment)
        return appointments

    def _row(self, work: Work) -> Appointment:
        columns: dict[str, Any] = {"appointment_type": self.done.main.code if self.done.main else "", **self.more}
        others = {name: columns.pop(name, None) for name in ("patient_case", "parent")}
        others |= {"practice": self.practice, "patient": self.patient}
        columns |= {"status": self.status, "created_by_id": work.by.user_id}
        row = new_row(Appointment, columns, **{name: one for name, one in others.items() if one is not None})
        describe(row, self.details, by=work.by)
        return row


@verb
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
    patient_case_id: int | None = None,
    more_service_ids: Sequence[int] = (),
    assistant_ids: Sequence[int] = (),
    parent_id: int | None = None,
    requested: bool = False,
    notes: str = "",
    created_via: str = CreatedVia.ADMIN,
    override_reason: str = "",
    overbooking_reason: str = "",
    plan_protocol: bool = False,
    cancellation_note: str = "",
    by: Actor,
    at: datetime,
) -> Appointment:
    """Book an appointment at a time, confirmed or `requested`, as long as its services unless `ends_at` is given.

    A time equal to a free single slot takes the slot; else person and room are taken with the service's buffers.
    Raises Conflict naming every clash; with `overbooking_reason` and the permission it is recorded as an overbooking.
    With a program it holds the lowest free session. `override_reason` lets it lie on a closed day or after the
    program's end. A specialist books only their own calendar. `plan_protocol` adds the service's further sessions as
    requests with a proposed time.
    """
    people = {"patient_id": patient_id, "specialist_id": specialist_id}
    parties = parties_at(starts_at, practice_id=practice_id, **people, by=by, at=at)
    practice = parties.practice
    by.require("scheduling.book", practice.pk)
    require_own_calendar(specialist_id, practice, by=by)
    done = treatments([service_id, *more_service_ids], practice, specialist_id=specialist_id, by=by)
    visit = Visit(
        practice=practice,
        patient=parties.booked_patient(),
        done=done,
        specialist=parties.booked_specialist(),
        room=room_for(room_id, practice, by=by),
        assistants=assistants_for(assistant_ids, practice, by=by) if assistant_ids else (),
        enrollment_id=program_for(enrollment_id, by=by),
        status=AppointmentStatus.REQUESTED if requested else AppointmentStatus.CONFIRMED,
        override_reason=override_reason,
        overbooking_reason=overbooking_reason,
        more={
            "notes": notes,
            "created_via": created_via,
            "patient_case": case_for(patient_case_id, patient_id, by=by),
            "cancellation_note": cancellation_note,
        },
    ).below(parent_for(parent_id, patient_id, practice, by=by))
    refuse_closed(parties.closed_by, override_reason=override_reason)
    finish = ends(starts_at, ends_at, done)
    enrollment, slot = visit.lock_then(starts_at, finish, seen=parties.slot)
    place = _place(visit, starts_at, finish, slot=slot, seen=parties.slot, at=at)
    appointment = visit.write(work, place, enrollment)
    if plan_protocol:
        propose_children(work, appointment, done)
    return appointment


@verb
def book_slot(
    work: Work,
    slot_id: int,
    *,
    patient_id: int,
    service_id: int | None = None,
    appointment_type: str = "",
    enrollment_id: int | None = None,
    assistant_ids: Sequence[int] = (),
    notes: str = "",
    created_via: str = CreatedVia.ADMIN,
    override_reason: str = "",
    overbooking_reason: str = "",
    by: Actor,
    at: datetime,
) -> Appointment:
    """Book an appointment in a slot, for the slot's whole interval; it is confirmed at once.

    What is done: the service, else what the appointment type (else the slot's) means. Conflict where the slot has no
    free place, or patient, assistant or room are busy; overbooking a full slot carries no slot.
    """
    seen: AvailableSlot = SLOT_TO_BOOK.one(by, pk=slot_id, at=at, holder=[patient_id])
    practice = seen.practice
    by.require("scheduling.book", practice.pk)
    require_own_calendar(seen.specialist_id, practice, by=by)
    code = appointment_type or seen.appointment_type
    done = (
        treatments([service_id], practice, specialist_id=seen.specialist_id, by=by)
        if service_id is not None
        else treatments_of_type(code, practice, seen.specialist)
    )
    if code != seen.appointment_type or service_id is not None:
        check_length(seen, done, field="appointment_type" if service_id is None else "service_id")
    visit = Visit(
        practice=practice,
        patient=patient_for(patient_id, practice, by=by),
        done=done,
        specialist=seen.specialist,
        room=seen.room,
        assistants=assistants_for(assistant_ids, practice, by=by) if assistant_ids else (),
        enrollment_id=program_for(enrollment_id, by=by),
        override_reason=override_reason,
        overbooking_reason=overbooking_reason,
        more={"notes": notes, "created_via": created_via},
    )
    if code:
        visit.more["appointment_type"] = code
    return enter_slot(work, seen, visit)


def check_length(slot: AvailableSlot, done: Treatments, *, field: str) -> None:
    """Raise InvalidInput if the services take longer than the slot; a practice's own types may be shorter."""
    if done.main is not None and done.duration > slot.ends_at - slot.starts_at:
        raise InvalidInput({field: _("takes longer than the slot")})


def enter_slot(work: Work, seen: AvailableSlot, visit: Visit) -> Appointment:
    """Put the visit into a slot read with its conditions; staff's and patients' bookings share this step."""
    enrollment = visit.lock([(seen.starts_at, seen.ends_at)], slot_id=seen.pk)
    (slot,) = lock_seen([seen], locked=visit.locked_slots)
    check_unchanged(seen, slot)
    place = in_slot(slot)
    holder = [visit.patient.pk] if visit.patient is not None else []
    try:
        conditions = conditions_now(seen, slot, at=work.at, holder=holder)
        refuse_unless_bookable(slot, conditions, override_reason=visit.override_reason)
    except Conflict as refusal:
        if refusal.code != "slot_taken" or not visit.overbooking_reason.strip():
            raise
        place = Place(visit.practice, slot.specialist, slot.room, slot.starts_at, slot.ends_at)
    return visit.write(work, place, enrollment)


@verb
def record_appointment(
    work: Work,
    *,
    practice_id: int,
    status: str,
    starts_at: datetime,
    ends_at: datetime | None = None,
    specialist_id: int | None = None,
    patient_id: int | None = None,
    service_ids: Sequence[int] = (),
    room_id: int | None = None,
    assistant_ids: Sequence[int] = (),
    enrollment_id: int | None = None,
    parent_id: int | None = None,
    overbooking_reason: str = "",
    created_via: str = CreatedVia.API,
    plan_protocol: bool = False,
    notes: str = "",
    cancellation_note: str = "",
    values: AppointmentDetails | None = None,
    by: Actor,
    at: datetime,
) -> Appointment:
    """Record an appointment in any state, as contracts report it, also without a patient, a specialist or a service.

    A confirmed one is booked: by whoever may book, on a day that is open, with somebody who takes appointments. Done
    uses a session of the program it names, the later states hold or take nothing. `plan_protocol` as in
    `book_appointment`, for one that takes place. `values` is what may be edited in any state.
    """
    people = {"patient_id": patient_id, "specialist_id": specialist_id}
    parties = parties_at(starts_at, practice_id=practice_id, **people, by=by, at=at)
    practice = parties.practice
    booked = status == AppointmentStatus.CONFIRMED
    by.require("scheduling.book" if booked else "scheduling.record", practice.pk)
    require_own_calendar(specialist_id, practice, by=by)
    if booked:
        refuse_closed(parties.closed_by)
    done = treatments(service_ids, practice, specialist_id=specialist_id, by=by)
    more: VisitColumns = {"created_via": created_via, "notes": notes, "cancellation_note": cancellation_note}
    if status == AppointmentStatus.CANCELLED:
        more["cancelled_at"] = at
    if status in (AppointmentStatus.ARRIVED, AppointmentStatus.IN_CARE):
        more["arrived_at"] = at
    if enrollment_id is not None and status not in CLAIMING:
        raise InvalidInput({"enrollment_id": _("is held or used only by a visit that takes place")})
    visit = Visit(
        practice=practice,
        patient=parties.booked_patient() if patient_id is not None else None,
        done=done,
        specialist=_specialist(parties, status=status) if specialist_id is not None else None,
        room=room_for(room_id, practice, by=by),
        assistants=assistants_for(assistant_ids, practice, by=by) if assistant_ids else (),
        enrollment_id=program_for(enrollment_id, by=by),
        status=status,
        overbooking_reason=overbooking_reason,
        more=more,
        details=values or {},
    ).below(parent_for(parent_id, patient_id, practice, by=by))
    finish = ends(starts_at, ends_at, done)
    enrollment, slot = visit.lock_then(starts_at, finish, seen=parties.slot)
    place = _place(visit, starts_at, finish, slot=slot, seen=parties.slot, at=at)
    appointment = visit.write(work, place, enrollment)
    if plan_protocol and status in CLAIMING:
        propose_children(work, appointment, done)
    return appointment


# What an import may say of a visit: nobody is waiting or being treated in the data of another system.
RECORDED = frozenset(AppointmentStatus) - {AppointmentStatus.ARRIVED, AppointmentStatus.IN_CARE}


def _place(
    visit: Visit,
    starts_at: datetime,
    ends_at: datetime,
    *,
    slot: AvailableSlot | None,
    seen: AvailableSlot | None,
    at: datetime,
) -> Place:
    """The place at a time: the locked slot that begins then if it serves the visit, else the time with its pauses.

    An overbooking over an offered slot takes the slot's exact interval, without pauses.
    """
    who = (visit.practice, visit.specialist, visit.room)
    if slot is not None and seen is not None:
        if visit.overbooking_reason.strip() and slot.booked > 0 and slot.ends_at == ends_at:
            return Place(*who, starts_at, ends_at)
        unmet = conditions_now(seen, slot, at=at).unmet
        if serves(slot, unmet, practice=visit.practice, room=visit.room, ends_at=ends_at, service=visit.done.main):
            return in_slot(slot)
    before, after = buffers(visit.done.main)
    return Place(*who, starts_at, ends_at, before=before, after=after)


def _specialist(parties: Parties, *, status: str) -> Specialist:
    """Return the specialist: for an open visit one who takes appointments, else anybody of the organization."""
    if status in OPEN - {AppointmentStatus.REQUESTED}:
        return parties.booked_specialist()
    specialist: Specialist | None = parties.specialist
    if specialist is None or specialist.organization_id != parties.practice.organization_id:
        raise Missing(_("Specialist"), code="specialist_not_found")
    return specialist
