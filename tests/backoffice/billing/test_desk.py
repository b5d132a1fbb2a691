"""Money at the desk: the till and its count, the cash book, debts, what is to be billed, what is printed."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.kit import turns
from billing.models import Bill, BillBalance, BilledWork, CarePlan, CarePlanEntry, Receipt, TillClosing, Transaction
from billing.services import settings_of
from core.actor import Actor
from tests.backoffice.conftest import form_of, said, stored, url
from tests.backoffice.rows import bill, care_plan, payment
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    EnrollmentFactory,
    PatientFactory,
    PaymentTypeFactory,
    PracticeFactory,
    ProductFactory,
    ProductOrderFactory,
    ServiceFactory,
)

pytestmark = pytest.mark.django_db
BY = Actor.system("test")


@pytest.fixture
def drawer(practice):
    PaymentTypeFactory(organization=practice.organization, name="Cash")
    return AccountFactory(practice=practice, name="Drawer")


def till(day=None):
    return reverse("admin:till") + (f"?day={day}" if day else "")


def count(client, account, counted, **more):
    prefix = f"account{account.pk}"
    return client.post(till(), {"account": account.pk, f"{prefix}-counted": counted, f"{prefix}-note": "", **more})


def test_an_account_is_counted_once_a_day(desk, drawer):
    first = count(desk, drawer, "12.50")
    assert said(first) == [("success", "Drawer has been closed for this day.")]
    closing = TillClosing.objects.get()
    assert (closing.expected, closing.counted, closing.difference) == (0, Decimal("12.50"), Decimal("12.50"))
    before = stored()
    second = count(desk, drawer, "12.50")
    assert said(second)[-1] == ("error", "This account has been closed for that day already.")
    assert stored() == before


@pytest.mark.parametrize("counted", ["", "ten", "1.005", "NaN"])
def test_a_count_that_is_no_amount_is_refused_at_its_field(desk, drawer, counted):
    before = stored()
    answer = count(desk, drawer, counted)
    assert answer.status_code == 200
    (shown,) = answer.context["accounts"]
    assert "counted" in shown["form"].errors
    assert stored() == before


def test_another_practices_account_is_not_counted(desk, drawer):
    another = AccountFactory()
    before = stored()
    for account in (another.pk, 0, "x", "\u00b2", "9" * 5000):
        answer = desk.post(till(), {"account": account})
        assert said(answer)[-1] == ("error", "There is no such account.")
    assert stored() == before


@pytest.mark.parametrize("page", ["till", "cash_book", "aged_debts", "to_bill"])
def test_the_pages_of_the_till_are_the_desks(desk, manager, therapist, drawer, page):
    assert {client.get(reverse(f"admin:{page}")).status_code for client in (desk, manager)} == {200}
    assert therapist.get(reverse(f"admin:{page}")).status_code == 403


@pytest.mark.parametrize("page", ["till", "cash_book", "aged_debts", "to_bill"])
@pytest.mark.parametrize("asked", ["day=x&since=x&first=x", "practice=0", "account=0&last=0026-01-01", "practice=x"])
def test_what_nobody_means_is_said_at_its_field(desk, drawer, page, asked):
    assert desk.get(f"{reverse(f'admin:{page}')}?{asked}").status_code == 200


def test_the_cash_book_is_taken_away_without_formulas(desk, practice, drawer):
    paid = payment(practice)
    type(paid.patient).objects.filter(pk=paid.patient_id).update(first_name="=HYPERLINK(1)", last_name="")
    asked = {"account": paid.account_id, "export": "csv"}
    answer = desk.get(reverse("admin:cash_book"), asked)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    head, row = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert dict(zip(head, row, strict=True)) | {"Date": "", "Receipt": "", "Bill": ""} == {
        "Date": "", "In": "10.00", "Out": "", "Total so far": "10.00", "Paid by": str(paid.payment_type),
        "Patient": "'=HYPERLINK(1)", "Bill": "", "Receipt": "", "Remark": "",
    }  # fmt: skip


def test_debts_are_shown_and_taken_away(desk, practice):
    owed = bill(practice)
    page = desk.get(reverse("admin:aged_debts"))
    assert str(owed.patient) in page.content.decode()
    (together,) = page.context["together"]
    assert [str(cell) for _head, cell in together] == ["Total", "1", "RON\xa0100.00", "", "", "", "RON\xa0100.00"]
    answer = desk.get(reverse("admin:aged_debts"), {"export": "csv"})
    _head, row = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert row == [str(owed.patient), "1", "100.00", "0.00", "0.00", "0.00", "100.00", "RON"]


def test_debts_are_turned_page_by_page_the_largest_first(desk, practice, monkeypatch):
    monkeypatch.setattr(turns, "ROWS", 2)
    patients = PatientFactory.create_batch(4, organization=practice.organization)
    for patient, price in zip(patients, ("10.00", "40.00", "30.00", "20.00"), strict=True):
        bill(practice, patient=patient, price=price)
    bill(practice, patient=patients[0], price="5.00")

    def shown(page):
        answer = desk.get(reverse("admin:aged_debts"), {"p": page})
        return [(line[0][1], line[1][1]) for line in answer.context["rows"]], answer.context["turn"]

    def named(*numbers):
        return [str(patients[number]) for number in numbers]

    (first, turn), (second, last) = shown(1), shown(2)
    assert ([re.sub("<.*?>", "", who) for who, _bills in first + second]) == named(1, 2, 3, 0)
    assert [bills for _who, bills in second] == [1, 2]
    assert ((turn.before, turn.after), (last.before, last.after)) == ((None, 2), (1, None))
    for nowhere in ("3", "0", "x", "9" * 30):
        assert shown(nowhere)[0] == first
    assert len(desk.get(reverse("admin:aged_debts"), {"export": "csv", "p": 2}).content.splitlines()) == 5


def test_the_cash_book_counts_on_from_the_page_before(desk, practice, drawer, monkeypatch):
    monkeypatch.setattr(turns, "ROWS", 2)
    paid = [payment(practice, account=drawer) for _number in range(3)]
    asked = {"account": paid[0].account_id, "p": 2}
    page = desk.get(reverse("admin:cash_book"), asked)
    (line,) = page.context["rows"]
    assert dict(line)["Total so far"] == "RON\xa030.00"
    assert "p=" not in page.context["export"]


def test_unbilled_work_is_turned_from_visits_to_orders(desk, practice, monkeypatch):
    monkeypatch.setattr(turns, "ROWS", 2)
    now = timezone.now()
    times = {"starts_at": now - timedelta(hours=2), "ends_at": now - timedelta(hours=1)}
    service = ServiceFactory(organization=practice.organization, base_price=Decimal("150.00"))
    visits = AppointmentFactory.create_batch(3, practice=practice, done=True, service=service, **times)
    orders = ProductOrderFactory.create_batch(2, practice=practice, delivered=True, delivered_at=now)
    pages = [desk.get(reverse("admin:to_bill"), {"p": page}).context for page in (1, 2, 3)]
    assert [row["value"] for page in pages for row in page["rows"]] == [
        *(f"visit-{one.pk}" for one in visits), *(f"order-{one.pk}" for one in orders),
    ]  # fmt: skip
    assert [page["turn"].after for page in pages] == [2, 3, None]


def test_what_was_done_is_billed_with_a_click(desk, practice):
    now = timezone.now()
    times = {"starts_at": now - timedelta(hours=2), "ends_at": now - timedelta(hours=1)}
    service = ServiceFactory(organization=practice.organization, base_price=Decimal("150.00"))
    visit = AppointmentFactory(practice=practice, done=True, service=service, **times)
    order = ProductOrderFactory(practice=practice, delivered=True, delivered_at=now)
    page = desk.get(reverse("admin:to_bill"))
    assert [row["value"] for row in page.context["rows"]] == [f"visit-{visit.pk}", f"order-{order.pk}"]
    chosen = [f"visit-{visit.pk}", f"order-{order.pk}", "visit-0", "visit-x", "nothing-1"]
    answer = desk.post(reverse("admin:to_bill"), {"work": chosen})
    assert said(answer) == [("success", "2 billed."), ("error", "1 × Appointment not found")]
    assert set(BilledWork.objects.values_list("appointment", "product_order")) == {(visit.pk, None), (None, order.pk)}
    assert desk.get(reverse("admin:to_bill")).context["rows"] == []


def test_bills_and_receipts_are_printed_by_who_sees_them(desk, therapist, practice):
    paid = payment(practice)
    for name, pk in (("bill_pdf", paid.bill_id), ("receipt_pdf", paid.receipt_id)):
        answer = desk.get(reverse(f"admin:{name}", args=(pk,)))
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
        assert therapist.get(reverse(f"admin:{name}", args=(pk,))).status_code in (403, 404)
        assert desk.get(reverse(f"admin:{name}", args=(pk + 1000,))).status_code == 404
    elsewhere = bill(PracticeFactory())
    assert desk.get(reverse("admin:bill_pdf", args=(elsewhere.pk,))).status_code == 404


def panel(client, label, row, title="Money"):
    page = client.get(url(label, "page" if label == "patients.patient" else "change", row.pk))
    return next(one for one in page.context["panels"] if str(one.title) == title)


def test_a_visit_of_a_program_says_who_pays(desk, practice):
    enrollment = EnrollmentFactory(practice=practice)
    service = enrollment.service
    visit = AppointmentFactory(
        practice=practice, patient=enrollment.patient, enrollment=enrollment, plan_session_number=1, done=True,
        service=service,
    )  # fmt: skip
    assert str(panel(desk, "scheduling.appointment", visit).empty) == "Paid by the program"
    bundled = ProductOrderFactory(practice=practice, bundled=True)
    assert str(panel(desk, "orders.productorder", bundled).empty) == "Paid by the program"
    buttons = [str(one.label) for one in desk.get(url("scheduling.appointment", "change", visit.pk)).context["buttons"]]
    assert "Take payment …" not in buttons


def test_a_patient_shows_what_is_owed_and_what_is_on_account(desk, practice, drawer):
    owed = bill(practice)
    kind = PaymentTypeFactory(organization=practice.organization)
    desk.post(
        url("patients.patient", "take-payment", owed.patient_id),
        {
            "apply": "1", "amount": "130.00", "payment_type": kind.pk, "account": drawer.pk,
            "paid_on": timezone.localdate(), "rest_on_account": "on",
        },
    )  # fmt: skip
    assert BillBalance.objects.get(bill=owed).owed == 0
    facts = {str(name): value for name, value in panel(desk, "patients.patient", owed.patient).facts}
    assert facts == {"Owed": "RON\xa00.00", "On account": "RON\xa030.00"}


def test_more_than_is_owed_is_refused_at_the_amount(desk, practice, drawer):
    owed = bill(practice)
    kind = PaymentTypeFactory(organization=practice.organization)
    before = stored()
    answer = desk.post(
        url("billing.bill", "take-payment", owed.pk),
        {"apply": "1", "amount": "100.01", "payment_type": kind.pk, "account": drawer.pk, "paid_on": "2026-01-01"},
    )
    assert answer.context["form"].errors == {"amount": ["Is more than the 100.00 that is owed"]}
    assert stored() == before


def test_a_bill_is_written_for_a_product_sold_over_the_counter(desk, practice):
    who = PatientFactory(organization=practice.organization)
    tape = ProductFactory(organization=practice.organization, price=Decimal("59.50"), tax_rate=Decimal("19.00"))
    answer = desk.post(
        url("patients.patient", "write-bill", who.pk), {"apply": "1", "product": tape.pk, "quantity": "2"}
    )
    assert answer.status_code == 302
    made = Bill.objects.get()
    assert (made.patient, made.total, made.vat, made.lines.get().product) == (who, 119, 19, tape)
    before = stored()
    for wrong in ({"quantity": "1"}, {"quantity": "1", "label": "Tape"}, {"quantity": "0", "product": tape.pk}):
        assert desk.post(url("patients.patient", "write-bill", who.pk), {"apply": "1", **wrong}).status_code == 200
    assert stored() == before


def test_a_bill_is_credited_line_by_line(manager, practice):
    made = bill(practice)
    row = made.lines.get()
    address = url("billing.bill", "credit", made.pk)
    assert manager.get(address).status_code == 200
    manager.post(address, {"apply": "1", "reason": "Part", f"line_{row.pk}": "40.00"})
    assert BillBalance.objects.get(bill=made).owed == Decimal("60.00")
    manager.post(address, {"apply": "1", "reason": "Rest", f"line_{row.pk}": "60.00"})
    assert BillBalance.objects.get(bill=made).standing == "credited"


def test_the_settings_of_a_practice_are_changed_by_its_admin(manager, practice):
    address = url("directory.practice", "billing-settings", practice.pk)
    page = manager.get(address)
    given = {bound.name: bound.value() for bound in page.context["form"]}
    data = {name: value for name, value in given.items() if value is not None and value is not False}
    data |= {"apply": "1", "bill_prefix": "FB-", "first_bill_number": "1201", "language": "ro"}
    assert manager.post(address, data).status_code == 302
    settings = settings_of(practice)
    assert (settings.bill_prefix, settings.first_bill_number, settings.language) == ("FB-", 1201, "ro")
    shown = manager.post(address, data | {"credit_prefix": "FB-"})
    assert list(shown.context["form"].errors) == ["credit_prefix"]


def test_an_entry_is_added_to_an_estimate_and_none_to_an_accepted_plan(desk, practice):
    plan = care_plan(practice)
    address = url("billing.careplan", "change", plan.pk)
    page = desk.get(address)
    data = form_of(page)
    (prefix,) = {one.formset.prefix for one in page.context["inline_admin_formsets"]}
    data |= {
        f"{prefix}-TOTAL_FORMS": "2", f"{prefix}-1-label": "Crown", f"{prefix}-1-price": "500.00",
        f"{prefix}-1-number_of_executions": "1", f"{prefix}-1-care_plan": plan.pk, f"{prefix}-1-tooth": "16",
    }  # fmt: skip
    answer = desk.post(address, data)
    assert answer.status_code == 302
    assert CarePlanEntry.objects.filter(care_plan=plan, label="Crown", tooth="16", price=500).exists()
    desk.post(url("billing.careplan", "accept", plan.pk))
    assert CarePlan.objects.get(pk=plan.pk).state == "accepted"
    assert "price_list" not in desk.get(address).context["adminform"].form.fields
    entry = CarePlanEntry.objects.filter(care_plan=plan).first()
    desk.post(url("billing.careplanentry", "done", entry.pk))
    entry.refresh_from_db()
    assert entry.done_on == timezone.localdate(timezone=plan.practice.zone)


def test_nothing_that_was_paid_can_be_typed_over(boss, practice):
    paid = payment(practice)
    before = stored()
    for label, pk in (("billing.transaction", paid.pk), ("billing.bill", paid.bill_id)):
        assert boss.post(url(label, "change", pk), {"amount": "1"}).status_code == 403
        assert boss.get(url(label, "add")).status_code == 403
    assert stored() == before
    assert (Receipt.objects.count(), Transaction.objects.count()) == (1, 1)
