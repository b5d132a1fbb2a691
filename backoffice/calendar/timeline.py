"""The calendar's part of a patient's timeline: past visits, and suggestions about upcoming ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.calendar.appointment_steps import ARRIVED, CONFIRM, DONE, IN_CARE
from backoffice.kit.cells import badge, link
from backoffice.kit.clock import on_clock, show_when
from backoffice.kit.timeline import Entry, Page, Suggestion, suggests, timeline_of
from core.actor import Actor
from patients.models import Patient
from scheduling.models import Appointment
from scheduling.states import AppointmentStatus

S = AppointmentStatus
OPEN = (S.REQUESTED, S.CONFIRMED, S.ARRIVED, S.IN_CARE)
# The step that leads on from each status on the day of the visit.
NEXT_STEP = {S.REQUESTED: CONFIRM, S.CONFIRMED: ARRIVED, S.ARRIVED: IN_CARE, S.IN_CARE: DONE}
LOOKED_AT = 20


@timeline_of("visit", group="visits")
def visits(patient: Patient, page: Page) -> Iterator[Entry]:
    """Visits by their time, whatever became of them, with their notes."""
    rows = Appointment.objects.visible_to(page.by).live().filter(patient=patient, starts_at__isnull=False)
    related = page.cut(rows, "starts_at").select_related("practice", "specialist", "enrollment")
    for one in related.prefetch_related("services__service"):
        what = ", ".join(str(line.service) for line in one.services.all()) or _("Visit")
        session = _("Session %(number)s") % {"number": one.plan_session_number} if one.plan_session_number else ""
        who = f"{what} · {one.specialist}" if one.specialist else what
        told = (session, one.cancellation_note, one.notes)
        yield Entry(
            place=page.place(one.starts_at, one.pk),
            icon="event",
            title=link(one, who),
            detail=" · ".join(text for text in told if text),
            badge=badge(one.status, one.get_status_display()),
            practice=one.practice,
        )


@suggests(order=10)
def with_open_visits(patient: Patient, by: Actor, at: datetime) -> Iterable[Suggestion]:
    """Suggest what today's visit, a request or a visit to be moved needs next; without any, suggest booking."""
    rows = Appointment.objects.visible_to(by).live().filter(patient=patient, status__in=OPEN)
    visits = list(rows.select_related("practice", "specialist").order_by("starts_at", "pk")[:LOOKED_AT])
    found = [one for visit in visits if (one := _for_visit(visit, by=by, at=at)) is not None]
    ahead = any(visit.starts_at is None or visit.starts_at > at for visit in visits)
    if not ahead and by.may("scheduling.book"):
        page = f"{reverse('admin:scheduling_appointment_add')}?{urlencode({'patient': patient.pk})}"
        found.append(Suggestion(_("Book a visit"), page, _("None upcoming.")))
    return found


def _for_visit(visit: Appointment, *, by: Actor, at: datetime) -> Suggestion | None:
    when = show_when(visit.starts_at, visit.practice) or _("without a time yet")
    appointments: Any = admin.site._registry[Appointment]
    if visit.needs_move and by.may("scheduling.reschedule", visit.practice_id):
        page = reverse("admin:scheduling_appointment_reschedule", args=(visit.pk,))
        return Suggestion(_("Find another time"), page, _("The visit of %(when)s cannot stay.") % {"when": when})
    today = visit.starts_at is not None and _is_same_day(visit, at)
    if not today and visit.status != S.REQUESTED:
        return None
    step = NEXT_STEP[S(visit.status)]
    if not by.may(step.verb, visit.practice_id) or not step.offered(visit):
        return None
    post = not step.asks_about(visit, at=at)
    why = _("%(status)s: visit of %(when)s") % {"status": visit.get_status_display(), "when": when}
    return Suggestion(str(step.label), appointments.step_url(step, visit.pk), why, post=post)


def _is_same_day(visit: Appointment, at: datetime) -> bool:
    assert visit.starts_at is not None  # noqa: S101 asked of those with a time alone
    return on_clock(visit.starts_at, visit.practice).date() == on_clock(at, visit.practice).date()
