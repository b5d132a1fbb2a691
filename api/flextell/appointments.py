"""Appointments: created, listed, shown, and as a calendar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, ComputedField, Many, or_null
from api.base.filters import IdFilter
from api.base.input import ChoiceField, DateTimeField, IdField, ListField, TextField
from api.base.operations import operation
from api.base.shared.people import named
from api.base.shared.times import PeriodFilters
from api.base.words import WordField, WordFilter
from api.flextell.contract import FlextellViewSet, VendorFilters, VendorInput, updated_since
from api.flextell.customers import CustomerBody, UserBody, with_phone
from api.flextell.treatments import TreatmentBody, treatments
from api.flextell.words import APPOINTMENT_CHOICES, APPOINTMENT_STATUSES, APPOINTMENT_WORDS
from core.actor import Actor
from core.errors import InvalidInput
from core.hints import OfEachCounted
from directory.services import practice_of_specialist
from scheduling.models import Appointment, AppointmentAssistant
from scheduling.querysets import AppointmentQuerySet
from scheduling.services import book_appointment, record_appointment
from scheduling.states import AppointmentStatus, CreatedVia

# A calendar page of a month shows six weeks.
LONGEST_CALENDAR = timedelta(days=62)


class AssistantBody(Body):
    """Who assists."""

    id = serializers.IntegerField(source="specialist_id")
    name = named("specialist")


class RoomBody(Body):
    """A room."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    status = ComputedField(
        serializers.ChoiceField(choices=["active", "inactive"]),
        "is_active",
        "archived_at",
        make=lambda active, archived_at: "active" if active and archived_at is None else "inactive",
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    deleted_at = serializers.DateTimeField(source="archived_at", allow_null=True)


class RelatedAppointmentBody(Body):
    """An appointment without what belongs to it; one without a time shows the one that is proposed."""

    id = serializers.IntegerField()
    customer_id = serializers.IntegerField(source="patient_id", allow_null=True)
    room_id = serializers.IntegerField(allow_null=True)
    parent_appointment_id = serializers.IntegerField(source="parent_id", allow_null=True)
    code = ComputedField(serializers.CharField(), "pk", make=lambda pk: f"A{pk}")
    relation_type = or_null(serializers.CharField(), "relation_type")
    description = or_null(serializers.CharField(), "notes")
    scheduled_at = ComputedField(
        serializers.DateTimeField(), "starts_at", "proposed_at", make=lambda at, proposed: at or proposed
    )
    status = WordField(APPOINTMENT_WORDS, "status", choices=APPOINTMENT_CHOICES)
    cancellation_reason = or_null(serializers.CharField(), "cancellation_note")
    creation_type = serializers.ChoiceField(choices=CreatedVia.values, source="created_via")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    deleted_at = serializers.DateTimeField(source="archived_at", allow_null=True)


def assistants(actor: Actor) -> Any:
    """Who assists in appointments."""
    return AppointmentAssistant.objects.visible_to(actor).order_by("pk")


def children(actor: Actor) -> AppointmentQuerySet:
    """The appointments that belong to others."""
    return Appointment.objects.visible_to(actor).live().order_by("proposed_at", "starts_at", "pk")


class AppointmentBody(RelatedAppointmentBody):
    """An appointment with all that belongs to it."""

    assistants = Many(AssistantBody, of="appointment_id", rows=assistants)
    customer = CustomerBody(source="patient", allow_null=True)
    doctor = UserBody(source="specialist", allow_null=True)
    room = RoomBody(allow_null=True)
    parent_appointment = RelatedAppointmentBody(source="parent", allow_null=True)
    child_appointments = Many(RelatedAppointmentBody, of="parent_id", rows=children)
    treatments = Many(TreatmentBody, of="appointment_id", rows=treatments)


class NamedCustomerBody(Body):
    """A customer, by name."""

    id = serializers.IntegerField()
    name = named()


class CalendarEntryBody(RelatedAppointmentBody):
    """An appointment in the calendar."""

    ends_at = serializers.DateTimeField()
    customer = NamedCustomerBody(source="patient", allow_null=True)
    doctor = UserBody(source="specialist", allow_null=True)
    room = RoomBody(allow_null=True)


class AppointmentInput(VendorInput):
    """An appointment to create. By default its status is pending."""

    customer_id = IdField(source="patient_id")
    user_id = IdField(source="specialist_id")
    scheduled_at = DateTimeField(naive_is_utc=True, source="starts_at")
    status = ChoiceField(list(APPOINTMENT_STATUSES), required=False)
    treatments = ListField(child=IdField(), allow_empty=False, min_length=1, max_length=50, source="service_ids")
    assistant_id = IdField(required=False, allow_null=True, source="assistant_ids")
    parent_appointment_id = IdField(required=False, allow_null=True, source="parent_id")
    description = TextField(optional=True, max_length=1000, source="notes")
    cancellation_reason = TextField(optional=True, max_length=1000, source="cancellation_note")
    room_id = IdField(required=False, allow_null=True)


