"""The product's routes, and beside them a bare view that says to the database what the product's own view said.

It authenticates in the same way, runs the recorded statements, makes a dict of each row and answers with orjson: the
least that a view can do which reads the same rows and gives the same total.
"""

from __future__ import annotations

import base64
from typing import Any

import orjson
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from django.utils import timezone

from directory.services import authenticate_key
from patients.services import actor_for

# The statements of the list that is measured; set by `bench.asking`.
STATEMENTS: list[tuple[str, Any]] = []


def bare(request: HttpRequest) -> HttpResponse:
    """The same key, the same actor, the same statements, orjson."""
    scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Basic":
        text = base64.b64decode(text).decode().partition(":")[0]
    key = authenticate_key(text, at=timezone.now())
    if key is None:
        return JsonResponse({"errors": "unauthorized"}, status=401)
    actor_for(key.user, key=key, door="bare")
    found: list[Any] = []
    with connection.cursor() as cursor:
        for sql, params in STATEMENTS:
            cursor.execute(sql, params)
            if cursor.description:
                names = [one[0] for one in cursor.description]
                found.append([dict(zip(names, row, strict=True)) for row in cursor.fetchall()])
    return HttpResponse(orjson.dumps(found, default=str), content_type="application/json")


urlpatterns = [path("bare", bare), path("", include("clinic.urls"))]
