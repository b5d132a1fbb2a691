"""The import of another system's bills, their instalments, and payments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing import sums
from billing.imports.lines import ToldLine, credited, lines_as_text, lines_of, new_lines
from billing.imports.plans import CARE_PLAN
from billing.imports.setup import ACCOUNT, COMPANY, PAYMENT_TYPE
from billing.models import Bill, BillLine, Liability, Transaction
from billing.services import (
    NewLine,
    archive_liability,
    change_liability,
    record_imported_bill,
    record_imported_credit,
    record_instalment,
    record_supplier_bill,
    record_transaction,
    reverse_transaction,
    take_back_imported_bill,
)
from billing.states import BillType, Direction, ExpenseType
from core.actor import Actor
from core.db import Work
from core.errors import InvalidInput
from core.imports import (
    Column,
    From,
    ImportKind,
    Layout,
    Refers,
    Scope,
    amount,
    day,
    flag,
    one_by_one,
    one_of,
    picked,
    reference,
    text_up_to,
    valid_for,
    whole,
)
from core.iso import check_currency
from directory.imports import IN_PRACTICE, SPECIALIST, organization_of, practice_of
from patients.imports import PATIENT

BILL = Refers(model=Bill, scope="practice__organization", keys=("external_number",))


def _save_bill(work: Work, obj: Bill | None, values: dict[str, Any], scope: Scope) -> Bill:
    if obj is not None:
        return obj  # a bill never changes
    lines = values.get("lines") or ()
    if values.get("type") == BillType.CREDIT:
        return _save_credit(work, values, lines)
    lines = new_lines(lines, scope)
    if not lines:
        if values.get("total") is None:
            raise InvalidInput({"total": _t("The row has neither a total nor lines.")})
        if values["total"] < 0:
            reason = _t("A bill has no total below zero; a credit note is a row of type credit that names its bill.")
            raise InvalidInput({"total": reason})
        one = picked(values, "quantity", "vat_percentage")
        lines = [NewLine(label=values.get("label") or _t("As billed"), unit_price=values["total"], **one)]
    told: Any = {
        "practice_id": practice_of(values, scope),
        "external_number": values["number"],
        "issued_on": values["issued_on"],
        "lines": lines,
        "by": work.by,
        "at": work.at,
    }
    if values.get("direction") == Direction.OUTGOING:
        if values.get("company") is None:
            raise InvalidInput({"company": _t("A bill to pay names the company that sent it.")})
        return record_supplier_bill(company_id=values["company"], **told)
    return record_imported_bill(
        patient_id=values.get("patient"),
        company_id=values.get("company"),
        currency=values.get("currency") or "",
        stamp=values.get("stamp") or sums.ZERO,
        type=BillType(values.get("type") or BillType.FULL),
        care_plan_id=values.get("care_plan"),
        specialist_id=values.get("specialist"),
        reason=values.get("reason") or "",
        **told,
    )


def _save_credit(work: Work, values: dict[str, Any], lines: Sequence[ToldLine]) -> Bill:
    if values.get("credits") is None:
        raise InvalidInput({"credits": _t("A credit note names the bill that it credits.")})
    return record_imported_credit(
        bill_id=values["credits"],
        external_number=values["number"],
        issued_on=values["issued_on"],
        amounts=credited(lines),
        stamp=values.get("stamp") or sums.ZERO,
        reason=values.get("reason") or _t("As imported"),
        by=work.by,
        at=work.at,
    )


def _save_instalment(work: Work, obj: Liability | None, values: dict[str, Any], scope: Scope) -> Liability:
    told = picked(values, "due_on", "amount", "related_to_insurance", "sistema_ts_expense_type")
    if obj is not None:
        return change_liability(obj.pk, values=told, by=work.by, at=work.at)
    keys = picked(values, keys={"bill": "bill_id", "care_plan": "care_plan_id"})
    if not any(keys.values()):
        raise InvalidInput({"bill": _t("The row names neither a bill nor a care plan.")})
    return record_instalment(**told, **keys, by=work.by, at=work.at)


def _save_transaction(work: Work, obj: Transaction | None, values: dict[str, Any], scope: Scope) -> Transaction:
    if obj is not None:
        return obj  # what was paid is reversed, never edited
    if values.get("reverses") is not None:
        reason, on = values.get("reason") or _t("As imported"), values["date"]
        return reverse_transaction(values["reverses"], reason=reason, reversed_on=on, by=work.by, at=work.at)
    told = picked(values, "amount", "date", "verified", "related_to_insurance", "sistema_ts_expense_type", "reason")
    keys = {"account": "account_id", "payment_type": "payment_type_id", "bill": "bill_id"}
    return record_transaction(
        practice_id=practice_of(values, scope),
        direction=values.get("direction") or Direction.INCOMING,
        patient_id=None if values.get("bill") else values.get("patient"),
        before_credits=True,
        **told,
        **picked(values, keys=keys),
        by=work.by,
        at=work.at,
    )


def _reverse(pk: int, *, by: Actor, at: datetime) -> None:
    reverse_transaction(pk, reason=_t("Imported by mistake"), by=by, at=at)


EXPENSE = Column(
    name="sistema_ts_expense_type",
    help=_("Italy's codes, such as sp."),
    parse=one_of({word: word for word in ExpenseType.values}),
)
DIRECTION = Column(
    name="direction",
    help=_("incoming if left empty: money to us; outgoing: from us."),
    parse=one_of({word: word for word in Direction.values}),
    blank=Direction.INCOMING,
    stored=False,
)


BILLS = ImportKind(
    name="bills",
    help=_("Bills, credit notes and bills of suppliers that another system numbered. They keep their numbers."),
    verb="billing.import_bills",
    may="billing.record_imported_bill",
    model=Bill,
    columns=(
        Column(
            name="number",
            help=_("As it is printed."),
            parse=text_up_to(50),
            required=True,
            stored=False,
            write=lambda bill: bill.full_number,
        ),
        Column(name="issued_on", help=_("As 2024-12-31."), parse=day, required=True, stored=False, dated=True),
        reference("patient", PATIENT, _("Who pays, by external id or e-mail address.")),
        reference("company", COMPANY, _("Or the company that pays; of a bill to pay, the one that sent it.")),
        IN_PRACTICE,
        DIRECTION,
        Column(
            name="total",
            help=_("With its tax, of a bill with one line."),
            parse=amount,
            blank=None,
            stored=False,
        ),
        Column(name="label", help=_("What it was for."), parse=text_up_to(255), stored=False, exported=False),
        Column(name="quantity", help="", parse=whole, blank=1, stored=False, exported=False),
        Column(
            name="vat_percentage", help=_("In the total."), parse=amount, blank=sums.ZERO, stored=False, exported=False
        ),
        Column(
            name="lines",
            help=_("Of a bill with several lines: a JSON list, as an export writes it."),
            parse=lines_of,
            blank=(),
            stored=False,
            write=lines_as_text,
        ),
        Column(
            name="type",
            help=_("full if left empty; partial, proforma or credit."),
            parse=one_of({word: word for word in BillType.values}),
            blank=BillType.FULL,
            stored=False,
        ),
        reference("credits", BILL, _("Of a credit note: the bill that it credits, by external id or number.")),
        reference("care_plan", CARE_PLAN, _("The care plan that it is a bill of, by external id.")),
        reference("specialist", SPECIALIST, _("By external id or full name.")),
        Column(name="reason", help=_("Why it was credited."), stored=False),
        Column(name="stamp", help=_("A stamp duty on it."), parse=amount, blank=None, stored=False),
        Column(
            name="currency",
            help=_("Three letters; otherwise the practice's."),
            parse=valid_for(check_currency, rewrite=str.upper),
            stored=False,
        ),
    ),
    place=organization_of,
    save=one_by_one(Bill, _save_bill),
    undo=take_back_imported_bill,
    # A credit note names a bill in the row before it.
    rows_at_once=1,
    rows=lambda organization_id: Bill.objects.filter(practice__organization_id=organization_id).prefetch_related(
        Prefetch(
            "lines", BillLine.objects.select_related("appointment", "care_plan_entry", "credits").order_by("position")
        )
    ),
    layouts={
        "cliniko": Layout(
            name="cliniko",
            help=_("the invoices' export"),
            columns={
                "external_id": From("Invoice ID", "Invoice number", "Invoice #", "Number"),
                "number": From("Invoice number", "Invoice #", "Number"),
                "issued_on": From("Issue date", "Invoice date", "Date"),
                "patient": From("Patient ID", "Patient ID(s)", "Patient email"),
                "practice": From("Business ID", "Business"),
                "total": From("Invoice amount", "Total including tax", "Total", "Total amount"),
                "label": From("Notes", "Description"),
            },
        )
    },
)

INSTALMENTS = ImportKind(
    name="instalments",
    help=_("Amounts of a bill or a care plan that are due on a day."),
    verb="billing.import_instalments",
    may="billing.set_instalments",
    model=Liability,
    columns=(
        reference("bill", BILL, _("By external id or number.")),
        reference("care_plan", CARE_PLAN, _("Or the care plan, by external id.")),
        Column(name="due_on", help=_("As 2024-12-31."), parse=day, required=True, dated=True),
        Column(name="amount", help=_("As 120.00."), parse=amount, required=True),
        flag("related_to_insurance"),
        EXPENSE,
    ),
    place=organization_of,
    save=one_by_one(Liability, _save_instalment),
    undo=archive_liability,
    rows_at_once=1,
    rows=lambda organization_id: Liability.objects.live().filter(
        Q(bill__practice__organization_id=organization_id)
        | Q(bill=None, care_plan__practice__organization_id=organization_id)
    ),
)

TRANSACTIONS = ImportKind(
    name="transactions",
    help=_("Money that moved: for a bill, on account of a patient, or of the till alone."),
    verb="billing.import_transactions",
    may="billing.record_transaction",
    model=Transaction,
    columns=(
        Column(name="date", help=_("As 2024-12-31."), parse=day, required=True, stored=False, dated=True),
        Column(name="amount", help=_("More than nothing."), parse=amount, required=True, stored=False),
        DIRECTION,
        IN_PRACTICE,
        reference("account", ACCOUNT, _("By external id or name."), required=True),
        reference("payment_type", PAYMENT_TYPE, _("Likewise."), required=True),
        reference("bill", BILL, _("The bill that it pays, by external id or number.")),
        reference("patient", PATIENT, _("Whose account it is on, where no bill is named.")),
        flag("verified", _("It has come: yes or no."), blank=True),
        flag("related_to_insurance"),
        EXPENSE,
        Column(name="reason", help="", stored=False),
        reference(
            "reverses",
            Refers(model=Transaction, scope="practice__organization"),
            _("The earlier payment that this one takes back, by external id."),
        ),
    ),
    place=organization_of,
    save=one_by_one(Transaction, _save_transaction),
    undo=_reverse,
    rows_at_once=1,
    rows=lambda organization_id: Transaction.objects.filter(practice__organization_id=organization_id),
)
