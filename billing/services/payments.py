"""The verbs that move money: payments with their receipts, reversals, refunds, and credit that is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from billing import sums
from billing.models import Account, Bill, BillBalance, PaymentType, Receipt, Transaction
from billing.services.issuing import lock_balance, payee_for
from billing.services.numbering import draw_number, settings_of, today_at
from billing.states import OPPOSITE, Direction, ExpenseType, Series
from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, InvalidInput, Text
from core.locks import lock
from core.money import to_cents
from directory.locking import lock_resources
from directory.models import Practice
from patients.models import Patient


@dataclass(frozen=True, slots=True)
class Till:
    """The account and the way of paying for one movement of money, and what its transaction records."""

    practice: Practice
    account: Account
    payment_type: PaymentType
    date: date
    verified: bool = True
    related_to_insurance: bool = False
    sistema_ts_expense_type: str = ""

    def transaction(self, work: Work, **values: object) -> Transaction:
        """Write a transaction in this account."""
        return work.create(
            Transaction(
                practice=self.practice,
                account=self.account,
                payment_type=self.payment_type,
                date=self.date,
                verified=self.verified,
                related_to_insurance=self.related_to_insurance,
                sistema_ts_expense_type=self.sistema_ts_expense_type,
                created_by_id=work.by.user_id,
                **values,
            )
        )


@verb
def take_payment(
    work: Work,
    *,
    practice_id: int,
    amount: Decimal,
    account_id: int,
    payment_type_id: int,
    bill_ids: Sequence[int] = (),
    patient_id: int | None = None,
    rest_on_account: bool = False,
    paid_on: date | None = None,
    related_to_insurance: bool = False,
    sistema_ts_expense_type: str = "",
    by: Actor,
    at: datetime,
) -> Receipt:
    """Take a payment for bills, in the given order, and put the rest to the patient's credit; one receipt.

    One transaction a bill. More than the bills owe is refused (InvalidInput `amount`) unless `rest_on_account`, which
    needs a patient; without bills all of it goes on account. Conflict for a bill of another currency or payee.
    """
    practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("billing.take_payment", practice.pk)
    bills = [Bill.objects.visible_to(by).one(pk=pk, practice_id=practice.pk) for pk in dict.fromkeys(bill_ids)]
    patient = payee_for(by, practice, patient_id=patient_id).patient
    amount = positive(amount)
    if patient is not None:
        lock_resources([patient.resource_id])
    balances = locked_balances(bills)
    till = open_till(
        work,
        practice,
        account_id=account_id,
        payment_type_id=payment_type_id,
        on=paid_on,
        related_to_insurance=related_to_insurance,
        sistema_ts_expense_type=sistema_ts_expense_type,
    )
    return pay(work, till, balances, amount=amount, patient=patient, rest_on_account=rest_on_account)


def pay(
    work: Work,
    till: Till,
    balances: Sequence[BillBalance],
    *,
    amount: Decimal,
    patient: Patient | None = None,
    rest_on_account: bool = False,
) -> Receipt:
    """Take money for locked bills into a locked account."""
    currency = _check_payable(balances, till.practice)
    if patient is None and balances:
        patient = balances[0].bill.patient
    owed = [max(balance.owed, sums.ZERO) for balance in balances]
    if balances and not any(owed):
        raise Conflict(_("Nothing is owed any more."), code="paid")
    parts = sums.covered(owed, amount)
    rest = amount - sum(parts, sums.ZERO)
    if rest and balances and not rest_on_account:
        message = _("is more than the %(owed)s that is owed")
        raise InvalidInput({"amount": message % {"owed": sum(owed, sums.ZERO)}})
    if rest and patient is None:
        raise InvalidInput({"patient_id": _("is required to keep money on account")})
    company = balances[0].bill.company if balances else None
    receipt = _receipt(work, till, amount=amount, currency=currency, patient=None if company else patient)
    receipt.company = company
    work.create(receipt)
    common = {"direction": Direction.INCOMING, "currency": currency, "receipt": receipt}
    for balance, part in zip(balances, parts, strict=True):
        if part:
            till.transaction(work, bill=balance.bill, patient=balance.bill.patient, amount=part, **common)
            balance.settle(paid=part)
            work.save(balance)
    if rest:
        till.transaction(work, patient=patient, amount=rest, **common)
    return receipt


@verb
def record_transaction(
    work: Work,
    *,
    practice_id: int,
    amount: Decimal,
    direction: str,
    date: date,
    account_id: int,
    payment_type_id: int,
    bill_id: int | None = None,
    patient_id: int | None = None,
    verified: bool = True,
    related_to_insurance: bool = False,
    sistema_ts_expense_type: str = "",
    reason: str = "",
    before_credits: bool = False,
    by: Actor,
    at: datetime,
) -> Transaction:
    """Record one movement of money without a receipt: for a bill, on a patient's account, or in the till alone.

    Money in pays our bills and money out those of suppliers, never more than is owed; the other way gives back what
    was paid too much. InvalidInput `amount` for more than that. `before_credits`: what has been credited was owed then,
    as where an import tells of a payment behind the credit.
    """
    practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("billing.record_transaction", practice.pk)
    if direction not in Direction.values:
        raise InvalidInput({"direction": _("is not a direction")})
    amount = positive(amount)
    bill = Bill.objects.visible_to(by).one(pk=bill_id, practice_id=practice.pk) if bill_id is not None else None
    patient = payee_for(by, practice, patient_id=patient_id).patient
    if bill is not None and patient is not None and bill.patient_id != patient.pk:
        raise InvalidInput({"patient_id": _("is not who the bill is for")})
    if bill is None and patient is not None:
        lock_resources([patient.resource_id])
    balance = locked_balances([bill])[0] if bill is not None else None
    till = open_till(
        work,
        practice,
        account_id=account_id,
        payment_type_id=payment_type_id,
        on=date,
        verified=verified,
        related_to_insurance=related_to_insurance,
        sistema_ts_expense_type=sistema_ts_expense_type,
        field="date",
    )
    if balance is not None:
        pays = direction == balance.direction
        owed = balance.owed + balance.credited if before_credits else balance.owed
        most = owed if pays else balance.paid
        if amount > most:
            message = (
                _("is more than the %(most)s that is owed") if pays else _("is more than the %(most)s that was paid")
            )
            raise InvalidInput({"amount": message % {"most": max(most, sums.ZERO)}})
        if verified:
            balance.settle(paid=amount if pays else -amount)
            work.save(balance)
        patient = balance.bill.patient
    elif patient is not None and direction == Direction.OUTGOING and amount > on_account(patient.pk, practice.pk):
        most = on_account(patient.pk, practice.pk)
        raise InvalidInput({"amount": _("is more than the %(most)s that is on account") % {"most": most}})
    currency = balance.bill.currency if balance is not None else practice.currency
    return till.transaction(
        work,
        bill=balance.bill if balance is not None else None,
        patient=patient,
        direction=direction,
        amount=amount,
        currency=currency,
        reason=reason.strip(),
    )


@verb
def reverse_transaction(
    work: Work, transaction_id: int, *, reason: str, reversed_on: date | None = None, by: Actor, at: datetime
) -> Transaction:
    """Reverse a payment by another of the same amount in the other direction; both stay.

    Conflict for one that was reversed already and for a reversal; InvalidInput without a reason.
    """
    seen = Transaction.objects.visible_to(by).select_related("practice", "patient").one(pk=transaction_id)
    by.require("billing.reverse_transaction", seen.practice_id)
    if not reason.strip():
        raise InvalidInput({"reason": _("is required")})
    if seen.bill_id is None and seen.patient is not None:
        lock_resources([seen.patient.resource_id])
    balance = lock_balance(seen.bill_id) if seen.bill_id is not None else None
    if seen.direction == Direction.INCOMING and seen.verified and seen.patient_id is not None and balance is None:
        kept = on_account(seen.patient_id, seen.practice_id)
    elif balance is not None and seen.direction == balance.direction and seen.verified:
        kept = balance.paid
    else:
        kept = seen.amount
    if seen.amount > kept and not Transaction.objects.filter(reverses=seen).exists():
        message = _("Only %(kept)s of the payment is left: the rest was refunded or used.")
        raise Conflict(message % {"kept": kept}, code="used")
    return reverse(work, seen, balance, reason=reason.strip(), on=reversed_on)


def reverse(
    work: Work, seen: Transaction, balance: BillBalance | None, *, reason: str, on: date | None = None
) -> Transaction:
    """Reverse a transaction whose bill (or patient) is locked."""
    lock(Account.objects.all(), [seen.account_id])
    if seen.reverses_id is not None:
        raise Conflict(_("A reversal cannot be reversed; enter the payment again."), code="reversal")
    if Transaction.objects.filter(reverses=seen).exists():
        raise Conflict(_("The payment has already been reversed."), code="reversed")
    today = today_at(seen.practice, work.at)
    if on is not None and not seen.date <= on <= today:
        raise InvalidInput({"reversed_on": _("must lie between the payment and today")})
    written = work.create(
        Transaction(
            practice=seen.practice,
            account_id=seen.account_id,
            payment_type_id=seen.payment_type_id,
            bill_id=seen.bill_id,
            # The bill may have become another record's since the payment was read, by a merge.
            patient_id=balance.bill.patient_id if balance is not None else seen.patient_id,
            direction=OPPOSITE[Direction(seen.direction)],
            amount=seen.amount,
            currency=seen.currency,
            date=on or today,
            verified=seen.verified,
            related_to_insurance=seen.related_to_insurance,
            sistema_ts_expense_type=seen.sistema_ts_expense_type,
            reverses=seen,
            reason=reason,
            created_by_id=work.by.user_id,
        )
    )
    if balance is not None and seen.verified:
        paid = seen.amount if seen.direction == balance.direction else -seen.amount
        balance.settle(paid=-paid)
        work.save(balance)
    return written


@verb
def use_credit(work: Work, bill_id: int, *, by: Actor, at: datetime) -> Bill:
    """Pay a bill from the money its patient has on account, the oldest first.

    The money on account is reversed, and entered again: for the bill, and for what is over on account. Conflict where
    nothing is owed or nothing is there.
    """
    bill: Bill = Bill.objects.visible_to(by).select_related("practice", "patient").one(pk=bill_id)
    by.require("billing.use_credit", bill.practice_id)
    if bill.patient is None:
        raise Conflict(_("Only a patient's bill can be paid from their account."), code="no_patient")
    lock_resources([bill.patient.resource_id])
    balance = locked_balances([bill])[0]
    usable = min(balance.owed, on_account(bill.patient.pk, bill.practice_id))
    if balance.owed <= 0:
        raise Conflict(_("Nothing is owed any more."), code="paid")
    if usable <= 0:
        raise Conflict(_("The patient has no money on account."), code="nothing_on_account")
    kept = (
        Transaction.objects.on_account()
        .standing()
        .counted()
        .filter(
            patient=bill.patient, practice_id=bill.practice_id, direction=Direction.INCOMING, currency=bill.currency
        )
    )
    rows = list(kept.select_related("practice", "account", "payment_type").order_by("date", "pk"))
    lock(Account.objects.all(), {row.account_id for row in rows})
    for row, used in zip(rows, sums.covered([row.amount for row in rows], usable), strict=True):
        if not used:
            break
        _use(work, row, balance, used)
    return bill


def _use(work: Work, row: Transaction, balance: BillBalance, used: Decimal) -> None:
    reason = _("Used for %(bill)s") % {"bill": balance.bill}
    reverse(work, row, None, reason=reason)
    till = Till(row.practice, row.account, row.payment_type, today_at(row.practice, work.at))
    common = {"direction": Direction.INCOMING, "currency": row.currency, "patient_id": row.patient_id, "reason": reason}
    till.transaction(work, bill=balance.bill, amount=used, **common)
    if row.amount > used:
        till.transaction(work, amount=row.amount - used, **common)
    balance.settle(paid=used)
    work.save(balance)


def on_account(patient_id: int, practice_id: int) -> Decimal:
    """Return what a patient paid in advance and has not used: the sum of transactions without a bill."""
    rows = Transaction.objects.on_account().counted().filter(patient_id=patient_id, practice_id=practice_id)
    found = sums.ZERO
    for direction, amount in rows.values_list("direction", "amount"):
        found += amount if direction == Direction.INCOMING else -amount
    return found


def open_till(
    work: Work,
    practice: Practice,
    *,
    account_id: int,
    payment_type_id: int,
    on: date | None,
    verified: bool = True,
    related_to_insurance: bool = False,
    sistema_ts_expense_type: str = "",
    field: str = "paid_on",
) -> Till:
    """Return the named account (locked) and payment type, which must be live and the practice's."""
    by, problems = work.by, dict[str, Text]()
    accounts = Account.objects.live().visible_to(by).filter(practice=practice, pk=account_id)
    kinds = PaymentType.objects.live().visible_to(by).filter(organization_id=practice.organization_id)
    kind: PaymentType | None = kinds.filter(pk=payment_type_id).first()
    today = today_at(practice, work.at)
    if not accounts.exists():
        problems["account_id"] = _("There is no such account.")
    if kind is None:
        problems["payment_type_id"] = _("There is no such payment type.")
    if on is not None and on > today:
        problems[field] = _("lies in the future")
    if sistema_ts_expense_type and sistema_ts_expense_type not in ExpenseType.values:
        problems["sistema_ts_expense_type"] = _("is not an expense type")
    if problems or kind is None:
        raise InvalidInput(problems)
    (account,) = lock(Account.objects.all(), [account_id])
    return Till(practice, account, kind, on or today, verified, related_to_insurance, sistema_ts_expense_type)


