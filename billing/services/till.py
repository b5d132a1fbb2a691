"""The till: a day's movements, the count at its end, the cash book, and debts by age."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from billing import sums
from billing.models import Account, BillBalance, Company, TillClosing, Transaction
from billing.services.numbering import today_at
from billing.states import Direction
from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, InvalidInput
from core.locks import lock
from core.money import ComputedMoneyField, to_cents
from directory.models import Practice
from patients.models import Patient


@verb
def close_till(
    work: Work, account_id: int, *, date: date, counted: Decimal, note: str = "", by: Actor, at: datetime
) -> TillClosing:
    """Record what was counted in an account at the end of a day, beside what was expected.

    Once an account and day (Conflict); InvalidInput for a day to come. What is dated back to it later shows as such.
    """
    Account.objects.visible_to(by).one(pk=account_id)
    (account,) = lock(Account.objects.select_related("practice"), [account_id])
    by.require("billing.close_till", account.practice_id)
    if date > today_at(account.practice, at):
        raise InvalidInput({"date": _("lies in the future")})
    if not counted.is_finite() or counted != to_cents(counted):
        raise InvalidInput({"counted": _("is no amount")})
    if TillClosing.objects.filter(account=account, date=date).exists():
        raise Conflict(_("This account has been closed for that day already."), code="closed")
    rows = Transaction.objects.counted().filter(account=account, date=date)
    last = Transaction.objects.filter(account=account).aggregate(last=Max("pk"))["last"]
    return work.create(
        TillClosing(
            account=account,
            date=date,
            currency=account.practice.currency,
            expected=sum((_signed(row) for row in rows if row.currency == account.practice.currency), sums.ZERO),
            counted=to_cents(counted),
            last_transaction_id=last or 0,
            by_id=by.user_id,
            note=note.strip(),
        )
    )


@dataclass(slots=True)
class TillRow:
    """The movements of one day in one account by one payment type, in one currency."""

    payment_type: str
    currency: str
    incoming: Decimal = sums.ZERO
    outgoing: Decimal = sums.ZERO

    @property
    def net(self) -> Decimal:
        """Money in less money out."""
        return self.incoming - self.outgoing


@dataclass(slots=True)
class AccountDay:
    """One account's day: its rows, its closing, and what was entered for the day after closing."""

    account: Account
    rows: list[TillRow] = field(default_factory=list)
    closing: TillClosing | None = None
    late: list[Transaction] = field(default_factory=list)

    @property
    def expected(self) -> Decimal:
        """The expected amount of the day, in the practice's currency."""
        currency = self.account.practice.currency
        return sum((row.net for row in self.rows if row.currency == currency), sums.ZERO)


def till_of(practice: Practice, day: date) -> list[AccountDay]:
    """The day's till of a practice by account and payment type; three queries. The caller may see the practice."""
    accounts = Account.objects.filter(practice=practice).select_related("practice").order_by("name", "pk")
    days = {account.pk: AccountDay(account) for account in accounts}
    for closing in TillClosing.objects.filter(account__in=days, date=day).select_related("by"):
        days[closing.account_id].closing = closing
    rows: dict[tuple[int, int, str], TillRow] = {}
    found = Transaction.objects.counted().filter(practice=practice, date=day)
    for one in found.select_related("payment_type", "patient", "bill").order_by("pk"):
        of = days[one.account_id]
        key = (one.account_id, one.payment_type_id, one.currency)
        if key not in rows:
            rows[key] = TillRow(one.payment_type.name, one.currency)
            of.rows.append(rows[key])
        if one.direction == Direction.INCOMING:
            rows[key].incoming += one.amount
        else:
            rows[key].outgoing += one.amount
        if of.closing is not None and one.pk > of.closing.last_transaction_id:
            of.late.append(one)
    return [one for one in days.values() if one.rows or one.closing or one.account.archived_at is None]


@dataclass(frozen=True, slots=True)
class CashBookRow:
    """A movement and the account's balance after it, counted from the first day of the book."""

    transaction: Transaction
    balance: Decimal


def cash_book(
    account: Account, first: date, last: date, *, start: int = 0, stop: int | None = None
) -> Iterator[CashBookRow]:
    """Return the movements of an account between two days, oldest first, with the running balance.

    All of them, or those from the place `start` up to `stop`, with the balance of all before.
    """
    rows = Transaction.objects.counted().filter(account=account).dated_between(first, last).order_by("date", "pk")
    balance = _balance(rows[:start]) if start else sums.ZERO
    for row in rows.select_related("payment_type", "bill", "patient", "receipt")[start:stop]:
        balance += _signed(row)
        yield CashBookRow(row, balance)


# Days since the bill, and what a debt of that age is called.
AGES = (30, 60, 90)


