"""The verb that changes anything about a visit at once: patient, place, service, specialist, time and state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.db_errors import Retry
from core.errors import Conflict
from directory.models import Practice, Room, Specialist
from patients.models import Patient
from scheduling.calendar import claims
from scheduling.calendar.parties import (
    Treatments,
    checked_end,
    patient_for,
    require_in_use,
    require_own_calendar,
    room_for,
    specialist_for,
    treatments,
)
from scheduling.calendar.places import (
    Place,
    at_time,
    check_assistants,
    check_open,
    commit,
    leave_slot,
    recheck_needs_move,
    reserve,
    resource_ids,
    slot_rooms,
)
from scheduling.models import Appointment, AppointmentSeries
from scheduling.services.booking import Visit
from scheduling.services.details import AppointmentDetails, describe
from scheduling.services.moving import MOVABLE, SAME, WATCHED, check_program
from scheduling.services.sessions import assistants_of, locked_appointment
from scheduling.services.stepping import go_to
from scheduling.services.visit_series import Repeat, places_of
from scheduling.states import LONGEST_PAUSE


@dataclass(slots=True)
class Wanted:
    """The visit as it is to become, as far as it could be read before locking."""

    practice: Practice
    patient: Patient | None
    done: Treatments
    specialist: Specialist | None
    room: Room | None
    starts_at: datetime
    ends_at: datetime
    other_people: bool
    other_treatments: bool
    other_room: bool

    @property
    def specialist_id(self) -> int | None:
        """The specialist's id."""
        return self.specialist.pk if self.specialist is not None else None

    def differs_from(self, seen: Appointment) -> bool:
        """Whether the visit needs a new place."""
        same = (self.practice.pk, self.specialist_id, self.starts_at, self.ends_at)
        now = (seen.practice_id, seen.specialist_id, seen.starts_at, seen.ends_at)
        return self.other_people or self.other_treatments or self.other_room or same != now


@verb
def rebook_appointment(
    work: Work,
    appointment_id: int,
    *,
    practice_id: int | None = None,
    patient_id: int | object | None = SAME,
    service_id: int | None = None,
    specialist_id: int | object | None = SAME,
    room_id: int | object | None = SAME,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    as_long_as_services: bool = False,
    status: str | None = None,
    repeat: Repeat | None = None,
    values: AppointmentDetails | None = None,
    override_reason: str = "",
    overbooking_reason: str = "",
    by: Actor,
    at: datetime,
) -> Appointment:
    """Change an appointment all at once or not at all; what is not given stays as it is.

    Without a patient, a specialist or a room where None is given. `status` is where it goes (see `stepping`): before
    the rest where only an open visit can be moved, else after it.
    It lasts until `ends_at`, or `as_long_as_services`, or as long as before. The first service changes, further ones
    stay. `repeat` makes a single visit the first of a series; the rule that it has already changes nothing, another one
    is a Conflict. Raises Conflict naming every clash; with `overbooking_reason` and the permission it is recorded as an
    overbooking. A visit that holds a session of a program keeps its patient, practice and service.
    """
    related = ("practice", "specialist", "room", "patient", "series")
    seen = Appointment.objects.visible_to(by).select_related(*related).one(pk=appointment_id)
    by.require("scheduling.reschedule", seen.practice_id, patient_id=seen.patient_id)
    wanted = _wanted(
        seen,
        practice_id=practice_id,
        patient_id=patient_id,
        service_id=service_id,
        specialist_id=specialist_id,
        room_id=room_id,
        starts_at=starts_at,
        ends_at=ends_at,
        as_long_as_services=as_long_as_services,
        by=by,
    )
    repeats = repeat is not None and _is_new(repeat, seen)
    visit = Visit(
        practice=wanted.practice,
        patient=wanted.patient,
        done=wanted.done,
        specialist=wanted.specialist,
        room=wanted.room,
        assistants=assistants_of(seen),
        status=seen.status,
        override_reason=override_reason,
        overbooking_reason=overbooking_reason,
    )
    length = wanted.ends_at - wanted.starts_at
    starts = repeat.times(wanted.starts_at, wanted.practice) if repeat is not None and repeats else [wanted.starts_at]
    for start in starts if repeats or wanted.differs_from(seen) else []:
        check_open(wanted.practice, start, override_reason=override_reason)
    visit.locked = resource_ids(visit.specialist, visit.room, visit.patient)
    visit.locked |= slot_rooms(visit.specialist, visit.room, starts)
    places: list[Place] = []

    def find_places() -> None:
        # Free slots at these times are locked before the appointment, as everywhere.
        main = wanted.done.main
        if wanted.differs_from(seen):
            who, bounds = (visit.practice, visit.specialist, visit.room), (wanted.starts_at, wanted.ends_at)
            places.append(at_time(*who, *bounds, main, locked=visit.locked, at=at))
        places.extend(places_of(visit, starts[1:], length, at=at))

    appointment = locked_appointment(
        appointment_id,
        permission="scheduling.reschedule",
        by=by,
        also=visit.locked,
        spans=[(start - LONGEST_PAUSE, start + length + LONGEST_PAUSE) for start in starts],
        margin=LONGEST_PAUSE if status is not None else timedelta(0),
        between=find_places,
    )
    if any(getattr(appointment, name) != getattr(seen, name) for name in WATCHED):
        raise Retry
    if status is not None and appointment.status not in MOVABLE:
        go_to(work, appointment, status)
    if wanted.differs_from(seen):
        _place(work, appointment, wanted, visit, places.pop(0))
    describe(appointment, values or {}, by=by)
    work.save(appointment)
    if status is not None:
        go_to(work, appointment, status)
    if repeat is not None and repeats:
        _repeat(work, appointment, visit, repeat, places)
    return appointment


