"""The day list: one day of one practice, a sheet for each specialist, in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite
from unfold.widgets import UnfoldAdminSelectWidget

from backoffice.calendar.appointment_steps import ARRIVED
from backoffice.calendar.visits import labels_of, notes_on
from backoffice.kit.actor import actor_of, practices_required
from backoffice.kit.alerts import give_alerts
from backoffice.kit.cells import badge, link, patient_link
from backoffice.kit.clock import day_bounds, on_clock
from backoffice.kit.contributions import site_pages
from backoffice.kit.filters import MOST
from backoffice.kit.inputs import DayField
from backoffice.kit.steps import Button
from core.actor import Actor
from directory.models import Practice, Specialist
from scheduling.calendar import AgendaColumn, Span, SpanKind, agenda, closed_days
from scheduling.models import Appointment
from scheduling.states import AppointmentStatus

VERB = "scheduling.view"
S = AppointmentStatus
TAKEN: dict[SpanKind, Any] = {SpanKind.TIME_OFF: _("away"), SpanKind.BUSY_ELSEWHERE: _("busy elsewhere")}


class DayForm(forms.Form):
    """Which day, whose."""

    day = DayField(label=_("Day"))
    specialist = forms.ModelChoiceField(
        Specialist.objects.none(),
        label=_("Specialist"),
        required=False,
        empty_label=_("All"),
        widget=UnfoldAdminSelectWidget,
    )
    practice = forms.ModelChoiceField(
        Practice.objects.none(), label=_("Practice"), empty_label=None, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, practices: list[Practice], by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Specialist.objects.visible_to(by).live().order_by("last_name", "first_name", "pk")
        self.fields["specialist"].queryset = people  # type: ignore[attr-defined]
        chosen: Any = self.fields["practice"]
        chosen.queryset = Practice.objects.filter(pk__in=[one.pk for one in practices]).order_by("pk")
        if len(practices) == 1:
            del self.fields["practice"]


@dataclass
class Line:
    """One visit, as the sheet shows it."""

    hours: str
    patient: SafeString | str
    phone: str
    service: str
    room: str
    status: SafeString
    labels: list[SafeString]
    arrived: str
    buttons: list[Button]
    notes: str
    link: SafeString | str


@dataclass
class Between:
    """An entry between visits: free time with a link to book it, or time that is taken otherwise."""

    hours: str
    says: str
    link: str = ""


@dataclass
class Sheet:
    """A specialist's day: `lines` are the visits, `whole` has what lies between them, too, by time."""

    specialist: str
    lines: list[Line]
    whole: list[Line | Between]


@site_pages
def day_urls(site: UnfoldAdminSite) -> list[URLPattern]:
    """The one page."""

    def view(request: HttpRequest) -> HttpResponse:
        return day_view(site, request)

    return [path("day-list/", site.admin_view(view), name="day_list")]


def day_view(site: UnfoldAdminSite, request: HttpRequest) -> HttpResponse:
    """Today's list, unless another day is asked for."""
    by, practices = actor_of(request), practices_required(request, VERB)
    asked = {**request.GET.dict()}
    asked.setdefault("practice", str(practices[0].pk))
    asked.setdefault("day", timezone.localdate(timezone=practices[0].zone).isoformat())
    form = DayForm(asked, practices=practices, by=by)
    practice, day, sheets, closed = practices[0], None, [], ""
    if form.is_valid():
        given = form.cleaned_data
        practice, day = given.get("practice") or practice, given["day"]
        sheets = sheets_of(request, practice, day, given["specialist"], at=timezone.now())
        closed = closed_days(practice, first=day, last=day).get(day, "")
    request.current_app = site.name
    context = {
        **site.each_context(request),
        "title": _t("Day list"),
        "form": form,
        "practice": practice,
        "day": day,
        "sheets": sheets,
        "here": request.get_full_path(),
        "closed": closed,
        "near": near_days(request, day, timezone.localdate(timezone=practice.zone)) if day else [],
        "printed": timezone.localtime(timezone=practice.zone),
    }
    return TemplateResponse(request, "backoffice/calendar/day_list.html", context)


def near_days(request: HttpRequest, day: date, today: date) -> list[tuple[str, str, bool]]:
    """The days one click away: what each is called, where it is, and whether it is shown; the rest stays as asked."""
    named = {
        day - timedelta(days=1): _t("Day before"),
        day + timedelta(days=1): _t("Day after"),
        # A day that has a name of its own is called by that.
        today: _t("Today"),
        today + timedelta(days=1): _t("Tomorrow"),
    }
    kept = request.GET.dict()
    return [
        (name, f"?{urlencode({**kept, 'day': one.isoformat()})}", one == day) for one, name in sorted(named.items())
    ]


