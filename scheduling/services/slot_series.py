"""The verbs of slot series: slots made up to a horizon, rolled forward, changed from one slot on or as a whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import TypedDict

from django.db.models import Q
from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.db_errors import Retry
from core.deleting import delete_unreferenced
from core.errors import Conflict, InvalidInput
from core.locks import lock
from directory.models import Practice, Specialist
from scheduling.calendar import claims, holidays
from scheduling.calendar.offers import Offer, SlotWish, plan, types_out_of_use
from scheduling.calendar.parties import room_for
from scheduling.calendar.recurrence import HORIZON, at_wall_time, checked_rule, days, wall_end, wall_minutes
from scheduling.calendar.resources import lock_specialists_and_rooms
from scheduling.models import AvailableSlot, Claim, SeriesSkip, SlotSeries
from scheduling.services.slots import SLOT_COLUMNS, insert, refuse_offer, withdraw
from scheduling.states import SkipReason


class SeriesValues(TypedDict, total=False):
    """The columns of a slot series that may be changed."""

    start_time: time
    duration_minutes: int
    room_id: int | None
    appointment_type: str
    capacity: int


SERIES_COLUMNS = frozenset(SeriesValues.__annotations__)


@verb
def create_series(
    work: Work,
    *,
    practice_id: int,
    wish: SlotWish,
    pattern: str,
    rule: str = "",
    until: date | None = None,
    begins_on: date | None = None,
    by: Actor,
    at: datetime,
) -> tuple[SlotSeries, AvailableSlot]:
    """Offer `wish` repeatedly in the practice's local time; return the series and its first slot.

    The first occurrence must be possible (Conflict or InvalidInput as for one slot); the others are made up to 90
    days from `at`, leaving out with a reason what the clock, a holiday, time off or another slot does not allow.
    `until` is inclusive. `begins_on`: from which day the rule is counted, of a series that began before its first slot
    here.
    """
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("scheduling.create_slots", practice.pk)
    local = wish.starts_at.astimezone(practice.zone)
    begins_on = begins_on or local.date()
    rrule = checked_rule(pattern, rule, first=begins_on)
    if until is not None and until < local.date():
        raise InvalidInput({"until_date": _("must not be before the first day")})
    lock_specialists_and_rooms([wish.specialist_id], [wish.room_id], spans=_ahead(wish.capacity, at))
    (first,) = plan(practice, [wish], at=at)
    refuse_offer(first)
    series = work.create(
        SlotSeries(
            practice=practice,
            specialist_id=wish.specialist_id,
            room_id=wish.room_id,
            pattern=pattern,
            rrule=rrule,
            start_date=begins_on,
            start_time=local.time().replace(tzinfo=None),
            duration_minutes=wall_minutes(wish.starts_at, wish.ends_at, practice.zone),
            until_date=until,
            appointment_type=wish.appointment_type,
            capacity=wish.capacity,
        )
    )
    assert first.slot is not None  # noqa: S101 refused otherwise
    first.slot.series, first.slot.series_date = series, local.date()
    (slot,) = insert(work, [first])
    series.generated_until = local.date()
    generate(work, series)
    return series, slot


@verb
def extend_series(work: Work, series_id: int, *, by: Actor, at: datetime) -> int:
    """Roll one series forward to its horizon; returns how many slots it made. Running it again makes none.

    A series whose specialist, room, practice or service was archived or switched off makes none until they come back.
    """
    by.require("scheduling.extend_slots")
    series: SlotSeries = SlotSeries.objects.one(pk=series_id)
    if series.withdrawn_at is not None:
        return 0
    lock_specialists_and_rooms([series.specialist_id], [series.room_id], spans=_ahead(series.capacity, at))
    series.refresh_from_db()
    return generate(work, series) if _may_go_on(series) else 0


@verb
def withdraw_series(
    work: Work, slot_id: int, *, following: bool, by: Actor, at: datetime
) -> tuple[SlotSeries, list[AvailableSlot]]:
    """End a slot's series, from this slot on (`following`) or with all its future slots.

    Booked slots stay; they are returned. The series makes no more slots.
    """
    series, begin = _locked_series(slot_id, "scheduling.withdraw_slot", following=following, by=by, at=at)
    kept, _by_hand = _withdraw_from(work, series, begin)
    _end(work, series, begin)
    return series, kept


@verb
def change_series(
    work: Work, slot_id: int, *, following: bool, values: SeriesValues, by: Actor, at: datetime
) -> tuple[SlotSeries, list[AvailableSlot]]:
    """Change a slot's series, from this slot on (`following`) or all its future slots, by replacing it with a new one.

    Booked slots stay as they are and are returned; the new series leaves out what hits them. So do slots that were
    changed by hand: they stand for their day in the new series, as days that were withdrawn stay left out.
    """
    if unknown := values.keys() - SERIES_COLUMNS:
        raise TypeError(f"not columns of a series: {sorted(unknown)}")
    old, begin = _locked_series(
        slot_id,
        "scheduling.change_slot",
        following=following,
        new_room=values.get("room_id"),
        new_capacity=values.get("capacity"),
        by=by,
        at=at,
    )
    kept, by_hand = _withdraw_from(work, old, begin, but_changed=True)
    new = SlotSeries(
        practice_id=old.practice_id,
        specialist_id=old.specialist_id,
        room_id=old.room_id,
        pattern=old.pattern,
        rrule=old.rrule,
        start_date=old.start_date,
        start_time=old.start_time,
        duration_minutes=old.duration_minutes,
        until_date=old.until_date,
        appointment_type=old.appointment_type,
        capacity=old.capacity,
        generated_until=begin - timedelta(days=1),
    )
    for name, value in values.items():
        setattr(new, name, value)
    _end(work, old, begin)
    work.create(new)
    exceptions = SeriesSkip.objects.filter(series=old, reason=SkipReason.WITHDRAWN, date__gte=begin)
    work.create_many(SeriesSkip(series=new, date=one.date, reason=one.reason, detail=one.detail) for one in exceptions)
    for slot in by_hand:
        slot.series = new
        work.save(slot)
    generate(work, new, standing={slot.series_date for slot in by_hand if slot.series_date is not None})
    return new, sorted([*kept, *by_hand], key=lambda slot: slot.starts_at)


@verb
def delete_series(work: Work, series_id: int, *, by: Actor, at: datetime) -> None:
    """Delete a series that was created by mistake, with its slots; their history stays.

    Conflict says what refers to any of them, such as a visit, cancelled or not: then it is withdrawn.
    """
    series: SlotSeries = SlotSeries.objects.visible_to(by).one(pk=series_id)
    by.require("scheduling.withdraw_slot", series.practice_id)
    rows = AvailableSlot.objects.filter(series=series)
    owners = {(series.specialist_id, series.room_id), *rows.order_by().values_list("specialist_id", "room_id")}
    lock_specialists_and_rooms(
        {specialist_id for specialist_id, _room in owners}, {room_id for _who, room_id in owners}
    )
    slots = lock(AvailableSlot.objects.all(), rows.values_list("pk", flat=True))
    for slot in slots:
        if slot.capacity > 1 and not slot.booked:
            claims.release(work, slot)
    delete_unreferenced(work, series, before=slots, instead=_("Withdraw the series instead: booked slots stay."))


def generate(work: Work, series: SlotSeries, *, standing: Collection[date] = ()) -> int:
    """Create the slots of a locked series from `generated_until` to the horizon, recording why days are left out.

    The days `standing` have their slot already.
    """
    practice = series.practice
    upto = work.at.astimezone(practice.zone).date() + HORIZON
    named = days(
        series.rrule, first=series.start_date, after=series.generated_until, upto=upto, until=series.until_date
    )
    made = _offer(work, series, [day for day in named if day not in standing])
    series.generated_until = max(upto, series.generated_until or upto)
    work.save(series)
    return made


def _offer(work: Work, series: SlotSeries, named: Sequence[date]) -> int:
    """Create the slots of these days except those withdrawn by hand, recording why days are left out."""
    if not named:
        return 0
    practice = series.practice
    known = {skip.date: skip for skip in SeriesSkip.objects.filter(series=series, date__in=named)}
    closed = holidays.closed_days(practice, first=named[0], last=named[-1])
    wishes: list[tuple[date, SlotWish]] = []
    skips: dict[date, tuple[str, str]] = {}
    by_hand = {day for day, skip in known.items() if skip.reason == SkipReason.WITHDRAWN}
    for day in named:
        starts_at = at_wall_time(day, series.start_time, practice.zone)
        if day in by_hand:
            continue
        if starts_at is None:
            skips[day] = SkipReason.GAP, f"{series.start_time:%H:%M}"
        elif day in closed:
            skips[day] = SkipReason.HOLIDAY, closed[day]
        elif starts_at > work.at:
            wishes.append((day, _wish(series, day, starts_at)))
    offers = plan(practice, [wish for _day, wish in wishes], at=work.at)
    away = _away(series, offers)
    good: list[Offer] = []
    for (day, _wished), offer in zip(wishes, offers, strict=True):
        if offer.index in away:
            skips[day] = SkipReason.TIME_OFF, away[offer.index]
        elif offer.hit:
            skips[day] = SkipReason.CLASH, offer.hit
        elif offer.slot is None:
            skips[day] = SkipReason.TAKEN, str(next(texts[0] for texts in offer.errors.values()))
        else:
            offer.slot.series, offer.slot.series_date = series, day
            good.append(offer)
    insert(work, good)
    _write_skips(work, series, skips, known, offered={day for (day, _wished) in wishes if day not in skips})
    return len(good)


def _write_skips(
    work: Work,
    series: SlotSeries,
    skips: dict[date, tuple[str, str]],
    known: dict[date, SeriesSkip],
    *,
    offered: Collection[date],
) -> None:
    """Record why days are left out; a day that was left out before and is offered now is removed from the list."""
    for day, skip in known.items():
        if day in offered:
            work.delete(skip)
        elif day in skips:
            skip.reason, skip.detail = skips[day]
            work.save(skip)
    work.create_many(
        SeriesSkip(series=series, date=day, reason=reason, detail=detail)
        for day, (reason, detail) in skips.items()
        if day not in known
    )


def lock_with_left_out(
    skips: Sequence[SeriesSkip],
    specialist_ids: Collection[int | None],
    room_ids: Collection[int | None],
    *,
    spans: Iterable[tuple[datetime, datetime]],
) -> None:
    """Lock specialists and rooms, including those of series whose skipped days may be offered now."""
    people = {*specialist_ids, *(skip.series.specialist_id for skip in skips)}
    rooms = {*room_ids, *(skip.series.room_id for skip in skips)}
    lock_specialists_and_rooms(people, rooms, spans=spans)


def offer_left_out_days(work: Work, skips: Sequence[SeriesSkip]) -> None:
    """Offer days that series skipped for a reason that has gone, if nothing else is against them."""
    today = work.at.date() - timedelta(days=1)
    of_series: dict[int, list[SeriesSkip]] = defaultdict(list)
    for skip in skips:
        series = skip.series
        ended = series.withdrawn_at is not None or (series.until_date is not None and skip.date > series.until_date)
        if skip.date >= today and not ended and _may_go_on(series):
            of_series[series.pk].append(skip)
    for some in of_series.values():
        _offer(work, some[0].series, sorted(skip.date for skip in some))


def _ahead(capacity: int, at: datetime) -> list[tuple[datetime, datetime]]:
    """The interval in which a series of group slots claims time; single slots claim nothing until they are booked."""
    return [(at - timedelta(days=1), at + HORIZON + timedelta(days=2))] if capacity > 1 else []


def _may_go_on(series: SlotSeries) -> bool:
    """Whether the series' specialist, room, practice and service are in use; if not, it creates nothing for now."""
    room = series.room
    if room is not None and (room.archived_at is not None or not room.is_active):
        return False
    here = Specialist.objects.taking_appointments().working_at(series.practice_id).filter(pk=series.specialist_id)
    return here.exists() and not types_out_of_use(series.practice, [series.appointment_type])


