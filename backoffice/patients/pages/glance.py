"""The page itself: its buttons, its warnings, and its panels in the order in which the desk asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.kit.actor import actor_of
from backoffice.kit.cells import link
from backoffice.kit.contributions import links_for, panels_for
from backoffice.kit.hanging import undecided
from backoffice.patients.alerts import alerts_to_end

if TYPE_CHECKING:
    from backoffice.kit.verb_admin import VerbAdmin
    from patients.models import Patient


def patient_page(admin: VerbAdmin, request: HttpRequest, patient: Patient) -> HttpResponse:
    """Render it. Each panel starts from what the actor may see of its rows."""
    by, now = actor_of(request), timezone.now()
    request.current_app = admin.admin_site.name
    context: dict[str, Any] = {
        **admin.admin_site.each_context(request),
        "title": patient.name,
        "opts": admin.model._meta,
        "original": patient,
        "buttons": admin.buttons(request, patient),
        "links": links(admin, request, patient),
        "warnings": [*alerts_to_end(patient, by=by), *warnings(patient)],
        "panels": [*undecided(patient, by=by, at=now), *panels_for(patient, by=by, at=now)],
    }
    return TemplateResponse(request, "backoffice/patients/glance.html", context)


def links(admin: VerbAdmin, request: HttpRequest, patient: Patient) -> list[tuple[str, str]]:
    """What leads on from here."""
    found = links_for(patient, by=actor_of(request))
    if admin.has_change_permission(request, patient):
        found.append((_("Edit"), reverse("admin:patients_patient_change", args=(patient.pk,))))
    found.append((_("History"), reverse("admin:patients_patient_history", args=(patient.pk,))))
    return found


def warnings(patient: Patient) -> list[Any]:
    """What must not be overlooked."""
    found: list[Any] = []
    if patient.merged_into is not None:
        found.append(link(patient.merged_into, _("Merged into %(who)s.") % {"who": patient.merged_into}, page="page"))
    elif patient.archived_at is not None:
        found.append(_("This record has been put away."))
    if patient.appointment_notes:
        found.append(patient.appointment_notes)
    if patient.accepted_privacy_policy is not True:
        found.append(_("The privacy policy has not been accepted."))
    return found
