"""A place in the calendar (a free slot, or a time with its pauses) and the one way to take it.

Booking, moving, undoing, series, records and imports all `reserve` and then `commit`. Callers have locked the
enrollment, the resources and the slots.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _t

from catalog.models import Service
from core.db import Work
from core.db_errors import Retry
from core.errors import Conflict, InvalidInput, Text
from core.locks import lock
from core.moments import span_in_words
from directory.models import Practice, Room, Specialist
from patients.models import Patient
from scheduling.calendar import claims, displaced, holidays
from scheduling.calendar.claims import Want
from scheduling.calendar.resources import wants_of_slot
from scheduling.calendar.slot_at import serves, slot_at
from scheduling.models import Appointment, AvailableSlot, Claim
from scheduling.querysets import CONDITIONS
from scheduling.states import OPEN, ClaimRole

NO_PAUSE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a visit takes place: the specialist, the room and the interval, in a slot or with pauses around it.

    `specialist` is None for a visit that a program enters for a room or a patient alone. `because` is the reason why a
    visit of a series is booked there although something clashes.
    """

    practice: Practice
    specialist: Specialist | None
    room: Room | None
    starts_at: datetime
    ends_at: datetime
    slot: AvailableSlot | None = None
    before: timedelta = NO_PAUSE
    after: timedelta = NO_PAUSE
    because: str = ""

    def wants(self, appointment: Appointment, assistants: Sequence[Specialist]) -> list[Want]:
        """The resources that the appointment itself claims; in a slot the slot claims specialist and room."""
        start, end = self.starts_at, self.ends_at
        wants = [Want(person.resource_id, ClaimRole.ASSISTANT, start, end) for person in assistants]
        if appointment.patient is not None:
            wants.append(Want(appointment.patient.resource_id, ClaimRole.PATIENT, start, end))
        if self.slot is None:
            start, end = start - self.before, end + self.after
            if self.specialist is not None:
                wants.append(Want(self.specialist.resource_id, ClaimRole.SPECIALIST, start, end))
            if self.room is not None:
                wants.append(Want(self.room.resource_id, ClaimRole.ROOM, start, end))
        return wants


def resource_ids(*owners: Specialist | Room | object | None) -> set[int]:
    """Return the resource ids of the people and rooms, to be locked together."""
    return {owner.resource_id for owner in owners if owner is not None}  # type: ignore[attr-defined]


def is_in_use(owner: Specialist | Room | Patient) -> bool:
    """Whether the person or room was neither archived nor switched off when it was read."""
    switched_on = getattr(owner, "scheduling_active", True) and getattr(owner, "is_active", True)
    return owner.archived_at is None and switched_on


def in_slot(slot: AvailableSlot) -> Place:
    """Return a slot as a place: its interval, specialist and room."""
    return Place(slot.practice, slot.specialist, slot.room, slot.starts_at, slot.ends_at, slot=slot)


def at_time(
    practice: Practice,
    specialist: Specialist | None,
    room: Room | None,
    starts_at: datetime,
    ends_at: datetime,
    service: Service | None,
    *,
    locked: Collection[int],
    at: datetime,
) -> Place:
    """Return the place at a time: a free single slot of exactly this time, else the time with the service's pauses.

    Call it with these resources `locked`, the specialist's and those of `slot_rooms` among them: the slot that it
    finds is locked here.
    """
    if specialist is not None:
        slot = equal_slot(practice, specialist, room, starts_at, ends_at, service, at=at, lock=True)
        if slot is not None:
            check_room_locked(slot, locked)
            return in_slot(slot)
    before, after = buffers(service)
    return Place(practice, specialist, room, starts_at, ends_at, before=before, after=after)


def equal_slot(
    practice: Practice,
    specialist: Specialist,
    room: Room | None,
    starts_at: datetime,
    ends_at: datetime,
    service: Service | None,
    *,
    at: datetime,
    lock: bool = False,
) -> AvailableSlot | None:
    """Return the free single slot that a booking of this time takes, if there is one."""
    slot = slot_at(practice, specialist, starts_at, at=at, lock=lock)
    if slot is None:
        return None
    unmet = conditions_of(slot).unmet
    return slot if serves(slot, unmet, practice=practice, room=room, ends_at=ends_at, service=service) else None


