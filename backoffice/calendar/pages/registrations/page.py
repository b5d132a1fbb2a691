"""The list of registrations (requests without a time), and the page that turns one into a patient's visit."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from backoffice.calendar.clashes import in_words
from backoffice.calendar.pages.booking.free import (
    Choice,
    as_choices,
    chosen,
    later_than,
    next_choices,
    offering,
    searched,
)
from backoffice.calendar.pages.booking.page import with_picked
from backoffice.calendar.pages.registrations.form import AssignForm
from backoffice.calendar.visits import visit_line
from backoffice.kit.actor import actor_of
from backoffice.kit.contributions import site_pages
from backoffice.kit.forms import show_refusal
from backoffice.kit.lists import CappedPaginator
from backoffice.kit.lookups import read_id
from catalog.models import Service
from core.actor import Actor
from core.db import unit_of_work
from core.errors import DomainError, Forbidden, Unavailable
from patients.services import PatientValues, PhoneValues, create_patient
from scheduling.calendar import Treatments, group_at, why_not
from scheduling.models import Appointment
from scheduling.services import assign_registration

VERB = "scheduling.assign_registration"
PER_PAGE = 50


@site_pages
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
    """The registrations that the actor may book in, the longest waiting first."""
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
    return TemplateResponse(request, "backoffice/calendar/registrations.html", context)


def assign_view(site: UnfoldAdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """The contact on one side, whom to make of them on the other."""
    by = actor_of(request)
    registration: Appointment = Appointment.objects.visible_to(by).select_related("practice").one(pk=pk)
    by.require(VERB, registration.practice_id)
    if not Appointment.objects.registrations().filter(pk=pk).exists():
        messages.info(request, _("This registration has already been dealt with."))
        return HttpResponseRedirect(reverse("admin:scheduling_appointment_change", args=(pk,)))
    # What is typed here is the practice's wall time, wherever the one who types it is.
    with timezone.override(registration.practice.zone):
        at, looks = timezone.now(), "look" in request.POST
        picked = chosen(request.POST.get("pick", ""))
        data = with_picked(request, picked, registration.practice)
        services = [line.service for line in registration.services.select_related("service").order_by("position", "pk")]
        # Looking for times keeps what was typed and complains of nothing.
        form = AssignForm(None if looks else data, registration=registration, request=request, typed=data)
        reasons: list[str] = []
        free: list[Choice] | None = None
        if request.method == "POST" and not looks and form.is_valid():
            try:
                taken = take_up(registration, with_moment(form.cleaned_data, picked), by=by, at=at)
            except (DomainError, Unavailable) as error:
                show_refusal(form, error)
                reasons, free = explain(registration, services, form.cleaned_data, by=by, at=at)
            else:
                said = _("%(who)s is booked.") if taken.starts_at else _("%(who)s has been assigned to %(specialist)s.")
                said = said % {"who": taken.patient, "specialist": taken.specialist}
                messages.success(request, f"{said} {visit_line(taken)}" if taken.starts_at else said)
                return HttpResponseRedirect(reverse("admin:patients_patient_page", args=(taken.patient_id,)))
        request.current_app = site.name
        context = {
            **site.each_context(request),
            "title": _("Registration of %(who)s") % {"who": registration.contact_name or registration.patient},
            "registration": registration,
            "services": services,
            "form": form,
            "reasons": reasons,
            "free": free
            if free is not None
            else free_for(registration, services, form, later=later_than(request.POST.get("look", "")), at=at),
            "media": form.media,
            "reject_url": reverse("admin:scheduling_appointment_reject", args=(pk,)),
            "back": reverse("admin:registrations"),
        }
        return TemplateResponse(request, "backoffice/calendar/registration.html", context).render()


def with_moment(given: dict[str, Any], picked: tuple[datetime, int] | None) -> dict[str, Any]:
    """A clicked time is a moment, also where the clock shows it twice."""
    return {**given, "starts_at": picked[0]} if picked is not None else given


def free_for(
    row: Appointment, services: list[Service], form: AssignForm, *, later: datetime | None, at: datetime
) -> list[Choice]:
    """The next free times: with the chosen specialist, or anybody who offers the service."""
    main = services[0] if services else None
    named = read_id(str(form["specialist"].value() or ""))
    known = named is not None and form.fields["specialist"].queryset.filter(pk=named).exists()  # type: ignore[attr-defined]
    people = [named] if named is not None and known else offering(row.practice, main)
    search = searched(main, Treatments(tuple(services)).duration, patient=None, after=later, at=at)
    return next_choices(row.practice, people, search, at=at)


def explain(
    row: Appointment, services: list[Service], given: dict[str, Any], *, by: Actor, at: datetime
) -> tuple[list[str], list[Choice] | None]:
    """Every reason against the typed time, and the nearest free ones."""
    if not services or not given.get("starts_at") or not given.get("specialist"):
        return [], None
    try:
        found = why_not(
            by,
            practice_id=row.practice_id,
            specialist_id=given["specialist"].pk,
            service_id=services[0].pk,
            starts_at=given["starts_at"],
            ends_at=given["starts_at"] + Treatments(tuple(services)).duration,
            patient_id=given["patient_id"],
            room_id=given["room"].pk if given.get("room") else None,
            enrollment_id=given["enrollment"].pk if given.get("enrollment") else None,
            at=at,
        )
    except DomainError:
        return [], None
    return in_words(found.reasons, by=by), as_choices(found.nearest, row.practice)


def take_up(registration: Appointment, given: dict[str, Any], *, by: Actor, at: datetime) -> Appointment:
    """Make the patient if they are new, and give them the specialist and the time: all of it or nothing."""
    with unit_of_work(VERB, by=by, at=at):
        patient_id = given["patient_id"]
        if patient_id is None:
            numbers: list[PhoneValues] = [{"number": given["phone"]}] if given["phone"] else []
            columns = ("first_name", "last_name", "email", "date_of_birth")
            patient = create_patient(
                organization_id=registration.practice.organization_id,
                values=cast(PatientValues, {name: given[name] for name in columns if given[name]}),
                phone_numbers=numbers,
                by=by,
                at=at,
            )
            patient_id = patient.pk
        starts_at, person, room = given["starts_at"], given["specialist"], given["room"]
        room_id = room.pk if room else None
        group = group_at(registration.practice, person.pk, starts_at, room_id=room_id) if starts_at else None
        taken: Appointment = assign_registration(
            registration.pk,
            patient_id=patient_id,
            specialist_id=person.pk,
            starts_at=starts_at,
            slot_id=group.pk if group is not None else None,
            room_id=room_id,
            enrollment_id=given["enrollment"].pk if given["enrollment"] else None,
            overbooking_reason=given.get("overbooking_reason", ""),
            override_reason=given["override_reason"],
            by=by,
            at=at,
        )
    return taken
