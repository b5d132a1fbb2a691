"""Who is busy when: the only writer of `Claim` and of a slot's `blocked`.

Every function here runs inside a verb that has locked the resources concerned, in ascending id, before any slot or
appointment. Only `exclusive` is ever updated: a change releases and claims anew, and promotes last, because a
back-to-back series shifted by one UPDATE would violate the constraint row by row.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import DateTimeField, Exists, Func, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import CombinedExpression
from django.utils.translation import gettext as _

from core.actor import Actor
from core.bulk_write import insert_many, new_row
from core.db import Work
from core.errors import Conflict
from core.locks import lock, lock_found, lock_prepared, locking
from core.prepared import Among, Prepared, hole, one_of
from directory.locking import lock_resources as lock_resources
from scheduling.calendar.conflicts import describe
from scheduling.models import Appointment, AvailableSlot, Claim, Hold, TimeOff
from scheduling.querysets import AvailableSlotQuerySet, ClaimQuerySet
from scheduling.states import LONGEST_CLAIM, LONGEST_SLOT, ClaimRole

if TYPE_CHECKING:
    Source = Appointment | AvailableSlot | TimeOff | Hold

SOURCE_COLUMN: Mapping[type, str] = {
    Appointment: "appointment_id",
    AvailableSlot: "slot_id",
    TimeOff: "time_off_id",
    Hold: "hold_id",
}
FAR = timedelta(days=3)  # from the first want to the last: what lies between them is not read
PEOPLE = frozenset({ClaimRole.SPECIALIST, ClaimRole.ASSISTANT})


@dataclass(frozen=True, slots=True)
class Want:
    """One resource that a visit, slot, hold or absence needs during [starts_at, ends_at)."""

    resource_id: int
    role: str
    starts_at: datetime
    ends_at: datetime

    def meets(self, claim: Claim) -> bool:
        """Whether the claim overlaps the wanted time."""
        return (
            claim.resource_id == self.resource_id and claim.starts_at < self.ends_at and claim.ends_at > self.starts_at
        )

    def same_as(self, claim: Claim) -> bool:
        """Whether the claim covers exactly the wanted time."""
        mine = (self.resource_id, self.role, self.starts_at, self.ends_at)
        return mine == (claim.resource_id, claim.role, claim.starts_at, claim.ends_at)


class Standing:
    """A set of existing claims, indexed to find those that overlap wanted time."""

    def __init__(self, rows: Iterable[Claim] = ()) -> None:
        self._of: dict[int, list[Claim]] = defaultdict(list)
        self._longest: dict[int, timedelta] = defaultdict(timedelta)
        for claim in rows:
            self.add(claim)

    def add(self, claim: Claim) -> None:
        """Add a claim, such as one that is about to be written."""
        insort(self._of[claim.resource_id], claim, key=_start)
        self._longest[claim.resource_id] = max(self._longest[claim.resource_id], claim.ends_at - claim.starts_at)

    def meeting(self, wants: Iterable[Want]) -> list[tuple[Want, Claim]]:
        """Return every claim, exclusive or not, that overlaps one of the wants."""
        found = []
        for want in wants:
            near = self._of.get(want.resource_id, [])
            first = bisect_left(near, want.starts_at - self._longest[want.resource_id], key=_start)
            last = bisect_left(near, want.ends_at, key=_start)
            found += [(want, claim) for claim in near[first:last] if want.meets(claim)]
        return found


def _start(claim: Claim) -> datetime:
    return claim.starts_at


def find(
    work: Work,
    wants: Sequence[Want],
    *,
    ignoring: Collection[Source] = (),
    slots: Collection[int] = (),
    patient_id: int | None = None,
) -> list[tuple[Want, Claim]]:
    """Return every claim, exclusive or not, that overlaps one of the wants; one query for any number of wants.

    Claims of `ignoring` (and of the slots with these ids) do not count. Holds that have expired or were placed for
    this patient are released, not reported: the booking takes them over.
    """
    return standing(work, wants, ignoring=ignoring, slots=slots, patient_id=patient_id).meeting(wants)


def standing(
    work: Work,
    wants: Sequence[Want],
    *,
    ignoring: Collection[Source] = (),
    slots: Collection[int] = (),
    patient_id: int | None = None,
) -> Standing:
    """Return the claims near the wants, under the same rules as `find`."""
    if not wants:
        return Standing()
    found = _near(wants)
    own = {(SOURCE_COLUMN[type(source)], source.pk) for source in ignoring} | {("slot_id", pk) for pk in slots}
    holds = {claim.hold_id for claim in found if claim.hold_id is not None}
    over = set(_not_in_the_way(holds, patient_id, at=work.at)) if holds else set()
    near = Standing()
    for claim in found:
        if claim.hold_id not in over and not any(getattr(claim, column) == pk for column, pk in own):
            near.add(claim)
    release_holds(work, over)
    return near


def _near(wants: Sequence[Want]) -> list[Claim]:
    """The claims that lie over a want, and some beside it. A single time is what most verbs ask for."""
    begin, end = min(want.starts_at for want in wants), max(want.ends_at for want in wants)
    if end - begin > FAR:
        return list(Claim.objects.over_spans([(want.resource_id, want.starts_at, want.ends_at) for want in wants]))
    resources = {want.resource_id for want in wants}
    return _on_resources(resources=resources, begin=begin, end=end, since=begin - LONGEST_CLAIM)


def _claims_on_resources() -> ClaimQuerySet:
    begin, end, since = (hole(name, DateTimeField()) for name in ("begin", "end", "since"))
    return Claim.objects.overlapping(begin, end, whose=Among("resource_id", "resources"), since=since)


_on_resources = Prepared(_claims_on_resources)


def _not_in_the_way(hold_ids: Collection[int], patient_id: int | None, *, at: datetime) -> QuerySet[Hold, int]:
    """Return those of these holds that block nobody: they have expired, or were placed for this patient."""
    over = Q(expires_at__lte=at)
    if patient_id is not None:
        over |= Q(patient=patient_id)
    return Hold.objects.filter(over, pk__in=hold_ids).values_list("pk", flat=True)


def look(
    wants: Sequence[Want], *, at: datetime, ignoring: Appointment | None = None, patient_id: int | None = None
) -> list[tuple[Want, Claim]]:
    """Return what `find` would return at `at`, without locking or releasing anything."""
    rows = Claim.objects.standing(at)
    if patient_id is not None:
        rows = rows.filter(Q(hold=None) | Q(hold__patient=None) | ~Q(hold__patient=patient_id))
    if ignoring is not None:
        # If the appointment is alone in its slot, the slot's claim would go with it, so it does not count either.
        rows = rows.exclude(appointment=ignoring).exclude(slot=ignoring.slot_id, slot__capacity=1)
    begin, end = min(want.starts_at for want in wants), max(want.ends_at for want in wants)
    near = list(rows.overlapping(begin, end, whose=Q(resource_id__in={want.resource_id for want in wants})))
    return [(want, claim) for want in wants for claim in near if want.meets(claim)]


def clashing_with(appointment: Appointment, *, at: datetime) -> list[Claim]:
    """Return what else claims the time of the appointment's people, room and patient at `at`."""
    if not appointment.claims_time:
        return []
    own = taken_by(appointment) + (taken_by(appointment.slot) if appointment.slot is not None else [])
    wants = [Want(claim.resource_id, claim.role, claim.starts_at, claim.ends_at) for claim in own]
    found = look(wants, at=at, ignoring=appointment) if wants else []
    # The group that it is in takes its time with it, and not against it.
    return list({claim.pk: claim for _want, claim in found if claim not in own}.values())


