"""The verbs of slots: create one or many, change them, withdraw them, undo a batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypedDict

from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, InvalidInput
from core.locks import lock
from core.moments import moment_in_words
from directory.models import Practice, Specialist
from scheduling.calendar import claims
from scheduling.calendar.offers import Offer, SlotWish, plan
from scheduling.calendar.resources import check_unchanged, lock_specialists_and_rooms, wants_of_slot
from scheduling.models import AvailableSlot, SeriesSkip, SlotBatch
from scheduling.states import SkipReason


class SlotValues(TypedDict, total=False):
    """The columns of a slot that may be changed."""

    specialist_id: int
    starts_at: datetime
    ends_at: datetime
    appointment_type: str
    room_id: int | None
    capacity: int


SLOT_COLUMNS = frozenset(SlotValues.__annotations__)


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The slots that a batch created, and every wish it refused with its reasons."""

    batch: SlotBatch
    made: list[AvailableSlot]
    refused: list[Offer]


def preview_slots(by: Actor, *, practice_id: int, wishes: Sequence[SlotWish], at: datetime) -> list[Offer]:
    """Return what `create_slots` would create and refuse, by the same rule, without writing anything."""
    practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("scheduling.create_slots", practice.pk)
    return plan(practice, wishes, at=at)


@verb
def create_slot(work: Work, *, practice_id: int, wish: SlotWish, by: Actor, at: datetime) -> AvailableSlot:
    """Create one slot. InvalidInput by field; Conflict if it overlaps another slot of the specialist."""
    practice = _practice(practice_id, "scheduling.create_slots", by=by)
    lock_specialists_and_rooms([wish.specialist_id], [wish.room_id], spans=_of_groups([wish]))
    (offer,) = plan(practice, [wish], at=at)
    refuse_offer(offer)
    return insert(work, [offer])[0]


@verb
def create_slots(
    work: Work,
    *,
    practice_id: int,
    wishes: Sequence[SlotWish],
    params: Mapping[str, Any] | None = None,
    by: Actor,
    at: datetime,
) -> BatchResult:
    """Create many slots at once: good ones are created, each bad one is reported with what it overlaps."""
    practice = _practice(practice_id, "scheduling.create_slots", by=by)
    owners = {wish.specialist_id for wish in wishes}, {wish.room_id for wish in wishes}
    lock_specialists_and_rooms(*owners, spans=_of_groups(wishes))
    offers = plan(practice, wishes, at=at)
    refused = [offer for offer in offers if offer.errors]
    failed = [{"index": offer.index, "errors": reasons(offer), "there": offer.is_there} for offer in refused]
    batch = work.create(
        SlotBatch(practice=practice, params=dict(params or {}), failed=failed, created_by_id=by.user_id)
    )
    made = insert(work, [offer for offer in offers if not offer.errors], batch=batch)
    return BatchResult(batch, made, refused)


@verb
def undo_batch(work: Work, batch_id: int, *, by: Actor, at: datetime) -> SlotBatch:
    """Withdraw every slot that a batch created; Conflict names the booked ones, if there are any."""
    batch: SlotBatch = SlotBatch.objects.visible_to(by).one(pk=batch_id)
    by.require("scheduling.undo_batch", batch.practice_id)
    if batch.undone_at is not None:
        raise Conflict(_("It has already been undone."), code="undone")
    present = list(AvailableSlot.objects.offered().filter(batch=batch).order_by("pk"))
    owners = {slot.specialist_id for slot in present}, {slot.room_id for slot in present}
    lock_specialists_and_rooms(*owners, spans=_of_groups(present))
    slots = lock(AvailableSlot.objects.all(), [slot.pk for slot in present])
    for seen, slot in zip(present, slots, strict=True):
        check_unchanged(seen, slot)
    booked = [slot for slot in slots if slot.booked]
    if booked:
        zone = batch.practice.zone
        named = "; ".join(moment_in_words(slot.starts_at, zone) for slot in booked[:5])
        message = _("%(count)s of its slots are booked: %(named)s") % {"count": len(booked), "named": named}
        raise Conflict(message, code="booked")
    for slot in slots:
        withdraw(work, slot)
    batch.undone_at = at
    return work.save(batch)


