"""Suggestions for visits to be moved: the same time with a colleague, the next time with the same specialist.

Whoever was in a group is offered the next group of the same person. Some twelve reads at a practice for any number of
visits. No two visits are offered the same time or the same place in a group, so that all of them can be moved at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from catalog.models import Service, ServiceSpecialist
from directory.models import Practice, Room, Specialist
from scheduling.calendar import holidays
from scheduling.calendar.free_time_search import (
    FreeTime,
    Interval,
    Offered,
    Search,
    hits,
    merged,
    read_busy,
    read_offered,
    sweep,
)
from scheduling.calendar.places import buffers
from scheduling.models import Appointment, AppointmentService, AvailableSlot, Claim
from scheduling.states import LONGEST_PAUSE

AHEAD = timedelta(days=28)
FEW_DAYS = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Replacement:
    """A time to which a visit could be moved, with its specialist and room."""

    same_hour: FreeTime | None
    next_time: FreeTime | None


@dataclass(slots=True)
class _Group:
    """A group slot ahead; `left` counts the places that have not been suggested to anybody yet."""

    starts_at: datetime
    ends_at: datetime
    appointment_type: str
    left: int


@dataclass(slots=True)
class _Known:
    """Everything that was read for all visits; a time suggested for one visit is taken for the next."""

    people: Mapping[int, int]
    rooms: Mapping[int, int]
    offers: Mapping[int, Collection[int]]
    then: Mapping[int, list[Offered]]
    ahead: Mapping[int, list[Offered]]
    busy: dict[int, list[Interval]]
    away: Mapping[int, list[Interval]]
    closed: Collection[date]
    in_groups: Collection[int]
    groups: Mapping[int, list[_Group]]

    def take(self, resource: int, starts_at: datetime, ends_at: datetime) -> None:
        self.busy[resource] = merged(sorted([*self.busy[resource], (starts_at, ends_at)]))


def replacements(practice: Practice, visits: Sequence[Appointment], *, at: datetime) -> dict[int, Replacement]:
    """Return suggestions for each of these visits of a practice, by id."""
    if not visits:
        return {}
    known = _read(practice, visits, at=at)
    return {visit.pk: _replacement(practice, visit, known, at=at) for visit in visits}


def _read(practice: Practice, visits: Sequence[Appointment], *, at: datetime) -> _Known:
    working = Specialist.objects.taking_appointments().working_at(practice.pk)
    people = dict(working.order_by("last_name", "first_name", "pk").values_list("pk", "resource_id"))
    in_use = Room.objects.live().filter(practice=practice, is_active=True).order_by("name", "pk")
    rooms = dict(in_use.values_list("pk", "resource_id"))
    named = ServiceSpecialist.objects.filter(service__in={line.service_id for one in visits for line in _lines(one)})
    offers: dict[int, set[int]] = {}
    for service, person in named.filter(is_active=True, specialist__in=people).values_list("service", "specialist"):
        offers.setdefault(service, set()).add(person)
    begin, end = min(_start(one) for one in visits), max(_end(one) for one in visits)
    until = max(end, at) + AHEAD
    own = {pk for pk in (one.specialist_id for one in visits) if pk is not None and pk in people}
    patients = [one.patient.resource_id for one in visits if one.patient is not None]
    there = [*people.values(), *rooms.values()]
    after = [*(people[pk] for pk in own), *rooms.values(), *patients]
    lo = begin - LONGEST_PAUSE
    busy = read_busy(there, lo, end + LONGEST_PAUSE, at=at)
    for resource, later in read_busy(after, min(lo, at), until + LONGEST_PAUSE, at=at).items():
        busy[resource] = merged(sorted([*busy[resource], *later]))
    in_groups = _in_groups(visits)
    away: dict[int, list[Interval]] = {}
    absences, _others = Claim.objects.filter(resource__in=there).over_each(begin, end)
    for resource, starts_at, ends_at in absences.values_list("resource_id", "starts_at", "ends_at"):
        away.setdefault(resource, []).append((starts_at, ends_at))
    first, last = (moment.astimezone(practice.zone).date() for moment in (min(begin, at), until))
    return _Known(
        people=people,
        rooms=rooms,
        offers=offers,
        then=read_offered(practice, people, begin, end, at=at),
        ahead=read_offered(practice, own, min(begin, at), until, at=at),
        busy=busy,
        away=away,
        closed=holidays.closed_days(practice, first=first, last=last),
        in_groups=in_groups,
        groups=_groups_ahead(practice, own, max(begin, at), until, at=at) if in_groups else {},
    )


def _in_groups(visits: Sequence[Appointment]) -> set[int]:
    """Return the visits that are places in group slots, by id."""
    slots = {one.slot_id for one in visits if one.slot_id is not None}
    of_groups = AvailableSlot.objects.filter(pk__in=slots, capacity__gt=1) if slots else AvailableSlot.objects.none()
    groups = set(of_groups.values_list("pk", flat=True))
    return {one.pk for one in visits if one.slot_id in groups}


def _groups_ahead(
    practice: Practice, people: Collection[int], begin: datetime, until: datetime, *, at: datetime
) -> dict[int, list[_Group]]:
    """Return these specialists' groups with a free place that begin in [begin, until), by specialist and time."""
    rows = AvailableSlot.objects.at_practices([practice.pk]).filter(capacity__gt=1, specialist__in=people)
    rows = rows.filter(starts_at__gte=begin, starts_at__lt=until).available(at).order_by("starts_at", "pk")
    found: dict[int, list[_Group]] = {}
    for one in rows:
        group = _Group(one.starts_at, one.ends_at, one.appointment_type, one.capacity - one.booked)
        found.setdefault(one.specialist_id, []).append(group)
    return found


