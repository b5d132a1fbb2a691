"""A violation of each invariant of money, past verbs and constraints."""

from decimal import Decimal

from django.db.models import F

from billing.models import Bill, BillBalance, BillCounter, BilledWork, BillLine, Receipt, Transaction
from billing.services import bill_order, credit_bill, reverse_transaction
from core.append_only import erasing
from tests.billing.conftest import till_stage
from tests.factories import AT, AccountFactory, PatientFactory
from tests.stage import DAY


def _change(rows, **values):
    with erasing():
        assert rows.update(**values)


def _paid():
    desk = till_stage()
    bill = desk.bill("100.00")
    desk.pay("40.00", bill)
    return desk, bill


def _credited():
    desk, bill = _paid()
    row = bill.lines.get()
    return bill, credit_bill(bill.pk, reason="Part", amounts={row.pk: Decimal("10.00")}, by=desk.admin, at=AT)


def _reversed():
    desk, _bill = _paid()
    return reverse_transaction(Transaction.objects.latest("pk").pk, reason="Wrong", by=desk.desk, at=AT)


def _plant_balance():
    _paid()
    _change(BillBalance.objects.all(), paid=F("paid") + 1)


def _plant_gap():
    desk, _bill = _paid()
    desk.bill()
    _change(BillCounter.objects.filter(series="bill"), last_number=7)


def _plant_stray_balance():
    desk, bill = _paid()
    proforma = desk.bill(proforma=True)
    _change(BillBalance.objects.filter(bill=bill), bill=proforma)


def _plant_credit():
    _bill, credit = _credited()
    _change(BillLine.objects.filter(bill=credit), net=Decimal("500.00"))


def _plant_billed():
    desk = till_stage()
    bill_order(desk.order("delivered").pk, by=desk.desk, at=AT + DAY)
    _change(BilledWork.objects.all(), bill=desk.bill(at=AT + DAY))


def _plant_receipt():
    _paid()
    _change(Receipt.objects.all(), amount=Decimal("1.00"))


MONEY = {
    "bills.sums_of_lines": lambda s: (_paid(), _change(Bill.objects.all(), vat=Decimal("1.00"))),
    "bills.balance_is_sum": lambda s: _plant_balance(),
    "bills.claims_have_balance": lambda s: _plant_stray_balance(),
    "bills.no_gaps": lambda s: _plant_gap(),
    "bills.year_of_day": lambda s: (_paid(), _change(Bill.objects.all(), year=2025)),
    "bills.credits_within_line": lambda s: _plant_credit(),
    "bills.credits_fit": lambda s: _change(Bill.objects.filter(pk=_credited()[1].pk), currency="EUR"),
    "bills.billed_once": lambda s: _plant_billed(),
    "bills.one_organization": lambda s: (_paid(), _change(Bill.objects.all(), patient=PatientFactory())),
    "transactions.fit_bill": lambda s: (_paid(), _change(Transaction.objects.all(), currency="EUR")),
    "transactions.reversals_fit": lambda s: _change(
        Transaction.objects.filter(pk=_reversed().pk), account=AccountFactory()
    ),
    "receipts.sum_of_payments": lambda s: _plant_receipt(),
}
