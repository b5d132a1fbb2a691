"""The product's routes, and beside them a bare view of the same slots."""

from __future__ import annotations

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from django.utils import timezone

from directory.services import authenticate_key
from patients.services import actor_for
from scheduling.models import AvailableSlot

COLUMNS = (
    "id",
    "specialist_id",
    "starts_at",
    "ends_at",
    "appointment_type",
    "booked",
    "capacity",
    "blocked",
    "series_id",
    "series__pattern",
    "created_at",
    "updated_at",
    "specialist__id",
    "specialist__first_name",
    "specialist__last_name",
)


def bare(request: HttpRequest) -> HttpResponse:
    """The least that a plain Django view can do: the same key, the same actor, the same query, `values()`, orjson."""
    at = timezone.now()
    scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
    key = authenticate_key(text, at=at) if scheme == "Bearer" else None
    if key is None:
        return JsonResponse({"errors": "unauthorized"}, status=401)
    actor = actor_for(key.user, key=key, door="bare").at_work("clinic_admin")
    if not actor.may("scheduling.view_slots"):
        return JsonResponse({"errors": "forbidden"}, status=403)
    slots = AvailableSlot.objects.visible_to(actor).offered().order_by("starts_at", "pk").available(at)
    slots = slots.filter(specialist_id=int(request.GET["provider_id"]))
    rows = list(slots.values(*COLUMNS)[: int(request.GET["page_size"]) + 1])[:-1]
    total = slots.order_by().values("pk")[:10_001].count()
    return HttpResponse(orjson.dumps({"available_slots": rows, "total": total}), content_type="application/json")


urlpatterns = [path("bare", bare), path("", include("clinic.urls"))]
