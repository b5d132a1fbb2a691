"""Programs by state: the running ones that end next first, and what to do with each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from backoffice.kit.actor import actor_of
from backoffice.kit.boards import CARDS, Card, Column, board_page, capped, chosen_practice
from backoffice.kit.cells import badge, link, patient_link
from backoffice.kit.clock import show_when
from backoffice.kit.contributions import site_pages
from backoffice.programs.steps import EXTEND
from core.actor import Actor
from programs.models import Enrollment
from programs.states import EnrollmentStatus
from scheduling.querysets import with_booked

VERB = "programs.view"
SOON = timedelta(days=14)
S = EnrollmentStatus


@site_pages
def board_urls(site: UnfoldAdminSite) -> list[URLPattern]:
    """The one page."""

    def view(request: HttpRequest) -> HttpResponse:
        return board_view(site, request)

    return [path("program-board/", site.admin_view(view), name="program_board")]


def board_view(site: UnfoldAdminSite, request: HttpRequest) -> HttpResponse:
    """A column for each state as it is now, whether or not the end was stamped."""
    practice, at = chosen_practice(request, VERB), timezone.now()
    rows = Enrollment.objects.visible_to(actor_of(request))
    if practice is not None:
        rows = rows.filter(practice=practice)
    program_list = reverse("admin:programs_enrollment_changelist")
    may_enroll = actor_of(request).may("programs.enroll")
    shortcuts = [(_("Enroll a patient"), reverse("admin:programs_enrollment_add"))] if may_enroll else []
    expired = Q(status=S.EXPIRED) | Q(status=S.ACTIVE, ends_at__lte=at)
    found: list[tuple[EnrollmentStatus, Any, list[Any]]] = [
        (S.ACTIVE, rows.running(at), running_of(rows, at)),
        *(
            (status, some, list(told(some).order_by("-enrolled_at", "-pk")[:CARDS]))
            for status, some in (
                (S.EXPIRED, rows.filter(expired)),
                (S.COMPLETED, rows.filter(status=S.COMPLETED)),
                (S.CANCELLED, rows.filter(status=S.CANCELLED)),
            )
        ),
    ]
    columns = [
        Column(
            title=str(status.label),
            count=capped(some),
            cards=[card_of(request, row, status, at=at) for row in first],
            link=f"{program_list}?{urlencode({'status': status.value})}",
        )
        for status, some, first in found
    ]
    return board_page(
        site,
        request,
        title=_("Programs board"),
        verb=VERB,
        practice=practice,
        columns=columns,
        shortcuts=[*shortcuts, (_("All programs as a list"), program_list)],
        actions=program_list,
    )


def told(rows: Any) -> Any:
    """With what a card says."""
    return with_booked(rows.with_ledger()).select_related("patient", "practice")


def running_of(rows: Any, at: datetime) -> list[Any]:
    """Those that end next, then those without an end, the latest first; each read follows an index."""
    active = told(rows.filter(status=S.ACTIVE))
    ending = list(active.filter(ends_at__gt=at).order_by("ends_at", "pk")[:CARDS])
    endless = list(active.filter(ends_at=None).order_by("-enrolled_at", "-pk")[:CARDS])
    return [*ending, *endless][:CARDS]


def card_of(request: HttpRequest, row: Any, status: EnrollmentStatus, *, at: datetime) -> Card:
    """The program, its sessions, when it ends, and the next action."""
    programs: Any = admin.site._registry[Enrollment]
    by = actor_of(request)
    soon = status == S.ACTIVE and row.ends_at is not None and row.ends_at <= at + SOON
    free = row.sessions_left - row.sessions_booked if row.sessions_left is not None else None
    lines = [sessions_of(row, free), ends_of(row)]
    badges: list[SafeString] = []
    if soon:
        badges.append(badge("pending", _("ends soon")))
    if status == S.ACTIVE and row.sessions_left == 0:
        badges.append(badge("pending", _("used up")))
    extends = (EXTEND,) if status == S.EXPIRED or soon else ()
    return Card(
        row=row,
        title=link(row, row.name),
        patient=patient_link(row.patient),
        lines=lines,
        badges=badges,
        buttons=programs.buttons(request, row, among=extends),
        links=leading_on(row, status, free, by=by),
    )


def sessions_of(row: Any, free: int | None) -> str:
    """Its sessions as they stand, in one line."""
    if free is None:
        return ""
    used = (row.sessions_granted or 0) - row.sessions_left
    figures = {"used": used, "booked": row.sessions_booked, "free": free}
    return _("%(used)d used, %(booked)d booked, %(free)d free") % figures


def ends_of(row: Any) -> str:
    """When it ends."""
    return _("ends %(when)s") % {"when": show_when(row.ends_at, row.practice)} if row.ends_at else _("Without end")


def leading_on(row: Any, status: EnrollmentStatus, free: int | None, *, by: Actor) -> list[tuple[str, str]]:
    """Booking the next session while one is free, else the same program once more."""
    if status == S.ACTIVE and free and by.may("scheduling.book", row.practice_id):
        asked = {
            "patient": row.patient_id,
            "practice": row.practice_id,
            "service": row.service_id or "",
            "enrollment": row.pk,
        }
        return [(_("Book a session"), f"{reverse('admin:scheduling_appointment_add')}?{urlencode(asked)}")]
    over = status in (S.COMPLETED, S.EXPIRED) or (status == S.ACTIVE and row.sessions_left == 0)
    if over and row.service_plan_id is not None and by.may("programs.enroll", row.practice_id):
        asked = {"patient": row.patient_id, "practice": row.practice_id, "service_plan": row.service_plan_id}
        return [(_("Enroll again"), f"{reverse('admin:programs_enrollment_add')}?{urlencode(asked)}")]
    return []
