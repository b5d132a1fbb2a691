"""The session ledger is the truth: what each thing that happens to an appointment does to it."""

from datetime import timedelta

import pytest
from django.db import Error as DatabaseError
from django.db import transaction

from core.db import unit_of_work
from core.errors import Conflict, InvalidInput
from programs import ledger as the_ledger
from programs.models import Enrollment, SessionMovement
from programs.states import MovementKind
from scheduling.models import Appointment
from scheduling.services import (
    adjust_program,
    archive_appointment,
    cancel_appointment,
    cancel_program,
    complete_appointment,
    mark_no_show,
    program_effects,
    undo_appointment,
)
from tests.broken import broken_invariants
from tests.factories import AT, PatientFactory, ServiceFactory, SpecialistFactory
from tests.stage import DAY, bundle, everything, set_stage

pytestmark = pytest.mark.django_db


def ledger(enrollment):
    return [(m.kind, m.quantity) for m in enrollment.movements.order_by("pk")]


def numbers(enrollment):
    return list(enrollment.appointments.order_by("pk").values_list("status", "plan_session_number"))


def counts(enrollment):
    row = Enrollment.objects.with_ledger().get(pk=enrollment.pk)
    return (row.sessions_granted, row.sessions_completed, row.sessions_cancelled, row.sessions_left)


@pytest.fixture(autouse=True)
def every_invariant_holds():
    yield
    assert broken_invariants() == []


def test_booking_holds_the_lowest_free_session_and_writes_nothing_yet():
    stage = set_stage()
    enrollment = stage.enroll()
    first, second = stage.book(enrollment), stage.book(enrollment, days=4)
    assert (first.plan_session_number, second.plan_session_number) == (1, 2)
    assert ledger(enrollment) == [("grant", 3)]
    cancel_appointment(first.pk, by=stage.desk, at=AT)
    assert stage.book(enrollment, days=5).plan_session_number == 1


def test_no_more_can_be_booked_than_remains():
    stage = set_stage()
    enrollment = stage.enroll()
    for day in (1, 2, 3):
        stage.book(enrollment, days=day)
    before = everything()
    with pytest.raises(Conflict) as refusal:
        stage.book(enrollment, days=4)
    assert refusal.value.code == "no_session_left"
    assert everything() == before


def test_done_consumes_and_the_last_one_completes_the_program():
    stage = set_stage()
    enrollment = stage.enroll()
    for day in (1, 2, 3):
        complete_appointment(stage.book(enrollment, days=day).pk, by=stage.desk, at=AT + day * DAY)
    enrollment.refresh_from_db()
    assert (enrollment.status, enrollment.completed_at) == ("completed", AT + 3 * DAY)
    assert counts(enrollment) == (3, 3, 0, 0)


def test_undoing_done_restores_the_session_and_reopens_the_program():
    stage = set_stage()
    enrollment = stage.enroll()
    ids = [stage.book(enrollment, days=day).pk for day in (1, 2, 3)]
    for pk in ids:
        complete_appointment(pk, by=stage.desk, at=AT + 4 * DAY)
    undo_appointment(ids[1], by=stage.desk, at=AT + 5 * DAY)
    enrollment.refresh_from_db()
    assert (enrollment.status, enrollment.completed_at) == ("active", None)
    assert counts(enrollment) == (3, 2, 0, 1)
    assert numbers(enrollment) == [("done", 1), ("confirmed", 2), ("done", 3)]
    complete_appointment(ids[1], by=stage.desk, at=AT + 6 * DAY)
    assert counts(enrollment) == (3, 3, 0, 0)
    assert ledger(enrollment)[-3:] == [("consume", -1), ("restore", 1), ("consume", -1)]


def test_a_cancelled_appointment_releases_its_session():
    stage = set_stage(late_cancel_forfeits=True)
    enrollment = stage.enroll()
    appointment = stage.book(enrollment)
    cancel_appointment(appointment.pk, reason="Away", by_patient=True, by=stage.desk, at=AT)
    assert ledger(enrollment) == [("grant", 3), ("release", 0)]
    assert numbers(enrollment) == [("cancelled", None)]
    assert counts(enrollment) == (3, 0, 1, 3)


@pytest.mark.parametrize(
    ("forfeits", "by_patient", "hours", "kind"),
    [
        (True, True, 23, "forfeit"),
        (True, True, 25, "release"),
        (True, False, 23, "release"),
        (False, True, 23, "release"),
    ],
)
def test_the_patients_late_cancellation_follows_the_practices_policy(forfeits, by_patient, hours, kind):
    stage = set_stage(late_cancel_forfeits=forfeits, notice_hours=24)
    enrollment = stage.enroll()
    appointment = stage.book(enrollment)
    when = appointment.starts_at - timedelta(hours=hours)
    cancel_appointment(appointment.pk, by_patient=by_patient, by=stage.desk, at=when)
    assert ledger(enrollment)[-1][0] == kind
    assert numbers(enrollment) == [("cancelled", 1 if kind == "forfeit" else None)]
    assert counts(enrollment) == (3, 0, 1, 2 if kind == "forfeit" else 3)


