"""services: product orders of patients."""

import itertools
from datetime import timedelta
from decimal import Decimal

import pytest

from orders.models import ProductOrder
from orders.states import NEXT, OrderStatus
from tests.api.conftest import meta, refused
from tests.factories import (
    AppointmentFactory,
    EnrollmentFactory,
    MembershipFactory,
    PatientFactory,
    ProductFactory,
    ProductOrderFactory,
    ServicePlanFactory,
)

LATER = timedelta(hours=1)
LATER_TEXT = "2026-02-17T11:00:00Z"


@pytest.fixture
def jane(organization):
    return PatientFactory(organization=organization, first_name="Jane", last_name="Doe")


@pytest.fixture
def pillow(organization):
    return ProductFactory(organization=organization, name="Cervical Pillow", price=Decimal("45.00"))


@pytest.fixture
def order(practice, jane, pillow):
    return ProductOrderFactory(practice=practice, patient=jane, product=pillow, unit_price=Decimal("45.00"))


def shown(order, pillow, **values):
    return {
        "id": order.pk,
        "patient": {"id": order.patient_id, "name": "Jane Doe"},
        "product": {"id": str(pillow.uuid), "name": "Cervical Pillow", "price": 45.0},
        "patient_service_plan_id": None,
        "quantity": 1,
        "unit_price": 45.0,
        "status": "pending",
        "ordered_at": "2026-02-17T10:00:00Z",
        "confirmed_at": None,
        "shipped_at": None,
        "delivered_at": None,
        "cancelled_at": None,
        "tracking_number": None,
        "notes": "",
        "reason": None,
        **values,
    }


def stored(order):
    """Everything the database holds of the order and its history."""
    rows = ProductOrder.objects.filter(pk=order.pk).values().get()
    return rows, list(order.events.order_by("pk").values())


def test_the_list_answers_as_the_specification_writes_it(desk, practice, jane, pillow):
    program = EnrollmentFactory(
        practice=practice, patient=jane, service_plan=ServicePlanFactory(organization=practice.organization)
    )
    order = ProductOrderFactory(practice=practice, patient=jane, product=pillow, enrollment=program, unit_price=None)
    response = desk.get(f"/v1/patient-product-orders?patient_id={jane.pk}&status=pending")
    assert response.status_code == 200
    assert response.json() == {
        "product_orders": [shown(order, pillow, patient_service_plan_id=program.pk, unit_price=None)],
        "meta": meta(1),
    }


def test_the_list_is_narrowed(desk, practice, jane):
    bundled = ProductOrderFactory(practice=practice, patient=jane, bundled=True, confirmed=True)
    standalone = ProductOrderFactory(practice=practice, patient=jane)
    other = ProductOrderFactory(practice=practice, cancelled=True)

    def found(query):
        return [one["id"] for one in desk.get(f"/v1/patient-product-orders?{query}").json()["product_orders"]]

    assert found("") == [bundled.pk, standalone.pk, other.pk]
    assert found("source=bundled") == [bundled.pk]
    assert found("source=standalone") == [standalone.pk, other.pk]
    assert found("status=confirmed") == [bundled.pk]
    assert found("status=cancelled") == [other.pk]
    assert found("status=delivered") == []
    assert found(f"patient_id={jane.pk}") == [bundled.pk, standalone.pk]
    assert found(f"patient_id={jane.pk}&source=standalone&status=pending") == [standalone.pk]
    assert found("updated_since=2026-02-17T10:00:00Z") == [bundled.pk, standalone.pk, other.pk]
    assert found("updated_since=2026-02-17T10:00:01Z") == []


def test_staff_see_the_orders_of_their_practices(desk, other_practice, foreign_practice, order):
    ProductOrderFactory(practice=other_practice)
    ProductOrderFactory(practice=foreign_practice)
    assert [one["id"] for one in desk.get("/v1/patient-product-orders").json()["product_orders"]] == [order.pk]


def test_a_specialist_sees_the_orders_of_the_patients_they_treat(doctor, practice, specialist, order):
    assert doctor.get("/v1/patient-product-orders").json() == {"product_orders": [], "meta": meta(0)}
    AppointmentFactory(practice=practice, specialist=specialist, patient=order.patient)
    ProductOrderFactory(practice=practice)
    assert [one["id"] for one in doctor.get("/v1/patient-product-orders").json()["product_orders"]] == [order.pk]


