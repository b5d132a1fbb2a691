"""The verbs of a whole group: a slot with several places is cancelled, or moved, with everybody who is in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.db_errors import Retry
from core.errors import Conflict, Text
from core.locks import lock
from directory.models import Practice, Room, Specialist
from programs.models import Enrollment
from scheduling.calendar import claims
from scheduling.calendar.claims import Want
from scheduling.calendar.conflicts import describe
from scheduling.calendar.free_time_search import FreeTime
from scheduling.calendar.offers import SlotWish, plan
from scheduling.calendar.parties import require_in_use, room_for, specialist_for
from scheduling.calendar.places import Place, check_open, in_slot, resource_ids
from scheduling.calendar.recurrence import at_wall_time
from scheduling.calendar.resources import check_unchanged, wants_of_slot
from scheduling.models import Appointment, AppointmentAssistant, AvailableSlot, Claim
from scheduling.querysets import AppointmentQuerySet
from scheduling.services.lifecycle import cancel, undo
from scheduling.services.moving import MOVABLE, SAME, check_program
from scheduling.services.program_changes import CANCELLABLE
from scheduling.services.sessions import lock_appointments
from scheduling.services.slots import claim_group, leave_out, refuse_offer, restore, wish_of, withdraw
from scheduling.states import CLAIMING, UNDO_FINAL_WITHIN, AppointmentStatus

# Where another time is looked for, where a group cannot move to the wanted one.
HALF_HOUR = timedelta(minutes=30)
WORKING_HOURS = range(7, 20)


@dataclass(frozen=True, slots=True)
class Group:
    """A slot with the visits in it that take place: those that go with it, and those that have begun and stay."""

    slot: AvailableSlot
    going: list[Appointment]
    staying: list[Appointment]


@verb
def cancel_group(
    work: Work,
    slot_id: int,
    *,
    reason: str = "",
    reason_code: int | None = None,
    offer_again: bool = False,
    seen_ids: Collection[int] | None = None,
    by: Actor,
    at: datetime,
) -> Group:
    """Cancel every visit of a group that has not begun, and withdraw its slot unless it is to be `offer_again`.

    All or none. Each visit keeps the reason and gives its session back: the practice cancels, so none is forfeited.
    A visit in care or done stays as it is, and its slot with it. `seen_ids`: the visits that the caller has been shown;
    Conflict ("stale") where others would be cancelled.
    """
    seen = _seen(slot_id, "scheduling.cancel", by=by)
    if not offer_again:
        by.require("scheduling.withdraw_slot", seen.practice_id)
    group = _locked_group(seen, CANCELLABLE)
    _check(group, seen_ids)
    for row in group.going:
        cancel(work, row, reason=reason, reason_code=reason_code)
    if not offer_again and not group.slot.booked:
        leave_out(work, [group.slot])
        withdraw(work, group.slot)
    return group


def would_cancel_group(by: Actor, slot_id: int) -> Group:
    """Return whom `cancel_group` would cancel and who would stay, by their names; nothing is written."""
    return _group(_seen(slot_id, "scheduling.cancel", by=by), CANCELLABLE, by=by)


@verb
def undo_cancelled_group(work: Work, slot_id: int, *, by: Actor, at: datetime) -> Group:
    """Take the cancellation of a group back, all or none: its slot is offered again, and everybody is in it again.

    Conflict as `undo_appointment` raises it (after three minutes, or where a session or a time is no longer free), and
    where something else lies over the slot's time by now.
    """
    rows = AvailableSlot.objects.visible_to(by).select_related("practice", "specialist", "room")
    seen: AvailableSlot = rows.one(pk=slot_id)
    by.require("scheduling.undo", seen.practice_id)
    slot, visits = _locked(seen, _cancelled_together(seen))
    if not visits:
        raise Conflict(_("This group was not cancelled as a whole."), code="invalid_transition")
    if slot.withdrawn_at is not None:
        by.require("scheduling.create_slots", slot.practice_id)
        restore(work, slot)
    for row in sorted(visits, key=lambda row: row.pk):
        undo(work, row)
    return Group(slot, visits, [])


def cancelled_group_is_fresh(slot: AvailableSlot, *, at: datetime) -> bool:
    """Whether the slot's visits were cancelled together so lately that `undo_cancelled_group` may take it back."""
    return _cancelled_together(slot).filter(cancelled_at__gt=at - UNDO_FINAL_WITHIN).exists()


def _cancelled_together(slot: AvailableSlot) -> AppointmentQuerySet:
    """The visits that were cancelled last in the slot: of a withdrawn one, with it."""
    cancelled = Appointment.objects.live().filter(slot=slot, status=AppointmentStatus.CANCELLED)
    when = slot.withdrawn_at or cancelled.aggregate(last=Max("cancelled_at"))["last"]
    return cancelled.filter(cancelled_at=when)