def _wish(series: SlotSeries, day: date, starts_at: datetime) -> SlotWish:
    return SlotWish(
        specialist_id=series.specialist_id,
        starts_at=starts_at,
        ends_at=wall_end(day, series.start_time, series.duration_minutes, series.practice.zone),
        appointment_type=series.appointment_type,
        room_id=series.room_id,
        capacity=series.capacity,
    )


def _away(series: SlotSeries, offers: list[Offer]) -> dict[int, str]:
    """Which offers lie under time off of the specialist, and its reason; of group slots also of the room. One query.

    A single slot under time off of its room is offered, blocked as long as that lasts.
    """
    if not offers:
        return {}
    lo, hi = min(o.wish.starts_at for o in offers), max(o.wish.ends_at for o in offers)
    owners = Q(resource__specialist=series.specialist_id)
    if series.capacity > 1 and series.room_id is not None:
        owners |= Q(resource__room=series.room_id)
    over, _others = Claim.objects.filter(owners).over_each(lo, hi)
    absences = list(over.values_list("starts_at", "ends_at", "time_off__reason"))
    return {
        offer.index: reason
        for offer in offers
        for starts_at, ends_at, reason in absences
        if starts_at < offer.wish.ends_at and ends_at > offer.wish.starts_at
    }


def _locked_series(
    slot_id: int,
    verb: str,
    *,
    following: bool,
    new_room: int | None = None,
    new_capacity: int | None = None,
    by: Actor,
    at: datetime,
) -> tuple[SlotSeries, date]:
    """Return a slot's series, locked with its resources, and the day from which the change applies.

    Conflict where it has ended before that day; where somebody was faster, the verb starts over.
    """
    seen: AvailableSlot = AvailableSlot.objects.visible_to(by).select_related("series", "practice").one(pk=slot_id)
    by.require(verb, seen.practice_id)
    if seen.series is None or seen.series_date is None:
        raise Conflict(_("This slot is not part of a series."), code="no_series")
    offered = AvailableSlot.objects.offered().filter(series=seen.series_id).values_list("specialist_id", "room_id")
    owners = {(seen.series.specialist_id, seen.series.room_id), *offered.distinct().order_by()}
    room_for(new_room, seen.practice, by=by)
    rooms = {new_room, *(room_id for _specialist, room_id in owners)}
    spans = _ahead(max(seen.series.capacity, new_capacity or 1), at)
    lock_specialists_and_rooms({specialist_id for specialist_id, _room in owners}, rooms, spans=spans)
    now = AvailableSlot.objects.select_related("series").get(pk=slot_id)
    if now.series is None or now.series_date is None:
        raise Retry
    begin = now.series_date if following else at.astimezone(now.series.practice.zone).date()
    if now.series.until_date is not None and now.series.until_date < begin:
        raise Conflict(_("The series has ended."), code="no_series")
    return now.series, begin