class AppointmentFilters(VendorFilters):
    """The filters of appointments."""

    model = Appointment
    looked_up = {
        "customer_id": "patient_id__exact",
        "updated_since": "updated_at__gte",
        "status": "status__in",
        "user_id": "specialist_id__exact",
    }
    in_order = ("status", "user_id")

    customer_id = IdFilter("patient_id", label="Filters by customer.")
    user_id = IdFilter("specialist_id", label="Filters by doctor.")
    status = WordFilter("status", words=APPOINTMENT_WORDS, choices=APPOINTMENT_STATUSES, label="Filters by status.")

    @classmethod
    def value_of(cls, name: str, text: str) -> Any:
        """The value; a word stands for several states."""
        value = super().value_of(name, text)
        return tuple(state for state, word in APPOINTMENT_WORDS.items() if word == value) if name == "status" else value


class CalendarFilters(PeriodFilters):
    """The interval to show; both ends are required."""

    strict = False
    period_required = True
    naive_is_utc = True
    updated_since = updated_since()

    @classmethod
    def narrow(cls, queryset: Any, parameters: Mapping[str, str], *, at: datetime) -> Any:
        """The rows that start in the time asked for: at most two months."""
        if missing := [name for name in ("from", "to") if not parameters.get(name)]:
            raise InvalidInput(dict.fromkeys(missing, _("is required.")))
        narrowed = super().narrow(queryset, parameters, at=at)
        first, last = (_moment(cls.base_filters[name].field.clean(parameters[name])) for name in ("from", "to"))
        if last < first:
            raise InvalidInput({"to": _("must not be before 'from'.")})
        if last - first > LONGEST_CALENDAR:
            raise InvalidInput({"to": _("must be at most 62 days after 'from'.")})
        return narrowed


def _moment(when: date | datetime) -> datetime:
    return when if isinstance(when, datetime) else datetime.combine(when, time(), tzinfo=UTC)


class AppointmentViewSet(FlextellViewSet):
    """Appointments."""

    tag = "Appointments"

    def appointments(self) -> AppointmentQuerySet:
        """The appointments that the caller may see, as far as they have a time or a proposed one."""
        timed = Q(starts_at__isnull=False) | Q(proposed_at__isnull=False)
        return with_phone(Appointment.objects.visible_to(self.actor).live().filter(timed), "patient")

    @operation(
        "list_appointments",
        "scheduling.view",
        scope="appointments:read",
        gives=AppointmentBody,
        key="data",
        filters=AppointmentFilters,
        placed=True,
    )
    def list(self, request: Request) -> HttpResponse:
        """List the appointments that have a time, the latest first."""
        with_time = Q(OfEachCounted(Q(starts_at__isnull=False)))
        return self.page(lambda: self.appointments().filter(with_time).order_by("-starts_at", "-pk"))

    @operation(
        "create_appointment",
        "scheduling.book",
        takes=AppointmentInput,
        gives=AppointmentBody,
        status=201,
        placed=True,
        scope="appointments:write",
    )
    def create(self, request: Request) -> HttpResponse:
        """Create an appointment.

        A doctor, customer, room or assistant who is busy: 409, which says with what. A treatment with a protocol
        makes its further sessions as pending child appointments at a proposed time.
        """
        values = self.input()
        practice = practice_of_specialist(self.actor, self.operation.permission, values["specialist_id"])
        appointment = self._make(practice.pk, APPOINTMENT_STATUSES[values.get("status", "pending")], values)
        return self.show(self.appointments, pk=appointment.pk)

    def _make(self, practice_id: int, status: str, values: dict[str, Any]) -> Appointment:
        """Booked while it lies ahead; recorded, where it comes in a later state."""
        done: list[int] = values["service_ids"]
        told: dict[str, Any] = {
            "practice_id": practice_id,
            "patient_id": values["patient_id"],
            "specialist_id": values["specialist_id"],
            "starts_at": values["starts_at"],
            "room_id": values.get("room_id"),
            "assistant_ids": [values["assistant_ids"]] if values.get("assistant_ids") else [],
            "parent_id": values.get("parent_id"),
            "plan_protocol": values.get("parent_id") is None,
            "created_via": CreatedVia.API,
            "by": self.actor,
            "at": self.at,
        }
        notes, reason = values.get("notes", ""), values.get("cancellation_note", "")
        if status in (AppointmentStatus.REQUESTED, AppointmentStatus.CONFIRMED):
            return book_appointment(
                **told,
                service_id=done[0],
                more_service_ids=done[1:],
                requested=status == AppointmentStatus.REQUESTED,
                notes=notes,
                cancellation_note=reason,
            )
        return record_appointment(**told, status=status, service_ids=done, notes=notes, cancellation_note=reason)

    @operation("get_appointment", "scheduling.view", gives=AppointmentBody, placed=True, scope="appointments:read")
    def retrieve(self, request: Request, appointment_id: int) -> HttpResponse:
        """Get an appointment with its parent and its children."""
        return self.show(self.appointments, pk=appointment_id)

    @operation(
        "get_calendar",
        "scheduling.view",
        scope="appointments:read",
        gives=CalendarEntryBody,
        key="data",
        filters=CalendarFilters,
        whole=True,
        placed=True,
    )
    def calendar(self, request: Request) -> HttpResponse:
        """Show the appointments between two days, the earliest first."""

        def appointments() -> AppointmentQuerySet:
            return self.appointments().filter(starts_at__isnull=False).order_by("starts_at", "pk")

        # Days are asked for again and again; a moment to the second is not worth a statement that is kept.
        of_days = all(len(self.request.GET.get(name, "")) <= len("2026-01-31") for name in ("from", "to"))
        return self.whole(appointments if of_days else appointments())
