"""What no view answers: unknown paths under a contract's mounts, and failures outside of any view."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from api.base.contract import Problem
from api.base.errors import CODES, problem_of, reply
from api.contracts import contract_of
from core.errors import Unavailable


@csrf_exempt
def nowhere(request: HttpRequest, path: str = "") -> HttpResponse:
    """404 in the contract's words, with DEBUG too, where Django would show a page of its own."""
    contract = contract_of(request.path)
    if contract is None:
        return defaults.page_not_found(request, Exception())
    return contract.finish(request, reply(contract, Problem(404, CODES[404], _("Not found"))))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 for what Django itself refuses, such as a host name that is not ours; 413 for a form that is too long."""
    contract = contract_of(request.path)
    if contract is None and isinstance(exception, RequestDataTooBig):
        limit = settings.UPLOAD_MAX_BYTES // 1024 // 1024
        return render(request, "413.html", {"limit": limit}, status=413)
    if contract is None:
        return defaults.bad_request(request, exception)
    if isinstance(exception, RequestDataTooBig):
        return contract.finish(request, reply(contract, Problem(413, CODES[413], _("The request is too long."))))
    return contract.finish(request, reply(contract, Problem(400, CODES[400], _("The request cannot be read."))))


def server_error(request: HttpRequest, *_args: Any) -> HttpResponse:
    """500: a mistake of ours. What it was is in the log, not in the reply.

    503 where the database or the cache was busy, too slow or away before or outside of what a view looks after.
    """
    contract, error = contract_of(request.path), sys.exc_info()[1]
    busy = problem_of(error) if isinstance(error, DatabaseError | Unavailable) else None
    if busy is not None and busy.status == 503:
        if contract is not None:
            return contract.finish(request, reply(contract, busy))
        return HttpResponse(loader.render_to_string("503.html"), status=503, headers=busy.headers)
    if contract is None:
        return defaults.server_error(request)
    problem = Problem(500, "internal_error", _("Something went wrong. It has been recorded."))
    return contract.finish(request, reply(contract, problem))