@verb
def change_slot(
    work: Work,
    slot_id: int,
    *,
    values: SlotValues,
    by: Actor,
    at: datetime,
) -> AvailableSlot:
    """Change a slot that nobody has booked; a booked one keeps its time, specialist and room (Conflict)."""
    if unknown := values.keys() - SLOT_COLUMNS:
        raise TypeError(f"not columns of a slot: {sorted(unknown)}")
    seen: AvailableSlot = AvailableSlot.objects.visible_to(by).offered().one(pk=slot_id)
    by.require("scheduling.change_slot", seen.practice_id)
    wish = replace(wish_of(seen), **values)
    owners = {seen.specialist_id, wish.specialist_id}, {seen.room_id, wish.room_id}
    lock_specialists_and_rooms(*owners, spans=_of_groups([seen, wish]))
    (slot,) = lock(AvailableSlot.objects.all(), [slot_id])
    check_unchanged(seen, slot)
    changed = {name for name, value in values.items() if getattr(slot, name) != value}
    if slot.booked and changed & {"starts_at", "ends_at", "specialist_id", "room_id"}:
        raise Conflict(_("The slot is booked; move its appointments first."), code="booked")
    wish = replace(wish_of(slot), **values)
    (offer,) = plan(slot.practice, [wish], at=at, leaving_out=[slot.pk])
    if slot.booked:
        # The slot stays where it is, so it does not matter that it has begun or what lies over it (its own claims, for
        # one).
        offer.errors.pop("starts_at", None)
        offer.errors.pop("", None)
        if "appointment_type" not in changed:
            offer.errors.pop("appointment_type", None)
        _check_booked(slot, wish)
    elif slot.capacity > 1:
        # A group slot's own claims are no clash for it.
        claims.release(work, slot)
        (offer,) = plan(slot.practice, [wish], at=at, leaving_out=[slot.pk])
    refuse_offer(offer)
    for name in SLOT_COLUMNS:
        setattr(slot, name, getattr(wish, name))
    if not slot.booked and offer.slot is not None:
        slot.blocked, slot.held_until = offer.slot.blocked, offer.slot.held_until
    work.save(slot)
    if slot.capacity > 1 and not slot.booked:
        claim_group(work, [slot])
    return slot


@verb
def withdraw_slot(work: Work, slot_id: int, *, by: Actor, at: datetime) -> AvailableSlot:
    """Withdraw a slot, so that it is no longer offered; a booked one is a Conflict."""
    seen: AvailableSlot = AvailableSlot.objects.visible_to(by).offered().one(pk=slot_id)
    by.require("scheduling.withdraw_slot", seen.practice_id)
    lock_specialists_and_rooms([seen.specialist_id], [seen.room_id], spans=_of_groups([seen]))
    (slot,) = lock(AvailableSlot.objects.all(), [slot_id])
    check_unchanged(seen, slot)
    if slot.booked:
        raise Conflict(_("The slot is booked; move or cancel its appointments first."), code="booked")
    leave_out(work, [slot])
    return withdraw(work, slot)


@verb
def withdraw_slots(
    work: Work,
    *,
    specialist_id: int,
    slot_ids: Sequence[int],
    practice_id: int | None = None,
    by: Actor,
    at: datetime,
) -> tuple[list[int], dict[int, str]]:
    """Withdraw as many of a specialist's slots as possible; return the withdrawn ids, and for each other id the reason.

    A slot that is booked, unknown or another specialist's is not withdrawn. `practice_id` None: wherever `by` may.
    """
    Specialist.objects.visible_to(by).one(pk=specialist_id)
    mine = AvailableSlot.objects.visible_to(by).offered().filter(specialist_id=specialist_id, pk__in=slot_ids)
    if practice_id is None:
        by.require("scheduling.withdraw_slot")
    else:
        mine = mine.filter(practice=_practice(practice_id, "scheduling.withdraw_slot", by=by))
    present = list(mine)
    lock_specialists_and_rooms([specialist_id], {slot.room_id for slot in present}, spans=_of_groups(present))
    locked = lock(AvailableSlot.objects.all(), mine.values_list("pk", flat=True))
    found = {slot.pk: slot for slot in locked if by.may("scheduling.withdraw_slot", slot.practice_id)}
    done, refused = [], {}
    for pk in dict.fromkeys(slot_ids):
        slot = found.get(pk)
        if slot is None:
            refused[pk] = _("not found")
        elif slot.booked:
            refused[pk] = _("is booked")
        else:
            withdraw(work, slot)
            done.append(pk)
    leave_out(work, [found[pk] for pk in done])
    return done, refused


