"""The form of a registration: an existing patient or a new one, a specialist, and maybe a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, prefetch_related_objects
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from backoffice.calendar.pages.booking.form import OVERBOOKING, OVERRIDE, reason
from backoffice.kit.actor import actor_of
from backoffice.kit.alike import details, merge_list
from backoffice.kit.choices import ScopedSelect
from backoffice.kit.inputs import DayField, DayTimeField
from directory.models import Room, Specialist
from patients.models import Patient
from patients.services import similar_patients
from programs.models import Enrollment
from programs.states import EnrollmentStatus
from scheduling.models import Appointment

NEW, OTHER = "new", "other"


class AssignForm(forms.Form):
    """Render and clean it in the practice's zone."""

    who = forms.ChoiceField(label=_("Patient"), widget=UnfoldAdminRadioSelectWidget)
    other = forms.ModelChoiceField(Patient.objects.none(), label=_("Another patient"), required=False)
    first_name = forms.CharField(
        label=_("First name"), max_length=255, required=False, widget=UnfoldAdminTextInputWidget
    )
    last_name = forms.CharField(label=_("Last name"), max_length=255, required=False, widget=UnfoldAdminTextInputWidget)
    email = forms.EmailField(label=_("E-mail"), required=False, widget=UnfoldAdminEmailInputWidget)
    phone = forms.CharField(label=_("Phone"), max_length=32, required=False, widget=UnfoldAdminTextInputWidget)
    date_of_birth = DayField(label=_("Date of birth"), required=False)
    specialist = forms.ModelChoiceField(
        Specialist.objects.none(), label=_("Specialist"), widget=UnfoldAdminSelectWidget
    )
    starts_at = DayTimeField(
        label=_("Day and time"),
        required=False,
        help_text=_("Leave empty if the time is not known yet."),
    )
    room = forms.ModelChoiceField(Room.objects.none(), label=_("Room"), required=False, widget=UnfoldAdminSelectWidget)
    enrollment = forms.ModelChoiceField(
        Enrollment.objects.none(), label=_("Program"), required=False, widget=UnfoldAdminSelectWidget
    )
    overbooking_reason = reason(*OVERBOOKING)
    override_reason = reason(*OVERRIDE)

    def __init__(
        self, *args: Any, registration: Appointment, request: HttpRequest, typed: Any = None, **kwargs: Any
    ) -> None:
        self.registration, self.by = registration, actor_of(request)
        first, _space, last = registration.contact_name.strip().rpartition(" ")
        kwargs["initial"] = {
            "who": str(self.matches[0].pk) if self.matches else NEW,
            "first_name": first,
            "last_name": last,
            "email": registration.contact_email,
            "phone": registration.contact_phone,
            **({name: typed[name] for name in self.base_fields if name in typed} if typed else {}),
        }
        super().__init__(*args, **kwargs)
        self._offer_patients()
        self._offer_specialists()
        self._offer_the_rest()

    @cached_property
    def matches(self) -> list[Patient]:
        """Patients who look like the contact, best first; the one already named, if there is one."""
        row = self.registration
        if row.patient_id is not None:
            return list(Patient.objects.visible_to(self.by).filter(pk=row.patient_id))
        first, _space, last = row.contact_name.strip().rpartition(" ")
        found = similar_patients(
            self.by,
            organization_id=row.practice.organization_id,
            first_name=first,
            last_name=last,
            email=row.contact_email,
            phone=row.contact_phone,
        )
        prefetch_related_objects(found, "phone_numbers")
        return found

    @property
    def merges(self) -> Any:
        """The ways to merge two of the matches, where there are two."""
        return merge_list(self.matches, by=self.by)

    def _offer_patients(self) -> None:
        field: Any = self.fields["who"]
        found = [(str(one.pk), describe(one)) for one in self.matches]
        field.choices = [
            *found,
            (NEW, _t("New patient, as filled in below")),
            (OTHER, _t("Another patient, searched below")),
        ]
        other: Any = self.fields["other"]
        organization_id = self.registration.practice.organization_id
        other.queryset = Patient.objects.visible_to(self.by).live().filter(organization_id=organization_id)
        other.widget = ScopedSelect(Appointment._meta.get_field("patient"), admin.site, edited=self.registration)
        other.widget.choices = other.choices
        if not self.by.may("patients.create_patient", organization_id=organization_id):
            field.choices = [one for one in field.choices if one[0] != NEW]

    def _offer_specialists(self) -> None:
        row, field = self.registration, self.fields["specialist"]
        here = Specialist.objects.visible_to(self.by).taking_appointments().working_at(row.practice_id)
        field.queryset = here.order_by("last_name", "first_name", "pk")  # type: ignore[attr-defined]
        services = row.services.values("service_id")
        offering = set(
            here.filter(offers__service_id__in=services, offers__is_active=True).values_list("pk", flat=True)
        )
        field.choices = list(grouped(field.queryset, offering))  # type: ignore[attr-defined]
        if row.specialist_id and "specialist" not in self.initial:
            field.initial = row.specialist_id

    def _offer_the_rest(self) -> None:
        row = self.registration
        if not self.by.may("scheduling.overbook", row.practice_id):
            del self.fields["overbooking_reason"]
        rooms = Room.objects.visible_to(self.by).live().filter(practice_id=row.practice_id, is_active=True)
        self.fields["room"].queryset = rooms.order_by("name", "pk")  # type: ignore[attr-defined]
        services = row.services.values("service_id")
        programs = (
            Enrollment.objects.visible_to(self.by)
            .filter(Q(ends_at=None) | Q(ends_at__gt=timezone.now()), status=EnrollmentStatus.ACTIVE)
            .filter(patient__in=[one.pk for one in self.matches], practice_id=row.practice_id)
            .filter(service_id__in=services, sessions_left__gt=0)
            .select_related("patient")
            .order_by("pk")
        )
        if programs.exists():
            self.fields["enrollment"].queryset = programs  # type: ignore[attr-defined]
        else:
            del self.fields["enrollment"]

    def clean(self) -> dict[str, Any]:
        """Who it is, as `patient_id`: None for a new patient, whose last name is needed."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        given.setdefault("enrollment", None)
        match given.get("who"):
            case "new":
                given["patient_id"] = None
                if not given.get("last_name"):
                    self.add_error("last_name", _t("A new patient needs a last name."))
            case "other":
                other = given.get("other")
                given["patient_id"] = other.pk if other else None
                if other is None and "other" not in self.errors:
                    self.add_error("other", _t("Search for the patient, or choose another line above."))
            case str() as chosen:
                given["patient_id"] = int(chosen)
        return given


def describe(patient: Patient) -> str:
    """A patient with what tells them apart."""
    return " · ".join(one for one in (str(patient), details(patient)) if one)


def grouped(specialists: Any, offering: set[int]) -> Iterator[tuple[str, Any]]:
    """Those who offer the service first."""
    yield "", _t("Choose")
    rows = list(specialists)
    first = [(one.pk, str(one)) for one in rows if one.pk in offering]
    others = [(one.pk, str(one)) for one in rows if one.pk not in offering]
    if first:
        yield _t("Offer this service"), first
    if others:
        yield (_t("Others at this practice") if first else _t("At this practice")), others
