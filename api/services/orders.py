"""Product orders of patients: list, place, update the status, cancel."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, Money, or_null
from api.base.filters import Filters, IdFilter, IsNullChoiceFilter
from api.base.input import ChoiceField, IdField, Input, PublicIdField, SmallIntegerField, TextField
from api.base.operations import operation
from api.base.words import WordField, WordFilter
from api.services.contract import ServicesViewSet
from api.services.enrollments import CancelInput, PatientBody
from api.services.words import ORDER_STATUSES, ORDER_WORDS
from catalog.models import Product
from orders.models import ProductOrder
from orders.services import cancel_order, check_may_become, move_order, place_order


class OrderProductBody(Body):
    """The product under the name by which it was ordered, with its present price."""

    id = serializers.UUIDField(source="product.uuid")
    name = serializers.CharField(source="product_name")
    price = Money(source="product.price")


class ProductOrderBody(Body):
    """An order. `unit_price` is null for an order that came with a program, which the plan paid."""

    id = serializers.IntegerField()
    patient = PatientBody()
    product = OrderProductBody(source="*")
    patient_service_plan_id = serializers.IntegerField(source="enrollment_id", allow_null=True)
    quantity = serializers.IntegerField()
    unit_price = Money(allow_null=True)
    status = WordField(ORDER_WORDS, "status")
    ordered_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    shipped_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    cancelled_at = serializers.DateTimeField(allow_null=True)
    tracking_number = or_null(serializers.CharField(), "tracking_number")
    notes = serializers.CharField()
    reason = or_null(serializers.CharField(), "cancellation_reason")


class OrderInput(Input):
    """The patient and the product."""

    patient_id = IdField()
    product_id = PublicIdField(lambda actor: Product.objects.visible_to(actor).live(), missing=True)
    quantity = SmallIntegerField(min_value=1, required=False)
    notes = TextField(optional=True)


class StatusInput(Input):
    """The new status. `shipped` needs a tracking number; with any other status it is ignored."""

    status = ChoiceField(list(ORDER_STATUSES))
    tracking_number = TextField(optional=True, max_length=100)


class OrderFilters(Filters):
    """The filters of orders."""

    changes_of = ProductOrder

    patient_id = IdFilter("patient_id", label="Filters by patient.")
    status = WordFilter("status", words=ORDER_WORDS, label="Only orders with this status.")
    source = IsNullChoiceFilter(
        "enrollment",
        words={"bundled": False, "standalone": True},
        label="true: only orders that came with a program; false: only the others.",
    )


class ProductOrderViewSet(ServicesViewSet):
    """Product orders of patients."""

    tag = "Patient product orders"

    @operation("list_product_orders", "orders.view", gives=ProductOrderBody, key="product_orders", filters=OrderFilters)
    def list(self, request: Request) -> HttpResponse:
        """List product orders.

        A patient sees their own, and those of the people they may act for.
        """
        return self.page(lambda: ProductOrder.objects.visible_to(self.actor).order_by("pk"))

    @operation("place_product_order", "orders.place", takes=OrderInput, gives=ProductOrderBody, status=201, placed=True)
    def create(self, request: Request) -> HttpResponse:
        """Order a product for a patient.

        The product's present price is kept as `unit_price`.
        """
        values = self.input()
        practice_id = self.practice_of_patient(values["patient_id"])
        order = place_order(**values, practice_id=practice_id, by=self.actor, at=self.at)
        return self.show(lambda: ProductOrder.objects.visible_to(self.actor), pk=order.pk)

    @operation("update_product_order_status", "orders.confirm", takes=StatusInput, gives=ProductOrderBody)
    def update_status(self, request: Request, order_id: int) -> HttpResponse:
        """Update an order's status.

        pending -> confirmed -> shipped -> delivered; pending or confirmed -> cancelled. Any other change, also to the
        present status, is a 409, whatever else is sent.
        """
        if (wanted := self.sent("status")) in ORDER_STATUSES:
            check_may_become(order_id, to=ORDER_STATUSES[wanted], by=self.actor)
        values = self.changes(ProductOrder.objects.visible_to(self.actor), pk=order_id)
        move_order(order_id, to=ORDER_STATUSES[values.pop("status")], **values, by=self.actor, at=self.at)
        return self.show(lambda: ProductOrder.objects.visible_to(self.actor), pk=order_id)

    @operation("cancel_product_order", "orders.cancel", takes=CancelInput, gives=ProductOrderBody)
    def cancel(self, request: Request, order_id: int) -> HttpResponse:
        """Cancel an order that is pending or confirmed."""
        cancel_order(order_id, **self.input(), by=self.actor, at=self.at)
        return self.show(lambda: ProductOrder.objects.visible_to(self.actor), pk=order_id)
