"""The phone numbers of a patient."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.alfadocs.contract import AlfadocsViewSet
from api.alfadocs.fields import TruthField, VendorInput, number_text
from api.alfadocs.filters import VendorFilters
from api.base.body import Body, ComputedField
from api.base.input import TextField
from api.base.operations import operation
from core.actor import Actor
from patients.models import PhoneNumber
from patients.phones import parted
from patients.services import add_phone, change_phone


def country_prefix(prefix: str, e164: str) -> str:
    """The prefix as it was typed; else that of the whole number, where it is known."""
    return prefix if prefix or not e164 else parted(e164)[0]


def within_country(prefix: str, number: str, e164: str) -> str:
    """The number as it was typed beside its prefix; else what follows the prefix in the whole number."""
    return number if prefix or not e164 else parted(e164)[1]


class PhoneNumberBody(Body):
    """A number: its country prefix, and itself without that. Its id is a text."""

    id = number_text("id")
    prefix = ComputedField(serializers.CharField(), "prefix", "e164", make=country_prefix)
    number = ComputedField(serializers.CharField(), "prefix", "number", "e164", make=within_country)
    label = serializers.CharField()  # type: ignore[assignment] # the metaclass takes it out of the class
    smsEnabled = serializers.BooleanField(source="sms_enabled")


def phone_numbers(actor: Actor) -> Any:
    """Patients' numbers, the first first."""
    return PhoneNumber.objects.visible_to(actor).order_by("position", "pk")


class PhoneNumberInput(VendorInput):
    """A number: its country prefix, and itself without that."""

    prefix = TextField(max_length=6)
    number = TextField(max_length=32)
    label = TextField(optional=True, max_length=50)  # type: ignore[assignment] # the metaclass takes it out of the class
    smsEnabled = TruthField(required=False, source="sms_enabled")


class PhoneNumberChange(PhoneNumberInput):
    """A number that may be there already, and then without a prefix, as other programs write them."""

    prefix = TextField(max_length=6, allow_blank=True)


class PhoneNumberViewSet(AlfadocsViewSet):
    """The phone numbers of a patient."""

    tag = "Patients"
    own_code = "patient_not_found"

    def numbers(self, patient_id: int) -> Any:
        """The numbers of a live patient of the archive; Missing for any other patient."""
        self.require_patient(patient_id)
        return phone_numbers(self.actor).filter(patient=patient_id)

    @operation(
        "list_phone_numbers",
        "patients.view",
        scope="patient:phone-number:list",
        gives=PhoneNumberBody,
        key="data",
        filters=VendorFilters,
        whole=True,
    )
    def list(self, request: Request, patient_id: int) -> HttpResponse:
        """List the numbers of a patient, the first first."""
        self.require_patient(patient_id)
        given = {"patient_id": patient_id}
        return self.whole(lambda patient_id: phone_numbers(self.actor).filter(patient=patient_id), given=given)

    @operation(
        "create_phone_number",
        "patients.add_phone",
        scope="patient:phone-number:create",
        takes=PhoneNumberInput,
        gives=PhoneNumberBody,
        makes=True,
    )
    def create(self, request: Request, patient_id: int) -> HttpResponse:
        """Add a number to a patient, behind those they have."""
        values, numbers = self.input(), self.numbers(patient_id)
        made = add_phone(patient_id, values=values, by=self.actor, at=self.at)
        return self.show(numbers, pk=made.pk)

    @operation("get_phone_number", "patients.view", scope="patient:phone-number:view", gives=PhoneNumberBody)
    def retrieve(self, request: Request, patient_id: int, phone_number_id: int) -> HttpResponse:
        """Get a number of a patient."""
        return self.show(self.numbers(patient_id), pk=phone_number_id)

    @operation(
        "update_phone_number",
        "patients.add_phone",
        scope="patient:phone-number:create",
        takes=PhoneNumberChange,
        partial=True,
        gives=PhoneNumberBody,
    )
    def update(self, request: Request, patient_id: int, phone_number_id: int) -> HttpResponse:
        """Change a number of a patient; what is left out stays as it is."""
        values, numbers = self.input(), self.numbers(patient_id)
        seen: PhoneNumber = numbers.one(pk=phone_number_id)
        if values.keys() & {"prefix", "number"}:
            # What is left out stays as it was shown, which may be a part of one text.
            values.setdefault("prefix", country_prefix(seen.prefix, seen.e164))
            values.setdefault("number", within_country(seen.prefix, seen.number, seen.e164))
        change_phone(phone_number_id, values=values, by=self.actor, at=self.at)
        return self.show(numbers, pk=phone_number_id)
