"""Moving an appointment to another time, slot, person or room; and changing who assists."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.db_errors import Retry
from core.errors import Conflict, InvalidInput
from directory.models import Practice, Room, Specialist
from scheduling.calendar import claims
from scheduling.calendar.parties import (
    Treatments,
    assistants_for,
    checked_end,
    require_in_use,
    require_own_calendar,
    room_for,
    specialist_for,
)
from scheduling.calendar.places import (
    Place,
    at_time,
    check_assistants,
    check_open,
    commit,
    conditions_of,
    in_slot,
    leave_slot,
    recheck_needs_move,
    refuse_unless_bookable,
    reserve,
    resource_ids,
    slot_rooms,
)
from scheduling.calendar.resources import check_unchanged
from scheduling.models import Appointment, AppointmentAssistant, AvailableSlot
from scheduling.services.patient_rules import check_patient_may_move, permission_of
from scheduling.services.sessions import assistants_of, locked_appointment
from scheduling.states import LONGEST_PAUSE, AppointmentStatus, ClaimRole

MOVABLE = frozenset({AppointmentStatus.REQUESTED, AppointmentStatus.CONFIRMED, AppointmentStatus.ARRIVED})
SAME = object()
WATCHED = ("starts_at", "ends_at", "specialist_id", "room_id")


@verb
def reschedule_appointment(
    work: Work,
    appointment_id: int,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    slot_id: int | None = None,
    specialist_id: int | None = None,
    room_id: int | object | None = SAME,
    override_reason: str = "",
    overbooking_reason: str = "",
    seen_at: datetime | None = None,
    by: Actor,
    at: datetime,
) -> Appointment:
    """Move an open appointment to a time (as long as before, unless `ends_at` is given) or into a slot.

    `seen_at`: its last change as the caller knows it; a Conflict ("stale") where it was changed since.

    A time that is the one of the slot it is in changes nothing, unless another room is named.
    It keeps the session it holds. Conflict names each clash with its new place; its own old one is none. A request
    that has a patient and a specialist gets its time this way and stays a request.
    """
    seen = Appointment.objects.visible_to(by).select_related("practice", "specialist", "room").one(pk=appointment_id)
    practice = seen.practice
    permission = permission_of(by, "scheduling.reschedule", "scheduling.reschedule_own")
    by.require(permission, practice.pk, patient_id=seen.patient_id)
    check_patient_may_move(seen, slot_id, by=by, at=at)
    wanted = wanted_slot(slot_id, practice_id=practice.pk)
    if wanted is None and starts_at is None:
        raise InvalidInput({"starts_at": _("is required")})
    person = wanted.specialist if wanted is not None else _person(specialist_id, seen, by=by)
    require_own_calendar(person.pk, practice, by=by)
    room: Room | None = None
    if wanted is not None:
        room = wanted.room
    elif room_id is SAME:
        room = seen.room
    else:
        room = room_for(room_id, practice, by=by)  # type: ignore[arg-type]
    to_lock = resource_ids(person, room)
    if starts_at is not None and wanted is None:
        to_lock |= slot_rooms(person, room, [starts_at])
    places: list[Place] = []

    def find_place() -> None:
        # A free slot at this time is locked before the appointment, as everywhere.
        if starts_at is not None and wanted is None:
            places.append(_at_time(seen, practice, person, room, starts_at, ends_at, locked=to_lock, at=at))

    appointment = locked_appointment(
        appointment_id,
        permission=permission,
        by=by,
        also=to_lock,
        also_slot=wanted.pk if wanted else None,
        spans=[_span(seen, wanted, starts_at, ends_at)],
        between=find_place,
    )
    _check_movable(appointment, seen, seen_at=seen_at)
    require_in_use(practice, person, room, appointment.patient)
    assistants = assistants_of(appointment)
    check_assistants(person, assistants)
    leaving = appointment.slot
    if wanted is not None:
        places = [into_slot(appointment, wanted, override_reason=override_reason, at=at)]
    (place,) = places
    if leaving is not None and wanted is None and _stays(appointment, place):
        return appointment
    check_open(practice, place.starts_at, override_reason=override_reason)
    check_program(appointment, place, override_reason=override_reason)
    took = appointment.claims_time
    reservation = reserve(
        work, appointment, place, assistants=assistants, overbooking_reason=overbooking_reason, leaving=leaving
    )
    appointment.proposed_at = None
    appointment.need_not_move()
    work.save(appointment)
    if leaving is not None and took:
        leave_slot(work, leaving)
    commit(work, [(appointment, reservation)])
    recheck_needs_move(work, appointment)
    return appointment


def _check_movable(appointment: Appointment, seen: Appointment, *, seen_at: datetime | None) -> None:
    """Raise if the locked appointment must not be moved; Retry if it changed while its lock was waited for."""
    if seen_at is not None and appointment.updated_at != seen_at:
        raise Conflict(_("The appointment was changed in the meantime. Check it and try again."), code="stale")
    if any(getattr(appointment, name) != getattr(seen, name) for name in WATCHED):
        raise Retry
    if appointment.status not in MOVABLE or appointment.archived_at is not None:
        raise Conflict(_("Only an open appointment can be moved."), code="invalid_transition")
    if appointment.patient_id is None:
        raise Conflict(_("The appointment needs a patient first."), code="incomplete")


@verb
def change_assistants(
    work: Work, appointment_id: int, *, assistant_ids: Sequence[int], by: Actor, at: datetime
) -> Appointment:
    """Change who assists; new assistants must be free at the appointment's time."""
    seen = Appointment.objects.visible_to(by).select_related("practice", "specialist").one(pk=appointment_id)
    people = assistants_for(assistant_ids, seen.practice, by=by)
    if seen.specialist is not None:
        check_assistants(seen.specialist, people)
    appointment = locked_appointment(
        appointment_id, permission="scheduling.reschedule", by=by, also=resource_ids(*people)
    )
    present = {row.specialist_id: row for row in AppointmentAssistant.objects.filter(appointment=appointment)}
    wanted = {person.pk for person in people}
    for specialist_id, row in present.items():
        if specialist_id not in wanted:
            work.delete(row)
    work.create_many(
        AppointmentAssistant(appointment=appointment, specialist=person)
        for person in people
        if person.pk not in present
    )
    if appointment.claims_time and appointment.specialist is not None:
        assert appointment.starts_at is not None  # noqa: S101 it claims time
        assert appointment.ends_at is not None  # noqa: S101 both or neither
        now = Place(
            appointment.practice,
            appointment.specialist,
            appointment.room,
            appointment.starts_at,
            appointment.ends_at,
            slot=appointment.slot,
        )
        wants = [want for want in now.wants(appointment, people) if want.role == ClaimRole.ASSISTANT]
        taken = claims.taken_by(appointment, role=ClaimRole.ASSISTANT)
        new = claims.altered(wants, taken)
        claims.refuse(claims.find(work, new, ignoring=[appointment]), by=by)
        claims.exchange(work, taken, wants, claims.write(appointment, new))
        recheck_needs_move(work, appointment)
    return appointment


