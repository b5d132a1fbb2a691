"""What `bench.fill` bills: an invoice for each tenth of the visits that were kept, with what was paid and credited.

In a small clinic four of ten are billed.
Of twenty invoices eleven are paid, three in part, three not at all, and three are credited in full. Each second payment
has a receipt, the till of each day that is over was counted, and what is paid in part is due in two instalments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from bench.clinic import BILLED, BILLS_BEFORE, PRACTICES, SERVICES, Clinic, id_of, practice_of
from bench.rows import write

PART = Decimal(50)
NOTHING = Decimal(0)
# Of twenty invoices, in turns.
STANDINGS = ("paid", "paid", "part", "paid", "open", "paid", "credited") * 2 + (
    "paid", "part", "paid", "open", "paid", "credited",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Invoice:
    """The invoice of one visit; `number` and `credit_number` (0: not credited) are those of its practice and year."""

    nth: int
    visit: int
    patient: int
    person: int
    day: date
    total: Decimal
    number: int
    credit_number: int

    @property
    def credited(self) -> Decimal:
        """What was taken back of it."""
        return self.total if self.credit_number else NOTHING

    @property
    def paid(self) -> Decimal:
        """What came for it."""
        standing = self.nth % len(STANDINGS)
        return {"paid": self.total, "part": PART}.get(STANDINGS[standing], NOTHING)


def invoices(clinic: Clinic) -> Iterator[Invoice]:
    """Those of visits in slots, which are numbered as time goes by."""
    given: Counter[tuple[str, int, int]] = Counter()
    order = count()
    for visit in map(clinic.visit, clinic.numbers(BILLED)):
        if visit.status != "done":
            continue
        nth, day, numbers = next(order), visit.starts_at.date(), []
        for series, wanted in (("bill", True), ("credit", STANDINGS[nth % len(STANDINGS)] == "credited")):
            key = (series, visit.person % PRACTICES, day.year)
            given[key] += wanted
            numbers.append(BILLS_BEFORE + given[key] if wanted else 0)
        total = Decimal(150 + visit.number % SERVICES)
        yield Invoice(nth, visit.number, visit.patient, visit.person, day, total, *numbers)


def fill_money(clinic: Clinic) -> None:
    """Accounts, invoices with their credit notes, what is owed of them, payments, and the counters."""
    from billing.models import Account, PaymentType

    written = list(invoices(clinic))
    organization = id_of(clinic, "directory.organization", 0)
    write(clinic, Account, ["practice", "name"], [(practice_of(clinic, n), "Till") for n in range(PRACTICES)])
    write(clinic, PaymentType, ["organization", "name"], [(organization, "Card")])
    _bills(clinic, written)
    _lines(clinic, written)
    _balances(clinic, written)
    paid = [one for one in written if one.paid]
    _receipts(clinic, paid[::2])
    _payments(clinic, paid)
    _closings(clinic, paid)
    _instalments(clinic, written)
    _counters(clinic, written)


def _whose(clinic: Clinic, one: Invoice) -> tuple[int, int]:
    return practice_of(clinic, one.person), id_of(clinic, "patients.patient", one.patient)


def _credit_notes(written: list[Invoice]) -> Iterator[tuple[int, Invoice]]:
    """The invoices that were credited, each with the place of its credit note, behind all invoices."""
    return enumerate((one for one in written if one.credit_number), len(written))


def _bills(clinic: Clinic, written: list[Invoice]) -> None:
    from billing.models import Bill

    def rows() -> Iterator[tuple[Any, ...]]:
        for one in written:
            sums = (one.total, NOTHING, one.total)
            yield *_whose(clinic, one), None, "full", "bill", one.number, one.day, one.day.year, "RON", *sums
        for _place, one in _credit_notes(written):
            sums, of = (one.total, NOTHING, one.total), id_of(clinic, "billing.bill", one.nth)
            yield *_whose(clinic, one), of, "credit", "credit", one.credit_number, one.day, one.day.year, "RON", *sums

    names = ["practice", "patient", "credits", "type", "series", "number", "issued_on", "year", "currency"]
    write(clinic, Bill, [*names, "net", "vat", "total"], rows())


def _lines(clinic: Clinic, written: list[Invoice]) -> None:
    from billing.models import BilledWork, BillLine

    def line(one: Invoice, bill: int, credited: int | None) -> tuple[Any, ...]:
        service = one.visit % SERVICES
        done = id_of(clinic, "catalog.service", service), id_of(clinic, "scheduling.appointment", one.visit)
        label = f"Treatment {service + 1}"
        return id_of(clinic, "billing.bill", bill), label, one.total, NOTHING, one.total, NOTHING, *done, credited

    def rows() -> Iterator[tuple[Any, ...]]:
        for one in written:
            yield line(one, one.nth, None)
        for place, one in _credit_notes(written):
            yield line(one, place, id_of(clinic, "billing.billline", one.nth))

    names = ["bill", "label", "unit_price", "vat_percentage", "net", "vat", "service", "appointment", "credits"]
    write(clinic, BillLine, names, rows())
    standing = (
        (id_of(clinic, "billing.bill", one.nth), id_of(clinic, "scheduling.appointment", one.visit))
        for one in written
        if not one.credit_number
    )
    write(clinic, BilledWork, ["bill", "appointment"], standing)


def _balances(clinic: Clinic, written: list[Invoice]) -> None:
    from billing.models import BillBalance

    rows = (
        (
            id_of(clinic, "billing.bill", one.nth), *_whose(clinic, one), "incoming", one.day, "RON", one.total,
            one.credited, one.paid, one.total - one.credited - one.paid,
        )
        for one in written
    )  # fmt: skip
    names = ["bill", "practice", "patient", "direction", "issued_on", "currency", "total", "credited", "paid", "owed"]
    write(clinic, BillBalance, names, rows)


def _receipts(clinic: Clinic, proved: list[Invoice]) -> None:
    """Numbered by practice and year, with their counters."""
    from billing.models import BillCounter, Receipt

    last: dict[tuple[int, int], tuple[int, date]] = {}

    def rows() -> Iterator[tuple[Any, ...]]:
        for one in proved:
            series = practice_of(clinic, one.person), one.day.year
            last[series] = last.get(series, (0,))[0] + 1, one.day
            yield *_whose(clinic, one), one.day, one.day.year, last[series][0], one.paid, "RON"

    write(clinic, Receipt, ["practice", "patient", "issued_on", "year", "number", "amount", "currency"], rows())
    names = ["practice", "series", "year", "last_number", "last_issued_on"]
    write(clinic, BillCounter, names, [(who, "receipt", year, *told) for (who, year), told in last.items()])


def _payments(clinic: Clinic, paid: list[Invoice]) -> None:
    from billing.models import Transaction

    card = id_of(clinic, "billing.paymenttype", 0)
    rows = (
        (
            *_whose(clinic, one), id_of(clinic, "billing.account", one.person % PRACTICES), card,
            id_of(clinic, "billing.bill", one.nth), None if nth % 2 else id_of(clinic, "billing.receipt", nth // 2),
            "incoming", one.paid, "RON", one.day,
        )
        for nth, one in enumerate(paid)
    )  # fmt: skip
    names = ["practice", "patient", "account", "payment_type", "bill", "receipt", "direction", "amount"]
    write(clinic, Transaction, [*names, "currency", "date"], rows)


def _closings(clinic: Clinic, paid: list[Invoice]) -> None:
    from billing.models import TillClosing

    came: dict[tuple[int, date], tuple[Decimal, int]] = {}
    for nth, one in enumerate(paid):
        day = one.person % PRACTICES, one.day
        came[day] = came.get(day, (NOTHING,))[0] + one.paid, id_of(clinic, "billing.transaction", nth)
    rows = (
        (id_of(clinic, "billing.account", place), day, "RON", total, total, last)
        for (place, day), (total, last) in came.items()
        if day < clinic.at.date()
    )
    write(clinic, TillClosing, ["account", "date", "currency", "expected", "counted", "last_transaction_id"], rows)


def _instalments(clinic: Clinic, written: list[Invoice]) -> None:
    from billing.models import Liability

    rows = (
        (id_of(clinic, "billing.bill", one.nth), one.day + timedelta(days=days), amount)
        for one in written
        if one.paid == PART
        for days, amount in ((0, PART), (30, one.total - PART))
    )
    write(clinic, Liability, ["bill", "due_on", "amount"], rows)


def _counters(clinic: Clinic, written: list[Invoice]) -> None:
    from billing.models import BillCounter

    last: dict[tuple[int, str, int], tuple[int, date]] = {}
    for one in written:
        for series, number in (("bill", one.number), ("credit", one.credit_number)):
            if number:
                last[practice_of(clinic, one.person), series, one.day.year] = number, one.day
    names = ["practice", "series", "year", "last_number", "last_issued_on"]
    write(clinic, BillCounter, names, [(*key, *told) for key, told in last.items()])
