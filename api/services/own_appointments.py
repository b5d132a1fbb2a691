"""A patient's own appointments, and those of the people they may act for: booked, listed, moved, cancelled."""

from __future__ import annotations

from django.db.models import F
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from api.base.body import Body, or_null
from api.base.filters import IdFilter
from api.base.input import BooleanField, IdField, Input, UuidField
from api.base.operations import operation
from api.base.shared.times import PeriodFilters
from api.base.throttling import BookThrottle
from api.base.words import WordField, WordFilter
from api.services.contract import ServicesViewSet
from api.services.enrollments import CancelInput
from api.services.free_slots import NamedPersonBody, PlaceBody
from api.services.words import APPOINTMENT_CHOICES, APPOINTMENT_WORDS
from scheduling.models import Appointment
from scheduling.querysets import AppointmentQuerySet
from scheduling.services import book_own_slot, cancel_appointment, reschedule_appointment


class OwnAppointmentBody(Body):
    """An appointment, as its patient sees it."""

    id = serializers.IntegerField()
    patient = NamedPersonBody(allow_null=True)
    status = WordField(APPOINTMENT_WORDS, "status", choices=APPOINTMENT_CHOICES)
    started_at = serializers.DateTimeField(source="starts_at", allow_null=True)
    ended_at = serializers.DateTimeField(source="ends_at", allow_null=True)
    service_id = serializers.UUIDField(source="main_service", allow_null=True)
    service_name = serializers.CharField(source="main_service_name", allow_null=True)
    specialist = NamedPersonBody(allow_null=True)
    practice = PlaceBody()
    slot_id = serializers.IntegerField(allow_null=True)
    patient_service_plan_id = serializers.IntegerField(source="enrollment_id", allow_null=True)
    plan_session_number = serializers.IntegerField(allow_null=True)
    telehealth_url = or_null(serializers.URLField(), "telehealth_url")
    reason = or_null(serializers.CharField(), "cancellation_note")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class BookInput(Input):
    """The slot to book, for oneself or for `patient_id`, with the session of a program if one is named."""

    slot_id = IdField()
    service_id = UuidField(source="service_uuid")
    patient_service_plan_id = IdField(required=False, allow_null=True, source="enrollment_id")
    patient_id = IdField(required=False, allow_null=True)
    policy_accepted = BooleanField()


class RescheduleInput(Input):
    """The slot to which the appointment moves."""

    slot_id = IdField()


class OwnAppointmentFilters(PeriodFilters):
    """The filters of one's own appointments."""

    patient_id = IdFilter("patient_id", label="Filters by patient.")
    status = WordFilter("status", words=APPOINTMENT_WORDS, choices=APPOINTMENT_CHOICES, label="Filters by status.")


class OwnAppointmentViewSet(ServicesViewSet):
    """A patient's own appointments, and those of the people they may act for."""

    tag = "Me"

    def appointments(self) -> AppointmentQuerySet:
        """The appointments that the caller may see."""
        return Appointment.objects.visible_to(self.actor).live().with_main_service()

    @operation(
        "list_own_appointments",
        "scheduling.view",
        gives=OwnAppointmentBody,
        key="appointments",
        filters=OwnAppointmentFilters,
    )
    def list(self, request: Request) -> HttpResponse:
        """List one's own appointments and those of people one may act for: without a time first, then the latest."""

        def own() -> AppointmentQuerySet:
            mine = self.appointments().filter(patient_id__in=self.actor.patient_ids)
            return mine.order_by(F("starts_at").desc(nulls_first=True), "-pk")

        return self.page(own)

    @operation(
        "book_appointment",
        "scheduling.book_own",
        takes=BookInput,
        gives=OwnAppointmentBody,
        status=201,
        tag="Booking",
        throttles=(BookThrottle,),
    )
    def create(self, request: Request) -> HttpResponse:
        """Book a free slot for oneself, or for somebody one may act for.

        409 if the slot was taken in the meantime, or the patient is busy.
        """
        values = self.input()
        address = BaseThrottle().get_ident(request)
        appointment = book_own_slot(**values, booking_ip=address, by=self.actor, at=self.at)
        return self.show(self.appointments, pk=appointment.pk)

    @operation("cancel_own_appointment", "scheduling.cancel_own", takes=CancelInput, gives=OwnAppointmentBody)
    def cancel(self, request: Request, appointment_id: int) -> HttpResponse:
        """Cancel an appointment.

        Allowed up to the practice's notice period; after that only if the practice then keeps the session, else 409.
        """
        cancel_appointment(appointment_id, **self.input(), by=self.actor.as_patient(), at=self.at)
        return self.show(self.appointments, pk=appointment_id)

    @operation(
        "reschedule_own_appointment",
        "scheduling.reschedule_own",
        takes=RescheduleInput,
        gives=OwnAppointmentBody,
        throttles=(BookThrottle,),
    )
    def reschedule(self, request: Request, appointment_id: int) -> HttpResponse:
        """Move an appointment to another free slot of its service, until the practice's notice period."""
        reschedule_appointment(appointment_id, **self.input(), by=self.actor.as_patient(), at=self.at)
        return self.show(self.appointments, pk=appointment_id)
