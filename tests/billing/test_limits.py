"""The exact limits of money: the last cent, the last day, and what stands behind the first refusal."""

from datetime import timedelta
from decimal import Decimal

import pytest

from billing.models import Bill, Liability, TillClosing, Transaction
from billing.services import (
    accept_care_plan,
    aged_debts,
    bill_appointment,
    change_liability,
    close_till,
    credit_bill,
    issue_bill,
    record_care_plan,
    record_instalment,
    record_transaction,
    reverse_transaction,
    set_entry_done,
    set_instalments,
    till_of,
)
from core.errors import Conflict, InvalidInput
from tests.billing.conftest import TODAY, line, owed_by_hand
from tests.factories import AT, PatientFactory
from tests.stage import actor_with

pytestmark = pytest.mark.django_db
CENT, DAY = Decimal("0.01"), timedelta(days=1)


def record(desk, amount, *, direction="incoming", date=TODAY, at=AT, **of):
    return record_transaction(
        practice_id=desk.practice.pk, amount=Decimal(amount), direction=direction, date=date,
        account_id=desk.drawer.pk, payment_type_id=desk.cash.pk, by=desk.desk, at=at, **of,
    )  # fmt: skip


def test_a_payment_is_dated_today_at_the_latest(desk, refused):
    bill = desk.bill("100.00")
    with refused(InvalidInput) as refusal:
        desk.pay("1.00", bill, paid_on=TODAY + DAY)
    assert list(refusal.value.fields) == ["paid_on"]
    assert desk.pay("1.00", bill, paid_on=TODAY).transactions.get().date == TODAY
    with refused(InvalidInput) as refusal:
        record(desk, "1.00", date=TODAY + DAY, bill_id=bill.pk)
    assert list(refusal.value.fields) == ["date"]
    assert record(desk, "1.00", bill_id=bill.pk).date == TODAY


def test_what_is_written_down_pays_to_the_last_cent_and_gives_back_to_the_last(desk, refused):
    bill = desk.bill("100.00")
    with refused(InvalidInput) as refusal:
        record(desk, "100.01", bill_id=bill.pk)
    assert str(refusal.value.fields["amount"]) == "is more than the 100.00 that is owed"
    record(desk, "60.00", bill_id=bill.pk)
    with refused(InvalidInput) as refusal:
        record(desk, "60.01", direction="outgoing", bill_id=bill.pk)
    assert str(refusal.value.fields["amount"]) == "is more than the 60.00 that was paid"
    record(desk, "40.00", bill_id=bill.pk)
    assert desk.owed(bill) == 0
    record(desk, "100.00", direction="outgoing", bill_id=bill.pk)
    assert desk.owed(bill) == Decimal("100.00") == owed_by_hand(bill)


def test_money_on_account_is_given_back_to_the_last_cent(desk, refused):
    record(desk, "30.00", patient_id=desk.patient.pk)
    with refused(InvalidInput) as refusal:
        record(desk, "30.01", direction="outgoing", patient_id=desk.patient.pk)
    assert str(refusal.value.fields["amount"]) == "is more than the 30.00 that is on account"
    record(desk, "30.00", direction="outgoing", patient_id=desk.patient.pk)
    with refused(InvalidInput):
        record(desk, CENT, direction="outgoing", patient_id=desk.patient.pk)


def test_a_movement_names_the_patient_of_its_bill_or_none(desk, refused):
    bill, other = desk.bill("10.00"), PatientFactory(organization=desk.practice.organization)
    with refused(InvalidInput) as refusal:
        record(desk, "1.00", bill_id=bill.pk, patient_id=other.pk)
    assert list(refusal.value.fields) == ["patient_id"]
    assert record(desk, "1.00", bill_id=bill.pk, patient_id=desk.patient.pk).patient == desk.patient


def test_a_reversal_is_dated_from_its_payment_to_today(desk, refused):
    bill, later = desk.bill("100.00"), AT + 2 * DAY
    paid = {}
    for number, on in enumerate((TODAY - DAY, TODAY, TODAY + DAY, TODAY + 2 * DAY, TODAY + 3 * DAY)):
        desk.pay("1.00", bill, at=AT)
        paid[number] = (Transaction.objects.order_by("pk").last(), on)
    for number, (payment, on) in paid.items():
        asked = {"reason": "x", "reversed_on": on, "by": desk.desk, "at": later}
        if number in (0, 4):
            with refused(InvalidInput) as refusal:
                reverse_transaction(payment.pk, **asked)
            assert list(refusal.value.fields) == ["reversed_on"]
        else:
            assert reverse_transaction(payment.pk, **asked).date == on


