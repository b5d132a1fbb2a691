"""Orders of another system: step by step as they went there, or refused whole with every reason."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core.errors import InvalidInput, Missing
from orders.models import ProductOrder, ProductOrderEvent
from orders.services import record_order
from tests.factories import AT, PatientFactory, ProductFactory
from tests.importing import import_text, outcome, refusals
from tests.stage import DAY, set_stage

pytestmark = pytest.mark.django_db
BEGAN = AT - 10 * DAY
STEPS = {
    "pending": [],
    "confirmed": ["confirmed"],
    "shipped": ["confirmed", "shipped"],
    "delivered": ["confirmed", "shipped", "delivered"],
    "cancelled": ["cancelled"],
}


@pytest.fixture
def stage():
    return set_stage()


def record(stage, status="delivered", times=(), **more):
    known = {"practice_id": stage.practice.pk, "patient_id": stage.patient.pk, "product_id": stage.product.pk}
    told = {"tracking_number": "RO1", "times": {"ordered_at": BEGAN, **dict(times)}, **more}
    return record_order(status=status, by=stage.desk, at=AT, **{**known, **told})


@pytest.mark.parametrize("status", STEPS)
def test_an_order_went_every_step_to_where_it_is(stage, status):
    made = record(stage, status, reason="Too late")
    went = ProductOrderEvent.objects.filter(order=made).order_by("pk").values_list("to_status", flat=True)
    assert (made.status, list(went)) == (status, ["pending", *STEPS[status]])
    assert made.ordered_at == BEGAN
    for step in ("confirmed", "shipped", "delivered", "cancelled"):
        assert getattr(made, f"{step}_at") == (BEGAN if step in STEPS[status] else None)
    assert made.cancellation_reason == ("Too late" if status == "cancelled" else "")


def test_a_cancelled_order_that_had_been_confirmed_went_through_both(stage):
    made = record(stage, "cancelled", {"confirmed_at": BEGAN + DAY, "cancelled_at": BEGAN + 2 * DAY})
    assert (made.confirmed_at, made.cancelled_at) == (BEGAN + DAY, BEGAN + 2 * DAY)


def test_each_step_took_place_with_the_one_before_it_or_later_and_none_lies_ahead(stage):
    record(stage, times={"confirmed_at": BEGAN, "shipped_at": AT, "delivered_at": AT})
    before = BEGAN - timedelta(seconds=1)
    for times, field in (
        ({"confirmed_at": before}, "confirmed_at"),
        ({"shipped_at": AT, "delivered_at": AT - DAY}, "delivered_at"),
        ({"delivered_at": AT + timedelta(seconds=1)}, "delivered_at"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            record(stage, times=times)
        assert set(refusal.value.fields) == {field}
    assert ProductOrder.objects.count() == 1


def test_an_order_costs_what_it_did_there_and_nothing_where_a_program_paid(stage):
    assert record(stage).unit_price == stage.product.price
    assert record(stage, unit_price=Decimal("0.00")).unit_price == Decimal("0.00")
    enrollment = stage.enroll()
    assert record(stage, enrollment_id=enrollment.pk, unit_price=Decimal("9.00")).unit_price is None
    other = PatientFactory(organization=stage.practice.organization)
    with pytest.raises(InvalidInput) as refusal:
        record(stage, enrollment_id=enrollment.pk, patient_id=other.pk)
    assert set(refusal.value.fields) == {"enrollment_id"}


def test_whose_and_what_is_of_the_practices_organization(stage):
    for more in ({"patient_id": PatientFactory().pk}, {"product_id": ProductFactory().pk}):
        with pytest.raises(Missing):
            record(stage, **more)
    assert not ProductOrder.objects.exists()


def test_an_import_changes_the_notes_of_a_known_order_and_not_where_it_is(stage):
    header = "external_id,patient,product,ordered_at,status,notes\n"
    row = f"1,#{stage.patient.pk},#{stage.product.pk},2026-01-05T10:00:00Z,%s,%s\n"
    known = {"practice_id": stage.practice.pk}
    assert outcome(import_text("orders", header + row % ("confirmed", "first"), **known)) == (1, 0, 0, 0)
    assert outcome(import_text("orders", header + row % ("", "second"), **known)) == (0, 1, 0, 0)
    report = import_text("orders", header + row % ("pending", "third"), **known)
    assert refusals(report) == [(2, "status", "It is confirmed here; an import does not change that.")]
    assert ProductOrder.objects.values_list("status", "notes").get() == ("confirmed", "second")


def test_new_orders_and_known_ones_come_in_one_file(stage):
    header = "external_id,patient,product,ordered_at,notes\n"
    row = f"%s,#{stage.patient.pk},#{stage.product.pk},2026-01-05T10:00:00Z,%s\n"
    known = {"practice_id": stage.practice.pk}
    import_text("orders", header + row % (2, "first"), **known)
    report = import_text("orders", header + row % (1, "new") + row % (2, "second") + row % (3, "new"), **known)
    assert outcome(report) == (2, 1, 0, 0)


def test_who_is_unknown_hides_no_other_reason(stage):
    header = "external_id,patient,product,ordered_at,quantity,unit_price\n"
    report = import_text("orders", f"{header}1,nobody,#{stage.product.pk},2026-01-05T10:00:00Z,0,-1\n")
    assert {column for _line, column, _reason in refusals(report)} == {"patient", "practice", "quantity", "unit_price"}
    assert outcome(report) == (0, 0, 0, 1)
