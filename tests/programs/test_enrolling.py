"""Enrolling freezes what was promised; dates, orders and refusals are as the services contract says."""

from datetime import UTC, datetime, timedelta

import pytest

from core.errors import Conflict, InvalidInput, Missing
from orders.models import ProductOrder
from programs.models import Enrollment, ServicePlan, SessionMovement
from programs.services import enroll_patient, expire_programs, extend_program
from tests.factories import AT, PatientFactory, ProductFactory, ServicePlanFactory
from tests.stage import DAY, actor_with, bundle, everything, set_stage

pytestmark = pytest.mark.django_db


def test_a_session_plan_grants_its_sessions_and_expires_by_days():
    stage = set_stage()
    enrollment = stage.enroll()
    assert (enrollment.status, enrollment.sessions_total, enrollment.sessions_left) == ("active", 3, 3)
    assert (enrollment.expires_at, enrollment.ends_at) == (AT + 90 * DAY, AT + 90 * DAY)
    assert (enrollment.access_starts_at, enrollment.access_expires_at) == (None, None)
    assert (enrollment.price, enrollment.currency) == (stage.plan.total_price, "RON")
    (grant,) = SessionMovement.objects.filter(enrollment=enrollment)
    assert (grant.kind, grant.quantity) == ("grant", 3)


def test_a_time_plan_has_access_and_no_sessions():
    stage = set_stage()
    plan = ServicePlanFactory(organization=stage.practice.organization, time_based=True)
    january = datetime(2027, 1, 31, 10, tzinfo=UTC)
    enrollment = stage.enroll(plan, at=january)
    assert (enrollment.sessions_total, enrollment.sessions_left, enrollment.expires_at) == (None, None, None)
    assert enrollment.access_starts_at == january
    assert enrollment.access_expires_at == enrollment.ends_at == datetime(2027, 4, 30, 10, tzinfo=UTC)
    assert not enrollment.movements.exists()


def test_a_lifetime_plan_never_ends():
    stage = set_stage()
    plan = ServicePlanFactory(organization=stage.practice.organization, time_based=True, access_months=None)
    enrollment = stage.enroll(plan)
    assert (enrollment.access_expires_at, enrollment.ends_at) == (None, None)
    assert enrollment.status_at(AT + 40000 * DAY) == "active"


def test_a_hybrid_plan_ends_at_the_later_of_its_dates():
    stage = set_stage()
    plan = ServicePlanFactory(
        organization=stage.practice.organization,
        service=stage.service,
        billing_model="hybrid",
        validity_days=120,
        access_months=1,
    )
    enrollment = stage.enroll(plan)
    assert enrollment.expires_at == enrollment.ends_at == AT + 120 * DAY
    assert enrollment.access_expires_at == datetime(2026, 3, 17, 10, tzinfo=UTC)


def test_each_bundled_product_becomes_one_pending_order_without_a_price():
    stage = set_stage()
    second = ProductFactory(organization=stage.practice.organization)
    bundle(stage.plan, stage.product, quantity=2)
    bundle(stage.plan, second)
    enrollment = stage.enroll()
    orders = ProductOrder.objects.filter(enrollment=enrollment).order_by("pk")
    assert [(o.product_id, o.quantity, o.unit_price, o.status, o.patient_id) for o in orders] == [
        (stage.product.pk, 2, None, "pending", stage.patient.pk),
        (second.pk, 1, None, "pending", stage.patient.pk),
    ]


def test_what_was_promised_stays_when_the_plan_changes():
    stage = set_stage()
    enrollment = stage.enroll()
    stage.plan.sessions_total, stage.plan.validity_days, stage.plan.total_price = 99, 1, 1
    stage.plan.save()
    enrollment.refresh_from_db()
    assert (enrollment.sessions_total, enrollment.expires_at) == (3, AT + 90 * DAY)


def test_an_active_program_of_the_plan_is_not_doubled_unless_meant():
    stage = set_stage()
    stage.enroll()
    before = everything()
    with pytest.raises(Conflict) as refusal:
        stage.enroll()
    assert refusal.value.code == "already_enrolled"
    assert everything() == before
    stage.enroll(again=True)
    assert Enrollment.objects.count() == 2


