"""The catalogue's services: list, read, create, change, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, ComputedField, Many, Money, Reading, or_null
from api.base.filters import BooleanFilter, ChoiceFilter, Filters, IdFilter
from api.base.input import (
    AmountField,
    BooleanField,
    ChoiceField,
    CurrencyField,
    IdField,
    Input,
    SmallIntegerField,
    TextField,
    UrlField,
)
from api.base.operations import operation
from api.base.shared.people import named
from api.services.contract import ServicesViewSet
from catalog.models import Service, ServiceAttachment, ServiceForm, ServiceSpecialist
from catalog.services import change_service, create_service, delete_service
from catalog.states import Category


class SpecialtyBody(Body):
    """A specialty."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class ServiceScalarsBody(Body):
    """Every plain field of a service."""

    id = serializers.UUIDField(source="uuid")
    name = serializers.CharField()
    slug = serializers.CharField()
    description = serializers.CharField()
    category = serializers.ChoiceField(choices=Category.values)
    specialty_id = serializers.IntegerField(allow_null=True)
    duration_minutes = serializers.IntegerField()
    buffer_minutes = serializers.IntegerField()
    base_price = Money()
    currency = serializers.CharField()
    is_addon = serializers.BooleanField()
    is_public = serializers.BooleanField()
    published = serializers.BooleanField()
    cover_url = or_null(serializers.URLField(), "cover_url")
    video_url = or_null(serializers.URLField(), "video_url")


class ServiceBody(ServiceScalarsBody):
    """A service, as listed: with its specialty instead of the specialty's id."""

    specialty_id = None  # type: ignore[assignment] # how DRF drops an inherited field
    specialty = SpecialtyBody(allow_null=True)


class FormTemplateBody(Body):
    """A form that patients fill in."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class ServiceFormBody(Body):
    """A form that comes with a service."""

    form_template_id = serializers.IntegerField()
    form_type = serializers.CharField()
    sort_order = serializers.IntegerField()
    template = FormTemplateBody(source="form_template")


class ServiceOfferBody(Body):
    """A specialist who offers the service."""

    specialist_id = serializers.IntegerField()
    name = named("specialist")
    priority = serializers.IntegerField()
    custom_price = Money(allow_null=True)
    is_active = serializers.BooleanField()


def file_url(reading: Reading) -> Callable[[UUID, int, str], str]:
    """Tell the absolute URL of an attachment; it ends in the file's name."""
    return lambda *ids: reading.link(reverse("services_attachment_file", args=ids))


class AttachmentBody(Body):
    """A file that comes with a service."""

    id = serializers.IntegerField()
    file_url = ComputedField(
        serializers.URLField(),
        "service__uuid",
        "pk",
        "file_name",
        make=file_url,
        linked=True,
    )
    file_name = serializers.CharField()
    file_type = serializers.CharField()
    file_size = serializers.IntegerField()


def offers(actor: Any) -> Any:
    """The specialists who offer services and still work here, the preferred first."""
    return ServiceSpecialist.objects.visible_to(actor).filter(specialist__archived_at=None).order_by("priority", "pk")


class ServiceDetailBody(ServiceScalarsBody):
    """A service with all that comes with it."""

    specialty = SpecialtyBody(allow_null=True)
    forms = Many(
        ServiceFormBody,
        of="service_id",
        rows=lambda actor: ServiceForm.objects.visible_to(actor).order_by("sort_order", "pk"),
    )
    specialists = Many(ServiceOfferBody, of="service_id", rows=offers)
    attachments = Many(
        AttachmentBody, of="service_id", rows=lambda actor: ServiceAttachment.objects.visible_to(actor).order_by("pk")
    )


class ServiceInput(Input):
    """A service. By default `slug` is made of the name, and `currency` is the practice's."""

    name = TextField(max_length=255)
    slug = TextField(max_length=255, required=False)
    description = TextField(optional=True)
    category = ChoiceField(Category.values)
    specialty_id = IdField(required=False, allow_null=True)
    duration_minutes = SmallIntegerField(min_value=1, max_value=1439)
    buffer_minutes = SmallIntegerField(max_value=1439, required=False)
    base_price = AmountField()
    currency = CurrencyField()
    is_addon = BooleanField(required=False)
    is_public = BooleanField(required=False)
    published = BooleanField(required=False)
    cover_url = UrlField()
    video_url = UrlField()


class ServiceFilters(Filters):
    """The filters of services."""

    published = BooleanFilter("published", label="true: only published ones; false: only unpublished ones.")
    is_public = BooleanFilter("is_public", label="true: only services that patients can see; false: only the others.")
    category = ChoiceFilter("category", words=Category.values, label="Only services of this category.")
    specialty_id = IdFilter("specialty_id", label="Filters by specialty.")


class ServiceViewSet(ServicesViewSet):
    """Services."""

    tag = "Services"

    @operation("list_services", "catalog.view", gives=ServiceBody, key="services", filters=ServiceFilters)
    def list(self, request: Request) -> HttpResponse:
        """List services.

        Without a credential, and for patients: those that are published and public.
        """
        return self.page(lambda: Service.objects.visible_to(self.actor).live().order_by("pk"))

    @operation(
        "create_service", "catalog.create_service", takes=ServiceInput, gives=ServiceDetailBody, status=201, placed=True
    )
    def create(self, request: Request) -> HttpResponse:
        """Create a service."""
        organization_id = self.organization_id()
        service = create_service(organization_id=organization_id, values=self.input(), by=self.actor, at=self.at)
        return self.show(lambda: Service.objects.visible_to(self.actor), pk=service.pk)

    @operation("get_service", "catalog.view", gives=ServiceDetailBody)
    def retrieve(self, request: Request, service_id: UUID) -> HttpResponse:
        """Get a service with its forms, specialists and attachments."""
        return self.show(Service.objects.visible_to(self.actor), uuid=service_id)

    @operation("update_service", "catalog.change_service", takes=ServiceInput, gives=ServiceDetailBody, partial=True)
    def update(self, request: Request, service_id: UUID) -> HttpResponse:
        """Update a service.

        Fields that are left out stay as they are.
        """
        service = Service.objects.visible_to(self.actor).one(uuid=service_id)
        values = self.changes(Service.objects.visible_to(self.actor), pk=service.pk)
        change_service(service.pk, values=values, by=self.actor, at=self.at)
        return self.show(lambda: Service.objects.visible_to(self.actor), pk=service.pk)

    @operation("delete_service", "catalog.delete_service", status=204)
    def destroy(self, request: Request, service_id: UUID) -> HttpResponse:
        """Delete a service.

        409 if the service is in use.
        """
        service = Service.objects.visible_to(self.actor).one(uuid=service_id)
        delete_service(service.pk, by=self.actor, at=self.at)
        return self.no_content()
