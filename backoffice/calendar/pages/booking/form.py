"""The booking form. It is rendered and cleaned for one practice; its times are that practice's local time."""

from __future__ import annotations

from datetime import time
from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import F, Q
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from backoffice.kit.choices import ScopedSelect
from backoffice.kit.inputs import Checks, WallTimeField
from backoffice.kit.lookups import read_id
from backoffice.kit.persons import patient_line
from catalog.models import Service
from core.actor import Actor
from core.permissions import SPECIALIST
from directory.models import Practice, Room, Specialist
from patients.models import Patient
from programs.models import Enrollment
from programs.states import EnrollmentStatus
from scheduling.models import Appointment, AppointmentService
from scheduling.querysets import with_booked
from scheduling.states import RepeatType


def small(label: Any, *, most: int, initial: int) -> forms.IntegerField:
    """A field for a small number."""
    return forms.IntegerField(
        label=label,
        required=False,
        initial=initial,
        validators=[MinValueValidator(1), MaxValueValidator(most)],
        widget=UnfoldAdminIntegerFieldWidget,
    )


def reason(label: Any, help_text: Any) -> forms.CharField:
    """Return a field that asks for the reason of an exception."""
    return forms.CharField(
        label=label, max_length=255, required=False, widget=UnfoldAdminTextInputWidget, help_text=help_text
    )


OVERBOOKING = (
    _("Reason for overbooking"),
    _("The visit is booked in spite of the clash, and shown as overbooked everywhere."),
)
OVERRIDE = (
    _("Reason to go ahead"),
    _("Needed if the practice is closed on that day, or the program will have ended."),
)


ANY, MORNING, AFTERNOON, EVENING = "", "morning", "afternoon", "evening"
HOURS = {
    MORNING: (time(0), time(12)),
    AFTERNOON: (time(12), time(17)),
    EVENING: (time(17), time.max),
}


def told_of_program(row: Any) -> str:
    """A program in its box: how many sessions are used, booked, and free to be booked."""
    used = (row.sessions_granted or 0) - row.sessions_left
    told = {"used": used, "booked": row.sessions_booked, "free": row.sessions_left - row.sessions_booked}
    return f"{row.name}: {_t('%(used)d used, %(booked)d booked, %(free)d free') % told}"