def test_a_reversal_is_not_reversed_and_needs_more_than_blanks_as_a_reason(desk, refused):
    desk.pay("10.00", desk.bill("10.00"))
    payment = Transaction.objects.get()
    with refused(InvalidInput) as refusal:
        reverse_transaction(payment.pk, reason=" \t", by=desk.desk, at=AT)
    assert list(refusal.value.fields) == ["reason"]
    reversal = reverse_transaction(payment.pk, reason=" typed twice ", by=desk.desk, at=AT)
    assert reversal.reason == "typed twice"
    for again, code in ((reversal, "reversal"), (payment, "reversed")):
        with refused(Conflict) as refusal:
            reverse_transaction(again.pk, reason="x", by=desk.desk, at=AT)
        assert refusal.value.code == code


def test_a_line_is_credited_to_its_last_cent(desk, refused):
    bill = desk.bill("100.00", "50.00")
    first, second = bill.lines.order_by("position")

    def credit(**amounts):
        wanted = {row.pk: Decimal(amounts[name]) for name, row in (("a", first), ("b", second)) if name in amounts}
        return credit_bill(bill.pk, reason="x", amounts=wanted, by=desk.admin, at=AT)

    for wrong in ({"a": "100.01"}, {"a": "-0.01"}, {"a": "1.00", "b": "50.01"}):
        with refused(InvalidInput) as refusal:
            credit(**wrong)
        assert list(refusal.value.fields) == ["amounts"]
    assert credit(a="60.00").total == Decimal("60.00")
    with refused(InvalidInput):
        credit(a="40.01")
    assert credit(a="40.00", b="50.00").total == Decimal("90.00")
    with refused(Conflict) as refusal:
        credit(b=CENT)


@pytest.mark.parametrize(
    ("fits", "wrong", "field"),
    [
        ({"quantity": 1}, {"quantity": 0}, "quantity"),
        ({"quantity": 32767}, {"quantity": 32768}, "quantity"),
        ({"vat": "0.00"}, {"vat": "-0.01"}, "vat_percentage"),
        ({"vat": "100.00"}, {"vat": "100.01"}, "vat_percentage"),
        ({"discount": Decimal(0)}, {"discount": -CENT}, "unit_price"),
    ],
)
def test_a_line_fits_its_columns_to_the_last(desk, refused, fits, wrong, field):
    def issue(more):
        return issue_bill(
            practice_id=desk.practice.pk, patient_id=desk.patient.pk, lines=[line("1.00", **more)],
            by=desk.desk, at=AT,
        )  # fmt: skip

    with refused(InvalidInput) as refusal:
        issue(wrong)
    assert field in str(refusal.value.fields)
    assert issue(fits).lines.count() == 1


def test_an_entry_is_done_today_at_the_latest(desk, refused):
    plan = desk.care_plan(("100.00", "19.00"))
    accept_care_plan(plan.pk, by=desk.desk, at=AT)
    entry = plan.entries.get()
    with refused(InvalidInput) as refusal:
        set_entry_done(entry.pk, done_on=TODAY + DAY, by=desk.desk, at=AT)
    assert list(refusal.value.fields) == ["done_on"]
    assert set_entry_done(entry.pk, done_on=TODAY, by=desk.desk, at=AT).done_on == TODAY


def test_a_till_is_closed_today_at_the_latest_and_once(desk, refused):
    def close(date):
        return close_till(desk.drawer.pk, date=date, counted=Decimal("0.00"), by=desk.desk, at=AT)

    with refused(InvalidInput) as refusal:
        close(TODAY + DAY)
    assert list(refusal.value.fields) == ["date"]
    close(TODAY)
    with refused(Conflict):
        close(TODAY)
    close(TODAY - DAY)


def test_an_instalment_is_a_cent_at_least_and_together_they_are_the_whole(desk, refused):
    bill = desk.bill("100.00")

    def divide(*amounts):
        schedule = [(TODAY + number * DAY, Decimal(amount)) for number, amount in enumerate(amounts)]
        return set_instalments(bill_id=bill.pk, schedule=schedule, by=desk.desk, at=AT)

    for wrong in (("100.00", "0.00"), ("99.99",), ("50.00", "50.01"), ("100.01", "-0.01")):
        with refused(InvalidInput) as refusal:
            divide(*wrong)
        assert list(refusal.value.fields) == ["schedule"]
    first, _second = divide("99.99", "0.01")
    with refused(InvalidInput) as refusal:
        change_liability(first.pk, values={"amount": Decimal(0)}, by=desk.desk, at=AT)
    assert list(refusal.value.fields) == ["amount"]


