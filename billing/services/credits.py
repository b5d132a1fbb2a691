"""The verb that credits a bill, in full or in part, never more than is left of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from billing import sums
from billing.models import Bill, BillBalance, BilledWork, BillLine
from billing.services.issuing import NewLine, Payee, issue, lock_balance
from billing.states import BillType, Direction
from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, InvalidInput
from core.money import to_cents


@verb
def credit_bill(
    work: Work,
    bill_id: int,
    *,
    reason: str,
    amounts: Mapping[int, Decimal] | None = None,
    issued_on: date | None = None,
    by: Actor,
    at: datetime,
) -> Bill:
    """Credit what is left of a bill, or `amounts` (line id -> amount with tax) of its lines.

    Never more than is left of a line (InvalidInput `amounts`). What was billed is free to be billed again once nothing
    is left of the bill. Conflict for a proforma, a credit, a supplier's bill, and where nothing is left.
    """
    Bill.objects.visible_to(by).one(pk=bill_id)
    balance = lock_balance(bill_id)
    if balance is None or balance.direction != Direction.INCOMING:
        raise Conflict(_("Only an invoice can be credited."), code="not_creditable")
    bill = balance.bill
    by.require("billing.credit_bill", bill.practice_id)
    if not reason.strip():
        raise InvalidInput({"reason": _("is required")})
    left = balance.total - balance.credited
    if left <= 0:
        raise Conflict(_("The bill has already been credited."), code="credited")
    lines = credit_lines(bill, amounts)
    # The stamp goes with the last of it.
    credited = sums.total(line.summed() for line in lines).gross
    stamp = left - credited if amounts is None or left - credited == bill.stamp else sums.ZERO
    credit = issue(
        work,
        practice=bill.practice,
        payee=Payee(bill.patient, bill.company),
        lines=lines,
        currency=bill.currency,
        type=BillType.CREDIT,
        care_plan=bill.care_plan,
        specialist=bill.specialist,
        credits=bill,
        stamp=stamp,
        reason=reason.strip(),
        issued_on=issued_on,
    )
    settle_credit(work, balance, credit)
    return credit


def settle_credit(work: Work, balance: BillBalance, credit: Bill) -> None:
    """Count a credit in the bill's balance; once nothing is left of the bill, its work can be billed again."""
    balance.settle(credited=credit.total)
    work.save(balance)
    if balance.credited == balance.total:
        for claim in BilledWork.objects.filter(bill=balance.bill):
            work.delete(claim)


def credit_lines(bill: Bill, wanted: Mapping[int, Decimal] | None) -> list[NewLine]:
    """Build lines that credit what is left of each line, or the wanted amounts.

    The tax that is given back follows the whole that was credited of a line so far, so that in the end it is exactly
    the tax of the line, in however many parts.
    """
    lines = list(BillLine.objects.filter(bill=bill).order_by("position"))
    credited: dict[int, sums.Amounts] = {}
    for one in BillLine.objects.filter(credits__bill=bill):
        assert one.credits_id is not None  # noqa: S101 the filter says so
        credited[one.credits_id] = credited.get(one.credits_id, sums.Amounts()) + one.amounts
    if wanted is not None and (unknown := wanted.keys() - {line.pk for line in lines}):
        raise InvalidInput({"amounts": _("line %(line)s is not of this bill") % {"line": min(unknown)}})
    found = []
    for line in lines:
        before = credited.get(line.pk, sums.Amounts())
        left = line.gross - before.gross
        amount = left if wanted is None else to_cents(wanted.get(line.pk, sums.ZERO))
        if amount < 0 or amount > left:
            message = _("%(line)s: at most %(left)s is left to credit")
            raise InvalidInput({"amounts": message % {"line": line.label, "left": left}})
        if not amount:
            continue
        vat = sums.share(line.vat, part=before.gross + amount, of=line.gross) - before.vat
        found.append(
            NewLine(
                label=line.label,
                unit_price=amount,
                vat_percentage=line.vat_percentage,
                vat_exemption=line.vat_exemption,
                amounts=sums.Amounts(amount - vat, vat),
                credits_id=line.pk,
                service_id=line.service_id,
                product_id=line.product_id,
            )
        )
    if not found and wanted is not None:
        raise InvalidInput({"amounts": _("Say how much of which line to credit.")})
    return found
