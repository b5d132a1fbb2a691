"""Alerts at the desk: raised on the patient's page, seen wherever the patient turns up, ended on the spot."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from backoffice.kit.alerts import SERIOUS, alerts_of, mark
from backoffice.kit.cells import patient_link
from backoffice.kit.contributions import warnings_of
from backoffice.kit.filters import DefaultFilter
from backoffice.kit.steps import Step, StepForm
from backoffice.kit.verb_admin import VerbAdmin
from core.actor import Actor
from patients.models import Patient, PatientAlert
from patients.services import end_alert, raise_alert
from patients.states import AlertKind
from scheduling.models import Appointment


class AlertForm(StepForm):
    """Asks what everybody must know."""

    kind = forms.ChoiceField(label=_("Kind"), choices=AlertKind, widget=UnfoldAdminSelectWidget)
    text = forms.CharField(
        label=_("What everybody needs to know"),
        max_length=255,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Shown on every visit, list and card of the patient. The patient does not see it."),
    )


RAISE_ALERT = Step(
    name="raise-alert",
    label=_("Add an alert"),
    verb="patients.raise_alert",
    call=raise_alert,
    done=ngettext_lazy("Alert added.", "%(count)d alerts added.", "count"),
    form=AlertForm,
    bulk=False,
    icon="warning",
)

END_ALERT = Step(
    name="end",
    label=_("End"),
    verb="patients.end_alert",
    call=end_alert,
    done=ngettext_lazy("%(count)d alert ended.", "%(count)d alerts ended.", "count"),
    offered=lambda alert: alert.ended_at is None,
    icon="notifications_off",
)


class StandingFilter(DefaultFilter):
    """Alerts that stand, unless the others are asked for."""

    title = _("state")
    parameter_name = "standing"
    default = "yes"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Active")), ("no", _("Ended")), ("all", _("All"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset if self.value() == "all" else queryset.filter(ended_at__isnull=self.value() == "yes")


@admin.register(PatientAlert)
class PatientAlertAdmin(VerbAdmin):
    """Alerts of all patients."""

    view_verb = "patients.view"
    add_verb = "patients.raise_alert"
    made_on = "admin:patients_patient_changelist"
    steps = (END_ALERT,)
    list_display = ("text", "kind", "who", "created_at", "ended_at")
    list_filter = (StandingFilter, "kind")
    ordering = ("-created_at", "-pk")
    search_fields = ("~text",)
    search_patient = "patient"
    sortable_by = ("created_at",)
    search_help_text = _("Patient, alert, or both")
    fields = ("who", "kind", "text", "by", "created_at", "ended_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Not joined: SQLite would rather begin with the patients, and sort.
        return super().get_queryset(request).prefetch_related("patient")

    def place(self, row: Any) -> dict[str, int]:
        return {"organization_id": row.patient.organization_id}

    @display(description=_("patient"), ordering="patient__search_name")
    def who(self, alert: PatientAlert) -> SafeString | str:
        return patient_link(alert.patient)


@warnings_of(Appointment)
def alerts_of_visit(row: Appointment, /, *, by: Actor) -> list[Any]:
    """What must be known of the patient before the visit."""
    return alerts_of([row.patient_id], by=by).get(row.patient_id or 0, [])


def alerts_to_end(patient: Patient, *, by: Actor) -> list[SafeString]:
    """The alerts that stand, each with the way to end it. What the patient owes is said where it can be paid."""
    standing = PatientAlert.objects.visible_to(by).standing().filter(patient=patient).order_by("pk")
    back = urlencode({"next": reverse("admin:patients_patient_page", args=(patient.pk,))})
    ends = by.may("patients.end_alert", organization_id=patient.organization_id)
    lines = []
    for alert in sorted(standing, key=lambda one: one.kind not in SERIOUS):
        told = mark(str(alert), serious=alert.kind in SERIOUS)
        page = reverse("admin:patients_patientalert_end", args=(alert.pk,))
        link = format_html(' <a class="bo-link" href="{}?{}">{}</a>', page, back, _t("End")) if ends else ""
        lines.append(format_html("{}{}", told, link))
    return lines
