"""The verbs that bill and take a payment at once, while the patient stands at the desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from billing.models import Bill, BillBalance, BilledWork, Receipt
from billing.services.bills import issue_for_enrollment, issue_for_order, issue_for_visit
from billing.services.payments import locked_balances, open_till, pay, positive
from core.actor import Actor
from core.db import Work, verb
from core.errors import Forbidden
from core.locks import lock
from directory.models import Practice
from orders.models import ProductOrder
from patients.models import Patient
from programs.models import Enrollment
from scheduling.models import Appointment


@verb
def pay_for_appointment(
    work: Work,
    appointment_id: int,
    *,
    amount: Decimal,
    account_id: int,
    payment_type_id: int,
    paid_on: date | None = None,
    rest_on_account: bool = False,
    by: Actor,
    at: datetime,
) -> Receipt:
    """Take a payment for a visit, billing it first if needed; one receipt, all or nothing."""
    Appointment.objects.visible_to(by).one(pk=appointment_id)
    rows = Appointment.objects.select_related("practice", "patient", "specialist", "enrollment")
    (visit,) = lock(rows, [appointment_id])
    _require(by, "billing.bill_appointment", visit.practice_id)
    return _pay(
        work,
        visit.practice,
        visit.patient,
        {"appointment_id": visit.pk},
        lambda: issue_for_visit(work, visit),
        amount=amount,
        account_id=account_id,
        payment_type_id=payment_type_id,
        paid_on=paid_on,
        rest_on_account=rest_on_account,
    )


@verb
def pay_for_enrollment(
    work: Work,
    enrollment_id: int,
    *,
    amount: Decimal,
    account_id: int,
    payment_type_id: int,
    paid_on: date | None = None,
    rest_on_account: bool = False,
    by: Actor,
    at: datetime,
) -> Receipt:
    """Take a payment for a program, billing it first if needed."""
    Enrollment.objects.visible_to(by).one(pk=enrollment_id)
    (enrollment,) = lock(Enrollment.objects.select_related("practice", "patient", "service"), [enrollment_id])
    _require(by, "billing.bill_enrollment", enrollment.practice_id)
    return _pay(
        work,
        enrollment.practice,
        enrollment.patient,
        {"enrollment_id": enrollment.pk},
        lambda: issue_for_enrollment(work, enrollment),
        amount=amount,
        account_id=account_id,
        payment_type_id=payment_type_id,
        paid_on=paid_on,
        rest_on_account=rest_on_account,
    )


@verb
def pay_for_order(
    work: Work,
    order_id: int,
    *,
    amount: Decimal,
    account_id: int,
    payment_type_id: int,
    paid_on: date | None = None,
    rest_on_account: bool = False,
    by: Actor,
    at: datetime,
) -> Receipt:
    """Take a payment for a delivered order, billing it first if needed."""
    ProductOrder.objects.visible_to(by).one(pk=order_id)
    (order,) = lock(ProductOrder.objects.select_related("practice", "patient", "product"), [order_id])
    _require(by, "billing.bill_order", order.practice_id)
    return _pay(
        work,
        order.practice,
        order.patient,
        {"product_order_id": order.pk},
        lambda: issue_for_order(work, order),
        amount=amount,
        account_id=account_id,
        payment_type_id=payment_type_id,
        paid_on=paid_on,
        rest_on_account=rest_on_account,
    )


def _require(by: Actor, bill: str, practice_id: int) -> None:
    by.require("billing.take_payment", practice_id)
    if not by.may(bill, practice_id):
        raise Forbidden


def _pay(
    work: Work,
    practice: Practice,
    patient: Patient | None,
    origin: dict[str, int],
    issue: Callable[[], Bill],
    *,
    amount: Decimal,
    account_id: int,
    payment_type_id: int,
    paid_on: date | None,
    rest_on_account: bool,
) -> Receipt:
    """Pay the bill of the locked work, or the bill issued now."""
    amount = positive(amount)
    standing = BilledWork.objects.filter(**origin).select_related("bill").first()
    # What is owed is locked before the account, and both before a number is drawn. A new bill nobody else knows.
    balances: list[BillBalance] = locked_balances([standing.bill]) if standing is not None else []
    till = open_till(work, practice, account_id=account_id, payment_type_id=payment_type_id, on=paid_on)
    if not balances:
        balances = [issue().balance]
    return pay(work, till, balances, amount=amount, patient=patient, rest_on_account=rest_on_account)
