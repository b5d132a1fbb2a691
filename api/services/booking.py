"""Booking online: the free slots of a service, and a patient's own booking of one."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from api.base.body import Body, Made, or_null
from api.base.filters import DayOrMoment, Filters, Id
from api.base.input import Flag, Input, Uuid
from api.base.input import Id as IdInput
from api.base.operations import Operation
from api.base.throttling import BookThrottle
from api.services.contract import APPOINTMENT_WORDS, ServicesView
from api.services.services import full_name
from catalog.models import Service
from scheduling.calendar import public_slots
from scheduling.models import Appointment
from scheduling.querysets import AppointmentQuerySet
from scheduling.services import book_own_slot


class NamedPersonBody(Body):
    """A person, by name."""

    id = serializers.IntegerField()
    name = Made(serializers.CharField(), "first_name", "last_name", make=full_name)


class PlaceBody(Body):
    """A practice; times are told in UTC, `time_zone` is that of its clock."""

    id = serializers.IntegerField()
    name = Made(serializers.CharField(), "display_name", "name", make=lambda shown, name: shown or name)
    time_zone = serializers.CharField()


class FreeSlotBody(Body):
    """A slot that can be booked now."""

    id = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    specialist = NamedPersonBody()
    practice = PlaceBody()


class OwnAppointmentBody(Body):
    """An appointment of a patient, as they see it."""

    id = serializers.IntegerField()
    patient = NamedPersonBody(allow_null=True)
    status = Made(
        serializers.ChoiceField(choices=sorted(set(APPOINTMENT_WORDS.values()))), "status", make=APPOINTMENT_WORDS.get
    )
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
    """What to book: for oneself, or for `patient_id` whom one may act for; with a program's session if named."""

    slot_id = IdInput()
    service_id = Uuid(source="service_uuid")
    patient_service_plan_id = IdInput(required=False, allow_null=True, source="enrollment_id")
    patient_id = IdInput(required=False, allow_null=True)
    policy_accepted = Flag()


SLOT_FILTERS = {
    "from": DayOrMoment(lambda rows, when, at: rows.starting_from(when), label="From this day or moment on."),
    "to": DayOrMoment(lambda rows, when, at: rows.starting_until(when), label="Up to this day, or before this moment."),
}


class FreeSlotFilters(Filters):
    """What free slots can be searched by; days are those of the practice's clock."""

    specialist_id = Id("specialist_id", label="With this specialist.")


# `from` is a word of Python, so the two are put in by hand.
FreeSlotFilters.base_filters |= SLOT_FILTERS


class FreeSlotListView(ServicesView):
    """/v1/services/{id}/slots"""

    tag = "Booking"
    operations = {
        "GET": Operation("list_free_slots", "catalog.view", gives=FreeSlotBody, key="slots", filters=FreeSlotFilters)
    }

    def get(self, request: Request, service_id: UUID) -> HttpResponse:
        """List the slots in which a service can be booked online, the earliest first.

        For services that are published and public; everyone may look.
        """
        service = Service.objects.visible_to(self.actor).public().one(uuid=service_id)
        return self.page(public_slots(service, at=self.at).order_by("starts_at", "pk"))


class OwnAppointmentsView(ServicesView):
    """A route of a patient's own appointments."""

    tag = "Booking"

    def appointments(self) -> AppointmentQuerySet:
        """The appointments that the caller may see."""
        return Appointment.objects.visible_to(self.actor).live().with_main_service()


class BookView(OwnAppointmentsView):
    """/v1/appointments/book"""

    throttle_classes = [BookThrottle]
    operations = {
        "POST": Operation(
            "book_appointment", "scheduling.book_own", takes=BookInput, gives=OwnAppointmentBody, status=201
        )
    }

    def post(self, request: Request) -> HttpResponse:
        """Book a free slot for oneself, or for somebody one may act for.

        A slot that was taken meanwhile, or a patient who is busy: 409.
        """
        values = self.input()
        address = BaseThrottle().get_ident(request)
        appointment = book_own_slot(**values, booking_ip=address, by=self.actor, at=self.at)
        return self.show(self.appointments(), pk=appointment.pk)
