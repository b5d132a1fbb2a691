"""Moving a visit by drag, resize or the card; a refusal says why and offers near free times."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from backoffice.calendar.pages.booking.moving import into_group_or_time, reasons_against
from backoffice.calendar.visits import has_begun, visit_line
from backoffice.kit.actor import actor_of
from backoffice.kit.clock import moment, on_clock
from backoffice.kit.forms import say
from core.actor import Actor
from core.errors import Conflict, DomainError, Forbidden, InvalidInput, Missing, Unavailable
from directory.models import Practice, Room, Specialist
from scheduling.models import Appointment
from scheduling.services import reschedule_appointment

LARGEST_ID = 2**53
STATUS = {InvalidInput: 422, Conflict: 409, Forbidden: 403, Missing: 404, Unavailable: 503}


def move_view(request: HttpRequest) -> JsonResponse:
    """Move one visit to the wall time, the length and the column that the script sends; JSON either way.

    One that has begun is asked about first: the script sends `begun` once that is meant.
    """
    by, at = actor_of(request), timezone.now()
    try:
        row = visit_sent(request, by=by)
        wanted, seen_at = wanted_place(request, row.practice), sent_moment(request, "seen")
    except DomainError as error:
        return refusal(error)
    question = has_begun(row, at)
    if question and not request.POST.get("begun"):
        anyway = {"label": _("Move it anyway"), "values": {"begun": "1"}}
        return refusal(Conflict(question, code="begun"), lead="", nearest=[anyway])
    try:
        reschedule_appointment(row.pk, **into_group(row, wanted), seen_at=seen_at, by=by, at=at)
    except Conflict as error:
        if error.code == "stale":
            return refusal(error)
        return refusal(error, **elsewhere(row, wanted, by=by, at=at))
    except (DomainError, Unavailable) as error:
        return refusal(error)
    return JsonResponse({"message": _("Moved: %(visit)s") % {"visit": visit_line(visit_sent(request, by=by))}})


def visit_sent(request: HttpRequest, *, by: Actor) -> Appointment:
    """The visit that the script names; Missing for another's."""
    rows = Appointment.objects.visible_to(by).select_related("practice", "specialist", "room", "patient")
    row: Appointment = rows.prefetch_related("services__service").one(pk=sent_id(request, "appointment"))
    return row


def wanted_place(request: HttpRequest, practice: Practice) -> dict[str, Any]:
    """Where to, as the verb wants it; InvalidInput names what cannot be read."""
    place: dict[str, Any] = {"starts_at": moment(sent_wall(request, "starts_at"), practice, field="starts_at")}
    if request.POST.get("ends_at"):
        place["ends_at"] = moment(sent_wall(request, "ends_at"), practice, field="ends_at")
    if request.POST.get("column"):
        key = "room_id" if request.POST.get("columns") == "room" else "specialist_id"
        place[key] = sent_id(request, "column")
    return place


def into_group(row: Appointment, wanted: dict[str, Any]) -> dict[str, Any]:
    """The wanted place, in the group that begins then, if any; a visit dragged longer stays where it is."""
    person = wanted.get("specialist_id", row.specialist_id)
    if (person, wanted["starts_at"]) == (row.specialist_id, row.starts_at):
        return wanted
    return {**wanted, **into_group_or_time(row, person, wanted["starts_at"])}


def elsewhere(row: Appointment, wanted: dict[str, Any], *, by: Actor, at: datetime) -> dict[str, Any]:
    """Every reason against the wanted place, the nearest free times, and the page with more ways."""
    person = Specialist.objects.visible_to(by).filter(pk=wanted.get("specialist_id", row.specialist_id)).first()
    room = Room.objects.visible_to(by).filter(pk=wanted.get("room_id", row.room_id)).first()
    reasons, nearest = reasons_against(
        row, starts_at=wanted["starts_at"], ends_at=wanted.get("ends_at"), person=person, room=room, by=by, at=at
    )
    told: dict[str, Any] = {"more": reverse("admin:scheduling_appointment_reschedule", args=(row.pk,))}
    if reasons:
        told["message"] = " ".join(reasons)
    told["nearest"] = [
        {
            "label": f"{choice.when} · {choice.who}",
            "values": {
                "starts_at": on_clock(choice.starts_at, row.practice).isoformat(timespec="minutes"),
                "ends_at": "",
                "columns": "specialist",
                "column": str(choice.specialist_id),
            },
        }
        for choice in nearest
    ]
    return told


def refusal(error: DomainError | Unavailable, **more: Any) -> JsonResponse:
    """Why not, with what there is instead."""
    status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
    return JsonResponse({"message": say(error), **more}, status=status)


def sent_id(request: HttpRequest, name: str) -> int:
    """An id that the script sends."""
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 17 and 0 < int(text) < LARGEST_ID):
        raise InvalidInput({name: _("must be an id")})
    return int(text)


def sent_wall(request: HttpRequest, name: str) -> datetime:
    """What the practice's clock shows, as the script sends it."""
    found = read_moment(request.POST.get(name, ""))
    if found is None or found.tzinfo is not None:
        raise InvalidInput({name: _("must be a day and a time")})
    return found


def sent_moment(request: HttpRequest, name: str) -> datetime:
    """When the visit was last changed as far as the script knows."""
    found = read_moment(request.POST.get(name, ""))
    if found is None or found.tzinfo is None:
        raise InvalidInput({name: _("must be a moment")})
    return found


def read_moment(text: str) -> datetime | None:
    """A day and a time, or None."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is not None and 1900 <= found.year <= 2199 else None
