"""The orders' part of a patient's timeline: each step of each order, and suggestions for waiting ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.kit.cells import badge, link
from backoffice.kit.timeline import Entry, Page, Suggestion, suggests, timeline_of
from core.actor import Actor
from orders.models import ProductOrder, ProductOrderEvent
from orders.states import OrderStatus
from patients.models import Patient


@timeline_of("order", group="orders")
def steps(patient: Patient, page: Page) -> Iterator[Entry]:
    """Orders by the steps that they took."""
    rows = ProductOrderEvent.objects.visible_to(page.by).filter(order__patient=patient)
    for one in page.cut(rows, "at").select_related("order__practice"):
        shipped = one.to_status == OrderStatus.SHIPPED
        yield Entry(
            place=page.place(one.at, one.pk),
            icon="local_shipping",
            title=link(one.order, f"{one.order.quantity} × {one.order.product_name}"),
            detail=one.reason or (one.order.tracking_number if shipped else ""),
            badge=badge(one.to_status, one.get_to_status_display()),
            practice=one.order.practice,
        )


@suggests(order=40)
def with_waiting_orders(patient: Patient, by: Actor, at: datetime) -> Iterable[Suggestion]:
    """The oldest order that waits to be confirmed or sent."""
    waiting = (OrderStatus.PENDING, OrderStatus.CONFIRMED)
    rows = ProductOrder.objects.visible_to(by).filter(patient=patient, status__in=waiting)
    for one in rows.order_by("ordered_at", "pk")[:1]:
        pending = one.status == OrderStatus.PENDING
        if by.may("orders.confirm" if pending else "orders.ship", one.practice_id):
            page = reverse("admin:orders_productorder_change", args=(one.pk,))
            label = _("Confirm the order") if pending else _("Ship the order")
            yield Suggestion(label, page, f"{one.quantity} × {one.product_name}")
