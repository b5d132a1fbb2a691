"""Numbers without gaps, work billed once, payments taken once: sixteen desks at the same moment.

The controls take the guard away: then numbers are given twice, and a bill is paid twice.
"""

from datetime import UTC, datetime
from decimal import Decimal
from threading import Lock, get_ident

import pytest

from billing.models import Bill, BillBalance, BillCounter, Receipt, Transaction
from billing.services import bill_appointment, credit_bill, reverse_transaction, use_credit
from core.db import Work
from tests.billing.conftest import till_stage
from tests.factories import AT
from tests.races.racing import THREADS, Meeting, broken, meet_before_writing, only_read, race, take_locks_away
from tests.stage import DAY

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def numbers(series="bill", year=2026):
    return sorted(Bill.objects.filter(series=series, year=year).values_list("number", flat=True))


def test_sixteen_desks_share_no_number_and_skip_none():
    desk = till_stage()
    assert race(lambda _number: desk.bill()) == {"done": THREADS}
    assert numbers() == list(range(1, THREADS + 1))
    assert broken() == []


def test_a_refused_bill_leaves_no_gap(monkeypatch):
    desk = till_stage()
    append = Work.append

    def fail_for_some(work, *rows):
        append(work, *rows)
        if work.verb == "billing.issue_bill" and rows[0].unit_price > 100:
            raise RuntimeError("the process dies between the number and the end")

    monkeypatch.setattr(Work, "append", fail_for_some)
    outcome = race(lambda number: desk.bill("500.00" if number % 2 else "50.00"))
    assert outcome == {"done": THREADS // 2, "RuntimeError": THREADS // 2}
    assert numbers() == list(range(1, THREADS // 2 + 1))
    assert broken() == []


@pytest.mark.parametrize("zone", ["Europe/Bucharest", "America/New_York"])
def test_both_years_are_without_gaps_when_desks_bill_over_midnight(zone):
    desk = till_stage(time_zone=zone)
    midnight = datetime(2027, 1, 1, tzinfo=desk.practice.zone).astimezone(UTC)
    desk.bill(at=midnight - DAY)
    moments = [midnight - DAY / 1440, midnight + DAY / 1440]
    assert race(lambda number: desk.bill(at=moments[number % 2])) == {"done": THREADS}
    old, new = numbers(year=2026), numbers(year=2027)
    assert (old, new) == (list(range(1, len(old) + 1)), list(range(1, len(new) + 1)))
    assert len(old) + len(new) == THREADS + 1
    assert broken() == []


def test_without_the_lock_numbers_collide(monkeypatch):
    desk = till_stage()
    desk.bill()
    take_locks_away(monkeypatch)
    outcome = race(lambda _number: desk.bill(), threads=2, meeting=meet_before_writing(monkeypatch))
    # The constraint is what is left: both draw the same number.
    assert outcome == {"done": 1, "duplicate": 1}


def test_a_visit_is_billed_once():
    desk = till_stage()
    visit = desk.visit()
    outcome = race(lambda _number: bill_appointment(visit.pk, by=desk.desk, at=AT + 3 * DAY))
    assert outcome == {"done": 1, "billed": THREADS - 1}
    assert (numbers(), broken()) == ([1], [])


def test_a_bill_is_paid_once():
    desk = till_stage()
    bill = desk.bill("100.00")
    assert race(lambda _number: desk.pay("100.00", bill)) == {"done": 1, "paid": THREADS - 1}
    assert (Transaction.objects.count(), Receipt.objects.count(), desk.owed(bill)) == (1, 1, 0)


def test_without_the_lock_a_bill_is_paid_twice(monkeypatch):
    """Both read what is owed before either pays; from there on they take turns, so that no other guard is missed."""
    desk = till_stage()
    bill = desk.bill("100.00")
    take_locks_away(monkeypatch)
    meeting, turn, at_turn = Meeting(), Lock(), set()

    def read(queryset):
        rows = only_read(queryset)
        if queryset.model is BillBalance and get_ident() not in at_turn:
            meeting.wait()
            turn.acquire()
            at_turn.add(get_ident())
        return rows

    def pay(_number):
        try:
            desk.pay("100.00", bill)
        finally:
            turn.release()

    monkeypatch.setattr("core.locks.read_locked", read)
    assert race(pay, threads=2, meeting=meeting) == {"done": 2}
    assert "bills.balance_is_sum" in broken()


def test_part_payments_at_once_all_count():
    desk = till_stage()
    bill = desk.bill("160.00")
    assert race(lambda _number: desk.pay("10.00", bill)) == {"done": THREADS}
    assert (desk.owed(bill), broken()) == (0, [])


def test_credits_at_once_never_exceed_the_bill():
    desk = till_stage()
    bill = desk.bill("100.00")
    row = bill.lines.get()
    amounts = {row.pk: Decimal("30.00")}
    outcome = race(lambda _number: credit_bill(bill.pk, reason="x", amounts=amounts, by=desk.admin, at=AT))
    assert outcome == {"done": 3, "validation_error": THREADS - 3}
    assert (BillBalance.objects.get(bill=bill).credited, numbers("credit")) == (Decimal("90.00"), [1, 2, 3])


def test_money_is_reversed_once_and_credit_used_once():
    desk = till_stage()
    bill = desk.bill("100.00")
    desk.pay("100.00", bill)
    paid = Transaction.objects.get()
    outcome = race(lambda _number: reverse_transaction(paid.pk, reason="x", by=desk.desk, at=AT))
    assert outcome == {"done": 1, "reversed": THREADS - 1}
    desk.pay("60.00", patient_id=desk.patient.pk)
    bills = [bill, desk.bill("100.00")]
    outcome = race(lambda number: use_credit(bills[number % 2].pk, by=desk.desk, at=AT))
    assert outcome["done"] == 1
    assert (broken(), BillCounter.objects.count()) == ([], 2)
