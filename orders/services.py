"""The verbs of orders: place, confirm, ship, deliver, cancel. Nothing else changes an order's status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from catalog.models import Product
from core.actor import Actor
from core.db import Work, verb
from core.errors import InvalidInput, Text
from core.live import require_live
from core.locks import lock
from directory.models import Practice
from orders.models import ProductOrder, ProductOrderEvent
from orders.states import OrderStatus
from patients.models import Patient
from patients.standing import hold_record


@verb
def place_order(
    work: Work,
    *,
    patient_id: int,
    product_id: int,
    practice_id: int,
    quantity: int = 1,
    notes: str = "",
    by: Actor,
    at: datetime,
) -> ProductOrder:
    """Place a standalone order, pending, with the product's present name and price frozen.

    Raises Missing for a patient or product that `by` may not see, Conflict for a product that is not on sale and for
    a patient or practice that was archived, InvalidInput for a quantity below 1 or a patient of another organization.
    """
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("orders.place", practice.pk)
    patient = Patient.objects.visible_to(by).one(pk=patient_id)
    product = Product.objects.visible_to(by).one(pk=product_id, organization_id=practice.organization_id)
    if patient.organization_id != practice.organization_id:
        raise InvalidInput({"patient_id": _("belongs to another organization")})
    require_live(practice)
    patient.require_live()
    product.require_on_sale()
    hold_record(patient)
    order = _new_order(work, practice=practice, patient=patient, product=product, quantity=quantity)
    order.unit_price, order.currency, order.notes = product.price, product.currency, notes
    work.create(order)
    work.append(_event(work, order, came_from="", reason=""))
    return order


@verb
def record_order(
    work: Work,
    *,
    practice_id: int,
    patient_id: int,
    product_id: int,
    status: str,
    times: Mapping[str, datetime],
    enrollment_id: int | None = None,
    quantity: int = 1,
    unit_price: Decimal | None = None,
    tracking_number: str = "",
    reason: str = "",
    notes: str = "",
    by: Actor,
    at: datetime,
) -> ProductOrder:
    """Record an order that came about elsewhere, in whatever state, going step by step through its history.

    `times` has `ordered_at` and the times of later steps; a step without one took place with the step before it.
    The product may be off sale by now. Raises InvalidInput for a time that lies ahead or before the step before it.
    """
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("orders.place", practice.pk)
    patient = Patient.objects.visible_to(by).one(pk=patient_id, organization_id=practice.organization_id)
    product = Product.objects.visible_to(by).one(pk=product_id, organization_id=practice.organization_id)
    hold_record(patient)
    order = _new_order(work, practice=practice, patient=patient, product=product, quantity=quantity)
    order.ordered_at, order.currency, order.notes = times["ordered_at"], product.currency, notes
    order.enrollment_id = enrollment_id
    if enrollment_id is None:
        order.unit_price = product.price if unit_price is None else unit_price
    events = [_event(work, order, came_from="", reason="", at=order.ordered_at)]
    step_at = order.ordered_at
    problems: dict[str, Text] = {}
    if order.enrollment is not None and order.enrollment.patient_id != patient.pk:
        problems["enrollment_id"] = _("is another patient's program")
    steps = STEPS_TO[OrderStatus(status)]
    if status == OrderStatus.CANCELLED and "confirmed_at" in times:
        steps = [*STEPS_TO[OrderStatus.CONFIRMED], *steps]
    for step, name in steps:
        if times.get(name, step_at) < step_at:
            problems[name] = _("must not be before the step before it")
        step_at, came_from = times.get(name, step_at), order.status
        if step == OrderStatus.CONFIRMED:
            order.confirm(at=step_at)
        elif step == OrderStatus.SHIPPED:
            order.ship(tracking_number=tracking_number, at=step_at)
        elif step == OrderStatus.DELIVERED:
            order.deliver(at=step_at)
        else:
            order.cancel(reason=reason, at=step_at)
        events.append(_event(work, order, came_from=came_from, reason=order.cancellation_reason, at=step_at))
    problems |= {name: _("must not lie ahead") for name, when in times.items() if when > at}
    if problems:
        raise InvalidInput(problems)
    work.create(order)
    for event in events:
        event.order = order  # it has its id by now
    work.append(*events)
    return order


# How an order came to its status, with the column of each step's time.
STEPS_TO: dict[OrderStatus, list[tuple[OrderStatus, str]]] = {
    OrderStatus.PENDING: [],
    OrderStatus.CONFIRMED: [(OrderStatus.CONFIRMED, "confirmed_at")],
    OrderStatus.SHIPPED: [(OrderStatus.CONFIRMED, "confirmed_at"), (OrderStatus.SHIPPED, "shipped_at")],
    OrderStatus.DELIVERED: [
        (OrderStatus.CONFIRMED, "confirmed_at"),
        (OrderStatus.SHIPPED, "shipped_at"),
        (OrderStatus.DELIVERED, "delivered_at"),
    ],
    OrderStatus.CANCELLED: [(OrderStatus.CANCELLED, "cancelled_at")],
}


def place_bundled_orders(
    work: Work,
    *,
    practice: Practice,
    patient: Patient,
    enrollment_id: int,
    bundle: Iterable[tuple[Product, int]],
) -> list[ProductOrder]:
    """Place a pending order for each product that comes with a program, without a price (the plan paid).

    Conflict for a product that is no longer on sale: the plan promises what nobody may order.
    """
    orders = []
    for product, quantity in bundle:
        product.require_on_sale()
        order = _new_order(work, practice=practice, patient=patient, product=product, quantity=quantity)
        order.enrollment_id, order.currency = enrollment_id, product.currency
        orders.append(order)
    work.create_many(orders)
    work.append(*(_event(work, order, came_from="", reason="") for order in orders))
    return orders


@verb
def confirm_order(work: Work, order_id: int, *, by: Actor, at: datetime) -> ProductOrder:
    """Confirm a pending order."""
    order, came_from = _locked(order_id, permission="orders.confirm", by=by)
    order.confirm(at=at)
    return _moved(work, order, came_from)


@verb
def ship_order(work: Work, order_id: int, *, tracking_number: str, by: Actor, at: datetime) -> ProductOrder:
    """Ship a confirmed order; without a tracking number InvalidInput names the field."""
    order, came_from = _locked(order_id, permission="orders.ship", by=by)
    order.ship(tracking_number=tracking_number, at=at)
    return _moved(work, order, came_from)


@verb
def deliver_order(work: Work, order_id: int, *, by: Actor, at: datetime) -> ProductOrder:
    """Mark a shipped order as delivered."""
    order, came_from = _locked(order_id, permission="orders.deliver", by=by)
    order.deliver(at=at)
    return _moved(work, order, came_from)


@verb
def cancel_order(work: Work, order_id: int, *, reason: str = "", by: Actor, at: datetime) -> ProductOrder:
    """Cancel a pending or confirmed order, keeping the reason."""
    order, came_from = _locked(order_id, permission="orders.cancel", by=by)
    order.cancel(reason=reason, at=at)
    return _moved(work, order, came_from, reason=reason)


def move_order(order_id: int, *, to: str, tracking_number: str = "", by: Actor, at: datetime) -> ProductOrder:
    """Call the verb that leads to the status `to` (services: PUT .../status). None leads back to pending: Conflict."""
    match OrderStatus(to):
        case OrderStatus.CONFIRMED:
            return confirm_order(order_id, by=by, at=at)
        case OrderStatus.SHIPPED:
            return ship_order(order_id, tracking_number=tracking_number, by=by, at=at)
        case OrderStatus.DELIVERED:
            return deliver_order(order_id, by=by, at=at)
        case OrderStatus.CANCELLED:
            return cancel_order(order_id, by=by, at=at)
        case OrderStatus.PENDING:
            check_may_become(order_id, to=to, by=by)
            raise AssertionError("no way leads back to pending")


def check_may_become(order_id: int, *, to: str, by: Actor) -> None:
    """Raise Conflict if the order cannot become `to`, before anything else in the request is checked."""
    order: ProductOrder = ProductOrder.objects.visible_to(by).one(pk=order_id)
    by.require("orders.confirm", order.practice_id)
    order.check_may_become(OrderStatus(to))


@verb
def change_order_notes(work: Work, order_id: int, *, notes: str, by: Actor, at: datetime) -> ProductOrder:
    """Change an order's notes, the only thing about it that may be edited."""
    order, _unchanged = _locked(order_id, permission="orders.change_notes", by=by)
    order.notes = notes
    return work.save(order)