@dataclass(slots=True)
class GroupMove:
    """Where a group would go, with everything against it: against the slot, and against each of its visits."""

    slot: AvailableSlot
    wish: SlotWish
    visits: list[Appointment]
    why: list[str] = field(default_factory=list)
    why_of: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    code: str = ""

    @property
    def refused(self) -> bool:
        """Whether anything stands against it."""
        return bool(self.why or any(self.why_of.values()))


@verb
def move_group(
    work: Work,
    slot_id: int,
    *,
    starts_at: datetime,
    specialist_id: int | None = None,
    room_id: int | object | None = SAME,
    override_reason: str = "",
    seen_ids: Collection[int] | None = None,
    by: Actor,
    at: datetime,
) -> Group:
    """Move a group with everybody in it to another time, and to another specialist or room where one is named.

    All or none: Conflict names everything against the slot and, by the patient's name, against each visit. It lasts as
    long as before; each visit keeps its assistants and its session. `override_reason` lets it lie on a closed day or
    after a program's end. `seen_ids` as `cancel_group` takes it.
    """
    seen = _seen_to_move(slot_id, by=by)
    wish, person, room = _wished(seen, starts_at=starts_at, specialist_id=specialist_id, room_id=room_id, by=by)
    group = _locked_group(seen, MOVABLE, also=resource_ids(person, room), spans=[(wish.starts_at, wish.ends_at)])
    _check(group, seen_ids)
    slot, rows = group.slot, group.going

    def find(wants: Sequence[Want]) -> list[tuple[Want, Claim]]:
        return claims.find(work, wants, ignoring=[slot, *rows])

    move = _move(group, wish, person, room, find=find, override_reason=override_reason, by=by, at=at)
    _refuse(move, group.staying)
    # Everything is released first: a group moved by less than its length would clash with itself.
    for row in rows:
        claims.release(work, row)
    claims.release(work, slot)
    slot.specialist, slot.room, slot.starts_at, slot.ends_at = person, room, wish.starts_at, wish.ends_at
    slot.blocked, slot.held_until = 0, None  # nothing lies over it, or it would have been refused
    work.save(slot)
    claim_group(work, [slot])
    place, assisting = in_slot(slot), _assistants_of(rows)
    for row in rows:
        row.specialist, row.room, row.starts_at, row.ends_at = person, room, wish.starts_at, wish.ends_at
        row.need_not_move()
        row.overbooked, row.overbooking_reason = False, ""
        work.save(row)
    claims.save(work, [claim for row in rows for claim in claims.write(row, place.wants(row, assisting[row.pk]))])
    return group


def preview_move_group(
    by: Actor,
    slot_id: int,
    *,
    starts_at: datetime,
    specialist_id: int | None = None,
    room_id: int | object | None = SAME,
    override_reason: str = "",
    at: datetime,
) -> GroupMove:
    """Return where `move_group` would move the group, with the reasons against it; nothing is written."""
    seen = _seen_to_move(slot_id, by=by)
    wish, person, room = _wished(seen, starts_at=starts_at, specialist_id=specialist_id, room_id=room_id, by=by)
    group = _group(seen, MOVABLE, by=by)
    return _looked_at(group, wish, person, room, override_reason=override_reason, by=by, at=at)


def group_times_near(
    by: Actor,
    slot_id: int,
    *,
    starts_at: datetime,
    specialist_id: int | None = None,
    room_id: int | object | None = SAME,
    override_reason: str = "",
    at: datetime,
    count: int = 3,
) -> list[FreeTime]:
    """Return the `count` times nearest to `starts_at` to which `move_group` could move the group, in order of time.

    Tried are the half hours of that day's working hours, and the same hour on each day of a week before and after it.
    """
    seen = _seen_to_move(slot_id, by=by)
    wish, person, room = _wished(seen, starts_at=starts_at, specialist_id=specialist_id, room_id=room_id, by=by)
    group = _group(seen, MOVABLE, by=by)
    found: list[FreeTime] = []
    for near in _around(starts_at, seen.practice.zone, after=at):
        there = replace(wish, starts_at=near, ends_at=near + (wish.ends_at - wish.starts_at))
        if there == wish_of(seen):
            continue
        move = _looked_at(group, there, person, room, override_reason=override_reason, by=by, at=at)
        if not move.refused:
            found.append(FreeTime(there.starts_at, there.ends_at, there.specialist_id))
            if len(found) == count:
                break
    return sorted(found)


