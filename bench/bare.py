"""The product's routes, and beside them two bare views that say to the database what the product's own view said.

Both authenticate in the same way, make a dict of each row and answer with orjson. `bare` is what a plain Django view
does with `values()`: where the product has a statement ready (`core.prepared`), it makes the same queryset, has Django
compile it and convert its rows, at each request. `ready` runs the statements as ready text and converts nothing: the
least that any view can do which reads the same rows and gives the same total.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import orjson
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from django.utils import timezone

from directory.services import authenticate_key
from patients.services import actor_for

# The statements of the list that is measured, each with what makes the queryset of a prepared one; set by
# `bench.asking`.
STATEMENTS: list[tuple[str, Any, Callable[[], Any] | None]] = []


def bare(request: HttpRequest) -> HttpResponse:
    """The same key, the same actor, the same querysets, orjson."""
    return _answer(request, is_ready=False)


def ready(request: HttpRequest) -> HttpResponse:
    """The same key, the same actor, the same statements, orjson."""
    return _answer(request, is_ready=True)


def _answer(request: HttpRequest, *, is_ready: bool) -> HttpResponse:
    scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Basic":
        text = base64.b64decode(text).decode().partition(":")[0]
    key = authenticate_key(text, at=timezone.now())
    if key is None:
        return JsonResponse({"errors": "unauthorized"}, status=401)
    actor_for(key.user, key=key, door="bare")
    found: list[Any] = []
    with connection.cursor() as cursor:
        for sql, params, make in STATEMENTS:
            compiler = None if is_ready or make is None else make().query.get_compiler(using="default")
            made = "" if compiler is None else compiler.as_sql()[0]
            cursor.execute(sql, params)
            if cursor.description:
                names = [one[0] for one in cursor.description]
                rows: Any = cursor.fetchall()
                if compiler is not None and sql.startswith(made):
                    rows = converted(compiler, rows)
                found.append([dict(zip(names, row, strict=True)) for row in rows])
    return HttpResponse(orjson.dumps(found, default=str), content_type="application/json")


def converted(compiler: Any, rows: list[Any]) -> Any:
    """The rows with Python's values in them, as `values()` gives them."""
    converters = compiler.get_converters([one[0] for one in compiler.select])
    return compiler.apply_converters(rows, converters) if converters else rows


urlpatterns = [path("bare", bare), path("ready", ready), path("", include("clinic.urls"))]
