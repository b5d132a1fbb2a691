"""Care plans: estimate, signature, acceptance; what they come to and what is left to bill of them; instalments."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from billing.models import CarePlan, CarePlanEntry, Liability
from billing.services import (
    accept_care_plan,
    add_care_plan_entry,
    archive_care_plan,
    archive_care_plan_entry,
    archive_liability,
    bill_appointment,
    bill_care_plan,
    care_plan_sums,
    change_care_plan,
    change_care_plan_entry,
    change_liability,
    complete_care_plan,
    create_care_plan,
    credit_bill,
    discard_care_plan,
    instalments_of_bills,
    instalments_of_plans,
    link_entry_to_appointment,
    reopen_care_plan,
    set_entry_done,
    set_instalments,
    sign_care_plan,
)
from billing.states import NEXT, CarePlanState
from core.errors import Conflict, Forbidden, InvalidInput
from core.hanging import hangs_on
from scheduling.models import Appointment
from tests.billing.conftest import TODAY
from tests.factories import (
    AT,
    CarePlanDiscardReasonFactory,
    PatientFactory,
    PracticeFactory,
    PriceListFactory,
    PriceListItemFactory,
    ServiceFactory,
)
from tests.stage import DAY, actor_with

pytestmark = pytest.mark.django_db


def accepted(desk, *entries, **values):
    plan = desk.care_plan(*entries or [("100.00", "0"), ("50.00", "19")], **values)
    return accept_care_plan(plan.pk, by=desk.desk, at=AT)


def sums_of(plan):
    plan.refresh_from_db()
    return care_plan_sums([plan])[plan.pk]


def entries_of(plan):
    return list(CarePlanEntry.objects.live().filter(care_plan=plan).in_order())


def test_a_plan_comes_to_the_sum_of_its_entries_less_its_discounts(desk):
    plan = desk.care_plan(("60.00", "0", 2), ("10.05", "19"), discount_percentage=Decimal("10.00"))
    second = entries_of(plan)[1]
    change_care_plan_entry(
        second.pk, values={"discount_percentage": Decimal("50"), "absolute_discount": Decimal("0.03")},
        by=desk.desk, at=AT,
    )  # fmt: skip
    found = sums_of(plan)
    assert (found.entries, found.price, found.gross) == (2, Decimal("130.05"), Decimal("131.96"))
    # 10.05 less half is 5.03, less 3 cents 5.00, less the plan's tenth 4.50, and 19 % of tax on that
    assert (found.discounted, found.gross_discounted) == (Decimal("112.50"), Decimal("113.36"))
    assert (found.done, found.billed, found.credited, found.billable) == (0, 0, 0, Decimal("113.36"))


def test_an_entry_of_a_service_takes_its_name_its_tax_and_the_price_of_the_list(desk):
    desk.service.vat_percentage = Decimal("9.00")
    desk.service.save()
    prices = PriceListFactory(organization=desk.practice.organization)
    PriceListItemFactory(price_list=prices, service=desk.service, price=Decimal("80.00"))
    desk.patient.price_list = prices
    desk.patient.default_discount = Decimal("5.00")
    desk.patient.save()
    plan = desk.care_plan()
    assert (plan.price_list, plan.discount_percentage) == (prices, Decimal("5.00"))
    entry = add_care_plan_entry(plan.pk, values={"service_id": desk.service.pk}, by=desk.desk, at=AT)
    assert (entry.label, entry.price, entry.vat_percentage) == (desk.service.name, Decimal("80.00"), Decimal("9.00"))
    own = add_care_plan_entry(
        plan.pk, values={"service_id": desk.service.pk, "price": Decimal("1.00")}, by=desk.desk, at=AT
    )
    assert own.price == Decimal("1.00")


def test_an_entry_never_takes_a_price_in_another_currency_than_its_plan(desk, refused):
    """Neither of a service that the plan's list does not have, nor of a list whose currency was changed since."""
    prices = PriceListFactory(organization=desk.practice.organization, currency="EUR")
    on_list = PriceListItemFactory(price_list=prices, service=ServiceFactory(organization=prices.organization))
    plan = desk.care_plan(price_list_id=prices.pk)
    assert plan.currency == "EUR"

    def add(service):
        return add_care_plan_entry(plan.pk, values={"service_id": service.pk}, by=desk.desk, at=AT)

    assert add(on_list.service).price == on_list.price
    with refused(InvalidInput) as refusal:
        add(desk.service)
    assert list(refusal.value.fields) == ["service_id"]
    prices.currency = "RON"
    prices.save()
    with refused(InvalidInput):
        add(on_list.service)


