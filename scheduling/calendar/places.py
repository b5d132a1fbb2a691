"""A place in the calendar: a free slot, or a time with its buffers; and what taking it means for who is busy.

The one rule behind booking, moving, undoing and series. Callers have locked the enrollment, the resources and the slot.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from catalog.models import Service
from core.db import Work
from core.errors import Conflict, InvalidInput
from core.locks import lock, lock_found
from directory.models import Practice, Room, Specialist
from scheduling.calendar import claims, holidays
from scheduling.calendar.claims import Want
from scheduling.calendar.resources import wants_of_slot
from scheduling.models import Appointment, AvailableSlot, Claim
from scheduling.querysets import AvailableSlotQuerySet
from scheduling.states import OPEN, ClaimRole

NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a visit takes place: with whom, in which room, from when to when; in a slot, or with buffers around it."""

    practice: Practice
    specialist: Specialist
    room: Room | None
    starts_at: datetime
    ends_at: datetime
    slot: AvailableSlot | None = None
    before: timedelta = NONE
    after: timedelta = NONE

    def wants(self, appointment: Appointment, assistants: Sequence[Specialist]) -> list[Want]:
        """What the appointment itself takes. In a slot the slot takes specialist and room."""
        start, end = self.starts_at, self.ends_at
        wants = [Want(person.resource_id, ClaimRole.ASSISTANT, start, end) for person in assistants]
        if appointment.patient is not None:
            wants.append(Want(appointment.patient.resource_id, ClaimRole.PATIENT, start, end))
        if self.slot is None:
            start, end = start - self.before, end + self.after
            wants.append(Want(self.specialist.resource_id, ClaimRole.SPECIALIST, start, end))
            if self.room is not None:
                wants.append(Want(self.room.resource_id, ClaimRole.ROOM, start, end))
        return wants


def resource_ids(*owners: Specialist | Room | object | None) -> set[int]:
    """The resources of people and rooms, to be locked together."""
    return {owner.resource_id for owner in owners if owner is not None}  # type: ignore[attr-defined]


def in_slot(slot: AvailableSlot) -> Place:
    """The place that a slot is: its own interval, its specialist and room."""
    return Place(slot.practice, slot.specialist, slot.room, slot.starts_at, slot.ends_at, slot=slot)


def at_time(
    practice: Practice,
    specialist: Specialist,
    room: Room | None,
    starts_at: datetime,
    ends_at: datetime,
    service: Service | None,
    *,
    at: datetime,
) -> Place:
    """The place at a time: a free single slot that is exactly this, else the time with the service's buffers.

    Call it with the specialist's resource locked: the slot that it finds is locked here.
    """
    # Slots of one specialist do not overlap: there is one, or none.
    for slot in lock_found(equal_slots(practice, specialist, room, starts_at, ends_at, service, at=at)):
        slot.practice, slot.specialist = practice, specialist
        if room is not None:
            slot.room = room
        return in_slot(slot)
    before, after = buffers(service)
    return Place(practice, specialist, room, starts_at, ends_at, before=before, after=after)


def equal_slots(
    practice: Practice,
    specialist: Specialist,
    room: Room | None,
    starts_at: datetime,
    ends_at: datetime,
    service: Service | None,
    *,
    at: datetime,
) -> AvailableSlotQuerySet:
    """The free single slot (if any) that a booking of this time takes: the same in all, the room unless unnamed."""
    equal = AvailableSlot.objects.available(at).filter(
        specialist=specialist,
        practice=practice,
        starts_at=starts_at,
        ends_at=ends_at,
        capacity=1,
        appointment_type__in={"", service.code} if service is not None else {""},
    )
    return equal if room is None else equal.filter(room=room)


def buffers(service: Service | None) -> tuple[timedelta, timedelta]:
    """The pauses before and after a service."""
    if service is None:
        return NONE, NONE
    return timedelta(minutes=service.buffer_before_minutes), timedelta(minutes=service.buffer_minutes)


def locked_slots(ids: Collection[int]) -> list[AvailableSlot]:
    """The slots, locked in ascending id; none asked for, no question."""
    if not ids:
        return []
    return lock(AvailableSlot.objects.select_related("practice", "specialist", "room"), ids)


def check_slot(slot: AvailableSlot, *, at: datetime) -> None:
    """Raise Conflict for a locked slot without a free place."""
    if slot.withdrawn_at is not None:
        raise Conflict(_("The slot has been withdrawn."), code="withdrawn")
    if slot.starts_at <= at:
        raise Conflict(_("The slot has begun already."), code="past")
    if slot.booked >= slot.capacity:
        raise slot_taken(slot)


def slot_taken(slot: AvailableSlot) -> Conflict:
    """The refusal of a slot without a free place: it names the slot, not who is in it."""
    zone = slot.practice.zone
    when = f"{slot.starts_at.astimezone(zone):%Y-%m-%d %H:%M}–{slot.ends_at.astimezone(zone):%H:%M}"
    says = _("The slot %(when)s with %(who)s is taken.") % {"when": when, "who": slot.specialist}
    clash = {"what": "slot", "id": slot.pk, "starts_at": slot.starts_at, "ends_at": slot.ends_at, "says": says}
    return Conflict(says, code="slot_taken", clashes=[clash])


