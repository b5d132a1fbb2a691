"""The address of a request."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from core.origin import address_in


def address_of(request: HttpRequest) -> str | None:
    """Return the client's address: the socket's, or behind TRUSTED_PROXIES proxies the one that the outermost saw.

    What a client itself writes into X-Forwarded-For lies further left and is never looked at.
    """
    seen = [request.META.get("REMOTE_ADDR", "")]
    proxies = settings.REST_FRAMEWORK["NUM_PROXIES"]
    if proxies:
        told = [one.strip() for one in request.headers.get("X-Forwarded-For", "").split(",") if one.strip()]
        seen = told[-proxies:][:1] or seen
    found = address_in(seen[0])
    return None if found is None else str(found)
