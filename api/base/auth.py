"""Who calls: a program by its key, or a signed-in person by their session. Each with its OpenAPI entry."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from directory.models import ApiKey, User
from directory.services import authenticate_key


class Key(authentication.BaseAuthentication):
    """An API key, wherever its carrier has it. One that does not open is a 401, also where none is needed."""

    def carried(self, request: Request) -> str | None:
        """The key's text; None where this carrier has none."""
        raise NotImplementedError

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """The key's owner and the key; None without one."""
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


class Session(authentication.SessionAuthentication):
    """The browser's session; a write must carry the CSRF token (403 without)."""


class _BearerKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = BearerKey
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": str(_("An API key."))}


class _SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = Session
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        from django.conf import settings

        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": str(_("The session of someone signed in; writes need the CSRF token.")),
        }


def describe() -> None:
    """Importing this module registers the two entries; named so that the app says why it imports it."""