def refuse(found: Sequence[tuple[Want, Claim]], *, by: Actor) -> None:
    """Raise Conflict that names each clash as far as `by` may see it; do nothing if there is none."""
    if found:
        clashes = describe([claim for _want, claim in found], by=by)
        named = "; ".join(dict.fromkeys(clash["says"] for clash in clashes))
        raise Conflict(_("The time is taken: %(clashes)s") % {"clashes": named}, code="overlap", clashes=clashes)


def write(source: Source, wants: Iterable[Want], *, shared: Collection[Want] = ()) -> list[Claim]:
    """Build the unsaved claims of `source`; those in `shared` are not exclusive. `save` inserts them."""
    column = SOURCE_COLUMN[type(source)]
    return [
        new_row(
            Claim,
            {
                "resource_id": want.resource_id,
                "role": want.role,
                "starts_at": want.starts_at,
                "ends_at": want.ends_at,
                "exclusive": want not in shared,
                column: source.pk,
            },
        )
        for want in wants
    ]


def save(work: Work, rows: Sequence[Claim]) -> None:
    """Insert claims in one statement and recount the slots of the people they take."""
    insert_dated(work, rows)
    recount(work, rows)


def insert_dated(work: Work, rows: Sequence[Claim]) -> None:
    """Insert claims in one statement; the caller still has to recount the slots under them."""
    for row in rows:
        row.created_at = work.at
    insert_many(rows)


