"""The list of product orders, and the page of one with its history."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from backoffice.kit.cells import badge, link, patient_link, price
from backoffice.kit.clock import show_when
from backoffice.kit.filters import PracticeFilter
from backoffice.kit.verb_admin import Values, VerbAdmin
from backoffice.orders import panels as panels
from backoffice.orders import timeline as timeline
from backoffice.orders.pages import board as board
from backoffice.orders.steps import CANCEL, CONFIRM, DELIVER, SHIP
from catalog.models import Product
from core.actor import Actor
from orders.models import ProductOrder
from orders.services import (
    change_order_notes,
    place_order,
)
from orders.states import OrderStatus


class StatusFilter(admin.SimpleListFilter):
    """By where the order is; `open` is what the desk still has to do."""

    title = _("status")
    parameter_name = "status"
    quick = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("Open")), *OrderStatus.choices]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        value = self.value()
        if value == "open":
            return queryset.on_the_way()  # type: ignore[no-any-return]
        return queryset.filter(status=value) if value in OrderStatus.values else queryset  # type: ignore[no-any-return]


class BundledFilter(admin.SimpleListFilter):
    """Ordered alone, or come with a program."""

    title = _("origin")
    parameter_name = "came"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("program", _("With a program")), ("alone", _("Ordered alone"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        if self.value() == "program":
            return queryset.bundled()  # type: ignore[no-any-return]
        if self.value() == "alone":  # as most are: said so, they are read in the list's order, not looked up and sorted
            return queryset.exclude(enrollment__isnull=False)  # type: ignore[no-any-return]
        return queryset  # type: ignore[no-any-return]


@admin.register(ProductOrder)
class ProductOrderAdmin(VerbAdmin):
    """Orders. Their status changes by steps alone; only the notes are edited."""

    view_verb = "orders.view"
    add_verb = "orders.place"
    change_verb = "orders.change_notes"
    scope = "practice"
    steps = (CONFIRM, SHIP, DELIVER, CANCEL)
    needed = (Product, _("There are no products yet. A clinic admin adds them under Catalogue."))

    list_display = ("number", "what", "who", "practice", "state", "ordered", "tracking_number", "paid", "next_step")
    linked = ("patient",)
    list_filter = (StatusFilter, BundledFilter, PracticeFilter)
    list_select_related = ("patient", "practice")
    ordering = ("-ordered_at", "-id")
    search_fields = ("=pk", ">tracking_number", "product__name")
    search_patient = "patient"
    sortable_by = ("number", "ordered")
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
        rows = super().get_queryset(request).select_related("patient", "practice", "enrollment")
        # Who ships many at once sees whom to call about each.
        return rows.prefetch_related("patient__phone_numbers") if request.method == "POST" else rows

    def list_links(self, request: HttpRequest) -> list[tuple[str, str]]:
        return [(_t("Orders board"), reverse("admin:order_board"))]

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> ProductOrder:
        return place_order(practice_id=self.scope_id(form.request, form), **values, by=by, at=at)

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Whoever ordered for somebody goes on with that patient."""
        return HttpResponseRedirect(reverse("admin:patients_patient_page", args=(obj.patient_id,)))

    def change(self, obj: ProductOrder, form: Any, values: Values, *, by: Actor, at: datetime) -> ProductOrder | None:
        return change_order_notes(obj.pk, notes=values["notes"], by=by, at=at) if "notes" in values else None

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

    @display(description=_("unit price"))
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
