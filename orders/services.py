"""The verbs of orders: place, confirm, ship, deliver, cancel. Nothing else changes an order's status."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from catalog.models import Product
from core.actor import Actor
from core.db import Work, verb
from core.errors import InvalidInput
from core.live import require_live
from core.locks import lock
from directory.models import Practice
from orders.models import ProductOrder, ProductOrderEvent
from orders.states import OrderStatus
from patients.models import Patient


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
    """A standalone order, pending, with the product's present name and price frozen.

    Raises Missing for a patient or product that `by` may not see, Conflict for a product that is not on sale and for
    a patient or practice that was put away, InvalidInput for a quantity below 1 or a patient of another organization.
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
    order = _new_order(work, practice=practice, patient=patient, product=product, quantity=quantity)
    order.unit_price, order.currency, order.notes = product.price, product.currency, notes
    work.create(order)
    work.append(_event(work, order, came_from="", reason=""))
    return order


def place_bundled_orders(
    work: Work,
    *,
    practice: Practice,
    patient: Patient,
    enrollment_id: int,
    bundle: Iterable[tuple[Product, int]],
) -> list[ProductOrder]:
    """The step of enrolling: one pending order per bundled product, without a price (the plan paid).

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
    """pending -> confirmed."""
    order, came_from = _locked(order_id, permission="orders.confirm", by=by)
    order.confirm(at=at)
    return _moved(work, order, came_from)


@verb
def ship_order(work: Work, order_id: int, *, tracking_number: str, by: Actor, at: datetime) -> ProductOrder:
    """confirmed -> shipped; without a tracking number InvalidInput names the field."""
    order, came_from = _locked(order_id, permission="orders.ship", by=by)
    order.ship(tracking_number=tracking_number, at=at)
    return _moved(work, order, came_from)


@verb
def deliver_order(work: Work, order_id: int, *, by: Actor, at: datetime) -> ProductOrder:
    """shipped -> delivered."""
    order, came_from = _locked(order_id, permission="orders.deliver", by=by)
    order.deliver(at=at)
    return _moved(work, order, came_from)


@verb
def cancel_order(work: Work, order_id: int, *, reason: str = "", by: Actor, at: datetime) -> ProductOrder:
    """pending or confirmed -> cancelled, keeping the reason."""
    order, came_from = _locked(order_id, permission="orders.cancel", by=by)
    order.cancel(reason=reason, at=at)
    return _moved(work, order, came_from, reason=reason)


def move_order(order_id: int, *, to: str, tracking_number: str = "", by: Actor, at: datetime) -> ProductOrder:
    """The verb that leads to the status `to` (services: PUT .../status). None leads back to pending: Conflict."""
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
            order: ProductOrder = ProductOrder.objects.visible_to(by).one(pk=order_id)
            by.require("orders.confirm", order.practice_id)
            order._move(OrderStatus.PENDING)  # the table has no way there from anywhere: it raises
            return order


@verb
def change_order_notes(work: Work, order_id: int, *, notes: str, by: Actor, at: datetime) -> ProductOrder:
    """Write an order's notes, the one thing on it that may be edited."""
    order, _unchanged = _locked(order_id, permission="orders.change_notes", by=by)
    order.notes = notes
    return work.save(order)


def cancel_open_orders(work: Work, enrollment_id: int, *, reason: str) -> list[ProductOrder]:
    """The step of cancelling a program: its pending and confirmed orders are cancelled with its reason."""
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
    """The order, locked, and its status before the verb; Missing unless visible, Forbidden unless allowed."""
    ProductOrder.objects.visible_to(by).one(pk=order_id)
    (order,) = lock(ProductOrder.objects.all(), [order_id])
    by.require(permission, order.practice_id)
    return order, order.status


def _event(work: Work, order: ProductOrder, *, came_from: str, reason: str) -> ProductOrderEvent:
    return ProductOrderEvent(
        order=order,
        from_status=came_from,
        to_status=order.status,
        by_id=work.by.user_id,
        at=work.at,
        reason=reason,
    )


def _moved(work: Work, order: ProductOrder, came_from: str, *, reason: str = "") -> ProductOrder:
    work.save(order)
    work.append(_event(work, order, came_from=came_from, reason=reason))
    return order
