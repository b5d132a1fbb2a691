"""The rule for creating slots, shared by a single slot, a batch, a preview and a series.

One read of what is there, one sweep in Python; every refusal names what it hit.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from catalog.models import Service
from core.bulk_write import new_row
from core.errors import Text
from core.moments import span_in_words
from directory.models import Practice, Room, Specialist
from scheduling.models import AvailableSlot, Claim


@dataclass(frozen=True, slots=True)
class SlotWish:
    """A slot that somebody wants to create."""

    specialist_id: int
    starts_at: datetime
    ends_at: datetime
    appointment_type: str = ""
    room_id: int | None = None
    capacity: int = 1


@dataclass(slots=True)
class Offer:
    """The outcome of a wish: a slot to create, or the reasons against it by field.

    The field "" means that it overlaps something, named in `hit`. `is_there`: a slot of exactly this time exists
    already.
    """

    index: int
    wish: SlotWish
    slot: AvailableSlot | None = None
    errors: dict[str, list[Text]] = field(default_factory=dict)
    hit: str = ""
    is_there: bool = False


def plan(
    practice: Practice, wishes: Sequence[SlotWish], *, at: datetime, leaving_out: Collection[int] = ()
) -> list[Offer]:
    """Decide what each wish would become at `at`, without writing anything.

    The same call previews and creates: for creating, the specialists' resources are locked before.
    """
    offers = [Offer(index, wish) for index, wish in enumerate(wishes)]
    people = _people(practice, {wish.specialist_id for wish in wishes})
    in_use = Room.objects.filter(practice=practice, archived_at=None, is_active=True)
    rooms = dict(in_use.values_list("pk", "resource_id"))
    gone = types_out_of_use(practice, {wish.appointment_type for wish in wishes} - {""})
    for offer in offers:
        _check(offer, at=at, people=people, rooms=rooms, gone=gone)
    good = [offer for offer in offers if not offer.errors]
    if good:
        _refuse_overlaps(good, people, practice, leaving_out)
        good = [offer for offer in good if not offer.errors]
        _count_claims(good, practice, people, rooms, leaving_out)
    return offers


def types_out_of_use(practice: Practice, types: Collection[str]) -> set[str]:
    """Return those appointment types that only archived services have as their code, so that nobody can book them."""
    named = Service.objects.with_code_out_of_use().filter(organization=practice.organization_id, code__in=types)
    return set(named.values_list("code", flat=True))


def _people(practice: Practice, ids: set[int]) -> dict[int, Specialist]:
    here = Specialist.objects.taking_appointments().working_at(practice.pk).filter(pk__in=ids)
    return {person.pk: person for person in here}


def _check(
    offer: Offer, *, at: datetime, people: dict[int, Specialist], rooms: dict[int, int], gone: Collection[str]
) -> None:
    wish = offer.wish
    if wish.specialist_id not in people:
        offer.errors.setdefault("specialist_id", []).append(_("offers no slots at this practice"))
    if wish.room_id is not None and wish.room_id not in rooms:
        offer.errors.setdefault("room_id", []).append(_("is not a room of this practice in use"))
    if wish.appointment_type in gone:
        offer.errors.setdefault("appointment_type", []).append(_("is the code of a service that has been archived"))
    if wish.starts_at <= at:
        offer.errors.setdefault("starts_at", []).append(_("must be in the future"))
    if wish.ends_at <= wish.starts_at:
        offer.errors.setdefault("ends_at", []).append(_("must be after start time"))
    elif (wish.ends_at - wish.starts_at).total_seconds() > 86400:
        offer.errors.setdefault("ends_at", []).append(_("must be within a day of start time"))
    if not 1 <= wish.capacity <= 99:
        offer.errors.setdefault("capacity", []).append(_("must be between 1 and 99"))


def _refuse_overlaps(
    good: list[Offer], people: dict[int, Specialist], practice: Practice, leaving_out: Collection[int]
) -> None:
    """Refuse wishes that overlap existing slots or earlier wishes of the same batch, in one sweep."""
    there = AvailableSlot.objects.over_spans([(o.wish.specialist_id, o.wish.starts_at, o.wish.ends_at) for o in good])
    taken: dict[int, list[tuple[datetime, datetime, int]]] = defaultdict(list)
    rows = there.exclude(pk__in=leaving_out).values_list("specialist_id", "starts_at", "ends_at")
    for specialist_id, starts_at, ends_at in rows:
        taken[specialist_id].append((starts_at, ends_at, -1))
    for intervals in taken.values():
        intervals.sort()
    for offer in good:
        wish = offer.wish
        mine = taken[wish.specialist_id]
        # The slots in `mine` do not overlap one another, so only the last one that starts before this one ends can
        # overlap it.
        before = bisect_left(mine, (wish.ends_at,)) - 1
        if before >= 0 and mine[before][1] > wish.starts_at:
            starts_at, ends_at, index = mine[before]
            offer.errors[""] = [_("The specialist has another slot at this time")]
            offer.hit = _named(starts_at, ends_at, index, practice)
            offer.is_there = index < 0 and (starts_at, ends_at) == (wish.starts_at, wish.ends_at)
        else:
            insort(mine, (wish.starts_at, wish.ends_at, offer.index))


def _named(starts_at: datetime, ends_at: datetime, index: int, practice: Practice) -> str:
    when = span_in_words(starts_at, ends_at, practice.zone)
    if index < 0:
        return _("the slot %(when)s") % {"when": when}
    return _("number %(number)s of this batch, %(when)s") % {"number": index, "when": when}


class _Busy:
    """When somebody, or a room, is busy, and with a hold until when it lasts: in the order of time."""

    def __init__(self) -> None:
        self._times: list[tuple[datetime, datetime, datetime | None]] = []
        self._longest = timedelta(0)

    def add(self, starts_at: datetime, ends_at: datetime, until: datetime | None) -> None:
        insort(self._times, (starts_at, ends_at, until), key=_start)
        self._longest = max(self._longest, ends_at - starts_at)

    def over(self, wish: SlotWish) -> list[datetime | None]:
        """Until when what lies over the wished time lasts, each; None: it is no hold."""
        first = bisect_left(self._times, wish.starts_at - self._longest, key=_start)
        last = bisect_left(self._times, wish.ends_at, key=_start)
        return [until for _starts_at, ends_at, until in self._times[first:last] if ends_at > wish.starts_at]


def _start(time: tuple[datetime, datetime, datetime | None]) -> datetime:
    return time[0]


def _count_claims(
    good: list[Offer],
    practice: Practice,
    people: dict[int, Specialist],
    rooms: dict[int, int],
    leaving_out: Collection[int],
) -> None:
    """Create the slot objects with the number of claims and holds over each; refuse a group slot over a claim."""
    if not good:
        return
    wanted = [(people[o.wish.specialist_id].resource_id, o.wish.starts_at, o.wish.ends_at) for o in good]
    wanted += [(rooms[o.wish.room_id], o.wish.starts_at, o.wish.ends_at) for o in good if o.wish.room_id is not None]
    claims: dict[int, _Busy] = defaultdict(_Busy)
    rows = Claim.objects.exclude(slot__in=leaving_out).over_spans(wanted)
    columns = ("resource_id", "starts_at", "ends_at", "hold__expires_at")
    for resource_id, starts_at, ends_at, expires_at in rows.values_list(*columns):
        claims[resource_id].add(starts_at, ends_at, expires_at)
    for offer in good:
        wish = offer.wish
        room = claims[rooms[wish.room_id]] if wish.room_id is not None else _Busy()
        over = claims[people[wish.specialist_id].resource_id].over(wish) + room.over(wish)
        blocked = sum(until is None for until in over)
        if wish.capacity > 1:
            if blocked:
                offer.errors[""] = [_("A group slot cannot lie over times that are taken")]
                continue
            room.add(wish.starts_at, wish.ends_at, None)
        values = {
            "room_id": wish.room_id,
            "starts_at": wish.starts_at,
            "ends_at": wish.ends_at,
            "appointment_type": wish.appointment_type,
            "capacity": wish.capacity,
            "blocked": blocked,
            "held_until": max((until for until in over if until is not None), default=None),
        }
        offer.slot = new_row(AvailableSlot, values, practice=practice, specialist=people[wish.specialist_id])
