"""The patient page: its buttons, its warnings, and its panels in the order in which the desk needs them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.kit.actor import actor_of
from backoffice.kit.contributions import links_for, panels_for
from backoffice.kit.hanging import undecided
from backoffice.kit.timeline import groups, place_in, story_of, suggestions_for
from backoffice.patients.alerts import alerts_to_end

if TYPE_CHECKING:
    from backoffice.kit.verb_admin import VerbAdmin
    from patients.models import Patient


# Panels that say how things stand come before what happened, lists behind it.
HOW_IT_STANDS = range(35)

# Links to the histories of records that were merged into this one.
MOST_MERGED = 5

GROUP_NAMES = {
    "alerts": gettext_lazy("Alerts"),
    "documents": gettext_lazy("Documents"),
    "money": gettext_lazy("Money"),
    "orders": gettext_lazy("Orders"),
    "programs": gettext_lazy("Programs and sessions"),
    "visits": gettext_lazy("Visits"),
}


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
        "panels": [*undecided(patient, by=by, at=now), *panels_for(patient, by=by, at=now, orders=HOW_IT_STANDS)],
        "lists": panels_for(patient, by=by, at=now, orders=range(HOW_IT_STANDS.stop, 1000)),
        "suggestions": suggestions_for(patient, by=by, at=now),
        **story(request, patient, at=now),
    }
    return TemplateResponse(request, "backoffice/patients/glance.html", context)


def story(request: HttpRequest, patient: Patient, *, at: datetime) -> dict[str, Any]:
    """A page of what happened, and the ways to more of it."""
    only = request.GET.get("only", "")
    named = {"": _("Everything")} | {group: str(GROUP_NAMES.get(group, group)) for group in groups()}
    if only not in named:
        raise BadRequest("only is no part of the story")
    before = place_in(request.GET.get("before", ""))
    entries, more = story_of(patient, before=before, only=only, by=actor_of(request), at=at)
    page = reverse("admin:patients_patient_page", args=(patient.pk,))
    part = f"{page}?{urlencode({'only': only})}" if only else page
    return {
        "entries": entries,
        "parts": [
            (name, f"{page}?{urlencode({'only': group})}#story" if group else f"{page}#story", group == only)
            for group, name in named.items()
        ],
        "older": f"{page}?{urlencode({'only': only, 'before': str(more)})}#story" if more is not None else "",
        "newest": f"{part}#story" if before is not None else "",
    }


def links(admin: VerbAdmin, request: HttpRequest, patient: Patient) -> list[tuple[str, str]]:
    """What leads on from here."""
    found = links_for(patient, by=actor_of(request))
    if admin.has_change_permission(request, patient):
        found.append((_("Edit"), reverse("admin:patients_patient_change", args=(patient.pk,))))
    found.append((_("History"), reverse("admin:patients_patient_history", args=(patient.pk,))))
    for merged in patient.merged_from.order_by("merged_at", "pk")[:MOST_MERGED]:
        label = _("History of %(who)s (%(id)s)") % {"who": merged.name, "id": merged.pk}
        found.append((label, reverse("admin:patients_patient_history", args=(merged.pk,))))
    return found


def warnings(patient: Patient) -> list[Any]:
    """What must not be overlooked."""
    found: list[Any] = []
    if patient.archived_at is not None:
        found.append(_("This record has been archived."))
    if patient.appointment_notes:
        found.append(patient.appointment_notes)
    if patient.accepted_privacy_policy is not True:
        found.append(_("The privacy policy has not been accepted."))
    return found
