"""Bills and receipts on paper: what is on them, in the practice's language, whatever people type."""

import json
from decimal import Decimal

import pytest
import typst
from django.utils import translation

from billing.models import Transaction
from billing.services import (
    bill_appointment,
    bill_pdf,
    change_settings,
    credit_bill,
    receipt_pdf,
    reverse_transaction,
)
from billing.services import documents as printed
from billing.states import Language
from core.errors import Forbidden, Missing
from tests.billing.conftest import till_stage
from tests.factories import AT, PracticeFactory
from tests.stage import actor_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return till_stage(
        name="Fizio Nord", registration_name="Fizio Nord SRL", registration_value="CUI RO123456",
        address_1="Strada Morii 5", post_code="010101", city="București",
        additional_invoice_information="Thank you.",
    )  # fmt: skip


def content(bill, language="en"):
    with translation.override(language):
        return printed._bill(bill, language)


def pages(template, data):
    """The document as pictures, one a page."""
    found = typst.compile(
        str(printed.FOLDER / template), root=str(printed.FOLDER), format="png", ppi=60.0,
        sys_inputs={"data": json.dumps(data)}, ignore_system_fonts=True,
    )  # fmt: skip
    return found if isinstance(found, list) else [found]


def test_a_bill_is_a_pdf(desk):
    made = bill_pdf(desk.bill("119.00").pk, by=desk.desk)
    assert made.startswith(b"%PDF-")


def test_a_bill_says_who_whom_what_and_how_much(desk):
    found = content(desk.bill("119.00", "10.00"))
    assert found["practice"] == ["Fizio Nord SRL", "Strada Morii 5", "010101 București", "CUI RO123456"]
    assert found["payee"][0] == desk.patient.name
    assert (found["title"], found["date"]) == ("Invoice 1/2026", "February 17, 2026")
    assert found["lines"][0] == ["Treatment", "1", "119.00", "", "19 %", "100.00", "119.00"]
    assert [name for name, _amount in found["sums"]] == ["Net total", "Tax 19 % on RON\xa0108.40"]
    assert (found["total"], found["notes"]) == ("RON\xa0129.00", ["Thank you."])


def test_it_is_in_the_language_of_the_practice_or_in_the_one_asked_for(desk, monkeypatch):
    bill = desk.bill("119.00")
    found = content(bill, "ro")
    assert (found["heading"], found["date"], found["total"]) == ("Factură", "17 februarie 2026", "119,00\xa0RON")
    change_settings(desk.practice.pk, values={"language": "ro"}, by=desk.admin, at=AT)
    with monkeypatch.context() as uncompiled:  # a PDF says in which second it was made
        uncompiled.setattr("billing.services.documents._compiled", lambda template, data: (template, data))
        assert bill_pdf(bill.pk, by=desk.desk) == bill_pdf(bill.pk, by=desk.desk, language="ro")
    with pytest.raises(Missing):
        bill_pdf(bill.pk, by=desk.desk, language="xx")


def test_every_language_has_every_word():
    words = {language: printed.words_of(language) for language in Language.values}
    assert len({frozenset(one) for one in words.values()}) == 1
    assert all(text.strip() for one in words.values() for text in one.values())


def test_what_people_type_is_never_markup(desk):
    desk.patient.first_name, desk.patient.last_name = '#read("/etc/passwd")', r"*$\{}<>@#[ț]"
    desk.patient.save()
    bill = desk.bill("119.00")
    assert content(bill)["payee"] == [desk.patient.name]
    assert bill_pdf(bill.pk, by=desk.desk).startswith(b"%PDF-")


def test_many_lines_go_on_over_pages(desk):
    few, many = content(desk.bill("119.00")), content(desk.bill(*["10.00"] * 60))
    assert (len(pages("bill.typ", few)), len(pages("bill.typ", many))) == (1, 2)


def test_a_credit_says_what_it_credits_and_why(desk):
    credit = credit_bill(desk.bill().pk, reason="Wrong patient", by=desk.admin, at=AT)
    assert content(credit)["facts"] == [["Credits", "1/2026, February 17, 2026"], ["Reason", "Wrong patient"]]


def test_a_proforma_says_that_it_is_no_invoice(desk):
    assert "This is not an invoice." in content(desk.bill(proforma=True))["notes"]


def test_a_receipt_says_what_was_paid_for_what_and_what_was_reversed(desk):
    bill = desk.bill("100.00")
    receipt = desk.pay("130.00", bill, rest_on_account=True)
    reverse_transaction(Transaction.objects.earliest("pk").pk, reason="Wrong", by=desk.desk, at=AT)
    with translation.override("en"):
        found = printed._receipt(receipt, "en")
    assert found["lines"] == [
        ["Invoice 1/2026", "Paid by: Cash, February 17, 2026 (reversed)", "RON\xa0100.00"],
        ["On account", "Paid by: Cash, February 17, 2026", "RON\xa030.00"],
    ]
    assert receipt_pdf(receipt.pk, by=desk.desk).startswith(b"%PDF-")


def test_only_who_sees_a_bill_prints_it(desk):
    bill, receipt = desk.bill(), desk.pay("10.00", patient_id=desk.patient.pk)
    for stranger in (actor_with("front_desk", PracticeFactory()), actor_with("specialist", desk.practice)):
        with pytest.raises((Missing, Forbidden)):
            bill_pdf(bill.pk, by=stranger)
        with pytest.raises((Missing, Forbidden)):
            receipt_pdf(receipt.pk, by=stranger)


def test_an_exemption_is_printed_once(desk):
    desk.service.vat_exemption = "Exempt under art. 292"
    desk.service.save()
    bill = bill_appointment(desk.visit().pk, by=desk.desk, at=AT.replace(day=20))
    found = content(bill)
    assert found["notes"][0] == "Without tax: Exempt under art. 292"
    assert [name for name, _amount in found["sums"]] == ["Net total"]
    assert Decimal(bill.vat) == 0
