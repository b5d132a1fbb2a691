"""Billing at once where a practice wants it, and what waits to be billed elsewhere."""

from contextlib import nullcontext
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command

from billing.models import Bill, BilledWork, BillingSettings, CarePlanEntry, CarePlanEntryAppointment
from billing.services import (
    accept_care_plan,
    bill_appointment,
    bill_what_is_due,
    change_settings,
    complete_and_bill,
    credit_bill,
    deliver_and_bill,
    enroll_and_bill,
    unbilled_work,
)
from core.errors import Conflict, Forbidden, Unavailable
from scheduling.models import Appointment
from scheduling.services import cancel_program
from tests.factories import AT
from tests.stage import DAY, actor_with

pytestmark = pytest.mark.django_db


def automatic(desk, at=AT, on=True):
    change_settings(desk.practice.pk, values={"bill_automatically": on}, by=desk.admin, at=at)


def enroll(desk):
    return enroll_and_bill(
        patient_id=desk.patient.pk, service_plan_id=desk.plan.pk, practice_id=desk.practice.pk, by=desk.desk, at=AT
    )


def test_a_practice_that_bills_automatically_bills_at_once(desk):
    automatic(desk)
    visit = complete_and_bill(desk.book().pk, by=desk.desk, at=AT + 3 * DAY)
    order = deliver_and_bill(desk.order("shipped").pk, by=desk.desk, at=AT + 3 * DAY)
    enrollment = enroll(desk)
    billed = set(BilledWork.objects.values_list("appointment", "product_order", "enrollment"))
    assert billed == {(visit.pk, None, None), (None, order.pk, None), (None, None, enrollment.pk)}


def test_another_does_not(desk):
    complete_and_bill(desk.book().pk, by=desk.desk, at=AT + 3 * DAY)
    deliver_and_bill(desk.order("shipped").pk, by=desk.desk, at=AT + 3 * DAY)
    enroll(desk)
    assert not Bill.objects.exists()


def test_a_visit_that_its_program_pays_is_done_without_a_bill(desk):
    automatic(desk)
    visit = desk.book(desk.enroll())
    assert complete_and_bill(visit.pk, by=desk.desk, at=AT + 3 * DAY).status == "done"
    assert not Bill.objects.exists()


def test_what_a_specialist_says_is_done_waits_for_the_command(desk, capsys):
    automatic(desk)
    doctor = actor_with("specialist", desk.practice, specialist_ids=frozenset({desk.specialist.pk}))
    visit = complete_and_bill(desk.book().pk, by=doctor, at=AT + 3 * DAY)
    assert not Bill.objects.exists()
    call_command("bill_due_work")
    assert capsys.readouterr().out == "1 billed, 0 refused\n"
    assert BilledWork.objects.get().appointment == visit
    call_command("bill_due_work")
    assert capsys.readouterr().out == "0 billed, 0 refused\n"


def test_turning_it_on_does_not_bill_the_past(desk):
    desk.visit()
    automatic(desk, at=AT + 10 * DAY)
    assert bill_what_is_due(desk.practice.pk, by=desk.desk, at=AT + 10 * DAY).billed == []


def test_work_that_changed_since_it_was_looked_for_is_billed_and_what_was_refused_is_tried_for_a_month(
    desk, monkeypatch
):
    automatic(desk)
    refused, billed, late = [desk.visit(days=days).pk for days in (0, 1, 2)]

    def bill(pk, **given):
        if pk == refused:
            raise Conflict("Not yet", code="not_yet")
        return bill_appointment(pk, **given)

    def due(days):
        report = bill_what_is_due(desk.practice.pk, by=desk.desk, at=AT + days * DAY)
        return report.billed, [pk for _model, pk in report.refused]

    def changed(pk, days):
        Appointment.objects.filter(pk=pk).update(updated_at=AT + days * DAY)

    monkeypatch.setattr("billing.services.due.bill_appointment", bill)
    changed(late, -1)  # as if automatic billing had begun later
    assert due(5) == ([billed], [refused])
    assert due(5) == ([], [refused])
    changed(billed, 36)
    assert due(36) == ([], [refused])
    assert due(36) == ([], [])
    changed(late, 34)
    assert due(36) == ([], [])
    changed(late, 35.5)
    assert due(36) == ([late], [])


def test_what_a_busy_database_refused_is_tried_however_old_it_is(desk, monkeypatch):
    automatic(desk)
    visit = desk.visit().pk
    tries = []

    def bill(pk, **given):
        tries.append(pk)
        if len(tries) < 3:
            raise Unavailable
        return bill_appointment(pk, **given)

    monkeypatch.setattr("billing.services.due.bill_appointment", bill)
    found = [bill_what_is_due(desk.practice.pk, by=desk.desk, at=AT + days * DAY) for days in (40, 80, 120)]
    assert [list(one.refused) for one in found] == [[(Appointment, visit)], [(Appointment, visit)], []]
    assert found[2].billed == [visit]