def test_a_patient_sees_their_own_orders(me, practice, patient, order):
    mine = ProductOrderFactory(practice=practice, patient=patient)
    assert [one["id"] for one in me.get("/v1/patient-product-orders").json()["product_orders"]] == [mine.pk]
    for one in (order.patient_id, order.patient_id + 1000):
        response = me.get(f"/v1/patient-product-orders?patient_id={one}")
        assert response.json() == {"product_orders": [], "meta": meta(0)}


def test_placing_an_order_freezes_the_price(desk, practice, jane, pillow):
    sent = {
        "patient_id": jane.pk,
        "product_id": str(pillow.uuid),
        "quantity": 1,
        "notes": "Recommended during consultation",
    }
    response = desk.post("/v1/patient-product-orders", sent)
    order = ProductOrder.objects.get()
    assert response.status_code == 201
    assert response.json() == shown(order, pillow, notes="Recommended during consultation")
    assert (order.practice_id, order.enrollment_id, order.unit_price) == (practice.pk, None, Decimal("45.00"))
    pillow.price = Decimal("50.00")
    pillow.save()
    (listed,) = desk.get("/v1/patient-product-orders").json()["product_orders"]
    assert (listed["unit_price"], listed["product"]["price"]) == (45.0, 50.0)


def test_a_specialist_orders_for_a_patient_they_treat(doctor, practice, specialist, jane, pillow):
    sent = {"patient_id": jane.pk, "product_id": str(pillow.uuid)}
    assert doctor.post("/v1/patient-product-orders", sent).status_code == 404
    assert not ProductOrder.objects.exists()
    AppointmentFactory(practice=practice, specialist=specialist, patient=jane)
    response = doctor.post("/v1/patient-product-orders", sent)
    assert response.status_code == 201
    assert response.json() == shown(ProductOrder.objects.get(), pillow)


@pytest.mark.parametrize(
    ("sent", "fields"),
    [
        ({"patient_id": None}, ["patient_id"]),
        ({"patient_id": "1"}, ["patient_id"]),
        ({"patient_id": 2**70}, ["patient_id"]),
        ({"product_id": "pillow"}, ["product_id"]),
        ({"product_id": 1}, ["product_id"]),
        ({"quantity": 0}, ["quantity"]),
        ({"quantity": 1.5}, ["quantity"]),
        ({"notes": 5}, ["notes"]),
        ({"notes": "a\u0000b"}, ["notes"]),
        ({"unit_price": 1}, ["unit_price"]),
        ({"status": "delivered"}, ["status"]),
    ],
)
def test_a_bad_order_names_its_field(desk, jane, pillow, sent, fields):
    good = {"patient_id": jane.pk, "product_id": str(pillow.uuid), "quantity": 1}
    response = desk.post("/v1/patient-product-orders", {**good, **sent})
    assert response.status_code == 422
    assert list(response.json()["error"]["details"]["fields"]) == fields
    assert not ProductOrder.objects.exists()


def test_a_patient_of_another_organization_looks_like_one_that_does_not_exist(desk, pillow):
    foreign = PatientFactory()
    for one in (foreign.pk, foreign.pk + 1000):
        response = desk.post("/v1/patient-product-orders", {"patient_id": one, "product_id": str(pillow.uuid)})
        assert response.status_code == 404
        assert response.json() == refused("patient_not_found", "Patient not found")
    assert not ProductOrder.objects.exists()


def test_a_product_of_another_organization_looks_like_one_that_does_not_exist(desk, jane):
    for one in (ProductFactory().uuid, "00000000-0000-4000-8000-000000000000"):
        response = desk.post("/v1/patient-product-orders", {"patient_id": jane.pk, "product_id": str(one)})
        assert response.status_code == 404
        assert response.json() == refused("product_not_found", "Product not found")
    assert not ProductOrder.objects.exists()


