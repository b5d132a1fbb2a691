"""The money panels on the pages of patients, visits, programs and orders: what is due, what was paid, by whom."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.billing.payment_steps import practice_of
from backoffice.billing.standing import (
    PLAN_COLORS,
    bill_cells,
    bill_columns,
    bills_of,
    owed,
    pay_url,
    receipt_link,
    standing,
    total_of,
    who_pays,
)
from backoffice.kit.cells import all_of, badge, link, price
from backoffice.kit.contributions import link_of, panel_of
from backoffice.kit.panels import Panel
from billing.models import Bill, BillBalance, CarePlan, Transaction
from billing.services import (
    care_plan_sums,
    instalments_of_bills,
    instalments_of_plans,
    on_account,
    price_of_appointment,
    today_at,
)
from core.actor import Actor
from core.errors import DomainError
from orders.models import ProductOrder
from patients.models import Patient
from programs.models import Enrollment
from scheduling.models import Appointment

SHOWN = 10


@panel_of(Patient, order=25)
def money_of_patient(patient: Patient, /, *, by: Actor, at: datetime) -> Panel | None:
    """What the patient owes and has on account, and the last bills."""
    practice = practice_of(patient, by)
    if practice is None or not by.may("billing.view", practice.pk):
        return None
    open_rows = list(BillBalance.objects.visible_to(by).incoming().open().filter(patient=patient))
    rows = Bill.objects.visible_to(by).incoming().filter(patient=patient).select_related("balance")
    bills = list(rows.order_by("-issued_on", "-pk")[:SHOWN])
    kept, overdue = on_account(patient.pk, practice.pk), _overdue(patient, by, at)
    actions = []
    if by.may("billing.take_payment", practice.pk) and patient.archived_at is None:
        actions.append((_("Take payment"), f"{pay_url(patient)}?{urlencode({'next': _page(patient)})}"))
    return Panel(
        _("Money"),
        facts=[
            (_("Owed"), total_of([one.owed for one in open_rows if one.owed > 0], practice.currency)),
            (_("Overdue instalments"), price(overdue, practice.currency) if overdue else ""),
            (_("On account"), price(kept, practice.currency) if kept else ""),
            (_("To refund"), _to_give_back(open_rows, practice.currency)),
        ],
        columns=bill_columns(),
        rows=[bill_cells(bill) for bill in bills],
        empty=_("No bill yet."),
        more=all_of("billing_bill", patient),
        actions=actions,
    )


def _to_give_back(rows: list[BillBalance], currency: str) -> str:
    back = [-one.owed for one in rows if one.owed < 0]
    return total_of(back, currency) if back else ""


def _page(patient: Patient) -> str:
    return reverse("admin:patients_patient_page", args=(patient.pk,))


def _overdue(patient: Patient, by: Actor, at: datetime) -> Decimal:
    """What should have been paid by now, of bills in instalments."""
    rows = Bill.objects.visible_to(by).incoming().filter(patient=patient, liabilities__archived_at=None)
    bills = list(rows.filter(liabilities__isnull=False).exclude(balance__owed=0).select_related("practice").distinct())
    found = Decimal("0.00")
    for bill in bills:
        today = today_at(bill.practice, at)
        for one in instalments_of_bills([bill])[bill.pk]:
            if one.is_due(today):
                found += one.liability.amount - one.covered
    return found


@panel_of(Patient, order=45)
def care_plans_of_patient(patient: Patient, /, *, by: Actor, at: datetime) -> Panel | None:
    """Estimates and what became of them."""
    if not by.may("billing.view_care_plans"):
        return None
    plans = list(CarePlan.objects.visible_to(by).live().filter(patient=patient).order_by("-pk")[:SHOWN])
    totals = care_plan_sums(plans)
    lines = [
        [
            link(plan),
            badge(PLAN_COLORS[plan.state], plan.get_state_display()),
            price(totals[plan.pk].gross_discounted, plan.currency),
            price(totals[plan.pk].billable, plan.currency) if plan.date_accepted else "",
            _("Signed") if plan.signed_at else "",
        ]
        for plan in plans
    ]
    return Panel(
        _("Care plans"),
        columns=[_("Plan"), _("State"), _("Total"), _("Left to bill"), _("Signature")],
        rows=lines,
        empty=_("None yet."),
        more=all_of("billing_careplan", patient),
    )


@link_of(Patient, order=40)
def new_estimate(patient: Patient, /, *, by: Actor) -> tuple[str, str] | None:
    """The way to an estimate."""
    if patient.archived_at is not None or not by.may("billing.create_care_plan"):
        return None
    return _("New estimate"), f"{reverse('admin:billing_careplan_add')}?{urlencode({'patient': patient.pk})}"


@panel_of(Appointment, order=25)
def money_of_visit(visit: Appointment, /, *, by: Actor, at: datetime) -> Panel | None:
    """Its bill and what is owed on it; or who pays; or what it would cost."""
    if not by.may("billing.view", visit.practice_id):
        return None
    bills = bills_of(by, appointment_id=visit.pk)
    if bills:
        return _billed(bills, by=by)
    told = who_pays(visit)
    if told:
        return Panel(_("Money"), empty=told)
    try:
        costs = price_of_appointment(visit)
    except DomainError as refusal:
        return Panel(_("Money"), empty=str(refusal))
    return _not_billed(price(costs, visit.practice.currency))


@panel_of(Enrollment, order=25)
def money_of_program(row: Enrollment, /, *, by: Actor, at: datetime) -> Panel | None:
    """Its bill and what is owed on it."""
    if not by.may("billing.view", row.practice_id):
        return None
    bills = bills_of(by, enrollment_id=row.pk)
    return _billed(bills, by=by) if bills else _not_billed(price(row.price, row.currency))


@panel_of(ProductOrder, order=5)
def money_of_order(row: ProductOrder, /, *, by: Actor, at: datetime) -> Panel | None:
    """Its bill and what is owed on it; a bundled one is paid by its program."""
    if not by.may("billing.view", row.practice_id):
        return None
    if row.enrollment_id is not None or row.unit_price is None:
        return Panel(_("Money"), empty=_("Paid by the program"))
    bills = bills_of(by, product_order_id=row.pk)
    return _billed(bills, by=by) if bills else _not_billed(price(row.unit_price * row.quantity, row.currency))


def _not_billed(costs: str) -> Panel:
    return Panel(_("Money"), facts=[(_("Costs"), costs), (_("Bill"), _("Not billed yet"))])


def _billed(bills: list[Bill], *, by: Actor) -> Panel:
    bill = bills[0]
    paid = bill.balance.paid
    return Panel(
        _("Money"),
        facts=[
            (_("Bill"), link(bill, bill.full_number)),
            (_("Total"), price(bill.total, bill.currency)),
            (_("Paid"), price(paid, bill.currency)),
            (_("Owed"), owed(bill)),
            (_("Status"), standing(bill)),
        ],
        columns=payment_columns(),
        rows=payment_lines(Transaction.objects.visible_to(by).filter(bill=bill)),
    )


def payment_columns() -> list[Any]:
    """The heads of `payment_lines`."""
    return [_("Payment"), _("Amount"), _("Paid by"), _("Into"), _("Receipt"), _("Remark")]


def payment_lines(rows: Any) -> list[list[Any]]:
    """Payments as lines, the first one first."""
    related = rows.select_related("payment_type", "account", "receipt", "reversed_by").order_by("date", "pk")
    return [
        [
            link(one, date_format(one.date)),
            price(one.amount if one.direction == "incoming" else -one.amount, one.currency),
            one.payment_type,
            one.account,
            receipt_link(one.receipt),
            _("Reversed") if one.is_reversed else one.reason,
        ]
        for one in related
    ]


@panel_of(Bill, order=10)
def lines_of_bill(bill: Bill, /, *, by: Actor, at: datetime) -> Panel:
    """What it bills."""
    rows = [
        [
            line.label,
            line.quantity,
            price(line.unit_price, bill.currency),
            price(line.discount, bill.currency) if line.discount else "",
            f"{line.vat_percentage.normalize():f} %",
            price(line.net, bill.currency),
            price(line.gross, bill.currency),
        ]
        for line in bill.lines.order_by("position")
    ]
    columns = [_("What"), _("Quantity"), _("Price"), _("Discount"), _("Tax"), _("Net"), _("Amount")]
    return Panel(_("Lines"), columns=columns, rows=rows)


@panel_of(Bill, order=20)
def payments_of_bill(bill: Bill, /, *, by: Actor, at: datetime) -> Panel | None:
    """What was paid on it."""
    if not bill.is_claim:
        return None
    rows = payment_lines(Transaction.objects.visible_to(by).filter(bill=bill))
    return Panel(_("Payments"), columns=payment_columns(), rows=rows, empty=_("Nothing yet."))


@panel_of(Bill, order=30)
def credits_of_bill(bill: Bill, /, *, by: Actor, at: datetime) -> Panel | None:
    """What was credited of it."""
    found = list(Bill.objects.visible_to(by).filter(credits=bill).order_by("pk"))
    if not found:
        return None
    rows = [
        [link(one, one.full_number), date_format(one.issued_on), price(one.total, one.currency), one.reason]
        for one in found
    ]
    return Panel(_("Credit notes"), columns=[_("Credit note"), _("Date"), _("Total"), _("Reason")], rows=rows)


@panel_of(Bill, order=40)
def instalments_of_bill(bill: Bill, /, *, by: Actor, at: datetime) -> Panel | None:
    """When which part is due."""
    found = instalments_of_bills([bill])[bill.pk] if bill.is_claim else []
    return _instalments(found, bill.currency, today_at(bill.practice, at)) if found else None


@panel_of(CarePlan, order=20)
def instalments_of_plan(plan: CarePlan, /, *, by: Actor, at: datetime) -> Panel | None:
    """When which part is due; what is paid on its bills covers the oldest first."""
    if not by.may("billing.view", plan.practice_id):
        return None
    found = instalments_of_plans([plan])[plan.pk]
    return _instalments(found, plan.currency, today_at(plan.practice, at)) if found else None


def _instalments(found: Any, currency: str, today: Any) -> Panel:
    rows = []
    for one in found:
        if one.is_done:
            told = badge("done", _("Paid"))
        elif one.is_due(today):
            told = badge("expired", _("Overdue") if one.liability.due_on < today else _("Due today"))
        else:
            told = badge("plain", _("To come"))
        rows.append(
            [
                date_format(one.liability.due_on),
                price(one.liability.amount, currency),
                price(one.covered, currency),
                told,
            ]
        )
    return Panel(_("Instalments"), columns=[_("Due on"), _("Amount"), _("Paid"), _("Status")], rows=rows)


@panel_of(CarePlan, order=10)
def sums_of_plan(plan: CarePlan, /, *, by: Actor, at: datetime) -> Panel:
    """What it comes to, what is done, billed and left."""
    found = care_plan_sums([plan])[plan.pk]
    amounts = [
        (_("Price, net"), found.price),
        (_("With discounts, net"), found.discounted),
        (_("With tax"), found.gross_discounted),
        (_("Done"), found.done),
        (_("Billed"), found.billed),
        (_("Credited"), found.credited),
        (_("Left to bill"), found.billable),
    ]
    shown = [(name, price(amount, plan.currency)) for name, amount in amounts]
    bills = Bill.objects.visible_to(by).filter(care_plan=plan).select_related("balance").order_by("issued_on", "pk")
    return Panel(
        _("Sums and bills"),
        facts=shown,
        columns=bill_columns(),
        rows=[bill_cells(bill) for bill in bills],
    )
