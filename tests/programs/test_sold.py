"""What was sold stays sold, whatever becomes of the plan, the service or the product afterwards."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from catalog.services import archive_product, archive_service, change_product
from core.errors import Conflict
from orders.models import ProductOrder
from patients.services import archive_patient
from programs.models import Enrollment
from programs.services import change_plan
from scheduling.services import book_appointment, complete_appointment, reschedule_appointment
from tests.factories import AT, EnrollmentFactory, ServiceFactory, ServicePlanFactory
from tests.stage import DAY, actor_with, bundle, everything, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage():
    stage = set_stage()
    stage.admin = actor_with("clinic_admin", stage.practice)
    return stage


@pytest.fixture
def sold(stage):
    return stage.enroll()


def edit(stage, **values):
    return change_plan(stage.plan.pk, values=values, by=stage.admin, at=AT + DAY)


def test_a_program_keeps_all_that_was_sold(stage, sold):
    another = ServiceFactory(organization=stage.practice.organization)
    promised = Enrollment.objects.filter(pk=sold.pk).values().get()
    edit(
        stage,
        name="Something else",
        service_id=another.pk,
        billing_model="hybrid",
        sessions_total=7,
        access_months=2,
        validity_days=1,
        telerehab_access=True,
        library_access=True,
        total_price=Decimal("1.00"),
        currency="EUR",
    )
    assert Enrollment.objects.filter(pk=sold.pk).values().get() == promised
    assert promised["price"] == stage.plan.total_price  # as it was: the plan in hand is the one before the change
    assert promised["expires_at"] == sold.enrolled_at + timedelta(days=stage.plan.validity_days)
    for name in ("name", "service_id", "billing_model", "sessions_total", "access_months", "currency"):
        assert promised[name] == getattr(stage.plan, name), name
    assert str(sold).startswith(stage.plan.name)


def test_sessions_are_booked_of_the_service_that_was_sold_and_of_no_other(stage, sold):
    another = ServiceFactory(organization=stage.practice.organization)
    edit(stage, service_id=another.pk)
    assert stage.book(sold).plan_session_number == 1
    with pytest.raises(Exception, match="without this service"):
        book_appointment(
            practice_id=stage.practice.pk,
            patient_id=stage.patient.pk,
            service_id=another.pk,
            specialist_id=stage.specialist.pk,
            starts_at=AT + 5 * DAY,
            enrollment_id=sold.pk,
            by=stage.desk,
            at=AT,
        )


@pytest.mark.parametrize(
    ("sold_as", "made", "ends"), [("session_based", "hybrid", "completed"), ("hybrid", "session_based", "active")]
)
def test_the_last_session_settles_a_program_as_it_was_sold(stage, sold_as, made, ends):
    edit(stage, billing_model=sold_as, sessions_total=1)
    sold = stage.enroll()
    edit(stage, billing_model=made)
    visit = stage.book(sold)
    complete_appointment(visit.pk, by=stage.desk, at=AT + 4 * DAY)
    sold.refresh_from_db()
    assert sold.status == ends
    call_command("check_invariants")


def test_a_program_fits_what_it_sold_in_the_database_too(stage):
    for values in ({"service": None}, {"sessions_total": None}, {"billing_model": "time_based"}):
        sold = EnrollmentFactory(practice=stage.practice)
        with pytest.raises(IntegrityError), transaction.atomic():
            Enrollment.objects.filter(pk=sold.pk).update(**values)
    for values in ({"sessions_left": None}, {"billing_model": "time_based", "sessions_total": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Enrollment.objects.filter(pk=sold.pk).update(**values)


def test_an_order_keeps_the_name_and_the_price_of_what_was_ordered(stage):
    order = stage.order()
    name, price = stage.product.name, order.unit_price
    change_product(stage.product.pk, values={"name": "Another", "price": Decimal(1)}, by=stage.admin, at=AT)
    order.refresh_from_db()
    assert (order.product_name, order.unit_price) == (name, price)


def test_a_plan_is_not_sold_with_a_product_that_nobody_may_order(stage):
    bundle(stage.plan, stage.product)
    archive_product(stage.product.pk, by=stage.admin, at=AT)
    before = everything()
    with pytest.raises(Conflict, match="is not on sale") as refusal:
        stage.enroll()
    assert refusal.value.code == "not_on_sale"
    assert everything() == before
    assert not ProductOrder.objects.exists()


def test_a_plan_is_not_sold_once_its_service_is_put_away(stage):
    archive_service(stage.service.pk, by=stage.admin, at=AT)
    before = everything()
    with pytest.raises(Conflict, match="has been archived"):
        stage.enroll()
    assert everything() == before


def test_nothing_is_sold_in_a_practice_that_was_put_away(stage):
    type(stage.practice).objects.filter(pk=stage.practice.pk).update(archived_at=AT)
    before = everything()
    for sell in (stage.enroll, stage.order):
        with pytest.raises(Conflict, match="has been archived"):
            sell()
    assert everything() == before


def test_a_patient_who_was_put_away_gets_no_order_and_moves_no_visit(stage):
    visit = stage.book()
    archive_patient(stage.patient.pk, by=stage.desk, at=AT)
    before = everything()
    for act in (
        stage.order,
        stage.enroll,
        lambda: reschedule_appointment(visit.pk, starts_at=AT + 9 * DAY, by=stage.desk, at=AT),
    ):
        with pytest.raises(Conflict, match="record has been archived"):
            act()
    assert everything() == before


@pytest.mark.parametrize(
    ("what", "change", "says"),
    [
        ("specialist", {"archived_at": AT}, "takes no appointments"),
        ("specialist", {"scheduling_active": False}, "takes no appointments"),
        ("practice", {"archived_at": AT}, "has been archived"),
    ],
)
def test_a_visit_moves_to_no_time_of_what_is_gone(stage, what, change, says):
    visit = stage.book()
    row = getattr(stage, what)
    type(row).objects.filter(pk=row.pk).update(**change)
    before = everything()
    with pytest.raises(Conflict, match=says):
        reschedule_appointment(visit.pk, starts_at=AT + 9 * DAY, by=stage.desk, at=AT)
    assert everything() == before


def test_a_plan_for_a_time_promises_its_accesses(stage):
    plan = ServicePlanFactory(organization=stage.practice.organization, time_based=True, telerehab_access=True)
    sold = stage.enroll(plan)
    assert (sold.billing_model, sold.telerehab_access, sold.library_access, sold.service_id) == (
        "time_based",
        True,
        False,
        None,
    )
