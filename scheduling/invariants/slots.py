"""What must always be true of slots and claims, beyond the constraints."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Case, Count, Exists, F, Max, OuterRef, Q, QuerySet, RowRange, Value, When, Window
from django.db.models.functions import Lead

from core.invariants import Invariant
from directory.models import Room, Specialist
from scheduling.models import Appointment, AppointmentAssistant, AvailableSlot, Claim, Holiday, TimeOff
from scheduling.states import CLAIMING, OPEN, ClaimRole

ACTIVE = Q(status__in=CLAIMING, archived_at=None, starts_at__isnull=False)


def _begins_before_another_ends(rows: QuerySet[Any], owner: str) -> Iterable[int]:
    """Find rows that begin before an earlier one of the same `owner` has ended, in one sweep in order of time.

    Comparing each row with each other one of its owner takes minutes at ten thousand rows of one owner.
    """
    latest = Window(
        Max("ends_at"), partition_by=[owner], order_by=["starts_at", "pk"], frame=RowRange(start=None, end=-1)
    )
    found: Iterable[int] = rows.annotate(latest=latest).filter(latest__gt=F("starts_at")).values_list("pk", flat=True)
    return found


def _slots_overlap() -> Iterable[int]:
    return _begins_before_another_ends(AvailableSlot.objects.offered(), "specialist")


def _exclusive_overlap() -> Iterable[int]:
    return _begins_before_another_ends(Claim.objects.filter(exclusive=True), "resource")


def _shared_without_clash() -> Iterable[int]:
    """Only the claim that ended last before a claim and the one that begins next can clash with it."""
    in_order: dict[str, Any] = {"partition_by": ["resource"], "order_by": ["starts_at", "pk"]}
    claims = Claim.objects.annotate(
        latest=Window(Max("ends_at"), frame=RowRange(start=None, end=-1), **in_order),
        following=Window(Lead("starts_at"), **in_order),
    )
    alone = (Q(latest=None) | Q(latest__lte=F("starts_at"))) & (Q(following=None) | Q(following__gte=F("ends_at")))
    # As one expression, or the database would be asked for the claims beside it among the shared ones alone.
    shared_alone = Case(When(Q(exclusive=False) & alone, then=Value(1)), default=Value(0))
    return claims.annotate(shared_alone=shared_alone).filter(shared_alone=1).values_list("pk", flat=True)


def _booked_differs() -> Iterable[int]:
    active = Appointment.objects.filter(ACTIVE, slot__isnull=False)
    counted = active.order_by().values("slot").annotate(n=Count("pk")).exclude(n=F("slot__booked"))
    yield from counted.values_list("slot", flat=True)
    yield from _without(AvailableSlot.objects.filter(booked__gt=0), active, "slot")


def _without(rows: QuerySet[Any], others: QuerySet[Any], key: str) -> Iterable[int]:
    """Return those of `rows` to which none of `others` points by `key`: an anti-join."""
    pointing = others.filter(**{key: OuterRef("pk")})
    return rows.filter(~Exists(pointing)).values_list("pk", flat=True)


# The claims over a slot are those that begin before it ends, less those that have ended when it begins. Each is a
# place in the order of time, which one sweep gives to every slot; a slot's own claims are taken off. Those of patients,
# a third of all, are over no slot. What is left with `blocked` taken off, too, must be nothing. `+ 0`: or SQLite would
# look for a slot's own claims among all that its resource had before.
BLOCKED = """
WITH offered AS (
    SELECT slot.id, slot.starts_at, slot.ends_at, person.resource_id FROM {slot} slot
    JOIN {specialist} person ON person.id = slot.specialist_id WHERE slot.withdrawn_at IS NULL
    UNION ALL
    SELECT slot.id, slot.starts_at, slot.ends_at, room.resource_id FROM {slot} slot
    JOIN {room} room ON room.id = slot.room_id WHERE slot.withdrawn_at IS NULL
), taken AS (
    SELECT resource_id, starts_at, ends_at FROM {claim} WHERE hold_id IS NULL AND resource_id IN (
        SELECT resource_id FROM {specialist} UNION ALL SELECT resource_id FROM {room}
    )
), begun AS (
    SELECT slot_id, SUM(claim) OVER (
        PARTITION BY resource_id ORDER BY moment, claim ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS n FROM (
        SELECT resource_id, starts_at AS moment, 1 AS claim, NULL AS slot_id FROM taken
        UNION ALL SELECT resource_id, ends_at, 0, id FROM offered
    ) AS moments
), ended AS (
    SELECT slot_id, SUM(claim) OVER (
        PARTITION BY resource_id ORDER BY moment, claim DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS n FROM (
        SELECT resource_id, ends_at AS moment, 1 AS claim, NULL AS slot_id FROM taken
        UNION ALL SELECT resource_id, starts_at, 0, id FROM offered
    ) AS moments
)
SELECT slot_id FROM (
    SELECT slot_id, CAST(n AS integer) AS n FROM begun WHERE slot_id IS NOT NULL
    UNION ALL SELECT slot_id, CAST(-n AS integer) FROM ended WHERE slot_id IS NOT NULL
    UNION ALL SELECT claim.slot_id, -1 FROM {claim} claim
        JOIN offered ON offered.id = claim.slot_id AND offered.resource_id = claim.resource_id + 0
        AND claim.starts_at < offered.ends_at AND claim.ends_at > offered.starts_at
        WHERE claim.slot_id IS NOT NULL
    UNION ALL SELECT id, -blocked FROM {slot} WHERE withdrawn_at IS NULL
) AS sums GROUP BY slot_id HAVING SUM(n) <> 0
"""


def _blocked_differs() -> Iterable[int]:
    tables = {"slot": AvailableSlot, "specialist": Specialist, "room": Room, "claim": Claim}
    names = {name: connection.ops.quote_name(model._meta.db_table) for name, model in tables.items()}
    with connection.cursor() as cursor:
        cursor.execute(BLOCKED.format(**names))
        while rows := cursor.fetchmany(100):
            yield from (pk for (pk,) in rows)


def _held_until_differs() -> Iterable[int]:
    held: dict[int, list[tuple[datetime, datetime, datetime]]] = defaultdict(list)
    holds = Claim.objects.filter(hold__isnull=False).values_list("resource", "starts_at", "ends_at", "hold__expires_at")
    for resource_id, starts_at, ends_at, expires_at in holds.iterator():
        held[resource_id].append((starts_at, ends_at, expires_at))
    near = Q(specialist__resource__in=list(held)) | Q(room__resource__in=list(held)) | Q(held_until__isnull=False)
    columns = ("pk", "starts_at", "ends_at", "held_until", "specialist__resource", "room__resource")
    for pk, starts_at, ends_at, until, *owners in AvailableSlot.objects.offered().filter(near).values_list(*columns):
        over = (one for owner in owners for one in held.get(owner, ()) if one[0] < ends_at and one[1] > starts_at)
        if until != max((expires_at for _starts_at, _ends_at, expires_at in over), default=None):
            yield pk


def _booked_and_withdrawn() -> Iterable[int]:
    return AvailableSlot.objects.filter(withdrawn_at__isnull=False, booked__gt=0).values_list("pk", flat=True)


def _slot_claims_wrong() -> Iterable[int]:
    """A slot claims its specialist while it is booked (a group slot: while it is offered), for its own interval."""
    fits = Claim.objects.filter(
        slot=OuterRef("pk"),
        role=ClaimRole.SPECIALIST,
        starts_at=OuterRef("starts_at"),
        ends_at=OuterRef("ends_at"),
        resource=OuterRef("specialist__resource"),
    )
    claims = Q(withdrawn_at=None) & (Q(booked__gt=0) | Q(capacity__gt=1))
    # An anti-join, and one from the other side: as one OR it would be asked anew for each row.
    yield from AvailableSlot.objects.filter(claims).filter(~Exists(fits)).values_list("pk", flat=True)
    stray = Q(slot__withdrawn_at__isnull=False) | Q(slot__booked=0, slot__capacity=1)
    yield from Claim.objects.filter(stray, slot__isnull=False).values_list("slot", flat=True)


def _appointment_claims_wrong() -> Iterable[int]:
    """An appointment that takes time claims its patient and, outside a slot, its specialist; others claim nothing."""
    mine = Claim.objects.filter(
        appointment=OuterRef("pk"), starts_at__lte=OuterRef("starts_at"), ends_at__gte=OuterRef("ends_at")
    )
    # A sum, or SQLite would look through all that the resource had before instead of the appointment's few claims.
    over = mine.annotate(whose=F("resource") + 0)
    patient = over.filter(role=ClaimRole.PATIENT, whose=OuterRef("patient__resource"))
    specialist = over.filter(role=ClaimRole.SPECIALIST, whose=OuterRef("specialist__resource"))
    standing = Appointment.objects.filter(ACTIVE)
    yield from standing.filter(~Exists(patient), patient__isnull=False).values_list("pk", flat=True)
    outside = standing.filter(slot=None, specialist__isnull=False)
    yield from outside.filter(~Exists(specialist)).values_list("pk", flat=True)
    given_up = ~Q(appointment__status__in=CLAIMING) | Q(appointment__archived_at__isnull=False)
    stray = Claim.objects.filter(given_up | Q(appointment__starts_at=None), appointment__isnull=False)
    yield from stray.values_list("appointment", flat=True)


def _slot_of_another() -> Iterable[int]:
    booked = Appointment.objects.filter(ACTIVE, slot__isnull=False)
    same = Q(
        slot__practice_id=F("practice_id"),
        slot__specialist_id=F("specialist_id"),
        slot__starts_at=F("starts_at"),
        slot__ends_at=F("ends_at"),
    )
    return booked.exclude(same).values_list("pk", flat=True)


def _time_off_unclaimed() -> Iterable[int]:
    claimed = Exists(
        Claim.objects.filter(time_off=OuterRef("pk"), starts_at=OuterRef("starts_at"), ends_at=OuterRef("ends_at"))
    )
    live = Q(archived_at=None)
    return TimeOff.objects.filter((live & ~claimed) | (~live & claimed)).values_list("pk", flat=True)


def _needs_move_differs() -> Iterable[int]:
    """An open visit must be moved while its specialist, room or assistant is away; else at most on a closed day."""
    away, closed = _times_away(), set(Holiday.objects.closed().values_list("practice", "date"))
    open_ones = Appointment.objects.filter(status__in=OPEN, archived_at=None, starts_at__isnull=False)
    assisting: dict[int, list[int]] = defaultdict(list)
    helpers = AppointmentAssistant.objects.filter(appointment__in=open_ones, specialist__resource__in=list(away))
    for pk, resource_id in helpers.values_list("appointment", "specialist__resource"):
        assisting[pk].append(resource_id)
    columns = ("pk", "starts_at", "ends_at", "needs_move", "specialist__resource", "room__resource")
    where = ("practice", "practice__time_zone")
    rows = open_ones.values_list(*columns, *where)
    for pk, starts_at, ends_at, needs_move, person, room, practice, zone in rows.iterator():
        under = any(_is_away(away.get(one), starts_at, ends_at) for one in (person, room, *assisting.get(pk, ())))
        if under == needs_move:
            continue
        if under or (practice, starts_at.astimezone(ZoneInfo(zone)).date()) not in closed:
            yield pk
    standing = Q(status__in=OPEN, archived_at=None, starts_at__isnull=False)
    yield from Appointment.objects.filter(~standing, needs_move=True).values_list("pk", flat=True)


Times = tuple[list[datetime], list[datetime]]


def _times_away() -> dict[int, Times]:
    """The start and end times of each resource's time off, in order, with overlapping ones merged."""
    away: dict[int, Times] = {}
    claims = Claim.objects.filter(time_off__isnull=False).order_by("resource", "starts_at")
    for resource_id, starts_at, ends_at in claims.values_list("resource", "starts_at", "ends_at").iterator():
        begins, ends = away.setdefault(resource_id, ([], []))
        if ends and starts_at <= ends[-1]:
            ends[-1] = max(ends[-1], ends_at)
        else:
            begins.append(starts_at)
            ends.append(ends_at)
    return away


def _is_away(times: Times | None, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether any of `times` lies over [starts_at, ends_at)."""
    if times is None:
        return False
    begins, ends = times
    last = bisect_left(begins, ends_at) - 1
    return last >= 0 and ends[last] > starts_at


INVARIANTS = [
    Invariant("slots.no_overlap", "slots of one specialist do not overlap", _slots_overlap),
    Invariant("slots.booked_counted", "a slot counts its active appointments", _booked_differs),
    Invariant("slots.blocked_counted", "a slot counts the claims over it", _blocked_differs),
    Invariant("slots.held_until", "a slot knows when the last hold over it expires", _held_until_differs),
    Invariant("slots.booked_not_withdrawn", "a withdrawn slot is not booked", _booked_and_withdrawn),
    Invariant("slots.claims_fit", "a slot claims its specialist exactly while it is booked", _slot_claims_wrong),
    Invariant("slots.appointment_fits", "an appointment has its slot's place and time", _slot_of_another),
    Invariant("claims.no_overlap", "exclusive claims of one resource do not overlap", _exclusive_overlap),
    Invariant("claims.shared_clash", "a claim is not exclusive only while it clashes", _shared_without_clash),
    Invariant("claims.appointments_claim", "an appointment claims exactly while it stands", _appointment_claims_wrong),
    Invariant(
        "claims.needs_move",
        "what lies under time off or was closed over must be moved",
        _needs_move_differs,
    ),
    Invariant("claims.time_off_claims", "time off claims its time exactly while it lasts", _time_off_unclaimed),
]
