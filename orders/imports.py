"""The import of product orders, in any state."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from catalog.imports import PRODUCT
from core.actor import Actor
from core.db import Work
from core.errors import InvalidInput
from core.imports import (
    Column,
    From,
    ImportKind,
    Layout,
    Refers,
    Scope,
    amount,
    moment_or_day,
    one_by_one,
    one_of,
    reference,
    text_up_to,
    whole,
)
from directory.imports import IN_PRACTICE, by_practice_clock, organization_of, practice_of
from orders.models import ProductOrder
from orders.services import cancel_order, change_order_notes, record_order
from orders.states import OrderStatus
from patients.imports import PATIENT

ORDER = Refers(model=ProductOrder, scope="practice__organization")


def _enrollment() -> Any:
    return ProductOrder._meta.get_field("enrollment").related_model


def _save_order(work: Work, obj: ProductOrder | None, values: dict[str, Any], scope: Scope) -> ProductOrder:
    values = by_practice_clock(values, scope)
    status = values.get("status") or OrderStatus.PENDING
    if obj is not None:
        if values.get("status") and status != obj.status:
            reason = _t("It is %(status)s here; an import does not change that.")
            raise InvalidInput({"status": reason % {"status": obj.get_status_display().lower()}})
        return change_order_notes(obj.pk, notes=values.get("notes", obj.notes), by=work.by, at=work.at)
    times = ("ordered_at", "confirmed_at", "shipped_at", "delivered_at", "cancelled_at")
    return record_order(
        practice_id=practice_of(values, scope),
        patient_id=values["patient"],
        product_id=values["product"],
        enrollment_id=values.get("enrollment"),
        quantity=values.get("quantity", 1),
        unit_price=_unit_price(values),
        status=status,
        times={name: values[name] for name in times if values.get(name) is not None},
        tracking_number=values.get("tracking_number") or "",
        reason=values.get("cancellation_reason") or "",
        notes=values.get("notes") or "",
        by=work.by,
        at=work.at,
    )


def _unit_price(values: dict[str, Any]) -> Decimal | None:
    """The price of one piece, given or as a share of the total; None if the row has neither."""
    price, total, quantity = values.get("unit_price"), values.get("total"), values.get("quantity", 1)
    if price is not None or total is None or quantity < 1:
        return price
    part: Decimal = (total / quantity).quantize(Decimal("0.01"))
    if part * quantity != total:
        reason = _t("%(total)s is no price of %(quantity)s pieces; say what one costs.")
        raise InvalidInput({"total": reason % {"total": total, "quantity": quantity}})
    return part


# What WooCommerce calls the states of an order; its database and some plugins write wc- before each.
WOOCOMMERCE_STATES = {
    "pending": "pending",
    "pending payment": "pending",
    "on-hold": "pending",
    "on hold": "pending",
    "processing": "confirmed",
    "completed": "delivered",
    "cancelled": "cancelled",
    "refunded": "cancelled",
    "failed": "cancelled",
}


def _cancel(pk: int, *, by: Actor, at: datetime) -> None:
    if ProductOrder.objects.visible_to(by).one(pk=pk).status != OrderStatus.CANCELLED:
        cancel_order(pk, reason=_t("Imported by mistake"), by=by, at=at)


def _time(name: str, help_: Any, *, required: bool = False) -> Column:
    return Column(name=name, help=help_, parse=moment_or_day, blank=None, stored=False, dated=True, required=required)


ORDERS = ImportKind(
    name="orders",
    help=_("Orders of products, in any state."),
    verb="orders.import_orders",
    may="orders.place",
    model=ProductOrder,
    columns=(
        reference("patient", PATIENT, _("By external id or e-mail address."), required=True),
        reference("product", PRODUCT, _("By external id, slug, barcode or name."), required=True),
        IN_PRACTICE,
        Column(
            name="enrollment",
            help=_("The program that paid, by external id."),
            parse=text_up_to(255),
            blank=None,
            stored=False,
            refers=Refers(model=_enrollment, scope="practice__organization"),
        ),
        Column(name="quantity", help="", parse=whole, blank=1, stored=False),
        Column(name="unit_price", help=_("Empty: the product's."), parse=amount, blank=None, stored=False),
        Column(
            name="total",
            help=_("Instead of the unit price: what all of them cost."),
            parse=amount,
            blank=None,
            stored=False,
            exported=False,
        ),
        Column(
            name="status",
            help=_("pending, if it says nothing; confirmed, shipped, delivered or cancelled."),
            parse=one_of({word: word for word in OrderStatus.values}),
            stored=False,
        ),
        _time("ordered_at", _("As 2024-12-31T09:30:00Z."), required=True),
        _time("confirmed_at", ""),
        _time("shipped_at", ""),
        _time("delivered_at", ""),
        _time("cancelled_at", ""),
        Column(name="tracking_number", help=_("Required where it was shipped."), parse=text_up_to(100), stored=False),
        Column(name="cancellation_reason", help="", stored=False),
        Column(name="notes", help="", stored=False),
    ),
    place=organization_of,
    save=one_by_one(ProductOrder, _save_order),
    undo=_cancel,
    rows=lambda organization_id: ProductOrder.objects.filter(practice__organization_id=organization_id),
    layouts={
        "woocommerce": Layout(
            name="woocommerce",
            help=_("an export of orders, one line for each product"),
            columns={
                "external_id": From(
                    "Order ID", "Order Number", "order_id", "order_number", "Item #", "line_id", "item_id", join="-"
                ),
                "patient": From(
                    "Email (Billing)", "Customer Email", "billing_email", "customer_email", convert=str.lower
                ),
                "product": From(
                    "Product ID",
                    "item_product_id",
                    "product_id",
                    "SKU",
                    "item_sku",
                    "Item Name",
                    "item_name",
                    "Name",
                    each=True,
                ),
                "quantity": From("Quantity", "Quantity (- Refund)", "item_quantity"),
                "unit_price": From("Item Cost", "item_price"),
                "total": From("item_total"),
                "status": From("Order Status", "status"),
                "ordered_at": From("Order Date", "order_date", "date"),
                "notes": From("Customer Note", "customer_note"),
            },
            words={"status": WOOCOMMERCE_STATES | {f"wc-{word}": ours for word, ours in WOOCOMMERCE_STATES.items()}},
            defaults={"tracking_number": "-"},
        )
    },
)

IMPORTS = [ORDERS]
