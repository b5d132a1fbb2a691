"""The project's paths, and the bare view that booking is measured against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from directory.services import authenticate_key
from patients.services import actor_for

# What one booking says to the database behind authentication, as it was recorded: (SQL, parameters), with markers
# for what differs from booking to booking. Filled by bench.booking.
STATEMENTS: list[tuple[str, Sequence[Any]]] = []
# Replaces the recorded values by those of the next booking.
next_values: list[Any] = []


@csrf_exempt
def bare(request: HttpRequest) -> HttpResponse:
    """The least that a plain Django view can do: the same key, the same actor, the same statements, orjson."""
    scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
    key = authenticate_key(text, at=timezone.now()) if scheme == "Bearer" else None
    if key is None:
        return HttpResponse(status=401)
    actor_for(key.user, key=key, door="bare")
    asked = orjson.loads(request.body)
    renew = next_values[0](asked)
    row: Any = None
    with transaction.atomic(), connection.cursor() as cursor:
        for sql, parameters in STATEMENTS:
            cursor.execute(sql, renew(parameters))
            if cursor.description:
                rows = cursor.fetchall()
                row = rows[0] if rows else row
                renew.saw(sql, rows)
    return HttpResponse(orjson.dumps({"id": row[0], **asked}, default=str), status=201, content_type="application/json")


urlpatterns = [path("bare", bare), path("", include("clinic.urls"))]
