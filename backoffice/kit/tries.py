"""Attempts at sign-in, counted before they are checked."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import ngettext

from backoffice.kit.address import address_of
from directory.services.sign_ins import Attempt, begin_sign_in
from directory.states import SignInStep

WAIT = "sign_in_wait"


def try_to(step: SignInStep, request: HttpRequest, *, account: str, browser: str = "") -> Attempt:
    """Count an attempt of the request; raise ValidationError for one too many, which is answered with 429."""
    attempt = begin_sign_in(
        step=step,
        account=account,
        address=address_of(request),
        agent=request.headers.get("User-Agent", ""),
        browser=browser,
        at=timezone.now(),
    )
    if attempt.wait:
        request.__dict__[WAIT] = attempt.wait
        minutes = -(-attempt.wait // 60)
        raise ValidationError(
            ngettext(
                "Too many attempts. Try again in %(minutes)d minute.",
                "Too many attempts. Try again in %(minutes)d minutes.",
                minutes,
            )
            % {"minutes": minutes},
            code="too_many",
        )
    return attempt


def with_wait(request: HttpRequest, response: Any) -> HttpResponse:
    """Return the response, as a 429 if the request was one attempt too many."""
    if wait := request.__dict__.get(WAIT):
        response.status_code, response["Retry-After"] = 429, str(wait)
    return response  # type: ignore[no-any-return]