def release(work: Work, source: Source) -> None:
    """Delete everything that `source` claims, and make exclusive the claims that no longer clash."""
    taken = list(Claim.objects.filter(**{SOURCE_COLUMN[type(source)]: source.pk}))
    _drop(work, taken)


def release_holds(work: Work, ids: Collection[int]) -> None:
    """Release expired holds: the booking that needs the time clears them."""
    if ids:
        _drop(work, list(Claim.objects.filter(hold_id__in=ids)))
        Hold.objects.filter(pk__in=ids, released_at=None).update(released_at=work.at, updated_at=work.at)


def taken_by(source: Source, **which: str) -> list[Claim]:
    """Return the claims of `source`."""
    return list(Claim.objects.filter(**{SOURCE_COLUMN[type(source)]: source.pk}, **which))


def altered(wants: Sequence[Want], present: Sequence[Claim]) -> list[Want]:
    """Return the wants that `present` does not already cover; a change keeps the claims that it does not alter."""
    return [want for want in wants if not any(want.same_as(claim) for claim in present)]


def exchange(work: Work, present: Sequence[Claim], wants: Sequence[Want], rows: Sequence[Claim]) -> None:
    """Delete the claims in `present` that are no longer wanted, insert `rows`, and promote last."""
    dropped = [claim for claim in present if not any(want.same_as(claim) for want in wants)]
    if dropped:
        Claim.objects.filter(pk__in=[claim.pk for claim in dropped]).delete()
    insert_dated(work, rows)
    _settle(work, dropped, also=rows)


def in_both(resource_id: int, other_id: int, *, at: datetime) -> list[Claim]:
    """Return the claims of either resource that overlap one of the other, in the order of time; expired holds aside."""
    standing_now = Claim.objects.standing(at)
    mine, others = (
        list(standing_now.filter(resource_id=one).order_by("starts_at", "pk")) for one in (resource_id, other_id)
    )
    wants = [Want(other_id, claim.role, claim.starts_at, claim.ends_at) for claim in mine]
    met = Standing(others).meeting(wants)
    spans = {(want.starts_at, want.ends_at) for want, _claim in met}
    found = {claim.pk: claim for claim in mine if (claim.starts_at, claim.ends_at) in spans}
    found |= {claim.pk: claim for _want, claim in met}
    return sorted(found.values(), key=lambda claim: (claim.starts_at, claim.pk))


