"""Product orders: the list that the desk works through, and one order with its history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from backoffice.actor import actor_of
from backoffice.base import Values, VerbAdmin
from backoffice.lists import PracticeFilter
from backoffice.shown import Panel, badge, link, patient_link, price
from backoffice.steps import Step, StepForm
from backoffice.zone import show_when
from core.actor import Actor
from orders.models import ProductOrder, ProductOrderEvent
from orders.services import (
    cancel_order,
    change_order_notes,
    confirm_order,
    deliver_order,
    place_order,
    ship_order,
)
from orders.states import NEXT, OrderStatus


class ShipForm(StepForm):
    """Asks for the tracking number."""

    tracking_number = forms.CharField(
        label=_("Tracking number"), max_length=100, widget=UnfoldAdminTextInputWidget({"autocomplete": "off"})
    )


class CancelForm(StepForm):
    """Asks why."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=_("Kept with the order."),
    )


def can_become(status: OrderStatus) -> Any:
    """Whether an order may take the step to `status` now."""
    return lambda order: status in NEXT[order.status]


CONFIRM = Step(
    name="confirm",
    label=_("Confirm"),
    verb="orders.confirm",
    call=confirm_order,
    done=ngettext_lazy("%(count)d order confirmed.", "%(count)d orders confirmed.", "count"),
    offered=can_become(OrderStatus.CONFIRMED),
    guard=lambda order, given, at: order.confirm(at=at),
    variant="primary",
    icon="check",
)
SHIP = Step(
    name="ship",
    label=_("Ship"),
    verb="orders.ship",
    call=ship_order,
    done=ngettext_lazy("%(count)d order shipped.", "%(count)d orders shipped.", "count"),
    offered=can_become(OrderStatus.SHIPPED),
    guard=lambda order, given, at: order.ship(tracking_number=given["tracking_number"], at=at),
    form=ShipForm,
    each=True,
    variant="primary",
    icon="local_shipping",
)
DELIVER = Step(
    name="deliver",
    label=_("Delivered"),
    verb="orders.deliver",
    call=deliver_order,
    done=ngettext_lazy("%(count)d order delivered.", "%(count)d orders delivered.", "count"),
    offered=can_become(OrderStatus.DELIVERED),
    guard=lambda order, given, at: order.deliver(at=at),
    variant="primary",
    icon="inventory",
)
CANCEL = Step(
    name="cancel",
    label=_("Cancel"),
    verb="orders.cancel",
    call=cancel_order,
    done=ngettext_lazy("%(count)d order cancelled.", "%(count)d orders cancelled.", "count"),
    offered=can_become(OrderStatus.CANCELLED),
    guard=lambda order, given, at: order.cancel(reason=given["reason"], at=at),
    form=CancelForm,
    variant="danger",
    icon="cancel",
)


class StatusFilter(admin.SimpleListFilter):
    """By where the order is; `open` is what the desk still has to do."""

    title = _("status")
    parameter_name = "status"
    quick = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("To be done")), *OrderStatus.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value == "open":
            return queryset.filter(status__in=[status for status, following in NEXT.items() if following])
        return queryset.filter(status=value) if value in OrderStatus.values else queryset


