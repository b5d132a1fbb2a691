"""Bills and receipts as PDF/A, made from template files that get their data as JSON.

In the language of the practice's bills, with its registration data. A page is A4, the file PDF/A.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import typst
from babel.dates import format_date
from babel.numbers import format_decimal
from django.utils import translation

from billing import sums
from billing.models import Bill, Receipt
from billing.services.instalments import instalments_of_bills
from billing.services.numbering import settings_of
from billing.states import BillType
from core.actor import Actor
from core.errors import Missing
from core.money import show
from directory.models import Practice
from patients.models import Patient

FOLDER = Path(__file__).resolve().parent.parent / "print"


def bill_pdf(bill_id: int, *, by: Actor, language: str = "") -> bytes:
    """Return one of our bills as a PDF, in `language` (default: the practice's). Missing if `by` may not see it."""
    rows = Bill.objects.visible_to(by).incoming().select_related("practice", "patient", "company", "credits")
    bill = rows.one(pk=bill_id)
    by.require("billing.view", bill.practice_id, patient_id=bill.patient_id)
    language = language or settings_of(bill.practice).language
    with translation.override(language):
        return _compiled("bill.typ", _bill(bill, language))


def receipt_pdf(receipt_id: int, *, by: Actor, language: str = "") -> bytes:
    """Return a receipt as a PDF, in `language` (default: the practice's). Missing if `by` may not see it."""
    receipt = Receipt.objects.visible_to(by).select_related("practice", "patient", "company").one(pk=receipt_id)
    by.require("billing.view", receipt.practice_id, patient_id=receipt.patient_id)
    language = language or settings_of(receipt.practice).language
    with translation.override(language):
        return _compiled("receipt.typ", _receipt(receipt, language))


def _bill(bill: Bill, language: str) -> dict[str, Any]:
    words, currency = words_of(language), bill.currency
    lines = list(bill.lines.order_by("position"))
    by_rate = sums.by_rate((line.vat_percentage, line.amounts) for line in lines)
    totals = [[words["total_net"], show(bill.net, currency)]]
    for rate, amounts in by_rate.items():
        if rate:
            what = f"{words['tax_of']} {_percent(rate, language)} {words['on']} {show(amounts.net, currency)}"
            totals.append([what, show(amounts.vat, currency)])
    if bill.stamp:
        totals.append([words["stamp"], show(bill.stamp, currency)])
    facts = []
    if bill.credits is not None:
        facts.append([words["credits"], f"{bill.credits.full_number}, {_day(bill.credits.issued_on, language)}"])
    if bill.reason:
        facts.append([words["reason"], bill.reason])
    exempt = dict.fromkeys(line.vat_exemption for line in lines if line.vat_exemption)
    notes = [f"{words['without_tax']}: {text}" for text in exempt]
    if bill.type == BillType.PROFORMA:
        notes.append(words["not_a_claim"])
    if bill.patient is not None:
        notes.append(bill.patient.invoice_extra_information)
    notes.append(bill.practice.additional_invoice_information)
    due = instalments_of_bills([bill])[bill.pk]
    heading = words[bill.type]
    return _common(bill.practice, _payee(bill), language) | {
        "title": f"{heading} {bill.full_number}",
        "heading": heading,
        "number": bill.full_number,
        "date": _day(bill.issued_on, language),
        "facts": facts,
        "prices": words["prices_net"] if any(line.price_is_net for line in lines) else words["prices_gross"],
        "lines": [
            [
                line.label,
                str(line.quantity),
                _amount(line.unit_price, language),
                _amount(line.discount, language) if line.discount else "",
                _percent(line.vat_percentage, language),
                _amount(line.net, language),
                _amount(line.gross, language),
            ]
            for line in lines
        ],
        "sums": totals,
        "total": show(bill.total, currency),
        "instalments": [[_day(one.liability.due_on, language), show(one.liability.amount, currency)] for one in due],
        "notes": [note for note in notes if note.strip()],
    }


def _receipt(receipt: Receipt, language: str) -> dict[str, Any]:
    words = words_of(language)
    lines = []
    for one in receipt.transactions.select_related("bill", "payment_type", "reversed_by").order_by("pk"):
        what = f"{words[one.bill.type]} {one.bill.full_number}" if one.bill else words["on_account"]
        how = f"{words['paid_by']}: {one.payment_type.name}, {_day(one.date, language)}"
        how += f" ({words['reversed']})" if one.is_reversed else ""
        lines.append([what, how, show(one.amount, one.currency)])
    return _common(receipt.practice, _payee(receipt), language) | {
        "title": f"{words['receipt']} {receipt}",
        "heading": words["receipt"],
        "number": str(receipt),
        "date": _day(receipt.issued_on, language),
        "facts": [],
        "lines": lines,
        "total": show(receipt.amount, receipt.currency),
        "notes": _given([receipt.practice.additional_invoice_information]),
    }


def _common(practice: Practice, payee: list[str], language: str) -> dict[str, Any]:
    return {"words": words_of(language), "language": language, "practice": _sender(practice), "payee": payee}


def _sender(practice: Practice) -> list[str]:
    place = " ".join(part for part in (practice.post_code, practice.city) if part)
    return _given(
        [
            practice.registration_name or str(practice),
            practice.address_1,
            practice.address_2,
            place,
            practice.state,
            practice.registration_value,
            *practice.contact_information.splitlines(),
        ]
    )


def _payee(document: Bill | Receipt) -> list[str]:
    company = document.company
    if company is not None:
        return _given([company.name, *company.address.splitlines(), company.tax_number])
    return _patient(document.patient) if document.patient is not None else []


def _patient(patient: Patient) -> list[str]:
    if patient.invoice_default_to.strip():
        return _given(patient.invoice_default_to.splitlines())
    place = " ".join(part for part in (patient.post_code, patient.city) if part)
    code = patient.italian_fiscal_code or patient.identity_number
    return _given([patient.name, patient.address_1, patient.address_2, place, code])


def _given(texts: Iterable[str]) -> list[str]:
    return [text.strip() for text in texts if text.strip()]


def _day(day: date, language: str) -> str:
    return str(format_date(day, format="long", locale=language))


def _amount(amount: Decimal, language: str) -> str:
    return str(format_decimal(amount, format="#,##0.00", locale=language))


def _percent(rate: Decimal, language: str) -> str:
    return f"{format_decimal(rate.normalize() if rate else Decimal(0), format='#,##0.##', locale=language)} %"


@cache
def _all_words() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = json.loads((FOLDER / "words.json").read_text(encoding="utf-8"))
    return words


def words_of(language: str) -> dict[str, str]:
    """Return the printed words of a language; Missing for a language in which nothing is printed."""
    found = _all_words().get(language)
    if found is None:
        raise Missing("Language")
    return found


def _compiled(template: str, data: dict[str, Any]) -> bytes:
    # Fonts come with the compiler: a document looks the same on every machine.
    made: bytes = typst.compile(
        str(FOLDER / template),
        root=str(FOLDER),
        sys_inputs={"data": json.dumps(data)},
        format="pdf",
        pdf_standards="a-2b",
        ignore_system_fonts=True,
    )
    return made
