"""What is billed and what is not, at its edges: missed visits, what was archived, what a program paid, who may."""

from decimal import Decimal

import pytest

from billing.models import Bill, BillingSettings, CarePlan, CarePlanEntry
from billing.services import (
    accept_care_plan,
    bill_appointment,
    bill_care_plan,
    bill_order,
    change_settings,
    complete_care_plan,
    create_care_plan,
    credit_bill,
    issue_bill,
    pay_for_appointment,
    reopen_care_plan,
    save_account,
    set_account_archived,
    set_entry_done,
)
from core.errors import Conflict, Forbidden, InvalidInput
from scheduling.services import archive_appointment, mark_no_show
from tests.billing.conftest import line
from tests.factories import AT, PracticeFactory
from tests.stage import DAY, actor_with

pytestmark = pytest.mark.django_db


def test_a_practice_may_charge_for_a_visit_that_was_missed_and_for_none_that_was_put_away(desk, refused):
    missed, gone = desk.book(), desk.visit(days=1)
    mark_no_show(missed.pk, by=desk.desk, at=AT + 3 * DAY)
    assert bill_appointment(missed.pk, by=desk.desk, at=AT + 4 * DAY).total == missed.services.get().price
    archive_appointment(gone.pk, by=desk.desk, at=AT + 4 * DAY)
    with refused(Conflict) as caught:
        bill_appointment(gone.pk, by=desk.desk, at=AT + 4 * DAY)
    assert caught.value.code == "not_billable"


def test_a_visit_of_a_program_that_takes_no_session_of_it_is_billed(desk):
    visit = desk.book(desk.enroll())
    mark_no_show(visit.pk, by=desk.desk, at=AT + 3 * DAY)  # which gives the session back
    assert bill_appointment(visit.pk, by=desk.desk, at=AT + 3 * DAY).total == visit.services.get().price


@pytest.mark.parametrize("kind", [CarePlan, CarePlanEntry])
def test_a_visit_of_a_care_plan_that_was_put_away_is_billed_by_itself(desk, refused, kind):
    visit = desk.visit()
    plan = create_care_plan(
        practice_id=desk.practice.pk, patient_id=desk.patient.pk, appointment_id=visit.pk, by=desk.desk, at=AT
    )
    accept_care_plan(plan.pk, by=desk.desk, at=AT)
    with refused(Conflict):
        bill_appointment(visit.pk, by=desk.desk, at=AT + 3 * DAY)
    kind.objects.update(archived_at=AT)
    assert bill_appointment(visit.pk, by=desk.desk, at=AT + 3 * DAY).total == visit.services.get().price


def test_a_care_plan_that_was_put_away_is_not_billed(desk, refused):
    plan = accept_care_plan(desk.care_plan(("100.00", "0")).pk, by=desk.desk, at=AT)
    CarePlan.objects.filter(pk=plan.pk).update(archived_at=AT)
    with refused(Conflict) as caught:
        bill_care_plan(plan.pk, by=desk.desk, at=AT)
    assert caught.value.code == "not_accepted"


def test_a_product_is_billed_by_the_name_for_bills_that_it_has(desk):
    desk.product.invoice_name = "Pillow, cervical"
    desk.product.save()
    bill = bill_order(desk.order("delivered").pk, by=desk.desk, at=AT + DAY)
    assert bill.lines.get().label == "Pillow, cervical"


def test_there_is_no_proforma_of_an_order_that_was_cancelled(desk, refused):
    order = desk.order("cancelled")
    with refused(Conflict) as caught:
        bill_order(order.pk, proforma=True, by=desk.desk, at=AT + DAY)
    assert caught.value.code == "not_billable"


def test_taking_money_for_a_visit_is_the_desks_alone(desk, refused):
    visit = desk.visit()
    given = {"amount": Decimal("1.00"), "account_id": desk.drawer.pk, "payment_type_id": desk.cash.pk}
    doctor = actor_with("specialist", desk.practice, specialist_ids=frozenset({desk.specialist.pk}))
    with refused(Forbidden):
        pay_for_appointment(visit.pk, **given, by=doctor, at=AT + 3 * DAY)
    assert not Bill.objects.exists()


def test_the_stamp_is_credited_with_the_last_of_its_bill(desk):
    change_settings(
        desk.practice.pk,
        values={"stamp_threshold": Decimal("77.47"), "stamp_amount": Decimal("2.00")},
        by=desk.admin,
        at=AT,
    )
    bill = issue_bill(
        practice_id=desk.practice.pk,
        patient_id=desk.patient.pk,
        lines=[line("100.00", vat="0")],
        by=desk.desk,
        at=AT,
    )
    row = bill.lines.get()
    first = credit_bill(bill.pk, reason="Half", amounts={row.pk: Decimal("50.00")}, by=desk.admin, at=AT)
    last = credit_bill(bill.pk, reason="The rest", amounts={row.pk: Decimal("50.00")}, by=desk.admin, at=AT)
    assert [(credit.stamp, credit.total) for credit in (first, last)] == [(0, 50), (2, 52)]
    assert desk.owed(bill) == 0


def test_billing_at_once_counts_from_when_it_was_first_turned_on(desk):
    def settings(at, **values):
        change_settings(desk.practice.pk, values=values, by=desk.admin, at=at)
        return BillingSettings.objects.get(practice=desk.practice).automatic_since

    assert settings(AT, bill_automatically=True) == AT
    assert settings(AT + DAY, stamp_amount=Decimal("2.00")) == AT
    assert settings(AT + DAY, bill_automatically=False) is None
    assert settings(AT + 2 * DAY, bill_automatically=True) == AT + 2 * DAY


def test_an_account_stays_where_it_is_and_is_put_away_once(desk, refused):
    elsewhere = PracticeFactory(organization=desk.practice.organization)
    admin = actor_with("clinic_admin", desk.practice)
    both = type(admin)(
        kind=admin.kind,
        roles={desk.practice.pk: "clinic_admin", elsewhere.pk: "clinic_admin"},
        organizations={one.pk: one.organization_id for one in (desk.practice, elsewhere)},
        organization_ids=admin.organization_ids,
        door="test",
    )
    desk.bank.practice = elsewhere
    with refused(InvalidInput) as caught:
        save_account(desk.bank, by=both, at=AT)
    assert list(caught.value.fields) == ["practice_id"]
    for at in (AT, AT + DAY):
        put_away = set_account_archived(desk.drawer.pk, archived=True, by=desk.admin, at=at)
    assert put_away.archived_at == AT


def test_a_plan_whose_work_goes_on_keeps_the_day_it_was_first_accepted(desk):
    plan = accept_care_plan(desk.care_plan(("100.00", "0")).pk, by=desk.desk, at=AT)
    entry = CarePlanEntry.objects.get(care_plan=plan)
    set_entry_done(entry.pk, done_on=plan.date_accepted, by=desk.desk, at=AT)
    complete_care_plan(plan.pk, by=desk.desk, at=AT + DAY)
    again = accept_care_plan(plan.pk, by=desk.desk, at=AT + 2 * DAY)
    assert again.date_accepted == plan.date_accepted
    assert reopen_care_plan(plan.pk, by=desk.desk, at=AT + 3 * DAY).date_accepted is None
