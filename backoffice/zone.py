"""Staff see and type times in their practice's zone, not the server's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from backoffice.actor import actor_of, is_staff, practices_of
from directory.models import Practice


def in_practice_zone(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: inside the back office the active zone is that of the actor's first practice."""

    def respond(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(reverse("admin:index")) or not is_staff(actor_of(request)):
            return get_response(request)
        practices = practices_of(request)
        with timezone.override(practices[0].zone if practices else None):
            return get_response(request)

    return respond


def show_when(at: datetime | None, practice: Practice | None = None) -> str:
    """`at` as staff read it: the practice's wall time, with the zone's name where it is not the active one."""
    if at is None:
        return ""
    if practice is None:
        return date_format(timezone.localtime(at), "DATETIME_FORMAT")
    local = at.astimezone(practice.zone)
    text = date_format(local, "DATETIME_FORMAT")
    same = local.utcoffset() == timezone.localtime(at).utcoffset()
    return text if same else f"{text} {local.tzname()}"
