"""Visits as contracts report them: in any state, each with what belongs to it and nothing that does not."""

from datetime import timedelta

import pytest

from catalog.models import ServiceSession
from core.errors import Conflict, Forbidden, InvalidInput, Missing
from programs.models import Enrollment
from scheduling.models import Appointment, Claim
from scheduling.services import record_appointment, set_holiday
from scheduling.states import CLAIMING, OPEN, AppointmentStatus
from tests.factories import AT, PracticeFactory, SpecialistFactory
from tests.scheduling.words import HOUR
from tests.stage import DAY, actor_with

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]
BEGINS = AT + 3 * DAY


def record(stage, status="confirmed", **more):
    known = {
        "practice_id": stage.practice.pk,
        "patient_id": stage.patient.pk,
        "specialist_id": stage.specialist.pk,
        "service_ids": [stage.service.pk],
        "starts_at": BEGINS,
        "by": stage.desk,
    }
    return record_appointment(status=status, at=AT, **{**known, **more})


@pytest.mark.parametrize("status", AppointmentStatus.values)
def test_a_state_comes_with_its_moment_its_claims_and_its_session(stage, status):
    enrollment = stage.enroll()
    if status not in CLAIMING:
        with pytest.raises(InvalidInput) as refusal:
            record(stage, status, enrollment_id=enrollment.pk)
        assert set(refusal.value.fields) == {"enrollment_id"}
        assert not Appointment.objects.exists()
        made = record(stage, status)
    else:
        made = record(stage, status, enrollment_id=enrollment.pk)
    assert made.arrived_at == (AT if status in ("arrived", "in_care") else None)
    assert made.cancelled_at == (AT if status == "cancelled" else None)
    assert Claim.objects.filter(appointment=made).exists() == (status in CLAIMING)
    assert made.plan_session_number == (1 if status in CLAIMING else None)
    assert Enrollment.objects.get().sessions_left == (2 if status == "done" else 3)


@pytest.mark.parametrize("status", AppointmentStatus.values)
def test_a_visit_that_is_still_to_take_place_needs_somebody_who_takes_appointments(stage, status):
    stage.specialist.scheduling_active = False
    stage.specialist.save()
    if status in OPEN - {AppointmentStatus.REQUESTED}:
        with pytest.raises((InvalidInput, Conflict, Missing)):
            record(stage, status)
        assert not Appointment.objects.exists()
    else:
        assert record(stage, status).specialist == stage.specialist


def test_only_what_is_confirmed_is_booked_on_a_day_that_is_open(stage):
    day = BEGINS.astimezone(stage.practice.zone).date()
    set_holiday(practice_id=stage.practice.pk, day=day, name="Closed", by=stage.desk, at=AT)
    with pytest.raises(Conflict, match="Closed"):
        record(stage)
    assert record(stage, "done").status == "done"


def test_a_specialist_records_nothing_for_a_colleague(stage):
    mine = actor_with("specialist", stage.practice, specialist_ids=frozenset({stage.specialist.pk}))
    colleague = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    with pytest.raises(Forbidden):
        record(stage, by=mine, specialist_id=colleague.pk, patient_id=None)
    elsewhere = PracticeFactory()
    stranger = SpecialistFactory(organization=elsewhere.organization, works_at=[elsewhere])
    with pytest.raises((InvalidInput, Missing)):
        record(stage, "done", specialist_id=stranger.pk)
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(("status", "children"), [("confirmed", 2), ("done", 2), ("cancelled", 0), ("no_show", 0)])
def test_the_further_sessions_of_a_treatment_are_proposed_for_what_takes_place(stage, status, children):
    for order, days in ((1, 0), (2, 7), (3, 21)):
        ServiceSession.objects.create(
            service=stage.service, session_order=order, session_type="follow_up", offset_days=days
        )
    made = record(stage, status, plan_protocol=True)
    found = Appointment.objects.filter(parent=made).order_by("proposed_at")
    local = [one.proposed_at.astimezone(stage.practice.zone) for one in found]
    begin = BEGINS.astimezone(stage.practice.zone)
    assert [(one.date() - begin.date(), one.time()) for one in local] == [
        (timedelta(days=days), begin.time()) for days in (7, 21)
    ][:children]
    assert {(one.status, one.patient_id, one.starts_at) for one in found} <= {("requested", stage.patient.pk, None)}
    assert not Claim.objects.filter(appointment__parent=made).exists()


def test_a_visit_lasts_until_it_is_told_to_and_not_before_it_begins(stage):
    with pytest.raises(InvalidInput):
        record(stage, "done", ends_at=BEGINS)
    assert record(stage, "done", ends_at=BEGINS + HOUR).ends_at == BEGINS + HOUR
