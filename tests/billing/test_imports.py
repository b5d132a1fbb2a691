"""Care plans, bills and payments of another system."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import Bill, BillBalance, BilledWork, CarePlan, CarePlanEntry, Liability, PriceListItem, Transaction
from billing.services import record_care_plan
from core.actor import Actor
from core.errors import Conflict, Forbidden, InvalidInput
from core.imports.undo import undo_import
from core.models import ImportJob
from directory.models import User
from patients.models import Patient
from tests.factories import AT, AppointmentFactory, PatientFactory, ServiceFactory
from tests.importing import NOW, import_text, outcome, refusals
from tests.races.racing import broken

BY = Actor.system("undo_import")

PLACES = "external_id,name\ncash,Drawer\n"


@pytest.fixture
def clinic(practice):
    """A practice with what payments need, a patient and a service."""
    PatientFactory(organization=practice.organization, email="ana@example.org")
    ServiceFactory(organization=practice.organization, slug="visit", name="Visit", base_price=100)
    import_text("accounts", PLACES, practice_id=practice.pk)
    import_text("payment-types", "external_id,name\nc,Cash\n", practice_id=practice.pk)
    return practice


def read(kind, text, practice):
    report = import_text(kind, text, practice_id=practice.pk)
    assert refusals(report) == []
    return report


def test_bills_keep_their_numbers_and_are_paid_by_transactions(clinic):
    bills = (
        "external_id,number,issued_on,patient,total,vat_percentage,label,lines\n"
        "b1,INV-7,2025-01-31,ana@example.org,121.00,21,Two visits,\n"
        "b2,INV-8,2025-02-01,ana@example.org,,,,"
        '"[{""label"": ""Visit"", ""unit_price"": ""50.00""}, '
        '{""label"": ""Tape"", ""unit_price"": 5, ""quantity"": 2}]"\n'
    )
    assert outcome(read("bills", bills, clinic)) == (2, 0, 0, 0)
    one, other = Bill.objects.order_by("pk")
    assert (one.full_number, one.series, one.net, one.vat, one.total) == (
        "INV-7", "imported", Decimal("100.00"), Decimal("21.00"), Decimal("121.00"),
    )  # fmt: skip
    assert (other.total, other.lines.count()) == (Decimal("60.00"), 2)
    payments = (
        "external_id,date,amount,account,payment_type,bill,patient\n"
        "t1,2025-02-02,21.00,Drawer,Cash,INV-7,\nt2,2025-02-03,30,Drawer,Cash,,ana@example.org\n"
    )
    assert outcome(read("transactions", payments, clinic)) == (2, 0, 0, 0)
    assert BillBalance.objects.get(bill=one).owed == Decimal("100.00")
    assert Transaction.objects.get(bill=None).patient.email == "ana@example.org"
    # Again: a bill and a payment never change.
    assert outcome(read("bills", bills, clinic)) == (0, 0, 2, 0)
    assert outcome(read("transactions", payments, clinic)) == (0, 0, 2, 0)
    due = "external_id,bill,due_on,amount\nd1,INV-7,2026-03-01,60\nd2,INV-7,2026-04-01,61\n"
    assert outcome(read("instalments", due, clinic)) == (2, 0, 0, 0)
    assert Liability.objects.count() == 2


def test_credits_and_reversals_come_behind_what_they_take_back(clinic):
    bills = (
        "external_id,number,issued_on,patient,total,type,credits,reason,lines\n"
        "b1,INV-7,2025-01-31,ana@example.org,100,,,,\n"
        "c1,C-1,2025-02-05,,,credit,b1,Too much,"
        '"[{""label"": ""Part"", ""unit_price"": ""40"", ""net"": ""40.00"", ""vat"": ""0.00"", ""credits"": 1}]"\n'
        "p1,P-1,2025-02-06,ana@example.org,50,proforma,,,\n"
        "c2,C-2,2025-02-06,,,credit,p1,Nobody owes it,\n"
    )
    report = import_text("bills", bills, practice_id=clinic.pk)
    assert (outcome(report), [line for line, _column, _why in refusals(report)]) == ((3, 0, 0, 1), [5])
    balance = BillBalance.objects.get()
    assert (balance.total, balance.credited, balance.owed) == (100, 40, 60)
    # The whole was paid before it was credited; one payment was taken back.
    payments = (
        "external_id,date,amount,account,payment_type,bill,reverses,reason\n"
        "t1,2025-02-01,100,Drawer,Cash,INV-7,,\nt2,2025-02-02,100,Drawer,Cash,INV-7,t1,Typed twice\n"
        "t3,2025-02-03,30,Drawer,Cash,INV-7,,\n"
    )
    assert outcome(read("transactions", payments, clinic)) == (3, 0, 0, 0)
    balance.refresh_from_db()
    assert (balance.paid, balance.owed, Transaction.objects.get(reverses__isnull=False).direction) == (
        30, 30, "outgoing",
    )  # fmt: skip
    assert broken() == []


def test_a_bill_names_the_visit_that_it_bills_and_is_taken_back_while_nothing_is_paid(clinic):
    visit = AppointmentFactory(practice=clinic, patient=Patient.objects.get())
    lines = f'"[{{""label"": ""Visit"", ""unit_price"": 50, ""appointment"": ""#{visit.pk}""}}]"'
    header = "external_id,number,issued_on,patient,lines\n"
    read("bills", f"{header}b1,INV-7,2025-01-31,ana@example.org,{lines}\n", clinic)
    assert BilledWork.objects.get().appointment == visit
    again = import_text("bills", f"{header}b2,INV-8,2025-01-31,ana@example.org,{lines}\n", practice_id=clinic.pk)
    assert outcome(again) == (0, 0, 0, 1)
    first = ImportJob.objects.filter(kind="bills").earliest("pk")
    undo_import(first.pk, by=BY, at=NOW)
    assert not BilledWork.objects.exists()
    assert [bill.full_number for bill in Bill.objects.order_by("pk")] == ["INV-7", "C-INV-7"]
    assert BillBalance.objects.get().owed == 0
    read("bills", f"{header}b3,INV-9,2025-01-31,ana@example.org,{lines}\n", clinic)
    payment = "external_id,date,amount,account,payment_type,bill\nt1,2025-02-01,10,Drawer,Cash,INV-9\n"
    read("transactions", payment, clinic)
    with pytest.raises(Conflict, match="1 rows are in use"):
        undo_import(ImportJob.objects.filter(kind="bills").latest("pk").pk, by=BY, at=NOW)


def test_users_and_entries_of_care_plans_are_taken_back_until_something_depends_on_them(clinic):
    read("users", "external_id,username\nu,ana\nv,ion\n", clinic)
    undo_import(ImportJob.objects.latest("pk").pk, by=BY, at=NOW)
    assert not User.objects.filter(username__in=["ana", "ion"]).exists()
    read("users", "external_id,username\nu,ana\n", clinic)
    read("memberships", "external_id,user,role\nm,ana,front_desk\n", clinic)
    with pytest.raises(Conflict, match="1 rows are in use"):
        undo_import(ImportJob.objects.get(kind="users", undone_at=None).pk, by=BY, at=NOW)
    read("care-plans", "external_id,patient,state,date_accepted\np,ana@example.org,accepted,2025-01-31\n", clinic)
    read("care-plan-entries", "external_id,care_plan,service\ne,p,Visit\n", clinic)
    undo_import(ImportJob.objects.get(kind="care-plan-entries").pk, by=BY, at=NOW)
    assert CarePlanEntry.objects.get().archived_at == NOW


def test_what_cannot_be_billed_or_paid_is_refused_by_column(clinic):
    bills = (
        "external_id,number,issued_on,patient,total,direction\n"
        "b1,INV-7,2025-01-31,ana@example.org,,\nb2,INV-8,2099-01-01,ana@example.org,10,\n"
        "b3,INV-9,2025-01-31,,10,outgoing\nb4,INV-10,2025-01-31,ana@example.org,10,\n"
    )
    report = import_text("bills", bills, practice_id=clinic.pk)
    assert [(line, column) for line, column, _why in refusals(report)] == [
        (2, "total"),
        (3, "issued_on"),
        (4, "company"),
    ]
    payments = (
        "external_id,date,amount,account,payment_type,bill\n"
        "t1,2025-02-02,11,Drawer,Cash,INV-10\nt2,2025-02-02,1,Safe,Cash,INV-10\n"
    )
    report = import_text("transactions", payments, practice_id=clinic.pk)
    assert [(line, column) for line, column, _why in refusals(report)] == [(2, "amount"), (3, "account")]
    assert not Transaction.objects.exists()


def test_care_plans_come_in_any_state_with_entries_done(clinic):
    read("price-lists", "external_id,name,currency\nl,Insured,RON\n", clinic)
    read("prices", "external_id,price_list,service,price\np,Insured,visit,80\n", clinic)
    assert PriceListItem.objects.get().price == 80
    plans = (
        "external_id,patient,name,state,date_accepted,price_list\n"
        "c1,ana@example.org,Back,accepted,2025-01-31,Insured\nc2,ana@example.org,Neck,,,\n"
    )
    assert outcome(read("care-plans", plans, clinic)) == (2, 0, 0, 0)
    entries = "external_id,care_plan,service,label,price,done_on\ne1,c1,visit,,,2025-02-01\ne2,c1,,Tape,5,\n"
    assert outcome(read("care-plan-entries", entries, clinic)) == (2, 0, 0, 0)
    plan = CarePlan.objects.get(name="Back")
    assert (plan.state, plan.date_accepted) == ("accepted", date(2025, 1, 31))
    first, second = CarePlanEntry.objects.in_order()
    assert (first.label, first.price, first.done_on, second.price) == ("Visit", 80, date(2025, 2, 1), 5)
    report = import_text("care-plans", plans.replace(",,,\n", ",completed,,\n"), practice_id=clinic.pk)
    assert [(line, column) for line, column, _why in refusals(report)] == [(3, "state")]


def test_a_care_plan_is_recorded_by_clinic_admins_and_with_its_date(clinic, front_desk, admin_actor):
    patient = clinic.organization.patients.get()
    told = {"practice_id": clinic.pk, "patient_id": patient.pk, "values": {}, "state": "accepted", "at": AT}
    with pytest.raises(Forbidden):
        record_care_plan(**told, by=front_desk)
    with pytest.raises(InvalidInput) as refused:
        record_care_plan(**told, by=admin_actor)
    assert list(refused.value.fields) == ["accepted_on"]
    with pytest.raises(InvalidInput):
        record_care_plan(**told, accepted_on=date(2099, 1, 1), by=Actor.system("test"))
    assert not CarePlan.objects.exists()


def test_a_refused_bill_says_only_what_is_wrong_with_it(practice):
    PatientFactory(organization=practice.organization, email="ana@example.org")
    text = "external_id,number,issued_on,patient,total\n1,R-001,2026-01-06,ana@example.org,{}\n"
    for total, column in (("-20.00", "total"), ("1.234", "total")):
        report = import_text("bills", text.format(total), practice_id=practice.pk)
        assert [one.column for one in report.refusals] == [column], report.refusals