def _replacement(practice: Practice, visit: Appointment, known: _Known, *, at: datetime) -> Replacement:
    same_hour = None
    open_then = _start(visit).astimezone(practice.zone).date() not in known.closed
    if open_then and _start(visit) > at:
        same_hour = _in_another_room(visit, known) if _room_is_away(visit, known) else _with_a_colleague(visit, known)
    group = _next_group(visit, known)
    next_time = group or _next_with_the_same(practice, visit, known, at=at)
    for found in (same_hour, None if group is not None else next_time):
        if found is not None:
            _reserve(visit, found, known)
    return Replacement(same_hour, next_time)


def _with_a_colleague(visit: Appointment, known: _Known) -> FreeTime | None:
    """Find the first other specialist who offers the service and is free then, in a slot of or around that time."""
    main = _main(visit)
    offering = known.offers.get(main.pk) if main is not None else None
    starts_at, ends_at, (before, after) = _start(visit), _end(visit), buffers(main)
    fitting = _types_of(visit)
    for person, resource in known.people.items():
        if person == visit.specialist_id or (offering is not None and person not in offering):
            continue
        slots = [slot for slot in known.then.get(person, ()) if slot.appointment_type in fitting]
        if any(
            slot.takeable
            and (slot.starts_at, slot.ends_at) == (starts_at, ends_at)
            and not hits(known.busy[resource], starts_at, ends_at)
            and (slot.room_resource is None or not hits(known.busy[slot.room_resource], starts_at, ends_at))
            for slot in slots
        ):
            return FreeTime(starts_at, ends_at, person)
        windows = merged((slot.starts_at, slot.ends_at) for slot in slots)
        inside = any(opens <= starts_at and ends_at <= closes for opens, closes in windows)
        exact = any((slot.starts_at, slot.ends_at) == (starts_at, ends_at) for slot in slots)
        if inside and not exact and not hits(known.busy[resource], starts_at - before, ends_at + after):
            return FreeTime(starts_at, ends_at, person)
    return None


