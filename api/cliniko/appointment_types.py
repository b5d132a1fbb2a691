"""Appointment types (our services): all of them, and those that a practitioner offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import BooleanField, F, Q, Value
from django.db.models.expressions import ExpressionWrapper
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, ComputedField, ConstantField, or_null
from api.base.operations import operation
from api.cliniko.contract import ClinikoViewSet
from api.cliniko.filtering import Boolean, DateTime, Field, Numeric, String
from api.cliniko.links import linked, self_link, text_id
from api.cliniko.lists import ClinikoFilters, Hidden
from catalog.models import Service
from catalog.querysets import ServiceQuerySet
from core.prepared import visible_rows
from directory.models import Specialist

# No payments by card are taken with a booking.
PAYMENTS_MODE = "optional"


def is_online(published: bool, is_public: bool) -> bool:
    """Whether patients can book it by themselves."""
    return published and is_public


class AppointmentTypeBody(Body):
    """A kind of appointment. Deposits, templates, billable items and products are not kept for it."""

    id = text_id()
    name = serializers.CharField()
    duration_in_minutes = serializers.IntegerField(source="duration_minutes")
    max_attendees = serializers.IntegerField()
    color = ComputedField(
        serializers.CharField(), "color__background_color", make=lambda color: color and f"#{color}", allow_null=True
    )
    category = serializers.CharField()
    description = or_null(serializers.CharField(), "description")
    show_in_online_bookings = ComputedField(serializers.BooleanField(), "published", "is_public", make=is_online)
    online_bookings_lead_time_hours = serializers.IntegerField(source="booking_lead_hours")
    online_payments_enabled = ConstantField(serializers.BooleanField(), False)
    online_payments_mode = ConstantField(
        serializers.ChoiceField(choices=["deposit_required", "optional", "required"]), PAYMENTS_MODE
    )
    deposit_price = ConstantField(serializers.CharField(), None)
    add_deposit_to_account_credit = ConstantField(serializers.BooleanField(), False)
    telehealth_enabled = serializers.BooleanField()
    appointment_confirmation_template_ids = ConstantField(serializers.JSONField(), None)
    appointment_reminder_template_ids = ConstantField(serializers.JSONField(), None)
    appointment_follow_up_template_ids = ConstantField(serializers.JSONField(), None)
    archived_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    practitioners = linked("appointment_types/{}/practitioners")
    billable_item = ConstantField(serializers.JSONField(), None)
    product = ConstantField(serializers.JSONField(), None)
    treatment_note_template = ConstantField(serializers.JSONField(), None)
    appointment_type_billable_items = linked("appointment_types/{}/appointment_type_billable_items")
    appointment_type_products = linked("appointment_types/{}/appointment_type_products")
    links = self_link("appointment_types/{}")


FIELDS: Mapping[str, Field] = {
    "archived_at": DateTime("archived_at", null=True),
    "category": String("category"),
    "created_at": DateTime("created_at"),
    "id": Numeric("pk"),
    "online_payments_mode": String(Value(PAYMENTS_MODE)),
    "show_in_online_bookings": Boolean(
        ExpressionWrapper(Q(published=True, is_public=True), output_field=BooleanField())
    ),
    "updated_at": DateTime("updated_at"),
}
SORTS: Mapping[str, Field] = {"name": String("name"), "duration_in_minutes": Numeric(F("duration_minutes"))}


class AppointmentTypeFilters(ClinikoFilters):
    """The filters of appointment types; archived ones are shown only if a filter names them."""

    fields = FIELDS
    sorts = SORTS
    hides: ClassVar[Hidden] = ((frozenset({"archived_at"}), Q(archived_at=None)),)


class ArchivedTypeFilters(AppointmentTypeFilters):
    """The same filters for a list of rows that other lists leave out."""

    hides = ()


LISTED: dict[str, Any] = {"gives": AppointmentTypeBody, "key": "appointment_types"}


class AppointmentTypeViewSet(ClinikoViewSet):
    """Appointment types."""

    tag = "Appointment types"

    def types(self) -> ServiceQuerySet:
        """Those that the caller may see, archived or not."""
        return Service.objects.visible_to(self.actor)

    @operation("list_appointment_types", "catalog.view_all", **LISTED, filters=AppointmentTypeFilters)
    def list(self, request: Request) -> HttpResponse:
        """List appointment types.

        Archived ones are left out unless a filter names them: `archived_at:*`.
        """
        return self.page(self.types)

    @operation("list_archived_appointment_types", "catalog.view_all", **LISTED, filters=ArchivedTypeFilters)
    def list_archived(self, request: Request) -> HttpResponse:
        """List archived appointment types."""
        return self.page(lambda: self.types().filter(archived_at__isnull=False))

    @operation("get_appointment_type", "catalog.view_all", gives=AppointmentTypeBody)
    def retrieve(self, request: Request, appointment_type_id: int) -> HttpResponse:
        """Get an appointment type, archived or not: appointments are linked with it."""
        return self.show(self.types, pk=appointment_type_id)

    @operation("list_practitioner_appointment_types", "catalog.view_all", **LISTED, filters=AppointmentTypeFilters)
    def list_of_practitioner(self, request: Request, practitioner_id: int) -> HttpResponse:
        """List the appointment types that a practitioner offers."""
        visible_rows(Specialist).one(self.actor, pk=practitioner_id)
        return self.page(lambda: self.types().filter(offers__specialist=practitioner_id, offers__is_active=True))
