"""Individual appointments: list, get, create, change, cancel, archive, and their conflicts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.request import Request

from api.base.body import Body, ComputedField, ConstantField, Reading, or_null
from api.base.input import ChoiceField, TextField
from api.base.operations import operation
from api.cliniko import words
from api.cliniko.appointment_filters import AppointmentFilters, ArchivedFilters, CancelledFilters, StateFilters
from api.cliniko.contract import ClinikoViewSet
from api.cliniko.inputs import BooleanField, DateTimeField, IdField, IntegerField, VendorInput
from api.cliniko.invoices import status_of
from api.cliniko.links import LinkedObject, linked, self_link, text_id
from billing.models import BilledWork
from core.actor import Actor
from core.hints import OfEachCounted
from core.prepared import PreparedFor, hole
from scheduling.calendar import clashing_with
from scheduling.models import Appointment
from scheduling.querysets import AppointmentQuerySet
from scheduling.services import (
    AppointmentDetails,
    Repeat,
    archive_appointment,
    book_appointment,
    book_repeating,
    cancel_appointment,
    cancel_repeating,
    rebook_appointment,
)
from scheduling.states import AppointmentStatus, CreatedVia

PATH = "individual_appointments/{}"
REPEATS = "individual_appointments?q[]=repeated_from_id:={}"


def shown(rows: AppointmentQuerySet) -> AppointmentQuerySet:
    """Those of `rows` whose links lead somewhere: with a time, a patient and a specialist."""
    timed = rows.filter(OfEachCounted(Q(starts_at__isnull=False, patient__isnull=False, specialist__isnull=False)))
    billed = BilledWork.objects.filter(appointment=OuterRef("pk")).annotate(status_code=status_of("bill__balance"))
    return timed.with_service_id().annotate(invoice_code=Subquery(billed.values("status_code")[:1]))


def one_of_all(by: Actor) -> AppointmentQuerySet:
    """The one of these whose id is given, in whatever state."""
    return shown(Appointment.objects.visible_to(by)).filter(pk=hole("pk", models.BigIntegerField()))


STANDING = PreparedFor(lambda by: one_of_all(by).live().select_related("slot"))

# ------------------------------------------------------------------------------------------- the object


def when_cancelled(cancelled_at: datetime | None, status: str, updated_at: datetime) -> datetime | None:
    """When it was cancelled; of a request that was turned down, when it last changed."""
    return updated_at if status == AppointmentStatus.REJECTED else cancelled_at


class RepeatRule(serializers.Serializer[Any]):
    """How a visit repeats; shown of the first one."""

    number_of_repeats = serializers.IntegerField(allow_null=True)
    repeat_type = serializers.ChoiceField(choices=list(words.REPEATS), allow_null=True)
    repeating_interval = serializers.IntegerField(allow_null=True)


def rule_of(head_id: int | None, number: int | None, kind: str | None, interval: int | None) -> Any:
    """The rule of a visit that others are repeated from."""
    if head_id is not None or kind is None:
        return None
    return {"number_of_repeats": number, "repeat_type": words.REPEAT_WORDS[kind], "repeating_interval": interval}


def repeats_of(reading: Reading) -> Callable[[int, int | None, int | None], Any]:
    """What tells where the repeats of the first visit of a series are listed."""

    def made(pk: int, head_id: int | None, series_id: int | None) -> Any:
        if head_id is not None or series_id is None:
            return None
        return {"links": {"self": reading.link(REPEATS.format(pk))}}

    return made


def has_arrived(arrived_at: datetime | None, status: str) -> bool:
    """Whether the patient is or was here."""
    return arrived_at is not None or status in words.ARRIVED


def was_missed(status: str) -> bool:
    """Whether the patient did not come."""
    return status == AppointmentStatus.NO_SHOW


class IndividualAppointmentBody(Body):
    """A visit of one patient. Treatment notes are not kept."""

    appointment_type = linked("appointment_types/{}", "service_id", null=True)
    archived_at = serializers.DateTimeField(allow_null=True)
    attendees = linked("individual_appointments/{}/attendees")
    booking_ip_address = serializers.IPAddressField(source="booking_ip", allow_null=True)
    business = linked("businesses/{}", "practice_id")
    cancellation_note = or_null(serializers.CharField(), "cancellation_note")
    cancellation_reason = serializers.IntegerField(source="cancellation_reason_code", allow_null=True)
    cancellation_reason_description = ComputedField(
        serializers.ChoiceField(choices=list(words.REASON_WORDS.values())),
        "cancellation_reason_code",
        make=words.REASON_WORDS.get,
        allow_null=True,
    )
    cancelled_at = ComputedField(
        serializers.DateTimeField(), "cancelled_at", "status", "updated_at", make=when_cancelled, allow_null=True
    )
    conflicts = linked("individual_appointments/{}/conflicts")
    created_at = serializers.DateTimeField()
    deleted_at = serializers.DateTimeField(source="archived_at", allow_null=True)
    did_not_arrive = ComputedField(serializers.BooleanField(), "status", make=was_missed)
    email_reminder_sent = ComputedField(
        serializers.BooleanField(), "email_reminder_sent_at", make=lambda at: at is not None
    )
    ends_at = serializers.DateTimeField()
    has_patient_appointment_notes = ComputedField(serializers.BooleanField(), "patient__appointment_notes", make=bool)
    id = text_id()
    invoice_status = serializers.IntegerField(source="invoice_code", allow_null=True)
    links = self_link(PATH)
    notes = or_null(serializers.CharField(), "notes")
    online_booking_policy_accepted = serializers.BooleanField(source="policy_accepted", allow_null=True)
    patient = linked("patients/{}", "patient_id")
    patient_arrived = ComputedField(serializers.BooleanField(), "arrived_at", "status", make=has_arrived)
    patient_case = linked("patient_cases/{}", "patient_case_id", null=True)
    patient_name = ComputedField(
        serializers.CharField(),
        "patient__first_name",
        "patient__last_name",
        make=lambda *names: " ".join(filter(None, names)),
    )
    practitioner = linked("practitioners/{}", "specialist_id")
    repeat_rule = ComputedField(
        RepeatRule(),
        "repeated_from_id",
        "series__number_of_repeats",
        "series__repeat_type",
        "series__repeating_interval",
        make=rule_of,
        allow_null=True,
    )
    repeated_from = linked(PATH, "repeated_from_id", null=True)
    repeats = ComputedField(
        LinkedObject(),
        "pk",
        "repeated_from_id",
        "series_id",
        make=repeats_of,
        linked=True,
        allow_null=True,
    )
    sms_reminder_sent = ComputedField(
        serializers.BooleanField(), "sms_reminder_sent_at", make=lambda at: at is not None
    )
    starts_at = serializers.DateTimeField()
    telehealth_url = ComputedField(
        serializers.URLField(),
        "telehealth_url",
        "specialist__telehealth_url",
        make=lambda own, theirs: own or theirs or None,
        allow_null=True,
    )
    treatment_note_status = ConstantField(serializers.IntegerField(), None)
    updated_at = serializers.DateTimeField()


class ConflictState(Body):
    """Whether something else takes the same time of the same people, room or patient."""

    exist = serializers.BooleanField()


class ConflictsBody(Body):
    """Whether something clashes with an appointment."""

    conflicts = ConflictState()


# -------------------------------------------------------------------------------------------- the input


class RepeatRuleInput(VendorInput):
    """How a visit repeats: the number of further visits; without a number it does not repeat."""

    number_of_repeats = IntegerField(required=False, allow_null=True, min_value=1, max_value=51)
    repeat_type = ChoiceField(list(words.REPEATS), required=False, allow_null=True)
    repeating_interval = IntegerField(required=False, allow_null=True, min_value=1, max_value=100)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What is said of the rule; it must say how often and how."""
        told = {name: value for name, value in attrs.items() if value is not None}
        missing = [name for name in ("number_of_repeats", "repeat_type") if name not in told]
        if told and missing:
            raise serializers.ValidationError({name: [words.BLANK] for name in missing})
        return told

    def run_validation(self, data: Any = empty) -> Any:
        """The rule; None where nothing is said of it."""
        told = super().run_validation(data)
        if not told:
            return None
        return Repeat(words.REPEATS[told["repeat_type"]], told.get("repeating_interval", 1), told["number_of_repeats"])


