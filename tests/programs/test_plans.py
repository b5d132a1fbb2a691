"""Plans: in which currency they are sold, what may come with them, and that archiving one twice changes nothing."""

from decimal import Decimal

import pytest

from catalog.models import Product
from core.errors import Conflict, InvalidInput
from programs.models import ServicePlan
from programs.services import archive_plan, bundle_product, create_plan, hold_session, record_enrollment, restore_plan
from tests.factories import AT, PracticeFactory
from tests.stage import DAY, actor_with, everything, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage():
    stage = set_stage(currency="RON")
    stage.admin = actor_with("clinic_admin", stage.practice)
    return stage


def create(stage, **values):
    known = {"name": "Ten", "total_price": Decimal("10.00"), **values}
    return create_plan(organization_id=stage.practice.organization_id, values=known, by=stage.admin, at=AT)


def test_a_plan_of_sessions_costs_in_the_services_currency_and_another_in_the_first_practices(stage):
    type(stage.service).objects.filter(pk=stage.service.pk).update(currency="EUR")
    PracticeFactory(organization=stage.practice.organization, currency="USD")
    of_sessions = create(stage, billing_model="session_based", service_id=stage.service.pk, sessions_total=3)
    for_a_time = create(stage, billing_model="time_based", service_id=stage.service.pk, access_months=1)
    assert (of_sessions.currency, for_a_time.currency) == ("EUR", "RON")


def test_a_practice_that_was_put_away_says_nothing_of_the_currency(stage):
    PracticeFactory(organization=stage.practice.organization, currency="USD")
    type(stage.practice).objects.filter(pk=stage.practice.pk).update(archived_at=AT)
    assert create(stage, billing_model="time_based").currency == "USD"


def test_a_plan_for_a_time_with_sessions_is_refused_by_its_field(stage):
    before = ServicePlan.objects.count()
    with pytest.raises(InvalidInput) as refusal:
        create(stage, billing_model="time_based", sessions_total=3)
    assert list(refusal.value.fields) == ["sessions_total"]
    assert ServicePlan.objects.count() == before


@pytest.mark.parametrize("off", [{"is_active": False}, {"archived_at": AT}])
def test_what_is_not_on_sale_comes_with_no_plan(stage, off):
    Product.objects.filter(pk=stage.product.pk).update(**off)
    with pytest.raises(Conflict) as refusal:
        bundle_product(stage.plan.pk, product_id=stage.product.pk, by=stage.admin, at=AT)
    assert refusal.value.code == "not_on_sale"
    assert not stage.plan.bundled_products.exists()


def test_a_plan_is_put_away_once_until_it_is_back(stage):
    for at in (AT, AT + DAY):
        assert archive_plan(stage.plan.pk, by=stage.admin, at=at).archived_at == AT
    assert restore_plan(stage.plan.pk, by=stage.admin, at=AT + DAY).archived_at is None


def test_the_number_of_a_session_that_was_used_elsewhere_is_held_by_no_visit(stage):
    enrollment = record_enrollment(
        practice_id=stage.practice.pk,
        patient_id=stage.patient.pk,
        service_plan_id=stage.plan.pk,
        enrolled_at=AT - DAY,
        sessions_used=1,
        by=stage.desk,
        at=AT,
    )
    visit = {
        "patient_id": stage.patient.pk,
        "practice_id": stage.practice.pk,
        "service_id": stage.service.pk,
        "starts_at": AT + DAY,
        "open_appointments": 0,
        "at": AT,
    }
    before = everything()
    with pytest.raises(Conflict) as refusal:
        hold_session(enrollment, number=1, **visit)
    assert refusal.value.code == "session_used"
    hold_session(enrollment, number=2, **visit)
    assert everything() == before
