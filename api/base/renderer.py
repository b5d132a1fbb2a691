"""JSON out and in, through orjson."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

import orjson
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

# Date-times as "2026-02-01T10:00:00Z".
OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS
MAX_DEPTH = 64


def _default(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    if isinstance(value, Promise):
        return str(value)
    raise TypeError(f"no JSON for {type(value)}")


def to_json(data: Any) -> bytes:
    """Return `data` as UTF-8 JSON: UTC date-times with `Z` and without a fraction, Decimals as exact numbers."""
    return orjson.dumps(data, default=_default, option=OPTIONS)


def promised_length(request: HttpRequest | Request) -> int:
    """Return the body's length by the request's header; 0 without one, and then nothing is read."""
    length = request.META.get("CONTENT_LENGTH") or ""
    # Zeros before it are no digits of it, and of a number without end twenty are enough.
    return int(length.lstrip("0")[:20] or 0) if length.isascii() and length.isdigit() else 0


class TooLarge(exceptions.APIException):
    """The body is longer than the server accepts."""

    status_code = 413
    default_detail = "The request is too large."
    default_code = "too_large"


class JSONRenderer(BaseRenderer):
    """Writes every reply that has a body."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """`data` as JSON, nothing for an empty reply."""
        return b"" if data is None else to_json(data)


class JSONParser(BaseParser):
    """Reads a request's body; 413 for one too long, 400 for one malformed or too deep."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The body's value."""
        limit = (parser_context or {})["view"].body_limit
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise exceptions.ParseError(_("The body is not valid JSON.")) from None
        check_depth(data)
        return data


def check_depth(data: Any) -> None:
    """Refuse lists and objects nested deeper than MAX_DEPTH (the parser itself stops at a thousand)."""
    level = [data]
    for _depth in range(MAX_DEPTH):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner.extend(v for v in value.values() if isinstance(v, dict | list))
            elif isinstance(value, list):
                inner.extend(v for v in value if isinstance(v, dict | list))
        if not inner:
            return
        level = inner
    raise exceptions.ParseError(_("The body is nested too deeply."))


class AlwaysJSON(BaseContentNegotiation):
    """Ignores `Accept`: a contract answers everyone in JSON."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        """The parser of the request's media type, or None (415)."""
        sent = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == sent), None)

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        """The only one."""
        return renderers[0], renderers[0].media_type