def _wanted(
    seen: Appointment,
    *,
    practice_id: int | None,
    patient_id: int | object | None,
    service_id: int | None,
    specialist_id: int | object | None,
    room_id: int | object | None,
    starts_at: datetime | None,
    ends_at: datetime | None,
    as_long_as_services: bool,
    by: Actor,
) -> Wanted:
    """Look up everything the visit is to become, as far as `by` may see it, and check it for the practice."""
    practice = seen.practice
    if practice_id not in (None, practice.pk):
        practice = Practice.objects.visible_to(by).one(pk=practice_id)
        by.require("scheduling.book", practice.pk)
    moves = practice.pk != seen.practice_id
    patient, specialist, begin = seen.patient, seen.specialist, starts_at or seen.starts_at
    room = None if moves else seen.room
    if patient_id is not SAME and (moves or patient_id != seen.patient_id):
        patient = patient_for(patient_id, practice, by=by) if isinstance(patient_id, int) else None
    if specialist_id is not SAME and (moves or specialist_id != seen.specialist_id):
        specialist = specialist_for(specialist_id, practice, by=by) if isinstance(specialist_id, int) else None
    if room_id is not SAME and (moves or room_id != seen.room_id):
        room = room_for(room_id, practice, by=by) if isinstance(room_id, int) else None
    if begin is None:
        raise Conflict(_("The appointment needs a time first."), code="incomplete")
    require_own_calendar(seen.specialist_id, seen.practice, by=by)
    require_own_calendar(specialist.pk if specialist is not None else None, practice, by=by)
    lines = list(seen.services.select_related("service").order_by("position", "pk"))
    done = Treatments(tuple(line.service for line in lines), tuple(line.price for line in lines))
    other = service_id is not None and (done.main is None or service_id != done.main.pk)
    if other and service_id is not None:
        further = [line.service_id for line in lines[1:] if line.service_id != service_id]
        who = specialist.pk if specialist is not None else None
        done = treatments([service_id, *further], practice, specialist_id=who, by=by)
    other_patient = (patient.pk if patient is not None else None) != seen.patient_id
    if seen.enrollment_id is not None and (moves or other or other_patient):
        raise Conflict(_("The program is for this patient, practice and service only."))
    before = seen.ends_at - seen.starts_at if seen.starts_at and seen.ends_at else done.duration
    finish = checked_end(begin, ends_at or begin + (done.duration if as_long_as_services else before))
    return Wanted(
        practice=practice,
        patient=patient,
        done=done,
        specialist=specialist,
        room=room,
        starts_at=begin,
        ends_at=finish,
        other_people=moves or other_patient,
        other_treatments=other,
        other_room=(room.pk if room is not None else None) != seen.room_id,
    )


