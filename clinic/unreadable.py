"""Unreadable parts of requests, which are treated as if they had not been sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_header_parameters

from core.checks import printable

FORM = "application/x-www-form-urlencoded"
# Letters and punctuation that every text encoding reads as themselves, and encodings such as "hex" do not.
PLAIN = "azAZ09 +~&=%\\\\"


def drop_unreadable(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: ignore a cookie with a NUL, which as a session's key would be a server error on PostgreSQL.

    A NUL cannot stand in a header, but a quoted cookie may spell it: `sessionid="\000..."`.
    """

    def answered(request: HttpRequest) -> HttpResponse:
        cookies = request.COOKIES
        for name in [name for name, value in cookies.items() if printable(value) != value]:
            del cookies[name]
        return get_response(request)

    return answered


class ReadableRequest(WSGIRequest):
    """A request that is read as UTF-8 if it names an encoding that is not a text encoding.

    Python has such encodings ("hex", "idna"). Django would decode the address with them before any of our code runs,
    and the server would answer 500. A form is read as UTF-8 whatever it says (RFC 1866).
    """

    def _set_content_type_params(self, meta: Mapping[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        encoding = self.content_params.get("charset", "")
        if encoding and self.content_type != FORM and _is_of_text(encoding):
            self.encoding = encoding


class Handler(WSGIHandler):
    """Django's handler, for readable requests."""

    request_class = ReadableRequest


def _is_of_text(encoding: str) -> bool:
    """Whether the encoding reads plain letters as themselves."""
    try:
        return PLAIN.encode().decode(encoding, "replace") == PLAIN
    except (LookupError, ValueError):
        return False