@pytest.mark.parametrize(("forfeits", "kind", "left"), [(True, "forfeit", 2), (False, "release", 3)])
def test_a_no_show_follows_the_practices_policy_and_can_be_undone(forfeits, kind, left):
    stage = set_stage(no_show_forfeits=forfeits)
    enrollment = stage.enroll()
    appointment = stage.book(enrollment)
    mark_no_show(appointment.pk, by=stage.desk, at=AT + 4 * DAY)
    assert ledger(enrollment)[-1][0] == kind
    assert counts(enrollment)[3] == left
    undo_appointment(appointment.pk, by=stage.desk, at=AT + 4 * DAY)
    assert numbers(enrollment) == [("confirmed", 1)]
    assert counts(enrollment) == (3, 0, 0, 3)


def test_undoing_is_refused_when_the_session_has_been_given_to_another():
    stage = set_stage()
    enrollment = stage.enroll()
    missed = stage.book(enrollment)
    mark_no_show(missed.pk, by=stage.desk, at=AT + 4 * DAY)
    for day in (5, 6, 7):
        stage.book(enrollment, days=day)
    before = everything()
    with pytest.raises(Conflict) as refusal:
        undo_appointment(missed.pk, by=stage.desk, at=AT + 4 * DAY)
    assert refusal.value.code == "no_session_left"
    assert everything() == before


def test_a_cancellation_can_be_undone_for_three_minutes():
    stage = set_stage()
    enrollment = stage.enroll()
    appointment = stage.book(enrollment)
    cancel_appointment(appointment.pk, reason="Wrong row", by=stage.desk, at=AT)
    with pytest.raises(Conflict) as refusal:
        undo_appointment(appointment.pk, by=stage.desk, at=AT + timedelta(minutes=4))
    assert refusal.value.code == "too_late"
    undone = undo_appointment(appointment.pk, by=stage.desk, at=AT + timedelta(minutes=2))
    assert (undone.status, undone.cancelled_at, undone.cancellation_note) == ("confirmed", None, "")
    assert numbers(enrollment) == [("confirmed", 1)]


def test_archiving_an_open_appointment_releases_and_archiving_a_done_one_does_not():
    stage = set_stage()
    enrollment = stage.enroll()
    done, open_one = stage.book(enrollment), stage.book(enrollment, days=5)
    complete_appointment(done.pk, by=stage.desk, at=AT + 3 * DAY)
    archive_appointment(done.pk, by=stage.desk, at=AT + 4 * DAY)
    archive_appointment(open_one.pk, by=stage.desk, at=AT + 4 * DAY)
    assert ledger(enrollment) == [("grant", 3), ("consume", -1), ("release", 0)]
    assert numbers(enrollment) == [("done", 1), ("confirmed", None)]


def test_adjusting_adds_sessions_with_a_reason():
    stage = set_stage()
    enrollment = stage.enroll()
    adjusted = adjust_program(enrollment.pk, quantity=2, reason="An apology", by=stage.desk, at=AT)
    assert adjusted.sessions_left == 5
    assert counts(enrollment) == (5, 0, 0, 5)


@pytest.mark.parametrize(
    ("quantity", "reason", "field"), [(0, "x", "quantity"), (1, " ", "reason"), (-2, "x", "quantity")]
)
def test_adjusting_never_goes_below_what_is_held(quantity, reason, field):
    stage = set_stage()
    enrollment = stage.enroll()
    stage.book(enrollment)
    stage.book(enrollment, days=4)
    before = everything()
    with pytest.raises(InvalidInput) as refusal:
        adjust_program(enrollment.pk, quantity=quantity, reason=reason, by=stage.desk, at=AT)
    assert set(refusal.value.fields) == {field}
    assert everything() == before


def test_an_adjustment_reopens_a_completed_program():
    stage = set_stage()
    enrollment = stage.enroll()
    for day in (1, 2, 3):
        complete_appointment(stage.book(enrollment, days=day).pk, by=stage.desk, at=AT + day * DAY)
    assert (
        adjust_program(enrollment.pk, quantity=1, reason="One more", by=stage.desk, at=AT + 5 * DAY).status == "active"
    )


def test_a_program_serves_only_its_patient_and_service():
    stage = set_stage()
    enrollment = stage.enroll()
    stranger = PatientFactory(organization=stage.practice.organization)
    other = ServiceFactory(organization=stage.practice.organization)
    before = everything()
    for field, value in (("patient", stranger), ("service", other)):
        setattr(stage, field, value)
        with pytest.raises(InvalidInput) as refusal:
            stage.book(enrollment)
        assert set(refusal.value.fields) == {"enrollment_id"}
    assert everything() == before


def test_an_appointment_after_the_programs_end_is_refused_or_overridden_with_a_reason():
    stage = set_stage()
    enrollment = stage.enroll()
    with pytest.raises(Conflict) as refusal:
        stage.book(enrollment, days=91)
    assert refusal.value.code == "program_expired"
    assert stage.book(enrollment, days=91, override_reason="Agreed by phone").plan_session_number == 1


