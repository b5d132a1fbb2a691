"""Money at the desk in a real browser: a visit is billed and paid in parts, a mistake reversed, the till counted."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.models import Bill, BillBalance, TillClosing, Transaction
from billing.services import NewLine, accept_care_plan, add_care_plan_entry, create_care_plan, issue_bill
from core.actor import Actor
from tests.browser.conftest import in_each_look
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    MembershipFactory,
    PatientFactory,
    PaymentTypeFactory,
    PracticeFactory,
    ServiceFactory,
    UserFactory,
)


@pytest.fixture
def practice(live_server):
    practice = PracticeFactory(name="Amberfield")
    MembershipFactory(practice=practice, user=UserFactory(username="frontdesk", first_name="Fran"))
    for name in ("Drawer", "Card terminal"):
        AccountFactory(practice=practice, name=name)
    for name in ("Cash", "Card"):
        PaymentTypeFactory(organization=practice.organization, name=name)
    return practice


@pytest.fixture
def patient(practice):
    return PatientFactory(organization=practice.organization, first_name="Ada", last_name="Cloudberry")


@pytest.fixture
def visit(practice, patient):
    service = ServiceFactory(organization=practice.organization, name="Kinetotherapy", base_price=Decimal("150.00"))
    now = timezone.now()
    return AppointmentFactory(
        practice=practice, patient=patient, service=service, done=True, starts_at=now - timedelta(hours=2),
        ends_at=now - timedelta(hours=1),
    )  # fmt: skip


def take(page, amount, kind, account):
    page.get_by_role("link", name="Take payment …").click()
    page.get_by_label("Amount").fill(amount)
    page.get_by_label("Paid by").select_option(label=kind)
    page.get_by_label("Into").select_option(label=account)
    page.get_by_role("button", name="Take payment").click()


def test_a_visit_is_paid_in_parts_one_is_reversed_and_the_till_agrees(page, sign_in, practice, visit, axe):
    sign_in(page, "frontdesk")
    address = f"/admin/scheduling/appointment/{visit.pk}/change/"
    page.goto(address)
    page.get_by_text("Not billed yet").wait_for()
    take(page, "100.00", "Card", "Card terminal")
    page.get_by_text("RON 100.00 received.").wait_for()
    receipt = page.get_by_role("link", name="Print receipt R1/").get_attribute("href")
    answer = page.request.get(receipt)
    assert (answer.status, answer.headers["content-type"], answer.body()[:5]) == (200, "application/pdf", b"%PDF-")
    bill = Bill.objects.get()
    assert BillBalance.objects.get(bill=bill).owed == Decimal("50.00")

    page.goto(address)
    take(page, "50.00", "Cash", "Drawer")
    page.get_by_text("RON 50.00 received.").wait_for()
    assert BillBalance.objects.get(bill=bill).owed == 0

    cash = Transaction.objects.latest("pk")
    page.goto(f"/admin/billing/transaction/{cash.pk}/change/")
    page.get_by_role("link", name="Reverse …").click()
    page.get_by_label("Reason").fill("The note was false")
    page.get_by_role("button", name="Reverse").click()
    page.get_by_text("1 payment reversed.").wait_for()
    assert BillBalance.objects.get(bill=bill).owed == Decimal("50.00")

    page.goto(f"/admin/patients/patient/{visit.patient_id}/")
    page.locator(".bo-panel", has_text="Money").get_by_text("RON 50.00").first.wait_for()
    page.get_by_role("region", name="What to do next").get_by_role("link", name="Take payment").click()
    assert page.get_by_label("Amount").input_value() == "50.00"
    page.get_by_role("button", name="Take payment").click()
    page.get_by_text("RON 50.00 received.").wait_for()

    page.goto("/admin/till/")
    drawer = page.locator(".bo-panel", has_text="Drawer")
    drawer.get_by_text("RON 50.00").first.wait_for()
    drawer.get_by_label("Counted").fill("50.00")
    drawer.get_by_role("button", name="Close this account").click()
    page.get_by_text("Drawer has been closed for this day.").wait_for()
    closing = TillClosing.objects.get()
    assert (closing.account.name, closing.expected, closing.counted) == ("Drawer", Decimal("50.00"), Decimal("50.00"))
    assert closing.by.username == "frontdesk"
    assert axe(page) == []


def test_an_estimate_is_written_signed_accepted_and_billed(page, sign_in, practice, patient):
    by = Actor.system("test")
    plan = create_care_plan(practice_id=practice.pk, patient_id=patient.pk, by=by, at=timezone.now())
    for price in ("100.00", "59.50"):
        add_care_plan_entry(plan.pk, values={"label": "Step", "price": Decimal(price)}, by=by, at=timezone.now())
    sign_in(page, "frontdesk")
    address = f"/admin/billing/careplan/{plan.pk}/change/"
    page.goto(address)
    page.get_by_role("link", name="Signed …").click()
    page.get_by_role("button", name="Signed").click()
    page.get_by_text("1 care plan signed.").wait_for()
    page.get_by_role("button", name="Accept").click()
    page.get_by_text("1 care plan accepted.").wait_for()
    page.get_by_role("link", name="Instalments …").click()
    page.get_by_label("Instalments").fill("3")
    page.get_by_role("button", name="Instalments").click()
    page.get_by_text("RON 53.17").first.wait_for()
    page.get_by_role("link", name="Bill …").click()
    page.get_by_label("Amount, with tax").fill("59.50")
    page.get_by_role("button", name="Bill").click()
    page.get_by_text("1 care plan billed.").wait_for()
    bill = Bill.objects.get()
    assert (bill.type, bill.total, bill.care_plan) == ("partial", Decimal("59.50"), plan)
    assert plan.liabilities.count() == 3


@pytest.fixture
def pages(practice, patient, visit):
    """A page of each kind."""
    by, at = Actor.system("test"), timezone.now()
    plan = create_care_plan(practice_id=practice.pk, patient_id=patient.pk, by=by, at=at)
    add_care_plan_entry(plan.pk, values={"label": "Step", "price": Decimal("10.00")}, by=by, at=at)
    accept_care_plan(plan.pk, by=by, at=at)
    line = NewLine(label="Tape", unit_price=Decimal("59.50"), vat_percentage=Decimal("19.00"))
    bill = issue_bill(practice_id=practice.pk, patient_id=patient.pk, lines=[line], by=by, at=at)
    return [
        "/admin/billing/bill/",
        f"/admin/billing/bill/{bill.pk}/change/",
        f"/admin/billing/bill/{bill.pk}/take-payment/",
        "/admin/billing/transaction/",
        f"/admin/billing/careplan/{plan.pk}/change/",
        "/admin/till/",
        "/admin/cash-book/",
        "/admin/debts/",
        f"/admin/patients/patient/{patient.pk}/",
        f"/admin/scheduling/appointment/{visit.pk}/change/",
    ]


@in_each_look
def test_the_pages_of_money_are_readable(page, sign_in, pages, axe):
    sign_in(page, "frontdesk")
    for address in pages:
        page.goto(address)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert (address, axe(page), wide) == (address, [], 0)
