"""The programs' part of a patient's timeline: programs sold, and session movements without a visit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.kit.cells import link
from backoffice.kit.timeline import Entry, Page, Suggestion, suggests, timeline_of
from core.actor import Actor
from patients.models import Patient
from programs.models import Enrollment, SessionMovement
from programs.states import EnrollmentStatus, MovementKind
from scheduling.querysets import with_booked


@timeline_of("program", group="programs")
def begun(patient: Patient, page: Page) -> Iterator[Entry]:
    """Programs by the day on which they were sold."""
    rows = Enrollment.objects.visible_to(page.by).filter(patient=patient)
    for one in page.cut(rows, "enrolled_at").select_related("practice"):
        yield Entry(
            place=page.place(one.enrolled_at, one.pk),
            icon="fitness_center",
            title=link(one, _("Enrolled in %(plan)s") % {"plan": one.name}),
            detail=_sessions(one.sessions_total) if one.sessions_total else "",
            practice=one.practice,
        )


@timeline_of("session", group="programs")
def sessions(patient: Patient, page: Page) -> Iterator[Entry]:
    """What happened to sessions: used up without a visit, kept, given back, adjusted. A visit tells of its own."""
    rows = SessionMovement.objects.visible_to(page.by).filter(enrollment__patient=patient)
    rows = rows.exclude(kind__in=(MovementKind.GRANT, MovementKind.RELEASE))
    rows = rows.exclude(kind=MovementKind.CONSUME, appointment__isnull=False)
    for one in page.cut(rows, "at").select_related("enrollment__practice"):
        told = {"what": one.get_kind_display(), "sessions": _sessions(abs(one.quantity)), "plan": one.enrollment.name}
        yield Entry(
            place=page.place(one.at, one.pk),
            icon="confirmation_number",
            title=link(one.enrollment, _("%(what)s: %(sessions)s of %(plan)s") % told),
            detail=one.reason,
            practice=one.enrollment.practice,
        )


def _sessions(count: int) -> str:
    return ngettext("%(count)d session", "%(count)d sessions", count) % {"count": count}


@suggests(order=30)
def with_free_sessions(patient: Patient, by: Actor, at: datetime) -> Iterable[Suggestion]:
    """A program whose sessions nobody has booked."""
    if not by.may("scheduling.book"):
        return
    mine = Enrollment.objects.visible_to(by).filter(patient=patient, sessions_left__gt=0).with_status(at)
    for one in with_booked(mine).filter(current_status=EnrollmentStatus.ACTIVE, sessions_booked=0).order_by("pk")[:3]:
        query = urlencode({"patient": patient.pk, "service": one.service_id or "", "enrollment": one.pk})
        page = f"{reverse('admin:scheduling_appointment_add')}?{query}"
        why = _("%(sessions)s of %(plan)s left, none booked.") % {
            "sessions": _sessions(one.sessions_left or 0),
            "plan": one.name,
        }
        yield Suggestion(_("Book a session"), page, why)