def test_a_product_that_is_not_on_sale_is_a_conflict(desk, jane, pillow):
    pillow.is_active = False
    pillow.save()
    response = desk.post("/v1/patient-product-orders", {"patient_id": jane.pk, "product_id": str(pillow.uuid)})
    assert response.status_code == 409
    assert response.json() == refused("not_on_sale", "Cervical Pillow is not on sale.")
    assert not ProductOrder.objects.exists()


def test_the_header_names_the_practice(calling, practice, other_practice, foreign_practice, jane, pillow):
    user = MembershipFactory(practice=practice).user
    MembershipFactory(practice=other_practice, user=user)
    caller = calling(user)
    sent = {"patient_id": jane.pk, "product_id": str(pillow.uuid)}

    def place(practice_id):
        return caller.post("/v1/patient-product-orders", sent, headers={"X-Organization-ID": str(practice_id)})

    assert place(other_practice.pk).status_code == 201
    assert ProductOrder.objects.get().practice_id == other_practice.pk
    for wrong in (foreign_practice.pk, foreign_practice.pk + 1000):
        assert place(wrong).status_code == 404
        assert place(wrong).json() == refused("practice_not_found", "Practice not found")
    for nonsense in ("0", "-1", "x", "1.0", str(2**63)):
        assert place(nonsense).json() == refused(
            "validation_error", "Validation failed", **{"X-Organization-ID": "must be the id of a practice"}
        )
    assert ProductOrder.objects.count() == 1


PAIRS = list(itertools.product(OrderStatus.values, OrderStatus.values))


@pytest.mark.parametrize(("now", "wanted"), [pair for pair in PAIRS if pair[1] not in NEXT[pair[0]]])
def test_a_transition_that_the_table_lacks_is_a_conflict_that_changes_nothing(desk, practice, now, wanted, clock):
    order = ProductOrderFactory(practice=practice, **({now: True} if now != "pending" else {}))
    before = stored(order)
    clock.now += LATER
    sent = {"status": wanted, **({"tracking_number": "RO123456789"} if wanted == "shipped" else {})}
    response = desk.put(f"/v1/patient-product-orders/{order.pk}/status", sent)
    assert response.status_code == 409
    assert response.json() == refused("invalid_transition", f"An order that is {now} cannot become {wanted}.")
    assert stored(order) == before


@pytest.mark.parametrize(("now", "wanted"), [pair for pair in PAIRS if pair[1] in NEXT[pair[0]]])
def test_a_transition_of_the_table_stamps_its_time(desk, practice, jane, pillow, now, wanted, clock):
    order = ProductOrderFactory(
        practice=practice,
        patient=jane,
        product=pillow,
        unit_price=Decimal("45.00"),
        **({now: True} if now != "pending" else {}),
    )
    before = desk.get("/v1/patient-product-orders").json()["product_orders"][0]
    clock.now += LATER
    sent = {"status": wanted, **({"tracking_number": "RO123456789"} if wanted == "shipped" else {})}
    response = desk.put(f"/v1/patient-product-orders/{order.pk}/status", sent)
    assert response.status_code == 200
    assert response.json() == {**before, **sent, f"{wanted}_at": LATER_TEXT}
    event = order.events.order_by("pk").last()
    assert (event.from_status, event.to_status, event.at) == (now, wanted, clock.now)


@pytest.mark.parametrize("sent", [{}, {"tracking_number": ""}, {"tracking_number": None}, {"tracking_number": " "}])
def test_shipping_without_a_tracking_number_names_the_field(desk, practice, sent):
    order = ProductOrderFactory(practice=practice, confirmed=True)
    before = stored(order)
    response = desk.put(f"/v1/patient-product-orders/{order.pk}/status", {"status": "shipped", **sent})
    assert response.status_code == 422
    assert response.json() == refused("validation_error", "Validation failed", tracking_number="is required")
    assert stored(order) == before


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "status"),
        ({"status": "lost"}, "status"),
        ({"status": None}, "status"),
        ({"status": "confirmed", "tracking_number": 7}, "tracking_number"),
        ({"status": "confirmed", "tracking_number": "R" * 101}, "tracking_number"),
        ({"status": "confirmed", "confirmed_at": "2026-01-01"}, "confirmed_at"),
    ],
)
def test_a_bad_status_names_its_field(desk, order, sent, field):
    before = stored(order)
    response = desk.put(f"/v1/patient-product-orders/{order.pk}/status", sent)
    assert response.status_code == 422
    assert list(response.json()["error"]["details"]["fields"]) == [field]
    assert stored(order) == before