def test_nothing_that_was_put_away_takes_a_new_plan(desk, refused):
    """No practice; a price list that the patient once had is passed over. A plan that was archived is not signed."""
    desk.patient.price_list = PriceListFactory(organization=desk.practice.organization, archived_at=AT, currency="EUR")
    desk.patient.save()
    plan = desk.care_plan(("60.00", "0"))
    assert (plan.price_list, plan.currency) == (None, "RON")
    CarePlan.objects.filter(pk=plan.pk).update(archived_at=AT)
    with refused(Conflict) as refusal:
        sign_care_plan(plan.pk, signed_by="Ana", by=desk.desk, at=AT)
    assert refusal.value.code == "archived"
    type(desk.practice).objects.filter(pk=desk.practice.pk).update(archived_at=AT)
    with refused(Conflict) as refusal:
        desk.care_plan()
    assert refusal.value.code == "archived"


def test_a_plan_is_made_from_a_visit_and_the_visit_is_billed_with_it(desk, refused):
    visit = desk.visit()
    plan = create_care_plan(
        practice_id=desk.practice.pk, patient_id=desk.patient.pk, appointment_id=visit.pk, by=desk.desk, at=AT
    )
    assert (plan.created_through_appointment, [entry.service for entry in entries_of(plan)]) == (True, [desk.service])
    accept_care_plan(plan.pk, by=desk.desk, at=AT)
    with refused(Conflict) as caught:
        bill_appointment(visit.pk, by=desk.desk, at=AT + 3 * DAY)
    assert caught.value.code == "billed_with_care_plan"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"price": Decimal("1.00")}, "label"),
        ({"label": "X"}, "price"),
        ({"label": "X", "price": Decimal("1.00"), "absolute_discount": Decimal("1.01")}, "absolute_discount"),
        ({"label": "X", "price": Decimal("1.00"), "discount_percentage": Decimal("100.01")}, "discount_percentage"),
        ({"label": "X", "price": Decimal("1.00"), "number_of_executions": 0}, "number_of_executions"),
        ({"label": "X", "price": Decimal("1.00"), "service_id": 0}, "service_id"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_at_its_field(desk, refused, values, field):
    plan = desk.care_plan()
    with refused(InvalidInput) as caught:
        add_care_plan_entry(plan.pk, values=values, by=desk.desk, at=AT)
    assert list(caught.value.fields) == [field]


def brought_to(desk, state):
    plan = desk.care_plan(("100.00", "0"))
    if state in ("accepted", "completed"):
        accept_care_plan(plan.pk, by=desk.desk, at=AT)
    if state == "completed":
        set_entry_done(entries_of(plan)[0].pk, done_on=TODAY, by=desk.desk, at=AT)
        complete_care_plan(plan.pk, by=desk.desk, at=AT)
    if state == "discarded":
        discard_care_plan(plan.pk, by=desk.desk, at=AT)
    plan.refresh_from_db()
    return plan


LEADS_TO = {
    "estimate": reopen_care_plan,
    "accepted": accept_care_plan,
    "completed": complete_care_plan,
    "discarded": discard_care_plan,
}


@pytest.mark.parametrize("wanted", CarePlanState.values)
@pytest.mark.parametrize("state", CarePlanState.values)
def test_the_table_says_where_a_plan_may_go(desk, refused, state, wanted):
    plan = brought_to(desk, state)
    for entry in entries_of(plan):
        CarePlanEntry.objects.filter(pk=entry.pk).update(done_on=TODAY)
    if wanted in NEXT[state]:
        assert LEADS_TO[wanted](plan.pk, by=desk.desk, at=AT).state == wanted
    else:
        with refused(Conflict) as caught:
            LEADS_TO[wanted](plan.pk, by=desk.desk, at=AT)
        assert caught.value.code == "invalid_transition"


def test_an_empty_plan_is_not_accepted_and_one_with_work_left_not_completed(desk, refused):
    empty, plan = desk.care_plan(), accepted(desk)
    with refused(Conflict) as caught:
        accept_care_plan(empty.pk, by=desk.desk, at=AT)
    assert caught.value.code == "empty"
    with refused(Conflict) as caught:
        complete_care_plan(plan.pk, by=desk.desk, at=AT)
    assert caught.value.code == "not_done"


def test_what_was_signed_or_accepted_keeps_its_prices_until_it_is_reopened(desk, refused):
    plan = desk.care_plan(("100.00", "0"))
    sign_care_plan(plan.pk, signed_by="Ana Pop", by=desk.desk, at=AT)
    entry = entries_of(plan)[0]
    with refused(Conflict) as caught:
        change_care_plan_entry(entry.pk, values={"price": Decimal("1.00")}, by=desk.desk, at=AT)
    assert caught.value.code == "signed"
    accept_care_plan(plan.pk, by=desk.desk, at=AT)
    for refuse in (
        lambda: archive_care_plan_entry(entry.pk, by=desk.desk, at=AT),
        lambda: add_care_plan_entry(plan.pk, values={"label": "X", "price": Decimal(1)}, by=desk.desk, at=AT),
        lambda: change_care_plan(plan.pk, values={"discount_percentage": Decimal(50)}, by=desk.desk, at=AT),
        lambda: sign_care_plan(plan.pk, signed_by="Ana Pop", by=desk.desk, at=AT),
    ):
        with refused(Conflict):
            refuse()
    assert change_care_plan(plan.pk, values={"text": "Agreed"}, by=desk.desk, at=AT).text == "Agreed"
    reopened = reopen_care_plan(plan.pk, by=desk.desk, at=AT)
    assert (reopened.state, reopened.date_accepted, reopened.signed_at, reopened.signed_by) == (
        "estimate",
        None,
        None,
        "",
    )
    change_care_plan_entry(entry.pk, values={"price": Decimal("1.00")}, by=desk.desk, at=AT)


def test_a_plan_is_discarded_with_a_reason_of_its_organization(desk, refused):
    plan = desk.care_plan(("100.00", "0"))
    another = CarePlanDiscardReasonFactory()
    with refused(InvalidInput):
        discard_care_plan(plan.pk, discard_reason_id=another.pk, by=desk.desk, at=AT)
    reason = CarePlanDiscardReasonFactory(organization=desk.practice.organization)
    assert discard_care_plan(plan.pk, discard_reason_id=reason.pk, by=desk.desk, at=AT).discard_reason == reason


def test_a_reason_that_was_put_away_discards_nothing(desk, refused):
    plan = desk.care_plan(("100.00", "0"))
    gone = CarePlanDiscardReasonFactory(organization=desk.practice.organization, archived_at=AT)
    with refused(InvalidInput):
        discard_care_plan(plan.pk, discard_reason_id=gone.pk, by=desk.desk, at=AT)
    assert discard_care_plan(plan.pk, by=desk.desk, at=AT).discard_reason is None


def test_a_plan_that_was_put_away_keeps_its_time_and_nobody_works_on_it(desk, refused):
    plan = accepted(desk)
    (first, *_others) = entries_of(plan)
    archive_care_plan(plan.pk, by=desk.desk, at=AT)
    assert archive_care_plan(plan.pk, by=desk.desk, at=AT + DAY).archived_at == AT
    for call in (
        lambda: set_entry_done(first.pk, done_on=TODAY, by=desk.desk, at=AT),
        lambda: bill_care_plan(plan.pk, by=desk.desk, at=AT),
    ):
        with refused(Conflict):
            call()


def test_an_entry_taken_off_keeps_its_time_and_its_number(desk):
    plan = desk.care_plan(("1.00", "0"), ("2.00", "0"))
    first, second = entries_of(plan)
    archive_care_plan_entry(second.pk, by=desk.desk, at=AT)
    assert archive_care_plan_entry(second.pk, by=desk.desk, at=AT + DAY).archived_at == AT
    third = add_care_plan_entry(plan.pk, values={"label": "Third", "price": Decimal("3.00")}, by=desk.desk, at=AT)
    assert [one.sequence_number for one in (first, second, third)] == [1, 2, 3]
    assert entries_of(plan) == [first, third]


def test_a_visit_at_another_practice_is_not_linked(desk, refused):
    plan, visit = desk.care_plan(("100.00", "0")), desk.book()
    Appointment.objects.update(practice=PracticeFactory(organization=desk.practice.organization))
    both = actor_with("front_desk", Appointment.objects.get().practice)
    by = replace(
        both,
        roles={**both.roles, desk.practice.pk: "front_desk"},
        organizations={**both.organizations, desk.practice.pk: desk.practice.organization_id},
    )
    with refused(InvalidInput) as caught:
        link_entry_to_appointment(entries_of(plan)[0].pk, appointment_id=visit.pk, by=by, at=AT)
    assert list(caught.value.fields) == ["appointment_id"]
    Appointment.objects.update(practice=desk.practice)


def test_an_estimate_is_not_billed(desk, refused):
    plan = desk.care_plan(("100.00", "0"))
    with refused(Conflict) as caught:
        bill_care_plan(plan.pk, by=desk.desk, at=AT)
    assert caught.value.code == "not_accepted"


def test_a_whole_plan_is_billed_by_its_entries(desk, refused):
    plan = accepted(desk)
    bill = bill_care_plan(plan.pk, by=desk.desk, at=AT)
    assert (bill.type, bill.total, bill.vat) == ("full", Decimal("159.50"), Decimal("9.50"))
    assert [(row.unit_price, row.net, row.price_is_net) for row in bill.lines.order_by("position")] == [
        (Decimal("100.00"), Decimal("100.00"), True), (Decimal("50.00"), Decimal("50.00"), True),
    ]  # fmt: skip
    found = sums_of(plan)
    assert (found.billed, found.billable, found.full_bills) == (bill.total, 0, 1)
    with refused(Conflict) as caught:
        bill_care_plan(plan.pk, by=desk.desk, at=AT)
    assert caught.value.code == "nothing_left"


def test_a_plan_is_billed_in_parts_and_the_last_is_what_is_left(desk, refused):
    plan = accepted(desk, ("100.00", "0"), ("50.00", "19"), ("33.33", "9", 3), discount_percentage=Decimal("7.50"))
    whole = sums_of(plan).gross_discounted
    first = bill_care_plan(plan.pk, amount=Decimal("99.99"), by=desk.desk, at=AT)
    assert (first.type, first.total, first.number) == ("partial", Decimal("99.99"), 1)
    assert {row.vat_percentage for row in first.lines.all()} == {Decimal(0), Decimal(9), Decimal(19)}
    for wrong in (whole - first.total + Decimal("0.01"), Decimal(0), Decimal(-1)):
        with refused(InvalidInput) as caught:
            bill_care_plan(plan.pk, amount=wrong, by=desk.desk, at=AT)
        assert list(caught.value.fields) == ["amount"]
    second = bill_care_plan(plan.pk, by=desk.desk, at=AT)
    assert (second.number, first.total + second.total) == (2, whole)
    assert set(sums_of(plan).rest.values()) == {Decimal("0.00")}


def test_entries_are_billed_one_by_one_each_once(desk, refused):
    plan = accepted(desk)
    first, second = entries_of(plan)
    bill_care_plan(plan.pk, entry_ids=[first.pk], by=desk.desk, at=AT)
    with refused(Conflict) as caught:
        bill_care_plan(plan.pk, entry_ids=[first.pk], by=desk.desk, at=AT)
    assert caught.value.code == "billed"
    assert bill_care_plan(plan.pk, entry_ids=[second.pk], by=desk.desk, at=AT).total == Decimal("59.50")


def test_entries_are_not_billed_beyond_what_is_left(desk, refused):
    plan = accepted(desk)
    bill_care_plan(plan.pk, amount=Decimal("100.00"), by=desk.desk, at=AT)
    with refused(Conflict) as caught:
        bill_care_plan(plan.pk, entry_ids=[entries_of(plan)[0].pk], by=desk.desk, at=AT)
    assert caught.value.code == "more_than_left"


def test_a_credit_makes_its_part_billable_again(desk):
    plan = accepted(desk)
    bill = bill_care_plan(plan.pk, by=desk.desk, at=AT)
    row = bill.lines.order_by("position")[1]
    credit_bill(bill.pk, reason="Not done", amounts={row.pk: Decimal("59.50")}, by=desk.admin, at=AT)
    assert (sums_of(plan).credited, sums_of(plan).billable) == (Decimal("59.50"), Decimal("59.50"))
    again = bill_care_plan(plan.pk, by=desk.desk, at=AT)
    assert (again.type, again.total, again.lines.get().vat_percentage) == ("partial", Decimal("59.50"), 19)


def test_a_plan_that_stands_billed_is_neither_reopened_nor_discarded(desk, refused):
    plan = accepted(desk)
    bill = bill_care_plan(plan.pk, by=desk.desk, at=AT)
    for verb in (reopen_care_plan, discard_care_plan):
        with refused(Conflict):
            verb(plan.pk, by=desk.desk, at=AT)
    credit_bill(bill.pk, reason="Wrong", by=desk.admin, at=AT)
    assert reopen_care_plan(plan.pk, by=desk.desk, at=AT).state == "estimate"


def test_a_specialist_plans_for_those_they_treat_and_does_not_bill(desk, refused):
    desk.visit()
    doctor = actor_with("specialist", desk.practice, specialist_ids=frozenset({desk.specialist.pk}))
    plan = create_care_plan(practice_id=desk.practice.pk, patient_id=desk.patient.pk, by=doctor, at=AT)
    add_care_plan_entry(plan.pk, values={"label": "X", "price": Decimal("10.00")}, by=doctor, at=AT)
    accept_care_plan(plan.pk, by=doctor, at=AT)
    assert CarePlan.objects.visible_to(doctor).get() == plan
    with refused(Forbidden):
        bill_care_plan(plan.pk, by=doctor, at=AT)


def test_a_visit_of_another_patient_is_not_linked(desk, refused):
    plan, visit = accepted(desk), desk.visit()
    desk.patient = PatientFactory(organization=desk.practice.organization)
    other = desk.visit(days=1)
    link_entry_to_appointment(entries_of(plan)[0].pk, appointment_id=visit.pk, by=desk.desk, at=AT)
    with refused(InvalidInput):
        link_entry_to_appointment(entries_of(plan)[1].pk, appointment_id=other.pk, by=desk.desk, at=AT)


SCHEDULE = [
    (date(2026, 3, 1), Decimal("60.00")),
    (date(2026, 4, 1), Decimal("60.00")),
    (date(2026, 5, 1), Decimal("39.50")),
]


def test_instalments_of_a_plan_are_covered_by_what_is_paid_on_its_bills_oldest_first(desk):
    plan = accepted(desk)
    set_instalments(care_plan_id=plan.pk, schedule=SCHEDULE, by=desk.desk, at=AT)
    bill = bill_care_plan(plan.pk, by=desk.desk, at=AT)
    desk.pay("70.00", bill)
    found = instalments_of_plans([plan])[plan.pk]
    assert [(one.covered, one.is_done) for one in found] == [
        (Decimal("60.00"), True), (Decimal("10.00"), False), (0, False),
    ]  # fmt: skip
    assert [one.is_due(date(2026, 4, 1)) for one in found] == [True, True, False]


def test_deleting_an_instalment_never_changes_what_is_owed(desk):
    bill = desk.bill("159.50")
    first, *_rest = set_instalments(bill_id=bill.pk, schedule=SCHEDULE, by=desk.desk, at=AT)
    desk.pay("60.00", bill)
    assert instalments_of_bills([bill])[bill.pk][0].is_done
    archive_liability(first.pk, by=desk.desk, at=AT)
    assert desk.owed(bill) == Decimal("99.50")
    assert [one.covered for one in instalments_of_bills([bill])[bill.pk]] == [Decimal("60.00"), 0]


def test_instalments_come_to_what_they_divide(desk, refused):
    bill = desk.bill("159.50")
    for schedule in (SCHEDULE[:2], [*SCHEDULE[:2], (date(2026, 4, 1), Decimal("39.50"))], [(TODAY, Decimal(0))]):
        with refused(InvalidInput) as caught:
            set_instalments(bill_id=bill.pk, schedule=schedule, by=desk.desk, at=AT)
        assert list(caught.value.fields) == ["schedule"]
    set_instalments(bill_id=bill.pk, schedule=SCHEDULE, by=desk.desk, at=AT)
    set_instalments(bill_id=bill.pk, schedule=[(TODAY, Decimal("159.50"))], by=desk.desk, at=AT)
    assert [one.amount for one in Liability.objects.live()] == [Decimal("159.50")]


def test_an_instalment_is_changed_and_a_deleted_one_is_not(desk, refused):
    bill = desk.bill("159.50")
    first, *_rest = set_instalments(bill_id=bill.pk, schedule=SCHEDULE, by=desk.desk, at=AT)
    changed = change_liability(first.pk, values={"due_on": date(2026, 3, 9)}, by=desk.desk, at=AT)
    assert changed.due_on == date(2026, 3, 9)
    for values in ({"amount": Decimal(0)}, {"sistema_ts_expense_type": "xx"}):
        with refused(InvalidInput):
            change_liability(first.pk, values=values, by=desk.desk, at=AT)
    archive_liability(first.pk, by=desk.desk, at=AT)
    with refused(Conflict):
        change_liability(first.pk, values={"amount": Decimal(5)}, by=desk.desk, at=AT)


def test_an_agreed_plan_hangs_on_whom_and_what_it_needs_and_an_estimate_does_not(desk):
    service = ServiceFactory(organization=desk.practice.organization)
    plan = desk.care_plan(specialist_id=desk.specialist.pk)
    add_care_plan_entry(
        plan.pk, values={"label": "Step", "price": Decimal(10), "service_id": service.pk}, by=desk.desk, at=AT
    )

    def told(row):
        return [str(one.says) for one in hangs_on(row, by=desk.desk, at=AT)]

    needed = (desk.patient, desk.practice, desk.specialist, service)
    assert [told(row) for row in needed] == [[], [], [], []]
    accept_care_plan(plan.pk, by=desk.desk, at=AT)
    assert [told(row) for row in needed] == [["1 agreed care plan"]] * 3 + [["1 agreed treatment that is not done"]]
