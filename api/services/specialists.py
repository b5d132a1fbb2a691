"""Who offers a service, and the forms that come with it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, Made, Money
from api.base.input import Amount, Flag, Id, Input, Small, Text
from api.base.operations import Operation
from api.services.contract import ServicesView
from api.services.services import ServiceFormBody, full_name, offers
from catalog.models import Service, ServiceForm
from catalog.services import assign_specialist, attach_form, remove_form, remove_specialist


class SpecialistBody(Body):
    """A specialist, as far as a service shows them; `specialty` is its name."""

    id = serializers.IntegerField()
    name = Made(serializers.CharField(), "first_name", "last_name", make=full_name)
    specialty = serializers.CharField(source="specialty.name", allow_null=True)
    scheduling_active = serializers.BooleanField()


class ServiceSpecialistBody(Body):
    """That a specialist offers a service."""

    specialist_id = serializers.IntegerField()
    specialist = SpecialistBody()
    is_active = serializers.BooleanField()
    custom_price = Money(allow_null=True)
    created_at = serializers.DateTimeField()


class OfferInput(Input):
    """Who is to offer a service; `custom_price` goes before the service's own."""

    specialist_id = Id()
    is_active = Flag(required=False)
    custom_price = Amount(required=False, allow_null=True)


class FormInput(Input):
    """A form that is to come with a service."""

    form_template_id = Id()
    form_type = Text(max_length=32)
    sort_order = Small(required=False)


class ServiceSpecialistListView(ServicesView):
    """/v1/services/{id}/specialists"""

    tag = "Service specialists"
    operations = {
        "GET": Operation("list_service_specialists", "catalog.view", gives=ServiceSpecialistBody, key="specialists"),
        "POST": Operation(
            "assign_specialist", "catalog.assign_specialist", takes=OfferInput, gives=ServiceSpecialistBody, status=201
        ),
    }

    def get(self, request: Request, service_id: UUID) -> HttpResponse:
        """List the specialists who offer a service, the preferred first."""
        service = Service.objects.visible_to(self.actor).one(uuid=service_id)
        return self.page(offers(self.actor).filter(service=service))

    def post(self, request: Request, service_id: UUID) -> HttpResponse:
        """Assign a specialist to a service."""
        service = Service.objects.visible_to(self.actor).one(uuid=service_id)
        offer = assign_specialist(service.pk, **self.input(), by=self.actor, at=self.at)
        return self.show(offers(self.actor), pk=offer.pk)


class ServiceSpecialistView(ServicesView):
    """/v1/services/{id}/specialists/{specialist_id}"""

    tag = "Service specialists"
    operations = {"DELETE": Operation("remove_specialist", "catalog.remove_specialist", status=204)}

    def delete(self, request: Request, service_id: UUID, specialist_id: int) -> HttpResponse:
        """Remove a specialist from a service."""
        service = Service.objects.visible_to(self.actor).one(uuid=service_id)
        remove_specialist(service.pk, specialist_id, by=self.actor, at=self.at)
        return self.gone()


class ServiceFormListView(ServicesView):
    """/v1/services/{id}/forms"""

    tag = "Service forms"
    operations = {
        "POST": Operation("attach_form", "catalog.attach_form", takes=FormInput, gives=ServiceFormBody, status=201)
    }

    def post(self, request: Request, service_id: UUID) -> HttpResponse:
        """Attach a form template to a service."""
        service = Service.objects.visible_to(self.actor).one(uuid=service_id)
        form = attach_form(service.pk, **self.input(), by=self.actor, at=self.at)
        return self.show(ServiceForm.objects.visible_to(self.actor), pk=form.pk)


class ServiceFormView(ServicesView):
    """/v1/services/{id}/forms/{form_template_id}"""

    tag = "Service forms"
    operations = {"DELETE": Operation("remove_form", "catalog.remove_form", status=204)}

    def delete(self, request: Request, service_id: UUID, form_template_id: int) -> HttpResponse:
        """Remove a form from a service."""
        service = Service.objects.visible_to(self.actor).one(uuid=service_id)
        remove_form(service.pk, form_template_id, by=self.actor, at=self.at)
        return self.gone()
