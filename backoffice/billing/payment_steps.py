"""The steps that take a payment for a patient, visit, program, order or bill, with the receipt at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldBooleanSwitchWidget,
)

from backoffice.billing.standing import balance_of, bill_cells, bill_columns, bills_of, labelled
from backoffice.kit.actor import actor_of
from backoffice.kit.contributions import add_step
from backoffice.kit.inputs import DayField, reason_field
from backoffice.kit.steps import Step, StepForm
from billing.models import Account, Bill, BillBalance, PaymentType, Receipt, Transaction
from billing.services import (
    bill_appointment,
    bill_enrollment,
    bill_order,
    pay_for_appointment,
    pay_for_enrollment,
    pay_for_order,
    price_of_appointment,
    reverse_transaction,
    take_payment,
    today_at,
    use_credit,
)
from core.actor import Actor
from core.errors import DomainError
from core.money import show
from directory.models import Practice
from orders.models import ProductOrder
from orders.states import OrderStatus
from patients.models import Patient
from programs.models import Enrollment
from programs.states import EnrollmentStatus
from scheduling.models import Appointment
from scheduling.states import AppointmentStatus


def practice_of(row: Any, by: Actor) -> Practice | None:
    """Return the practice at which a row is paid: its own, or for a patient the actor's first of the organization."""
    if not isinstance(row, Patient):
        practice: Practice = row.practice
        return practice
    rows = Practice.objects.visible_to(by).live().filter(organization_id=row.organization_id).order_by("pk")
    return next((one for one in rows if by.may("billing.take_payment", one.pk)), None)


def open_bills(patient: Patient, practice: Practice, by: Actor) -> list[Bill]:
    """What a patient owes a practice, the oldest bill first."""
    rows = BillBalance.objects.visible_to(by).incoming().filter(patient=patient, practice=practice, owed__gt=0)
    return [one.bill for one in rows.select_related("bill__balance").order_by("issued_on", "bill_id")]


