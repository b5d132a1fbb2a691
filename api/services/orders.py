"""Product orders of patients: list, place, move along, cancel."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, Money, or_null
from api.base.filters import Filters, Id, Split, Word
from api.base.input import Choice, Input, PublicId, Small, Text
from api.base.input import Id as IdInput
from api.base.operations import Operation
from api.services.contract import ServicesView
from api.services.enrollments import CancelInput, PatientBody
from catalog.models import Product
from orders.models import ProductOrder
from orders.services import cancel_order, move_order, place_order
from orders.states import OrderStatus


class OrderProductBody(Body):
    """The product under the name by which it was ordered, with its present price."""

    id = serializers.UUIDField(source="product.uuid")
    name = serializers.CharField(source="product_name")
    price = Money(source="product.price")


class ProductOrderBody(Body):
    """An order. `unit_price` is null for one that came with a program: the plan paid."""

    id = serializers.IntegerField()
    patient = PatientBody()
    product = OrderProductBody(source="*")
    patient_service_plan_id = serializers.IntegerField(source="enrollment_id", allow_null=True)
    quantity = serializers.IntegerField()
    unit_price = Money(allow_null=True)
    status = serializers.ChoiceField(choices=OrderStatus.values)
    ordered_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    shipped_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    cancelled_at = serializers.DateTimeField(allow_null=True)
    tracking_number = or_null(serializers.CharField(), "tracking_number")
    notes = serializers.CharField()
    reason = or_null(serializers.CharField(), "cancellation_reason")


class OrderInput(Input):
    """What is to be ordered for whom."""

    patient_id = IdInput()
    product_id = PublicId(lambda actor: Product.objects.visible_to(actor).live(), missing=True)
    quantity = Small(min_value=1, required=False)
    notes = Text(optional=True)


class StatusInput(Input):
    """The status an order is to have; `shipped` needs a tracking number, no other takes one."""

    status = Choice(OrderStatus.values)
    tracking_number = Text(optional=True, max_length=100)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("tracking_number") and attrs["status"] != OrderStatus.SHIPPED:
            raise serializers.ValidationError({"tracking_number": _("is only for the status shipped")})
        return attrs


class OrderFilters(Filters):
    """What orders can be searched by."""

    patient_id = Id("patient_id", label="Of this patient.")
    status = Word("status", words=OrderStatus.values, label="Where they are.")
    source = Split(
        "enrollment",
        words={"bundled": False, "standalone": True},
        label="Those that came with a program, or those that did not.",
    )


class OrderListView(ServicesView):
    """/v1/patient-product-orders"""

    tag = "Patient product orders"
    operations = {
        "GET": Operation(
            "list_product_orders", "orders.view", gives=ProductOrderBody, key="product_orders", filters=OrderFilters
        ),
        "POST": Operation(
            "place_product_order", "orders.place", takes=OrderInput, gives=ProductOrderBody, status=201, placed=True
        ),
    }

    def get(self, request: Request) -> HttpResponse:
        """List product orders.

        A patient sees their own, and those of the people they may act for.
        """
        return self.page(ProductOrder.objects.visible_to(self.actor).order_by("pk"))

    def post(self, request: Request) -> HttpResponse:
        """Order a product for a patient.

        The product's present price is kept as `unit_price`.
        """
        values = self.input()
        practice_id = self.practice_of_patient(values["patient_id"])
        order = place_order(**values, practice_id=practice_id, by=self.actor, at=self.at)
        return self.show(ProductOrder.objects.visible_to(self.actor), pk=order.pk)


class OrderStatusView(ServicesView):
    """/v1/patient-product-orders/{id}/status"""

    tag = "Patient product orders"
    operations = {
        "PUT": Operation("update_product_order_status", "orders.confirm", takes=StatusInput, gives=ProductOrderBody)
    }

    def put(self, request: Request, order_id: int) -> HttpResponse:
        """Move an order along.

        pending -> confirmed -> shipped -> delivered; pending or confirmed -> cancelled. Any other way, also to the
        status it has, is a 409.
        """
        values = self.input()
        move_order(order_id, to=values.pop("status"), **values, by=self.actor, at=self.at)
        return self.show(ProductOrder.objects.visible_to(self.actor), pk=order_id)


class CancelOrderView(ServicesView):
    """/v1/patient-product-orders/{id}/cancel"""

    tag = "Patient product orders"
    operations = {"POST": Operation("cancel_product_order", "orders.cancel", takes=CancelInput, gives=ProductOrderBody)}

    def post(self, request: Request, order_id: int) -> HttpResponse:
        """Cancel an order that is pending or confirmed."""
        cancel_order(order_id, **self.input(), by=self.actor, at=self.at)
        return self.show(ProductOrder.objects.visible_to(self.actor), pk=order_id)