def test_an_ended_program_does_not_stand_in_the_way_of_a_new_one():
    stage = set_stage()
    stage.enroll()
    assert stage.enroll(at=AT + 91 * DAY).status == "active"


def test_a_plan_that_is_no_longer_sold_is_refused():
    stage = set_stage()
    plan = ServicePlanFactory(organization=stage.practice.organization, archived_at=AT)
    with pytest.raises(Conflict, match="no longer sold"):
        stage.enroll(plan)
    assert not Enrollment.objects.exists()


def test_patients_and_plans_of_another_organization_look_missing():
    stage = set_stage()
    stranger, foreign = PatientFactory(), ServicePlanFactory()
    for ids in ({"patient_id": stranger.pk}, {"service_plan_id": foreign.pk}):
        named = {"patient_id": stage.patient.pk, "service_plan_id": stage.plan.pk} | ids
        with pytest.raises(Missing):
            enroll_patient(practice_id=stage.practice.pk, by=stage.desk, at=AT, **named)


def test_staff_of_two_organizations_cannot_mix_them():
    stage, other = set_stage(), set_stage()
    both = actor_with("front_desk", stage.practice)
    both = type(both)(
        kind=both.kind,
        roles={stage.practice.pk: "front_desk", other.practice.pk: "front_desk"},
        organizations={
            stage.practice.pk: stage.practice.organization_id,
            other.practice.pk: other.practice.organization_id,
        },
    )
    with pytest.raises(InvalidInput) as refusal:
        enroll_patient(
            patient_id=other.patient.pk, service_plan_id=stage.plan.pk, practice_id=stage.practice.pk, by=both, at=AT
        )
    assert set(refusal.value.fields) == {"patient_id"}


def test_an_ended_program_reads_as_expired_before_and_after_the_command():
    from core.actor import Actor

    stage = set_stage()
    enrollment = stage.enroll()
    later = AT + 90 * DAY
    assert Enrollment.objects.with_status(later - timedelta(seconds=1)).get().current_status == "active"
    assert Enrollment.objects.with_status(later).get().current_status == "expired"
    assert expire_programs(by=Actor.system("test"), at=later) == 1
    assert expire_programs(by=Actor.system("test"), at=later) == 0
    enrollment.refresh_from_db()
    assert enrollment.status == "expired"


def test_extending_moves_every_date_and_makes_an_expired_program_active():
    from core.actor import Actor

    stage = set_stage()
    enrollment = stage.enroll()
    expire_programs(by=Actor.system("test"), at=AT + 95 * DAY)
    extended = extend_program(enrollment.pk, days=30, reason="Was in hospital", by=stage.desk, at=AT + 95 * DAY)
    assert (extended.status, extended.expires_at, extended.ends_at) == ("active", AT + 120 * DAY, AT + 120 * DAY)


@pytest.mark.parametrize(("days", "reason", "field"), [(0, "x", "days"), (5000, "x", "days"), (3, " ", "reason")])
def test_extending_needs_days_and_a_reason(days, reason, field):
    stage = set_stage()
    enrollment = stage.enroll()
    before = everything()
    with pytest.raises(InvalidInput) as refusal:
        extend_program(enrollment.pk, days=days, reason=reason, by=stage.desk, at=AT)
    assert set(refusal.value.fields) == {field}
    assert everything() == before


def test_patients_and_visitors_see_the_published_plans_that_are_not_put_away(
    practice, patient_actor, visitor, front_desk
):
    made = {
        name: ServicePlanFactory(organization=practice.organization, **more).pk
        for name, more in {
            "published": {"is_published": True},
            "draft": {"is_published": False},
            "gone": {"is_published": True, "archived_at": AT},
        }.items()
    }
    elsewhere = ServicePlanFactory(is_published=True).pk
    for actor in (patient_actor, visitor):
        assert set(ServicePlan.objects.visible_to(actor).values_list("pk", flat=True)) == {made["published"]}
    assert set(ServicePlan.objects.visible_to(front_desk).values_list("pk", flat=True)) == set(made.values())
    assert elsewhere not in made.values()