def _place(work: Work, appointment: Appointment, wanted: Wanted, visit: Visit, place: Place) -> None:
    """Give the locked appointment its new place, patient and services."""
    if appointment.status not in MOVABLE or appointment.archived_at is not None:
        raise Conflict(_("Only an open appointment can be moved."), code="invalid_transition")
    require_in_use(wanted.practice, wanted.specialist, visit.room, wanted.patient)
    check_assistants(wanted.specialist, visit.assistants)
    check_program(appointment, place, override_reason=visit.override_reason)
    leaving, took = appointment.slot, appointment.claims_time
    if leaving is not None and took and not wanted.other_room and _is_in(leaving, wanted):
        place = Place(place.practice, place.specialist, leaving.room, place.starts_at, place.ends_at, slot=leaving)
    if wanted.patient is None or appointment.patient_id != wanted.patient.pk:
        appointment.patient_case = None
    appointment.practice, appointment.patient = wanted.practice, wanted.patient
    reservation = reserve(
        work,
        appointment,
        place,
        assistants=visit.assistants,
        overbooking_reason=visit.overbooking_reason,
        leaving=leaving,
    )
    stays = leaving is not None and appointment.slot is not None and appointment.slot.pk == leaving.pk
    appointment.proposed_at = None
    appointment.need_not_move()
    if wanted.other_treatments and wanted.done.main is not None:
        appointment.appointment_type = wanted.done.main.code
    work.save(appointment)
    if stays:
        new = claims.write(appointment, claims.altered(reservation.own, reservation.present))
        claims.exchange(work, reservation.present, reservation.own, new)
    else:
        if leaving is not None and took:
            leave_slot(work, leaving)
        commit(work, [(appointment, reservation)])
    recheck_needs_move(work, appointment)
    if wanted.other_treatments:
        for line in appointment.services.all():
            work.delete(line)
        wanted.done.write(work, [appointment])


def _is_in(slot: object, wanted: Wanted) -> bool:
    """Whether the visit's present slot is where it is to be."""
    place = {
        "practice_id": wanted.practice.pk,
        "specialist_id": wanted.specialist_id,
        "starts_at": wanted.starts_at,
        "ends_at": wanted.ends_at,
    }
    return all(getattr(slot, name) == value for name, value in place.items())


def _is_new(repeat: Repeat, seen: Appointment) -> bool:
    """Whether the visit is to repeat and does not yet; Conflict if it already repeats in another way."""
    repeat.check()
    series = seen.series
    if series is None:
        return True
    kept = Repeat(series.repeat_type, series.repeating_interval, series.number_of_repeats)
    if kept != repeat:
        raise Conflict(_("The appointment already repeats in another way."), code="repeats_already")
    return False


def _repeat(work: Work, head: Appointment, visit: Visit, repeat: Repeat, places: list[Place]) -> None:
    """Make the locked visit the first of a series, and book the further ones like it."""
    if head.status not in MOVABLE or head.archived_at is not None:
        raise Conflict(_("Only an open appointment can be repeated."), code="invalid_transition")
    if head.enrollment_id is not None:
        raise Conflict(_("A session of a program is not repeated; book its further sessions one by one."))
    series = work.create(
        AppointmentSeries(
            practice=head.practice,
            repeat_type=repeat.repeat_type,
            repeating_interval=repeat.repeating_interval,
            number_of_repeats=repeat.number_of_repeats,
        )
    )
    head.series = series
    work.save(head)
    visit.more = {
        "notes": head.notes,
        "type": head.type,
        "created_via": head.created_via,
        "patient_case": head.patient_case,
        "email_reminder": head.email_reminder,
        "sms_reminder": head.sms_reminder,
        "telehealth_url": head.telehealth_url,
    }
    visit.write_all(work, places, None, series, head=head)
