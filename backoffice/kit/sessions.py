"""Sessions end: after a time without work, and a working day after they began."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

BEGAN, SEEN = "began", "seen"
# How exactly idleness is known: a write for each page would be one too many.
NOTED_EVERY = 60
# Pages that ask again by themselves say so; nobody works there.
POLL = "X-Poll"


def limit_sessions(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Sign out whoever was idle for SESSION_IDLE_SECONDS, or signed in SESSION_LONGEST_SECONDS ago."""

    def limited(request: HttpRequest) -> HttpResponse:
        session = request.session
        if "_auth_user_id" in session:
            now = int(timezone.now().timestamp())
            began, seen = session.get(BEGAN, now), session.get(SEEN, now)
            if now - began >= settings.SESSION_LONGEST_SECONDS or now - seen >= settings.SESSION_IDLE_SECONDS:
                logout(request)
            elif BEGAN not in session or (now - seen >= NOTED_EVERY and POLL not in request.headers):
                session[BEGAN], session[SEEN] = began, now
        return get_response(request)

    return limited
