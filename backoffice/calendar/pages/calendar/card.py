"""The card of a visit on the calendar: the patient, what to watch out for, and every possible step."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from backoffice.calendar.pages.booking.moving import can_move
from backoffice.calendar.visits import group_of, labels_of
from backoffice.kit.actor import actor_of
from backoffice.kit.alerts import give_alerts
from backoffice.kit.cells import badge
from backoffice.kit.clock import on_clock, show_span
from core.errors import Missing
from directory.models import Specialist
from patients.models import Patient
from scheduling.models import Appointment

# Archiving is not part of the day's work.
LEFT_OUT = frozenset({"put-away"})


def card_view(request: HttpRequest, pk: int) -> HttpResponse:
    """The card, as a piece of a page."""
    appointments: Any = admin.site._registry[Appointment]
    row: Appointment | None = appointments.get_object(request, str(pk))
    if row is None:
        raise Missing(_("Appointment"))
    by = actor_of(request)
    if row.patient is not None:
        prefetch_related_objects([row.patient], "phone_numbers")
    give_alerts([row], by=by)
    starts = on_clock(row.starts_at, row.practice) if row.starts_at else None
    people = Specialist.objects.visible_to(by).taking_appointments().working_at(row.practice_id)
    movable = starts is not None and can_move(row) and by.may("scheduling.reschedule", row.practice_id)
    context = {
        "row": row,
        "when": show_span(row.starts_at, row.ends_at, row.practice) if row.starts_at and row.ends_at else "",
        "services": ", ".join(str(line.service) for line in row.services.all()),
        "status": badge(row.status, row.get_status_display()),
        "labels": labels_of(row),
        "facts": facts_of(row),
        "buttons": [one for one in appointments.buttons(request, row) if one.step.name not in LEFT_OUT],
        "next": next_page(request),
        "movable": movable,
        "people": people.order_by("last_name", "first_name", "pk") if movable else [],
        "seen": row.updated_at.isoformat(),
        "day": f"{starts:%Y-%m-%d}" if starts else "",
        "time": f"{starts:%H:%M}" if starts else "",
        "page": reverse("admin:scheduling_appointment_change", args=(row.pk,)),
        "group": group_of(row, by=by),
        "patient_page": reverse("admin:patients_patient_page", args=(row.patient_id,)) if row.patient_id else "",
    }
    return TemplateResponse(request, "backoffice/calendar/card.html", context)


def next_page(request: HttpRequest) -> str:
    """Where a step leads back to: the calendar as it was shown."""
    named = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(named, {request.get_host()}, require_https=request.is_secure())
    return named if named and safe else reverse("admin:calendar")


def facts_of(row: Appointment) -> list[tuple[str, Any]]:
    """What the desk must know at a glance; the template leaves out what is empty."""
    patient: Patient | None = row.patient
    born = date_format(patient.date_of_birth, "j M Y") if patient is not None and patient.date_of_birth else ""
    numbers = sorted(patient.phone_numbers.all(), key=lambda one: (one.position, one.pk)) if patient else []
    return [
        (_("Born"), born),
        (_("Phone"), ", ".join(str(one) for one in numbers) or row.contact_phone),
        (_("E-mail"), patient.email if patient is not None else row.contact_email),
        (_("Program"), session_line(row)),
        (_("Notes"), row.notes),
        (_("About the patient"), patient.appointment_notes if patient is not None else ""),
        (_("Why overbooked"), row.overbooking_reason),
    ]


def session_line(row: Appointment) -> str:
    """The session that the visit takes, of how many."""
    if row.enrollment is None:
        return ""
    if not row.plan_session_number:
        return row.enrollment.name
    told = {"plan": row.enrollment.name, "number": row.plan_session_number, "total": row.enrollment.sessions_total}
    return _("%(plan)s: session %(number)s of %(total)s") % told
