"""The boards of orders and programs: states as columns with counts, and the next action on each card."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from orders.models import ProductOrder
from programs.models import Enrollment
from tests.backoffice.conftest import said, stored, url
from tests.backoffice.test_queries import MOST, cost
from tests.factories import EnrollmentFactory, PatientFactory, PhoneNumberFactory, ProductOrderFactory

ORDERS, PROGRAMS = reverse("admin:order_board"), reverse("admin:program_board")


def columns(client, address):
    return {one.title: one for one in client.get(address).context["columns"]}


def labels(card):
    return [str(button.label) for button in card.buttons] + [label for label, _link in card.links]


def test_an_order_stands_in_its_state_with_its_next_step(desk, practice):
    traits = ({}, {"confirmed": True}, {"shipped": True}, {"delivered": True}, {"cancelled": True})
    rows = [ProductOrderFactory(practice=practice, **trait) for trait in traits]
    found = columns(desk, ORDERS)
    assert [(name, one.count, [card.row for card in one.cards]) for name, one in found.items()] == [
        (label, "1", [row])
        for label, row in zip(("Pending", "Confirmed", "Shipped", "Delivered", "Cancelled"), rows, strict=True)
    ]
    nexts = [labels(one.cards[0]) for one in found.values()]
    assert nexts == [["Confirm"], ["Ship …"], ["Delivered"], [], []]


def test_three_orders_are_shipped_at_once_from_the_board_and_one_is_refused(desk, practice):
    ready = [ProductOrderFactory(practice=practice, confirmed=True) for _ in range(3)]
    sent = {"action": "ship", "_selected_action": [row.pk for row in ready], "next": ORDERS}
    shown = desk.post(url("orders.productorder", "changelist"), sent)
    assert shown.status_code == 200
    # Meanwhile somebody else ships one of them.
    ProductOrder.objects.filter(pk=ready[0].pk).update(
        status="shipped", tracking_number="RO0", shipped_at=timezone.now()
    )
    typed = {f"row{row.pk}-tracking_number": f"RO{row.pk}" for row in ready}
    done = desk.post(url("orders.productorder", "changelist"), {**sent, **typed, "apply": "1"})
    assert done.headers["Location"] == ORDERS
    assert [level for level, _text in said(done)] == ["success", "error"]
    assert [one.count for one in list(columns(desk, ORDERS).values())[:3]] == ["0", "0", "3"]


def test_the_page_that_ships_says_what_goes_where(desk, practice):
    patient = PatientFactory(
        organization=practice.organization, address_1="Strada Lunga 5", post_code="400001", city="Cluj-Napoca"
    )
    PhoneNumberFactory(patient=patient, number="0722 123 456")
    row = ProductOrderFactory(practice=practice, patient=patient, confirmed=True, product__name="Cervical Pillow")
    page = desk.get(url("orders.productorder", "ship", row.pk)).content.decode()
    for told in ("1 × Cervical Pillow", str(patient), "Strada Lunga 5", "400001 Cluj-Napoca", "0722 123 456"):
        assert told in page


def test_a_program_stands_in_its_state_as_it_is_now(desk, practice):
    ended, soon, free, used = (EnrollmentFactory(practice=practice) for _ in range(4))
    now = timezone.now()
    Enrollment.objects.filter(pk=ended.pk).update(ends_at=now - timedelta(days=1))
    Enrollment.objects.filter(pk=soon.pk).update(ends_at=now + timedelta(days=3))
    Enrollment.objects.filter(pk=free.pk).update(ends_at=None)
    Enrollment.objects.filter(pk=used.pk).update(ends_at=None, sessions_left=0)
    found = columns(desk, PROGRAMS)
    assert [card.row for card in found["Expired"].cards] == [ended]
    active = found["Active"]
    assert (active.count, active.cards[0].row) == ("3", soon)
    told = {card.row.pk: labels(card) for card in [*active.cards, *found["Expired"].cards]}
    assert told == {
        soon.pk: ["Extend …", "Book a session"],
        free.pk: ["Book a session"],
        used.pk: ["Enroll again"],
        ended.pk: ["Extend …", "Enroll again"],
    }
    for card in active.cards:
        for _label, link in card.links:
            assert desk.get(link).status_code == 200


@pytest.mark.parametrize("address", [ORDERS, PROGRAMS])
def test_a_board_shows_what_its_reader_may_see_and_changes_nothing(desk, therapist, practice, other_practice, address):
    ProductOrderFactory(practice=other_practice)
    EnrollmentFactory(practice=other_practice)
    before = stored()
    assert all(not one.cards for one in columns(desk, address).values())
    assert all(not one.cards for one in columns(therapist, address).values())
    assert desk.get(f"{address}?practice={other_practice.pk}").status_code == 404
    assert desk.get(f"{address}?practice=x").status_code == 404
    assert stored() == before


@pytest.mark.parametrize(("address", "factory"), [(ORDERS, ProductOrderFactory), (PROGRAMS, EnrollmentFactory)])
def test_a_board_costs_the_same_for_few_rows_and_for_many(desk, practice, address, factory):
    factory(practice=practice)
    few, _ = cost(desk, address)
    for _ in range(15):
        factory(practice=practice)
    many, statements = cost(desk, address)
    assert (few, many <= MOST) == (many, True), "\n".join(statements)
