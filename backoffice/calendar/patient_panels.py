"""The calendar's panels on the pages of patients and programs: their appointments, and a link to book one."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.kit.cells import badge, link
from backoffice.kit.clock import show_when
from backoffice.kit.contributions import link_of, panel_of
from backoffice.kit.panels import Panel
from core.actor import Actor
from patients.models import Patient
from programs.models import Enrollment
from scheduling.models import Appointment

SHOWN = 10
OF_A_PROGRAM = 100


def visits(rows: Any) -> list[list[Any]]:
    """Appointments as lines."""
    related = rows.select_related("practice", "specialist", "enrollment").prefetch_related("services__service")
    return [
        [
            link(one, show_when(one.starts_at, one.practice) or _("No time yet")),
            ", ".join(str(line.service) for line in one.services.all()),
            str(one.specialist or ""),
            badge(one.status, one.get_status_display()),
            link(one.enrollment, one.enrollment.name) if one.enrollment else "",
        ]
        for one in related
    ]


@panel_of(Patient, order=20)
def upcoming(patient: Patient, /, *, by: Actor, at: datetime) -> Panel:
    """Appointments that lie ahead, and wishes without a time."""
    rows = Appointment.objects.visible_to(by).filter(patient=patient).upcoming(at).order_by("starts_at", "pk")[:SHOWN]
    return Panel(
        _("Next appointments"),
        columns=[_("When"), _("Service"), _("Specialist"), _("Status"), _("Program")],
        rows=visits(rows),
        empty=_("None ahead."),
    )


@panel_of(Enrollment, order=10)
def appointments_of(row: Enrollment, /, *, by: Actor, at: datetime) -> Panel:
    """Its appointments in order of time."""
    rows = Appointment.objects.visible_to(by).live().filter(enrollment=row).select_related("specialist", "practice")
    lines = [
        [
            one.plan_session_number or "",
            link(one, show_when(one.starts_at, one.practice) or _("No time yet")),
            str(one.specialist or ""),
            badge(one.status, one.get_status_display()),
        ]
        for one in rows.order_by("starts_at", "pk")[:OF_A_PROGRAM]
    ]
    columns = [_("Session"), _("When"), _("Specialist"), _("Status")]
    return Panel(_("Appointments"), columns=columns, rows=lines, empty=_("None booked."))


@link_of(Patient, order=10)
def book(patient: Patient, /, *, by: Actor) -> tuple[str, str] | None:
    """The way to book them a visit."""
    if patient.archived_at is not None or not by.may("scheduling.book"):
        return None
    query = urlencode({"patient": patient.pk})
    return _("Book an appointment"), f"{reverse('admin:scheduling_appointment_add')}?{query}"