def slot_rooms(specialist: Specialist | None, room: Room | None, starts: Collection[datetime]) -> set[int]:
    """Return the resource ids of the rooms that visits with these starts may take through a slot.

    A visit that names no room takes the room of its slot, so that room has to be locked with the visit's other
    resources. Otherwise two visits that take one room through slots of two specialists would not wait for each other,
    and would deadlock when each recounts the other's slot.
    """
    if specialist is None or room is not None or not connection.features.has_select_for_update:
        return set()
    slots = AvailableSlot.objects.offered().filter(specialist=specialist, starts_at__in=starts, room__isnull=False)
    return set(slots.values_list("room__resource_id", flat=True))


def check_room_locked(slot: AvailableSlot, locked: Collection[int]) -> None:
    """Start the verb over if the slot got another room before its specialist was locked."""
    if not connection.features.has_select_for_update or slot.room is None:
        return
    if slot.room.resource_id not in locked:
        raise Retry


def buffers(service: Service | None) -> tuple[timedelta, timedelta]:
    """Return the pauses before and after a service."""
    if service is None:
        return NO_PAUSE, NO_PAUSE
    return timedelta(minutes=service.buffer_before_minutes), timedelta(minutes=service.buffer_minutes)


def locked_slots(ids: Collection[int]) -> list[AvailableSlot]:
    """Lock the slots in ascending id and return them; makes no query for no ids."""
    if not ids:
        return []
    return lock(AvailableSlot.objects.select_related("practice", "specialist", "room"), ids)


@dataclass(frozen=True, slots=True)
class Conditions:
    """The CONDITIONS that a slot does not meet; `closed_by` names the closure of its day."""

    unmet: frozenset[str]
    closed_by: str | None = None


REFUSALS: dict[str, tuple[str, Text]] = {
    "offered": ("withdrawn", _t("The slot has been withdrawn.")),
    "ahead": ("past", _t("The slot has already begun.")),
    "in_practice": ("archived", _t("The practice has been archived.")),
    "with_specialist": ("not_in_use", _t("%(specialist)s takes no appointments at this practice.")),
    "in_room": ("not_in_use", _t("%(room)s is not in use.")),
    "of_type_in_use": ("archived", _t("The service of the slot's type %(type)s has been archived.")),
}


def refuse_unless_bookable(slot: AvailableSlot, conditions: Conditions, *, override_reason: str = "") -> None:
    """Raise Conflict for the first condition that the slot does not meet; a closed day may be overridden.

    What lies over the slot (a claim, a hold) is not named here but by `reserve`, which knows what it is.
    """
    for name in CONDITIONS:
        if name not in conditions.unmet:
            continue
        if name in REFUSALS:
            code, says = REFUSALS[name]
            raise Conflict(
                says % {"specialist": slot.specialist, "room": slot.room, "type": slot.appointment_type}, code=code
            )
        if name == "open":
            refuse_closed(conditions.closed_by, override_reason=override_reason)
        if name == "unbooked":
            raise slot_taken(slot)


def unmet_by(place: Place, *, at: datetime) -> list[str]:
    """Return the CONDITIONS that a time outside slots does not meet, apart from being free and the day being open."""
    practice, room, live = place.practice, place.room, place.practice.archived_at is None
    working = Specialist.objects.taking_appointments().working_at(practice.pk)
    here = place.specialist is None or working.filter(pk=place.specialist.pk).exists()
    met = {
        "ahead": place.starts_at > at,
        "in_practice": live,
        "with_specialist": here or not live,  # an archived practice has no specialists at work
        "in_room": room is None or (room.archived_at is None and room.is_active),
    }
    return [name for name in CONDITIONS if not met.get(name, True)]


def conditions_of(slot: Any) -> Conditions:
    """Return the conditions that `with_conditions` read with the slot."""
    met = {"open": slot.conditions["closed_by"] is None, **slot.conditions}
    return Conditions(frozenset(name for name in CONDITIONS if not met[name]), slot.conditions["closed_by"])


def conditions_now(
    seen: AvailableSlot, now: AvailableSlot, *, at: datetime, holder: Collection[int] = ()
) -> Conditions:
    """Return the locked slot's conditions: those it was read with, or new ones if it changed in the meantime."""
    if all(getattr(seen, name) == getattr(now, name) for name in ("withdrawn_at", "booked", "blocked", "held_until")):
        return conditions_of(seen)
    return conditions_of(AvailableSlot.objects.with_conditions(at, holder=holder).get(pk=now.pk))


