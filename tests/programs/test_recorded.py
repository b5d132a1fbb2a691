"""Programs that began in another system: what was promised then, less what was used since."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core.errors import InvalidInput, Missing
from orders.models import ProductOrder
from programs.models import Enrollment, SessionMovement
from programs.services import record_enrollment
from tests.broken import broken_invariants
from tests.factories import AT, PatientFactory, ServicePlanFactory
from tests.stage import DAY, bundle, set_stage

pytestmark = pytest.mark.django_db
BEGAN = AT - 10 * DAY


@pytest.fixture
def stage():
    yield set_stage()
    assert broken_invariants() == []


def record(stage, plan=None, **more):
    known = {"patient_id": stage.patient.pk, "service_plan_id": (plan or stage.plan).pk, "enrolled_at": BEGAN}
    return record_enrollment(practice_id=stage.practice.pk, by=stage.desk, at=AT, **{**known, **more})


def test_what_was_used_elsewhere_is_used_and_nothing_is_ordered_again(stage):
    bundle(stage.plan, stage.product)
    made = record(stage, sessions_used=2)
    assert (made.sessions_total, made.sessions_left, made.status) == (3, 1, "active")
    assert list(SessionMovement.objects.order_by("pk").values_list("kind", "quantity")) == [
        ("grant", 3),
        ("consume", -2),
    ]
    assert (made.enrolled_at, made.expires_at, made.price) == (BEGAN, BEGAN + 90 * DAY, stage.plan.total_price)
    assert not ProductOrder.objects.exists()


def test_another_number_and_price_may_have_been_promised_then(stage):
    made = record(stage, sessions_total=5, sessions_used=5, price=Decimal("0.00"))
    assert (made.sessions_total, made.sessions_left, made.price, made.status) == (5, 0, Decimal("0.00"), "completed")
    stage.plan.refresh_from_db()
    assert stage.plan.sessions_total == 3


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"sessions_used": 4}, "sessions_used"),
        ({"sessions_used": -1}, "sessions_used"),
        ({"sessions_total": 2, "sessions_used": 3}, "sessions_used"),
        ({"enrolled_at": AT + timedelta(seconds=1)}, "enrolled_at"),
        ({"cancelled_at": BEGAN - timedelta(seconds=1)}, "cancelled_at"),
        ({"cancelled_at": AT + timedelta(seconds=1)}, "cancelled_at"),
    ],
)
def test_what_cannot_have_been_is_refused_by_its_field(stage, wrong, field):
    with pytest.raises(InvalidInput) as refusal:
        record(stage, **wrong)
    assert set(refusal.value.fields) == {field}
    assert not Enrollment.objects.exists()


def test_the_limits_themselves_are_kept(stage):
    assert record(stage, sessions_used=3).sessions_left == 0
    assert record(stage, enrolled_at=AT).enrolled_at == AT
    for moment in (BEGAN, AT):
        made = record(stage, cancelled_at=moment, cancellation_reason="Moved")
        assert (made.status, made.cancelled_at, made.cancellation_reason) == ("cancelled", moment, "Moved")


def test_a_program_that_was_over_is_over(stage):
    assert record(stage, enrolled_at=AT - 90 * DAY).status == "expired"
    assert record(stage, enrolled_at=AT - 90 * DAY + timedelta(seconds=1)).status == "active"


def test_a_program_of_time_has_no_sessions(stage):
    plan = ServicePlanFactory(
        organization=stage.practice.organization,
        billing_model="time_based",
        service=None,
        sessions_total=None,
        validity_days=None,
        access_months=6,
    )
    for wrong, field in (({"sessions_used": 1}, "sessions_used"), ({"sessions_total": 1}, "sessions_total")):
        with pytest.raises(InvalidInput) as refusal:
            record(stage, plan, **wrong)
        assert set(refusal.value.fields) == {field}
    made = record(stage, plan)
    assert (made.sessions_left, SessionMovement.objects.count()) == (None, 0)


def test_patient_and_plan_are_of_the_practices_organization(stage):
    for more in ({"patient_id": PatientFactory().pk}, {"service_plan_id": ServicePlanFactory().pk}):
        with pytest.raises(Missing):
            record(stage, **more)
    assert not Enrollment.objects.exists()
