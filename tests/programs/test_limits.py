"""The exact limits of programs: the last day, the last session, the least that may be left."""

from datetime import timedelta

import pytest

from core.actor import Actor
from core.errors import Conflict, InvalidInput
from programs.models import Enrollment
from programs.services import expire_programs, extend_program
from scheduling.services import adjust_program, complete_appointment, reschedule_appointment, undo_appointment
from tests.factories import AT, ServicePlanFactory
from tests.stage import DAY, everything, set_stage

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def stage():
    return set_stage()


def hybrid(stage, **more):
    values = {"sessions_total": 2, "validity_days": 90, "access_months": 6, **more}
    return ServicePlanFactory(
        organization=stage.practice.organization, service=stage.service, billing_model="hybrid", **values
    )


def test_extending_moves_the_end_of_the_sessions_and_of_the_access(stage):
    enrollment = stage.enroll(hybrid(stage))
    before = (enrollment.expires_at, enrollment.access_expires_at, enrollment.ends_at)
    extended = extend_program(enrollment.pk, days=10, reason="Illness", by=stage.desk, at=AT)
    assert (extended.expires_at, extended.access_expires_at, extended.ends_at) == tuple(
        end + 10 * DAY for end in before
    )
    assert extended.access_starts_at == AT


@pytest.mark.parametrize("days", [1, 3660])
def test_a_program_is_extended_by_the_least_and_the_most_days(stage, days):
    enrollment = stage.enroll()
    assert extend_program(enrollment.pk, days=days, reason="x", by=stage.desk, at=AT).ends_at == AT + (90 + days) * DAY


def test_a_program_is_not_extended_by_a_day_more(stage):
    enrollment, before = stage.enroll(), None
    before = everything()
    with pytest.raises(InvalidInput):
        extend_program(enrollment.pk, days=3661, reason="x", by=stage.desk, at=AT)
    assert everything() == before


def test_an_extension_up_to_the_present_moment_leaves_it_expired(stage):
    enrollment = stage.enroll()
    now = AT + 100 * DAY
    expire_programs(by=Actor.system("test"), at=now)
    assert extend_program(enrollment.pk, days=10, reason="x", by=stage.desk, at=now).status == "expired"
    assert extend_program(enrollment.pk, days=1, reason="x", by=stage.desk, at=now).status == "active"


def test_the_last_session_of_a_hybrid_leaves_its_access(stage):
    enrollment = stage.enroll(hybrid(stage, sessions_total=1))
    visit = stage.book(enrollment)
    complete_appointment(visit.pk, by=stage.desk, at=AT + 4 * DAY)
    enrollment.refresh_from_db()
    assert (enrollment.sessions_left, enrollment.status, enrollment.completed_at) == (0, "active", None)


def test_an_undone_last_session_makes_the_program_active_and_forgets_when_it_was_complete(stage):
    stage.plan.sessions_total = 1
    stage.plan.save()
    enrollment = stage.enroll()
    visit = stage.book(enrollment)
    complete_appointment(visit.pk, by=stage.desk, at=AT + 4 * DAY)
    enrollment.refresh_from_db()
    assert (enrollment.status, enrollment.completed_at) == ("completed", AT + 4 * DAY)
    undo_appointment(visit.pk, by=stage.desk, at=AT + 5 * DAY)
    enrollment.refresh_from_db()
    assert (enrollment.status, enrollment.completed_at, enrollment.sessions_left) == ("active", None, 1)


def test_a_plan_for_life_with_sessions_that_expire_never_ends(stage):
    enrollment = stage.enroll(hybrid(stage, access_months=None))
    assert (enrollment.expires_at, enrollment.ends_at) == (AT + 90 * DAY, None)


