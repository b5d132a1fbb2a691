"""Middleware that records who saw whose records, on which page."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from core.looks import record_reading
from core.reads import noting_reads


def trace_reads(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: record the patients shown in a response; for a refusal or redirect only those that it names."""

    def traced(request: HttpRequest) -> HttpResponse:
        with noting_reads() as reading:
            response = get_response(request)
        if not 200 <= response.status_code < 300:
            reading.refused()
        record_reading(reading, page=page_of(request), at=timezone.now())
        return response

    return traced


def page_of(request: HttpRequest) -> str:
    """Return a page's name: that of its route, or else the address without its numbers."""
    found = request.resolver_match
    if found is None:
        return request.path
    return found.view_name if found.namespaces else found.route
