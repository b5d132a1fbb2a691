"""Registering for a service without choosing a time: staff call back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body
from api.base.input import EmailField, Input, TextField
from api.base.operations import operation
from api.base.throttling import RegisterThrottle
from api.services.contract import ServicesViewSet
from api.services.enrollments import ServiceNameBody
from api.services.words import APPOINTMENT_CHOICES, APPOINTMENT_WORDS
from catalog.models import Service
from scheduling.services import register_contact


class RegistrationBody(Body):
    """The registration."""

    appointment_id = serializers.IntegerField()
    service = ServiceNameBody()
    status = serializers.ChoiceField(choices=APPOINTMENT_CHOICES)
    message = serializers.CharField()


class RegisterInput(Input):
    """The person to call back: a name, and an e-mail address or a phone number."""

    contact_name = TextField(max_length=255)
    contact_email = EmailField(optional=True)
    contact_phone = TextField(optional=True, max_length=32)


class RegistrationViewSet(ServicesViewSet):
    """Registrations for a service without choosing a time."""

    tag = "Registration"

    @operation(
        "register_for_service",
        "scheduling.register",
        takes=RegisterInput,
        gives=RegistrationBody,
        status=201,
        placed=True,
        throttles=(RegisterThrottle,),
    )
    def create(self, request: Request, service_id: UUID) -> HttpResponse:
        """Register for a service that needs no time slot.

        For services that are published and public. Staff assign a specialist and a time later.
        """
        service = Service.objects.visible_to(self.actor).public().one(uuid=service_id)
        practice_id = self.named_practice() or self.actor.practice_id
        appointment = register_contact(service.pk, **self.input(), practice_id=practice_id, by=self.actor, at=self.at)
        # Read from what the verb gave: a visitor may register, but not read appointments.
        shown: dict[str, Any] = {
            "appointment_id": appointment.pk,
            "service": {"name": service.name},
            "status": APPOINTMENT_WORDS[appointment.status],
            "message": _("Thank you! We will contact you shortly."),
        }
        return self.answer(shown)
