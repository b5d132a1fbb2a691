"""The agenda: what a practice's specialists or rooms do on a day or in a week, in at most six statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Literal

from django.db.models import Q
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import InvalidInput
from core.permissions import SPECIALIST
from directory.models import Practice, Room, Specialist
from scheduling.calendar.holidays import closed_days
from scheduling.models import Appointment, AvailableSlot, Claim
from scheduling.states import AppointmentStatus

LONGEST = 7
GONE = (AppointmentStatus.CANCELLED, AppointmentStatus.REJECTED)
NO_PAUSE = timedelta(0)


class SpanKind(StrEnum):
    """The kinds of span in an agenda."""

    SLOT = "slot"
    VISIT = "visit"
    TIME_OFF = "time_off"
    HOLD = "hold"
    BUSY_ELSEWHERE = "busy_elsewhere"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in one column of the agenda.

    `booked` of `capacity` places are taken, for a slot. `visit` is set only where the reader may see it; what they may
    not see is "busy elsewhere", without a source. `before` and `after` are the pauses around a visit outside a slot;
    `assists` says that the column's specialist only assists in it.
    """

    kind: SpanKind
    starts_at: datetime
    ends_at: datetime
    source_id: int | None = None
    booked: int = 0
    capacity: int = 0
    before: timedelta = NO_PAUSE
    after: timedelta = NO_PAUSE
    visit: Appointment | None = None
    assists: bool = False


@dataclass(slots=True)
class AgendaColumn:
    """One specialist's or room's spans in order of time; without an owner, the visits that have nobody yet."""

    owner: Specialist | Room | None
    spans: list[Span] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Agenda:
    """The columns by name, and the closed days with why."""

    practice: Practice
    columns: list[AgendaColumn]
    closed: dict[date, str]


def agenda(
    by: Actor,
    *,
    practice_id: int,
    first: date,
    last: date,
    columns: Literal["specialist", "room"] = "specialist",
    at: datetime,
) -> Agenda:
    """What fills the days from `first` to `last` (at most seven) of the practice's clock, as far as `by` may see it.

    A specialist sees their own column, and of rooms what others do there as busy elsewhere.
    """
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("scheduling.view", practice.pk)
    if not timedelta(0) <= last - first < timedelta(days=LONGEST):
        raise InvalidInput({"last": _("must be one of the seven days from the first on")})
    begin = datetime.combine(first, time(), practice.zone)
    end = datetime.combine(last + timedelta(days=1), time(), practice.zone)
    visits = _visits(by, practice, begin, end)
    for visit in visits:
        visit.practice = practice  # already read above; set here so that reading its time zone makes no further query
    slots = AvailableSlot.objects.visible_to(by).offered().filter(practice=practice).overlapping(begin, end)
    every_slot = list(slots.order_by("starts_at", "pk"))
    key = f"{columns}_id"
    owners = _owners(by, practice, columns, {getattr(row, key) for row in (*visits, *every_slot)})
    spans: dict[int | None, list[Span]] = defaultdict(list)
    for slot in every_slot:
        if getattr(slot, key) is not None:
            spans[getattr(slot, key)].append(_slot_span(slot))
    resources = {owner.resource_id: pk for pk, owner in owners.items()}
    claims = _claims(resources, begin, end, at=at)
    pauses = {(claim.appointment_id, resources[claim.resource_id]): claim for claim in claims if claim.appointment_id}
    for visit in visits:
        spans[getattr(visit, key)].append(_visit_span(visit, pauses.get((visit.pk, getattr(visit, key)))))
    shown = {visit.pk: visit for visit in visits}
    known_slots = {slot.pk for slot in every_slot}
    for claim in claims:
        pk = resources[claim.resource_id]
        if claim.appointment_id in shown:
            visit = shown[claim.appointment_id]
            if getattr(visit, key) != pk:
                spans[pk].append(_visit_span(visit, claim, assists=True))
        elif claim.slot_id not in known_slots:
            spans[pk].append(_claim_span(claim, by=by, practice=practice))
    found = [AgendaColumn(owner, _in_order(spans[pk])) for pk, owner in owners.items()]
    if spans[None] and columns == "specialist":
        found.append(AgendaColumn(None, _in_order(spans[None])))
    return Agenda(practice, found, closed_days(practice, first=first, last=last))


def _visits(by: Actor, practice: Practice, begin: datetime, end: datetime) -> list[Appointment]:
    rows = Appointment.objects.visible_to(by).live().exclude(status__in=GONE)
    rows = rows.filter(practice=practice).overlapping(begin, end).with_main_service()
    return list(rows.select_related("patient", "specialist", "room").order_by("starts_at", "pk"))


def _owners(by: Actor, practice: Practice, columns: str, more: Collection[int | None]) -> dict[int, Any]:
    """The specialists or rooms that get a column, by name: those in use, and those with something on these days."""
    if columns == "room":
        rooms = Room.objects.filter(practice=practice)
        return {room.pk: room for room in rooms.order_by("name", "pk") if room.archived_at is None or room.pk in more}
    people = Specialist.objects.filter(organization=practice.organization_id).order_by("last_name", "first_name", "pk")
    here = people.taking_appointments().working_at(practice.pk) | people.filter(pk__in=[pk for pk in more if pk])
    found = {person.pk: person for person in here.distinct()}
    if by.roles.get(practice.pk) == SPECIALIST:
        return {pk: person for pk, person in found.items() if pk in by.specialist_ids}
    return found


def _claims(resource_ids: Collection[int], begin: datetime, end: datetime, *, at: datetime) -> list[Claim]:
    """The claims of these resources in order of time, read the way the search for free times reads them."""
    rows = Claim.objects.standing(at).overlapping(begin, end, whose=Q(resource_id__in=resource_ids))
    return list(rows.select_related("time_off", "hold").order_by("starts_at", "pk"))


def _slot_span(slot: AvailableSlot) -> Span:
    return Span(SpanKind.SLOT, slot.starts_at, slot.ends_at, slot.pk, slot.booked, slot.capacity)


def _visit_span(visit: Appointment, claim: Claim | None, *, assists: bool = False) -> Span:
    assert visit.starts_at is not None  # noqa: S101 only those with a time are read
    assert visit.ends_at is not None  # noqa: S101 both or neither
    before, after = NO_PAUSE, NO_PAUSE
    if claim is not None:
        before, after = visit.starts_at - claim.starts_at, claim.ends_at - visit.ends_at
    return Span(
        SpanKind.VISIT,
        visit.starts_at,
        visit.ends_at,
        visit.pk,
        before=before,
        after=after,
        visit=visit,
        assists=assists,
    )


def _claim_span(claim: Claim, *, by: Actor, practice: Practice) -> Span:
    """Show this practice's time off and holds as they are, and anything else as busy elsewhere."""
    for kind, source in ((SpanKind.TIME_OFF, claim.time_off), (SpanKind.HOLD, claim.hold)):
        if source is not None and source.practice_id == practice.pk and by.may("scheduling.view_slots", practice.pk):
            return Span(kind, claim.starts_at, claim.ends_at, source.pk)
    return Span(SpanKind.BUSY_ELSEWHERE, claim.starts_at, claim.ends_at)


def _in_order(spans: Iterable[Span]) -> list[Span]:
    return sorted(spans, key=lambda span: (span.starts_at, span.ends_at, span.kind, span.source_id or 0))
