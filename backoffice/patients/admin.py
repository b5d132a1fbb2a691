"""Patients: found by what people say at the desk, and warned about when they look like one who is there already."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import display
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from backoffice.kit.config import NamedAdmin, putting_away
from backoffice.kit.custom_fields import CustomFieldsMixin
from backoffice.kit.filters import PutAwayFilter
from backoffice.kit.searches import Found, Meant, words_for
from backoffice.kit.verb_admin import Values, VerbAdmin
from backoffice.patients import alerts as alerts
from backoffice.patients import custom_fields as custom_fields
from backoffice.patients import documents as documents
from backoffice.patients import panels as panels
from backoffice.patients import reads as reads
from backoffice.patients import timeline as timeline
from backoffice.patients.alerts import RAISE_ALERT
from backoffice.patients.forms import ADD_DOCUMENT, PatientForm
from backoffice.patients.inlines import AccessInline, PhoneInline
from backoffice.patients.pages.glance import patient_page
from backoffice.patients.pages.merge import MERGE
from core.actor import Actor
from core.hints import asked_of_each
from patients.models import Patient, PatientSource
from patients.services import (
    archive_patient,
    change_patient,
    create_patient,
    delete_patient,
    restore_patient,
)
from patients.states import FieldObject


class StandingFilter(PutAwayFilter):
    """As of other rows; a record that was merged into another is in none of the lists."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        # Asked as `= None`, SQLite would find nearly all patients by the index of this column, and sort them.
        return super().queryset(request, queryset.exclude(merged_into__isnull=False))


@admin.register(Patient)
class PatientAdmin(CustomFieldsMixin, VerbAdmin):
    """Patients. The name in the list leads to the patient at a glance, from there to this form."""

    view_verb = "patients.view"
    add_verb = "patients.create_patient"
    change_verb = "patients.change_patient"
    delete_verb = "patients.delete_patient"
    scope = "organization"
    describes = FieldObject.PATIENT
    form = PatientForm
    optional = ("default_discount",)
    steps = (
        RAISE_ALERT,
        ADD_DOCUMENT,
        MERGE,
        *putting_away(
            "patients.archive_patient", archive_patient, restore_patient, back_verb="patients.restore_patient"
        ),
    )
    inlines = (PhoneInline, AccessInline)

    list_display = ("label", "organization", "born", "email", "phone", "city", "identity_number")
    list_filter = (StandingFilter,)
    list_select_related = ("organization",)
    ordering = ("search_name", "pk")
    search_fields = ("email",)
    sortable_by = ("label",)
    search_help_text = _("Name, birth date, e-mail, phone or identity number")
    autocomplete_fields = ("primary_specialist", "source")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "organization",
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
            {
                "fields": ("address_1", "address_2", ("post_code", "city"), ("state", "country_code")),
                "classes": ("collapse",),
            },
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
                "fields": (
                    "invoice_default_to",
                    "invoice_email",
                    "invoice_extra_information",
                    ("default_discount", "price_list"),
                ),
                "classes": ("collapse",),
            },
        ),
    )

    def layout(self, request: HttpRequest, obj: Any) -> list[Any]:
        """On a new one with the question whether it is another person."""
        fieldsets = super().layout(request, obj)
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
        words = words_for(request, search_term)
        kind = Meant.of(words)
        if kind is Meant.FEW:
            queryset = asked_of_each(queryset)
        rows = queryset.meant_by(words)  # type: ignore[attr-defined]
        request.__dict__["found"] = Found(rows, queryset, kind)
        return rows, False

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> Patient:
        place, own = self.scope_id(form.request, form), self.custom_values(form)
        return create_patient(organization_id=place, values=values, custom_values=own, by=by, at=at)

    def change(self, obj: Patient, form: Any, values: Values, *, by: Actor, at: datetime) -> Patient | None:
        own = self.custom_values(form)
        return change_patient(obj.pk, values=values, custom_values=own, by=by, at=at) if values or own else None

    def remove(self, obj: Patient, *, by: Actor, at: datetime) -> None:
        delete_patient(obj.pk, by=by, at=at)

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
            return self.missing(request, str(pk))
        return self.led_on(request, patient) or patient_page(self, request, patient)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        patient = (
            self.get_object(request, unquote(object_id)) if object_id is not None and request.method == "GET" else None
        )
        led = self.led_on(request, patient) if patient is not None else None
        return led or super().changeform_view(request, object_id, form_url, extra_context)

    def led_on(self, request: HttpRequest, patient: Patient) -> HttpResponse | None:
        """From a record that was merged into another to the page of the one that was kept."""
        if patient.merged_into is None:
            return None
        told = {"gone": patient.name, "id": patient.pk}
        messages.info(request, _t("The record of %(gone)s (%(id)s) was merged into this one.") % told)
        return HttpResponseRedirect(self.row_url(patient.merged_into))

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


@admin.register(PatientSource)
class PatientSourceAdmin(NamedAdmin):
    """Where patients heard of the clinic."""