def _around(starts_at: datetime, zone: ZoneInfo, *, after: datetime) -> list[datetime]:
    """The times that are tried around a start, all of them after a moment: the nearest first."""
    wanted = starts_at.astimezone(zone).replace(tzinfo=None)
    same_day = (wanted + number * HALF_HOUR for number in range(-24, 25))
    walls = [wall for wall in same_day if wall.date() == wanted.date() and wall.hour in WORKING_HOURS]
    walls += [wanted + timedelta(days=number) for number in range(-7, 8)]
    moments = {at_wall_time(wall.date(), wall.time(), zone) for wall in walls}
    ahead = (one for one in moments if one is not None and one > after and one != starts_at)
    return sorted(ahead, key=lambda one: (abs(one - starts_at), one))


def _looked_at(
    group: Group,
    wish: SlotWish,
    person: Specialist,
    room: Room | None,
    *,
    override_reason: str,
    by: Actor,
    at: datetime,
) -> GroupMove:
    """Work out what `_move` does without locking or releasing anything."""
    own = {row.pk for row in group.going}

    def find(wants: Sequence[Want]) -> list[tuple[Want, Claim]]:
        near = claims.look(wants, at=at)
        return [(want, one) for want, one in near if one.slot_id != group.slot.pk and one.appointment_id not in own]

    return _move(group, wish, person, room, find=find, override_reason=override_reason, by=by, at=at)


def _seen_to_move(slot_id: int, *, by: Actor) -> AvailableSlot:
    """The offered slot, for people who may move its visits and change it."""
    seen = _seen(slot_id, "scheduling.reschedule", by=by)
    by.require("scheduling.change_slot", seen.practice_id)
    return seen


def _seen(slot_id: int, permission: str, *, by: Actor) -> AvailableSlot:
    """The offered slot, for whoever has the permission at its practice."""
    rows = AvailableSlot.objects.visible_to(by).offered().select_related("practice", "specialist", "room")
    slot: AvailableSlot = rows.one(pk=slot_id)
    by.require(permission, slot.practice_id)
    return slot


def _visits(slot: AvailableSlot) -> AppointmentQuerySet:
    """Those of the slot's visits that take place or took place."""
    return Appointment.objects.live().filter(slot=slot, status__in=CLAIMING)


def _group(slot: AvailableSlot, statuses: Collection[str], *, by: Actor) -> Group:
    """The slot with its visits as they are, by the patients' names."""
    related = ("practice", "patient", "specialist", "room", "enrollment")
    rows = list(_visits(slot).visible_to(by).select_related(*related))
    return _grouped(slot, rows, statuses)


def _grouped(slot: AvailableSlot, rows: Collection[Appointment], statuses: Collection[str]) -> Group:
    rows = sorted(rows, key=lambda row: (_name(row).casefold(), row.pk))
    going = [row for row in rows if row.status in statuses]
    return Group(slot, going, [row for row in rows if row not in going])


def _locked_group(
    seen: AvailableSlot,
    statuses: Collection[str],
    *,
    also: Collection[int] = (),
    spans: Sequence[tuple[datetime, datetime]] = (),
) -> Group:
    """Return the group with its slot and its visits locked."""
    slot, rows = _locked(seen, _visits(seen), also=also, spans=spans)
    return _grouped(slot, rows, statuses)


def _locked(
    seen: AvailableSlot,
    visits: AppointmentQuerySet,
    *,
    also: Collection[int] = (),
    spans: Sequence[tuple[datetime, datetime]] = (),
) -> tuple[AvailableSlot, list[Appointment]]:
    """Lock the programs, then all resources, the slot and its visits; start over where somebody came or went."""
    here: dict[int, int | None] = dict(visits.values_list("pk", "enrollment"))
    programs = {one.pk: one for one in lock(Enrollment.objects.all(), {pk for pk in here.values() if pk is not None})}
    rows = lock_appointments(
        here,
        also={*also, *resource_ids(seen.specialist, seen.room)},
        also_slot=seen.pk,
        spans=[(seen.starts_at, seen.ends_at), *spans],
    )
    if dict(visits.all().values_list("pk", "enrollment")) != here:
        raise Retry
    for row in rows:
        if row.enrollment_id is not None:
            row.enrollment = programs[row.enrollment_id]
    slot = next((row.slot for row in rows if row.slot is not None), seen)
    check_unchanged(seen, slot)
    return slot, rows


def _check(group: Group, seen_ids: Collection[int] | None) -> None:
    """Raise Conflict where nobody goes, or others than those that were shown."""
    if not group.going:
        staying = _("Every visit of this group has begun or is over.")
        raise Conflict(staying if group.staying else _("Nobody is booked in this slot."), code="invalid_transition")
    if seen_ids is not None and {row.pk for row in group.going} != set(seen_ids):
        raise Conflict(
            _("Somebody came into the group or left it. Look at it as it is now, and try again."), code="stale"
        )


