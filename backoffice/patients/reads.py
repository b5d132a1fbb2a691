"""Who looked at whose records: on the patient's page, and as a list for whoever protects the data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from backoffice.kit.clock import show_when
from backoffice.kit.contributions import panel_of
from backoffice.kit.panels import Panel
from backoffice.kit.searches import MOST_NAMED
from backoffice.kit.verb_admin import VerbAdmin
from core.actor import Actor
from core.models import Look, PatientLook
from core.prepared import one_of
from patients.models import Patient

SHOWN = 5


@admin.register(PatientLook)
class PatientLookAdmin(VerbAdmin):
    """Looks at records. Nobody writes them but the doors."""

    view_verb = "patients.view_reads"
    list_display = ("when", "who", "patient", "page", "door", "credential")
    list_select_related = ("look__user", "patient")
    # That of time; and so the newest of one reader, or of one organization, are a range of an index of the looks.
    ordering = ("-look", "-pk")
    linked = ("patient",)
    search_fields = ("=patient__id", "=look__user__username")
    sortable_by = ("when",)
    search_help_text = _("Patient's number, user or request, in full")
    fields = ("when", "who", "patient", "page", "door", "credential", "request_id")
    readonly_fields = fields

    def also_found(self, word: str) -> Q:
        """A word may be a whole request's."""
        looks = Look.objects.filter(request_id__in={word, word.lower(), word.upper()})
        return one_of("look", list(looks.values_list("pk", flat=True)[:MOST_NAMED]))

    def place(self, row: Any) -> dict[str, int]:
        """`visible_to` has asked already."""
        return {}

    @display(description=_("when"), ordering="look")
    def when(self, row: PatientLook) -> str:
        return show_when(row.at)

    @display(description=_("who"))
    def who(self, row: PatientLook) -> str:
        return who_of(row.look)

    @display(description=_("page"))
    def page(self, row: PatientLook) -> str:
        return row.look.page

    @display(description=_("door"))
    def door(self, row: PatientLook) -> str:
        return row.look.door

    @display(description=_("credential"))
    def credential(self, row: PatientLook) -> str:
        return row.look.credential

    @display(description=_("request"))
    def request_id(self, row: PatientLook) -> str:
        return row.look.request_id


@panel_of(Patient, order=95)
def who_looked(patient: Patient, /, *, by: Actor, at: datetime) -> Panel | None:
    """The last looks at this record; all are in the list."""
    if not by.may("patients.view_reads", organization_id=patient.organization_id):
        return None
    rows = PatientLook.objects.visible_to(by).filter(patient=patient).select_related("look__user").order_by("-at")
    return Panel(
        _t("Who looked"),
        columns=[_t("When"), _t("Who"), _t("Page")],
        rows=[[show_when(row.at), who_of(row.look), row.look.page] for row in rows[:SHOWN]],
        empty=_t("Nobody so far."),
        more=f"{reverse('admin:core_patientlook_changelist')}?patient__id__exact={patient.pk}",
    )


def who_of(look: Look) -> str:
    """The user's name, or what else came in."""
    return look.user.get_username() if look.user else look.credential or look.door
