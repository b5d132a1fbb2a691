"""The product's routes, and beside them a bare view of the same appointments."""

from __future__ import annotations

import base64

import orjson
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from django.utils import timezone

from api.cliniko.appointments import IndividualAppointmentBody, shown
from directory.services import authenticate_key
from patients.services import actor_for
from scheduling.models import Appointment

COLUMNS = tuple(dict.fromkeys(IndividualAppointmentBody.columns()))
SIZE = 50


def bare(request: HttpRequest) -> HttpResponse:
    """The least that a plain Django view can do: the same key, the same actor, the same two queries, orjson."""
    at = timezone.now()
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    text = base64.b64decode(token).decode().partition(":")[0]
    key = authenticate_key(text, at=at) if scheme == "Basic" else None
    if key is None:
        return JsonResponse({"message": "unauthorized"}, status=401)
    actor = actor_for(key.user, key=key, door="bare").at_work()
    if not actor.may("scheduling.view"):
        return JsonResponse({"message": "forbidden"}, status=403)
    rows = shown(Appointment.objects.visible_to(actor)).filter(
        Q(archived_at=None), ~Q(status__in=("cancelled", "rejected"))
    )
    rows = rows.filter(specialist_id=int(request.GET["q[]"].rpartition("=")[2])).order_by("created_at", "pk")
    start = (int(request.GET["page"]) - 1) * SIZE
    found = list(rows.values(*COLUMNS)[start : start + SIZE + 1])[:SIZE]
    body = {"individual_appointments": found, "total_entries": rows.order_by().values("pk").count()}
    return HttpResponse(orjson.dumps(body), content_type="application/json")


urlpatterns = [path("bare", bare), path("", include("clinic.urls"))]
