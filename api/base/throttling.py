"""How often strangers may write."""

from __future__ import annotations

from typing import Any

from rest_framework.throttling import SimpleRateThrottle

from core.actor import Kind


class RegisterThrottle(SimpleRateThrottle):
    """Registrations from one address (`RATE_REGISTER`); staff, who register whoever calls, are not counted."""

    scope = "register"

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        """One counter for each address."""
        if view.actor.kind == Kind.STAFF:
            return None
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}
