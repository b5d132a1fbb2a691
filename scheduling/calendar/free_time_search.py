"""The search for free times, inside specialists' slots and outside every claim: two queries and one sweep."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, CharField, DateTimeField, F, QuerySet

from core.prepared import Among, Prepared, hole
from directory.models import Practice, Room, Specialist
from scheduling.calendar import holidays
from scheduling.models import AvailableSlot, Claim
from scheduling.states import LONGEST_CLAIM, LONGEST_SLOT

Interval = tuple[datetime, datetime]


class FreeTime(NamedTuple):
    """A time that can be booked now, with its specialist and, if rooms were searched, its room."""

    starts_at: datetime
    ends_at: datetime
    specialist_id: int
    room_id: int | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """What to search for: `duration` with pauses `before` and `after`, in [start, end), at every `step` (the duration).

    `also` are resources that must be free for the visit itself, without pauses: its patient, who assists. `weekdays`
    (0 is Monday; none: any) and `hours` (from, and before) narrow the starts, by the practice's clock.
    """

    start: datetime
    end: datetime
    duration: timedelta
    before: timedelta = timedelta(0)
    after: timedelta = timedelta(0)
    appointment_type: str | None = None
    step: timedelta | None = None
    also: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    hours: tuple[time, time] | None = None

    def suits(self, local: datetime) -> bool:
        """Whether a visit starting at the local time `local` falls on the wanted weekdays and hours."""
        day = not self.weekdays or local.weekday() in self.weekdays
        return day and (self.hours is None or self.hours[0] <= local.time() < self.hours[1])


def free_times(
    practice: Practice,
    specialist_ids: Collection[int],
    search: Search,
    *,
    at: datetime,
    room_ids: Sequence[int] = (),
    limit: int | None = None,
) -> list[FreeTime]:
    """Every free time, the earliest first. One that is exactly a free slot needs no pauses around it.

    The number of queries does not grow with specialists, rooms and days. Closed days of the practice have none.
    With a `limit` the first day is looked at first, and then four times as many each time until there are enough.
    """
    if practice.archived_at is not None:
        return []
    people = dict(_working(practice_id=practice.pk, people=list(specialist_ids)))
    rooms = dict(_rooms_in_use(practice_id=practice.pk, rooms=list(room_ids))) if room_ids else {}
    if room_ids and not rooms:
        return []
    in_order = {pk: rooms[pk] for pk in room_ids if pk in rooms}
    found: list[FreeTime] = []
    begin, zone = max(search.start, at), practice.zone
    shut = holidays.closed_days(practice, first=begin.astimezone(zone).date(), last=search.end.astimezone(zone).date())
    for first, last in [(begin, search.end)] if limit is None else _parts(begin, search.end, practice):
        times = _sweep(practice, people, in_order, search, first, last, at=at)
        if shut or search.weekdays or search.hours is not None:
            local = ((one, one.starts_at.astimezone(zone)) for one in times)
            times = (one for one, start in local if start.date() not in shut and search.suits(start))
        found += sorted(times)
        if limit is not None and len(found) >= limit:
            return found[:limit]
    return found


def next_free(
    practice: Practice, specialist_ids: Collection[int], search: Search, *, at: datetime, count: int = 3
) -> list[FreeTime]:
    """Return the `count` free times nearest to the search's start, earlier or later, within a week of it."""
    week = timedelta(days=7)
    wide = replace(search, start=max(at, search.start - week), end=search.start + week)
    times = free_times(practice, specialist_ids, wide, at=at)
    nearest = sorted(times, key=lambda time: (abs(time.starts_at - search.start), time.starts_at))
    return sorted(nearest[:count])


