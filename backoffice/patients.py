"""Patients: found by what people say at the desk, and warned about when they look like one who is there already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from backoffice.actor import actor_of
from backoffice.base import Values, VerbAdmin
from backoffice.catalog import UploadForm
from backoffice.config import ConfigAdmin, NamedAdmin, putting_away
from backoffice.forms import VerbForm
from backoffice.lists import PutAwayFilter, words_of
from backoffice.patient_inlines import AccessInline, CustomValueInline, PhoneInline
from backoffice.patient_page import patient_page
from backoffice.shown import patient_link
from backoffice.steps import Step
from core.actor import Actor
from patients.models import CustomField, Patient, PatientSource, PhoneNumber
from patients.names import fold
from patients.services import (
    add_document,
    archive_patient,
    change_patient,
    create_patient,
    restore_patient,
    similar_patients,
)
from patients.states import DocumentType


class DocumentForm(UploadForm):
    """Asks for a file, and what it is."""

    name = forms.CharField(
        label=_("Name"), max_length=255, required=False, widget=UnfoldAdminTextInputWidget, help_text=_("Empty: the file's own.")
    )
    type = forms.ChoiceField(
        label=_("Kind"), choices=DocumentType, initial=DocumentType.OTHER, widget=UnfoldAdminSelectWidget
    )
    folder_name = forms.CharField(label=_("Folder"), max_length=255, required=False, widget=UnfoldAdminTextInputWidget)


ADD_DOCUMENT = Step(
    name="add-document",
    label=_("Add a document"),
    verb="patients.add_document",
    call=add_document,
    done=ngettext_lazy("The document was added.", "%(count)d documents were added.", "count"),
    form=DocumentForm,
    bulk=False,
    icon="attach_file",
)


class PatientForm(VerbForm):
    """Asks once more where the patient looks like one who is there already."""

    known = forms.BooleanField(label=_("This is another person"), required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if self.instance.pk is None and not given.get("known"):
            self.warn(given)
        return given

    def warn(self, given: dict[str, Any]) -> None:
        """Refuse until the warning has been answered."""
        archive_id = self.model_admin.scope_id(self.request, self)
        names = ("first_name", "last_name", "email", "date_of_birth")
        alike = similar_patients(
            actor_of(self.request),
            archive_id=archive_id,
            phone=str(self.data.get("phone_numbers-0-number", "")),
            **{name: given.get(name) or ("" if name != "date_of_birth" else None) for name in names},
        )
        if not alike:
            return
        self.fields["known"].widget = UnfoldBooleanWidget()
        people = format_html_join(
            "", "<li>{}</li>", ((format_html("{} {}", patient_link(one), short(one)),) for one in alike)
        )
        self.add_error(
            "known",
            format_html(
                '{}<ul class="bo-alike">{}</ul>',
                _t("A patient like this is there already. Open them, or tick the box and save again."),
                people,
            ),
        )


def short(patient: Patient) -> str:
    """What tells two patients of one name apart."""
    return " · ".join(str(one) for one in (patient.date_of_birth, patient.email, patient.city) if one)


@admin.register(Patient)
class PatientAdmin(VerbAdmin):
    """Patients. The name in the list leads to the patient at a glance, from there to this form."""

    view_verb = "patients.view"
    add_verb = "patients.create_patient"
    change_verb = "patients.change_patient"
    scope = "archive"
    form = PatientForm
    optional = ("default_discount",)
    steps = (
        ADD_DOCUMENT,
        *putting_away("patients.archive_patient", archive_patient, restore_patient, back_verb="patients.restore_patient"),
    )
    inlines = (PhoneInline, AccessInline, CustomValueInline)

    list_display = ("label", "archive", "born", "email", "phone", "city", "identity_number")
    list_filter = (PutAwayFilter,)
    list_select_related = ("archive",)
    ordering = ("search_name", "pk")
    search_fields = ("email",)
    search_help_text = _("Name, e-mail, phone or identity number")
    autocomplete_fields = ("primary_specialist", "source")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "archive",
                    ("first_name", "last_name"),
                    ("title", "preferred_first_name"),
                    ("date_of_birth", "gender"),
                    "email",
                    "notes",
                )
            },
        ),
        (
            _("Address"),
            {"fields": ("address_1", "address_2", ("post_code", "city"), ("state", "country_code")), "classes": ("collapse",)},
        ),
        (
            _("Identity"),
            {
                "fields": (
                    ("identity_number", "italian_fiscal_code"),
                    ("place_of_birth", "occupation"),
                    ("medicare", "medicare_reference_number"),
                    ("dva_card_number", "old_reference_id"),
                    ("gender_identity", "time_zone"),
                ),
                "classes": ("collapse",),
            },
        ),
        (
            _("Care"),
            {
                "fields": (("primary_specialist", "source"), "appointment_notes", "emergency_contact"),
                "classes": ("collapse",),
            },
        ),
        (
            _("Messages and consent"),
            {
                "fields": (
                    ("email_enabled", "receives_confirmation_emails"),
                    ("email_reminders", "sms_reminders"),
                    "document_signature_email",
                    "accepted_privacy_policy",
                    ("accepted_email_marketing", "accepted_sms_marketing"),
                ),
                "classes": ("collapse",),
            },
        ),
        (
            _("Invoices"),
            {
                "fields": ("invoice_default_to", "invoice_email", "invoice_extra_information", "default_discount"),
                "classes": ("collapse",),
            },
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """On a new one with the question whether it is another person, first."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is not None:
            return fieldsets
        (title, options), *others = fieldsets
        return [(title, {**options, "fields": [*options["fields"], "known"]}), *others]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        made = super().get_form(request, obj, change=change, **kwargs)
        made.model_admin = self
        return made

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("phone_numbers")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return find_patients(queryset, search_term), False

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> Patient:
        return create_patient(archive_id=self.scope_id(form.request, form), values=values, by=by, at=at)

    def change(self, obj: Patient, form: Any, values: Values, *, by: Actor, at: datetime) -> Patient | None:
        return change_patient(obj.pk, values=values, by=by, at=at) if values else None

    # ------------------------------------------------------------------------------------------------- pages

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.page_view)
        return [
            path("<int:pk>/", page, name="patients_patient_page"),
            *super().get_urls(),
        ]

    def row_url(self, row: Any) -> str:
        return reverse("admin:patients_patient_page", args=(row.pk,))

    def page_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The patient at a glance."""
        patient = self.get_object(request, str(pk))
        if patient is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
            return missing
        return patient_page(self, request, patient)

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self.to_page(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self.to_page(request, obj)

    def to_page(self, request: HttpRequest, obj: Patient) -> HttpResponse:
        """After saving, staff see the patient, not the list."""
        response = HttpResponse(status=302)
        response["Location"] = self.row_url(obj)
        return response

    # ------------------------------------------------------------------------------------------------- cells

    @display(description=_("name"), ordering="search_name")
    def label(self, patient: Patient) -> str:
        return f"{patient.last_name}, {patient.first_name}".strip(", ")

    @display(description=_("born"), ordering="date_of_birth")
    def born(self, patient: Patient) -> Any:
        return patient.date_of_birth

    @display(description=_("phone"))
    def phone(self, patient: Patient) -> str | SafeString:
        numbers = sorted(patient.phone_numbers.all(), key=lambda one: (one.position, one.pk))
        return str(numbers[0]) if numbers else ""


def find_patients(rows: QuerySet[Any], term: str) -> QuerySet[Any]:
    """Patients by names in any order, e-mail, identity number, or a phone number as it is dictated."""
    digits = "".join(c for c in term if c.isdigit())
    if len(digits) >= 6 and not any(c.isalpha() for c in term):
        numbers = PhoneNumber.objects.filter(patient=OuterRef("pk"))
        reached = Q(number__endswith=digits.lstrip("0")) | Q(e164__endswith=digits.lstrip("0"))
        return rows.filter(
            Exists(numbers.filter(reached)) | Q(identity_number=term.strip()) | Q(medicare=term.strip())
        )
    for word in words_of(term):
        found = Q(search_name__contains=fold(word)) if fold(word) else Q(pk__in=[])
        found |= Q(email__istartswith=word) | Q(identity_number__iexact=word) | Q(italian_fiscal_code__iexact=word)
        rows = rows.filter(found)
    return rows


@admin.register(PatientSource)
class PatientSourceAdmin(NamedAdmin):
    """Where patients heard of the clinic."""


@admin.register(CustomField)
class CustomFieldAdmin(ConfigAdmin):
    """Fields that the clinic defined; what they hold and their technical name never change."""

    list_display = ("label", "archive", "object_type", "type", "technical_name")
    list_filter = ("object_type", "type")
    search_fields = ("label", "technical_name")
    fields = ("archive", "object_type", "label", "technical_name", "type", "choices", "sequence_number")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fixed: Sequence[str] = ("object_type", "technical_name", "type") if obj is not None else ()
        return [*super().get_readonly_fields(request, obj), *fixed]
