"""Invoices and their items, as the bills that the clinic issued; and what appointments say of theirs."""

from decimal import Decimal

import pytest

from billing.services import NewLine, bill_appointment, credit_bill, issue_bill, take_payment
from patients.services import actor_for
from tests.api.cliniko.conftest import NOW, PLAIN, VENDOR, link
from tests.api.cliniko.test_appointments import a_visit
from tests.api.cliniko.test_neighbours import own
from tests.factories import AT, AccountFactory, PaymentTypeFactory, ProductFactory


@pytest.fixture
def boss(admin_user):
    return actor_for(admin_user, door="test")


@pytest.fixture
def billed(scene, boss):
    """A visit that took place and was billed, and a bill of a product with a discount."""
    scene.service.base_price, scene.service.code = Decimal("119.00"), "C1"
    scene.service.save()
    scene.visit = a_visit(scene, status="done", starts_at=AT, patient_case=scene.case)
    scene.bill = bill_appointment(scene.visit.pk, by=boss, at=AT)
    product = ProductFactory(organization=scene.practice.organization, barcode="869")
    line = NewLine(label="Band", quantity=2, unit_price=Decimal("12.20"), discount=Decimal("2.20"),
                   vat_percentage=Decimal("22.00"), product_id=product.pk)  # fmt: skip
    scene.other = issue_bill(practice_id=scene.practice.pk, patient_id=scene.patient.pk, lines=[line], by=boss, at=AT)
    scene.product = product
    return scene


def test_an_invoice(client, billed):
    shown = client.get(f"{VENDOR}/invoices/{billed.bill.pk}").json()
    assert shown == {
        "id": str(billed.bill.pk),
        "number": str(billed.bill.number),
        "issue_date": "2026-02-17",
        "status": 10,
        "status_description": "Open",
        "total_amount": f"{billed.bill.total:.2f}",
        "net_amount": f"{billed.bill.net:.2f}",
        "tax_amount": f"{billed.bill.vat:.2f}",
        "discounted_amount": "0.00",
        "invoice_to": "Ada Moss",
        "notes": None,
        "patient_extra_information": None,
        "created_at": NOW,
        "updated_at": NOW,
        "deleted_at": None,
        "closed_at": None,
        "appointment": link(f"appointments/{billed.visit.pk}"),
        "business": link(f"businesses/{billed.practice.pk}"),
        "practitioner": link(f"practitioners/{billed.practitioner.pk}"),
        "patient": link(f"patients/{billed.patient.pk}"),
        "invoice_items": link(f"invoices/{billed.bill.pk}/invoice_items"),
        "links": own(f"invoices/{billed.bill.pk}"),
    }
    for path in ("invoices?q[]=status:=10", f"invoices?q[]=patient_id:={billed.patient.pk}",
                 "invoices?q[]=issue_date:=2026-02-**", f"patients/{billed.patient.pk}/invoices"):  # fmt: skip
        assert client.get(f"{VENDOR}/{path}").json()["total_entries"] == 2, path
    for path in (f"invoices?q[]=appointment_id:={billed.visit.pk}", f"appointments/{billed.visit.pk}/invoices",
                 f"attendees/{billed.visit.pk}/invoices", f"patient_cases/{billed.case.pk}/invoices",
                 f"practitioners/{billed.practitioner.pk}/invoices"):  # fmt: skip
        assert client.get(f"{VENDOR}/{path}").json()["invoices"] == [shown], path
    assert client.get(f"{VENDOR}/invoices/deleted").json()["total_entries"] == 0


def test_an_item_of_an_invoice(client, billed):
    (shown,) = client.get(f"{VENDOR}/invoices/{billed.other.pk}/invoice_items").json()["invoice_items"]
    assert shown == {
        "id": str(billed.other.lines.get().pk),
        "name": "Band",
        "code": "869",
        "quantity": "2",
        "unit_price": "12.20",
        "net_price": "18.20",
        "discount_percentage": None,
        "discounted_amount": "2.20",
        "is_monetary_discount": True,
        "tax_name": "22 %",
        "tax_amount": "4.00",
        "total_including_tax": "22.20",
        "concession_type_name": None,
        "created_at": NOW,
        "updated_at": NOW,
        "deleted_at": None,
        "invoice": link(f"invoices/{billed.other.pk}"),
        "billable_item": None,
        "product": link(f"products/{billed.product.pk}"),
        "links": own(f"invoice_items/{shown['id']}"),
    }
    assert client.get(f"{VENDOR}/invoice_items/{shown['id']}").json() == shown
    assert client.get(f"{VENDOR}/invoice_items").json()["total_entries"] == 2
    assert client.get(f"{VENDOR}/invoices/{billed.other.pk}").json()["discounted_amount"] == "2.20"


def test_how_it_stands_shows_on_the_appointment_too(client, billed, boss):
    def statuses():
        invoice = client.get(f"{VENDOR}/invoices/{billed.bill.pk}").json()
        appointment = client.get(f"{PLAIN}/{billed.visit.pk}").json()
        attendee = client.get(f"{VENDOR}/attendees/{billed.visit.pk}").json()
        assert appointment["invoice_status"] == attendee["invoice_status"]
        assert (invoice["closed_at"] is None) == (invoice["status"] in (10, 40))
        return invoice["status"], invoice["status_description"], appointment["invoice_status"]

    assert statuses() == (10, "Open", 10)
    money = {
        "practice_id": billed.practice.pk,
        "account_id": AccountFactory(practice=billed.practice).pk,
        "payment_type_id": PaymentTypeFactory(organization=billed.practice.organization).pk,
        "by": boss,
        "at": AT,
    }
    take_payment(amount=billed.bill.total, bill_ids=[billed.bill.pk], **money)
    assert statuses() == (20, "Paid", 20)
    unbilled = a_visit(billed)
    assert client.get(f"{PLAIN}/{unbilled.pk}").json()["invoice_status"] is None


def test_a_credited_one_is_closed_and_frees_its_appointment(client, billed, boss):
    credit_bill(billed.bill.pk, reason="Wrong", by=boss, at=AT)
    assert client.get(f"{VENDOR}/invoices/{billed.bill.pk}").json()["status"] == 30
    assert client.get(f"{VENDOR}/invoices").json()["total_entries"] == 2  # the credit note is none of them
    assert client.get(f"{PLAIN}/{billed.visit.pk}").json()["invoice_status"] is None


def test_a_specialist_sees_no_invoices(program, specialist, specialist_user, billed):
    assert program(specialist_user).get(f"{VENDOR}/invoices").status_code == 403