def cancel_open_orders(work: Work, enrollment_id: int, *, reason: str) -> list[ProductOrder]:
    """Cancel the pending and confirmed orders of a program that is being cancelled, with its reason."""
    ids = ProductOrder.objects.open().filter(enrollment_id=enrollment_id).values_list("pk", flat=True)
    cancelled = []
    for order in lock(ProductOrder.objects.all(), ids):
        if order.status in (OrderStatus.PENDING, OrderStatus.CONFIRMED):
            came_from = order.status
            order.cancel(reason=reason, at=work.at)
            cancelled.append(_moved(work, order, came_from, reason=reason))
    return cancelled


def _new_order(work: Work, *, practice: Practice, patient: Patient, product: Product, quantity: int) -> ProductOrder:
    return ProductOrder(
        practice=practice,
        patient=patient,
        product=product,
        product_name=product.name,
        quantity=quantity,
        ordered_at=work.at,
        created_by_id=work.by.user_id,
    )


def _locked(order_id: int, *, permission: str, by: Actor) -> tuple[ProductOrder, str]:
    """Return the locked order and its status before the verb; Missing unless visible, Forbidden unless allowed."""
    ProductOrder.objects.visible_to(by).one(pk=order_id)
    (order,) = lock(ProductOrder.objects.all(), [order_id])
    by.require(permission, order.practice_id)
    return order, order.status


def _event(
    work: Work, order: ProductOrder, *, came_from: str, reason: str, at: datetime | None = None
) -> ProductOrderEvent:
    return ProductOrderEvent(
        order=order,
        from_status=came_from,
        to_status=order.status,
        by_id=work.by.user_id,
        at=at or work.at,
        reason=reason,
    )


def _moved(work: Work, order: ProductOrder, came_from: str, *, reason: str = "") -> ProductOrder:
    work.save(order)
    work.append(_event(work, order, came_from=came_from, reason=reason))
    return order
