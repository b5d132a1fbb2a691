"""Businesses (our practices)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, ComputedField, Reading, Row, or_null
from api.base.lists import PreparedList, rows_for
from api.base.operations import operation
from api.base.shared.countries import country_name
from api.cliniko.contract import ClinikoViewSet
from api.cliniko.filtering import Array, Boolean, DateTime, Numeric, String
from api.cliniko.links import linked, self_link, text_id
from api.cliniko.lists import ClinikoFilters
from catalog.models import ServiceSpecialist
from core.actor import Actor
from core.prepared import Among
from directory.models import Practice
from directory.querysets import PracticeQuerySet


def shown_name(display_name: str, name: str) -> str:
    """The name that patients know."""
    return display_name or name


class BusinessBody(Body):
    """A business, with the ids of the appointment types that its practitioners offer."""

    id = text_id()
    business_name = serializers.CharField(source="name")
    display_name = ComputedField(serializers.CharField(), "display_name", "name", make=shown_name)
    label = ComputedField(serializers.CharField(), "display_name", "name", make=shown_name)  # type: ignore[assignment] # the metaclass takes it out of the class
    address_1 = or_null(serializers.CharField(), "address_1")
    address_2 = or_null(serializers.CharField(), "address_2")
    city = or_null(serializers.CharField(), "city")
    state = or_null(serializers.CharField(), "state")
    post_code = or_null(serializers.CharField(), "post_code")
    country = ComputedField(serializers.CharField(), "country_code", make=country_name, allow_null=True)
    country_code = or_null(serializers.CharField(), "country_code")
    time_zone = serializers.CharField()
    time_zone_identifier = serializers.CharField(source="time_zone")
    contact_information = or_null(serializers.CharField(), "contact_information")
    website_address = or_null(serializers.URLField(), "website_address")
    email_reply_to = or_null(serializers.EmailField(), "email_reply_to")
    additional_information = or_null(serializers.CharField(), "additional_information")
    additional_invoice_information = or_null(serializers.CharField(), "additional_invoice_information")
    business_registration_name = or_null(serializers.CharField(), "registration_name")
    business_registration_value = or_null(serializers.CharField(), "registration_value")
    appointment_type_ids = ComputedField(serializers.ListField(child=serializers.CharField()), "pk", make=lambda pk: pk)
    appointment_reminders_enabled = serializers.BooleanField(source="reminders_enabled")
    show_in_online_bookings = serializers.BooleanField()
    archived_at = serializers.DateTimeField(allow_null=True)
    deleted_at = serializers.DateTimeField(source="archived_at", allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    appointments = linked("businesses/{}/appointments")
    practitioners = linked("businesses/{}/practitioners")
    links = self_link("businesses/{}")

    @classmethod
    def build(cls, rows: Iterable[Row], reading: Reading) -> list[dict[str, Any]]:
        """The businesses; one more query for the appointment types of all of them."""
        built = super().build(rows, reading)
        offered = type_ids(reading.actor, [one["appointment_type_ids"] for one in built])
        for one in built:
            one["appointment_type_ids"] = offered[one["appointment_type_ids"]]
        return built


def type_ids(actor: Actor, practice_ids: list[int]) -> dict[int, list[str]]:
    """The live services that the practices' specialists offer now, by practice."""
    prepared = rows_for(actor, type_ids, lambda: _offers(actor))
    found: dict[int, list[str]] = defaultdict(list)
    for practice_id, service_id in prepared.rows(practices=practice_ids):
        found[practice_id].append(str(service_id))
    return found


def _offers(actor: Actor) -> PreparedList:
    offers = ServiceSpecialist.objects.visible_to(actor).filter(
        Among("specialist__works_at__practice_id", "practices"),
        is_active=True,
        service__archived_at=None,
        specialist__archived_at=None,
    )
    return PreparedList(
        offers.order_by("service_id").distinct(), ("specialist__works_at__practice_id", "service_id"), through=False
    )


def offering(service_id: int) -> Q:
    """Whether one of a practice's specialists offers the service now."""
    offers = ServiceSpecialist.objects.filter(specialist__works_at__practice=OuterRef("pk"), service=service_id)
    return Q(Exists(offers.filter(is_active=True, specialist__archived_at=None)))


class BusinessFilters(ClinikoFilters):
    """The filters of businesses; archived ones are shown only if a filter names them."""

    fields = {
        "appointment_type_ids": Array(offering),
        "archived_at": DateTime("archived_at", null=True),
        "created_at": DateTime("created_at"),
        "deleted_at": DateTime("archived_at", null=True),
        "id": Numeric("pk"),
        "show_in_online_bookings": Boolean("show_in_online_bookings"),
        "updated_at": DateTime("updated_at"),
    }
    sorts = {"business_name": String("name")}
    hides = ((frozenset({"archived_at", "deleted_at"}), Q(archived_at=None)),)


class BusinessViewSet(ClinikoViewSet):
    """Businesses."""

    tag = "Businesses"

    def businesses(self) -> PracticeQuerySet:
        """Those that the caller may see, archived or not."""
        return Practice.objects.visible_to(self.actor)

    @operation("list_businesses", "directory.view", gives=BusinessBody, key="businesses", filters=BusinessFilters)
    def list(self, request: Request) -> HttpResponse:
        """List businesses.

        Archived ones are left out unless a filter names them: `archived_at:*`.
        """
        return self.page(self.businesses)

    @operation("get_business", "directory.view", gives=BusinessBody)
    def retrieve(self, request: Request, business_id: int) -> HttpResponse:
        """Get a business, archived or not: appointments are linked with it."""
        return self.show(self.businesses, pk=business_id)
