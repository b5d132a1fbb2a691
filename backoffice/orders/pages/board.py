"""Orders by state: what is to be confirmed and shipped, the oldest first, and what was delivered or cancelled last."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from backoffice.kit.actor import actor_of
from backoffice.kit.boards import CARDS, Card, Column, board_page, capped, chosen_practice
from backoffice.kit.cells import link, patient_link
from backoffice.kit.clock import show_when
from backoffice.kit.contributions import site_pages
from backoffice.orders.steps import CONFIRM, DELIVER, SHIP
from orders.models import ProductOrder
from orders.states import ON_THE_WAY, OrderStatus

VERB = "orders.view"


@site_pages
def board_urls(site: UnfoldAdminSite) -> list[URLPattern]:
    """The one page."""

    def view(request: HttpRequest) -> HttpResponse:
        return board_view(site, request)

    return [path("order-board/", site.admin_view(view), name="order_board")]


def board_view(site: UnfoldAdminSite, request: HttpRequest) -> HttpResponse:
    """A column for each state: one count and one read of its first orders."""
    practice = chosen_practice(request, VERB)
    rows = ProductOrder.objects.visible_to(actor_of(request)).select_related("patient", "practice")
    if practice is not None:
        rows = rows.filter(practice=practice)
    order_list = reverse("admin:orders_productorder_changelist")
    may_place = actor_of(request).may("orders.place")
    shortcuts = [(_("Order a product"), reverse("admin:orders_productorder_add"))] if may_place else []
    return board_page(
        site,
        request,
        title=_("Orders board"),
        verb=VERB,
        practice=practice,
        columns=[column_of(request, rows, status, order_list) for status in OrderStatus],
        shortcuts=[*shortcuts, (_("All orders as a list"), order_list)],
        actions=order_list,
    )


def column_of(request: HttpRequest, rows: Any, status: OrderStatus, order_list: str) -> Column:
    """The oldest of what is still to be done; the latest of what is over."""
    here = rows.filter(status=status)
    in_order = ("ordered_at", "pk") if status in ON_THE_WAY else ("-ordered_at", "-pk")
    return Column(
        title=str(status.label),
        count=capped(here),
        cards=[card_of(request, row) for row in here.order_by(*in_order)[:CARDS]],
        link=f"{order_list}?{urlencode({'status': status.value})}",
        together={OrderStatus.PENDING: CONFIRM, OrderStatus.CONFIRMED: SHIP, OrderStatus.SHIPPED: DELIVER}.get(status),
    )


def card_of(request: HttpRequest, row: ProductOrder) -> Card:
    """What was ordered, for whom, since when, and what comes next."""
    orders: Any = admin.site._registry[ProductOrder]
    since = row.cancelled_at or row.delivered_at or row.shipped_at or row.confirmed_at or row.ordered_at
    return Card(
        row=row,
        title=link(row, f"{row.quantity} × {row.product_name}"),
        patient=patient_link(row.patient),
        lines=[f"#{row.pk} · {show_when(since, row.practice)}", row.tracking_number, row.cancellation_reason],
        buttons=orders.buttons(request, row, among=(CONFIRM, SHIP, DELIVER)),
    )