def hand_over(work: Work, resource_id: int, *, to_id: int) -> None:
    """Let everything that claims one resource claim another, which is free then (see `in_both`); expired holds go."""
    expired = Hold.objects.filter(claims__resource_id__in=[resource_id, to_id], expires_at__lte=work.at)
    release_holds(work, set(expired.values_list("pk", flat=True)))
    rows = list(Claim.objects.filter(resource_id=resource_id))
    Claim.objects.filter(pk__in=[claim.pk for claim in rows]).delete()
    for claim in rows:
        claim.pk, claim._state.adding, claim.resource_id = None, True, to_id
    insert_dated(work, rows)


def set_aside(work: Work, wants: Sequence[Want]) -> None:
    """Make room for time off: claims under it stop being exclusive, and holds are released."""
    found = find(work, wants)
    release_holds(work, {claim.hold_id for _want, claim in found if claim.hold_id is not None})
    ids = [claim.pk for _want, claim in found if claim.hold_id is None]
    Claim.objects.filter(pk__in=ids).update(exclusive=False)


def promote(resource_ids: Collection[int], starts_at: datetime, ends_at: datetime) -> None:
    """Make exclusive those claims that no longer clash with any other."""
    same = Claim.objects.filter(resource_id=OuterRef("resource_id")).exclude(pk=OuterRef("pk"))
    absences, others = same.over_each(OuterRef("starts_at"), OuterRef("ends_at"))
    waiting = Claim.objects.filter(exclusive=False)
    waiting = waiting.overlapping(starts_at, ends_at, whose=Q(resource_id__in=resource_ids))
    ids = list(waiting.filter(~Exists(absences), ~Exists(others)).values_list("pk", flat=True))
    if ids:
        Claim.objects.filter(pk__in=ids).update(exclusive=True)


def lock_slots_near(
    resource_ids: Collection[int],
    spans: Callable[[], Iterable[tuple[datetime, datetime]]],
    *,
    also: Collection[int] = (),
) -> dict[int, AvailableSlot]:
    """Lock the slots that a recount over these spans may write, and those in `also`; return all of them by id.

    Another specialist's booking may take the room of such a slot at the same time, so two transactions must not count
    at once. Call it once, after the resources are locked and before any appointment is. On SQLite, where the
    transaction already has the whole database, it does nothing and returns nothing.
    """
    if not connection.features.has_select_for_update:
        return {}
    every = _joined(spans())
    if len(every) == 1:
        ((begin, end),) = every
        bounds = {"begin": begin, "end": end, "since": begin - LONGEST_SLOT}
        near = lock_prepared(_over_one_span, **bounds, resources=resource_ids)
    else:
        theirs = one_of("specialist__resource_id", resource_ids) | one_of("room__resource_id", resource_ids)
        near = lock_found(AvailableSlot.objects.offered().filter(_over(every), theirs))
    found = {slot.pk: slot for slot in near}
    # A slot that was withdrawn meanwhile is locked behind its neighbours; the verb refuses it.
    return found | {slot.pk: slot for slot in lock(AvailableSlot.objects.all(), set(also) - found.keys())}


def _over_a_span() -> QuerySet[AvailableSlot]:
    begin, end, since = (hole(name, DateTimeField()) for name in ("begin", "end", "since"))
    over = Q(starts_at__lt=end, ends_at__gt=begin, starts_at__gt=since)
    theirs = Q(Among("specialist__resource_id", "resources")) | Q(Among("room__resource_id", "resources"))
    return locking(AvailableSlot.objects.offered().filter(over, theirs).order_by("pk"))


_over_one_span = Prepared(_over_a_span)


def _over(spans: Iterable[tuple[datetime, datetime]]) -> Q:
    """The condition that a slot overlaps one of the spans: a range of the index by start for each."""
    found = Q(pk__in=())
    for starts_at, ends_at in spans:
        found |= Q(starts_at__lt=ends_at, ends_at__gt=starts_at, starts_at__gt=starts_at - LONGEST_SLOT)
    return found


