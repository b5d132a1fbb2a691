"""Orders at the desk: each step as a button on one and as an action on many, done and refused."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.urls import reverse

from orders.models import ProductOrder, ProductOrderEvent
from orders.states import NEXT, OrderStatus
from tests.backoffice.conftest import form_of, said, stored
from tests.factories import EnrollmentFactory, PatientFactory, ProductFactory, ProductOrderFactory

ADMIN: Any = admin.site.get_model_admin(ProductOrder)
LIST = reverse("admin:orders_productorder_changelist")
TRAITS = {"pending": {}, **{status: {status: True} for status in OrderStatus.values if status != "pending"}}
STEP_TO = {"confirm": "confirmed", "ship": "shipped", "deliver": "delivered", "cancel": "cancelled"}
INPUT = {"ship": {"tracking_number": "RO123456789"}, "cancel": {"reason": "Out of stock"}}


def page(step, order):
    return reverse(f"admin:orders_productorder_{step}", args=(order.pk,))


def change_page(order):
    return reverse("admin:orders_productorder_change", args=(order.pk,))


def order(practice, status="pending", **more):
    return ProductOrderFactory(practice=practice, **TRAITS[status], **more)


def act(client, step, *orders, **data):
    ids = [one.pk for one in orders]
    return client.post(LIST, {"action": step, "_selected_action": ids, "index": "0", **data})


def apply(client, step, *orders, **data):
    """What the browser sends from the page that asked."""
    ids = [one.pk for one in orders]
    return client.post(LIST, {"action": step, "_selected_action": ids, "apply": "1", **data})


def status_of(*orders):
    return [ProductOrder.objects.get(pk=one.pk).status for one in orders]


# -------------------------------------------------------------------------------------------- one order


@pytest.mark.parametrize("step", STEP_TO)
@pytest.mark.parametrize("status", OrderStatus.values)
def test_a_button_takes_the_steps_of_the_table_and_no_other(desk, practice, status, step):
    row = order(practice, status)
    allowed = STEP_TO[step] in NEXT[status]
    offered = [button.step.name for button in desk.get(change_page(row)).context["buttons"]]
    assert (step in offered) == allowed
    before = stored()
    response = desk.post(page(step, row), {"apply": "1", **INPUT.get(step, {})})
    assert response.headers["Location"] == change_page(row)
    if allowed:
        assert status_of(row) == [STEP_TO[step]]
        assert said(response)[0][0] == "success"
    else:
        now, wanted = OrderStatus(status).label.lower(), OrderStatus(STEP_TO[step]).label.lower()
        assert said(response)[-1] == (
            "error",
            f"Order {row.pk}: An order that is {now} cannot become {wanted}.",
        )
        assert stored() == before


def test_shipping_one_asks_for_the_tracking_number(desk, practice):
    row = order(practice, "confirmed")
    asked = desk.get(page("ship", row))
    assert list(asked.context["form"].fields) == ["tracking_number"]
    assert status_of(row) == ["confirmed"]
    desk.post(page("ship", row), {"apply": "1", "tracking_number": " RO123456789 "})
    row.refresh_from_db()
    assert (row.status, row.tracking_number) == ("shipped", "RO123456789")


@pytest.mark.parametrize("typed", ["", "   "])
def test_shipping_without_a_tracking_number_is_refused_at_the_field(desk, practice, typed):
    row = order(practice, "confirmed")
    before = stored()
    response = desk.post(page("ship", row), {"apply": "1", "tracking_number": typed})
    assert response.context["form"].errors == {"tracking_number": ["This field is required."]}
    assert stored() == before


def test_cancelling_one_keeps_the_reason(desk, practice):
    row = order(practice)
    desk.post(page("cancel", row), {"apply": "1", "reason": "Patient moved"})
    row.refresh_from_db()
    assert (row.status, row.cancellation_reason) == ("cancelled", "Patient moved")


def test_a_step_leads_back_to_the_page_it_was_taken_on(desk, practice):
    row = order(practice)
    back = reverse("admin:patients_patient_page", args=(row.patient_id,))
    assert desk.post(page("confirm", row), {"next": back}).headers["Location"] == back


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_a_step_leads_nowhere_else(desk, practice, elsewhere):
    row = order(practice)
    assert desk.post(page("confirm", row), {"next": elsewhere}).headers["Location"] == change_page(row)


def test_reading_a_step_changes_nothing_even_where_nothing_is_asked(desk, practice):
    row = order(practice)
    before = stored()
    assert desk.get(page("confirm", row)).status_code == 200
    assert stored() == before


def test_a_step_needs_the_token_of_the_form(practice, front_desk_user):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(front_desk_user)
    row = order(practice)
    assert client.post(page("confirm", row)).status_code == 403
    assert status_of(row) == ["pending"]


def test_the_page_of_an_order_shows_its_steps_so_far(desk, practice):
    row = order(practice)
    desk.post(page("confirm", row))
    desk.post(page("ship", row), {"apply": "1", "tracking_number": "RO1"})
    panels = desk.get(change_page(row)).context["panels"]
    (panel,) = [one for one in panels if str(one.title) == "Steps"]
    assert [str(line[2]) for line in panel.rows] == ["", "front-desk", "front-desk"]
    assert ProductOrderEvent.objects.filter(order=row).count() == 3


def test_the_status_is_no_field_of_the_form(desk, practice):
    row = order(practice)
    data = form_of(desk.get(change_page(row)))
    response = desk.post(
        change_page(row), {**data, "notes": "Call first", "status": "delivered", "tracking_number": "X"}
    )
    assert response.status_code == 302
    row.refresh_from_db()
    assert (row.status, row.tracking_number, row.notes) == ("pending", "", "Call first")


# ------------------------------------------------------------------------------------------ many orders


def test_confirming_many_counts_done_and_refused_and_says_why(desk, practice):
    pending, other = order(practice), order(practice)
    shipped, cancelled = order(practice, "shipped"), order(practice, "cancelled")
    response = act(desk, "confirm", pending, other, shipped, cancelled)
    assert response.headers["Location"] == LIST
    assert said(response) == [
        ("success", "2 orders confirmed."),
        ("error", f"1 refused: An order that is shipped cannot become confirmed. (Order {shipped.pk})"),
        ("error", f"1 refused: An order that is cancelled cannot become confirmed. (Order {cancelled.pk})"),
    ]
    assert status_of(pending, other, shipped, cancelled) == ["confirmed", "confirmed", "shipped", "cancelled"]


@pytest.mark.parametrize("step", STEP_TO)
@pytest.mark.parametrize("status", OrderStatus.values)
def test_each_action_is_refused_where_the_table_forbids_it(desk, practice, status, step):
    if STEP_TO[step] in NEXT[status]:
        return
    row = order(practice, status)
    before = stored()
    response = act(desk, step, row)
    now, wanted = OrderStatus(status).label.lower(), OrderStatus(STEP_TO[step]).label.lower()
    assert said(response) == [("error", f"1 refused: An order that is {now} cannot become {wanted}. (Order {row.pk})")]
    assert stored() == before


def test_shipping_many_asks_for_each_tracking_number(desk, practice):
    first, second, pending = order(practice, "confirmed"), order(practice, "confirmed"), order(practice)
    asked = act(desk, "ship", first, second, pending)
    assert asked.status_code == 200
    lines = {line.row.pk: (bool(line.form), line.why) for line in asked.context["lines"]}
    assert lines == {
        first.pk: (True, ""),
        second.pk: (True, ""),
        pending.pk: (False, "An order that is pending cannot become shipped."),
    }
    assert status_of(first, second, pending) == ["confirmed", "confirmed", "pending"]
    numbers = {f"row{first.pk}-tracking_number": "RO1", f"row{second.pk}-tracking_number": "RO2"}
    response = apply(desk, "ship", first, second, pending, **numbers)
    assert said(response) == [
        ("success", "2 orders shipped."),
        ("error", f"1 refused: An order that is pending cannot become shipped. (Order {pending.pk})"),
    ]
    assert list(ProductOrder.objects.order_by("pk").values_list("status", "tracking_number")) == [
        ("shipped", "RO1"),
        ("shipped", "RO2"),
        ("pending", ""),
    ]


def test_shipping_many_with_one_number_missing_ships_none(desk, practice):
    first, second = order(practice, "confirmed"), order(practice, "confirmed")
    before = stored()
    response = apply(desk, "ship", first, second, **{f"row{first.pk}-tracking_number": "RO1"})
    assert response.status_code == 200
    found = {line.row.pk: dict(line.form.errors) for line in response.context["lines"]}
    assert found == {first.pk: {}, second.pk: {"tracking_number": ["This field is required."]}}
    assert stored() == before


def test_cancelling_many_asks_once_why(desk, practice):
    first, second, shipped = order(practice), order(practice, "confirmed"), order(practice, "shipped")
    asked = act(desk, "cancel", first, second, shipped)
    assert list(asked.context["form"].fields) == ["reason"]
    response = apply(desk, "cancel", first, second, shipped, reason="Recall")
    assert said(response) == [
        ("success", "2 orders cancelled."),
        ("error", f"1 refused: An order that is shipped cannot become cancelled. (Order {shipped.pk})"),
    ]
    assert set(ProductOrder.objects.values_list("status", "cancellation_reason")) == {
        ("cancelled", "Recall"),
        ("shipped", ""),
    }


def test_cancelling_many_without_a_reason_cancels_none(desk, practice):
    rows = [order(practice), order(practice)]
    before = stored()
    response = apply(desk, "cancel", *rows, reason="")
    assert response.context["form"].errors == {"reason": ["This field is required."]}
    assert stored() == before


def test_an_action_that_nothing_is_ready_for_asks_nothing(desk, practice):
    row = order(practice, "delivered")
    response = act(desk, "ship", row)
    assert response.status_code == 302
    assert [level for level, _text in said(response)] == ["error"]


def test_all_rows_of_a_filtered_list_can_be_chosen(desk, practice):
    rows = [order(practice) for _ in range(3)]
    shipped = order(practice, "shipped")
    data = {"action": "confirm", "_selected_action": [rows[0].pk], "index": "0", "select_across": "1"}
    response = desk.post(f"{LIST}?status=pending", data)
    assert said(response) == [("success", "3 orders confirmed.")]
    assert status_of(*rows, shipped) == ["confirmed"] * 3 + ["shipped"]


def test_more_rows_than_one_request_carries_are_refused(desk, practice, monkeypatch):
    monkeypatch.setattr("backoffice.kit.step_pages.AT_ONCE", 2)
    rows = [order(practice) for _ in range(3)]
    before = stored()
    response = act(desk, "confirm", *rows)
    assert said(response) == [("error", "At most 2 at a time. Filter the list, or select page by page.")]
    across = {"action": "confirm", "_selected_action": [rows[0].pk], "index": "0", "select_across": "1"}
    desk.post(LIST, across)
    assert stored() == before


@pytest.mark.parametrize("wrong", ["abc", "1 OR 1=1", "-1", "9" * 30])
def test_ids_that_are_no_ids_are_refused(desk, practice, wrong):
    row = order(practice)
    before = stored()
    response = desk.post(LIST, {"action": "confirm", "_selected_action": [row.pk, wrong], "index": "0"})
    assert said(response) == [("error", "Something was selected that is not in the list.")]
    assert stored() == before


def test_an_unknown_action_does_nothing(desk, practice):
    row = order(practice)
    before = stored()
    for name in ("delete_selected", "nothing", ""):
        assert desk.post(LIST, {"action": name, "_selected_action": [row.pk], "index": "0"}).status_code == 302
    assert stored() == before


def test_a_busy_database_is_one_of_the_reasons(desk, practice, monkeypatch):
    from dataclasses import replace

    from backoffice.orders import admin as orders
    from core.errors import Unavailable

    def busy(*args, **kwargs):
        raise Unavailable

    steps = tuple(
        replace(step, call=busy) if step.name == "confirm" else step for step in orders.ProductOrderAdmin.steps
    )
    monkeypatch.setattr(orders.ProductOrderAdmin, "steps", steps)
    row = order(practice)
    response = act(desk, "confirm", row)
    text = "The database is busy. Nothing was saved; please try again."
    assert said(response) == [("error", f"1 refused: {text} (Order {row.pk})")]


# ------------------------------------------------------------------------------------- list and placing


def test_the_list_filters_by_what_is_to_be_done(desk, practice):
    open_ones = [order(practice, status) for status in ("pending", "confirmed", "shipped")]
    for status in ("delivered", "cancelled"):
        order(practice, status)
    found = desk.get(LIST, {"status": "open"}).context["cl"].result_list
    assert {row.pk for row in found} == {row.pk for row in open_ones}


@pytest.mark.parametrize("typed", ["ionita stefan", "IONIȚĂ", "#{pk}", "RO123456789", "ro1234", "pillow"])
def test_an_order_is_found_by_what_staff_would_type(desk, practice, typed):
    patient = PatientFactory(organization=practice.organization, first_name="Ștefan", last_name="Ioniță")
    product = ProductFactory(organization=practice.organization, name="Cervical Pillow")
    row = order(practice, "shipped", patient=patient, product=product)
    order(practice, patient=PatientFactory(organization=practice.organization, last_name="Popa"))
    found = desk.get(LIST, {"q": typed.format(pk=row.pk)}).context["cl"].result_list
    assert [one.pk for one in found] == [row.pk]


def test_an_order_is_placed_with_the_price_of_now(desk, practice, history):
    patient = PatientFactory(organization=practice.organization)
    product = ProductFactory(organization=practice.organization, price="45.50")
    response = desk.post(
        reverse("admin:orders_productorder_add"),
        {"patient": patient.pk, "product": product.pk, "quantity": "2", "notes": "Blue"},
    )
    assert response.headers["Location"] == reverse("admin:patients_patient_page", args=(patient.pk,))
    row = ProductOrder.objects.get()
    assert (row.practice, row.patient, row.quantity, str(row.unit_price), row.status, row.notes) == (
        practice,
        patient,
        2,
        "45.50",
        "pending",
        "Blue",
    )
    assert history() == [("orders.place_order", "create", "orders.productorder", row.pk)]


def test_a_product_that_is_not_on_sale_is_refused(desk, practice):
    patient = PatientFactory(organization=practice.organization)
    product = ProductFactory(organization=practice.organization, name="Old pillow", inactive=True)
    before = stored()
    data = {"patient": patient.pk, "product": product.pk, "quantity": "1", "notes": ""}
    response = desk.post(reverse("admin:orders_productorder_add"), data)
    assert response.context["adminform"].form.errors == {"__all__": ["Old pillow is not on sale."]}
    assert stored() == before


def test_a_bundled_order_says_that_the_program_paid(desk, practice):
    enrollment = EnrollmentFactory(practice=practice)
    row = order(practice, enrollment=enrollment, patient=enrollment.patient, unit_price=None)
    assert "In the program" in desk.get(change_page(row)).content.decode()
    found = desk.get(LIST, {"came": "program"}).context["cl"].result_list
    assert [one.pk for one in found] == [row.pk]


def test_the_next_step_is_a_button_in_the_row_and_leads_back_to_the_list(desk, practice):
    row = order(practice)
    listed = desk.get(LIST, {"status": "pending"})
    (shown,) = listed.context["cl"].result_list
    button = ADMIN.next_step(shown)
    assert f'formaction="{page("confirm", row)}?next=' in button
    address = f"{page('confirm', row)}?{urlencode({'next': f'{LIST}?status=pending'})}"
    assert desk.post(address).headers["Location"] == f"{LIST}?status=pending"
    for status in ("delivered", "cancelled"):
        order(practice, status)
    found = desk.get(LIST).context["cl"].result_list
    assert {one.status: bool(ADMIN.next_step(one)) for one in found} == {
        "confirmed": True,
        "delivered": False,
        "cancelled": False,
    }
