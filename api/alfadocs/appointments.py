"""Appointments: a range of the calendar, one of them, new ones, and all that can be changed of one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

from django.db.models import F, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.alfadocs import words
from api.alfadocs.care_plans import EntryBody, entries
from api.alfadocs.contract import AlfadocsViewSet
from api.alfadocs.fields import IdField, MomentField, TruthField, VendorInput, WholeField, WordField, local
from api.alfadocs.filters import RangeFilters
from api.base.body import Body, ComputedField
from api.base.filters import IdFilter
from api.base.input import TextField
from api.base.operations import operation
from api.base.words import WordField as StateField
from api.base.words import WordFilter
from billing.models import CarePlanEntryAppointment
from directory.models import Color
from scheduling.models import Appointment, AppointmentService
from scheduling.querysets import AppointmentQuerySet
from scheduling.services import AppointmentDetails, rebook_appointment, record_appointment
from scheduling.states import AppointmentStatus, CreatedVia

MINUTE = timedelta(minutes=1)
# How long one lasts of which nothing is told.
UNTOLD = timedelta(minutes=30)
# A whole day is an hour longer where the clock goes back; such a length comes back with all that a program has read.
LONGEST = 25 * 60
# What a request says of the place of an appointment, by our columns.
PLACE = ("patient_id", "specialist_id", "room_id")
DETAILS = ("email_reminder", "sms_reminder", "notes", "type", "color_id")


def minutes(starts_at: datetime, ends_at: datetime) -> int:
    """How long it lasts."""
    return (ends_at - starts_at) // MINUTE


def yes_no(truth: bool) -> str:
    """A truth as the vendor's word."""
    return "yes" if truth else "no"


class AppointmentBody(Body):
    """An appointment that has a time."""

    id = serializers.IntegerField()
    date = local("starts_at")
    patientId = serializers.IntegerField(source="patient_id", allow_null=True)
    emailReminder = serializers.BooleanField(source="email_reminder")
    smsReminder = serializers.BooleanField(source="sms_reminder")
    description = serializers.CharField(source="notes")
    allDay = serializers.BooleanField(source="all_day")
    type = ComputedField(serializers.ChoiceField(choices=list(words.TYPES)), "type", make=words.TYPE_WORDS.get)
    state = StateField(words.STATE_WORDS, "status", choices=list(words.STATES))
    duration = ComputedField(serializers.IntegerField(), "starts_at", "ends_at", make=minutes)
    colorId = serializers.IntegerField(source="shown_color_id", allow_null=True)
    chairId = serializers.IntegerField(source="room_id", allow_null=True)
    operatorId = serializers.IntegerField(source="specialist_id", allow_null=True)
    carePlanId = serializers.IntegerField(source="care_plan_id", allow_null=True)
    createdThroughBooking = ComputedField(serializers.BooleanField(), "created_via", make=CreatedVia.PORTAL.__eq__)
    createdThroughApi = ComputedField(serializers.BooleanField(), "created_via", make=CreatedVia.API.__eq__)
    firstVisit = ComputedField(serializers.ChoiceField(choices=["yes", "no"]), "is_first_visit", make=yes_no, few=True)
    frequency = serializers.CharField(source="series.repeat_type", allow_null=True)
    recurrenceCount = serializers.IntegerField(source="series.number_of_repeats", allow_null=True)


def shown(rows: AppointmentQuerySet) -> AppointmentQuerySet:
    """Live ones with a time, each with its color, its care plan, and whether it is the patient's first."""
    treatment = AppointmentService.objects.filter(appointment=OuterRef("pk")).order_by("position", "pk")
    first_color = Color.objects.filter(organization=OuterRef("practice__organization")).order_by("pk")
    plans = CarePlanEntryAppointment.objects.filter(appointment=OuterRef("pk"), entry__archived_at=None)
    timed = rows.live().filter(starts_at__isnull=False).with_first_visit()
    return timed.annotate(
        shown_color_id=Coalesce(
            F("color_id"),
            Subquery(treatment.values("service__color_id")[:1]),
            Subquery(first_color.values("pk")[:1]),
            output_field=IntegerField(),
        ),
        care_plan_id=Subquery(plans.order_by("entry_id").values("entry__care_plan_id")[:1]),
    )


class AppointmentFilters(RangeFilters):
    """The filters of appointments."""

    longest = 30

    state = WordFilter("status", words=words.STATE_WORDS, choices=words.STATES, label="Filters by status.")
    patientId = IdFilter("patient_id", label="Filters by patient.")

    @classmethod
    def default(cls, first: date | None, last: date | None, today: date) -> tuple[date, date]:
        """From today to the Sunday two weeks after this week's; from or up to the day that is told."""
        if first is None:
            first = today if last is None else min(today, last)
        return first, last or first + timedelta(days=6 - first.weekday() + 14)


class AppointmentInput(VendorInput):
    """An appointment; a date and a color are enough to create one."""

    date = MomentField(source="starts_at")
    patientId = IdField(required=False, allow_null=True, source="patient_id")
    emailReminder = TruthField(required=False, source="email_reminder")
    smsReminder = TruthField(required=False, source="sms_reminder")
    description = TextField(optional=True, source="notes")
    allDay = TruthField(required=False, source="all_day")
    type = WordField(words.TYPES, required=False)
    duration = WholeField(required=False, allow_null=True, min_value=1, max_value=LONGEST)
    state = WordField(words.STATES, required=False, source="status")
    colorId = IdField(source="color_id")
    chairId = IdField(required=False, allow_null=True, source="room_id")
    operatorId = IdField(required=False, allow_null=True, source="specialist_id")


