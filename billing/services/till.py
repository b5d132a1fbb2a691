"""The till: a day's movements, the count at its end, the cash book, and debts by age."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Max
from django.utils.translation import gettext as _

from billing import sums
from billing.models import Account, BillBalance, TillClosing, Transaction
from billing.services.numbering import today_at
from billing.states import Direction
from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, InvalidInput
from core.locks import lock
from core.money import to_cents
from directory.models import Practice


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


def cash_book(account: Account, first: date, last: date) -> Iterator[CashBookRow]:
    """Return the movements of an account between two days, oldest first, with the running balance."""
    rows = Transaction.objects.counted().filter(account=account).dated_between(first, last)
    balance = sums.ZERO
    for row in rows.select_related("payment_type", "bill", "patient", "receipt").order_by("date", "pk"):
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


def aged_debts(practice: Practice, today: date) -> list[Debtor]:
    """Return every payee's debts to the practice by age, the largest first; one query over the open bills."""
    rows = BillBalance.objects.incoming().open().filter(practice=practice)
    found: dict[tuple[int | None, int | None, str], Debtor] = {}
    for row in rows.select_related("bill", "patient", "company").order_by("issued_on", "pk"):
        key = (row.patient_id, row.company_id, row.bill.currency)
        payee = row.patient or row.company
        debtor = found.setdefault(key, Debtor(str(payee or _("Nobody named")), row.patient_id, row.bill.currency))
        age = (today - row.issued_on).days
        debtor.by_age[sum(age > limit for limit in AGES)] += row.owed
        debtor.bills += 1
    return sorted(found.values(), key=lambda one: (-one.owed, one.name))


def _signed(row: Transaction) -> Decimal:
    return row.amount if row.direction == Direction.INCOMING else -row.amount
