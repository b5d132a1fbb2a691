"""Each request is given its id and told apart by where it comes from; the answer carries the id."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from backoffice.kit.address import address_of
from core.checks import printable
from core.origin import Origin, coming_from

HEADER = "X-Request-ID"
# What a caller may call its request: nothing that could break a line of the log.
USABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")


def tell_origin(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer within `coming_from`: the history, the log and the sign-ins tell of the request by it."""

    def told(request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        origin = Origin(
            address=address_of(request),
            agent=printable(request.headers.get("User-Agent", ""))[:255],
            request_id=given if USABLE.fullmatch(given) else uuid.uuid4().hex,
        )
        with coming_from(origin):
            response = get_response(request)
        response[HEADER] = origin.request_id
        return response

    return told