def test_a_program_is_adjusted_down_to_exactly_what_is_held(stage):
    enrollment = stage.enroll()
    stage.book(enrollment, days=1)
    stage.book(enrollment, days=2)
    before = everything()
    with pytest.raises(InvalidInput) as refusal:
        adjust_program(enrollment.pk, quantity=-2, reason="Refunded", by=stage.desk, at=AT)
    assert set(refusal.value.fields) == {"quantity"}
    assert everything() == before
    adjust_program(enrollment.pk, quantity=-1, reason="Refunded", by=stage.desk, at=AT)
    enrollment.refresh_from_db()
    assert enrollment.sessions_left == 2


def test_an_expired_program_is_not_adjusted(stage):
    enrollment = stage.enroll()
    with pytest.raises(Conflict) as refusal:
        adjust_program(enrollment.pk, quantity=1, reason="x", by=stage.desk, at=AT + 90 * DAY)
    assert refusal.value.code == "ended"


def test_the_last_session_is_booked_and_none_after_it(stage):
    enrollment = stage.enroll()
    assert [stage.book(enrollment, days=day).plan_session_number for day in (1, 2, 3)] == [1, 2, 3]
    with pytest.raises(Conflict) as refusal:
        stage.book(enrollment, days=4)
    assert refusal.value.code == "no_session_left"


def test_a_visit_may_begin_at_the_end_of_the_program_and_not_after(stage):
    enrollment = stage.enroll()
    assert stage.book(enrollment, days=90).plan_session_number == 1
    with pytest.raises(Conflict) as refusal:
        stage.book(enrollment, days=91)
    assert refusal.value.code == "program_expired"


def test_a_visit_of_a_program_is_not_moved_past_its_end(stage):
    visit = stage.book(stage.enroll(), days=80)
    before = everything()
    with pytest.raises(Conflict) as refusal:
        reschedule_appointment(visit.pk, starts_at=AT + 91 * DAY, by=stage.desk, at=AT)
    assert refusal.value.code == "program_expired"
    assert everything() == before


def test_a_program_is_over_at_its_end_and_runs_until_then(stage):
    enrollment = stage.enroll()
    last, end = AT + 90 * DAY - SECOND, AT + 90 * DAY
    assert (enrollment.status_at(last), enrollment.status_at(end)) == ("active", "expired")
    assert Enrollment.objects.running(last).exists()
    assert not Enrollment.objects.running(end).exists()
    assert not Enrollment.objects.ended(last).exists()
    assert Enrollment.objects.ended(end).exists()


def test_granted_and_cancelled_sessions_are_counted_with_what_was_adjusted_and_forfeited(stage):
    stage.practice.no_show_forfeits = True
    stage.practice.save()
    from scheduling.services import mark_no_show

    enrollment = stage.enroll()
    adjust_program(enrollment.pk, quantity=2, reason="Gift", by=stage.desk, at=AT)
    mark_no_show(stage.book(enrollment).pk, by=stage.desk, at=AT + 4 * DAY)
    row = Enrollment.objects.with_ledger().get()
    assert (row.sessions_granted, row.sessions_completed, row.sessions_cancelled) == (5, 0, 1)


def test_another_patients_or_practices_program_holds_no_session(stage):
    from tests.factories import PatientFactory, PracticeFactory
    from tests.stage import actor_with

    enrollment = stage.enroll()
    stranger = PatientFactory(organization=stage.practice.organization)
    before = everything()
    with pytest.raises(InvalidInput, match="another patient"):
        stage.book_for(stranger, enrollment)
    assert everything() == before
    other = PracticeFactory(organization=stage.practice.organization)
    stage.specialist.works_at.create(practice=other)
    both = actor_with("clinic_admin", other)
    both = type(both)(
        kind=both.kind,
        roles={stage.practice.pk: "front_desk", other.pk: "front_desk"},
        organizations={stage.practice.pk: stage.practice.organization_id, other.pk: other.organization_id},
        organization_ids=both.organization_ids,
        door="test",
    )
    with pytest.raises(InvalidInput, match="another practice"):
        stage.book_for(stage.patient, enrollment, practice=other, by=both)