def _span(
    seen: Appointment, wanted: AvailableSlot | None, starts_at: datetime | None, ends_at: datetime | None
) -> tuple[datetime, datetime]:
    """The time that the appointment may take at its new place, with room for the pauses around it."""
    if wanted is not None:
        return wanted.starts_at, wanted.ends_at
    assert starts_at is not None  # noqa: S101 refused otherwise
    length = seen.ends_at - seen.starts_at if seen.starts_at and seen.ends_at else timedelta(hours=12)
    return starts_at - LONGEST_PAUSE, (ends_at or starts_at + length) + LONGEST_PAUSE


def wanted_slot(slot_id: int | None, *, practice_id: int) -> AvailableSlot | None:
    """The slot of the practice to which a visit is to be moved, if one is named."""
    if slot_id is None:
        return None
    rows = AvailableSlot.objects.offered().select_related("specialist", "room").filter(practice_id=practice_id)
    slot: AvailableSlot = rows.one(pk=slot_id)
    return slot


def _person(specialist_id: int | None, seen: Appointment, *, by: Actor) -> Specialist:
    """The specialist: the one named, who must take appointments, else the present one."""
    if specialist_id is not None and specialist_id != seen.specialist_id:
        return specialist_for(specialist_id, seen.practice, by=by)
    if seen.specialist is None:
        raise InvalidInput({"specialist_id": _("is required")})
    return seen.specialist


def _at_time(
    seen: Appointment,
    practice: Practice,
    person: Specialist,
    room: Room | None,
    starts_at: datetime,
    ends_at: datetime | None,
    *,
    locked: Collection[int],
    at: datetime,
) -> Place:
    """The place at a time, as long as the appointment was before unless an end is given."""
    lines = seen.services.select_related("service").order_by("position")
    done = Treatments(tuple(line.service for line in lines))
    length = seen.ends_at - seen.starts_at if seen.starts_at and seen.ends_at else None
    finish = checked_end(starts_at, ends_at or starts_at + (length or done.duration))
    return at_time(practice, person, room, starts_at, finish, done.main, locked=locked, at=at)


def into_slot(appointment: Appointment, wanted: AvailableSlot, *, override_reason: str, at: datetime) -> Place:
    """The locked slot as a place; staying in the same slot is not a move."""
    rows = AvailableSlot.objects.select_related("practice", "specialist", "room")
    holder = [appointment.patient_id] if appointment.patient_id is not None else []
    slot = rows.with_conditions(at, holder=holder).get(pk=wanted.pk)
    check_unchanged(wanted, slot)
    if appointment.slot is not None and appointment.slot.pk == slot.pk and appointment.claims_time:
        raise Conflict(_("The appointment is already in this slot."), code="same_slot")
    refuse_unless_bookable(slot, conditions_of(slot), override_reason=override_reason)
    return in_slot(slot)


def _stays(appointment: Appointment, place: Place) -> bool:
    """Whether the place is the interval of the appointment's own slot, so that it keeps the slot."""
    same = ("specialist", "starts_at", "ends_at")
    room = place.room in (None, appointment.room)
    return appointment.claims_time and room and all(getattr(appointment, n) == getattr(place, n) for n in same)


def check_program(appointment: Appointment, place: Place, *, override_reason: str) -> None:
    """Raise Conflict for a place after the program's sessions end, unless overridden with a reason."""
    program = appointment.enrollment
    late = program is not None and program.expires_at is not None and place.starts_at > program.expires_at
    if late and not override_reason.strip():
        raise Conflict(_("The program's sessions end before this appointment."), code="program_expired")
