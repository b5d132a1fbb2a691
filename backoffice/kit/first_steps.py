"""The first setup steps of a clinic, shown on the start page and instead of pages that need them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from backoffice.kit.actor import actor_of, organizations_of, practices_of
from catalog.models import Service, ServiceSpecialist
from directory.models import Practice, Specialist
from scheduling.models import Appointment, AvailableSlot


@dataclass(frozen=True)
class FirstStep:
    """One thing to set up, why, and whether it is done.

    `url` leads to the page for it where it comes next and the actor may do it, else ""; `others` says that it comes
    next, but is somebody else's work.
    """

    title: str
    why: str
    done: bool
    url: str
    others: bool


def first_steps(request: HttpRequest) -> list[FirstStep]:
    """What the clinic still needs before its first visit, with what it has; nothing once it has it all."""
    steps = list(_steps(request))
    return [] if all(one.done for one in steps) else steps


def _steps(request: HttpRequest) -> Iterator[FirstStep]:
    by, here, turn = actor_of(request), _what_is_here(request), True
    for name, verb, page, title, why in (
        (
            "organization",
            "directory.create_organization",
            "directory_organization_add",
            _("Name the organization"),
            _("Patients, services and prices belong to it."),
        ),
        (
            "practice",
            "directory.create_practice",
            "directory_practice_add",
            _("Add a practice"),
            _("Its address, time zone and currency."),
        ),
        (
            "specialist",
            "directory.create_specialist",
            "directory_specialist_add",
            _("Add the specialists"),
            _("The people who treat patients, and where they work."),
        ),
        (
            "service",
            "catalog.create_service",
            "catalog_service_add",
            _("Add the services"),
            _("What patients can book, how long it takes and what it costs."),
        ),
        (
            "offer",
            "catalog.assign_specialist",
            "catalog_service_changelist",
            _("Choose who offers the services"),
            _("Do this on the page of each service. A service can only be booked if somebody offers it."),
        ),
        (
            "time",
            "scheduling.create_slots",
            "bulk_slots",
            _("Publish free times"),
            _("Create slots for a few weeks, for everybody at once. Then you can book the first visit."),
        ),
    ):
        done, may = here[name], by.may(verb)
        is_next = turn and not done
        turn = turn and done
        yield FirstStep(title, why, done, reverse(f"admin:{page}") if is_next and may else "", is_next and not may)


def _what_is_here(request: HttpRequest) -> dict[str, bool]:
    """What the clinic has, of what it needs: one query beside those for organizations and practices."""
    live = [one for one in practices_of(request) if one.archived_at is None]
    known: list[dict[str, Any]] = []
    asked = ("specialist", "service", "offer", "time")
    if live:
        practice = OuterRef("pk")
        rows = Practice.objects.filter(pk__in=[one.pk for one in live]).annotate(
            specialist=Exists(Specialist.objects.live().filter(practices=practice)),
            service=Exists(Service.objects.filter(organization=OuterRef("organization"), archived_at=None)),
            offer=Exists(ServiceSpecialist.objects.filter(specialist__practices=practice, is_active=True)),
            time=Q(Exists(AvailableSlot.objects.filter(practice=practice)))
            | Q(Exists(Appointment.objects.filter(practice=practice))),
        )
        known = list(rows.values(*asked))
    return {
        "organization": bool(organizations_of(request)),
        "practice": bool(live),
        **{name: any(one[name] for one in known) for name in asked},
    }


def first_steps_page(site: UnfoldAdminSite, request: HttpRequest) -> HttpResponse:
    """Instead of a page that has nothing to show before the clinic is set up."""
    request.current_app = site.name
    context = {**site.each_context(request), "title": _("Set up the clinic first"), "first_steps": first_steps(request)}
    return TemplateResponse(request, "backoffice/first_steps_page.html", context)
