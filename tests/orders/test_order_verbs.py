"""Orders move only where their states allow; each step is timed and kept."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from core.errors import Conflict, Forbidden, InvalidInput, Missing
from core.models import AuditEntry
from orders.models import ProductOrder
from orders.services import (
    cancel_order,
    change_order_notes,
    move_order,
    place_order,
    ship_order,
)
from orders.states import NEXT, OrderStatus
from scheduling.services import cancel_program
from tests.factories import AT, PatientFactory, PracticeFactory, ProductFactory
from tests.stage import actor_with, bundle, everything, set_stage

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=1)

STEPS = [status for status in OrderStatus.values if status != "pending"]


def step(order, wanted, by):
    return move_order(order.pk, to=wanted, tracking_number="RO123456789", by=by, at=LATER)


@pytest.mark.parametrize("wanted", STEPS)
@pytest.mark.parametrize("now", OrderStatus.values)
def test_every_pair_of_states_is_as_the_table_says(now, wanted):
    stage = set_stage()
    order = stage.order(now)
    before = everything()
    if wanted in NEXT[now]:
        step(order, wanted, stage.desk)
        order.refresh_from_db()
        assert (order.status, getattr(order, f"{wanted}_at")) == (wanted, LATER)
        last = order.events.order_by("-pk").first()
        assert (last.from_status, last.to_status, last.at) == (now, wanted, LATER)
        entry = AuditEntry.objects.of(order).first()
        assert entry.changes["status"] == [now, wanted]
    else:
        with pytest.raises(Conflict) as refusal:
            step(order, wanted, stage.desk)
        assert refusal.value.code == "invalid_transition"
        assert everything() == before


@pytest.mark.parametrize("tracking_number", ["", "   "])
def test_shipping_needs_a_tracking_number(tracking_number):
    stage = set_stage()
    order = stage.order("confirmed")
    before = everything()
    with pytest.raises(InvalidInput) as refusal:
        ship_order(order.pk, tracking_number=tracking_number, by=stage.desk, at=LATER)
    assert set(refusal.value.fields) == {"tracking_number"}
    assert everything() == before


def test_a_standalone_order_freezes_the_products_price():
    stage = set_stage()
    order = stage.order()
    stage.product.price = Decimal("99.00")
    stage.product.save()
    order.refresh_from_db()
    assert (order.unit_price, order.currency, order.status, order.enrollment_id) == (
        Decimal("40.00"), "RON", "pending", None,
    )  # fmt: skip
    assert [(e.from_status, e.to_status) for e in order.events.all()] == [("", "pending")]


def test_each_step_is_told_as_the_verb_that_took_it(history):
    order = set_stage().order("delivered")
    steps = [(verb, action) for verb, action, kind, _pk in history() if kind == "orders.productorder"]
    assert steps == [
        ("orders.place_order", "create"),
        ("orders.confirm_order", "change"),
        ("orders.ship_order", "change"),
        ("orders.deliver_order", "change"),
    ]
    assert [event.to_status for event in order.events.order_by("pk")] == [
        "pending", "confirmed", "shipped", "delivered",
    ]  # fmt: skip


def test_a_cancelled_order_keeps_its_reason():
    stage = set_stage()
    order = cancel_order(stage.order().pk, reason="Too soft", by=stage.desk, at=LATER)
    assert order.cancellation_reason == "Too soft"
    assert order.events.get(to_status="cancelled").reason == "Too soft"


def test_notes_may_be_written_in_any_state_and_nothing_else_changes():
    stage = set_stage()
    order = stage.order("delivered")
    change_order_notes(order.pk, notes="Left with the neighbour", by=stage.desk, at=LATER)
    order.refresh_from_db()
    assert (order.notes, order.status) == ("Left with the neighbour", "delivered")


@pytest.mark.parametrize("more", [{"is_active": False}, {"archived_at": AT}])
def test_a_product_that_is_not_on_sale_cannot_be_ordered(more):
    stage = set_stage()
    product = ProductFactory(organization=stage.practice.organization, **more)
    before = everything()
    with pytest.raises(Conflict, match="not on sale"):
        place_order(
            patient_id=stage.patient.pk, product_id=product.pk, practice_id=stage.practice.pk, by=stage.desk, at=AT
        )
    assert everything() == before


@pytest.mark.parametrize("quantity", [0, -1, 40000])
def test_a_quantity_must_be_possible(quantity):
    stage = set_stage()
    before = everything()
    with pytest.raises(InvalidInput) as refusal:
        place_order(
            patient_id=stage.patient.pk,
            product_id=stage.product.pk,
            practice_id=stage.practice.pk,
            quantity=quantity,
            by=stage.desk,
            at=AT,
        )
    assert set(refusal.value.fields) == {"quantity"}
    assert everything() == before


def test_rows_of_another_organization_look_missing():
    stage = set_stage()
    stranger = PatientFactory()
    foreign = ProductFactory()
    with pytest.raises(Missing):
        place_order(
            patient_id=stranger.pk, product_id=stage.product.pk, practice_id=stage.practice.pk, by=stage.desk, at=AT
        )
    with pytest.raises(Missing):
        place_order(
            patient_id=stage.patient.pk, product_id=foreign.pk, practice_id=stage.practice.pk, by=stage.desk, at=AT
        )


def test_another_practices_desk_sees_nothing_of_it():
    stage = set_stage()
    order = stage.order()
    neighbour = actor_with("front_desk", PracticeFactory(organization=stage.practice.organization))
    before = everything()
    for wanted in STEPS:
        with pytest.raises(Missing):
            step(order, wanted, neighbour)
    assert everything() == before
    assert not ProductOrder.objects.visible_to(neighbour).exists()


def test_a_patient_reads_their_order_and_moves_nothing():
    from core.actor import Actor, Kind

    stage = set_stage()
    order = stage.order()
    patient = Actor(kind=Kind.PATIENT, patient_ids=frozenset({stage.patient.pk}), own_patient_id=stage.patient.pk)
    assert ProductOrder.objects.visible_to(patient).get() == order
    for wanted in STEPS:
        with pytest.raises(Forbidden):
            step(order, wanted, patient)


@pytest.mark.parametrize(
    ("now", "change", "constraint"),
    [
        ("pending", {"status": "shipped"}, "order_"),
        ("pending", {"confirmed_at": LATER}, "order_times_match_status"),
        ("confirmed", {"ordered_at": LATER + timedelta(days=9)}, "order_times_in_order"),
        ("shipped", {"tracking_number": ""}, "order_shipped_has_tracking"),
        ("pending", {"unit_price": None}, "order_price_null_iff_bundled"),
        ("pending", {"quantity": 0}, "order_quantity"),
        ("pending", {"status": "lost"}, "order_"),
    ],
)
def test_the_database_refuses_what_the_verbs_would(now, change, constraint):
    order = set_stage().order(now)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ProductOrder.objects.filter(pk=order.pk).update(**change)


def test_the_tracking_number_is_kept_without_what_surrounds_it():
    stage = set_stage()
    order = ship_order(stage.order("confirmed").pk, tracking_number="  RO1 \n", by=stage.desk, at=LATER)
    order.refresh_from_db()
    assert order.tracking_number == "RO1"


def test_on_the_way_is_what_somebody_still_waits_for():
    stage = set_stage()
    orders = {status: stage.order(status).pk for status in OrderStatus.values}
    waiting = {orders["pending"], orders["confirmed"], orders["shipped"]}
    assert set(ProductOrder.objects.on_the_way().values_list("pk", flat=True)) == waiting
    open_ones = {orders["pending"], orders["confirmed"]}
    assert set(ProductOrder.objects.open().values_list("pk", flat=True)) == open_ones


def test_the_patient_of_an_order_is_of_the_practices_organization_even_where_the_actor_sees_both(superuser):
    stage, other = set_stage(), set_stage()
    before = everything()
    with pytest.raises(InvalidInput) as refusal:
        place_order(
            patient_id=other.patient.pk, product_id=stage.product.pk, practice_id=stage.practice.pk,
            by=superuser, at=AT,
        )  # fmt: skip
    assert refusal.value.fields == {"patient_id": "belongs to another organization"}
    with pytest.raises(Missing):
        place_order(
            patient_id=stage.patient.pk, product_id=other.product.pk, practice_id=stage.practice.pk,
            by=superuser, at=AT,
        )  # fmt: skip
    assert everything() == before


def test_an_order_is_in_the_currency_of_its_product_whatever_the_practice_takes():
    stage = set_stage(currency="RON")
    product = ProductFactory(organization=stage.practice.organization, price=Decimal("12.50"), currency="EUR")
    order = place_order(
        patient_id=stage.patient.pk, product_id=product.pk, practice_id=stage.practice.pk, by=stage.desk, at=AT
    )
    assert (order.unit_price, order.currency) == (Decimal("12.50"), "EUR")


def test_cancelling_a_program_cancels_its_orders_up_to_the_parcel():
    """Pending and confirmed ones, with the program's reason; what has been sent stays."""
    stage = set_stage()
    bundle(stage.plan, stage.product)
    for status, becomes in (("pending", "cancelled"), ("confirmed", "cancelled"), ("shipped", "shipped")):
        enrollment = stage.enroll(again=True)
        order = enrollment.orders.get()
        for step_to in {"pending": [], "confirmed": ["confirmed"], "shipped": ["confirmed", "shipped"]}[status]:
            step(order, step_to, stage.desk)
        cancel_program(enrollment.pk, cancel_appointments=False, reason="Moved away", by=stage.desk, at=LATER)
        order.refresh_from_db()
        assert order.status == becomes
        assert order.cancellation_reason == ("Moved away" if becomes == "cancelled" else "")