def is_bookable(slot: AvailableSlot, *, at: datetime) -> bool:
    """Whether the slot can be booked at `at`."""
    return AvailableSlot.objects.at_practices([slot.practice_id]).available(at).filter(pk=slot.pk).exists()


def slot_taken(slot: AvailableSlot) -> Conflict:
    """Build the refusal for a slot without a free place; it names the slot, not who is in it."""
    when = span_in_words(slot.starts_at, slot.ends_at, slot.practice.zone)
    says = _("The slot %(when)s with %(who)s is taken.") % {"when": when, "who": slot.specialist}
    clash = {"what": "slot", "id": slot.pk, "starts_at": slot.starts_at, "ends_at": slot.ends_at, "says": says}
    return Conflict(says, code="slot_taken", clashes=[clash])


def check_open(practice: Practice, starts_at: datetime, *, override_reason: str = "") -> None:
    """Raise Conflict for a day on which the practice is closed, unless overridden with a reason."""
    day = starts_at.astimezone(practice.zone).date()
    refuse_closed(holidays.closed_days(practice, first=day, last=day).get(day), override_reason=override_reason)


def refuse_closed(name: str | None, *, override_reason: str = "") -> None:
    """Raise Conflict for a closed day (`name` is its name), unless overridden with a reason."""
    if name is not None and not override_reason.strip():
        raise Conflict(_("The practice is closed on this day: %(name)s.") % {"name": name}, code="closed")


def check_assistants(specialist: Specialist | None, assistants: Sequence[Specialist]) -> None:
    """Raise InvalidInput if the specialist also assists, or an assistant is named twice."""
    ids = [person.pk for person in assistants]
    if (specialist is not None and specialist.pk in ids) or len(set(ids)) != len(ids):
        raise InvalidInput({"assistant_ids": _("an assistant is somebody else, named once")})


@dataclass(slots=True)
class Reservation:
    """A place that was found free (or is to be overbooked) for an appointment and is still to be written.

    `clashes` is what stands against it: nothing, unless it was to be overbooked.
    """

    own: list[Want]
    slot: list[Want]
    present: list[Claim]
    clashes: list[tuple[Want, Claim]]

    @property
    def shared(self) -> frozenset[Want]:
        """The wants that others claim, too, so that they are written as not exclusive."""
        return frozenset(want for want, _claim in self.clashes)


def reserve(
    work: Work,
    appointment: Appointment,
    place: Place,
    *,
    assistants: Sequence[Specialist] = (),
    overbooking_reason: str = "",
    leaving: AvailableSlot | None = None,
) -> Reservation:
    """Check that the place is free for the appointment and set it on the appointment; nothing is written yet.

    Every claim counts, exclusive or not, but the appointment's own and those of the slot that it leaves; what it takes
    already and keeps is not asked for again. Raises Conflict with each clash; with an overbooking reason (and the
    permission) only the clashing claims are shared.
    """
    wants = place.wants(appointment, assistants) + (wants_of_slot(place.slot) if place.slot is not None else [])
    standing = claims.standing(work, wants, patient_id=appointment.patient_id)
    reservation = fit(
        work,
        appointment,
        place,
        standing,
        assistants=assistants,
        overbooking_reason=overbooking_reason,
        leaving=leaving,
    )
    if not overbooking_reason.strip():
        claims.refuse(reservation.clashes, by=work.by)
    return reservation


def reserve_all(
    work: Work,
    wished: Sequence[tuple[Appointment, Place]],
    *,
    assistants: Sequence[Specialist] = (),
    overbooking_reason: str = "",
) -> list[Reservation]:
    """Reserve places for the new visits of one patient; one query for all, and one refusal that names every clash.

    A place with a reason of its own (`because`) is overbooked for that reason.
    """
    wants = [want for appointment, place in wished for want in place.wants(appointment, assistants)]
    wants += [want for _one, place in wished if place.slot is not None for want in wants_of_slot(place.slot)]
    patient_id = wished[0][0].patient_id if wished else None
    standing = claims.standing(work, wants, patient_id=patient_id)
    reservations = [
        fit(work, one, place, standing, assistants=assistants, overbooking_reason=place.because or overbooking_reason)
        for one, place in wished
    ]
    refused = [
        clash
        for (_one, place), reserved in zip(wished, reservations, strict=True)
        if not (place.because or overbooking_reason).strip()
        for clash in reserved.clashes
    ]
    claims.refuse(refused, by=work.by)
    return reservations