def _in_another_room(visit: Appointment, known: _Known) -> FreeTime | None:
    """Find the first free room, if only the room is away."""
    person = visit.specialist_id
    if (
        person is None
        or person not in known.people
        or hits(known.away.get(known.people[person], []), _start(visit), _end(visit))
    ):
        return None
    before, after = buffers(_main(visit))
    for room, resource in known.rooms.items():
        if room != visit.room_id and not hits(known.busy[resource], _start(visit) - before, _end(visit) + after):
            return FreeTime(_start(visit), _end(visit), person, room)
    return None


def _next_with_the_same(practice: Practice, visit: Appointment, known: _Known, *, at: datetime) -> FreeTime | None:
    """Find the first time after the visit's own at which its specialist and its patient are free."""
    person = visit.specialist_id
    if person is None or person not in known.people or visit.patient is None:
        return None
    before, after = buffers(_main(visit))
    begin = max(_start(visit), at)
    also = frozenset({visit.patient.resource_id})
    search = Search(begin, begin + AHEAD, _end(visit) - _start(visit), before, after, also=also)
    fitting = _types_of(visit)
    # Nearly always there is a time within a few days: the weeks after them are looked through only where there is none.
    for until in (begin + FEW_DAYS, search.end):
        last = until + search.duration
        slots = [one for one in known.ahead.get(person, ()) if one.starts_at < last and one.appointment_type in fitting]
        found = sweep({person: known.people[person]}, {}, search, begin, until, {person: slots}, known.busy)
        later = (one for one in found if one.starts_at > _start(visit))
        first = next((one for one in later if one.starts_at.astimezone(practice.zone).date() not in known.closed), None)
        if first is not None:
            return first
    return None


def _next_group(visit: Appointment, known: _Known) -> FreeTime | None:
    """Find the next group of the same specialist with a place, for a visit that was in a group, and take the place."""
    if visit.pk not in known.in_groups or visit.patient is None or visit.specialist_id is None:
        return None
    fitting, patient = _types_of(visit), visit.patient.resource_id
    for group in known.groups.get(visit.specialist_id, ()):
        open_later = group.left > 0 and group.starts_at > _start(visit) and group.appointment_type in fitting
        if open_later and not hits(known.busy[patient], group.starts_at, group.ends_at):
            group.left -= 1
            known.take(patient, group.starts_at, group.ends_at)
            return FreeTime(group.starts_at, group.ends_at, visit.specialist_id)
    return None


def _reserve(visit: Appointment, found: FreeTime, known: _Known) -> None:
    """Mark the time as taken by this visit; in a slot of exactly that time it has no pauses around it."""
    before, after = buffers(_main(visit))
    place, fitting = (found.starts_at, found.ends_at), _types_of(visit)
    slots = [*known.then.get(found.specialist_id, ()), *known.ahead.get(found.specialist_id, ())]
    exact = found.room_id is None and any(
        (slot.starts_at, slot.ends_at) == place and slot.appointment_type in fitting for slot in slots
    )
    lo, hi = place if exact else (found.starts_at - before, found.ends_at + after)
    if found.room_id is not None:
        known.take(known.rooms[found.room_id], lo, hi)
    else:
        known.take(known.people[found.specialist_id], lo, hi)


def _start(visit: Appointment) -> datetime:
    assert visit.starts_at is not None  # noqa: S101 only those with a time must be moved
    return visit.starts_at


def _end(visit: Appointment) -> datetime:
    assert visit.ends_at is not None  # noqa: S101 both or neither
    return visit.ends_at


def _lines(visit: Appointment) -> list[AppointmentService]:
    return sorted(visit.services.all(), key=lambda line: line.position)


def _main(visit: Appointment) -> Service | None:
    lines = _lines(visit)
    return lines[0].service if lines else None


def _room_is_away(visit: Appointment, known: _Known) -> bool:
    room = known.rooms.get(visit.room_id) if visit.room_id is not None else None
    return room is not None and hits(merged(sorted(known.away.get(room, []))), _start(visit), _end(visit))


def _types_of(visit: Appointment) -> set[str]:
    """What a slot may be offered for, to be offered for the visit's services."""
    main = _main(visit)
    return {"", main.code if main is not None else ""}
