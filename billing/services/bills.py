"""The verbs that issue bills: of a visit, a program, an order, a care plan, or free lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from billing import sums
from billing.models import Bill, CarePlan, CarePlanEntry
from billing.services.issuing import NewLine, Payee, check_line, issue, payee_for, refuse_billed
from billing.services.plan_sums import care_plan_sums
from billing.services.work import enrollment_lines, order_lines, visit_lines
from billing.states import BillType, CarePlanState
from catalog.models import Product, Service
from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, InvalidInput
from core.locks import lock
from core.money import to_cents
from directory.models import Practice, Specialist
from orders.models import ProductOrder
from patients.models import Patient
from programs.models import Enrollment
from scheduling.models import Appointment


@verb
def issue_bill(
    work: Work,
    *,
    practice_id: int,
    lines: Sequence[NewLine],
    patient_id: int | None = None,
    company_id: int | None = None,
    specialist_id: int | None = None,
    proforma: bool = False,
    issued_on: date | None = None,
    by: Actor,
    at: datetime,
) -> Bill:
    """Issue a bill of free lines: services, products, or descriptions. Its currency is the practice's.

    Missing for a payee, service or product that `by` may not see; InvalidInput for one of another organization.
    """
    practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("billing.issue_bill", practice.pk)
    payee = payee_for(by, practice, patient_id=patient_id, company_id=company_id)
    specialist = None
    if specialist_id is not None:
        specialist = Specialist.objects.visible_to(by).one(pk=specialist_id, organization_id=practice.organization_id)
    for line in lines:
        if line.origin or line.credits_id:
            raise TypeError("what was done is billed by its own verb")
        check_line(line)
        in_organization = {"organization_id": practice.organization_id}
        if line.service_id is not None:
            Service.objects.visible_to(by).one(pk=line.service_id, **in_organization)
        if line.product_id is not None:
            Product.objects.visible_to(by).one(pk=line.product_id, **in_organization)
    return issue(
        work,
        practice=practice,
        payee=payee,
        lines=lines,
        currency=practice.currency,
        type=BillType.PROFORMA if proforma else BillType.FULL,
        specialist=specialist,
        issued_on=issued_on,
    )


@verb
def bill_appointment(
    work: Work,
    appointment_id: int,
    *,
    company_id: int | None = None,
    discount_percentage: Decimal | None = None,
    proforma: bool = False,
    issued_on: date | None = None,
    by: Actor,
    at: datetime,
) -> Bill:
    """Bill a visit: its services at the booked prices, less the patient's discount unless another is given.

    Conflict where it was billed already, did not take place, or is paid by a program or billed with a care plan.
    """
    Appointment.objects.visible_to(by).one(pk=appointment_id)
    rows = Appointment.objects.select_related("practice", "patient", "specialist", "enrollment")
    (visit,) = lock(rows, [appointment_id])
    by.require("billing.bill_appointment", visit.practice_id)
    return issue_for_visit(
        work,
        visit,
        company_id=company_id,
        discount_percentage=discount_percentage,
        proforma=proforma,
        issued_on=issued_on,
    )


def issue_for_visit(
    work: Work,
    visit: Appointment,
    *,
    company_id: int | None = None,
    discount_percentage: Decimal | None = None,
    proforma: bool = False,
    issued_on: date | None = None,
) -> Bill:
    """Issue the bill of a locked visit."""
    if not proforma:
        refuse_billed(appointment_id=visit.pk)
    lines = visit_lines(visit, discount_percentage=discount_percentage)
    return issue(
        work,
        practice=visit.practice,
        payee=_payee(work.by, visit.practice, visit.patient, company_id),
        lines=[line for line, _currency in lines],
        currency=_one_currency(currency for _line, currency in lines),
        type=BillType.PROFORMA if proforma else BillType.FULL,
        specialist=visit.specialist,
        issued_on=issued_on,
    )


@verb
def bill_enrollment(
    work: Work,
    enrollment_id: int,
    *,
    company_id: int | None = None,
    proforma: bool = False,
    issued_on: date | None = None,
    by: Actor,
    at: datetime,
) -> Bill:
    """Bill a program at the price that was promised. Conflict if it was already billed or is cancelled."""
    Enrollment.objects.visible_to(by).one(pk=enrollment_id)
    rows = Enrollment.objects.select_related("practice", "patient", "service")
    (enrollment,) = lock(rows, [enrollment_id])
    by.require("billing.bill_enrollment", enrollment.practice_id)
    return issue_for_enrollment(work, enrollment, company_id=company_id, proforma=proforma, issued_on=issued_on)


def issue_for_enrollment(
    work: Work,
    enrollment: Enrollment,
    *,
    company_id: int | None = None,
    proforma: bool = False,
    issued_on: date | None = None,
) -> Bill:
    """Issue the bill of a program that is locked or still unknown to others."""
    if not proforma:
        refuse_billed(enrollment_id=enrollment.pk)
    return issue(
        work,
        practice=enrollment.practice,
        payee=_payee(work.by, enrollment.practice, enrollment.patient, company_id),
        lines=enrollment_lines(enrollment),
        currency=enrollment.currency,
        type=BillType.PROFORMA if proforma else BillType.FULL,
        issued_on=issued_on,
    )


@verb
def bill_order(
    work: Work,
    order_id: int,
    *,
    company_id: int | None = None,
    proforma: bool = False,
    issued_on: date | None = None,
    by: Actor,
    at: datetime,
) -> Bill:
    """Bill a delivered order at the price it was ordered for.

    Conflict where it was billed already, is not delivered (a proforma may come before), or came with a program.
    """
    ProductOrder.objects.visible_to(by).one(pk=order_id)
    rows = ProductOrder.objects.select_related("practice", "patient", "product")
    (order,) = lock(rows, [order_id])
    by.require("billing.bill_order", order.practice_id)
    return issue_for_order(work, order, company_id=company_id, proforma=proforma, issued_on=issued_on)


def issue_for_order(
    work: Work,
    order: ProductOrder,
    *,
    company_id: int | None = None,
    proforma: bool = False,
    issued_on: date | None = None,
) -> Bill:
    """Issue the bill of a locked order."""
    if not proforma:
        refuse_billed(product_order_id=order.pk)
    return issue(
        work,
        practice=order.practice,
        payee=_payee(work.by, order.practice, order.patient, company_id),
        lines=order_lines(order, delivered=not proforma),
        currency=order.currency,
        type=BillType.PROFORMA if proforma else BillType.FULL,
        issued_on=issued_on,
    )


@verb
def bill_care_plan(
    work: Work,
    care_plan_id: int,
    *,
    entry_ids: Sequence[int] | None = None,
    amount: Decimal | None = None,
    company_id: int | None = None,
    issued_on: date | None = None,
    by: Actor,
    at: datetime,
) -> Bill:
    """Bill an accepted care plan: some of its entries, an amount (tax included), or all that is left.

    An amount makes a part bill, divided among the tax rates by what is left of each. Never more than is left to bill
    (InvalidInput `amount`, Conflict for entries); an entry stands billed once.
    """
    CarePlan.objects.visible_to(by).one(pk=care_plan_id)
    (plan,) = lock(CarePlan.objects.select_related("practice", "patient", "specialist"), [care_plan_id])
    by.require("billing.bill_care_plan", plan.practice_id)
    if plan.state not in (CarePlanState.ACCEPTED, CarePlanState.COMPLETED) or plan.archived_at is not None:
        raise Conflict(_("Only an accepted care plan can be billed."), code="not_accepted")
    standing = care_plan_sums([plan])[plan.pk]
    if standing.billable <= 0:
        raise Conflict(_("Nothing is left to bill of this care plan."), code="nothing_left")
    if amount is not None:
        lines = _part_of_plan(plan, standing.rest, to_cents(amount), billable=standing.billable)
        kind = BillType.PARTIAL
    else:
        entries = _entries_to_bill(plan, entry_ids)
        whole = sums.total(entry.amounts(plan.discount_percentage) for entry in entries).gross
        if entry_ids is None and whole != standing.billable:
            lines = _part_of_plan(plan, standing.rest, standing.billable, billable=standing.billable)
            kind = BillType.PARTIAL
        elif whole > standing.billable:
            message = _("Only %(rest)s is left to bill of this care plan; bill an amount instead.")
            raise Conflict(message % {"rest": standing.billable}, code="more_than_left")
        else:
            lines, kind = [_entry_line(plan, entry) for entry in entries], BillType.FULL
    return issue(
        work,
        practice=plan.practice,
        payee=_payee(by, plan.practice, plan.patient, company_id),
        lines=lines,
        currency=plan.currency,
        type=kind,
        care_plan=plan,
        specialist=plan.specialist,
        issued_on=issued_on,
    )


def _payee(by: Actor, practice: Practice, patient: Patient | None, company_id: int | None) -> Payee:
    """The named company, else the patient."""
    return Payee(patient=patient) if company_id is None else payee_for(by, practice, company_id=company_id)


def _one_currency(currencies: Iterable[str]) -> str:
    found = sorted(set(currencies))
    if len(found) > 1:
        message = _("The prices are in several currencies (%(currencies)s); a bill can only have one.")
        raise Conflict(message % {"currencies": ", ".join(found)}, code="currencies")
    return found[0]


def _entries_to_bill(plan: CarePlan, entry_ids: Sequence[int] | None) -> list[CarePlanEntry]:
    """The named entries, none of which may be billed already; by default all unbilled ones."""
    entries = CarePlanEntry.objects.live().filter(care_plan=plan).in_order()
    if entry_ids is None:
        return list(entries.filter(billed_work=None))
    found = [entries.one(pk=pk) for pk in dict.fromkeys(entry_ids)]
    for entry in found:
        refuse_billed(care_plan_entry_id=entry.pk)
    return found


def _entry_line(plan: CarePlan, entry: CarePlanEntry) -> NewLine:
    amounts = entry.amounts(plan.discount_percentage)
    tooth = _("tooth %(tooth)s") % {"tooth": entry.tooth} if entry.tooth else ""
    return NewLine(
        label=f"{entry.label} ({tooth})" if tooth else entry.label,
        unit_price=entry.price,
        quantity=entry.number_of_executions,
        discount=entry.price * entry.number_of_executions - amounts.net,
        vat_percentage=entry.vat_percentage,
        vat_exemption=entry.vat_exemption,
        price_is_net=True,
        amounts=amounts,
        service_id=entry.service_id,
        origin={"care_plan_entry_id": entry.pk},
    )


def _part_of_plan(
    plan: CarePlan, rest: Mapping[Decimal, Decimal], amount: Decimal, *, billable: Decimal
) -> list[NewLine]:
    """Divide `amount` of what is left of a plan into one line for each tax rate."""
    if not 0 < amount <= billable:
        message = _("must be more than nothing and at most %(rest)s, which is left to bill")
        raise InvalidInput({"amount": message % {"rest": billable}})
    rates = {rate: left for rate, left in rest.items() if left > 0}
    parts = sums.split(amount, list(rates.values()))
    return [
        NewLine(
            label=_("Part of %(plan)s") % {"plan": plan},
            unit_price=part,
            vat_percentage=rate,
            amounts=sums.from_gross(part, rate),
        )
        for rate, part in zip(rates, parts, strict=True)
        if part
    ]
