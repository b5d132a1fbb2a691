"""Authentication: a program by its key or token, a signed-in person by their session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from api.base.operations import ANY_SCOPE
from directory.models import AccessToken, ApiKey, User
from directory.services import authenticate_key, authenticate_token

Schemes = dict[str, dict[str, Any]]


class Described:
    """A way to sign in, as a contract's OpenAPI document names it."""

    def schemes(self, scopes: Mapping[str, Any]) -> Schemes:
        """The OpenAPI security schemes by name; `scopes` are those that a token of this contract can have."""
        raise NotImplementedError

    def required(self, scope: str) -> list[dict[str, list[str]]]:
        """What an operation of this scope asks for: one of these."""
        return [{name: []} for name in self.schemes({})]


class Key(Described, authentication.BaseAuthentication):
    """An API key, wherever it is carried. A wrong key is a 401, even where none is needed."""

    def carried(self, request: Request) -> str | None:
        """Return the key's text; None if this carrier has none."""
        raise NotImplementedError

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """Return the key's owner and the key; None without one."""
        text = self.carried(request)
        if text is None:
            return None
        found = authenticate_key(text.strip(), at=timezone.now())
        if found is None:
            raise exceptions.AuthenticationFailed(_("The key is unknown, revoked or expired."))
        return found.user, found


class BearerKey(Key):
    """`Authorization: Bearer <key>`."""

    def carried(self, request: Request) -> str | None:
        """What follows the scheme; None where the header names another one or is absent."""
        scheme, _space, key = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        return key if scheme.lower() == "bearer" else None

    def authenticate_header(self, request: Request) -> str:
        """The challenge; without one the framework would turn a 401 into a 403."""
        return 'Bearer realm="clinic"'

    def schemes(self, scopes: Mapping[str, Any]) -> Schemes:
        """The bearer scheme."""
        return {"key": {"type": "http", "scheme": "bearer", "description": str(_("An API key."))}}


class ApiKeyHeader(Key):
    """`X-Api-Key: <key>`."""

    def carried(self, request: Request) -> str | None:
        """The header's value."""
        key: str | None = request.META.get("HTTP_X_API_KEY")
        return key

    def authenticate_header(self, request: Request) -> str:
        """The challenge; without one the framework would turn a 401 into a 403."""
        return 'ApiKey realm="clinic"'

    def schemes(self, scopes: Mapping[str, Any]) -> Schemes:
        """The header."""
        described = {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": str(_("An API key."))}
        return {"apiKey": described}


class Bearer(BearerKey):
    """`Authorization: Bearer <key or access token>`, for contracts that document OAuth2."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey | AccessToken] | None:
        """Return the owner of the key or token, and it; None without one."""
        text = self.carried(request)
        if text is None or text.strip().startswith(ApiKey.BEGINS):
            return super().authenticate(request)
        found = authenticate_token(text.strip(), at=timezone.now())
        if found is None:
            raise exceptions.AuthenticationFailed(_("The access token is unknown, revoked or expired."))
        return found.owner, found

    def schemes(self, scopes: Mapping[str, Any]) -> Schemes:
        """A key, or an access token: both travel in the same header."""
        told = {name: str(words) for name, words in scopes.items()}
        endpoint: dict[str, Any] = {"tokenUrl": "/oauth2/token", "refreshUrl": "/oauth2/token", "scopes": told}
        token = {
            "type": "oauth2",
            "description": str(_("An access token, limited to the scopes that were consented to.")),
            "flows": {
                "authorizationCode": {"authorizationUrl": "/oauth2/authorize", **endpoint},
                "clientCredentials": endpoint,
            },
        }
        return {**super().schemes(scopes), "oauth2": token}

    def required(self, scope: str) -> list[dict[str, list[str]]]:
        """A key, or a token with the operation's scope."""
        key: dict[str, list[str]] = {"key": []}
        return [key, {"oauth2": [] if scope == ANY_SCOPE else [scope]}] if scope else [key]


# Where a credential may be sent: the headers of all contracts, and the parameters that some programs try.
HEADERS = ("HTTP_X_API_KEY", "HTTP_X_USER_TOKEN")
PARAMETERS = ("access_token", "api_key")


def refuse_two_credentials(request: Request) -> None:
    """Refuse (400) a request that sends more than one credential: whose it is must not depend on which is read first.

    The browser's session does not count, as the browser sends its cookie with everything.
    """
    meta, parameters = request.META, request.GET
    scheme, _space, key = meta.get("HTTP_AUTHORIZATION", "").partition(" ")
    # A header that is sent twice comes as one, with a comma; no credential has one.
    sent = 1 + key.count(",") if scheme.lower().rstrip(":") in ("bearer", "basic") and key.strip() else 0
    sent += sum(bool(meta.get(name)) for name in HEADERS)
    sent += sum(len(parameters.getlist(name)) for name in PARAMETERS)
    if sent > 1:
        raise TwoCredentials


class TwoCredentials(exceptions.APIException):
    """The request carries more than one key or token."""

    status_code = 400
    default_detail = gettext_lazy("The request carries more than one credential. Send exactly one.")
    own_code = "two_credentials"


class MissingScope(exceptions.APIException):
    """The credential is valid and its owner may do it, but the credential lacks the scope."""

    status_code = 403
    own_code = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        told = _("The credential lacks the scope %(scope)s.") if scope else _("Access tokens do not open this.")
        super().__init__(told % {"scope": scope})
        self.auth_header = f'Bearer error="insufficient_scope", scope="{scope}"'


class Session(Described, authentication.SessionAuthentication):
    """The browser's session; a write must carry the CSRF token (403 without)."""

    def schemes(self, scopes: Mapping[str, Any]) -> Schemes:
        """The cookie."""
        described = {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": str(_("The session of someone signed in; writes need the CSRF token.")),
        }
        return {"session": described}