def first_of_each(
    practice: Practice, specialist_ids: Collection[int], search: Search, *, at: datetime
) -> list[FreeTime]:
    """The first free slot of each of these specialists that is as long as what is looked for; the earliest first.

    One query for all, which looks once into the index for each specialist; another one for those whose slot's room, or
    a patient, has something else then.
    """
    slots = AvailableSlot.objects.at_practices([practice.pk]).filter(capacity=1, starts_at__lt=search.end)
    # Two conditions instead of one equality: the planner would expect an equality to match few rows, and sort them all
    # instead of reading the first from the index.
    ends = F("starts_at") + search.duration
    slots = slots.filter(ends_at__gte=ends, ends_at__lte=ends)
    if search.appointment_type is not None:
        slots = slots.for_type(search.appointment_type)
    columns = ("pk", "is_taken", "starts_at", "ends_at", "specialist_id", "room_id")
    found: list[FreeTime] = []
    taken: list[int] = []
    waiting = list(specialist_ids)
    while waiting:
        firsts = slots.exclude(pk__in=taken).first_of_each(waiting, at, start=search.start)
        waiting = []
        for pk, is_taken, *row in firsts.with_taken(search.also, at).values_list(*columns):
            if is_taken:
                taken.append(pk)
                waiting.append(row[2])
            else:
                found.append(FreeTime(*row))
    return sorted(found)


def _parts(begin: datetime, end: datetime, practice: Practice) -> Iterator[Interval]:
    """Split the time from `begin` to `end` at midnights into growing parts: today, then four days, sixteen, ..."""
    days = 1
    while begin < end:
        midnight = datetime.combine(begin.astimezone(practice.zone).date() + timedelta(days), time(), practice.zone)
        yield begin, min(midnight.astimezone(UTC), end)
        begin, days = midnight.astimezone(UTC), days * 4


def _sweep(
    practice: Practice,
    people: dict[int, int],
    rooms: dict[int, int],
    search: Search,
    begin: datetime,
    until: datetime,
    *,
    at: datetime,
) -> Iterator[FreeTime]:
    """Return the free times that start in [begin, until), including those on closed days."""
    upto = min(until + search.duration, search.end)
    offered = read_offered(practice, people, begin, upto, appointment_type=search.appointment_type, at=at)
    inside = {slot.room_resource for slots in offered.values() for slot in slots if slot.room_resource is not None}
    resources = [*people.values(), *rooms.values(), *inside, *search.also]
    busy = read_busy(resources, begin - search.before, upto + search.after, at=at)
    yield from sweep(people, rooms, search, begin, until, offered, busy)


def sweep(
    people: Mapping[int, int],
    rooms: Mapping[int, int],
    search: Search,
    begin: datetime,
    until: datetime,
    offered: Mapping[int, Sequence[Offered]],
    busy: Mapping[int, Sequence[Interval]],
) -> Iterator[FreeTime]:
    """Return the free times that start in [begin, until), from slots and claims that were read before.

    Those of each person stand in the order of time.
    """
    for person, resource in people.items():
        slots = offered[person]
        exact = {
            slot.starts_at: slot
            for slot in slots
            if slot.takeable
            and slot.ends_at - slot.starts_at == search.duration
            and not hits(busy[resource], slot.starts_at, slot.ends_at)
        }
        apart = set(_starts(merged((slot.starts_at, slot.ends_at) for slot in slots), busy[resource], search, begin))
        for starts_at in sorted(apart | exact.keys()):
            ends_at = starts_at + search.duration
            if not begin <= starts_at < until or ends_at > search.end:
                continue
            if any(hits(busy[one], starts_at, ends_at) for one in search.also):
                continue
            # A visit without a room, or in the slot's room, takes the slot; a visit in another room is booked beside
            # it.
            own = exact[starts_at].room_resource if starts_at in exact else None
            if not rooms:
                if own is None or not hits(busy[own], starts_at, ends_at):
                    yield FreeTime(starts_at, ends_at, person)
                continue
            lo, hi = starts_at - search.before, ends_at + search.after
            beside = not hits(busy[resource], lo, hi)
            for pk, room in rooms.items():
                first, last = (starts_at, ends_at) if room == own else (lo, hi)
                if (beside or room == own) and not hits(busy[room], first, last):
                    yield FreeTime(starts_at, ends_at, person, pk)
                    break


class Offered(NamedTuple):
    """The columns of a slot that the search needs."""

    starts_at: datetime
    ends_at: datetime
    room_resource: int | None
    takeable: bool
    appointment_type: str