def test_an_ended_program_holds_nothing():
    stage = set_stage()
    enrollment = stage.enroll()
    with pytest.raises(Conflict) as refusal:
        stage.book(enrollment, days=95, at=AT + 91 * DAY)
    assert refusal.value.code == "program_not_active"


def test_cancelling_a_program_shows_first_and_then_cancels_orders_and_future_appointments():
    stage = set_stage()
    bundle(stage.plan, stage.product)
    enrollment = stage.enroll()
    past, ahead = stage.book(enrollment, days=1), stage.book(enrollment, days=5)
    complete_appointment(past.pk, by=stage.desk, at=AT + DAY)
    now = AT + 2 * DAY
    effects = program_effects(stage.desk, enrollment.pk, at=now)
    assert [a.pk for a in effects.appointments] == [ahead.pk]
    assert [o.product_id for o in effects.orders] == [stage.product.pk]
    cancelled = cancel_program(enrollment.pk, cancel_appointments=True, reason="Moving", by=stage.desk, at=now)
    assert (cancelled.status, cancelled.cancelled_at, cancelled.cancellation_reason) == ("cancelled", now, "Moving")
    assert numbers(enrollment) == [("done", 1), ("cancelled", None)]
    assert list(enrollment.orders.values_list("status", "cancellation_reason")) == [("cancelled", "Moving")]
    assert counts(enrollment) == (3, 1, 1, 2)
    with pytest.raises(Conflict):
        cancel_program(enrollment.pk, cancel_appointments=True, by=stage.desk, at=now)


def test_appointments_left_standing_still_consume():
    stage = set_stage()
    enrollment = stage.enroll()
    appointment = stage.book(enrollment)
    cancel_program(enrollment.pk, cancel_appointments=False, by=stage.desk, at=AT)
    complete_appointment(appointment.pk, by=stage.desk, at=AT + 3 * DAY)
    enrollment.refresh_from_db()
    assert (enrollment.status, counts(enrollment)) == ("cancelled", (3, 1, 0, 2))


def test_a_session_imported_as_used_takes_the_lowest_number():
    stage = set_stage()
    enrollment = stage.enroll()
    SessionMovement.objects.create(enrollment=enrollment, kind="consume", quantity=-1, at=AT)
    Enrollment.objects.filter(pk=enrollment.pk).update(sessions_left=2)
    assert stage.book(enrollment).plan_session_number == 2


@pytest.mark.parametrize(
    "row",
    [
        {"kind": "grant", "quantity": 0},
        {"kind": "consume", "quantity": 1},
        {"kind": "release", "quantity": -1},
        {"kind": "restore", "quantity": 1},
        {"kind": "adjust", "quantity": 1, "reason": ""},
    ],
)
def test_the_database_refuses_a_movement_whose_sign_does_not_fit(row):
    enrollment = set_stage().enroll()
    with pytest.raises(DatabaseError, match="movement_"), transaction.atomic():
        SessionMovement.objects.create(enrollment=enrollment, at=AT, **row)


def test_the_ledger_cannot_be_edited():
    enrollment = set_stage().enroll()
    rows = SessionMovement.objects.filter(enrollment=enrollment)
    for write in (lambda: rows.update(quantity=9), lambda: rows.delete()):
        with pytest.raises(DatabaseError, match="append"), transaction.atomic():
            write()


def test_the_database_refuses_the_same_session_twice():
    stage = set_stage()
    enrollment = stage.enroll()
    stage.book(enrollment)
    second = stage.book(enrollment, days=4)
    with pytest.raises(DatabaseError), transaction.atomic():
        Appointment.objects.filter(pk=second.pk).update(plan_session_number=1)


def test_the_price_of_a_visit_is_frozen_with_the_specialists_own_price():
    from tests.factories import ServiceSpecialistFactory

    stage = set_stage()
    ServiceSpecialistFactory(service=stage.service, specialist=stage.specialist, custom_price="80.00")
    assert str(stage.book().services.get().price) == "80.00"
    stage.specialist = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    assert str(stage.book(days=4).services.get().price) == "100.00"


def test_the_ledger_gives_out_the_last_session_and_none_more():
    """Behind bookings, adjustments and imports, which ask first: whoever writes a movement is refused in words."""
    stage = set_stage()
    enrollment = stage.enroll()
    with unit_of_work("tests.consume", by=stage.desk, at=AT) as work:
        the_ledger.write(work, enrollment, MovementKind.CONSUME, -3)
    assert enrollment.sessions_left == 0
    before = everything()
    with pytest.raises(Conflict) as refusal, unit_of_work("tests.consume", by=stage.desk, at=AT) as work:
        the_ledger.write(work, Enrollment.objects.get(pk=enrollment.pk), MovementKind.CONSUME, -1)
    assert refusal.value.code == "no_session_left"
    assert everything() == before
