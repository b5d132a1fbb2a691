"""Attendees: the patients who come to appointments. Each appointment has one, with the same id."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db.models import BigIntegerField, Case, F, When
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, ComputedField, ConstantField, or_null
from api.base.operations import operation
from api.cliniko import words
from api.cliniko.appointment_filters import CANCELLED_AT, HIDES, ONLY_ARCHIVED, ONLY_CANCELLED, STATUS, cancelled_then
from api.cliniko.appointments import has_arrived, one_of_all, shown, when_cancelled
from api.cliniko.contract import ClinikoViewSet
from api.cliniko.filtering import DateTime, Field, Numeric, Ways
from api.cliniko.links import LinkedObject, linked, self_link, text_id
from api.cliniko.lists import ClinikoFilters
from core.ids_first import Way
from core.prepared import PreparedFor, hole, visible_rows
from patients.models import Patient, PatientCase
from scheduling.models import Appointment, AvailableSlot
from scheduling.querysets import AppointmentQuerySet, in_group

# Bookings mix three tables in one space of ids: appointments as they are, the others behind them.
GROUP = 2**51
UNAVAILABLE = 2**52

# The booking that an appointment is part of: itself, or the group session.
BOOKING_ID = Case(When(in_group(), then=F("slot_id") + GROUP), default=F("pk"), output_field=BigIntegerField())


def booking_of(pk: int, slot_id: int | None, capacity: int | None) -> int:
    """The id of the booking that an appointment is part of."""
    return GROUP + slot_id if slot_id is not None and capacity is not None and capacity > 1 else pk


def link_to_booking(address: str, *ids: Any) -> dict[str, Any]:
    """Where the booking of these ids is."""
    return {"links": {"self": f"{address}{booking_of(*ids)}"}}


class AttendeeBody(Body):
    """A patient who comes to an appointment. Treatment notes and forms are not kept."""

    id = text_id()
    archived_at = serializers.DateTimeField(allow_null=True)
    arrived = ComputedField(serializers.BooleanField(), "arrived_at", "status", make=has_arrived)
    booking = ComputedField(
        LinkedObject(),
        "pk",
        "slot_id",
        "slot__capacity",
        make=lambda reading: partial(link_to_booking, reading.link("bookings/")),
        linked=True,
    )
    booking_ip_address = serializers.IPAddressField(source="booking_ip", allow_null=True)
    cancellation_note = or_null(serializers.CharField(), "cancellation_note")
    cancellation_reason = serializers.IntegerField(source="cancellation_reason_code", allow_null=True)
    cancellation_reason_description = ComputedField(
        serializers.ChoiceField(choices=list(words.REASON_WORDS.values())),
        "cancellation_reason_code",
        make=words.REASON_WORDS.get,
        allow_null=True,
    )
    cancellation_url = ConstantField(serializers.URLField(), None)
    cancelled_at = ComputedField(
        serializers.DateTimeField(), "cancelled_at", "status", "updated_at", make=when_cancelled, allow_null=True
    )
    created_at = serializers.DateTimeField()
    deleted_at = serializers.DateTimeField(source="archived_at", allow_null=True)
    email_reminder_sent = ComputedField(
        serializers.BooleanField(), "email_reminder_sent_at", make=lambda at: at is not None
    )
    invoice_status = serializers.IntegerField(source="invoice_code", allow_null=True)
    invoices = linked("attendees/{}/invoices")
    links = self_link("attendees/{}")
    notes = or_null(serializers.CharField(), "notes")
    online_booking_policy_accepted = serializers.BooleanField(source="policy_accepted", allow_null=True)
    patient = linked("patients/{}", "patient_id")
    patient_case = linked("patient_cases/{}", "patient_case_id", null=True)
    patient_forms = linked("attendees/{}/patient_forms")
    sms_reminder_sent = ComputedField(
        serializers.BooleanField(), "sms_reminder_sent_at", make=lambda at: at is not None
    )
    telehealth_url = ComputedField(
        serializers.URLField(),
        "telehealth_url",
        "specialist__telehealth_url",
        make=lambda own, theirs: own or theirs or None,
        allow_null=True,
    )
    treatment_note_status = ConstantField(serializers.IntegerField(), None)
    updated_at = serializers.DateTimeField()


def of_booking(lookup: str, value: Any) -> Ways:
    """The appointment of this id, or those of the group session."""
    if lookup != "exact" or not isinstance(value, int):
        return ()
    is_group = value >= GROUP
    return ((Way(Appointment, "slot_id__exact" if is_group else "pk__exact"), value - GROUP if is_group else value),)


FIELDS: Mapping[str, Field] = {
    "appointment_id": Numeric("pk"),
    "archived_at": DateTime("archived_at", null=True),
    "booking_id": Numeric(BOOKING_ID, found=of_booking, sortable=False),
    "cancelled_at": DateTime(CANCELLED_AT, null=True, found=cancelled_then),
    "created_at": DateTime("created_at"),
    "deleted_at": DateTime("archived_at", null=True),
    "id": Numeric("pk"),
    "patient_case_id": Numeric("patient_case_id", null=True),
    "patient_id": Numeric("patient_id"),
    "updated_at": DateTime("updated_at"),
}


class AttendeeFilters(ClinikoFilters):
    """The filters of attendees; archived and cancelled ones are shown only if a filter names them."""

    model = Appointment
    fields = FIELDS
    hides = HIDES


class AnyAttendeeFilters(AttendeeFilters):
    """The same filters for a list of rows that other lists leave out."""

    hides = ()


class ArchivedAttendeeFilters(AnyAttendeeFilters):
    """The same filters for the list of archived ones."""

    only = ONLY_ARCHIVED


class CancelledAttendeeFilters(AnyAttendeeFilters):
    """The same filters for the list of cancelled ones."""

    own = STATUS
    only = ONLY_CANCELLED


LISTED: dict[str, Any] = {"gives": AttendeeBody, "key": "attendees"}
APPOINTMENT = PreparedFor(lambda by: one_of_all(by).values_list("pk", flat=True))
SESSION = PreparedFor(lambda by: AvailableSlot.objects.visible_to(by).groups().filter(pk=hole("pk", BigIntegerField())))


class AttendeeViewSet(ClinikoViewSet):
    """Attendees."""

    tag = "Attendees"

    def attendees(self) -> AppointmentQuerySet:
        """Those that the caller may see, in whatever state."""
        return shown(Appointment.objects.visible_to(self.actor))

    @operation("list_attendees", "scheduling.view", **LISTED, filters=AttendeeFilters)
    def list(self, request: Request) -> HttpResponse:
        """List attendees.

        Archived and cancelled ones are left out unless a filter names them: `archived_at:*`.
        """
        return self.page(self.attendees)

    @operation("list_cancelled_attendees", "scheduling.view", **LISTED, filters=CancelledAttendeeFilters)
    def list_cancelled(self, request: Request) -> HttpResponse:
        """List cancelled attendees."""
        return self.page(lambda: self.attendees().live())

    @operation("list_deleted_attendees", "scheduling.view", **LISTED, filters=ArchivedAttendeeFilters)
    def list_deleted(self, request: Request) -> HttpResponse:
        """List archived attendees."""
        return self.page(self.attendees)

    @operation("get_attendee", "scheduling.view", gives=AttendeeBody)
    def retrieve(self, request: Request, attendee_id: int) -> HttpResponse:
        """Get an attendee."""
        return self.show(self.attendees, pk=attendee_id)

    @operation("list_individual_appointment_attendees", "scheduling.view", **LISTED, filters=AnyAttendeeFilters)
    def list_of_appointment(self, request: Request, appointment_id: int) -> HttpResponse:
        """List the attendees of an appointment."""
        APPOINTMENT.one(self.actor, pk=appointment_id)
        return self.page(lambda appointment_id: self.attendees().filter(pk=appointment_id), given=self.kwargs)

    @operation("list_group_appointment_attendees", "scheduling.view", **LISTED, filters=AnyAttendeeFilters)
    def list_of_group(self, request: Request, group_id: int) -> HttpResponse:
        """List the attendees of a group session."""
        slot_id = group_id - GROUP
        SESSION.one(self.actor, pk=slot_id)
        return self.page(lambda group_id: self.attendees().filter(slot=group_id), given={"group_id": slot_id})

    @operation("list_patient_attendees", "scheduling.view", **LISTED, filters=AttendeeFilters)
    def list_of_patient(self, request: Request, patient_id: int) -> HttpResponse:
        """List a patient's attendances."""
        visible_rows(Patient).one(self.actor, pk=patient_id)
        return self.page(lambda patient_id: self.attendees().filter(patient=patient_id), given=self.kwargs)

    @operation("list_patient_case_attendees", "scheduling.view", **LISTED, filters=AttendeeFilters)
    def list_of_case(self, request: Request, patient_case_id: int) -> HttpResponse:
        """List the attendances of a case."""
        visible_rows(PatientCase).one(self.actor, pk=patient_case_id)
        return self.page(
            lambda patient_case_id: self.attendees().filter(patient_case=patient_case_id), given=self.kwargs
        )
