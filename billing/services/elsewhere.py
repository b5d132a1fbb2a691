"""The verbs that record bills numbered elsewhere: a supplier's, or ours from an earlier system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from billing import sums
from billing.models import Bill, BillBalance, CarePlan, Liability, Transaction
from billing.services.credits import credit_lines, settle_credit
from billing.services.issuing import NewLine, Payee, check_line, lock_balance, payee_for, write
from billing.services.numbering import today_at
from billing.states import NUMBERED_ELSEWHERE, BillType, Direction, Series
from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, InvalidInput
from directory.models import Practice, Specialist
from patients.standing import hold_record

LONGEST_NUMBER = 50


@verb
def record_supplier_bill(
    work: Work,
    *,
    practice_id: int,
    company_id: int,
    external_number: str,
    issued_on: date,
    lines: Sequence[NewLine],
    by: Actor,
    at: datetime,
) -> Bill:
    """Record a supplier's bill: it keeps the supplier's number and is owed by the practice."""
    practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("billing.record_supplier_bill", practice.pk)
    company = payee_for(by, practice, company_id=company_id).company
    return _written_elsewhere(
        work,
        practice=practice,
        payee=Payee(company=company),
        lines=lines,
        kind=BillType.FULL,
        direction=Direction.OUTGOING,
        series=Series.SUPPLIER,
        external_number=external_number,
        issued_on=issued_on,
        currency=practice.currency,
    )


@verb
def record_imported_bill(
    work: Work,
    *,
    practice_id: int,
    external_number: str,
    issued_on: date,
    lines: Sequence[NewLine],
    patient_id: int | None = None,
    company_id: int | None = None,
    currency: str = "",
    stamp: Decimal = sums.ZERO,
    type: BillType = BillType.FULL,  # noqa: A002 the column's name
    care_plan_id: int | None = None,
    specialist_id: int | None = None,
    reason: str = "",
    by: Actor,
    at: datetime,
) -> Bill:
    """Record a bill of ours that another system numbered: it keeps its number, outside our counter.

    A credit is `record_imported_credit`.
    """
    practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("billing.record_imported_bill", practice.pk)
    plan = CarePlan.objects.visible_to(by).one(pk=care_plan_id) if care_plan_id is not None else None
    specialist = Specialist.objects.visible_to(by).one(pk=specialist_id) if specialist_id is not None else None
    problems = {}
    if type == BillType.CREDIT:
        problems["type"] = _("a credit names the bill that it credits")
    if plan is not None and (plan.practice_id, plan.patient_id) != (practice.pk, patient_id):
        problems["care_plan_id"] = _("is another patient's or another practice's")
    if specialist is not None and specialist.organization_id != practice.organization_id:
        problems["specialist_id"] = _("belongs to another organization")
    if problems:
        raise InvalidInput(problems)
    return _written_elsewhere(
        work,
        practice=practice,
        payee=payee_for(by, practice, patient_id=patient_id, company_id=company_id),
        lines=lines,
        kind=type,
        direction=Direction.INCOMING,
        series=Series.IMPORTED,
        external_number=external_number,
        issued_on=issued_on,
        currency=currency or practice.currency,
        stamp=stamp,
        care_plan=plan,
        specialist=specialist,
        reason=reason,
    )


@verb
def record_imported_credit(
    work: Work,
    *,
    bill_id: int,
    external_number: str,
    issued_on: date,
    reason: str,
    amounts: Mapping[int, Decimal] | None = None,
    stamp: Decimal = sums.ZERO,
    by: Actor,
    at: datetime,
) -> Bill:
    """Record a credit note that another system numbered, for what is left of a bill or `amounts` of its lines.

    `amounts`: position of the line -> amount with tax. Otherwise as `credit_bill`.
    """
    bill = Bill.objects.visible_to(by).one(pk=bill_id)
    by.require("billing.record_imported_bill", bill.practice_id)
    balance = _creditable(bill_id)
    positions = dict(balance.bill.lines.values_list("position", "pk"))
    if unknown := (amounts or {}).keys() - positions.keys():
        raise InvalidInput({"lines": _("the bill has no line %(line)s") % {"line": min(unknown) + 1}})
    by_line = {positions[place]: amount for place, amount in amounts.items()} if amounts is not None else None
    return _credited_elsewhere(
        work,
        balance,
        external_number=external_number,
        issued_on=issued_on,
        lines=credit_lines(balance.bill, by_line),
        stamp=stamp,
        reason=reason,
    )


@verb
def take_back_imported_bill(work: Work, bill_id: int, *, by: Actor, at: datetime) -> Bill:
    """Credit a bill that was imported by mistake, in full and outside our own numbers; it is never deleted.

    Conflict where something was paid or credited of it, or instalments stand.
    """
    bill = Bill.objects.visible_to(by).one(pk=bill_id)
    by.require("billing.record_imported_bill", bill.practice_id)
    if bill.series not in NUMBERED_ELSEWHERE:
        raise Conflict(_("The bill has a number of ours: credit it instead."), code="numbered_here")
    balance = _creditable(bill_id)
    standing = Transaction.objects.filter(bill=bill, reverses=None, reversed_by=None)
    if balance.credited or standing.exists() or Liability.objects.live().filter(bill=bill).exists():
        raise Conflict(_("Part of it has already been paid, credited or agreed."), code="in_use")
    return _credited_elsewhere(
        work,
        balance,
        external_number=f"C-{bill.external_number}"[:LONGEST_NUMBER],
        issued_on=max(today_at(bill.practice, at), bill.issued_on),
        lines=credit_lines(bill, None),
        stamp=bill.stamp,
        reason=_("Imported by mistake"),
    )


def _creditable(bill_id: int) -> BillBalance:
    balance = lock_balance(bill_id)
    if balance is None:
        raise Conflict(_("Nobody owes this bill, so there is nothing to credit."), code="not_creditable")
    return balance


def _credited_elsewhere(
    work: Work,
    balance: BillBalance,
    *,
    external_number: str,
    issued_on: date,
    lines: Sequence[NewLine],
    stamp: Decimal,
    reason: str,
) -> Bill:
    bill = balance.bill
    if not reason.strip():
        raise InvalidInput({"reason": _("is required")})
    if not lines:
        raise Conflict(_("The bill has already been credited."), code="credited")
    credit = _written_elsewhere(
        work,
        practice=bill.practice,
        payee=Payee(bill.patient, bill.company),
        lines=lines,
        kind=BillType.CREDIT,
        direction=Direction(bill.direction),
        series=Series.SUPPLIER if bill.direction == Direction.OUTGOING else Series.IMPORTED,
        external_number=external_number,
        issued_on=issued_on,
        currency=bill.currency,
        stamp=stamp,
        care_plan=bill.care_plan,
        specialist=bill.specialist,
        credits=bill,
        reason=reason.strip(),
    )
    settle_credit(work, balance, credit)
    return credit


def _written_elsewhere(
    work: Work,
    *,
    practice: Practice,
    payee: Payee,
    lines: Sequence[NewLine],
    kind: BillType,
    direction: Direction,
    series: Series,
    external_number: str,
    issued_on: date,
    currency: str,
    stamp: Decimal = sums.ZERO,
    care_plan: CarePlan | None = None,
    specialist: Specialist | None = None,
    credits: Bill | None = None,  # noqa: A002 the column's name
    reason: str = "",
) -> Bill:
    problems = {}
    if not external_number.strip():
        problems["external_number"] = _("is required")
    if not lines:
        problems["lines"] = _("A bill needs at least one line.")
    if issued_on > today_at(practice, work.at):
        problems["issued_on"] = _("lies in the future")
    if problems:
        raise InvalidInput(problems)
    for line in lines:
        check_line(line)
    if payee.patient is not None:
        hold_record(payee.patient)
    summed = [line.summed() for line in lines]
    total = sums.total(summed)
    bill = Bill(
        practice=practice,
        patient=payee.patient,
        company=payee.company,
        care_plan=care_plan,
        specialist=specialist,
        credits=credits,
        reason=reason,
        type=kind,
        direction=direction,
        series=series,
        external_number=external_number.strip(),
        issued_on=issued_on,
        year=issued_on.year,
        currency=currency,
        net=total.net,
        vat=total.vat,
        stamp=stamp,
        total=total.gross + stamp,
        created_by_id=work.by.user_id,
    )
    write(work, bill, lines, summed)
    return bill
