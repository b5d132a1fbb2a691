"""The OAuth2 endpoints that programs call: for tokens, and to revoke one."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import Error as DatabaseError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.views import RevokeTokenView, TokenView

from api.base.renderer import promised_length
from api.base.throttling import WindowThrottle
from core.db import trying
from core.db_errors import translate
from core.errors import Conflict, DomainError, Unavailable

FORM = "application/x-www-form-urlencoded"
MOST_BYTES = 16 * 1024
# What must not be sent twice. Of what is not the standard's, such as AlfaDocs' `oauth_scope_list`, nothing is read.
ONCE = (
    "grant_type", "client_id", "client_secret", "code", "redirect_uri", "code_verifier", "refresh_token", "scope",
    "token", "token_type_hint",
)  # fmt: skip


class OAuthThrottle(WindowThrottle):
    """The limit of token requests per address (`RATE_OAUTH`)."""

    scope = "oauth"


def refuse(status: int, error: str, description: str, **headers: str) -> JsonResponse:
    """Return a refusal in the form of RFC 6749."""
    body = {"error": error, "error_description": description}
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store", **headers})


# What a token is given for. The library knows more, and tries a password before it says that nobody may use one.
GRANTS = ("authorization_code", "refresh_token", "client_credentials")

# What the library says no more of than a word.
WORDS = {
    "invalid_client": gettext_lazy("The client is unknown, closed, or sent no secret or a wrong one."),
    "invalid_grant": gettext_lazy("The code or token is unknown, expired, revoked, used already or another client's."),
    "invalid_scope": gettext_lazy("The client may not have all of these scopes."),
    "unauthorized_client": gettext_lazy("The client is not registered for this kind of grant."),
    "unsupported_grant_type": gettext_lazy(
        "The grant_type is authorization_code, refresh_token or client_credentials."
    ),
}


def explained(response: HttpResponse) -> HttpResponse:
    """The library's refusal with a description, where it has none."""
    if response.status_code < 400:
        return response
    body = json.loads(response.content)
    body.setdefault("error_description", str(WORDS.get(body["error"], _("The request cannot be answered."))))
    response.content = json.dumps(body).encode()
    response["Content-Type"], response["Cache-Control"] = "application/json", "no-store"
    return response


@csrf_exempt
def no_such_endpoint(request: HttpRequest, rest: str) -> HttpResponse:
    """404 as the endpoints beside it refuse."""
    return refuse(404, "not_found", _("There is no such endpoint."))


class _Endpoint:
    """What both endpoints have: limits before work, one transaction, and refusals that programs can read."""

    http_method_names = ["post", "options"]

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return refuse(405, "invalid_request", _("Send it as a POST."), Allow="POST")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The library's answer to a well-formed request."""
        refusal = self.refusal(request)
        if refusal is not None:
            return refusal
        try:
            return trying(lambda: self.answered(request))
        except Unavailable as error:
            again = {"Retry-After": str(error.retry_after)}
            return refuse(503, "temporarily_unavailable", _("The service is busy; try again in a moment."), **again)
        except Conflict:
            # Another request with the same code or token was faster.
            return refuse(400, "invalid_grant", _("Another request has used it already."))
        except DomainError as error:
            return refuse(400, "invalid_request", str(error))

    def answered(self, request: HttpRequest) -> HttpResponse:
        """The library's answer, all of it or none stored."""
        try:
            with transaction.atomic():
                response: HttpResponse = super().post(request)  # type: ignore[misc] # of the view it is mixed into
                return explained(response)
        except DatabaseError as error:
            raise translate(error) from error

    def refusal(self, request: HttpRequest) -> HttpResponse | None:
        """What is wrong with the request itself."""
        taken = OAuthThrottle.take(f"address:{OAuthThrottle().get_ident(request)}")
        if taken.too_many:
            wait = str(taken.seconds_left())
            return refuse(429, "temporarily_unavailable", _("Too many requests. Slow down."), **{"Retry-After": wait})
        if promised_length(request) > MOST_BYTES:
            return refuse(413, "invalid_request", _("The request is too large."))
        if request.content_type != FORM:
            return refuse(400, "invalid_request", _("The body must be sent as %(type)s.") % {"type": FORM})
        try:
            sent = request.POST
        except RequestDataTooBig:
            return refuse(413, "invalid_request", _("The request is too large."))
        except (SuspiciousOperation, UnreadablePostError):
            return refuse(400, "invalid_request", _("The request cannot be read."))
        if any("\x00" in text for name, values in sent.lists() for text in (name, *values)):
            return refuse(400, "invalid_request", _("Null characters are not allowed."))
        if twice := sorted(name for name, values in sent.lists() if len(values) > 1 and name in ONCE):
            told = _("Sent more than once: %(names)s") % {"names": ", ".join(twice)}
            return refuse(400, "invalid_request", told)
        if request.headers.get("Authorization") and sent.get("client_secret"):
            told = _("The request carries more than one credential. Send exactly one.")
            return refuse(400, "invalid_request", told)
        return None


class TokenEndpoint(_Endpoint, TokenView):
    """/oauth2/token."""

    def refusal(self, request: HttpRequest) -> HttpResponse | None:
        """What is wrong with the request itself; a grant that is not given here is refused before it is looked at."""
        if (refused := super().refusal(request)) is not None:
            return refused
        grant = request.POST.get("grant_type")
        if grant in GRANTS:
            return None
        return refuse(
            400,
            "unsupported_grant_type" if grant else "invalid_request",
            str(WORDS["unsupported_grant_type"]),
        )


class RevokeEndpoint(_Endpoint, RevokeTokenView):
    """/oauth2/revoke (RFC 7009)."""