def read_offered(
    practice: Practice,
    people: Collection[int],
    begin: datetime,
    upto: datetime,
    *,
    appointment_type: str | None = None,
    at: datetime,
) -> dict[int, list[Offered]]:
    """Return the single slots of these specialists in [begin, upto), by specialist and time; of one type, if given."""
    asked = {
        "at": at, "practice_id": practice.pk, "people": list(people),
        "begin": begin, "upto": upto, "since": begin - LONGEST_SLOT,
    }  # fmt: skip
    if appointment_type is None:
        rows = _offered(**asked)
    else:
        rows = _offered_for_type(**asked, appointment_type=appointment_type)
    found: dict[int, list[Offered]] = defaultdict(list)
    for person, *offered in rows:
        found[person].append(Offered(*offered))
    return found


def read_busy(
    resources: Collection[int], begin: datetime, upto: datetime, *, at: datetime
) -> dict[int, list[Interval]]:
    """Every claim of the resources in [begin, upto), merged and sorted; holds that have expired are no claims."""
    rows = _claimed(at=at, resources=list(resources), begin=begin, upto=upto, since=begin - LONGEST_CLAIM)
    found: dict[int, list[Interval]] = defaultdict(list)
    for resource, starts_at, ends_at in rows:
        found[resource].append((starts_at, ends_at))
    return defaultdict(list, {resource: merged(intervals) for resource, intervals in found.items()})


def _moments(*names: str) -> list[Any]:
    return [hole(name, DateTimeField()) for name in names]


def _offered_slots() -> Any:
    at, begin, upto, since = _moments("at", "begin", "upto", "since")
    rows = AvailableSlot.objects.offered().filter(
        Among("specialist_id", "people"), practice=hole("practice_id", BigIntegerField()), capacity=1
    )
    columns = ("specialist_id", "starts_at", "ends_at", "room__resource_id", "is_takeable", "appointment_type")
    near = rows.overlapping(begin, upto, since=since).order_by("starts_at")
    return near.with_takeable(at).values_list(*columns)


def _claimed_times() -> QuerySet[Claim, Any]:
    at, begin, upto, since = _moments("at", "begin", "upto", "since")
    rows = Claim.objects.standing(at).overlapping(begin, upto, whose=Among("resource_id", "resources"), since=since)
    return rows.order_by("starts_at").values_list("resource_id", "starts_at", "ends_at")


_working = Prepared(
    lambda: (
        Specialist.objects.taking_appointments()
        .working_at(hole("practice_id", BigIntegerField()))
        .filter(Among("pk", "people"))
        .values_list("pk", "resource_id")
    )
)
_rooms_in_use = Prepared(
    lambda: (
        Room.objects.live()
        .filter(Among("pk", "rooms"), practice=hole("practice_id", BigIntegerField()), is_active=True)
        .values_list("pk", "resource_id")
    )
)
_offered = Prepared(_offered_slots)
_offered_for_type = Prepared(lambda: _offered_slots().for_type(hole("appointment_type", CharField())))
_claimed = Prepared(_claimed_times)


def _starts(
    windows: Iterable[Interval], busy: Sequence[Interval], search: Search, begin: datetime
) -> Iterator[datetime]:
    """Yield the possible starts in each window, every `step` from the moment it becomes free."""
    step = search.step or search.duration
    for opens, closes in windows:
        start = max(opens, _ceil(opens, begin, step))
        while start + search.duration <= closes:
            blocking = _first_hit(busy, start - search.before, start + search.duration + search.after)
            if blocking is None:
                yield start
                start += step
            else:
                start = max(blocking[1] + search.before, start + timedelta(minutes=1))


def _ceil(opens: datetime, begin: datetime, step: timedelta) -> datetime:
    """Return the first multiple of `step` after `opens` that is not before `begin`."""
    if begin <= opens:
        return opens
    steps = -((opens - begin) // step)
    return opens + steps * step


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Return sorted intervals with overlapping and adjoining ones merged."""
    out: list[Interval] = []
    for start, end in intervals:
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def _first_hit(busy: Sequence[Interval], start: datetime, end: datetime) -> Interval | None:
    """The first of the merged intervals that overlaps [start, end)."""
    at = bisect_right(busy, (start,))
    if at and busy[at - 1][1] > start:
        return busy[at - 1]
    if at < len(busy) and busy[at][0] < end:
        return busy[at]
    return None


def hits(busy: Sequence[Interval], start: datetime, end: datetime) -> bool:
    """Whether any of the merged intervals overlaps [start, end)."""
    return _first_hit(busy, start, end) is not None
