"""Payments: what is owed after them, in whatever order; reversals, money on account, the till and its closing."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import Bill, BillBalance, Receipt, Transaction
from billing.services import (
    aged_debts,
    cash_book,
    close_till,
    credit_bill,
    debts_in_all,
    on_account,
    pay_for_appointment,
    pay_for_enrollment,
    pay_for_order,
    record_supplier_bill,
    record_transaction,
    reverse_transaction,
    till_of,
    use_credit,
)
from core.errors import Conflict, InvalidInput, Missing
from directory.models import Practice
from tests.billing.conftest import TODAY, line, owed_by_hand, till_stage
from tests.factories import AT, AccountFactory, CompanyFactory, PatientFactory, PaymentTypeFactory
from tests.plugins.counts import scaled
from tests.stage import DAY

pytestmark = pytest.mark.django_db


def signed(rows):
    return [one.amount if one.direction == "incoming" else -one.amount for one in rows]


def test_a_bill_is_paid_in_parts_by_card_and_in_cash(desk):
    bill = desk.bill("100.00")
    by_card = desk.pay("60.00", bill, account_id=desk.bank.pk, payment_type_id=desk.card.pk)
    assert desk.owed(bill) == Decimal("40.00")
    assert BillBalance.objects.get(bill=bill).standing == "part_paid"
    in_cash = desk.pay("40.00", bill)
    assert (desk.owed(bill), BillBalance.objects.get(bill=bill).standing) == (0, "paid")
    assert [str(by_card), str(in_cash)] == ["R1/2026", "R2/2026"]
    rows = Transaction.objects.order_by("pk")
    assert [(one.account, one.payment_type, one.amount, one.receipt) for one in rows] == [
        (desk.bank, desk.card, Decimal("60.00"), by_card),
        (desk.drawer, desk.cash, Decimal("40.00"), in_cash),
    ]


@pytest.mark.parametrize("amount", ["0", "-1.00", "100.01", "10.005", "NaN", "Infinity"])
def test_an_amount_that_cannot_be_is_refused_at_its_field(desk, refused, amount):
    bill = desk.bill("100.00")
    with refused(InvalidInput) as caught:
        desk.pay(amount, bill)
    assert list(caught.value.fields) == ["amount"]


def test_two_clicks_pay_once(desk, refused):
    bill = desk.bill("100.00")
    desk.pay("100.00", bill)
    with refused(Conflict) as caught:
        desk.pay("100.00", bill)
    assert caught.value.code == "paid"


def test_one_payment_over_several_bills_is_one_receipt_and_the_rest_on_account(desk):
    first, second = desk.bill("30.00"), desk.bill("50.00")
    receipt = desk.pay("100.00", first, second, rest_on_account=True)
    assert receipt.amount == Decimal("100.00")
    rows = receipt.transactions.order_by("pk")
    assert [(one.bill, one.amount) for one in rows] == [
        (first, Decimal("30.00")), (second, Decimal("50.00")), (None, Decimal("20.00")),
    ]  # fmt: skip
    assert (desk.owed(first), desk.owed(second)) == (0, 0)
    assert on_account(desk.patient.pk, desk.practice.pk) == Decimal("20.00")


def test_money_on_account_pays_a_later_bill_by_a_reversal_and_a_new_payment(desk, refused):
    desk.pay("60.00", patient_id=desk.patient.pk)
    bill = desk.bill("100.00")
    use_credit(bill.pk, by=desk.desk, at=AT + DAY)
    assert (desk.owed(bill), on_account(desk.patient.pk, desk.practice.pk)) == (Decimal("40.00"), 0)
    assert signed(Transaction.objects.order_by("pk")) == [Decimal("60.00"), Decimal("-60.00"), Decimal("60.00")]
    with refused(Conflict) as caught:
        use_credit(bill.pk, by=desk.desk, at=AT + DAY)
    assert caught.value.code == "nothing_on_account"


def test_what_is_over_of_money_on_account_stays_there_and_the_till_of_the_day_is_unmoved(desk):
    desk.pay("60.00", patient_id=desk.patient.pk)
    bill = desk.bill("25.00")
    use_credit(bill.pk, by=desk.desk, at=AT + DAY)
    assert (desk.owed(bill), on_account(desk.patient.pk, desk.practice.pk)) == (0, Decimal("35.00"))
    (drawer,) = [one for one in till_of(desk.practice, TODAY + DAY) if one.account == desk.drawer]
    assert drawer.expected == 0


def test_credit_that_was_partly_given_back_is_used_for_what_is_left(desk):
    desk.pay("100.00", patient_id=desk.patient.pk)
    record(desk, "50.00", "outgoing", patient_id=desk.patient.pk)
    bill = desk.bill("80.00")
    use_credit(bill.pk, by=desk.desk, at=AT)
    assert (desk.owed(bill), on_account(desk.patient.pk, desk.practice.pk)) == (Decimal("30.00"), 0)


def record(desk, amount, direction, **more):
    return record_transaction(
        practice_id=desk.practice.pk,
        amount=Decimal(amount),
        direction=direction,
        date=more.pop("date", TODAY),
        account_id=more.pop("account_id", desk.drawer.pk),
        payment_type_id=desk.cash.pk,
        by=desk.desk,
        at=AT,
        **more,
    )


def test_a_payment_is_reversed_once_with_a_reason_and_both_stay(desk, refused):
    bill = desk.bill("100.00")
    desk.pay("100.00", bill)
    paid = Transaction.objects.get()
    with refused(InvalidInput):
        reverse_transaction(paid.pk, reason=" ", by=desk.desk, at=AT)
    back = reverse_transaction(paid.pk, reason="Wrong card", by=desk.desk, at=AT + DAY)
    assert (back.reverses, back.direction, back.amount, back.date) == (paid, "outgoing", paid.amount, TODAY + DAY)
    assert desk.owed(bill) == Decimal("100.00")
    for one in (paid, back):
        with refused(Conflict):
            reverse_transaction(one.pk, reason="Again", by=desk.desk, at=AT + DAY)


def test_a_stored_payment_cannot_be_edited(desk):
    desk.pay("100.00", desk.bill("100.00"))
    with pytest.raises(DatabaseError), transaction.atomic():
        Transaction.objects.update(amount=Decimal("1.00"))


def test_money_is_given_back_after_a_credit_and_not_twice(desk, refused):
    bill = desk.bill("100.00")
    desk.pay("100.00", bill)
    credit_bill(bill.pk, reason="Not treated", by=desk.admin, at=AT)
    assert (desk.owed(bill), BillBalance.objects.get(bill=bill).standing) == (Decimal("-100.00"), "overpaid")
    record(desk, "100.00", "outgoing", bill_id=bill.pk)
    assert desk.owed(bill) == 0
    with refused(InvalidInput):
        record(desk, "0.01", "outgoing", bill_id=bill.pk)
    with refused(Conflict) as caught:
        reverse_transaction(Transaction.objects.earliest("pk").pk, reason="Oops", by=desk.desk, at=AT)
    assert caught.value.code == "used"


def test_a_suppliers_bill_is_paid_by_money_out_and_no_patient_owes_it(desk, refused):
    company = CompanyFactory(organization=desk.practice.organization)
    bill = record_supplier_bill(
        practice_id=desk.practice.pk, company_id=company.pk, external_number="A1", issued_on=TODAY,
        lines=[line("70.00")], by=desk.desk, at=AT,
    )  # fmt: skip
    with refused(Conflict):
        desk.pay("70.00", bill)
    record(desk, "70.00", "outgoing", bill_id=bill.pk)
    assert desk.owed(bill) == 0
    assert aged_debts(desk.practice, TODAY) == []


def test_money_that_was_announced_counts_nowhere_until_it_comes(desk):
    bill = desk.bill("100.00")
    record(desk, "100.00", "incoming", bill_id=bill.pk, verified=False)
    assert desk.owed(bill) == Decimal("100.00")
    (drawer,) = [one for one in till_of(desk.practice, TODAY) if one.account == desk.drawer]
    assert drawer.rows == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("account_id", lambda desk: AccountFactory().pk),
        ("account_id", lambda desk: AccountFactory(practice=desk.practice, archived=True).pk),
        ("payment_type_id", lambda desk: PaymentTypeFactory().pk),
        ("paid_on", lambda desk: TODAY + DAY),
        ("sistema_ts_expense_type", lambda desk: "xx"),
    ],
)
def test_a_payment_names_what_there_is(desk, refused, field, value):
    bill, wrong = desk.bill("100.00"), value(desk)
    with refused(InvalidInput) as caught:
        desk.pay("100.00", bill, **{field: wrong})
    assert list(caught.value.fields) == [field]


def test_a_payment_for_a_bill_of_elsewhere_or_for_none_is_refused(desk, refused):
    elsewhere, proforma, stranger = till_stage().bill(), desk.bill(proforma=True), PatientFactory()
    with refused(Missing):
        desk.pay("10.00", elsewhere)
    with refused(Conflict):
        desk.pay("10.00", proforma)
    with refused(InvalidInput):
        desk.pay("10.00")
    with refused(Missing):
        desk.pay("10.00", patient_id=stranger.pk)


def test_the_till_of_a_day_by_account_and_way_of_paying(desk):
    first = desk.bill("100.00")
    desk.pay("60.00", first, account_id=desk.bank.pk, payment_type_id=desk.card.pk)
    desk.pay("40.00", first)
    desk.pay("15.00", patient_id=desk.patient.pk)
    record(desk, "5.00", "outgoing", reason="Stamps")
    found = {
        (one.account.name, row.payment_type): (row.incoming, row.outgoing)
        for one in till_of(desk.practice, TODAY)
        for row in one.rows
    }
    assert found == {
        ("Bank", "Card"): (Decimal("60.00"), 0),
        ("Drawer", "Cash"): (Decimal("55.00"), Decimal("5.00")),
    }


def test_what_is_dated_back_after_the_count_shows_as_such(desk, refused):
    desk.pay("40.00", desk.bill("40.00"))
    closing = close_till(desk.drawer.pk, date=TODAY, counted=Decimal("39.50"), note="50 missing", by=desk.desk, at=AT)
    assert (closing.expected, closing.counted, closing.difference) == (
        Decimal("40.00"),
        Decimal("39.50"),
        Decimal("-0.50"),
    )
    with refused(Conflict) as caught:
        close_till(desk.drawer.pk, date=TODAY, counted=Decimal("40.00"), by=desk.desk, at=AT)
    assert caught.value.code == "closed"
    desk.pay("10.00", patient_id=desk.patient.pk, at=AT + DAY, paid_on=TODAY)
    (drawer,) = [one for one in till_of(desk.practice, TODAY) if one.account == desk.drawer]
    assert (drawer.expected, drawer.closing.expected) == (Decimal("50.00"), Decimal("40.00"))
    assert [one.amount for one in drawer.late] == [Decimal("10.00")]


def test_a_day_to_come_is_not_closed(desk, refused):
    with refused(InvalidInput):
        close_till(desk.drawer.pk, date=TODAY + DAY, counted=Decimal("0"), by=desk.desk, at=AT)


def test_the_cash_book_runs_from_its_first_day(desk):
    desk.pay("40.00", patient_id=desk.patient.pk, paid_on=TODAY - DAY)
    desk.pay("10.00", patient_id=desk.patient.pk)
    record(desk, "15.00", "outgoing")
    rows = list(cash_book(desk.drawer, TODAY - DAY, TODAY))
    assert [row.balance for row in rows] == [Decimal("40.00"), Decimal("50.00"), Decimal("35.00")]


def test_debts_are_told_by_their_age_the_largest_first(desk):
    today = date(2026, 6, 1)
    for days, price in ((104, "10.00"), (90, "20.00"), (31, "30.00"), (0, "40.00")):
        desk.bill(price, at=AT + (104 - days) * DAY)
    other = PatientFactory(organization=desk.practice.organization)
    desk.bill("500.00", patient_id=other.pk, at=AT + 104 * DAY)
    paid = desk.bill("7.00", at=AT + 104 * DAY)
    desk.pay("7.00", paid, at=AT + 104 * DAY)
    found = aged_debts(desk.practice, today)
    assert [(one.patient_id, one.owed) for one in found] == [
        (other.pk, Decimal("500.00")), (desk.patient.pk, Decimal("100.00")),
    ]  # fmt: skip
    assert found[1].by_age == [Decimal("40.00"), Decimal("30.00"), Decimal("20.00"), Decimal("10.00")]


def test_debts_in_all_are_told_by_age_for_each_currency(desk):
    today = date(2026, 6, 1)
    other = PatientFactory(organization=desk.practice.organization)
    desk.bill("10.00", at=AT)
    for currency, price in (("EUR", "7.00"), ("RON", "8.00")):
        Practice.objects.update(currency=currency)
        desk.bill(price, at=AT + 73 * DAY)
    desk.bill("40.00", at=AT + 104 * DAY)
    desk.bill("500.00", patient_id=other.pk, at=AT + 104 * DAY)
    desk.pay("7.50", desk.bill("7.50", at=AT + 104 * DAY), at=AT + 104 * DAY)
    assert [(one.currency, one.bills, one.by_age) for one in debts_in_all(desk.practice, today)] == [
        ("EUR", 1, [0, Decimal("7.00"), 0, 0]),
        ("RON", 4, [Decimal("540.00"), Decimal("8.00"), 0, Decimal("10.00")]),
    ]
    told = debts_in_all(desk.practice, today)
    BillBalance.objects.filter(bill__in=Bill.objects.order_by("pk")[:2]).update(currency="")  # by the previous release
    assert debts_in_all(desk.practice, today) == told


steps = st.lists(
    st.tuples(st.sampled_from(["pay", "reverse", "credit"]), st.integers(1, 12_000), st.integers(0, 5)), max_size=7
)


@settings(max_examples=scaled(8, 300), suppress_health_check=list(HealthCheck))
@given(prices=st.lists(st.integers(1, 9_999), min_size=1, max_size=4), steps=steps, data=st.data())
def test_what_is_owed_is_the_sum_of_its_documents_in_whatever_order(db, prices, steps, data):
    desk = till_stage()
    bill = desk.bill(*(str(Decimal(price) / 100) for price in prices))
    order = data.draw(st.permutations(steps))
    for kind, cents, which in order:
        amount = Decimal(cents) / 100
        try:
            if kind == "pay":
                desk.pay(amount, bill)
            elif kind == "reverse":
                reverse_transaction(
                    Transaction.objects.filter(bill=bill).order_by("pk")[which].pk, reason="x", by=desk.desk, at=AT
                )
            else:
                row = bill.lines.order_by("pk")[which % len(prices)]
                credit_bill(bill.pk, reason="x", amounts={row.pk: amount}, by=desk.admin, at=AT)
        except (InvalidInput, Conflict, IndexError):
            pass
        assert desk.owed(bill) == owed_by_hand(bill)
    assert Receipt.objects.filter(practice=desk.practice).count() == len(
        set(Transaction.objects.filter(bill=bill, receipt__isnull=False).values_list("receipt", flat=True))
    )


def test_a_visit_is_billed_and_paid_in_part_in_one_go_and_the_rest_later(desk, refused):
    visit = desk.visit()
    price = visit.services.get().price
    given = {"account_id": desk.drawer.pk, "payment_type_id": desk.cash.pk, "by": desk.desk, "at": AT + 3 * DAY}
    with refused(InvalidInput) as caught:
        pay_for_appointment(visit.pk, amount=price + 1, **given)
    assert list(caught.value.fields) == ["amount"]
    first = pay_for_appointment(visit.pk, amount=price - 10, **given)
    second = pay_for_appointment(visit.pk, amount=Decimal("10.00"), **given)
    bill = Bill.objects.get()
    assert [one.transactions.get().bill for one in (first, second)] == [bill, bill]
    assert desk.owed(bill) == 0
    with refused(Conflict):
        pay_for_appointment(visit.pk, amount=Decimal("1.00"), **given)


def test_a_program_and_an_order_are_billed_and_paid_in_one_go(desk):
    given = {"account_id": desk.drawer.pk, "payment_type_id": desk.cash.pk, "by": desk.desk, "at": AT + 3 * DAY}
    enrollment, order = desk.enroll(), desk.order("delivered")
    pay_for_enrollment(enrollment.pk, amount=enrollment.price, **given)
    pay_for_order(order.pk, amount=order.unit_price * order.quantity, **given)
    assert set(BillBalance.objects.values_list("owed", flat=True)) == {Decimal("0.00")}
