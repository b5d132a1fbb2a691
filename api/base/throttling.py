"""How often strangers may write, and how many requests a caller may make."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache as cache_forever
from typing import Any, ClassVar

from django.core.cache import cache
from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle, SimpleRateThrottle

from core.actor import Kind
from core.origin import network_of


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

    def get_ident(self, request: Any) -> str:
        """The address by which a stranger's requests are counted: of IPv6, the /64 network it belongs to."""
        return network_of(super().get_ident(request))

    @classmethod
    def take(cls, ident: str) -> Taken:
        """Count one request."""
        rate = SimpleRateThrottle.THROTTLE_RATES[cls.scope]
        limit, seconds = rate_of(rate)
        window = int(time.time() // seconds)
        count = count_one(f"throttle:{cls.scope}:{ident}:{window}", seconds=2 * seconds)
        return Taken(limit, max(0, limit - count), (window + 1) * seconds, count > limit)

    def allow_request(self, request: Any, view: Any) -> bool:
        """Whether the caller's window has one left."""
        caller = self.caller(request, view)
        return caller is None or self.allow(request, caller)

    def allow(self, request: Any, caller: str) -> bool:
        """Whether this caller's window has one left."""
        taken = self.take(caller)
        setattr(request._request, self.kept_as, taken)
        self.reset = taken.reset
        return not taken.too_many

    def allow_stranger(self, request: Any) -> bool:
        """Whether the request's address has one left: for whoever sends no credential, or one that is none."""
        return self.allow(request, f"address:{self.get_ident(request)}")

    def caller(self, request: Any, view: Any) -> str | None:
        """Whose requests are counted together: those of one credential, else of one address; None: they are not."""
        actor = view.actor
        if actor.credential == "session":
            return f"user:{actor.user_id}"
        return actor.credential or f"address:{self.get_ident(request)}"

    def wait(self) -> float:
        """Seconds until the next window."""
        return max(1.0, self.reset - time.time())

    @classmethod
    def of(cls, request: HttpRequest) -> Taken:
        """What was counted for the request; one that came to no view's throttle counts for its address."""
        taken: Taken | None = getattr(request, cls.kept_as, None)
        return taken or cls.take(f"address:{cls().get_ident(request)}")


class RegisterThrottle(WindowThrottle):
    """Registrations from one address (`RATE_REGISTER`); staff, who register whoever calls, are not counted."""

    scope = "register"
    kept_as = "_clinic_registrations"

    def caller(self, request: Any, view: Any) -> str | None:
        """One counter for each address."""
        return None if view.actor.kind == Kind.STAFF else f"address:{self.get_ident(request)}"


class BookThrottle(WindowThrottle):
    """Bookings and moves that one user asks for through the portal (`RATE_BOOK`), granted or not."""

    scope = "book"
    kept_as = "_clinic_bookings"

    def caller(self, request: Any, view: Any) -> str | None:
        """One counter for each user; who is nobody is refused otherwise."""
        user_id = view.actor.user_id
        return None if user_id is None else f"user:{user_id}"


@cache_forever
def rate_of(text: str) -> tuple[int, int]:
    """How many requests in how many seconds a rate of the settings allows, as the framework reads it."""
    limit, seconds = SimpleRateThrottle.parse_rate(SimpleRateThrottle, text)  # type: ignore[arg-type] # no instance
    assert limit is not None  # noqa: S101 the settings name a rate
    assert seconds is not None  # noqa: S101 likewise
    return limit, seconds


def count_one(key: str, *, seconds: int) -> int:
    """One more under the key, which is forgotten after so many seconds; returns how many."""
    for _time in range(3):
        try:
            return cache.incr(key)
        except ValueError:  # the first, or forgotten meanwhile
            if cache.add(key, 1, timeout=seconds):
                return 1
    return 1
