"""The older shape of appointments, with nested objects instead of links; read only."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from django.db.models import Q
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, ComputedField, Reading, or_null
from api.base.operations import operation
from api.cliniko.appointment_filters import FIELDS, HIDES
from api.cliniko.appointments import has_arrived, rule_of, shown, was_missed, when_cancelled
from api.cliniko.contract import ClinikoViewSet
from api.cliniko.filtering import DateTime, Field
from api.cliniko.links import is_set, self_link, text_id
from api.cliniko.lists import ClinikoFilters, Hidden
from core.hints import OfEach
from core.prepared import visible_rows
from directory.models import Practice, Specialist
from patients.models import Patient
from scheduling.models import Appointment
from scheduling.querysets import AppointmentQuerySet


class NestedPatientBody(Body):
    """Who comes."""

    id = text_id()
    title = or_null(serializers.CharField(), "title")
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    links = self_link("patients/{}")


class NestedPractitionerBody(NestedPatientBody):
    """Who treats."""

    links = self_link("practitioners/{}")


class NestedBusinessBody(Body):
    """Where."""

    id = text_id()
    business_name = serializers.CharField(source="name")
    links = self_link("businesses/{}")


class NestedTypeShape(serializers.Serializer[Any]):
    """What is done."""

    id = serializers.CharField()
    name = serializers.CharField()
    color = serializers.CharField(allow_null=True)
    category = serializers.CharField()


def nested_type(reading: Reading, pk: int | None, name: str, color: str | None, category: str) -> dict[str, Any] | None:
    """What is done; null where it is not known."""
    if pk is None:
        return None
    links = {"self": reading.link(f"appointment_types/{pk}")}
    return {"id": str(pk), "name": name, "color": color and f"#{color}", "category": category, "links": links}


def rule_or_empty(*kept: Any) -> dict[str, Any]:
    """How the visit repeats; empty where it does not."""
    rule: dict[str, Any] | None = rule_of(*kept)
    return rule or {}


class AppointmentBody(Body):
    """A visit in the older shape."""

    id = text_id()
    appointment_start = serializers.DateTimeField(source="starts_at")
    appointment_end = serializers.DateTimeField(source="ends_at")
    cancellation_note = or_null(serializers.CharField(), "cancellation_note")
    cancellation_reason = serializers.IntegerField(source="cancellation_reason_code", allow_null=True)
    cancellation_time = ComputedField(
        serializers.DateTimeField(), "cancelled_at", "status", "updated_at", make=when_cancelled, allow_null=True
    )
    created_at = serializers.DateTimeField()
    did_not_arrive = ComputedField(serializers.BooleanField(), "status", make=was_missed)
    email_reminder_sent = is_set("email_reminder_sent_at")
    notes = or_null(serializers.CharField(), "notes")
    online_booking_policy_accepted = serializers.BooleanField(source="policy_accepted", allow_null=True)
    patient_arrived = ComputedField(serializers.BooleanField(), "arrived_at", "status", make=has_arrived)
    repeat_rule = ComputedField(
        serializers.DictField(),
        "repeated_from_id",
        "series__number_of_repeats",
        "series__repeat_type",
        "series__repeating_interval",
        make=rule_or_empty,
    )
    sms_reminder_sent = is_set("sms_reminder_sent_at")
    updated_at = serializers.DateTimeField()
    patient = NestedPatientBody()
    appointment_type = ComputedField(
        NestedTypeShape(),
        "service_id",
        "service_name",
        "service_color",
        "service_category",
        make=lambda reading: partial(nested_type, reading),
        linked=True,
        allow_null=True,
    )
    business = NestedBusinessBody(source="practice")
    practitioner = NestedPractitionerBody(source="specialist")
    links = self_link("appointments/{}")


LEGACY: Mapping[str, Field] = {
    **FIELDS,
    "appointment_start": DateTime("starts_at"),
    "appointment_end": FIELDS["ends_at"],
}


class LegacyFilters(ClinikoFilters):
    """What appointments can be searched by, under their older names, too."""

    model = Appointment
    fields = LEGACY
    hides: ClassVar[Hidden] = HIDES


LISTED: dict[str, Any] = {"gives": AppointmentBody, "key": "appointments", "filters": LegacyFilters}


class AppointmentViewSet(ClinikoViewSet):
    """Appointments in the older shape."""

    tag = "Appointments (older)"

    def appointments(self) -> AppointmentQuerySet:
        """Those that the caller may see, in whatever state."""
        return shown(Appointment.objects.visible_to(self.actor)).with_service_shown()

    @operation("list_older_appointments", "scheduling.view", **LISTED)
    def list(self, request: Request) -> HttpResponse:
        """List appointments."""
        return self.page(self.appointments)

    @operation("get_older_appointment", "scheduling.view", gives=AppointmentBody)
    def retrieve(self, request: Request, appointment_id: int) -> HttpResponse:
        """Get an appointment."""
        return self.show(self.appointments, pk=appointment_id)

    @operation("list_business_appointments", "scheduling.view", **LISTED)
    def list_of_business(self, request: Request, business_id: int) -> HttpResponse:
        """List the appointments at a business."""
        visible_rows(Practice).one(self.actor, pk=business_id)
        return self.page(
            lambda business_id: self.appointments().filter(OfEach(Q(practice=business_id))), given=self.kwargs
        )

    @operation("list_patient_appointments", "scheduling.view", **LISTED)
    def list_of_patient(self, request: Request, patient_id: int) -> HttpResponse:
        """List the appointments of a patient."""
        visible_rows(Patient).one(self.actor, pk=patient_id)
        return self.page(lambda patient_id: self.appointments().filter(patient=patient_id), given=self.kwargs)

    @operation("list_practitioner_appointments", "scheduling.view", **LISTED)
    def list_of_practitioner(self, request: Request, practitioner_id: int) -> HttpResponse:
        """List the appointments with a practitioner."""
        visible_rows(Specialist).one(self.actor, pk=practitioner_id)
        return self.page(
            lambda practitioner_id: self.appointments().filter(specialist=practitioner_id), given=self.kwargs
        )