def test_a_debt_ages_after_its_thirtieth_sixtieth_and_ninetieth_day(desk):
    desk.bill("1.00")
    found = {}
    for days in (0, 30, 31, 60, 61, 90, 91):
        (debtor,) = aged_debts(desk.practice, TODAY + days * DAY)
        found[days] = debtor.by_age.index(Decimal("1.00"))
    assert found == {0: 0, 30: 0, 31: 1, 60: 1, 61: 2, 90: 2, 91: 3}


def test_what_was_billed_is_free_again_only_when_all_of_it_is_credited(desk, refused):
    visit = desk.visit()
    bill = bill_appointment(visit.pk, by=desk.desk, at=AT + 3 * DAY)
    row, at = bill.lines.get(), AT + 3 * DAY

    def credit(amount):
        return credit_bill(bill.pk, reason="x", amounts={row.pk: amount}, by=desk.admin, at=at)

    credit(row.gross - CENT)
    with refused(Conflict) as refusal:
        bill_appointment(visit.pk, by=desk.desk, at=at)
    assert refusal.value.code == "billed"
    credit(CENT)
    assert bill_appointment(visit.pk, by=desk.desk, at=at).total == bill.total


def test_money_that_was_only_announced_is_not_expected_in_the_drawer(desk):
    bill = desk.bill("100.00")
    record(desk, "40.00", bill_id=bill.pk)
    record(desk, "60.00", bill_id=bill.pk, verified=False)
    closed = close_till(desk.drawer.pk, date=TODAY, counted=Decimal("40.00"), by=desk.desk, at=AT)
    assert closed.expected == Decimal("40.00")
    (drawer,) = [one for one in till_of(desk.practice, TODAY) if one.account == desk.drawer]
    assert drawer.late == []


def test_a_list_from_day_to_day_holds_both(desk):
    first, last = desk.bill("1.00", at=AT), desk.bill("2.00", at=AT + 2 * DAY)
    paid = desk.pay("1.00", first), desk.pay("2.00", last, at=AT + 2 * DAY)
    for rows, (early, late) in (
        (Bill.objects.issued_between, (first, last)),
        (Transaction.objects.dated_between, [Transaction.objects.get(bill=bill) for bill in (first, last)]),
    ):
        assert list(rows(TODAY, TODAY + 2 * DAY).order_by("pk")) == [early, late]
        assert list(rows(TODAY + DAY, None)) == [late]
        assert list(rows(None, TODAY + DAY)) == [early]
    assert paid


def test_what_was_closed_and_what_is_owed_is_the_desks_alone(desk):
    close_till(desk.drawer.pk, date=TODAY, counted=Decimal("0.00"), by=desk.desk, at=AT)
    doctor = actor_with("specialist", desk.practice, specialist_ids=frozenset({desk.specialist.pk}))
    assert [TillClosing.objects.visible_to(by).count() for by in (desk.desk, desk.admin, doctor)] == [1, 1, 0]


def test_a_payment_that_was_reversed_stands_no_more_nor_does_its_reversal(desk):
    record(desk, "5.00", patient_id=desk.patient.pk)
    first = Transaction.objects.get()
    reverse_transaction(first.pk, reason="Typo", by=desk.desk, at=AT)
    standing = record(desk, "6.00", patient_id=desk.patient.pk)
    assert list(Transaction.objects.standing()) == [standing]


def test_a_care_plan_of_elsewhere_was_accepted_today_at_the_latest(desk, refused):
    def accepted(day):
        return record_care_plan(
            practice_id=desk.practice.pk, patient_id=desk.patient.pk, values={}, state="accepted",
            accepted_on=day, by=desk.admin, at=AT,
        )  # fmt: skip

    with refused(InvalidInput):
        accepted(TODAY + DAY)
    assert accepted(TODAY).date_accepted == TODAY


def test_instalments_of_elsewhere_come_to_the_whole_and_no_cent_more(desk, refused):
    bill = desk.bill("100.00")

    def one_more(amount):
        return record_instalment(due_on=TODAY, amount=Decimal(amount), bill_id=bill.pk, by=desk.desk, at=AT)

    present = sum(Liability.objects.live().filter(bill=bill).values_list("amount", flat=True))
    if present:
        Liability.objects.filter(bill=bill).update(archived_at=AT)
    one_more("60.00")
    for wrong in ("0.00", "40.01"):
        with refused(InvalidInput):
            one_more(wrong)
    assert one_more("40.00").amount == Decimal("40.00")
