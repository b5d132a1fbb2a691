"""What the pages of programs and patients show of programs: the ledger of sessions, and what a patient is in."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.kit.cells import badge, link, sessions
from backoffice.kit.clock import show_when
from backoffice.kit.contributions import link_of, panel_of
from backoffice.kit.panels import Panel
from core.actor import Actor
from patients.models import Patient
from programs.models import Enrollment, SessionMovement
from scheduling.querysets import with_booked

SHOWN = 100
OF_A_PATIENT = 10


@panel_of(Enrollment, order=20)
def ledger_of(row: Enrollment, /, *, by: Actor, at: datetime) -> Panel | None:
    """Every movement of its sessions, the newest first, with what remained after it."""
    if row.sessions_left is None:
        return None
    movements = SessionMovement.objects.visible_to(by).filter(enrollment=row).select_related("by", "appointment")
    lines, left = [], 0
    for one in movements.order_by("pk"):
        left += one.quantity
        who = (one.by.get_full_name() or str(one.by)) if one.by else ""
        appointment = link(one.appointment) if one.appointment else ""
        lines.append(
            [
                show_when(one.at, row.practice),
                one.get_kind_display(),
                f"{one.quantity:+d}",
                left,
                appointment,
                one.reason,
                who,
            ]
        )
    columns = [_("When"), _("What"), _("Sessions"), _("Left"), _("Appointment"), _("Reason"), _("Who")]
    return Panel(_("Ledger of sessions"), columns=columns, rows=lines[::-1][:SHOWN], empty=_("No movement yet."))


@panel_of(Patient, order=30)
def programs(patient: Patient, /, *, by: Actor, at: datetime) -> Panel:
    """Programs with their progress, the newest first."""
    mine = Enrollment.objects.visible_to(by).filter(patient=patient).with_status(at).with_ledger()
    rows: Any = with_booked(mine).select_related("practice").order_by("-enrolled_at", "-pk")[:OF_A_PATIENT]
    lines = [
        [
            link(one, one.name),
            badge(one.current_status, Enrollment(status=one.current_status).get_status_display()),
            sessions(one),
            show_when(one.ends_at, one.practice) or _("Without end"),
        ]
        for one in rows
    ]
    return Panel(
        _("Programs"),
        columns=[_("Plan"), _("Status"), _("Progress"), _("Ends")],
        rows=lines,
        empty=_("Not in a program."),
    )


@link_of(Patient, order=20)
def enroll(patient: Patient, /, *, by: Actor) -> tuple[str, str] | None:
    """The way to enroll them."""
    if patient.archived_at is not None or not by.may("programs.enroll"):
        return None
    return _("Enroll in a program"), f"{reverse('admin:programs_enrollment_add')}?{urlencode({'patient': patient.pk})}"
