"""The step that issues every bill: it sums and freezes the lines, takes a number, and opens the balance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from billing import sums
from billing.models import Bill, BillBalance, BilledWork, BillingSettings, BillLine, CarePlan, Company
from billing.services.numbering import draw_number, settings_of
from billing.states import SERIES_OF, BillType, Direction
from core.actor import Actor
from core.db import Work
from core.errors import Conflict, InvalidInput
from core.locks import lock
from core.money import to_cents
from directory.models import Practice, Specialist
from patients.models import Patient
from patients.standing import hold_record


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line of a bill that is to be issued.

    `amounts` are given where they are known to the cent already (a credit, a part of a care plan).
    """

    label: str
    unit_price: Decimal
    quantity: int = 1
    discount: Decimal = sums.ZERO
    vat_percentage: Decimal = sums.ZERO
    vat_exemption: str = ""
    price_is_net: bool = False
    amounts: sums.Amounts | None = None
    credits_id: int | None = None
    service_id: int | None = None
    product_id: int | None = None
    origin: dict[str, int] = field(default_factory=dict)

    def summed(self) -> sums.Amounts:
        """Return its net amount and tax; the only place where they are rounded."""
        if self.amounts is not None:
            return self.amounts
        amount = to_cents(self.unit_price * self.quantity) - self.discount
        if amount < 0:
            raise InvalidInput({"discount": _("is more than the price")})
        taxed = sums.from_net if self.price_is_net else sums.from_gross
        return taxed(amount, self.vat_percentage)


@dataclass(frozen=True, slots=True)
class Payee:
    """Who pays a bill: a patient, a company, or nobody in particular."""

    patient: Patient | None = None
    company: Company | None = None


def payee_for(by: Actor, practice: Practice, *, patient_id: int | None = None, company_id: int | None = None) -> Payee:
    """Return the payee that `by` names; Missing if not visible, InvalidInput for another organization's or for both.

    Conflict for a record that was merged into another: its money is the other's.
    """
    if patient_id is not None and company_id is not None:
        raise InvalidInput({"company_id": _("a bill goes to a patient or to a company, not to both")})
    patients = Patient.objects.visible_to(by).select_related("resource")
    patient = patients.one(pk=patient_id) if patient_id is not None else None
    company = Company.objects.visible_to(by).one(pk=company_id) if company_id is not None else None
    for name, payee in (("patient_id", patient), ("company_id", company)):
        if payee is not None and payee.organization_id != practice.organization_id:
            raise InvalidInput({name: _("belongs to another organization")})
    if patient is not None and patient.resource.retired_at is not None:
        raise Conflict(_("The patient was merged into another."), code="merged")
    return Payee(patient, company)


def issue(
    work: Work,
    *,
    practice: Practice,
    payee: Payee,
    lines: Sequence[NewLine],
    currency: str,
    type: BillType = BillType.FULL,  # noqa: A002 the column's name
    issued_on: date | None = None,
    care_plan: CarePlan | None = None,
    specialist: Specialist | None = None,
    credits: Bill | None = None,  # noqa: A002 the column's name
    stamp: Decimal | None = None,
    reason: str = "",
) -> Bill:
    """Issue a bill: write its lines, its number, and the work it bills.

    What it bills is billed once: Conflict where it stands billed already. A proforma and a credit bill nothing.
    """
    if not lines:
        raise InvalidInput({"lines": _("A bill needs at least one line.")})
    if payee.patient is not None:
        hold_record(payee.patient)
    settings = settings_of(practice)
    summed = [line.summed() for line in lines]
    total = sums.total(summed)
    if not total.gross and credits is None:
        raise Conflict(_("There is nothing to pay."), code="nothing_to_bill")
    if stamp is None:
        stamp = _stamp(settings, lines, summed)
    drawn = draw_number(work, practice=practice, settings=settings, series=SERIES_OF[type], issued_on=issued_on)
    bill = Bill(
        practice=practice,
        patient=payee.patient,
        company=payee.company,
        care_plan=care_plan,
        specialist=specialist,
        credits=credits,
        type=type,
        direction=Direction.INCOMING,
        issued_on=drawn.issued_on,
        currency=currency,
        series=SERIES_OF[type],
        prefix=drawn.prefix,
        year=drawn.year,
        number=drawn.number,
        net=total.net,
        vat=total.vat,
        stamp=stamp,
        total=total.gross + stamp,
        reason=reason,
        created_by_id=work.by.user_id,
    )
    if bill.is_claim:
        bill.payment_link_expires_at = work.at + timedelta(days=settings.payment_link_days)
    write(work, bill, lines, summed)
    return bill


