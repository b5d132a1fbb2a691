"""Today's visits of one practice as a check-in board: each row says who, where and how late, with its next steps.

The steps are those of the appointment's own page. A click sends one, and the board comes back in its place: with
the script by itself, without it as the start page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from backoffice.calendar.appointment_steps import ARRIVED, CONFIRM, DONE, IN_CARE, NO_SHOW
from backoffice.calendar.visits import labels_of, notes_on
from backoffice.kit.actor import actor_of, practices_for
from backoffice.kit.alerts import give_alerts
from backoffice.kit.cells import badge, link, patient_link
from backoffice.kit.clock import day_bounds, on_clock
from backoffice.kit.contributions import site_pages
from backoffice.kit.steps import Button, Step
from core.actor import Actor
from core.errors import Forbidden, Missing
from directory.models import Practice
from scheduling.models import Appointment, AvailableSlot
from scheduling.states import AppointmentStatus

VIEW = "scheduling.view"
S = AppointmentStatus
# The steps that lead on from each status; taking one back is done on the appointment's own page.
LEADING_ON: dict[str, tuple[Step, ...]] = {
    S.REQUESTED: (CONFIRM,),
    S.CONFIRMED: (ARRIVED, IN_CARE, DONE, NO_SHOW),
    S.ARRIVED: (IN_CARE, DONE, NO_SHOW),
    S.IN_CARE: (DONE,),
}
GONE = (AppointmentStatus.CANCELLED, AppointmentStatus.REJECTED)
AWAITED = (AppointmentStatus.REQUESTED, AppointmentStatus.CONFIRMED)
OVER = (AppointmentStatus.DONE, AppointmentStatus.NO_SHOW)
SHOWN = 300
FEW = 5
GAPS = 12


@dataclass(frozen=True)
class BoardLine:
    """One visit on the board."""

    row: Appointment
    time: str
    patient: SafeString | str
    phone: str
    service: str
    program: SafeString | str
    status: SafeString
    labels: list[SafeString]
    notes: str
    waiting: str
    late: str
    is_over: bool
    buttons: list[Button]


@dataclass(frozen=True)
class Gap:
    """A free slot of today, with a link to book it."""

    time: str
    specialist: str
    url: str


@dataclass(frozen=True)
class Board:
    """Today at one practice."""

    practice: Practice
    lines: list[BoardLine]
    gaps: list[Gap]
    more: bool

    @property
    def earlier(self) -> list[BoardLine]:
        """The visits that are over, where they are so many that they would push the others off the screen."""
        over = [line for line in self.lines if line.is_over]
        return over if len(over) > FEW else []

    @property
    def current(self) -> list[BoardLine]:
        """The others: under way, waiting, late, or still to come."""
        return [line for line in self.lines if not line.is_over] if self.earlier else self.lines


@site_pages
def board_urls(site: UnfoldAdminSite) -> list[URLPattern]:
    """The board alone, which the script of the start page asks for."""

    def view(request: HttpRequest) -> HttpResponse:
        board = board_of(request, at=timezone.now())
        if board is None:
            raise Forbidden
        return TemplateResponse(request, "backoffice/calendar/board.html", {"board": board})

    return [path("board/", site.admin_view(view), name="board")]


def practice_of(request: HttpRequest) -> Practice | None:
    """The practice whose board is asked for, else the first whose calendar the actor sees; None if there is none."""
    practices = practices_for(request, VIEW)
    named = request.GET.get("practice", "")
    if not named:
        return practices[0] if practices else None
    found = next((one for one in practices if str(one.pk) == named), None)
    if found is None:
        raise Missing(_("Practice"))
    return found


def board_of(request: HttpRequest, *, at: datetime) -> Board | None:
    """Today's visits and free slots; None for whoever sees no calendar. The same queries for any number of visits."""
    practice = practice_of(request)
    if practice is None:
        return None
    by = actor_of(request)
    first, last = day_bounds(on_clock(at, practice).date(), practice)
    rows = Appointment.objects.visible_to(by).live().exclude(status__in=GONE)
    rows = rows.filter(practice=practice, starts_at__gte=first, starts_at__lt=last)
    rows = rows.select_related("patient", "specialist", "practice", "room", "enrollment")
    rows = rows.prefetch_related("services__service", "patient__phone_numbers").order_by("starts_at", "pk")
    visits = list(rows[: SHOWN + 1])
    give_alerts(visits, by=by)
    return Board(
        practice,
        [line_of(request, row, at=at) for row in visits[:SHOWN]],
        gaps_of(practice, first=at, last=last, by=by, at=at),
        more=len(visits) > SHOWN,
    )


def line_of(request: HttpRequest, row: Appointment, *, at: datetime) -> BoardLine:
    """What the board says of a visit."""
    assert row.starts_at is not None  # noqa: S101 only those with a time are listed
    assert row.ends_at is not None  # noqa: S101 both or neither
    starts, ends = on_clock(row.starts_at, row.practice), on_clock(row.ends_at, row.practice)
    hours = f"{starts:%H:%M}–{ends:%H:%M}"
    numbers = sorted(row.patient.phone_numbers.all(), key=lambda one: (one.position, one.pk)) if row.patient else []
    waited = minutes_between(row.arrived_at, at) if row.status == AppointmentStatus.ARRIVED else None
    late = minutes_between(row.starts_at, at) if row.status in AWAITED else None
    appointments: Any = admin.site._registry[Appointment]
    return BoardLine(
        row=row,
        time=link(row, hours),
        patient=patient_link(row.patient) if row.patient else row.contact_name,
        phone=str(numbers[0]) if numbers else row.contact_phone,
        service=", ".join(str(one.service) for one in row.services.all()),
        program=session_of(row),
        status=badge(row.status, row.get_status_display()),
        labels=labels_of(row),
        notes=notes_on(row),
        waiting=_("waiting %(minutes)d min") % {"minutes": waited} if waited is not None else "",
        late=_("%(minutes)d min late") % {"minutes": late} if late else "",
        is_over=row.status in OVER and row.ends_at <= at,
        buttons=appointments.buttons(request, row, among=LEADING_ON.get(row.status, ())),
    )


def session_of(row: Appointment) -> SafeString | str:
    """Return the session of its program that a visit takes."""
    if row.enrollment is None:
        return ""
    if not row.plan_session_number:
        return link(row.enrollment, row.enrollment.name)
    told = {"number": row.plan_session_number, "total": row.enrollment.sessions_total, "plan": row.enrollment.name}
    return link(row.enrollment, _("%(plan)s %(number)s/%(total)s") % told)


def minutes_between(since: datetime | None, at: datetime) -> int | None:
    """Whole minutes since a moment that has passed; None for one that has not come."""
    if since is None or since > at:
        return None
    return int((at - since) / timedelta(minutes=1))


def gaps_of(practice: Practice, *, first: datetime, last: datetime, by: Actor, at: datetime) -> list[Gap]:
    """The slots of the rest of the day that can be booked, the next first."""
    rows = AvailableSlot.objects.visible_to(by).available(at).filter(practice=practice)
    rows = (
        rows.filter(starts_at__gte=first, starts_at__lt=last).select_related("specialist").order_by("starts_at", "pk")
    )
    page = reverse("admin:scheduling_appointment_add")
    return [
        Gap(f"{on_clock(one.starts_at, practice):%H:%M}", str(one.specialist), f"{page}?slot={one.pk}")
        for one in rows[:GAPS]
    ]
