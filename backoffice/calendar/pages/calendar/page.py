"""The routes of the calendar: its page, what it shows, the card of a visit, and moving one."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any, Literal

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from unfold.sites import UnfoldAdminSite

from backoffice.calendar.pages.calendar.card import card_view
from backoffice.calendar.pages.calendar.feed import OPENS, feed_of
from backoffice.calendar.pages.calendar.moving import move_view
from backoffice.kit.actor import actor_of, practices_for, practices_required
from backoffice.kit.clock import on_clock
from backoffice.kit.contributions import site_pages
from backoffice.kit.forms import say
from core.actor import Actor
from core.errors import DomainError, InvalidInput, Missing
from directory.models import Practice, Room, Specialist
from scheduling.calendar import agenda
from scheduling.states import AppointmentStatus

VIEW, MOVE, BOOK = "scheduling.view", "scheduling.reschedule", "scheduling.book"
VIEWS = ("day", "week", "list")
MOST_IN_WEEK = 4

Columns = Literal["specialist", "room"]


@site_pages
def calendar_urls(site: UnfoldAdminSite) -> list[URLPattern]:
    """The page and what its script asks for."""

    def page(request: HttpRequest) -> HttpResponse:
        return calendar_view(site, request)

    return [
        path("calendar/", site.admin_view(require_GET(page)), name="calendar"),
        path("calendar/events/", site.admin_view(require_GET(events_view)), name="calendar_events"),
        path("calendar/card/<int:pk>/", site.admin_view(require_GET(card_view)), name="calendar_card"),
        path("calendar/move/", site.admin_view(require_POST(move_view)), name="calendar_move"),
    ]


def calendar_view(site: UnfoldAdminSite, request: HttpRequest) -> HttpResponse:
    """The empty calendar with its tools; its script fills it."""
    by, at = actor_of(request), timezone.now()
    practices = practices_required(request, VIEW)
    practice = practice_named(request, practices)
    columns = columns_named(request)
    now = on_clock(at, practice)
    today = now.date()
    day = day_named(request.GET.get("day", "")) or today
    everybody = [{"id": one.pk, "title": str(one)} for one in owners_of(practice, columns, by=by)]
    config = {
        "practice": practice.pk,
        "columns": columns,
        "day": day.isoformat(),
        "today": today.isoformat(),
        "view": request.GET["view"] if request.GET.get("view") in VIEWS else "",
        "everybody": everybody,
        "scroll": f"{max(now.hour - 1, 0) if day == today else OPENS:02}:00",
        "mostInWeek": MOST_IN_WEEK,
        "mayBook": by.may(BOOK, practice.pk),
        "language": get_language() or "en",
        "urls": {
            "events": reverse("admin:calendar_events"),
            "move": reverse("admin:calendar_move"),
            "card": reverse("admin:calendar_card", args=(0,)).removesuffix("0/"),
            "book": reverse("admin:scheduling_appointment_add"),
            "print": reverse("admin:day_list"),
            "signIn": reverse("admin:login"),
        },
        "words": words(),
    }
    request.current_app = site.name
    context = {
        **site.each_context(request),
        "title": _("Calendar"),
        "config": config,
        "practice": practice,
        "practices": practices if len(practices) > 1 else [],
        "everybody": everybody,
        "add_url": "" if everybody else page_that_adds(request, columns),
        "may_book": config["mayBook"],
        "legend": legend(),
    }
    return TemplateResponse(request, "backoffice/calendar/calendar.html", context)


def page_that_adds(request: HttpRequest, columns: Columns) -> str:
    """Where whoever may adds the first specialist or room; "" for anybody else."""
    model = Room if columns == "room" else Specialist
    allowed = admin.site._registry[model].has_add_permission(request)
    return reverse(f"admin:directory_{model._meta.model_name}_add") if allowed else ""


def events_view(request: HttpRequest) -> HttpResponse:
    """The agenda of some days as JSON, 304 where the caller has it already. Polling it touches no session."""
    by, at = actor_of(request), timezone.now()
    try:
        practice = practice_named(request, practices_for(request, VIEW))
        first, last = typed_day(request, "first"), typed_day(request, "last")
        found = agenda(by, practice_id=practice.pk, first=first, last=last, columns=columns_named(request), at=at)
    except DomainError as error:
        return JsonResponse({"message": say(error)}, status=404 if isinstance(error, Missing) else 422)
    told = feed_of(found, may_move=by.may(MOVE, practice.pk), at=at)
    # The clock moves on its own: it does not make the answer a new one.
    known = hashlib.sha256(json.dumps({**told, "now": ""}, sort_keys=True).encode()).hexdigest()
    headers = {"ETag": f'"{known[:32]}"', "Cache-Control": "private, no-cache"}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return HttpResponse(status=304, headers=headers)
    return JsonResponse(told, headers=headers)


def practice_named(request: HttpRequest, practices: list[Practice]) -> Practice:
    """The practice that the address names, else the first; Missing for another's."""
    named = request.GET.get("practice", "")
    found = next((one for one in practices if not named or str(one.pk) == named), None)
    if found is None:
        raise Missing(_("Practice"))
    return found


def columns_named(request: HttpRequest) -> Columns:
    """What has a column each: specialists, unless rooms are asked for."""
    return "room" if request.GET.get("columns") == "room" else "specialist"


def day_named(text: str) -> date | None:
    """The day of an address; None for what is no day that anybody means."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1900 <= day.year <= 2199 else None


def typed_day(request: HttpRequest, name: str) -> date:
    """A day that the script sends; InvalidInput for anything else."""
    day = day_named(request.GET.get(name, ""))
    if day is None:
        raise InvalidInput({name: _("must be a day")})
    return day


def owners_of(practice: Practice, columns: Columns, *, by: Actor) -> list[Any]:
    """Who or what can be chosen to be shown."""
    if columns == "room":
        return list(Room.objects.visible_to(by).live().filter(practice=practice).order_by("name", "pk"))
    people = Specialist.objects.visible_to(by).taking_appointments().working_at(practice.pk)
    return list(people.order_by("last_name", "first_name", "pk"))


def words() -> dict[str, str]:
    """What the script says."""
    return {
        "nothing": _("Nobody is booked on these days."),
        "unreachable": _("The clinic cannot be reached. What you see may be out of date."),
        "signedOut": _("You have been signed out."),
        "signIn": _("Sign in again"),
        "notMoved": _("Not moved"),
        "nearest": _("Free nearby:"),
        "otherTimes": _("Other times, another room, or overbooking …"),
        "gone": _("This appointment is no longer there."),
    }


def legend() -> list[tuple[str, str]]:
    """The colors and what they mean."""
    status = AppointmentStatus
    shown = (status.REQUESTED, status.CONFIRMED, status.ARRIVED, status.IN_CARE, status.DONE, status.NO_SHOW)
    behind = [("slot", _("Offered")), ("time_off", _("Time off")), ("busy", _("Busy elsewhere"))]
    return [(f"bo-cal-{kind}", str(label)) for kind, label in (*((one.value, one.label) for one in shown), *behind)]