def test_what_has_nothing_to_bill_is_neither_refused_nor_tried_again(desk, monkeypatch):
    automatic(desk)
    desk.visit()
    tries = []

    def bill(pk, **given):
        tries.append(pk)
        raise Conflict("Nothing", code="nothing_to_bill")

    monkeypatch.setattr("billing.services.due.bill_appointment", bill)
    for days in (5, 10):
        found = bill_what_is_due(desk.practice.pk, by=desk.desk, at=AT + days * DAY)
        assert (found.billed, found.refused) == ([], {})
    assert len(tries) == 1


def test_programs_and_orders_of_a_second_run_are_those_since_the_first(desk):
    automatic(desk)

    def due(days):
        return bill_what_is_due(desk.practice.pk, by=desk.desk, at=AT + days * DAY).billed

    first = desk.enroll()
    assert due(5) == [first.pk]
    second, order = desk.enroll(again=True, at=AT + 6 * DAY), desk.order("delivered")
    type(order).objects.update(delivered_at=AT + 6 * DAY)
    assert due(10) == [second.pk, order.pk]
    assert due(10) == []


def test_an_import_that_begins_anew_meanwhile_is_not_passed_over(desk, monkeypatch):
    automatic(desk, at=AT + 10 * DAY)
    desk.visit(days=11)

    def bill(pk, **given):
        BillingSettings.objects.update(automatic_since=AT, looked_until=None)
        return bill_appointment(pk, **given)

    monkeypatch.setattr("billing.services.due.bill_appointment", bill)
    assert len(bill_what_is_due(desk.practice.pk, by=desk.desk, at=AT + 20 * DAY).billed) == 1
    assert BillingSettings.objects.get().looked_until is None


def test_what_was_credited_is_billed_anew_by_hand(desk):
    automatic(desk)
    desk.visit()
    assert len(bill_what_is_due(desk.practice.pk, by=desk.desk, at=AT + 3 * DAY).billed) == 1
    credit_bill(Bill.objects.get().pk, reason="Wrong", by=desk.admin, at=AT + 3 * DAY)
    assert bill_what_is_due(desk.practice.pk, by=desk.desk, at=AT + 3 * DAY).billed == []
    assert len(unbilled_work(desk.desk, desk.practice, since=AT).appointments) == 1


def test_what_waits_to_be_billed(desk):
    visit, billed, free = desk.visit(), desk.visit(days=1), desk.visit(days=2)
    bill_appointment(billed.pk, by=desk.desk, at=AT + 9 * DAY)
    free.services.update(price=Decimal(0))
    enrollment, order = desk.enroll(), desk.order("delivered")
    desk.book(days=9)
    found = unbilled_work(desk.desk, desk.practice, since=AT)
    assert (found.appointments, found.enrollments, found.orders) == ([visit], [enrollment], [order])
    stranger = actor_with("specialist", desk.practice)
    assert unbilled_work(stranger, desk.practice, since=AT).appointments == []


def test_only_work_since_the_moment_waits_and_neither_a_programs_visit_nor_what_was_cancelled(desk):
    first, second = desk.visit(), desk.visit(days=1)
    program = desk.enroll()
    desk.visit(days=2, enrollment=program)
    cancel_program(desk.enroll(again=True).pk, cancel_appointments=True, by=desk.desk, at=AT)
    later = first.starts_at + timedelta(seconds=1)
    known = desk.desk, desk.practice
    assert unbilled_work(*known, since=first.starts_at).appointments == [first, second]
    assert unbilled_work(*known, since=later).appointments == [second]
    assert unbilled_work(*known, since=AT).enrollments == [program]
    assert unbilled_work(*known, since=AT + timedelta(seconds=1)).enrollments == []


def test_a_visit_of_an_agreed_care_plan_is_billed_with_the_plan(desk):
    plan, visit = desk.care_plan(("50.00", "19.00")), desk.visit()
    CarePlanEntryAppointment.objects.create(entry=CarePlanEntry.objects.get(), appointment=visit)
    assert unbilled_work(desk.desk, desk.practice, since=AT).appointments == [visit]
    accept_care_plan(plan.pk, by=desk.desk, at=AT)
    assert unbilled_work(desk.desk, desk.practice, since=AT).appointments == []
    type(plan).objects.update(archived_at=AT)
    assert unbilled_work(desk.desk, desk.practice, since=AT).appointments == [visit]


def test_a_bill_that_is_refused_for_a_reason_refuses_the_visit_with_it(desk, monkeypatch):
    automatic(desk)
    visit = desk.book()
    for code, status in (("out_of_order", "confirmed"), ("billed", "done")):

        def refuse(_pk, code=code, **_given):
            raise Conflict("No", code=code)

        monkeypatch.setattr("billing.services.due.bill_appointment", refuse)
        with nullcontext() if status == "done" else pytest.raises(Conflict):
            complete_and_bill(visit.pk, by=desk.desk, at=AT + 3 * DAY)
        visit.refresh_from_db()
        assert visit.status == status


def test_only_the_desk_bills_what_is_due(desk, refused):
    doctor = actor_with("specialist", desk.practice, specialist_ids=frozenset({desk.specialist.pk}))
    with refused(Forbidden):
        bill_what_is_due(desk.practice.pk, by=doctor, at=AT)