def positive(amount: Decimal) -> Decimal:
    """Return the amount in cents; InvalidInput unless it is more than zero and has at most two places."""
    if not amount.is_finite() or amount <= 0:
        raise InvalidInput({"amount": _("must be more than nothing")})
    if amount != to_cents(amount):
        raise InvalidInput({"amount": _("has more than two decimal places")})
    return to_cents(amount)


def locked_balances(bills: Sequence[Bill]) -> list[BillBalance]:
    """Return the balances of the bills, locked, in the given order. Conflict for a bill that nobody owes."""
    rows = BillBalance.objects.filter(bill__in=bills).values_list("pk", flat=True)
    locked = lock(BillBalance.objects.select_related("bill__patient", "bill__company"), rows)
    by_bill = {balance.bill_id: balance for balance in locked}
    for bill in bills:
        if bill.pk not in by_bill:
            raise Conflict(_("%(bill)s is not to be paid.") % {"bill": bill}, code="no_claim")
    return [by_bill[bill.pk] for bill in bills]


def _check_payable(balances: Sequence[BillBalance], practice: Practice) -> str:
    """Return the one currency of our own bills of one payee; otherwise raise Conflict."""
    for balance in balances:
        if balance.direction != Direction.INCOMING:
            raise Conflict(_("%(bill)s is a supplier's.") % {"bill": balance.bill}, code="supplier")
        if balance.bill.currency != balances[0].bill.currency:
            raise Conflict(_("The bills are in different currencies."), code="currencies")
        if balance.bill.company_id != balances[0].bill.company_id:
            raise Conflict(_("The bills are to be paid by different payees."), code="payees")
    return balances[0].bill.currency if balances else practice.currency


def _receipt(work: Work, till: Till, *, amount: Decimal, currency: str, patient: Patient | None) -> Receipt:
    """Write a numbered receipt, dated today, whenever the money came."""
    settings = settings_of(till.practice)
    drawn = draw_number(work, practice=till.practice, settings=settings, series=Series.RECEIPT, issued_on=None)
    return Receipt(
        practice=till.practice,
        patient=patient,
        issued_on=drawn.issued_on,
        prefix=drawn.prefix,
        year=drawn.year,
        number=drawn.number,
        amount=amount,
        currency=currency,
        created_by_id=work.by.user_id,
    )
