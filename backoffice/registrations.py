"""Registrations: wishes without a time. One screen turns a contact into a patient with a specialist and a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from backoffice.actor import actor_of
from backoffice.forms import show_refusal
from backoffice.lists import CappedPaginator
from backoffice.registration_form import AssignForm
from core.actor import Actor
from core.db import unit_of_work
from core.errors import DomainError, Forbidden, Unavailable
from patients.services import create_patient
from scheduling.models import Appointment
from scheduling.services import assign_registration

VERB = "scheduling.assign_registration"
PER_PAGE = 50


def registration_urls(site: UnfoldAdminSite) -> list[URLPattern]:
    """The list, and the screen of one."""

    def waiting(request: HttpRequest) -> HttpResponse:
        return list_view(site, request)

    def one(request: HttpRequest, pk: int) -> HttpResponse:
        return assign_view(site, request, pk)

    return [
        path("registrations/", site.admin_view(waiting), name="registrations"),
        path("registrations/<int:pk>/", site.admin_view(one), name="registration"),
    ]


def registrations_of(by: Actor) -> QuerySet[Any]:
    """The registrations that the actor may take up, the longest waiting first."""
    rows: QuerySet[Any] = Appointment.objects.visible_to(by).registrations().select_related("practice", "patient")
    return rows.prefetch_related("services__service").order_by("created_at", "pk")


def list_view(site: UnfoldAdminSite, request: HttpRequest) -> HttpResponse:
    """Who waits to be called back."""
    by = actor_of(request)
    if not by.may(VERB):
        raise Forbidden
    page = CappedPaginator(registrations_of(by), PER_PAGE).get_page(request.GET.get("p"))
    request.current_app = site.name
    context = {**site.each_context(request), "title": _("Registrations"), "page": page, "now": timezone.now()}
    return TemplateResponse(request, "backoffice/registrations.html", context)


def assign_view(site: UnfoldAdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """The contact on one side, whom to make of them on the other."""
    by = actor_of(request)
    registration: Appointment = Appointment.objects.visible_to(by).select_related("practice").one(pk=pk)
    by.require(VERB, registration.practice_id)
    if not Appointment.objects.registrations().filter(pk=pk).exists():
        messages.info(request, _("This registration has been dealt with."))
        return HttpResponseRedirect(reverse("admin:scheduling_appointment_change", args=(pk,)))
    # What is typed here is the practice's wall time, wherever the one who types it is.
    with timezone.override(registration.practice.zone):
        form = AssignForm(request.POST or None, registration=registration, request=request)
        if request.method == "POST" and form.is_valid():
            try:
                taken = take_up(registration, form.cleaned_data, by=by, at=timezone.now())
            except (DomainError, Unavailable) as error:
                show_refusal(form, error)
            else:
                said = _("%(who)s is booked.") if taken.starts_at else _("%(who)s has been given to %(specialist)s.")
                messages.success(request, said % {"who": taken.patient, "specialist": taken.specialist})
                return HttpResponseRedirect(reverse("admin:patients_patient_page", args=(taken.patient_id,)))
        request.current_app = site.name
        context = {
            **site.each_context(request),
            "title": _("Registration of %(who)s") % {"who": registration.contact_name or registration.patient},
            "registration": registration,
            "services": [line.service for line in registration.services.select_related("service")],
            "form": form,
            "media": form.media,
            "reject_url": reverse("admin:scheduling_appointment_reject", args=(pk,)),
            "back": reverse("admin:registrations"),
        }
        return TemplateResponse(request, "backoffice/registration.html", context).render()


def take_up(registration: Appointment, given: dict[str, Any], *, by: Actor, at: datetime) -> Appointment:
    """Make the patient if they are new, and give them the specialist and the time: all of it or nothing."""
    with unit_of_work(VERB, by=by, at=at):
        patient_id = given["patient_id"]
        if patient_id is None:
            numbers = [{"number": given["phone"]}] if given["phone"] else []
            columns = ("first_name", "last_name", "email", "date_of_birth")
            patient = create_patient(
                archive_id=registration.practice.archive_id,
                values={name: given[name] for name in columns if given[name]},
                phone_numbers=numbers,
                by=by,
                at=at,
            )
            patient_id = patient.pk
        taken: Appointment = assign_registration(
            registration.pk,
            patient_id=patient_id,
            specialist_id=given["specialist"].pk,
            starts_at=given["starts_at"],
            room_id=given["room"].pk if given["room"] else None,
            enrollment_id=given["enrollment"].pk if given["enrollment"] else None,
            by=by,
            at=at,
        )
    return taken