def leave_out(work: Work, slots: Iterable[AvailableSlot]) -> None:
    """Record the days of slots withdrawn by hand as exceptions of their series, which survive its changes."""
    days = [(slot.series_id, slot.series_date) for slot in slots if slot.series_id and slot.series_date]
    known = SeriesSkip.objects.filter(series__in={series_id for series_id, _day in days})
    there = set(known.values_list("series_id", "date")) if days else set()
    work.create_many(
        SeriesSkip(series_id=series_id, date=day, reason=SkipReason.WITHDRAWN)
        for series_id, day in days
        if (series_id, day) not in there
    )


def wish_of(slot: AvailableSlot) -> SlotWish:
    """The slot as it is, in the form of a wish."""
    return SlotWish(
        specialist_id=slot.specialist_id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        appointment_type=slot.appointment_type,
        room_id=slot.room_id,
        capacity=slot.capacity,
    )


def _of_groups(slots: Iterable[AvailableSlot | SlotWish]) -> list[tuple[datetime, datetime]]:
    """The intervals of group slots, which claim their time even while unbooked."""
    return [(slot.starts_at, slot.ends_at) for slot in slots if slot.capacity > 1]


def withdraw(work: Work, slot: AvailableSlot) -> AvailableSlot:
    """Withdraw one locked slot that nobody has booked."""
    slot.withdrawn_at = slot.withdrawn_at or work.at
    if slot.capacity > 1:
        claims.release(work, slot)
    return work.save(slot)


def restore(work: Work, slot: AvailableSlot) -> AvailableSlot:
    """Offer one locked slot again that had been withdrawn; refused where something else lies over its time by now."""
    (offer,) = plan(slot.practice, [wish_of(slot)], at=work.at, leaving_out=[slot.pk])
    offer.errors.pop("starts_at", None)  # it was offered for this time, also where that has begun
    refuse_offer(offer)
    slot.withdrawn_at = None
    if offer.slot is not None:
        slot.blocked, slot.held_until = offer.slot.blocked, offer.slot.held_until
    work.save(slot)
    if slot.capacity > 1:
        claim_group(work, [slot])
    if slot.series_date is not None:
        left_out = SeriesSkip.objects.filter(series=slot.series_id, date=slot.series_date)
        for skip in left_out.filter(reason=SkipReason.WITHDRAWN):
            work.delete(skip)
    return slot


def insert(work: Work, offers: Iterable[Offer], *, batch: SlotBatch | None = None) -> list[AvailableSlot]:
    """Create planned slots; group slots claim their specialists and rooms at once."""
    slots = [offer.slot for offer in offers if offer.slot is not None]
    for slot in slots if batch is not None else ():
        slot.batch = batch
    made = work.create_many(slots)
    claim_group(work, [slot for slot in made if slot.capacity > 1])
    return made


def claim_group(work: Work, slots: Sequence[AvailableSlot]) -> None:
    """Claim a new group slot's specialist and room; Conflict if the room is taken."""
    wanted = [(slot, wants_of_slot(slot)) for slot in slots]
    found = claims.find(work, [want for _slot, wants in wanted for want in wants])
    claims.refuse(found, by=work.by)
    claims.save(work, [row for slot, wants in wanted for row in claims.write(slot, wants)])


def refuse_offer(offer: Offer) -> None:
    """Raise the error that keeps a wish from becoming a slot."""
    by_field = {name: texts[0] for name, texts in offer.errors.items() if name}
    if by_field:
        raise InvalidInput(by_field)
    if offer.errors:
        clashes = [{"what": "slot", "says": offer.hit}] if offer.hit else []
        raise Conflict(offer.errors[""][0], code="slot_overlap" if offer.hit else "overlap", clashes=clashes)


def reasons(offer: Offer) -> dict[str, list[str]]:
    """Return a refused wish's errors by column ("" = the whole) and what it overlaps, as a batch stores them."""
    told = {name: [str(text) for text in texts] for name, texts in offer.errors.items()}
    if offer.hit:
        told[""] = [f"{told[''][0]} ({offer.hit})"]
    return told


def _check_booked(slot: AvailableSlot, wish: SlotWish) -> None:
    if wish.capacity < slot.booked:
        raise InvalidInput({"capacity": _("%(booked)s places are booked") % {"booked": slot.booked}})
    if (slot.capacity > 1) != (wish.capacity > 1):
        raise Conflict(_("The slot is booked; it cannot become or cease to be a group slot."), code="booked")


def _practice(practice_id: int, verb: str, *, by: Actor) -> Practice:
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require(verb, practice.pk)
    return practice
