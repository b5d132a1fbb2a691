"""Bills that another numbered: a supplier's, or ours from the system before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from billing import sums
from billing.models import Bill
from billing.services.issuing import NewLine, Payee, check_line, payee_for, write
from billing.services.numbering import today_at
from billing.states import BillType, Direction, Series
from core.actor import Actor
from core.db import Work, verb
from core.errors import InvalidInput
from directory.models import Practice


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
    """Write down a bill that a supplier sent: it keeps the supplier's number and is owed by the practice."""
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
    by: Actor,
    at: datetime,
) -> Bill:
    """Write down a bill of ours that another system numbered: it keeps its number, outside the counter."""
    practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("billing.record_imported_bill", practice.pk)
    return _written_elsewhere(
        work,
        practice=practice,
        payee=payee_for(by, practice, patient_id=patient_id, company_id=company_id),
        lines=lines,
        kind=BillType.FULL,
        direction=Direction.INCOMING,
        series=Series.IMPORTED,
        external_number=external_number,
        issued_on=issued_on,
        currency=currency or practice.currency,
        stamp=stamp,
    )


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
    summed = [line.summed() for line in lines]
    total = sums.total(summed)
    bill = Bill(
        practice=practice,
        patient=payee.patient,
        company=payee.company,
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
