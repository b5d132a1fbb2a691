"""The resources that slots, specialists and rooms claim, and the locks to take before changing them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from core.db_errors import Retry
from directory.models import Room, Specialist
from scheduling.calendar import claims
from scheduling.calendar.claims import Want
from scheduling.models import AvailableSlot
from scheduling.states import ClaimRole

WATCHED = ("specialist_id", "room_id", "starts_at", "ends_at", "appointment_type", "withdrawn_at")


def wants_of_slot(slot: AvailableSlot) -> list[Want]:
    """The resources that a booked slot claims: its specialist and its room, for exactly its own interval."""
    wants = [Want(slot.specialist.resource_id, ClaimRole.SPECIALIST, slot.starts_at, slot.ends_at)]
    if slot.room is not None:
        wants.append(Want(slot.room.resource_id, ClaimRole.ROOM, slot.starts_at, slot.ends_at))
    return wants


def check_unchanged(seen: AvailableSlot, now: AvailableSlot) -> None:
    """Start the verb over if the slot changed after it was read, because other resources may have to be locked."""
    if any(getattr(seen, name) != getattr(now, name) for name in WATCHED):
        raise Retry


def lock_specialists_and_rooms(
    specialist_ids: Collection[int | None],
    room_ids: Collection[int | None] = (),
    *,
    spans: Iterable[tuple[datetime, datetime]] = (),
) -> None:
    """Lock the resources of specialists and rooms, so that bookings and new slots of theirs wait.

    `spans` are the times that will be claimed or released; the slots to be recounted there are locked, too.
    """
    people, rooms = ([pk for pk in ids if pk is not None] for ids in (specialist_ids, room_ids))
    # From their own small tables: asked of the resources, every patient's would be read.
    of_people = Specialist.objects.filter(pk__in=people).values_list("resource_id", flat=True)
    of_rooms = Room.objects.filter(pk__in=rooms).values_list("resource_id", flat=True)
    found = list(of_people.union(of_rooms))
    claims.lock_resources(found)
    if every := list(spans):
        claims.lock_slots_near(found, lambda: every)
