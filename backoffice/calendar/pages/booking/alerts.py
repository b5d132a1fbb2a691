"""The alerts of a patient, shown on the booking page as soon as the patient is chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from unfold.sites import UnfoldAdminSite

from backoffice.kit.actor import actor_of
from backoffice.kit.alerts import alerts_of
from backoffice.kit.contributions import site_pages
from backoffice.kit.lookups import read_id
from core.actor import Actor
from core.errors import Forbidden


@site_pages
def alerts_urls(site: UnfoldAdminSite) -> list[URLPattern]:
    """The alerts of the patient whom the address names, as a piece of a page."""
    view = cast(Callable[..., HttpResponse], site.admin_view(alerts_view))
    return [path("alerts-of-patient/", view, name="alerts_of_patient")]


def alerts_view(request: HttpRequest) -> HttpResponse:
    """The same list as a loaded page shows; nothing where nobody is chosen."""
    by = actor_of(request)
    if not by.may("scheduling.book"):
        raise Forbidden
    told = alerts_of_chosen(request.GET.get("patient", ""), by=by)
    return TemplateResponse(request, "backoffice/kit/warnings.html", {"warnings": told})


def alerts_of_chosen(given: str, *, by: Actor) -> list[SafeString]:
    """What must be known of the patient who was chosen, before they are booked."""
    patient_id = read_id(given)
    return alerts_of([patient_id], by=by).get(patient_id, []) if patient_id is not None else []