class PayForm(StepForm):
    """Asks for the amount, the account and the payment type."""

    amount = forms.DecimalField(
        label=_("Amount"),
        max_digits=12,
        decimal_places=2,
        min_value=Decimal("0.01"),
        widget=UnfoldAdminDecimalFieldWidget({"autofocus": True, "step": "0.01", "inputmode": "decimal"}),
    )
    payment_type = forms.ModelChoiceField(
        PaymentType.objects.none(), label=_("Paid by"), empty_label=None, widget=UnfoldAdminSelectWidget
    )
    account = forms.ModelChoiceField(
        Account.objects.none(), label=_("Into"), empty_label=None, widget=UnfoldAdminSelectWidget
    )
    paid_on = DayField(label=_("Paid on"))
    rest_on_account = forms.BooleanField(
        label=_("Keep the rest on the patient's account"), required=False, widget=UnfoldBooleanSwitchWidget
    )

    def prepare(self) -> None:
        practice = practice_of(self.rows[0], self.by)
        if practice is None:
            return
        kinds: Any = self.fields["payment_type"]
        kinds.queryset = (
            PaymentType.objects.visible_to(self.by).live().filter(organization_id=practice.organization_id)
        ).order_by("pk")
        accounts: Any = self.fields["account"]
        accounts.queryset = Account.objects.visible_to(self.by).live().filter(practice=practice).order_by("pk")
        self.initial["paid_on"] = today_at(practice, self.at)
        due = due_for(self.rows[0], self.by)
        if due:
            self.initial["amount"] = due

    def values(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        given["payment_type_id"] = given.pop("payment_type").pk
        given["account_id"] = given.pop("account").pk
        return given


def due_for(row: Any, by: Actor) -> Decimal | None:
    """Return the amount due for a row: what its bill still owes, else what billing it would charge."""
    try:
        match row:
            case Patient():
                practice = practice_of(row, by)
                bills = open_bills(row, practice, by) if practice is not None else []
                return sum((bill.balance.owed for bill in bills), Decimal("0.00"))
            case Bill():
                balance = balance_of(row)
                return balance.owed if balance is not None else None
            case Appointment():
                bills = bills_of(by, appointment_id=row.pk)
                return bills[0].balance.owed if bills else price_of_appointment(row)
            case Enrollment():
                bills = bills_of(by, enrollment_id=row.pk)
                return bills[0].balance.owed if bills else row.price
            case ProductOrder():
                bills = bills_of(by, product_order_id=row.pk)
                price = (row.unit_price or Decimal(0)) * row.quantity
                return bills[0].balance.owed if bills else price
    except DomainError:
        return None
    return None


def told(receipt: Any) -> str:
    """Return the message after a payment, with a link to the receipt."""
    return format_html(
        '{} <a class="bo-link" href="{}">{}</a>',
        _t("%(amount)s received.") % {"amount": show(receipt.amount, receipt.currency)},
        reverse("admin:receipt_pdf", args=(receipt.pk,)),
        _t("Print receipt %(number)s") % {"number": receipt},
    )


def owes(request: HttpRequest, row: Any) -> dict[str, Any]:
    """The open bills, for the page that asks how much."""
    by = actor_of(request)
    match row:
        case Patient():
            practice = practice_of(row, by)
            bills = open_bills(row, practice, by) if practice is not None else []
        case Bill():
            bills = [row]
        case Appointment():
            bills = bills_of(by, appointment_id=row.pk)
        case Enrollment():
            bills = bills_of(by, enrollment_id=row.pk)
        case _:
            bills = bills_of(by, product_order_id=row.pk)
    columns = bill_columns()
    return {"columns": columns, "bills": labelled(columns, [bill_cells(bill) for bill in bills])}


def _pay_for_patient(pk: int, *, by: Actor, at: datetime, **given: Any) -> Receipt:
    patient = Patient.objects.visible_to(by).one(pk=pk)
    account = Account.objects.visible_to(by).select_related("practice").one(pk=given["account_id"])
    bills = [bill.pk for bill in open_bills(patient, account.practice, by)]
    return take_payment(practice_id=account.practice_id, patient_id=pk, bill_ids=bills, by=by, at=at, **given)


def _pay_for_bill(pk: int, *, by: Actor, at: datetime, **given: Any) -> Receipt:
    bill = Bill.objects.visible_to(by).one(pk=pk)
    return take_payment(practice_id=bill.practice_id, patient_id=bill.patient_id, bill_ids=[pk], by=by, at=at, **given)


def take(call: Callable[..., Receipt], offered: Callable[[Any], bool]) -> Step:
    """The step that takes money for rows of one kind."""
    return Step(
        name="take-payment",
        label=_("Take payment"),
        verb="billing.take_payment",
        call=call,
        done=ngettext_lazy("%(count)d payment taken.", "%(count)d payments taken.", "count"),
        told=told,
        offered=offered,
        form=PayForm,
        bulk=False,
        template="backoffice/billing/pay.html",
        context=owes,
        icon="payments",
    )


_S = AppointmentStatus
VISITS = frozenset({_S.CONFIRMED, _S.ARRIVED, _S.IN_CARE, _S.DONE, _S.NO_SHOW})


def _visit_is_open(row: Appointment) -> bool:
    bills = [one.bill for one in row.billed_work.select_related("bill__balance")]
    if bills:
        return bills[0].balance.owed > 0
    if row.status not in VISITS or row.archived_at is not None:
        return False
    try:
        return price_of_appointment(row) > 0
    except DomainError:
        return False


def _program_is_open(row: Enrollment) -> bool:
    bills = [one.bill for one in row.billed_work.select_related("bill__balance")]
    return bills[0].balance.owed > 0 if bills else row.status != EnrollmentStatus.CANCELLED and row.price > 0


def _order_is_open(row: ProductOrder) -> bool:
    bills = [one.bill for one in row.billed_work.select_related("bill__balance")]
    if bills:
        return bills[0].balance.owed > 0
    return row.enrollment_id is None and row.status == OrderStatus.DELIVERED and bool(row.unit_price)


add_step(Patient, take(_pay_for_patient, lambda row: row.archived_at is None))
add_step(Appointment, take(pay_for_appointment, _visit_is_open))
add_step(Enrollment, take(pay_for_enrollment, _program_is_open))
add_step(ProductOrder, take(pay_for_order, _order_is_open))

PAY_BILL = take(_pay_for_bill, lambda row: row.direction == "incoming" and _owes(row))


def _owes(row: Bill) -> bool:
    balance = balance_of(row)
    return balance is not None and balance.owed > 0


def _bill_step(call: Callable[..., Bill], verb: str, offered: Callable[[Any], bool]) -> Step:
    return Step(
        name="bill",
        label=_("Bill"),
        verb=verb,
        call=call,
        done=ngettext_lazy("%(count)d billed.", "%(count)d billed.", "count"),
        offered=offered,
        icon="receipt_long",
    )


def _unbilled(is_open: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda row: is_open(row) and not row.billed_work.exists()


add_step(Appointment, _bill_step(bill_appointment, "billing.bill_appointment", _unbilled(_visit_is_open)))
add_step(Enrollment, _bill_step(bill_enrollment, "billing.bill_enrollment", _unbilled(_program_is_open)))
add_step(ProductOrder, _bill_step(bill_order, "billing.bill_order", _unbilled(_order_is_open)))

USE_CREDIT = Step(
    name="use-credit",
    label=_("Pay from account"),
    verb="billing.use_credit",
    call=use_credit,
    done=ngettext_lazy("%(count)d bill paid from the account.", "%(count)d bills paid from the account.", "count"),
    offered=lambda row: (
        _owes(row)
        and row.patient_id is not None
        and Transaction.objects.on_account()
        .standing()
        .filter(patient=row.patient_id, practice=row.practice_id)
        .exists()
    ),
    icon="account_balance_wallet",
)


class ReverseForm(StepForm):
    """Asks why."""

    reason = reason_field(_("Both payments stay on record; the second cancels out the first."))


REVERSE = Step(
    name="reverse",
    label=_("Reverse"),
    verb="billing.reverse_transaction",
    call=reverse_transaction,
    done=ngettext_lazy("%(count)d payment reversed.", "%(count)d payments reversed.", "count"),
    offered=lambda row: row.reverses_id is None and not row.is_reversed,
    form=ReverseForm,
    variant="danger",
    icon="undo",
)
