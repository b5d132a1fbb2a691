"""What must always be true of money, beyond the constraints."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from django.db.models import F, Q

from billing import sums
from billing.models import Bill, BillBalance, BillCounter, BilledWork, BillLine, CarePlan, Receipt, Transaction
from billing.models.bills import ORIGINS
from billing.states import CLAIMS, BillType, Direction, Series
from core.invariants import Invariant
from orders.models import ProductOrder
from patients.models import Patient
from programs.models import Enrollment
from scheduling.models import Appointment

# All sums are made here, in Decimal: SQLite would add them up as binary fractions.


def _sums_differ() -> Iterable[int]:
    net: dict[int, Decimal] = defaultdict(Decimal)
    vat: dict[int, Decimal] = defaultdict(Decimal)
    for bill_id, line_net, line_vat in BillLine.objects.values_list("bill_id", "net", "vat").iterator():
        net[bill_id] += line_net
        vat[bill_id] += line_vat
    for bill in Bill.objects.only("net", "vat", "stamp", "total").iterator():
        if (bill.net, bill.vat, bill.total) != (net[bill.pk], vat[bill.pk], bill.net + bill.vat + bill.stamp):
            yield bill.pk


def _balances_differ() -> Iterable[int]:
    credited: dict[int, Decimal] = defaultdict(Decimal)
    for bill_id, total in Bill.objects.credit_notes().values_list("credits_id", "total").iterator():
        if bill_id is not None:
            credited[bill_id] += total
    paid: dict[int, Decimal] = defaultdict(Decimal)
    moved = Transaction.objects.counted().filter(bill__isnull=False)
    for bill_id, bills, goes, amount in moved.values_list(
        "bill_id", "bill__direction", "direction", "amount"
    ).iterator():
        if bill_id is not None:
            paid[bill_id] += amount if bills == goes else -amount
    for one in BillBalance.objects.select_related("bill").iterator():
        bill, left = one.bill, one.total - one.credited - one.paid
        right = (bill.total, credited[bill.pk], paid[bill.pk], left)
        if (one.total, one.credited, one.paid, one.owed) != right or one.currency not in (bill.currency, ""):
            yield one.pk


def _claims_without_balance() -> Iterable[int]:
    claims = Bill.objects.filter(type__in=list(CLAIMS))
    others = Bill.objects.exclude(type__in=list(CLAIMS)).filter(balance__isnull=False)
    yield from claims.filter(balance__isnull=True).values_list("pk", flat=True)
    yield from others.values_list("pk", flat=True)


def _gaps() -> Iterable[int]:
    given: dict[tuple[int, str, int], list[tuple[int, object]]] = defaultdict(list)
    columns = ("practice_id", "series", "year", "number", "issued_on")
    for practice_id, series, year, number, day in Bill.objects.filter(number__isnull=False).values_list(*columns):
        given[practice_id, series, year].append((number or 0, day))
    receipts = Receipt.objects.values_list("practice_id", "year", "number", "issued_on")
    for practice_id, year, number, day in receipts:
        given[practice_id, Series.RECEIPT, year].append((number, day))
    for counter in BillCounter.objects.all():
        rows = sorted(given.pop((counter.practice_id, counter.series, counter.year), []))
        numbers = [number for number, _day in rows]
        days = [str(day) for _number, day in rows]
        whole = bool(numbers) and numbers == list(range(numbers[0], counter.last_number + 1))
        if not whole or days != sorted(days):
            yield counter.pk
    if given:
        yield 0  # numbers of a series that has no counter


def _year_of_another_day() -> Iterable[int]:
    return Bill.objects.exclude(year=F("issued_on__year")).values_list("pk", flat=True)


def _credited_beyond_line() -> Iterable[int]:
    credited: dict[int, Decimal] = defaultdict(Decimal)
    for line in BillLine.objects.filter(credits__isnull=False):
        if line.credits_id is not None:
            credited[line.credits_id] += line.gross
    for line in BillLine.objects.filter(pk__in=list(credited)):
        if credited[line.pk] > line.gross:
            yield line.bill_id


def _billed_wrongly() -> Iterable[int]:
    """Work recorded as billed is on a line of its bill, and that bill is not fully credited."""
    credited = BillBalance.objects.filter(credited=F("total")).values("bill")
    yield from BilledWork.objects.filter(bill__in=credited).values_list("pk", flat=True)
    for name in ORIGINS:
        lines = BillLine.objects.filter(**{f"{name}__isnull": False}).values_list("bill_id", f"{name}_id")
        on_lines = set(lines)
        rows = BilledWork.objects.filter(**{f"{name}__isnull": False})
        for pk, *row in rows.values_list("pk", "bill_id", f"{name}_id"):
            if tuple(row) not in on_lines:
                yield pk


def _transactions_differ() -> Iterable[int]:
    """A transaction has its bill's currency, patient and practice."""
    rows = Transaction.objects.filter(bill__isnull=False)
    same = Q(currency=F("bill__currency"), practice_id=F("bill__practice_id")) & (
        Q(patient_id=F("bill__patient_id")) | Q(patient__isnull=True, bill__patient__isnull=True)
    )
    return rows.exclude(same).values_list("pk", flat=True)


