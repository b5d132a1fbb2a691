"""Practitioners (our specialists): those of a business, those who offer an appointment type, and those who left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, ComputedField, or_null
from api.base.operations import operation
from api.cliniko.contract import ClinikoViewSet
from api.cliniko.filtering import Boolean, DateTime, Numeric, String
from api.cliniko.links import joined, linked, self_link, text_id
from api.cliniko.lists import ClinikoFilters
from catalog.models import Service
from core.prepared import visible_rows
from directory.models import Practice, Specialist
from directory.querysets import SpecialistQuerySet


class PractitionerBody(Body):
    """A practitioner. Their reference numbers are not kept."""

    id = text_id()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    title = or_null(serializers.CharField(), "title")
    display_name = ComputedField(serializers.CharField(), "title", "first_name", "last_name", make=joined)
    label = ComputedField(serializers.CharField(), "title", "first_name", "last_name", make=joined)  # type: ignore[assignment] # the metaclass takes it out of the class
    designation = or_null(serializers.CharField(), "designation")
    description = or_null(serializers.CharField(), "description")
    active = ComputedField(serializers.BooleanField(), "archived_at", make=lambda archived_at: archived_at is None)
    show_in_online_bookings = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    appointment_types = linked("practitioners/{}/appointment_types")
    appointments = linked("practitioners/{}/appointments")
    default_appointment_type = linked("appointment_types/{}", "default_service_id", null=True)
    invoices = linked("practitioners/{}/invoices")
    practitioner_reference_numbers = linked("practitioners/{}/practitioner_reference_numbers")
    user = linked("users/{}", "user_id", null=True)
    links = self_link("practitioners/{}")


class PractitionerFilters(ClinikoFilters):
    """The filters of practitioners."""

    fields = {
        "created_at": DateTime("created_at"),
        "id": Numeric("pk"),
        "show_in_online_bookings": Boolean("show_in_online_bookings"),
        "updated_at": DateTime("updated_at"),
        "user_id": Numeric("user_id", null=True),
    }
    sorts = {"first_name": String("first_name"), "last_name": String("last_name")}


LISTED: dict[str, Any] = {"gives": PractitionerBody, "key": "practitioners", "filters": PractitionerFilters}


class PractitionerViewSet(ClinikoViewSet):
    """Practitioners."""

    tag = "Practitioners"

    def practitioners(self) -> SpecialistQuerySet:
        """Those that the caller may see, active or not."""
        return Specialist.objects.visible_to(self.actor)

    @operation("list_practitioners", "directory.view", **LISTED)
    def list(self, request: Request) -> HttpResponse:
        """List active practitioners."""
        return self.page(lambda: self.practitioners().live())

    @operation("list_inactive_practitioners", "directory.view", **LISTED)
    def list_inactive(self, request: Request) -> HttpResponse:
        """List practitioners who are no longer active."""
        return self.page(lambda: self.practitioners().filter(archived_at__isnull=False))

    @operation("get_practitioner", "directory.view", gives=PractitionerBody)
    def retrieve(self, request: Request, practitioner_id: int) -> HttpResponse:
        """Get a practitioner, active or not."""
        return self.show(self.practitioners, pk=practitioner_id)

    @operation("list_business_practitioners", "directory.view", **LISTED)
    def list_of_business(self, request: Request, business_id: int) -> HttpResponse:
        """List the active practitioners of a business."""
        rows = self._at_business(business_id)
        return self.page(lambda: rows().live())

    @operation("list_inactive_business_practitioners", "directory.view", **LISTED)
    def list_inactive_of_business(self, request: Request, business_id: int) -> HttpResponse:
        """List the practitioners of a business who are no longer active."""
        rows = self._at_business(business_id)
        return self.page(lambda: rows().filter(archived_at__isnull=False))

    @operation("list_appointment_type_practitioners", "directory.view", **LISTED)
    def list_of_type(self, request: Request, appointment_type_id: int) -> HttpResponse:
        """List the active practitioners who offer an appointment type."""
        rows = self._offering(appointment_type_id)
        return self.page(lambda: rows().live())

    @operation("list_inactive_appointment_type_practitioners", "directory.view", **LISTED)
    def list_inactive_of_type(self, request: Request, appointment_type_id: int) -> HttpResponse:
        """List the practitioners who offered an appointment type and are no longer active."""
        rows = self._offering(appointment_type_id)
        return self.page(lambda: rows().filter(archived_at__isnull=False))

    def _at_business(self, business_id: int) -> Callable[[], SpecialistQuerySet]:
        visible_rows(Practice).one(self.actor, pk=business_id)
        return lambda: self.practitioners().working_at(business_id)

    def _offering(self, appointment_type_id: int) -> Callable[[], SpecialistQuerySet]:
        visible_rows(Service).one(self.actor, pk=appointment_type_id)
        return lambda: self.practitioners().filter(offers__service=appointment_type_id, offers__is_active=True)
