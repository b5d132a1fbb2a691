"""Treatments of appointments: our services, with what they use up, who offers them, and their protocol."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from rest_framework import serializers

from api.base.body import Body, ComputedField, Many, Money, or_null
from api.base.shared.people import named
from catalog.models import ServiceProduct, ServiceSession, ServiceSpecialist
from core.actor import Actor
from core.querysets import ClinicQuerySet
from scheduling.models import AppointmentService


def in_words(value: bool) -> str:
    """The vendor's booleans are texts."""
    return "true" if value else "false"


def is_active(published: bool, archived_at: datetime | None) -> str:
    """Whether a service is offered."""
    return in_words(published and archived_at is None)


def as_text(amount: Decimal) -> str:
    """A price as a text of two places."""
    return f"{amount:.2f}"


class NamedBody(Body):
    """An entry of a list."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class ProductTypeBody(NamedBody):
    """A kind of product."""

    category = or_null(serializers.CharField(), "category")


class UnitBody(Body):
    """What a product is counted in; its id is a text."""

    id = ComputedField(serializers.CharField(), "id", make=str)
    name = serializers.CharField()
    code = serializers.CharField()


class ProductBody(Body):
    """A product that a treatment uses up."""

    id = serializers.IntegerField(source="product_id")
    name = serializers.CharField(source="product.name")
    full_name = or_null(serializers.CharField(), "product__full_name")
    barcode = or_null(serializers.CharField(), "product__barcode")
    description = or_null(serializers.CharField(), "product__description")
    box_quantity = or_null(serializers.CharField(), "product__box_quantity")
    unit_volume = or_null(serializers.CharField(), "product__unit_volume")
    critical_stock_level = serializers.IntegerField(source="product.critical_stock_level", allow_null=True)
    invoice_name = or_null(serializers.CharField(), "product__invoice_name")
    price = Money(source="product.price")
    tax_rate = Money(source="product.tax_rate")
    is_active = ComputedField(serializers.CharField(), "product__is_active", "product__archived_at", make=is_active)
    brand = NamedBody(source="product.brand", allow_null=True)
    product_type = ProductTypeBody(source="product.product_type", allow_null=True)
    category = NamedBody(source="product.category", allow_null=True)
    unit_code = UnitBody(source="product.unit", allow_null=True)


class OfferedByBody(Body):
    """Who offers a treatment."""

    id = serializers.IntegerField(source="specialist_id")
    name = named("specialist")


class SessionBody(Body):
    """A step of a treatment's protocol."""

    id = serializers.IntegerField()
    session_order = serializers.IntegerField()
    session_type = serializers.CharField()
    next_gap_days = serializers.IntegerField(allow_null=True)
    offset_days = serializers.IntegerField()


def products(actor: Actor) -> ClinicQuerySet[Any]:
    """What treatments use up."""
    return ServiceProduct.objects.visible_to(actor).order_by("pk")


def offers(actor: Actor) -> ClinicQuerySet[Any]:
    """Who offers treatments now."""
    rows = ServiceSpecialist.objects.visible_to(actor).filter(is_active=True, specialist__archived_at=None)
    return rows.order_by("priority", "pk")


def sessions(actor: Actor) -> ClinicQuerySet[Any]:
    """The steps of protocols."""
    return ServiceSession.objects.visible_to(actor).order_by("session_order")


class TreatmentBody(Body):
    """A treatment of an appointment, at the price frozen for it; `session` counts the steps of its protocol."""

    id = serializers.IntegerField(source="service_id")
    name = serializers.CharField(source="service.name")
    price = ComputedField(serializers.CharField(), "price", make=as_text)
    description = or_null(serializers.CharField(), "service__description")
    session = ComputedField(serializers.IntegerField(), "steps", make=lambda steps: max(1, steps))
    is_active = ComputedField(serializers.CharField(), "service__published", "service__archived_at", make=is_active)
    extra_info = ComputedField(serializers.DictField(), "pk", make=lambda pk: {})
    created_at = serializers.DateTimeField(source="service.created_at")
    updated_at = serializers.DateTimeField(source="service.updated_at")
    deleted_at = serializers.DateTimeField(source="service.archived_at", allow_null=True)
    products = Many(ProductBody, of="service_id", to="service_id", rows=products)
    users = Many(OfferedByBody, of="service_id", to="service_id", rows=offers)
    sessions = Many(SessionBody, of="service_id", to="service_id", rows=sessions)


def treatments(actor: Actor) -> ClinicQuerySet[Any]:
    """The treatments of appointments, the main one first."""
    steps = ServiceSession.objects.filter(service=OuterRef("service_id")).order_by().values("service")
    counted = Subquery(steps.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
    rows = AppointmentService.objects.visible_to(actor).annotate(steps=Coalesce(counted, 0))
    return rows.order_by("position", "pk")
