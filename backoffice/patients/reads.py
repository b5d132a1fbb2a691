"""Who looked at whose records: on the patient's page, and as a list for whoever protects the data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from backoffice.kit.clock import show_when
from backoffice.kit.contributions import panel_of
from backoffice.kit.panels import Panel
from backoffice.kit.verb_admin import VerbAdmin
from core.actor import Actor
from core.models import PatientRead
from patients.models import Patient

SHOWN = 5


@admin.register(PatientRead)
class PatientReadAdmin(VerbAdmin):
    """Looks at records. Nobody writes them but the doors."""

    view_verb = "patients.view_reads"
    list_display = ("when", "who", "patient", "page", "door", "credential")
    list_select_related = ("user", "patient")
    ordering = ("-pk",)
    linked = ("patient",)
    search_fields = ("=patient__id", "=user__username", "=request_id")
    sortable_by = ("when",)
    search_help_text = _("Patient's number, user or request, in full")
    fields = ("when", "who", "patient", "page", "door", "credential", "request_id")
    readonly_fields = fields

    def place(self, row: Any) -> dict[str, int]:
        """`visible_to` has asked already."""
        return {}

    @display(description=_("when"), ordering="pk")
    def when(self, row: PatientRead) -> str:
        return show_when(row.at)

    @display(description=_("who"))
    def who(self, row: PatientRead) -> str:
        return who_of(row)


@panel_of(Patient, order=95)
def who_looked(patient: Patient, /, *, by: Actor, at: datetime) -> Panel | None:
    """The last looks at this record; all are in the list."""
    if not by.may("patients.view_reads", organization_id=patient.organization_id):
        return None
    rows = PatientRead.objects.visible_to(by).filter(patient=patient).select_related("user").order_by("-at")[:SHOWN]
    return Panel(
        _t("Who looked"),
        columns=[_t("When"), _t("Who"), _t("Page")],
        rows=[[show_when(row.at), who_of(row), row.page] for row in rows],
        empty=_t("Nobody so far."),
        more=f"{reverse('admin:core_patientread_changelist')}?patient__id__exact={patient.pk}",
    )


def who_of(row: PatientRead) -> str:
    """The user's name, or what else came in."""
    return row.user.get_username() if row.user else row.credential or row.door