def _wished(
    slot: AvailableSlot, *, starts_at: datetime, specialist_id: int | None, room_id: int | object | None, by: Actor
) -> tuple[SlotWish, Specialist, Room | None]:
    """Where the group is to be, with the specialist and the room."""
    practice: Practice = slot.practice
    person, room = slot.specialist, slot.room
    if specialist_id not in (None, slot.specialist_id):
        person = specialist_for(specialist_id, practice, by=by)
    if room_id is not SAME and room_id != slot.room_id:
        room = room_for(room_id, practice, by=by)  # type: ignore[arg-type]
    wish = replace(
        wish_of(slot),
        specialist_id=person.pk,
        room_id=room.pk if room is not None else None,
        starts_at=starts_at,
        ends_at=starts_at + (slot.ends_at - slot.starts_at),
    )
    if wish == wish_of(slot):
        raise Conflict(_("It is at this time already."), code="same_time")
    return wish, person, room


def _move(
    group: Group,
    wish: SlotWish,
    person: Specialist,
    room: Room | None,
    *,
    find: Callable[[Sequence[Want]], list[tuple[Want, Claim]]],
    override_reason: str,
    by: Actor,
    at: datetime,
) -> GroupMove:
    """Work out everything against moving the group there. InvalidInput by field, as for a new slot."""
    slot, rows = group.slot, group.going
    move = GroupMove(slot, wish, rows)
    (offer,) = plan(slot.practice, [wish], at=at, leaving_out=[slot.pk])
    if any(offer.errors):
        refuse_offer(offer)
    if offer.hit:
        _against(move, None, "slot_overlap", f"{offer.errors[''][0]} ({offer.hit})")
    for row in group.staying:
        says = _("is no longer to come (%(status)s)") % {"status": row.get_status_display()}
        _against(move, row, "invalid_transition", says)
    try:
        check_open(slot.practice, wish.starts_at, override_reason=override_reason)
    except Conflict as error:
        _against(move, None, error.code, error.message)
    there = Place(slot.practice, person, room, wish.starts_at, wish.ends_at, slot=slot)
    assisting = _assistants_of(rows)
    wants: dict[int | None, list[Want]] = {
        None: wants_of_slot(AvailableSlot(specialist=person, room=room, starts_at=wish.starts_at, ends_at=wish.ends_at))
    }
    for row in rows:
        wants[row.pk] = there.wants(row, assisting[row.pk])
        _check_visit(move, row, there, assisting[row.pk], override_reason=override_reason)
    found = find([want for some in wants.values() for want in some])
    by_pk = {row.pk: row for row in rows}
    for pk, some in wants.items():
        mine = set(some)
        hit = [claim for want, claim in found if want in mine]
        for says in dict.fromkeys(clash["says"] for clash in (describe(hit, by=by) if hit else [])):
            _against(move, by_pk.get(pk) if pk is not None else None, "overlap", says)
    return move


def _check_visit(
    move: GroupMove, row: Appointment, there: Place, assistants: Sequence[Specialist], *, override_reason: str
) -> None:
    """Note what but clashes stands against one visit."""
    try:
        require_in_use(there.practice, None, None, row.patient)
        check_program(row, there, override_reason=override_reason)
    except Conflict as error:
        _against(move, row, error.code, error.message)
    if there.specialist in assistants:
        _against(move, row, "overlap", _("%(who)s assists in this visit") % {"who": there.specialist})


def _assistants_of(rows: Sequence[Appointment]) -> dict[int, list[Specialist]]:
    """The assistants of each visit; one query."""
    found: dict[int, list[Specialist]] = defaultdict(list)
    lines = AppointmentAssistant.objects.filter(appointment__in=[row.pk for row in rows]).select_related("specialist")
    for line in lines.order_by("specialist"):
        found[line.appointment_id].append(line.specialist)
    return found


def _against(move: GroupMove, row: Appointment | None, code: str, says: Text) -> None:
    """Note a reason against the slot, or against one of its visits."""
    move.code = move.code or code
    (move.why if row is None else move.why_of[row.pk]).append(str(says))


def _refuse(move: GroupMove, staying: Sequence[Appointment]) -> None:
    """Raise Conflict that names everything against the move."""
    named = [f"{_name(row)}: {why}" for row in (*move.visits, *staying) for why in move.why_of.get(row.pk, ())]
    if says := [*move.why, *named]:
        raise Conflict("; ".join(says), code=move.code)


def _name(row: Appointment) -> str:
    """Whose visit it is, in words."""
    return str(row.patient or row.contact_name or _("Visit %(id)s") % {"id": row.pk})