def write(work: Work, bill: Bill, lines: Sequence[NewLine], summed: Sequence[sums.Amounts]) -> None:
    """Store a bill with its lines and, if somebody owes it, the billed work and the balance."""
    work.create(bill)
    work.append(
        *(
            BillLine(
                bill=bill,
                position=position,
                label=line.label[:255],
                quantity=line.quantity,
                unit_price=line.unit_price,
                price_is_net=line.price_is_net,
                discount=line.discount,
                vat_percentage=line.vat_percentage,
                vat_exemption=line.vat_exemption if not line.vat_percentage else "",
                net=amounts.net,
                vat=amounts.vat,
                credits_id=line.credits_id,
                service_id=line.service_id,
                product_id=line.product_id,
                **line.origin,
            )
            for position, (line, amounts) in enumerate(zip(lines, summed, strict=True))
        )
    )
    if bill.is_claim:
        origins = {origin for line in lines for origin in line.origin.items()}
        work.create_many([BilledWork(bill=bill, **dict([origin])) for origin in sorted(origins)])
        bill.balance = work.create(
            BillBalance(
                bill=bill,
                practice=bill.practice,
                patient=bill.patient,
                company=bill.company,
                direction=bill.direction,
                issued_on=bill.issued_on,
                currency=bill.currency,
                total=bill.total,
                owed=bill.total,
            )
        )


def refuse_billed(**origin: int) -> None:
    """Raise Conflict, naming the bill, if a visit, program, order or entry has already been billed."""
    standing = BilledWork.objects.filter(**origin).select_related("bill").first()
    if standing is not None:
        raise Conflict(_("It has already been billed, on %(bill)s.") % {"bill": standing.bill}, code="billed")


def _stamp(settings: BillingSettings, lines: Sequence[NewLine], summed: Sequence[sums.Amounts]) -> Decimal:
    """The stamp duty of a bill whose untaxed lines exceed the practice's threshold."""
    if settings.stamp_threshold is None:
        return sums.ZERO
    untaxed = sums.total(amounts for line, amounts in zip(lines, summed, strict=True) if not line.vat_percentage)
    return settings.stamp_amount if untaxed.gross > settings.stamp_threshold else sums.ZERO


def lock_balance(bill_id: int) -> BillBalance | None:
    """Return the locked balance of a bill; None for a bill that nobody owes."""
    rows = BillBalance.objects.filter(bill_id=bill_id).values_list("pk", flat=True)
    locked = lock(BillBalance.objects.select_related("bill__practice", "bill__patient", "bill__company"), rows)
    return locked[0] if locked else None


def check_line(line: NewLine) -> None:
    """Raise InvalidInput for a typed line with impossible values."""
    problems = {}
    if not line.label.strip():
        problems["label"] = _("is required")
    if not 1 <= line.quantity <= 32767:
        problems["quantity"] = _("must be at least 1")
    if not 0 <= line.vat_percentage <= 100:
        problems["vat_percentage"] = _("must be between 0 and 100")
    if line.unit_price < 0 or line.discount < 0:
        problems["unit_price"] = _("must not be negative")
    if problems:
        raise InvalidInput(problems)
