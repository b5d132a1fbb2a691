"""How often strangers may write, and how many requests a caller may make."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.cache import cache
from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle, SimpleRateThrottle

from core.actor import Kind


class RegisterThrottle(SimpleRateThrottle):
    """Registrations from one address (`RATE_REGISTER`); staff, who register whoever calls, are not counted."""

    scope = "register"

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        """One counter for each address."""
        if view.actor.kind == Kind.STAFF:
            return None
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class BookThrottle(SimpleRateThrottle):
    """Bookings and moves that one user asks for through the portal (`RATE_BOOK`), granted or not."""

    scope = "book"

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        """One counter for each user; who is nobody is refused otherwise."""
        user_id = view.actor.user_id
        return None if user_id is None else self.cache_format % {"scope": self.scope, "ident": user_id}


@dataclass(frozen=True, slots=True)
class Taken:
    """One more request of a caller: how many they may make, how many are left, and when (Unix time) all are again."""

    limit: int
    remaining: int
    reset: int
    too_many: bool

    def seconds_left(self) -> int:
        """Until all are again."""
        return max(1, -int(time.time() // 1) + self.reset)


class WindowThrottle(BaseThrottle):
    """So many requests of each caller in each window of the clock (`DEFAULT_THROTTLE_RATES[scope]`).

    Counted in the cache, which all processes share where it is a shared one. What was counted is on the request.
    """

    scope: ClassVar[str]
    kept_as: ClassVar[str] = "_clinic_taken"

    @classmethod
    def take(cls, ident: str) -> Taken:
        """Count one request."""
        rate = SimpleRateThrottle.THROTTLE_RATES[cls.scope]
        limit, seconds = SimpleRateThrottle.parse_rate(cls, rate)  # type: ignore[arg-type] # it looks at the text alone
        assert limit is not None  # noqa: S101 the settings name a rate
        assert seconds is not None  # noqa: S101 likewise
        now = time.time()
        window = int(now // seconds)
        key = f"throttle:{cls.scope}:{ident}:{window}"
        count = 1 if cache.add(key, 1, timeout=2 * seconds) else cache.incr(key)
        return Taken(limit, max(0, limit - count), (window + 1) * seconds, count > limit)

    def allow_request(self, request: Any, view: Any) -> bool:
        """Whether the caller's window has one left."""
        taken = self.take(self.caller(request, view))
        setattr(request._request, self.kept_as, taken)
        self.reset = taken.reset
        return not taken.too_many

    def caller(self, request: Any, view: Any) -> str:
        """Whose requests are counted together: those of one credential, else of one address."""
        return view.actor.credential or f"address:{self.get_ident(request)}"

    def wait(self) -> float:
        """Seconds until the next window."""
        return max(1.0, self.reset - time.time())

    @classmethod
    def of(cls, request: HttpRequest) -> Taken:
        """What was counted for the request; one that came to no view's throttle counts for its address."""
        taken: Taken | None = getattr(request, cls.kept_as, None)
        return taken or cls.take(f"address:{cls().get_ident(request)}")  # type: ignore[arg-type]
