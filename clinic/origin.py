"""Middleware that gives each request an id and records its origin; the response and the log carry the id."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from backoffice.kit.address import address_of
from clinic.reads import page_of
from core.checks import printable
from core.origin import Origin, coming_from

logger = logging.getLogger("clinic.requests")

HEADER = "X-Request-ID"
# What a caller may call its request: nothing that could break a line of the log.
USABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")


def tell_origin(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: answer within `coming_from`, so that the history, the log and the sign-ins record the origin."""

    def told(request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        origin = Origin(
            address=address_of(request),
            agent=printable(request.headers.get("User-Agent", ""))[:255],
            request_id=given if USABLE.fullmatch(given) else uuid.uuid4().hex,
        )
        began = time.monotonic()
        with coming_from(origin):
            response = get_response(request)
            response[HEADER] = origin.request_id
            if logger.isEnabledFor(logging.INFO):
                logger.info("answered", extra=in_short(request, response, began))
        return response

    return told


def in_short(request: HttpRequest, response: HttpResponse, began: float) -> dict[str, Any]:
    """Return what the log records of a request: its page, without the rest of the address, and its user."""
    user = request.__dict__.get("_cached_user")
    return {
        "method": request.method,
        "page": page_of(request) if request.resolver_match else "",
        "status": response.status_code,
        "milliseconds": round(1000 * (time.monotonic() - began)),
        "user": user.pk if user is not None else None,
    }