def check_open(practice: Practice, starts_at: datetime, *, override_reason: str = "") -> None:
    """Raise Conflict for a day on which the practice is closed, unless overridden with a reason."""
    day = starts_at.astimezone(practice.zone).date()
    refuse_closed(holidays.closed_days(practice, first=day, last=day).get(day), override_reason=override_reason)


def refuse_closed(name: str | None, *, override_reason: str = "") -> None:
    """Raise Conflict for a day that is closed for what `name` says, unless overridden with a reason."""
    if name is not None and not override_reason.strip():
        raise Conflict(_("The practice is closed on this day: %(name)s.") % {"name": name}, code="closed")


def check_assistants(specialist: Specialist, assistants: Sequence[Specialist]) -> None:
    """An assistant is somebody else than who treats, and each is named once."""
    ids = [person.pk for person in assistants]
    if specialist.pk in ids or len(set(ids)) != len(ids):
        raise InvalidInput({"assistant_ids": _("an assistant is somebody else, named once")})


@dataclass(slots=True)
class Claimed:
    """What was found free (or overbooked) for an appointment, to be written once its row is."""

    own: list[Want]
    slot: list[Want]
    shared: frozenset[Want]
    present: list[Claim]


def claim_place(
    work: Work,
    appointment: Appointment,
    place: Place,
    *,
    assistants: Sequence[Specialist] = (),
    overbooking_reason: str = "",
    leaving: AvailableSlot | None = None,
    standing: claims.Standing | None = None,
) -> Claimed:
    """Find out whether the place is free for the appointment, and put it on its columns; nothing is written yet.

    Every claim counts, exclusive or not, but the appointment's own and those of the slot that it leaves; what it takes
    already and keeps is not asked for again. Raises Conflict with each clash; with an overbooking reason (and the
    permission) only the clashing claims are shared. `standing` is what was read once for many appointments.
    """
    present = claims.taken_by(appointment) if appointment.pk else []
    left = [leaving.pk] if leaving is not None and leaving.capacity == 1 else []
    ignoring = [appointment] if appointment.pk else []
    own, slot = place.wants(appointment, assistants), _first_booking(place.slot)
    wants, mine = claims.altered(own, present), left
    if place.slot is not None:
        # A group slot has taken its time from its creation; time off or an overbooking may lie over it all the same.
        wants, mine = wants + wants_of_slot(place.slot), [*left, place.slot.pk]
    found = claims.find(work, wants, ignoring=ignoring, slots=mine) if standing is None else standing.meeting(wants)
    if found and overbooking_reason.strip():
        work.by.require("scheduling.overbook", place.practice.pk)
        if place.slot is not None:
            # An overbooking carries no slot; over one it claims the slot's exact interval.
            place = Place(place.practice, place.specialist, place.room, place.starts_at, place.ends_at)
            own, slot = place.wants(appointment, assistants), []
            found = claims.find(work, claims.altered(own, present), ignoring=ignoring, slots=left)
        appointment.overbooked, appointment.overbooking_reason = True, overbooking_reason.strip()
    else:
        claims.refuse(found, by=work.by)
        # What it keeps it still shares: changing the room does not make an overbooking an ordinary visit.
        shares = any(want.same_as(claim) for want in own for claim in present if not claim.exclusive)
        if not (appointment.overbooked and shares):
            appointment.overbooked, appointment.overbooking_reason = False, ""
    appointment.specialist, appointment.room, appointment.slot = place.specialist, place.room, place.slot
    appointment.starts_at, appointment.ends_at = place.starts_at, place.ends_at
    return Claimed(own, slot, frozenset(want for want, _claim in found), present)


def _first_booking(slot: AvailableSlot | None) -> list[Want]:
    """What a single slot takes with its first booking; a group slot has taken it from its creation."""
    return wants_of_slot(slot) if slot is not None and slot.capacity == 1 and slot.booked == 0 else []


def occupy(work: Work, appointment: Appointment, claimed: Claimed) -> None:
    """Write the claims of a saved appointment, and count it in its slot."""
    rows = claims.write(appointment, claims.altered(claimed.own, claimed.present), shared=claimed.shared)
    slot = appointment.slot
    if slot is not None:
        rows += claims.write(slot, claimed.slot)
        slot.booked += 1
        work.save(slot)
    claims.exchange(work, claimed.present, claimed.own, rows)
    if appointment.overbooked:
        mark(appointment)


def mark(appointment: Appointment) -> None:
    """Say whether an open appointment lies under time off, where only an overbooking gets and others are left."""
    if appointment.status not in OPEN or appointment.starts_at is None or appointment.ends_at is None:
        return
    claims.mark_needs_move(
        appointment.starts_at,
        appointment.ends_at,
        specialists=[appointment.specialist_id] if appointment.specialist_id else [],
        rooms=[appointment.room_id] if appointment.room_id else [],
    )


def vacate(work: Work, appointment: Appointment, slot: AvailableSlot | None) -> None:
    """Let go of what the appointment took; its locked slot has a place again."""
    claims.release(work, appointment)
    leave_slot(work, slot)


def leave_slot(work: Work, slot: AvailableSlot | None) -> None:
    """Count one fewer in a locked slot; a single one lets go of its specialist and room with its last booking."""
    if slot is None:
        return
    slot.booked -= 1
    work.save(slot)
    if slot.booked == 0 and slot.capacity == 1:
        claims.release(work, slot)