def fit(
    work: Work,
    appointment: Appointment,
    place: Place,
    standing: claims.Standing,
    *,
    assistants: Sequence[Specialist] = (),
    overbooking_reason: str = "",
    leaving: AvailableSlot | None = None,
) -> Reservation:
    """Set the place on the appointment; the returned reservation says which claims of `standing` clash with it.

    With an overbooking reason (and the permission) what clashes becomes an overbooking; else the caller refuses it.
    """
    present = claims.taken_by(appointment) if appointment.pk else []
    left = {leaving.pk} if leaving is not None and leaving.capacity == 1 else set()

    def clashes(wants: Sequence[Want], slots: Collection[int]) -> list[tuple[Want, Claim]]:
        return [
            (want, claim)
            for want, claim in standing.meeting(wants)
            if claim.slot_id not in slots and (not appointment.pk or claim.appointment_id != appointment.pk)
        ]

    own, slot = place.wants(appointment, assistants), _first_booking(place.slot)
    wants, mine = claims.altered(own, present), left
    if place.slot is not None:
        # A group slot has taken its time from its creation; time off or an overbooking may lie over it all the same.
        wants, mine = wants + wants_of_slot(place.slot), {*left, place.slot.pk}
    found = clashes(wants, mine)
    if found and overbooking_reason.strip():
        work.by.require("scheduling.overbook", place.practice.pk)
        if place.slot is not None:
            # An overbooked visit has no slot; over a slot it claims the slot's exact interval.
            place = Place(place.practice, place.specialist, place.room, place.starts_at, place.ends_at)
            own, slot = place.wants(appointment, assistants), []
            found = clashes(claims.altered(own, present), left)
        appointment.overbooked, appointment.overbooking_reason = True, overbooking_reason.strip()
    else:
        # Claims that it keeps stay shared: changing the room does not turn an overbooking into an ordinary visit.
        shares = any(want.same_as(claim) for want in own for claim in present if not claim.exclusive)
        if not (appointment.overbooked and shares):
            appointment.overbooked, appointment.overbooking_reason = False, ""
    appointment.specialist, appointment.room, appointment.slot = place.specialist, place.room, place.slot
    appointment.starts_at, appointment.ends_at = place.starts_at, place.ends_at
    return Reservation(own, slot, present, found)


def _first_booking(slot: AvailableSlot | None) -> list[Want]:
    """The resources that a single slot claims with its first booking; a group slot claims them from its creation."""
    return wants_of_slot(slot) if slot is not None and slot.capacity == 1 and slot.booked == 0 else []


def commit(work: Work, reserved: Sequence[tuple[Appointment, Reservation]]) -> None:
    """Write the claims of saved appointments, count each in its slot, and update `needs_move`."""
    rows: list[Claim] = []
    for appointment, one in reserved:
        rows += claims.write(appointment, claims.altered(one.own, one.present), shared=one.shared)
        if appointment.slot is not None:
            rows += claims.write(appointment.slot, one.slot)
            appointment.slot.booked += 1
            work.save(appointment.slot)
    present = [claim for _appointment, one in reserved for claim in one.present]
    wants = [want for _appointment, one in reserved if one.present for want in one.own]
    claims.exchange(work, present, wants, rows)
    for appointment, _one in reserved:
        if appointment.overbooked:
            recheck_needs_move(work, appointment)


def recheck_needs_move(work: Work, appointment: Appointment) -> None:
    """Write whether an open appointment lies under time off, where only an overbooking or an older visit can be."""
    if appointment.status not in OPEN or appointment.starts_at is None or appointment.ends_at is None:
        return
    displaced.write_needs_move(
        work,
        appointment.starts_at,
        appointment.ends_at,
        specialists=[appointment.specialist_id] if appointment.specialist_id else [],
        rooms=[appointment.room_id] if appointment.room_id else [],
    )


def vacate(work: Work, appointment: Appointment, slot: AvailableSlot | None) -> None:
    """Release what the appointment claims, and free its place in its locked slot."""
    claims.release(work, appointment)
    leave_slot(work, slot)


def leave_slot(work: Work, slot: AvailableSlot | None) -> None:
    """Count one booking fewer in a locked slot; a single slot without bookings releases its specialist and room."""
    if slot is None:
        return
    slot.booked -= 1
    work.save(slot)
    if slot.booked == 0 and slot.capacity == 1:
        claims.release(work, slot)
