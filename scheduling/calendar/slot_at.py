"""The slot that is booked: by its id, or that of a specialist which begins at a time, if a booking then takes it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import BigIntegerField, DateTimeField

from catalog.models import Service
from core.actor import Actor
from core.locks import lock_prepared, locking
from core.prepared import Prepared, PreparedFor, hole
from directory.models import Practice, Room, Specialist
from scheduling.models import AvailableSlot
from scheduling.querysets import AvailableSlotQuerySet, with_conditions_then

# Not asked of the slot of a time: staff may override a closed day, and a claim or a hold over the slot is named when
# its time is taken.
ASKED_LATER = frozenset({"open", "unblocked", "unheld"})


def slots_then() -> AvailableSlotQuerySet:
    """The offered slot of the specialist in the hole `specialist` that begins at `starts_at`, with its conditions.

    Slots of one specialist do not overlap: there is one, or none.
    """
    mine = {"specialist": hole("specialist", BigIntegerField()), "starts_at": hole("starts_at", DateTimeField())}
    return with_conditions_then().offered().select_related("room").filter(**mine)


_unlocked = Prepared(slots_then)
_locked = Prepared(lambda: locking(slots_then()))


def slot_at(
    practice: Practice, specialist: Specialist, starts_at: datetime, *, at: datetime, lock: bool = False
) -> AvailableSlot | None:
    """Return the specialist's slot that begins then, with its conditions at `at`; with `lock` it is locked first."""
    asked = {"specialist": specialist.pk, "starts_at": starts_at, "at": at, "holder": ()}
    found = lock_prepared(_locked, **asked) if lock else _unlocked(**asked)
    return known(found[0], practice, specialist) if found else None


def known(slot: AvailableSlot, practice: Practice, specialist: Specialist) -> AvailableSlot:
    """The slot with its specialist and, where it is this one, its practice, which need not be read again."""
    slot.specialist = specialist
    if slot.practice_id == practice.pk:
        slot.practice = practice
    return slot


def serves(
    slot: AvailableSlot,
    unmet: Collection[str],
    *,
    practice: Practice,
    room: Room | None,
    ends_at: datetime,
    service: Service | None,
) -> bool:
    """Whether a booking from the slot's start to `ends_at` takes it: a single slot, equal in all, and bookable.

    `unmet` are the CONDITIONS that it does not meet. A room that is named must be the slot's.
    """
    return (
        slot.practice_id == practice.pk
        and slot.ends_at == ends_at
        and slot.capacity == 1
        and slot.appointment_type in ("", service.code if service is not None else "")
        and (room is None or slot.room_id == room.pk)
        and ASKED_LATER.issuperset(unmet)
    )


def _to_book(by: Actor) -> AvailableSlotQuerySet:
    rows = with_conditions_then().visible_to(by).select_related("practice", "specialist", "room")
    return rows.filter(pk=hole("pk", BigIntegerField()))


# The slot `pk` that an actor sees, with its conditions `at` a moment for the patients `holder`.
SLOT_TO_BOOK = PreparedFor(_to_book)