class BundledFilter(admin.SimpleListFilter):
    """Ordered alone, or come with a program."""

    title = _("origin")
    parameter_name = "came"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("program", _("With a program")), ("alone", _("Ordered alone"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "program":
            return queryset.filter(enrollment__isnull=False)
        return queryset.filter(enrollment__isnull=True) if self.value() == "alone" else queryset


@admin.register(ProductOrder)
class ProductOrderAdmin(VerbAdmin):
    """Orders. Their status changes by steps alone; only the notes are edited."""

    view_verb = "orders.view"
    add_verb = "orders.place"
    change_verb = "orders.change_notes"
    scope = "practice"
    steps = (CONFIRM, SHIP, DELIVER, CANCEL)

    list_display = ("number", "what", "who", "practice", "state", "ordered", "tracking_number", "paid", "next_step")
    list_filter = (StatusFilter, BundledFilter, PracticeFilter)
    list_select_related = ("patient", "practice")
    ordering = ("-ordered_at", "-id")
    search_fields = ("=pk", "tracking_number", "product_name")
    search_folded = ("patient__search_name",)
    search_help_text = _("Patient, product, tracking or order number")
    autocomplete_fields = ("patient", "product")
    readonly_fields = ("state", "who", "what", "paid", "program", "ordered", "tracking_number", "cancellation_reason")

    def layout(self, request: HttpRequest, obj: Any) -> list[Any]:
        if obj is None:
            return [(None, {"fields": ["practice", "patient", "product", "quantity", "notes"]})]
        facts: list[Any] = [("state", "ordered"), ("who", "what"), ("paid", "tracking_number"), "practice"]
        facts += ["program"] if obj.enrollment_id else []
        facts += ["cancellation_reason"] if obj.status == OrderStatus.CANCELLED else []
        return [(None, {"fields": [*facts, "notes"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("patient", "practice", "enrollment")

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> ProductOrder:
        return place_order(practice_id=self.scope_id(form.request, form), **values, by=by, at=at)

    def change(self, obj: ProductOrder, form: Any, values: Values, *, by: Actor, at: datetime) -> ProductOrder | None:
        return change_order_notes(obj.pk, notes=values["notes"], by=by, at=at) if "notes" in values else None

    def panels(self, request: HttpRequest, row: ProductOrder) -> Sequence[Panel]:
        """The order's own history."""
        events = ProductOrderEvent.objects.visible_to(actor_of(request)).filter(order=row)
        rows = [
            [
                badge(event.to_status, event.get_to_status_display()),
                show_when(event.at, row.practice),
                event.by.get_full_name() or str(event.by) if event.by else "",
                event.reason,
            ]
            for event in events.select_related("by").order_by("pk")
        ]
        return [Panel(_("Steps so far"), columns=[_("Status"), _("When"), _("Who"), _("Reason")], rows=rows)]

    @display(description=_("order"), ordering="pk")
    def number(self, order: ProductOrder) -> str:
        return f"#{order.pk}"

    @display(description=_("product"), ordering="product_name")
    def what(self, order: ProductOrder) -> str:
        return f"{order.quantity} × {order.product_name}"

    @display(description=_("patient"), ordering="patient__search_name")
    def who(self, order: ProductOrder) -> SafeString | str:
        return patient_link(order.patient)

    @display(description=_("status"), ordering="status")
    def state(self, order: ProductOrder) -> SafeString:
        return badge(order.status, order.get_status_display())

    @display(description=_("ordered"), ordering="ordered_at")
    def ordered(self, order: ProductOrder) -> str:
        return show_when(order.ordered_at, order.practice)

    @display(description=_("price of one"))
    def paid(self, order: ProductOrder) -> str:
        return price(order.unit_price, order.currency, none=_t("In the program"))

    @display(description=_("program"))
    def program(self, order: ProductOrder) -> SafeString | str:
        return link(order.enrollment, order.enrollment.name) if order.enrollment else ""

    @display(description=_("next"))
    def next_step(self, order: ProductOrder) -> SafeString | str:
        """The step that leads on, as a button in the row."""
        step = next((one for one in (CONFIRM, SHIP, DELIVER) if one.offered(order)), None)
        viewer: Actor = order.__dict__["viewer"]
        if step is None or not viewer.may(step.verb, order.practice_id):
            return ""
        kind = "formaction" if not step.asks else "href"
        tag = (
            '<button class="bo-button bo-small" type="submit" {}="{}">{}</button>'
            if kind == "formaction"
            else '<a class="bo-button bo-small" {}="{}">{}</a>'
        )
        address = f"{self.step_url(step, order.pk)}?{urlencode({'next': order.__dict__['seen_at']})}"
        return format_html(tag, kind, address, step.label)
