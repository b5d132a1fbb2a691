"""Completed work that has not been billed, and the verbs that complete and bill at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Value

from billing.models import BilledWork, BillingSettings, BillLine, CarePlanEntryAppointment
from billing.services.bills import bill_appointment, bill_enrollment, bill_order, issue_for_enrollment
from billing.services.numbering import settings_of
from billing.states import CLAIMS, CarePlanState
from core.actor import Actor
from core.bulk import for_each
from core.db import Work, verb
from core.errors import Conflict, DomainError, Unavailable
from core.hints import asked_of_each
from core.prepared import read_once, there_is
from directory.models import Practice
from orders.models import ProductOrder
from orders.services import deliver_order
from orders.states import OrderStatus
from programs.models import Enrollment
from programs.services import enroll_patient
from programs.states import EnrollmentStatus
from scheduling.models import Appointment, AppointmentService
from scheduling.services import complete_appointment
from scheduling.states import AppointmentStatus

# What says that there is nothing to bill, or no longer: no reason to refuse what was asked for.
NOTHING = frozenset({"paid_by_program", "billed_with_care_plan", "nothing_to_bill", "billed"})
# A row is dated when its transaction begins, and can be read only after the commit: look back so far.
SEEN_WITHIN = timedelta(days=1)
# What was refused is tried again until so long after its last change.
TRIED_FOR = timedelta(days=31)


@dataclass(slots=True)
class Due:
    """What was due: the ids of what was billed, and what was refused, by its model and its id."""

    billed: list[int] = field(default_factory=list)
    refused: dict[tuple[type[Model], int], DomainError | Unavailable] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unbilled:
    """Completed visits, programs and delivered orders without a bill, oldest first."""

    appointments: list[Appointment]
    enrollments: list[Enrollment]
    orders: list[ProductOrder]


def unbilled_work(
    by: Actor, practice: Practice, *, since: datetime, start: int = 0, stop: int | None = None
) -> Unbilled:
    """Return the unbilled work of a practice since `since` that `by` may see; five queries.

    All of it, or what stands from the place `start` up to `stop`: visits first, then programs, then orders.
    Visits of a program are left out, whatever else was done in them is billed by hand; so are those of care plans.
    """
    parts = _billable(by, practice, since=since, free=_unbilled)
    return Unbilled(*_one_after_another(parts, start, stop))


def _billable(
    by: Actor, practice: Practice, *, since: datetime, free: Callable[[str], Q]
) -> tuple[QuerySet[Appointment], QuerySet[Enrollment], QuerySet[ProductOrder]]:
    """Visits, programs and orders that can be billed and are `free` of bills, oldest first."""
    agreed = [CarePlanState.ACCEPTED, CarePlanState.COMPLETED]
    planned = CarePlanEntryAppointment.objects.filter(
        appointment=OuterRef("pk"),
        entry__care_plan__state__in=agreed,
        entry__care_plan__archived_at=None,
        entry__archived_at=None,
    )
    visits = (
        Appointment.objects.visible_to(by)
        .live()
        .filter(
            practice=practice,
            status=AppointmentStatus.DONE,
            starts_at__gte=since,
            plan_session_number=None,
        )
        .filter(free("appointment"), Exists(AppointmentService.objects.filter(appointment=OuterRef("pk"), price__gt=0)))
        .exclude(Exists(planned))
    )
    programs = (
        Enrollment.objects.visible_to(by)
        .filter(free("enrollment"), practice=practice, enrolled_at__gte=since, price__gt=0)
        .exclude(status=EnrollmentStatus.CANCELLED)
    )
    orders = (
        ProductOrder.objects.visible_to(by)
        .standalone()
        .filter(
            free("product_order"),
            practice=practice,
            status=OrderStatus.DELIVERED,
            delivered_at__gte=since,
            unit_price__gt=0,
        )
    )
    visits = (
        visits.select_related("practice", "patient", "enrollment")
        .prefetch_related("services__service")
        .annotate(is_of_care_plan=Value(False))  # as asked above; `visit_lines` need not ask again of each
        .order_by("starts_at", "pk")
    )
    programs = programs.select_related("practice", "patient").order_by("enrolled_at", "pk")
    orders = orders.select_related("practice", "patient").order_by("delivered_at", "pk")
    return visits, programs, orders


def _one_after_another(parts: Sequence[QuerySet[Any]], start: int, stop: int | None) -> list[list[Any]]:
    """The rows of each part that stand from `start` up to `stop`, counted through all parts."""
    found = []
    for part in parts:
        rows = list(part[start:stop]) if stop is None or start < stop else []
        found.append(rows)
        if stop is None:
            continue
        # How many stood before its end matters only to the next part.
        before = start + len(rows) if rows or not start else part[:start].count()
        start, stop = max(start - before, 0), stop - before
    return found


def _unbilled(origin: str) -> Q:
    """The condition that no bill has a line for the work.

    Where it is a join without a match (`billed_work=None`), PostgreSQL expects a handful of rows, reads the whole month
    and sorts it, instead of the first page in the order of an index.
    """
    return ~Q(Exists(BilledWork.objects.filter(**{origin: OuterRef("pk")})))


def _never_billed(origin: str) -> Q:
    """The condition that no bill ever had a line for the work, not even one that was credited since."""
    return ~there_is(BillLine.objects.filter(**{origin: OuterRef("pk")}, bill__type__in=CLAIMS))


def bill_what_is_due(practice_id: int, *, by: Actor, at: datetime) -> Due:
    """Bill everything due at a practice that bills automatically, each by its own verb; report what is refused.

    Meant for work that was completed through a door that does not bill. It looks at visits changed, programs begun and
    orders delivered since its last run, and at what was refused before for a month. People bill the rest: what was
    credited, what an import had billed that was undone, programs and orders imported with an earlier date, and visits
    whose care plan was dropped.
    """
    practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("billing.bill_what_is_due", practice.pk)
    settings = settings_of(practice)
    found = Due()
    if settings.automatic_since is None:
        return found
    since = settings.automatic_since
    if settings.looked_until is not None:
        since = max(since, settings.looked_until - SEEN_WITHIN)
    visits, programs, orders = _billable(by, practice, since=settings.automatic_since, free=_never_billed)
    # Only updated_at tells that an old visit was completed just now.
    done = Appointment.objects.filter(practice=practice, status=AppointmentStatus.DONE, updated_at__range=(since, at))
    looked_until = at
    for rows, changed, bill in (
        (asked_of_each(visits).filter(read_once("pk", done.values("pk"))), "updated_at", bill_appointment),
        (programs.filter(enrolled_at__range=(since, at)), "enrolled_at", bill_enrollment),
        (orders.filter(delivered_at__range=(since, at)), "delivered_at", bill_order),
    ):
        due = dict(rows.values_list("pk", changed))
        report = for_each(due, partial(bill, by=by, at=at))
        found.billed += report.done
        for pk, error in report.refused.items():
            if isinstance(error, DomainError) and error.code in NOTHING:
                continue
            found.refused[rows.model, pk] = error
            # A database that was busy says nothing against the work.
            until = due[pk] if isinstance(error, Unavailable) else max(due[pk], at - TRIED_FOR)
            looked_until = min(looked_until, until)
    # Where the command stands is no setting: it gets no history entry. An import may have begun anew meanwhile.
    looked = BillingSettings.objects.filter(pk=settings.pk, automatic_since=settings.automatic_since)
    looked.update(looked_until=looked_until)
    return found


@verb
def complete_and_bill(work: Work, appointment_id: int, *, by: Actor, at: datetime) -> Appointment:
    """Complete a visit, and bill it at once if its practice bills automatically."""
    visit = complete_appointment(appointment_id, by=by, at=at)
    if _is_automatic(visit.practice_id) and by.may("billing.bill_appointment", visit.practice_id):
        _unless_nothing(lambda: bill_appointment(visit.pk, by=by, at=at))
    return visit


@verb
def enroll_and_bill(
    work: Work,
    *,
    patient_id: int,
    service_plan_id: int,
    practice_id: int,
    again: bool = False,
    by: Actor,
    at: datetime,
) -> Enrollment:
    """Enroll a patient, and bill the program at once if the practice bills automatically."""
    enrollment = enroll_patient(
        patient_id=patient_id,
        service_plan_id=service_plan_id,
        practice_id=practice_id,
        again=again,
        by=by,
        at=at,
    )
    if _is_automatic(practice_id) and by.may("billing.bill_enrollment", practice_id):
        _unless_nothing(lambda: issue_for_enrollment(work, enrollment))
    return enrollment


@verb
def deliver_and_bill(work: Work, order_id: int, *, by: Actor, at: datetime) -> ProductOrder:
    """Deliver an order, and bill it at once if its practice bills automatically."""
    order = deliver_order(order_id, by=by, at=at)
    if _is_automatic(order.practice_id) and by.may("billing.bill_order", order.practice_id):
        _unless_nothing(lambda: bill_order(order.pk, by=by, at=at))
    return order


def _is_automatic(practice_id: int) -> bool:
    return BillingSettings.objects.filter(practice_id=practice_id, bill_automatically=True).exists()


def _unless_nothing(bill: Callable[[], object]) -> None:
    try:
        bill()
    except Conflict as refusal:
        if refusal.code not in NOTHING:
            raise