def _over_in_one_range(spans: Sequence[tuple[datetime, datetime]]) -> Q:
    """The same, as one range around all spans, of an index by person or room and start.

    Of several ranges SQLite would read none, but all slots that the person ever had, and PostgreSQL some of everybody.
    """
    found = Q()
    for starts_at, ends_at in spans:
        found |= Q(starts_at__lt=ends_at, ends_at__gt=starts_at)
    first, last = min(starts_at for starts_at, _end in spans), max(ends_at for _start, ends_at in spans)
    return Q(starts_at__gt=first - LONGEST_SLOT, starts_at__lt=last) & found


def _joined(spans: Iterable[tuple[datetime, datetime]], *, most: int = 60) -> list[tuple[datetime, datetime]]:
    """Return the spans, or one span around all of them when there are more than a condition can name."""
    every = list(spans)
    if len(every) <= most:
        return every
    return [(min(starts_at for starts_at, _end in every), max(ends_at for _start, ends_at in every))]


def recount(work: Work, claims: Sequence[Claim]) -> None:
    """Write `blocked` and `held_until` on the offered slots over which `claims` lie or lay, where they change.

    A slot's own claim on its specialist touches no other slot: those of one specialist do not overlap.
    """
    people = {claim.resource_id for claim in claims if claim.role in PEOPLE and claim.slot_id is None}
    rooms = {claim.resource_id for claim in claims if claim.role == ClaimRole.ROOM}
    if not people and not rooms:
        return
    counted = [claim for claim in claims if claim.resource_id in people or claim.resource_id in rooms]
    spans = _joined({(claim.starts_at, claim.ends_at) for claim in counted})
    for whose in ({"specialist__resource_id__in": people}, {"room__resource_id__in": rooms}):
        if all(whose.values()):
            _recount(work, AvailableSlot.objects.offered().filter(_over_in_one_range(spans), **whose))


def _recount(work: Work, slots: AvailableSlotQuerySet) -> None:
    rows = slots.annotate(counted=blocked_count(), holds_until=held_until())
    changed = defaultdict(list)
    columns = ("pk", "blocked", "held_until", "counted", "holds_until")
    for pk, blocked, until, counted, holds_until in rows.values_list(*columns):
        if (blocked, until) != (counted, holds_until):
            changed[counted, holds_until].append(pk)
    for (blocked, until), ids in changed.items():
        AvailableSlot.objects.filter(pk__in=ids).update(blocked=blocked, held_until=until, updated_at=work.at)


def _over_slot() -> list[ClaimQuerySet]:
    """The claims on a slot's specialist or room that overlap it, except its own, as two subqueries."""
    parts = Claim.objects.of_each().over_each(OuterRef("starts_at"), OuterRef("ends_at"))
    return [part.filter(Q(slot=None) | ~Q(slot=OuterRef("pk"))).order_by() for part in parts]


def blocked_count() -> CombinedExpression:
    """The number of claims on a slot's specialist or room that overlap it, not counting its own and holds."""
    absences, others = (_counted(part.filter(hold=None)) for part in _over_slot())
    return absences + others


def _counted(rows: ClaimQuerySet) -> Subquery:
    # A Count would be grouped by a column, and give no row for nothing.
    return Subquery(rows.values(n=Func("pk", function="COUNT")), output_field=IntegerField())


def held_until() -> Subquery:
    """The time at which the last hold over a slot expires; null without one."""
    _absences, others = _over_slot()
    over = others.filter(hold__isnull=False).order_by("-hold__expires_at")
    return Subquery(over.values("hold__expires_at")[:1])


def _drop(work: Work, claims: Sequence[Claim]) -> None:
    Claim.objects.filter(pk__in=[claim.pk for claim in claims]).delete()
    _settle(work, claims)


def _settle(work: Work, gone: Sequence[Claim], *, also: Sequence[Claim] = ()) -> None:
    """Finish after claims were deleted: promote those beside them and recount the slots; `also` are new claims."""
    if gone:
        lo, hi = min(claim.starts_at for claim in gone), max(claim.ends_at for claim in gone)
        promote({claim.resource_id for claim in gone}, lo, hi)
    recount(work, [*gone, *also])