def _withdraw_from(
    work: Work, series: SlotSeries, begin: date, *, but_changed: bool = False
) -> tuple[list[AvailableSlot], list[AvailableSlot]]:
    """Withdraw the unbooked slots from `begin` on; return the booked ones and those that were changed by hand.

    The latter stay, booked or not, if `but_changed`; else none is told apart.
    """
    ids = AvailableSlot.objects.offered().filter(series=series, series_date__gte=begin).values_list("pk", flat=True)
    kept, by_hand = [], []
    for slot in lock(AvailableSlot.objects.all(), ids):
        if but_changed and _was_changed(slot, series):
            by_hand.append(slot)
        elif slot.booked:
            kept.append(slot)
        elif slot.ends_at > work.at:
            # The day is free again for a slot of its own.
            slot.series_date = None
            withdraw(work, slot)
    return kept, by_hand


def _was_changed(slot: AvailableSlot, series: SlotSeries) -> bool:
    """Whether a slot differs from what its series would create."""
    assert slot.series_date is not None  # noqa: S101 selected by it
    starts_at = at_wall_time(slot.series_date, series.start_time, series.practice.zone)
    if starts_at is None:
        return True
    made = _wish(series, slot.series_date, starts_at)
    return any(getattr(slot, name) != getattr(made, name) for name in SLOT_COLUMNS)


def _end(work: Work, series: SlotSeries, begin: date) -> None:
    series.until_date = begin - timedelta(days=1)
    if begin <= series.start_date:
        series.withdrawn_at = work.at
    work.save(series)