class AppointmentViewSet(AlfadocsViewSet):
    """Appointments."""

    tag = "Appointments"
    own_code = "appointment_not_found"

    def appointments(self) -> AppointmentQuerySet:
        """Those of the practice that the caller may see."""
        return shown(Appointment.objects.visible_to(self.actor).filter(practice=self.practice))

    def show_one(self, pk: int) -> HttpResponse:
        """One of them."""
        return self.show(self.appointments, of=self.place, pk=pk)

    @operation(
        "list_appointments",
        "scheduling.view",
        scope="appointment:list",
        gives=AppointmentBody,
        key="data",
        filters=AppointmentFilters,
        whole=True,
    )
    def list(self, request: Request) -> HttpResponse:
        """List the appointments between two days, the earliest first.

        From today to the Sunday two weeks after this week's, unless told otherwise; at most 30 days.
        """
        zone = self.practice.zone
        first, last = AppointmentFilters.days(request.GET, self.today)
        begin, end = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))

        def rows(begin: Any, end: Any) -> AppointmentQuerySet:
            return self.appointments().filter(starts_at__gte=begin, starts_at__lt=end).order_by("starts_at", "pk")

        return self.whole(rows, given={"begin": begin, "end": end})

    @operation(
        "create_appointment",
        "scheduling.book",
        scope="appointment:create",
        takes=AppointmentInput,
        gives=AppointmentBody,
        makes=True,
    )
    def create(self, request: Request) -> HttpResponse:
        """Create an appointment, by default confirmed and half an hour long.

        409 if an operator, the chair or the patient is busy, with what clashes.
        """
        values = self.input()
        starts_at, ends_at = self._span(values, values["starts_at"], UNTOLD, all_day=values.get("all_day", False))
        made = record_appointment(
            practice_id=self.practice.pk,
            status=values.get("status", AppointmentStatus.CONFIRMED),
            starts_at=starts_at,
            ends_at=ends_at,
            **{name: values.get(name) for name in PLACE},
            created_via=CreatedVia.API,
            values=_details(values),
            by=self.actor,
            at=self.at,
        )
        return self.show_one(made.pk)

    @operation("get_appointment", "scheduling.view", scope="appointment:view", gives=AppointmentBody)
    def retrieve(self, request: Request, appointment_id: int) -> HttpResponse:
        """Get an appointment."""
        return self.show_one(appointment_id)

    @operation(
        "update_appointment",
        "scheduling.reschedule",
        scope="appointment:create",
        takes=AppointmentInput,
        partial=True,
        gives=AppointmentBody,
    )
    def update(self, request: Request, appointment_id: int) -> HttpResponse:
        """Change an appointment, all at once or not at all; what is left out stays as it is."""
        values = self.input()
        seen: Appointment = self.appointments().one(pk=appointment_id)
        place: dict[str, Any] = {name: values[name] for name in PLACE if name in values}
        if {"starts_at", "duration", "all_day"} & values.keys():
            assert seen.starts_at is not None  # noqa: S101 those without a time do not show
            assert seen.ends_at is not None  # noqa: S101 both or neither
            all_day = values.get("all_day", seen.all_day)
            length = UNTOLD if seen.all_day and not all_day else seen.ends_at - seen.starts_at
            starts_at = values.get("starts_at", seen.starts_at)
            place["starts_at"], place["ends_at"] = self._span(values, starts_at, length, all_day=all_day)
        if values.get("color_id") == seen.shown_color_id:  # type: ignore[attr-defined] # see `shown`
            # It may be the service's color that shows, which stays the service's when it comes back.
            values.pop("color_id", None)
        if "status" in values and words.STATE_WORDS[values["status"]] != words.STATE_WORDS[seen.status]:
            place["status"] = values["status"]
        rebook_appointment(appointment_id, **place, values=_details(values), by=self.actor, at=self.at)
        return self.show_one(appointment_id)

    @operation(
        "list_care_plan_entries_of_appointment",
        "billing.view_care_plans",
        scope="appointment:care-plan-entry:list",
        gives=EntryBody,
        key="data",
        whole=True,
    )
    def list_entries(self, request: Request, appointment_id: int) -> HttpResponse:
        """List the entries of care plans that are treated in an appointment."""
        self.appointments().one(pk=appointment_id)
        rows = entries(self.actor, self.practice).filter(visits__appointment=appointment_id)
        return self.whole(rows.in_order())

    def _span(
        self, values: dict[str, Any], starts_at: datetime, length: timedelta, *, all_day: bool
    ) -> tuple[datetime, datetime]:
        """From when to when: the whole local day, or from the start on for as long as is told."""
        zone = self.practice.zone
        if all_day:
            day = starts_at.astimezone(zone).date()
            midnights = (datetime.combine(one, time(), zone) for one in (day, day + timedelta(days=1)))
            begin, end = (midnight.astimezone(UTC) for midnight in midnights)
            return begin, end
        if values.get("duration") is not None:
            length = timedelta(minutes=values["duration"])
        return starts_at, starts_at + length


def _details(values: dict[str, Any]) -> AppointmentDetails:
    """What may be edited in any state, as far as it is told."""
    told = {name: values[name] for name in (*DETAILS, "all_day") if name in values}
    return cast(AppointmentDetails, told)