def sheets_of(
    request: HttpRequest, practice: Practice, day: date, specialist: Specialist | None, *, at: datetime
) -> list[Sheet]:
    """The visits of the day that take place and what lies between them, by specialist and time, as the agenda says."""
    by = actor_of(request)
    shown = agenda(by, practice_id=practice.pk, first=day, last=day, at=at)
    columns = [one for one in shown.columns if specialist is None or one.owner == specialist]
    begin, _end = day_bounds(day, practice)
    visits = {id(column): visits_in(column, begin) for column in columns}
    every = [span.visit for some in visits.values() for span in some if span.visit is not None]
    prefetch_related_objects(every, "services__service", "patient__phone_numbers")
    give_alerts(every, by=by)
    sheets = []
    for column in columns:
        lines = [(span.starts_at, line_of(request, span.visit, practice)) for span in visits[id(column)] if span.visit]
        between = between_visits(column, practice, closed=day in shown.closed, by=by, at=at)
        if lines or between:
            whole = [line for _start, line in sorted([*lines, *between], key=lambda one: one[0])]
            name = str(column.owner or _t("No specialist yet"))
            sheets.append(Sheet(name, [line for _start, line in lines], whole))
    return sheets


def visits_in(column: AgendaColumn, begin: datetime) -> list[Span]:
    """The visits that begin on the day and that the column's specialist gives."""
    return [one for one in column.spans if one.visit is not None and not one.assists and one.starts_at >= begin][:MOST]


def between_visits(
    column: AgendaColumn, practice: Practice, *, closed: bool, by: Actor, at: datetime
) -> list[tuple[datetime, Line | Between]]:
    """The free time that still lies ahead, back to back as one, and the time that is taken otherwise.

    On a closed day nothing is free.
    """
    taken = [span for span in column.spans if span.kind in TAKEN]
    busy = [span for span in column.spans if span.kind != SpanKind.SLOT]
    free: list[list[Span]] = []
    groups: list[Span] = []
    for span in column.spans:
        if closed or span.kind != SpanKind.SLOT or span.booked >= span.capacity or span.starts_at <= at:
            continue
        group = span.capacity > 1  # those who come to it are no obstacle
        if any(one.starts_at < span.ends_at and one.ends_at > span.starts_at for one in (taken if group else busy)):
            continue
        if group:
            groups.append(span)
        elif free and free[-1][-1].ends_at == span.starts_at:
            free[-1].append(span)
        else:
            free.append([span])
    page, books = reverse("admin:scheduling_appointment_add"), by.may("scheduling.book", practice.pk)

    def open_line(first: Span, last: Span, says: str) -> tuple[datetime, Between]:
        hours = hours_of(first.starts_at, last.ends_at, practice)
        return first.starts_at, Between(hours, says, f"{page}?slot={first.source_id}" if books else "")

    return [
        *((one.starts_at, Between(hours_of(one.starts_at, one.ends_at, practice), TAKEN[one.kind])) for one in taken),
        *(open_line(some[0], some[-1], _t("free")) for some in free),
        *(open_line(one, one, places_free(one)) for one in groups),
    ]


def places_free(group: Span) -> str:
    """How many may still come to a group."""
    free = group.capacity - group.booked
    return _t("group: %(free)d of %(all)d places free") % {"free": free, "all": group.capacity}


def hours_of(starts_at: datetime, ends_at: datetime, practice: Practice) -> str:
    """From when to when, by the practice's clock."""
    return f"{on_clock(starts_at, practice):%H:%M}–{on_clock(ends_at, practice):%H:%M}"


def line_of(request: HttpRequest, row: Appointment, practice: Practice) -> Line:
    """What the sheet says of a visit."""
    assert row.starts_at is not None  # noqa: S101 only those with a time are listed
    assert row.ends_at is not None  # noqa: S101 both or neither
    hours = hours_of(row.starts_at, row.ends_at, practice)
    numbers = sorted(row.patient.phone_numbers.all(), key=lambda one: (one.position, one.pk)) if row.patient else []
    came = row.arrived_at and _t("arrived %(when)s") % {"when": f"{on_clock(row.arrived_at, practice):%H:%M}"}
    appointments: Any = admin.site._registry[Appointment]
    return Line(
        hours=hours,
        patient=patient_link(row.patient) if row.patient else row.contact_name,
        phone=str(numbers[0]) if numbers else row.contact_phone,
        service=", ".join(str(one.service) for one in row.services.all()),
        room=str(row.room or ""),
        status=badge(row.status, row.get_status_display()),
        labels=labels_of(row),
        arrived=came or "",
        buttons=appointments.buttons(request, row, among=(ARRIVED,)) if row.status == S.CONFIRMED else [],
        notes=notes_on(row),
        link=link(row, hours),
    )
