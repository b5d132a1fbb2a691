"""The error handler of all contracts: exception -> Problem -> the contract's own error body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import singledispatch
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import Error as DatabaseError
from django.db.models import ProtectedError
from django.http import Http404, HttpResponse
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from rest_framework import exceptions

from api.base.contract import Contract, Problem
from api.base.renderer import to_json
from core.db_errors import translate
from core.errors import Conflict, DomainError, Forbidden, InvalidInput, Missing, Unavailable

CODES = {
    400: "malformed_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
}


def reply(contract: Contract, problem: Problem) -> HttpResponse:
    """Return the contract's response for `problem`."""
    body = to_json(contract.error_body(problem))
    headers = {"Cache-Control": "no-store", **problem.headers}
    return HttpResponse(body, status=problem.status, content_type="application/json", headers=headers)


def problem_of(error: BaseException) -> Problem | None:
    """Return what `error` means to a client; None for a mistake of ours, which is a 500."""
    if isinstance(error, DatabaseError | ProtectedError):
        try:
            error = translate(error)
        except (DatabaseError, ProtectedError):
            return None
    return _problem(error)


@singledispatch
def _problem(error: BaseException) -> Problem | None:
    return None


@_problem.register
def _domain(error: DomainError) -> Problem:
    # A kind that this table does not know is refused like any other rule that the present state breaks.
    return Problem(409, error.code, str(error.message))


@_problem.register
def _invalid(error: InvalidInput) -> Problem:
    fields = {name: str(why) for name, why in error.fields.items() if name}
    # What is wrong with the whole has no field to stand under.
    return Problem(422, error.code, str(error.fields.get("", error.message)), fields)


@_problem.register
def _conflict(error: Conflict) -> Problem:
    return Problem(409, error.code, str(error.message), clashes=error.clashes)


@_problem.register
def _forbidden(error: Forbidden) -> Problem:
    return Problem(403, error.code, str(error.message))


@_problem.register
def _missing(error: Missing) -> Problem:
    return Problem(404, error.code, str(error.message))


@_problem.register
def _unavailable(error: Unavailable) -> Problem:
    headers = {"Retry-After": str(error.retry_after)}
    return Problem(503, "unavailable", _("The service is busy; try again in a moment."), headers=headers)


@_problem.register
def _of_django(error: Http404 | PermissionDenied | SuspiciousOperation | UnreadablePostError) -> Problem:
    if isinstance(error, Http404):
        return Problem(404, CODES[404], _("Not found"))
    if isinstance(error, PermissionDenied):
        return Problem(403, CODES[403], _("You are not allowed to do this."))
    if isinstance(error, RequestDataTooBig):
        return Problem(413, CODES[413], _("The request is too large."))
    return Problem(400, CODES[400], _("The request cannot be read."))


@_problem.register
def _of_the_framework(error: exceptions.APIException) -> Problem:
    headers: dict[str, str] = {}
    if isinstance(error, exceptions.ValidationError):
        return _invalid(InvalidInput(dict(flatten(error.detail))))
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    wait = getattr(error, "wait", None)
    if wait is not None:
        headers["Retry-After"] = str(int(-(-wait // 1)))
    code = getattr(error, "own_code", "") or CODES.get(error.status_code, error.default_code)
    return Problem(error.status_code, code, str(error.detail), getattr(error, "fields", {}), headers=headers)


def flatten(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Flatten the framework's nested validation errors to `field.inner` -> text ("" = the whole)."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            name = "" if key == "non_field_errors" else str(key)
            yield from flatten(inner, ".".join(part for part in (path, name) if part))
    elif isinstance(detail, list) and any(isinstance(item, Mapping) for item in detail):
        for index, item in enumerate(detail):
            yield from flatten(item, f"{path}.{index}")
    else:
        yield path, " ".join(str(item) for item in detail) if isinstance(detail, list) else str(detail)
