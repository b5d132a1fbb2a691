"""What the pages of orders, patients and programs show of orders."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.kit.cells import all_of, badge, link, price
from backoffice.kit.clock import show_when
from backoffice.kit.contributions import link_of, panel_of
from backoffice.kit.panels import Panel
from core.actor import Actor
from orders.models import ProductOrder, ProductOrderEvent
from patients.models import Patient
from programs.models import Enrollment

SHOWN = 10
OF_A_PROGRAM = 100


@panel_of(ProductOrder, order=10)
def steps_so_far(order: ProductOrder, /, *, by: Actor, at: datetime) -> Panel:
    """The order's own history."""
    events = ProductOrderEvent.objects.visible_to(by).filter(order=order).select_related("by")
    rows = [
        [
            badge(event.to_status, event.get_to_status_display()),
            show_when(event.at, order.practice),
            event.by.get_full_name() or str(event.by) if event.by else "",
            event.reason,
        ]
        for event in events.order_by("pk")
    ]
    return Panel(_("Steps"), columns=[_("Status"), _("When"), _("Who"), _("Reason")], rows=rows)


@panel_of(Patient, order=40)
def orders_of_patient(patient: Patient, /, *, by: Actor, at: datetime) -> Panel:
    """The last orders."""
    rows = ProductOrder.objects.visible_to(by).filter(patient=patient).select_related("practice")
    lines = [
        [
            link(one, f"{one.quantity} × {one.product_name}"),
            badge(one.status, one.get_status_display()),
            price(one.unit_price, one.currency, none=_("In the program")),
            one.tracking_number,
            show_when(one.ordered_at, one.practice),
        ]
        for one in rows.order_by("-ordered_at", "-pk")[:SHOWN]
    ]
    return Panel(
        _("Orders"),
        columns=[_("Product"), _("Status"), _("Unit price"), _("Tracking"), _("Ordered")],
        rows=lines,
        empty=_("Nothing ordered."),
        more=all_of("orders_productorder", patient),
    )


@panel_of(Enrollment, order=30)
def orders_of_program(row: Enrollment, /, *, by: Actor, at: datetime) -> Panel:
    """The products that came with it."""
    rows = ProductOrder.objects.visible_to(by).filter(enrollment=row)
    lines = [
        [
            link(one, f"{one.quantity} × {one.product_name}"),
            badge(one.status, one.get_status_display()),
            one.tracking_number,
            show_when(one.ordered_at, row.practice),
        ]
        for one in rows.order_by("pk")[:OF_A_PROGRAM]
    ]
    columns = [_("Product"), _("Status"), _("Tracking"), _("Ordered")]
    return Panel(_("Orders"), columns=columns, rows=lines, empty=_("No products were included."))


@link_of(Patient, order=30)
def order_product(patient: Patient, /, *, by: Actor) -> tuple[str, str] | None:
    """The way to order them a product."""
    if patient.archived_at is not None or not by.may("orders.place"):
        return None
    return _("Order a product"), f"{reverse('admin:orders_productorder_add')}?{urlencode({'patient': patient.pk})}"