def _reversed_wrongly() -> Iterable[int]:
    rows = Transaction.objects.filter(reverses__isnull=False)
    right = Q(
        amount=F("reverses__amount"),
        currency=F("reverses__currency"),
        account_id=F("reverses__account_id"),
        reverses__reverses__isnull=True,
    ) & ~Q(direction=F("reverses__direction"))
    return rows.exclude(right).values_list("pk", flat=True)


def _receipts_differ() -> Iterable[int]:
    came: dict[int, Decimal] = defaultdict(Decimal)
    rows = Transaction.objects.filter(receipt__isnull=False, direction=Direction.INCOMING)
    for receipt_id, amount in rows.values_list("receipt_id", "amount").iterator():
        if receipt_id is not None:
            came[receipt_id] += amount
    for pk, amount in Receipt.objects.values_list("pk", "amount"):
        if came.get(pk, sums.ZERO) != amount:
            yield pk


def _organizations_differ() -> Iterable[int]:
    organization = F("practice__organization_id")
    same = (Q(patient__isnull=True) | Q(patient__organization_id=organization)) & (
        Q(company__isnull=True) | Q(company__organization_id=organization)
    )
    return Bill.objects.exclude(same).values_list("pk", flat=True)


def _credits_differ() -> Iterable[int]:
    credits_of = Bill.objects.filter(type=BillType.CREDIT)
    same = Q(practice_id=F("credits__practice_id"), currency=F("credits__currency"), credits__type__in=list(CLAIMS))
    return credits_of.exclude(same).values_list("pk", flat=True)


def _left_behind() -> Iterable[int]:
    """Records that were merged here and still hold something of their own."""
    gone = list(Patient.objects.filter(resource__retired_at__isnull=False).values_list("pk", flat=True))
    held: set[int] = set()
    for model in (Appointment, Enrollment, ProductOrder, CarePlan, Bill, BillBalance, Receipt, Transaction):
        rows = model._default_manager.filter(patient__in=gone) if gone else model._default_manager.none()
        held |= set(rows.values_list("patient_id", flat=True))
    return sorted(held)


INVARIANTS = [
    Invariant("patients.merged_is_empty", "what a merged record had is the kept record's", _left_behind),
    Invariant("bills.sums_of_lines", "a bill is the sum of its lines and its stamp", _sums_differ),
    Invariant("bills.balance_is_sum", "what is owed is total - credits - payments, kept to the cent", _balances_differ),
    Invariant("bills.claims_have_balance", "a bill that is owed has a balance, no other", _claims_without_balance),
    Invariant("bills.no_gaps", "numbers run without gaps, and never back in time", _gaps),
    Invariant("bills.year_of_day", "a bill's year is that of its date", _year_of_another_day),
    Invariant("bills.credits_within_line", "no more of a line is credited than it has", _credited_beyond_line),
    Invariant("bills.credits_fit", "a credit has the practice and currency of an invoice", _credits_differ),
    Invariant("bills.billed_once", "what stands billed is on its bill, and the bill stands", _billed_wrongly),
    Invariant("bills.one_organization", "a bill's practice and payee share an organization", _organizations_differ),
    Invariant("transactions.fit_bill", "a payment has its bill's currency, practice and payee", _transactions_differ),
    Invariant("transactions.reversals_fit", "a reversal is what it reverses, the other way", _reversed_wrongly),
    Invariant("receipts.sum_of_payments", "a receipt is the sum of its payments", _receipts_differ),
]