class BookForm(forms.Form):
    """Asks for patient, service, specialist and time, and for what staff need now and then."""

    patient = forms.ModelChoiceField(Patient.objects.none(), label=_("Patient"))
    service = forms.ModelChoiceField(Service.objects.none(), label=_("Service"))
    specialist = forms.ModelChoiceField(
        Specialist.objects.none(),
        label=_("Specialist"),
        required=False,
        empty_label=_("Any specialist who offers it"),
        widget=UnfoldAdminSelectWidget,
    )
    starts_at = WallTimeField(label=_("Day and time"), required=False)
    room = forms.ModelChoiceField(
        Room.objects.none(), label=_("Room"), required=False, empty_label=_("None"), widget=UnfoldAdminSelectWidget
    )
    enrollment = forms.ModelChoiceField(
        Enrollment.objects.none(),
        label=_("Program"),
        required=False,
        empty_label=_("None"),
        widget=UnfoldAdminSelectWidget,
        help_text=_("Choose the patient and look for free times: their programs appear here."),
    )
    assistants = forms.ModelMultipleChoiceField(
        Specialist.objects.none(), label=_("Who assists"), required=False, widget=Checks
    )
    repeat_type = forms.ChoiceField(
        label=_("Repeats"),
        required=False,
        choices=[("", _("No")), *RepeatType.choices],
        widget=UnfoldAdminSelectWidget,
        help_text=_("Monthly: in a month without that day, on the last day of the month."),
    )
    repeating_interval = small(_("Repeat every … days, weeks or months"), most=100, initial=1)
    number_of_repeats = small(_("Further visits"), most=51, initial=3)
    notes = forms.CharField(label=_("Notes"), required=False, widget=UnfoldAdminTextareaWidget({"rows": 2}))
    weekday = forms.TypedChoiceField(
        label=_("Weekday"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("Any day")), *WEEKDAYS.items()],
        widget=UnfoldAdminSelectWidget,
    )
    hours = forms.ChoiceField(
        label=_("Time of day"),
        required=False,
        choices=[
            (ANY, _("Any time")),
            (MORNING, _("Mornings")),
            (AFTERNOON, _("Afternoons")),
            (EVENING, _("After 17:00")),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    anyway = forms.BooleanField(label=_("Book it anyway"), required=False, widget=forms.HiddenInput)
    overbooking_reason = reason(*OVERBOOKING)
    override_reason = reason(*OVERRIDE)

    def __init__(self, *args: Any, practice: Practice, by: Actor, **kwargs: Any) -> None:
        self.practice, self.by = practice, by
        super().__init__(*args, **kwargs)
        self._search_box("patient", Patient.objects.visible_to(by).live(), Appointment, "patient")
        self._search_box("service", Service.objects.visible_to(by).live(), AppointmentService, "service")
        people = Specialist.objects.visible_to(by).taking_appointments().working_at(practice.pk)
        people = people.order_by("last_name", "first_name", "pk")
        mine = people
        if by.roles.get(practice.pk) == SPECIALIST:
            mine = people.filter(pk__in=by.specialist_ids)
            self.fields["specialist"].empty_label = None  # type: ignore[attr-defined]
        rooms = Room.objects.visible_to(by).live().filter(practice=practice, is_active=True).order_by("name", "pk")
        for name, rows in (("specialist", mine), ("assistants", people), ("room", rooms)):
            self.fields[name].queryset = rows  # type: ignore[attr-defined]
        self._offer_who_offers_it()
        self._offer_programs()
        if not by.may("scheduling.overbook", practice.pk):
            del self.fields["overbooking_reason"]

    def _search_box(self, name: str, rows: Any, model: Any, column: str) -> None:
        field: Any = self.fields[name]
        field.queryset = rows.filter(organization_id=self.practice.organization_id)
        field.widget = ScopedSelect(model._meta.get_field(column), admin.site, edited=self.practice)
        if name == "patient":
            field.queryset = field.queryset.prefetch_related("phone_numbers")
            field.label_from_instance = patient_line
        field.widget.choices = field.choices

    def _offer_who_offers_it(self) -> None:
        """Of the specialists those who offer the chosen service, if anybody is named for it; a chosen one stays."""
        service = read_id(str(self["service"].value() or ""))
        if service is None:
            return
        field: Any = self.fields["specialist"]
        offering = field.queryset.filter(offers__service=service, offers__is_active=True)
        chosen = read_id(str(self["specialist"].value() or ""))
        if offering.exists():
            field.queryset = field.queryset.filter(Q(pk__in=offering.values("pk")) | Q(pk=chosen))

    def _offer_programs(self) -> None:
        """The running programs of the patient, once one is named."""
        patient = read_id(str(self["patient"].value() or ""))
        if patient is None:
            return
        rows = Enrollment.objects.visible_to(self.by).filter(patient_id=patient, practice=self.practice)
        running = Q(ends_at=None) | Q(ends_at__gt=timezone.now())
        rows = rows.filter(running, status=EnrollmentStatus.ACTIVE, sessions_left__gt=0)
        field: Any = self.fields["enrollment"]
        field.queryset = with_booked(rows.with_ledger()).select_related("patient").order_by("pk")
        field.label_from_instance = told_of_program
        field.help_text = ""

    def fitting_program(self) -> int | None:
        """The program that the visit would take a session of: of this service, with a free one; the next to end."""
        service = read_id(str(self["service"].value() or ""))
        if service is None or read_id(str(self["patient"].value() or "")) is None:
            return None
        rows: Any = self.fields["enrollment"].queryset  # type: ignore[attr-defined]
        fitting = rows.filter(service_id=service, sessions_left__gt=F("sessions_booked"))
        found: int | None = (
            fitting.order_by(F("ends_at").asc(nulls_last=True), "pk").values_list("pk", flat=True).first()
        )
        return found

    def needs(self, *names: str) -> bool:
        """Whether these fields are filled; adds an error where one is not."""
        for name in names:
            if not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, _t("This is required for booking."))
        return not self.errors
