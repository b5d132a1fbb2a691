"""Bills: what they come to, where their numbers come from, what they bill once, what credits do."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing.models import Bill, BilledWork
from billing.services import (
    bill_appointment,
    bill_enrollment,
    bill_order,
    change_settings,
    credit_bill,
    issue_bill,
    record_imported_bill,
    record_supplier_bill,
)
from core.errors import Conflict, Forbidden, InvalidInput, Missing
from scheduling.services import cancel_appointment
from tests.billing.conftest import TODAY, line, till_stage
from tests.factories import AT, AppointmentServiceFactory, CompanyFactory, PatientFactory, ServiceFactory
from tests.stage import DAY, actor_with, bundle

pytestmark = pytest.mark.django_db


def settle(desk, **values):
    return change_settings(desk.practice.pk, values=values, by=desk.admin, at=AT)


def test_a_visit_is_billed_at_the_price_it_was_booked_for(desk):
    visit = desk.visit()
    bill = bill_appointment(visit.pk, by=desk.desk, at=AT + 3 * DAY)
    (row,) = bill.lines.all()
    price = visit.services.get().price
    assert (row.label, row.unit_price, row.net, row.vat) == (desk.service.name, price, price, 0)
    assert (bill.type, bill.direction, bill.full_number) == ("full", "incoming", "1/2026")
    assert (bill.patient, bill.specialist, bill.issued_on) == (desk.patient, desk.specialist, date(2026, 2, 20))
    assert (bill.total, desk.owed(bill)) == (price, price)
    assert row.appointment == visit


def test_a_visit_is_billed_in_the_currency_it_was_booked_in(desk):
    visit, before = desk.visit(), desk.service.currency
    desk.service.currency = "EUR"
    desk.service.save()
    bill = bill_appointment(visit.pk, by=desk.desk, at=AT + 3 * DAY)
    assert (before, bill.currency, bill.total) == ("RON", "RON", visit.services.get().price)


def test_tax_is_within_a_price_and_by_the_rate_of_the_service(desk):
    desk.service.vat_percentage = Decimal("19.00")
    desk.service.save()
    bill = bill_appointment(desk.visit().pk, by=desk.desk, at=AT + 3 * DAY)
    row = bill.lines.get()
    assert (bill.total, bill.net + bill.vat) == (row.unit_price, row.unit_price)
    assert bill.vat == (row.unit_price * 19 / 119).quantize(Decimal("0.01"))


def test_why_there_is_no_tax_is_printed_where_there_is_none(desk):
    desk.service.vat_exemption = "Exempt as medical care"
    desk.service.save()
    bill = bill_appointment(desk.visit().pk, by=desk.desk, at=AT + 3 * DAY)
    assert bill.lines.get().vat_exemption == "Exempt as medical care"


def test_a_patients_discount_counts_for_their_visits_unless_another_is_given(desk):
    desk.patient.default_discount = Decimal("10.00")
    desk.patient.save()
    first, second = desk.visit(), desk.visit(days=1)
    price = first.services.get().price
    assert bill_appointment(first.pk, by=desk.desk, at=AT + 4 * DAY).total == price * 9 / 10
    without = bill_appointment(second.pk, discount_percentage=Decimal(0), by=desk.desk, at=AT + 4 * DAY)
    assert without.total == price


def test_a_visit_is_billed_once(desk, refused):
    visit = desk.visit()
    bill_appointment(visit.pk, by=desk.desk, at=AT + 3 * DAY)
    with refused(Conflict) as caught:
        bill_appointment(visit.pk, by=desk.desk, at=AT + 3 * DAY)
    assert (caught.value.code, str(caught.value)) == ("billed", "It has already been billed, on 1/2026.")


def test_a_visit_that_uses_a_session_is_paid_by_its_program(desk, refused):
    visit = desk.visit(enrollment=desk.enroll())
    with refused(Conflict) as caught:
        bill_appointment(visit.pk, by=desk.desk, at=AT + 3 * DAY)
    assert caught.value.code == "paid_by_program"


def test_what_a_session_does_not_pay_is_billed(desk):
    visit = desk.visit(enrollment=desk.enroll())
    taping = ServiceFactory(organization=desk.practice.organization, name="Taping")
    AppointmentServiceFactory(appointment=visit, service=taping, price=Decimal("20.00"), position=1)
    bill = bill_appointment(visit.pk, by=desk.desk, at=AT + 3 * DAY)
    assert [(row.label, row.net) for row in bill.lines.all()] == [("Taping", Decimal("20.00"))]


def test_a_cancelled_visit_is_not_billed(desk, refused):
    visit = desk.book()
    cancel_appointment(visit.pk, by=desk.desk, at=AT)
    with refused(Conflict) as caught:
        bill_appointment(visit.pk, by=desk.desk, at=AT)
    assert caught.value.code == "not_billable"


def test_a_free_visit_has_nothing_to_pay(desk, refused):
    visit = desk.visit()
    visit.services.update(price=0)
    with refused(Conflict) as caught:
        bill_appointment(visit.pk, by=desk.desk, at=AT + 3 * DAY)
    assert caught.value.code == "nothing_to_bill"


def test_a_program_is_billed_once_at_its_promised_price(desk, refused):
    enrollment = desk.enroll()
    enrollment.service_plan.total_price = Decimal("5.00")
    enrollment.service_plan.save()
    bill = bill_enrollment(enrollment.pk, by=desk.desk, at=AT)
    assert (bill.total, bill.lines.get().enrollment) == (enrollment.price, enrollment)
    with refused(Conflict):
        bill_enrollment(enrollment.pk, by=desk.desk, at=AT)


def test_a_delivered_order_is_billed_and_a_bundled_one_paid_by_its_program(desk, refused):
    desk.product.tax_rate = Decimal("19.00")
    desk.product.save()
    order = desk.order("delivered")
    ordered = desk.product.name
    desk.product.name = "Called otherwise since"
    desk.product.save()
    bill = bill_order(order.pk, by=desk.desk, at=AT + DAY)
    assert bill.lines.get().label == ordered
    assert (bill.total, bill.lines.get().product) == (order.unit_price * order.quantity, desk.product)
    bundle(desk.plan, desk.product)
    bundled = desk.enroll(desk.plan).orders.get()
    with refused(Conflict) as caught:
        bill_order(bundled.pk, by=desk.desk, at=AT + DAY)
    assert caught.value.code == "paid_by_program"


@pytest.mark.parametrize("status", ["pending", "confirmed", "shipped", "cancelled"])
def test_an_order_that_was_not_delivered_is_not_billed(desk, refused, status):
    order = desk.order(status)
    with refused(Conflict) as caught:
        bill_order(order.pk, by=desk.desk, at=AT + DAY)
    assert caught.value.code == "not_billable"


def test_a_proforma_has_its_own_series_and_bills_nothing(desk):
    order = desk.order("pending")
    proforma = bill_order(order.pk, proforma=True, by=desk.desk, at=AT + DAY)
    assert (proforma.type, proforma.full_number) == ("proforma", "P1/2026")
    assert not BilledWork.objects.exists()
    assert not hasattr(Bill.objects.get(pk=proforma.pk), "balance")


def test_full_and_part_bills_share_their_numbers_and_credits_have_their_own(desk):
    first, second = desk.bill(), desk.bill()
    credit = credit_bill(first.pk, reason="Wrong patient", by=desk.admin, at=AT)
    third = desk.bill()
    numbers = [bill.full_number for bill in (first, second, credit, third)]
    assert numbers == ["1/2026", "2/2026", "C1/2026", "3/2026"]


def test_numbers_begin_with_the_first_of_the_settings_and_anew_each_year(desk):
    settle(desk, first_bill_number=1201, bill_prefix="FB-")
    assert desk.bill().full_number == "FB-1201/2026"
    assert desk.bill().number == 1202
    assert desk.bill(at=datetime(2027, 1, 2, tzinfo=UTC)).full_number == "FB-1/2027"


def test_a_first_number_that_was_used_stays(desk, refused):
    desk.bill()
    with refused(InvalidInput) as caught:
        settle(desk, first_bill_number=7)
    assert list(caught.value.fields) == ["first_bill_number"]


def test_two_kinds_of_bill_never_share_a_prefix(desk, refused):
    with refused(InvalidInput) as caught:
        settle(desk, bill_prefix="C")
    assert list(caught.value.fields) == ["credit_prefix"]


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("Europe/Bucharest", datetime(2026, 12, 31, 21, 59, 59, tzinfo=UTC), datetime(2026, 12, 31, 22, tzinfo=UTC)),
        ("America/New_York", datetime(2027, 1, 1, 4, 59, 59, tzinfo=UTC), datetime(2027, 1, 1, 5, tzinfo=UTC)),
    ],
)
def test_the_new_year_begins_with_the_practices_own_day(zone, before, after):
    desk = till_stage(time_zone=zone)
    assert (desk.bill(at=before).full_number, desk.bill(at=before).full_number) == ("1/2026", "2/2026")
    assert (desk.bill(at=after).full_number, desk.bill(at=after).issued_on) == ("1/2027", date(2027, 1, 1))


def test_a_bill_is_never_dated_before_the_last_of_its_series_nor_in_the_future(desk, refused):
    desk.bill(issued_on=TODAY - DAY)
    with refused(InvalidInput) as caught:
        desk.bill(issued_on=TODAY - 2 * DAY)
    assert list(caught.value.fields) == ["issued_on"]
    with refused(InvalidInput):
        desk.bill(issued_on=TODAY + DAY)
    assert desk.bill(issued_on=TODAY).number == 2
    with refused(InvalidInput):
        desk.bill(issued_on=TODAY - DAY)


def test_a_stamp_is_due_above_the_threshold_of_what_bears_no_tax(desk):
    settle(desk, stamp_threshold=Decimal("77.47"), stamp_amount=Decimal("2.00"))
    free = [line("77.47", vat="0")]
    common = {"practice_id": desk.practice.pk, "patient_id": desk.patient.pk, "by": desk.desk, "at": AT}
    at_threshold = issue_bill(lines=free, **common)
    above = issue_bill(lines=[line("77.48", vat="0")], **common)
    taxed = issue_bill(lines=[line("500.00")], **common)
    assert [bill.stamp for bill in (at_threshold, above, taxed)] == [0, 2, 0]
    assert above.total == Decimal("79.48")
    credit = credit_bill(above.pk, reason="Wrong", by=desk.admin, at=AT)
    assert (credit.stamp, credit.total, desk.owed(above)) == (2, Decimal("79.48"), 0)


def test_a_full_credit_frees_what_was_billed(desk):
    visit = desk.visit()
    bill = bill_appointment(visit.pk, by=desk.desk, at=AT + 3 * DAY)
    credit = credit_bill(bill.pk, reason="Wrong price", by=desk.admin, at=AT + 3 * DAY)
    assert (credit.credits, credit.total, desk.owed(bill)) == (bill, bill.total, 0)
    again = bill_appointment(visit.pk, by=desk.desk, at=AT + 3 * DAY)
    assert BilledWork.objects.get().bill == again


def test_credits_never_exceed_what_is_left_of_the_bill(desk, refused):
    bill = desk.bill("100.00", "50.00")
    first, second = bill.lines.order_by("position")
    credit = credit_bill(bill.pk, reason="Part", amounts={first.pk: Decimal("30.00")}, by=desk.admin, at=AT)
    assert (credit.total, desk.owed(bill)) == (Decimal("30.00"), Decimal("120.00"))
    for amounts in ({first.pk: Decimal("70.01")}, {second.pk: Decimal("-1")}, {first.pk: Decimal(0)}, {0: Decimal(1)}):
        with refused(InvalidInput) as caught:
            credit_bill(bill.pk, reason="Part", amounts=amounts, by=desk.admin, at=AT)
        assert list(caught.value.fields) == ["amounts"]
    rest = credit_bill(bill.pk, reason="Rest", by=desk.admin, at=AT)
    assert rest.total == Decimal("120.00")
    assert (credit.vat + rest.vat, credit.net + rest.net) == (bill.vat, bill.net)
    with refused(Conflict):
        credit_bill(bill.pk, reason="Again", by=desk.admin, at=AT)


def test_only_invoices_are_credited_and_with_a_reason(desk, refused):
    credit = credit_bill(desk.bill().pk, reason="Wrong", by=desk.admin, at=AT)
    for bill in (credit, desk.bill(proforma=True)):
        with refused(Conflict):
            credit_bill(bill.pk, reason="Wrong", by=desk.admin, at=AT)
    bill = desk.bill()
    with refused(InvalidInput):
        credit_bill(bill.pk, reason=" ", by=desk.admin, at=AT)


def test_the_front_desk_bills_and_does_not_credit(desk, refused):
    bill = desk.bill()
    with refused(Forbidden):
        credit_bill(bill.pk, reason="Wrong", by=desk.desk, at=AT)


def test_another_practices_bill_looks_like_none(desk, refused):
    bill = till_stage().bill()
    with refused(Missing):
        credit_bill(bill.pk, reason="Wrong", by=desk.admin, at=AT)


def test_a_payee_of_another_organization_is_no_payee(desk, refused):
    stranger = PatientFactory()
    with refused(Missing):
        desk.bill(patient_id=stranger.pk)


def test_a_company_pays_instead_of_the_patient(desk):
    company = CompanyFactory(organization=desk.practice.organization, name="Insurance")
    bill = bill_appointment(desk.visit().pk, company_id=company.pk, by=desk.desk, at=AT + 3 * DAY)
    assert (bill.company, bill.patient) == (company, None)


def test_a_bill_has_one_currency(desk, refused):
    visit = desk.visit()
    abroad = ServiceFactory(organization=desk.practice.organization, currency="EUR")
    AppointmentServiceFactory(appointment=visit, service=abroad, price=Decimal("20.00"), position=1)
    with refused(Conflict) as caught:
        bill_appointment(visit.pk, by=desk.desk, at=AT + 3 * DAY)
    assert caught.value.code == "currencies"


def test_a_bill_without_lines_or_with_a_wrong_line_is_refused(desk, refused):
    common = {"practice_id": desk.practice.pk, "by": desk.desk, "at": AT}
    for lines, field in (
        ([], "lines"),
        ([line("10.00", quantity=0)], "quantity"),
        ([line("10.00", vat="101")], "vat_percentage"),
        ([line("-1.00")], "unit_price"),
        ([line("10.00", discount=Decimal("10.01"))], "discount"),
    ):
        with refused(InvalidInput) as caught:
            issue_bill(lines=lines, **common)
        assert list(caught.value.fields) == [field]


def test_a_suppliers_bill_keeps_its_number_and_draws_none(desk, refused):
    company = CompanyFactory(organization=desk.practice.organization)
    values = {"practice_id": desk.practice.pk, "company_id": company.pk, "lines": [line("50.00")], "by": desk.desk}
    bill = record_supplier_bill(external_number="2026/A-17", issued_on=TODAY, at=AT, **values)
    assert (bill.direction, bill.number, bill.full_number) == ("outgoing", None, "2026/A-17")
    assert desk.bill().number == 1
    with refused(InvalidInput):
        record_supplier_bill(external_number=" ", issued_on=TODAY, at=AT, **values)


def test_an_imported_bill_keeps_its_number_outside_the_counter(desk):
    bill = record_imported_bill(
        practice_id=desk.practice.pk,
        patient_id=desk.patient.pk,
        external_number="OLD-9",
        issued_on=date(2025, 5, 5),
        lines=[line("50.00")],
        by=desk.admin,
        at=AT,
    )
    assert (bill.full_number, desk.owed(bill), desk.bill().number) == ("OLD-9", Decimal("50.00"), 1)


def test_a_payment_link_is_valid_until_it_expires_is_paid_or_credited(desk):
    bill = Bill.objects.get(pk=desk.bill().pk)
    assert bill.link_is_valid(AT + 30 * DAY - DAY)
    assert not bill.link_is_valid(AT + 30 * DAY)
    desk.pay("100.00", bill)
    assert not Bill.objects.get(pk=bill.pk).link_is_valid(AT)
    credited = desk.bill()
    credit_bill(credited.pk, reason="Wrong", by=desk.admin, at=AT)
    assert not Bill.objects.get(pk=credited.pk).link_is_valid(AT)


def test_a_specialist_neither_bills_nor_sees_bills(desk, refused):
    desk.bill()
    doctor = actor_with("specialist", desk.practice, specialist_ids=frozenset({desk.specialist.pk}))
    assert not Bill.objects.visible_to(doctor).exists()
    visit = desk.visit()
    with refused(Forbidden):
        bill_appointment(visit.pk, by=doctor, at=AT + 3 * DAY)