class AppointmentInput(VendorInput):
    """An appointment to create. Without `ends_at` it lasts as long as its type."""

    appointment_type_id = IdField(source="service_id")
    business_id = IdField(source="practice_id")
    ends_at = DateTimeField(required=False, allow_null=True)
    notes = TextField(optional=True)
    patient_id = IdField()
    patient_case_id = IdField(required=False, allow_null=True)
    practitioner_id = IdField(source="specialist_id")
    repeat_rule = RepeatRuleInput(required=False, allow_null=True)
    starts_at = DateTimeField()


class CancelInput(VendorInput):
    """The reason for cancelling; `apply_to_repeats`: also cancel the later ones of the series."""

    cancellation_reason = serializers.ChoiceField(choices=list(words.REASON_WORDS))
    cancellation_note = TextField(optional=True)
    apply_to_repeats = BooleanField(required=False, allow_null=True)


# ------------------------------------------------------------------------------------------ the viewset


class IndividualAppointmentViewSet(ClinikoViewSet):
    """Individual appointments."""

    tag = "Individual appointments"

    def appointments(self) -> AppointmentQuerySet:
        """The appointments that the caller may see, in any state."""
        return shown(Appointment.objects.visible_to(self.actor))

    @operation(
        "list_individual_appointments",
        "scheduling.view",
        gives=IndividualAppointmentBody,
        key="individual_appointments",
        filters=AppointmentFilters,
    )
    def list(self, request: Request) -> HttpResponse:
        """List appointments.

        Archived and cancelled ones are left out unless a filter names them: `archived_at:*`.
        """
        return self.page(self.appointments)

    @operation(
        "list_cancelled_individual_appointments",
        "scheduling.view",
        gives=IndividualAppointmentBody,
        key="individual_appointments",
        filters=CancelledFilters,
    )
    def list_cancelled(self, request: Request) -> HttpResponse:
        """List cancelled appointments."""
        return self.page(lambda: self.appointments().live())

    @operation(
        "list_deleted_individual_appointments",
        "scheduling.view",
        gives=IndividualAppointmentBody,
        key="individual_appointments",
        filters=ArchivedFilters,
    )
    def list_deleted(self, request: Request) -> HttpResponse:
        """List archived appointments."""
        return self.page(self.appointments)

    @operation(
        "create_individual_appointment",
        "scheduling.book",
        takes=AppointmentInput,
        gives=IndividualAppointmentBody,
        status=201,
    )
    def create(self, request: Request) -> HttpResponse:
        """Create an appointment, or the first of a series.

        A time that is taken is not refused: the appointment is recorded as an overbooking, and its `conflicts` say so.
        """
        values = self.input()
        repeat, notes = values.pop("repeat_rule", None), values.pop("notes", "")
        told = {
            **values,
            "override_reason": words.REASON,
            "overbooking_reason": self.overbooking_reason(values["practice_id"]),
            "created_via": CreatedVia.API,
            "by": self.actor,
            "at": self.at,
        }
        if repeat is None:
            made = book_appointment(**told, notes=notes)
        else:
            made = book_repeating(**told, repeat=repeat, notes=notes)[0]
        return self.created(self.show(self.appointments, pk=made.pk), PATH.format(made.pk))

    @operation("get_individual_appointment", "scheduling.view", gives=IndividualAppointmentBody, filters=StateFilters)
    def retrieve(self, request: Request, appointment_id: int) -> HttpResponse:
        """Get an appointment; one that is archived or cancelled where a filter asks for such."""
        return self.show_asked(self.appointments, pk=appointment_id)

    @operation(
        "update_individual_appointment",
        "scheduling.reschedule",
        takes=AppointmentInput,
        partial=True,
        gives=IndividualAppointmentBody,
    )
    def partial_update(self, request: Request, appointment_id: int) -> HttpResponse:
        """Change an appointment; what is left out stays as it is.

        With a new start or type, and where `ends_at` is null, it lasts as long as its type unless `ends_at` says
        otherwise. A `repeat_rule` makes a single one repeat; the repeats of a series are not changed.
        """
        return self._change(appointment_id)

    @operation(
        "replace_individual_appointment",
        "scheduling.reschedule",
        takes=AppointmentInput,
        partial=True,
        gives=IndividualAppointmentBody,
    )
    def update(self, request: Request, appointment_id: int) -> HttpResponse:
        """Change an appointment: the older way."""
        return self._change(appointment_id)

    @operation("archive_individual_appointment", "scheduling.archive", status=204)
    def archive(self, request: Request, appointment_id: int) -> HttpResponse:
        """Archive an appointment."""
        self._standing(appointment_id)
        archive_appointment(appointment_id, by=self.actor, at=self.at)
        return self.no_content()

    @operation("delete_individual_appointment", "scheduling.archive", status=204)
    def destroy(self, request: Request, appointment_id: int) -> HttpResponse:
        """Archive an appointment: the older way."""
        return self.archive(request, appointment_id)

    @operation("cancel_individual_appointment", "scheduling.cancel", takes=CancelInput, status=204)
    def cancel(self, request: Request, appointment_id: int) -> HttpResponse:
        """Cancel an appointment, or with `apply_to_repeats` this one and the later ones of its series."""
        values, seen = self.input(), self._standing(appointment_id)
        why: dict[str, Any] = {
            "reason": values.get("cancellation_note", ""),
            "reason_code": values["cancellation_reason"],
        }
        if values.get("apply_to_repeats") and seen.series_id is not None:
            cancel_repeating(appointment_id, following=True, **why, by=self.actor, at=self.at)
        else:
            cancel_appointment(appointment_id, **why, by=self.actor, at=self.at)
        return self.no_content()

    @operation("get_individual_appointment_conflicts", "scheduling.view", gives=ConflictsBody)
    def conflicts(self, request: Request, appointment_id: int) -> HttpResponse:
        """Say whether something else takes the appointment's time."""
        clashes = clashing_with(self._standing(appointment_id), at=self.at)
        return self.answer({"conflicts": {"exist": bool(clashes)}})

    def _change(self, appointment_id: int) -> HttpResponse:
        values, seen = self.input(), self._standing(appointment_id)
        details: AppointmentDetails = {}
        if "notes" in values:
            details["notes"] = values.pop("notes")
        if "patient_case_id" in values:
            details["patient_case_id"] = values.pop("patient_case_id")
        longs = {"starts_at", "service_id"} & values.keys() and "ends_at" not in values
        rebook_appointment(
            appointment_id,
            repeat=values.pop("repeat_rule", None),
            **values,
            as_long_as_services=bool(longs) or ("ends_at" in values and values["ends_at"] is None),
            values=details,
            override_reason=words.REASON,
            overbooking_reason=self.overbooking_reason(values.get("practice_id", seen.practice_id)),
            by=self.actor,
            at=self.at,
        )
        # One that is cancelled shows, too: its notes may have been written.
        return self.show(self.appointments, pk=appointment_id)

    def _standing(self, appointment_id: int) -> Appointment:
        """The appointment, cancelled or not; Missing for one that is archived."""
        seen: Appointment = STANDING.one(self.actor, pk=appointment_id)
        return seen