@dataclass(slots=True)
class Debtor:
    """What one payee owes, by the age of the bills: up to 30, 60, 90 days, and older."""

    name: str
    patient_id: int | None
    currency: str
    by_age: list[Decimal] = field(default_factory=lambda: [sums.ZERO] * (len(AGES) + 1))
    bills: int = 0

    @property
    def owed(self) -> Decimal:
        """The whole debt."""
        return sum(self.by_age, sums.ZERO)


def debtors(practice: Practice) -> QuerySet[BillBalance, tuple[int | None, int | None]]:
    """Return the payees (patient, company) with open bills at the practice, who owes most first."""
    rows = BillBalance.objects.incoming().open().filter(practice=practice).values("patient_id", "company_id")
    most = rows.annotate(debt=Sum("owed")).order_by("-debt", "patient_id", "company_id")
    return most.values_list("patient_id", "company_id")


def aged_debts(
    practice: Practice, today: date, *, of: Sequence[tuple[int | None, int | None]] | None = None
) -> list[Debtor]:
    """Return every payee's debts to the practice by age, the largest first, or those of some payees, as in `debtors`.

    Three queries; a payee is listed once for each currency.
    """
    rows = BillBalance.objects.incoming().open().filter(practice=practice)
    if of is not None:
        rows = rows.filter(_of_payees(of))
    by_payee = rows.values_list("patient_id", "company_id", "bill__currency").order_by()
    found = [
        ((patient_id, company_id), currency, [amount or sums.ZERO for amount in by_age], bills)
        for patient_id, company_id, currency, *by_age, bills in by_payee.annotate(**_by_age(today), bills=Count("pk"))
        if of is None or (patient_id, company_id) in of
    ]
    patients = Patient.objects.in_bulk({payee[0] for payee, *_rest in found if payee[0] is not None})
    companies = Company.objects.in_bulk({payee[1] for payee, *_rest in found if payee[1] is not None})

    def name(payee: tuple[int | None, int | None]) -> str:
        patient_id, company_id = payee
        named = patients.get(patient_id) if patient_id is not None else companies.get(company_id or 0)
        return str(named or _("Nobody named"))

    told = [Debtor(name(payee), payee[0], currency, by_age, bills) for payee, currency, by_age, bills in found]
    return sorted(told, key=lambda one: (-one.owed, one.name))


def debts_in_all(practice: Practice, today: date) -> list[Debtor]:
    """Return what all payees together owe the practice by age, for each currency. One query, of an index alone.

    One more asks for the currency of bills that the previous release issued during the upgrade.
    """
    rows = BillBalance.objects.incoming().open().filter(practice=practice).order_by()
    found: dict[str, Debtor] = {}

    def add(column: str, among: QuerySet[BillBalance]) -> None:
        summed = among.values_list(column).annotate(**_by_age(today), bills=Count("*"))
        for currency, *by_age, bills in summed:
            one = found.setdefault(currency, Debtor(_("Total"), None, currency))
            one.by_age = [so_far + (amount or sums.ZERO) for so_far, amount in zip(one.by_age, by_age, strict=True)]
            one.bills += bills

    add("currency", rows)
    if found.pop("", None) is not None:
        add("bill__currency", rows.filter(currency=""))
    return [found[currency] for currency in sorted(found)]


def _of_payees(payees: Sequence[tuple[int | None, int | None]]) -> Q:
    patients = [patient_id for patient_id, _company_id in payees if patient_id is not None]
    companies = [company_id for patient_id, company_id in payees if patient_id is None and company_id is not None]
    asked = Q(patient__in=patients)
    if companies:
        asked |= Q(patient=None, company__in=companies)
    return asked | Q(patient=None, company=None) if (None, None) in payees else asked


def _by_age(today: date) -> dict[str, Sum]:
    """What is owed by the age of the bill, the youngest first."""
    firsts = [today - timedelta(days=limit) for limit in AGES]
    ages = [Q(issued_on__gte=firsts[0])]
    ages += [Q(issued_on__lt=after, issued_on__gte=first) for after, first in pairwise(firsts)]
    ages.append(Q(issued_on__lt=firsts[-1]))
    amount = ComputedMoneyField[Decimal, Decimal](max_digits=12, decimal_places=2)
    return {f"age{number}": Sum("owed", filter=age, output_field=amount) for number, age in enumerate(ages)}


def _balance(rows: QuerySet[Transaction]) -> Decimal:
    """What came in less what went out, each amount in its own currency."""
    amount = ComputedMoneyField[Decimal, Decimal](max_digits=12, decimal_places=2)
    came = Sum("amount", filter=Q(direction=Direction.INCOMING), output_field=amount)
    went = Sum("amount", filter=Q(direction=Direction.OUTGOING), output_field=amount)
    found = rows.aggregate(came=came, went=went)
    return (found["came"] or sums.ZERO) - (found["went"] or sums.ZERO)


def _signed(row: Transaction) -> Decimal:
    return row.amount if row.direction == Direction.INCOMING else -row.amount