def test_a_tracking_number_beside_another_status_is_left_aside(desk, order):
    sent = {"status": "confirmed", "tracking_number": "RO123456789"}
    response = desk.put(f"/v1/patient-product-orders/{order.pk}/status", sent)
    assert (response.status_code, response.json()["status"]) == (200, "confirmed")
    assert response.json()["tracking_number"] is None


def test_what_the_state_refuses_is_a_409_whatever_else_is_sent(desk, order):
    before = stored(order)
    for more in ({}, {"tracking_number": 7}, {"tracking_number": "R" * 101}, {"confirmed_at": "x"}, {"a\x00": []}):
        for status in ("shipped", "delivered", "pending"):
            sent = {"status": status, **more}
            again = desk.put(f"/v1/patient-product-orders/{order.pk}/status", sent)
            assert (again.status_code, again.json()["error"]["code"]) == (409, "invalid_transition"), sent
    missing = desk.put("/v1/patient-product-orders/999999/status", {"status": "shipped", "tracking_number": 7})
    assert missing.status_code == 404
    assert stored(order) == before


@pytest.mark.parametrize("state", [{}, {"confirmed": True}])
def test_cancelling_keeps_the_reason(desk, practice, jane, pillow, state, clock):
    order = ProductOrderFactory(practice=practice, patient=jane, product=pillow, unit_price=Decimal("45.00"), **state)
    clock.now += LATER
    response = desk.post(
        f"/v1/patient-product-orders/{order.pk}/cancel", {"reason": "Patient no longer needs the product"}
    )
    assert response.status_code == 200
    assert response.json() == shown(
        order,
        pillow,
        status="cancelled",
        confirmed_at="2026-02-17T10:00:00Z" if state else None,
        cancelled_at=LATER_TEXT,
        reason="Patient no longer needs the product",
    )


def test_cancelling_needs_no_body(desk, order, pillow):
    response = desk.post(f"/v1/patient-product-orders/{order.pk}/cancel")
    assert response.status_code == 200
    assert response.json() == shown(order, pillow, status="cancelled", cancelled_at="2026-02-17T10:00:00Z")


@pytest.mark.parametrize("now", ["shipped", "delivered", "cancelled"])
def test_what_is_under_way_or_over_is_not_cancelled(desk, practice, now):
    order = ProductOrderFactory(practice=practice, **{now: True})
    before = stored(order)
    response = desk.post(f"/v1/patient-product-orders/{order.pk}/cancel", {"reason": "Too late"})
    assert response.status_code == 409
    assert response.json() == refused("invalid_transition", f"An order that is {now} cannot become cancelled.")
    assert stored(order) == before


@pytest.mark.parametrize("who", ["desk", "doctor"])
def test_an_order_of_another_practice_looks_like_one_that_does_not_exist(who, other_practice, request):
    caller = request.getfixturevalue(who)
    order = ProductOrderFactory(practice=other_practice)
    before = stored(order)
    path = "/v1/patient-product-orders/{}/{}"
    for method, part, sent in (("PUT", "status", {"status": status}) for status in OrderStatus.values):
        responses = [caller(method, path.format(pk, part), sent) for pk in (order.pk, order.pk + 1000)]
        assert [response.status_code for response in responses] == [404, 404]
        assert (
            responses[0].json()
            == responses[1].json()
            == refused("patient_product_order_not_found", "Product order not found")
        )
    assert caller.post(path.format(order.pk, "cancel")).status_code == 404
    assert stored(order) == before


def test_a_patient_moves_no_order(me, practice, patient):
    mine = ProductOrderFactory(practice=practice, patient=patient)
    before = stored(mine)
    for response in (
        me.put(f"/v1/patient-product-orders/{mine.pk}/status", {"status": "confirmed"}),
        me.post(f"/v1/patient-product-orders/{mine.pk}/cancel"),
        me.post("/v1/patient-product-orders", {}),
    ):
        assert response.status_code == 403
    assert stored(mine) == before
