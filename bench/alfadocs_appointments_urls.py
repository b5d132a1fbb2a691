"""The product's routes, and beside them a bare view of the same appointments."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from django.utils import timezone

from api.alfadocs.appointments import AppointmentBody, shown
from directory.models import Practice
from directory.services import authenticate_key
from patients.services import actor_for
from scheduling.models import Appointment

COLUMNS = tuple(dict.fromkeys(AppointmentBody.columns()))


def bare(request: HttpRequest, practice_id: int, archive_id: int) -> HttpResponse:
    """The least that a plain Django view can do: the same key, the same actor and practice, the same query, orjson."""
    at = timezone.now()
    scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
    key = authenticate_key(text, at=at) if scheme == "Bearer" else None
    if key is None:
        return JsonResponse({"error": "unauthorized"}, status=401)
    actor = actor_for(key.user, key=key, door="bare").at_work()
    if not actor.may("scheduling.view"):
        return JsonResponse({"error": "forbidden"}, status=403)
    practice = Practice.objects.visible_to(actor).get(pk=practice_id, organization=archive_id)
    zone = practice.zone
    first, last = (datetime.fromisoformat(request.GET[name]).date() for name in ("dateStart", "dateEnd"))
    begin, end = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    rows = shown(Appointment.objects.visible_to(actor).filter(practice=practice))
    rows = rows.filter(starts_at__gte=begin, starts_at__lt=end).order_by("starts_at", "pk")
    found = list(rows.values(*COLUMNS))
    body = {"status": "success", "count": len(found), "data": found}
    return HttpResponse(orjson.dumps(body), content_type="application/json")


urlpatterns = [
    path("bare/practices/<id:practice_id>/archives/<id:archive_id>/appointments", bare),
    path("", include("clinic.urls")),
]
