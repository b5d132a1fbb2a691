"""The project's paths, and the bare view that the list of services is measured against."""

from __future__ import annotations

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from django.utils import timezone

from catalog.models import Service
from directory.services import authenticate_key
from patients.services import actor_for

COLUMNS = (
    "uuid",
    "name",
    "slug",
    "description",
    "category",
    "specialty__id",
    "specialty__name",
    "duration_minutes",
    "buffer_minutes",
    "base_price",
    "currency",
    "is_addon",
    "is_public",
    "published",
    "cover_url",
    "video_url",
)


def bare(request: HttpRequest) -> HttpResponse:
    """The least that a plain Django view can do: the same key, the same actor, the same query, `values()`, orjson."""
    scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
    key = authenticate_key(text, at=timezone.now()) if scheme == "Bearer" else None
    if key is None:
        return JsonResponse({"error": "unauthorized"}, status=401)
    actor = actor_for(key.user, key=key, door="bare")
    if not actor.may("catalog.view"):
        return JsonResponse({"error": "forbidden"}, status=403)
    services = Service.objects.visible_to(actor).live().order_by("pk")
    lookups: dict[str, object] = {}
    for name in ("published", "is_public"):
        if name in request.GET:
            lookups[name] = request.GET[name] == "true"
    if "category" in request.GET:
        lookups["category"] = request.GET["category"]
    found = services.filter(**lookups) if lookups else services
    rows = list(found.values(*COLUMNS)[: int(request.GET["page_size"]) + 1])[:-1]
    total = found.order_by().values("pk")[:10_001].count()
    return HttpResponse(orjson.dumps({"services": rows, "total": total}, default=str), content_type="application/json")


urlpatterns = [path("bare", bare), path("", include("clinic.urls"))]
