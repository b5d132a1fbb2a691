"""One day of one practice, a sheet for each specialist. As many queries for a hundred visits as for one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite
from unfold.widgets import UnfoldAdminSelectWidget

from backoffice.calendar.visits import labels_of
from backoffice.kit.actor import actor_of, practices_for
from backoffice.kit.alerts import give_alerts
from backoffice.kit.cells import badge, link, patient_link
from backoffice.kit.clock import day_bounds
from backoffice.kit.contributions import site_pages
from backoffice.kit.filters import MOST
from backoffice.kit.inputs import DayField
from core.actor import Actor
from core.errors import Forbidden
from directory.models import Practice, Specialist
from scheduling.calendar import agenda, closed_days
from scheduling.models import Appointment

VERB = "scheduling.view"


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
    notes: str
    link: SafeString | str


@dataclass
class Sheet:
    """A specialist's day."""

    specialist: str
    lines: list[Line] = field(default_factory=list)


@site_pages
def day_urls(site: UnfoldAdminSite) -> list[URLPattern]:
    """The one page."""

    def view(request: HttpRequest) -> HttpResponse:
        return day_view(site, request)

    return [path("day-list/", site.admin_view(view), name="day_list")]


def day_view(site: UnfoldAdminSite, request: HttpRequest) -> HttpResponse:
    """Today's list, unless another day is asked for."""
    by, practices = actor_of(request), practices_for(request, VERB)
    if not practices:
        raise Forbidden
    asked = {**request.GET.dict()}
    asked.setdefault("practice", str(practices[0].pk))
    asked.setdefault("day", timezone.localdate(timezone=practices[0].zone).isoformat())
    form = DayForm(asked, practices=practices, by=by)
    practice, day, sheets, closed = practices[0], None, [], ""
    if form.is_valid():
        given = form.cleaned_data
        practice, day = given.get("practice") or practice, given["day"]
        sheets = sheets_of(practice, day, given["specialist"], by=by)
        closed = closed_days(practice, first=day, last=day).get(day, "")
    request.current_app = site.name
    context = {
        **site.each_context(request),
        "title": _t("Day list"),
        "form": form,
        "practice": practice,
        "day": day,
        "sheets": sheets,
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


def sheets_of(practice: Practice, day: date, specialist: Specialist | None, *, by: Actor) -> list[Sheet]:
    """The visits of the day that take place, by specialist and time: what the agenda says."""
    shown = agenda(by, practice_id=practice.pk, first=day, last=day, at=timezone.now())
    columns = [one for one in shown.columns if specialist is None or one.owner == specialist]
    begin, _end = day_bounds(day, practice)
    visits = {
        id(column): [
            span.visit
            for span in column.spans
            if span.visit is not None and not span.assists and span.starts_at >= begin
        ][:MOST]
        for column in columns
    }
    every = [visit for some in visits.values() for visit in some]
    prefetch_related_objects(every, "services__service", "patient__phone_numbers")
    give_alerts(every, by=by)
    return [
        Sheet(str(column.owner or _t("No specialist yet")), [line_of(visit, practice) for visit in visits[id(column)]])
        for column in columns
        if visits[id(column)]
    ]


def line_of(row: Appointment, practice: Practice) -> Line:
    """What the sheet says of a visit."""
    assert row.starts_at is not None  # noqa: S101 only those with a time are listed
    assert row.ends_at is not None  # noqa: S101 both or neither
    starts, ends = row.starts_at.astimezone(practice.zone), row.ends_at.astimezone(practice.zone)
    hours = f"{starts:%H:%M}–{ends:%H:%M}"
    numbers = sorted(row.patient.phone_numbers.all(), key=lambda one: (one.position, one.pk)) if row.patient else []
    return Line(
        hours=hours,
        patient=patient_link(row.patient) if row.patient else row.contact_name,
        phone=str(numbers[0]) if numbers else row.contact_phone,
        service=", ".join(str(one.service) for one in row.services.all()),
        room=str(row.room or ""),
        status=badge(row.status, row.get_status_display()),
        labels=labels_of(row),
        notes=row.notes,
        link=link(row, hours),
    )
