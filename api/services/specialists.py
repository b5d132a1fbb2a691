"""The specialists who offer a service, and the forms that come with it."""

from __future__ import annotations

from uuid import UUID

from django.db.models import UUIDField
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, Money
from api.base.input import AmountField, BooleanField, IdField, Input, SmallIntegerField, TextField
from api.base.operations import operation
from api.base.shared.people import named
from api.services.contract import ServicesViewSet
from api.services.services import ServiceFormBody, offers
from catalog.models import Service, ServiceForm
from catalog.services import assign_specialist, attach_form, remove_form, remove_specialist
from core.prepared import PreparedFor, hole


class SpecialistBody(Body):
    """A specialist, as a service shows them; `specialty` is its name."""

    id = serializers.IntegerField()
    name = named()
    specialty = serializers.CharField(source="specialty.name", allow_null=True)
    scheduling_active = serializers.BooleanField()


class ServiceSpecialistBody(Body):
    """A specialist's offer of a service."""

    specialist_id = serializers.IntegerField()
    specialist = SpecialistBody()
    is_active = serializers.BooleanField()
    custom_price = Money(allow_null=True)
    created_at = serializers.DateTimeField()


class OfferInput(Input):
    """A specialist to add to a service; `custom_price` overrides the service's own price."""

    specialist_id = IdField()
    is_active = BooleanField(required=False)
    custom_price = AmountField(required=False, allow_null=True)


class FormInput(Input):
    """A form to add to a service."""

    form_template_id = IdField()
    form_type = TextField(max_length=32)
    sort_order = SmallIntegerField(required=False)


SERVICE = PreparedFor(lambda by: Service.objects.visible_to(by).filter(uuid=hole("uuid", UUIDField())))


class ServiceSpecialistViewSet(ServicesViewSet):
    """The specialists who offer a service."""

    tag = "Service specialists"

    @operation("list_service_specialists", "catalog.view", gives=ServiceSpecialistBody, key="specialists")
    def list(self, request: Request, service_id: UUID) -> HttpResponse:
        """List the specialists who offer a service, the preferred first."""
        service = SERVICE.one(self.actor, uuid=service_id)
        return self.page(lambda: offers(self.actor).filter(service=service))

    @operation(
        "assign_specialist", "catalog.assign_specialist", takes=OfferInput, gives=ServiceSpecialistBody, status=201
    )
    def create(self, request: Request, service_id: UUID) -> HttpResponse:
        """Assign a specialist to a service."""
        service = Service.objects.visible_to(self.actor).one(uuid=service_id)
        offer = assign_specialist(service.pk, **self.input(), by=self.actor, at=self.at)
        return self.show(lambda: offers(self.actor), pk=offer.pk)

    @operation("remove_specialist", "catalog.remove_specialist", status=204)
    def destroy(self, request: Request, service_id: UUID, specialist_id: int) -> HttpResponse:
        """Remove a specialist from a service."""
        service = Service.objects.visible_to(self.actor).one(uuid=service_id)
        remove_specialist(service.pk, specialist_id, by=self.actor, at=self.at)
        return self.no_content()


class ServiceFormViewSet(ServicesViewSet):
    """The forms that come with a service."""

    tag = "Service forms"

    @operation("attach_form", "catalog.attach_form", takes=FormInput, gives=ServiceFormBody, status=201)
    def create(self, request: Request, service_id: UUID) -> HttpResponse:
        """Attach a form template to a service."""
        service = Service.objects.visible_to(self.actor).one(uuid=service_id)
        form = attach_form(service.pk, **self.input(), by=self.actor, at=self.at)
        return self.show(lambda: ServiceForm.objects.visible_to(self.actor), pk=form.pk)

    @operation("remove_form", "catalog.remove_form", status=204)
    def destroy(self, request: Request, service_id: UUID, form_template_id: int) -> HttpResponse:
        """Remove a form from a service."""
        service = Service.objects.visible_to(self.actor).one(uuid=service_id)
        remove_form(service.pk, form_template_id, by=self.actor, at=self.at)
        return self.no_content()
