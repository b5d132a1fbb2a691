"""The end of sessions: after idle time, and some hours after sign-in; the sign-in page says which."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import ngettext

BEGAN, SEEN = "began", "seen"
# Why the session before this one ended, until it has been told.
ENDED, IDLE, LONGEST = "ended", "idle", "longest"
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
            if now - began >= settings.SESSION_LONGEST_SECONDS:
                logout(request)
                request.session[ENDED] = LONGEST
            elif now - seen >= settings.SESSION_IDLE_SECONDS:
                logout(request)
                request.session[ENDED] = IDLE
            elif BEGAN not in session or (now - seen >= NOTED_EVERY and POLL not in request.headers):
                session[BEGAN], session[SEEN] = began, now
        return get_response(request)

    return limited


def why_signed_out(request: HttpRequest) -> str:
    """Return, once, why the last session in this browser was ended; "" if it was not."""
    ended = request.session.pop(ENDED, "")
    if ended == IDLE:
        minutes = -(-settings.SESSION_IDLE_SECONDS // 60)
        return ngettext(
            "You were signed out: nothing was done here for %(minutes)d minute. Sign in to go on.",
            "You were signed out: nothing was done here for %(minutes)d minutes. Sign in to go on.",
            minutes,
        ) % {"minutes": minutes}
    if ended == LONGEST:
        hours = -(-settings.SESSION_LONGEST_SECONDS // 3600)
        return ngettext(
            "You were signed out: after %(hours)d hour you are asked to sign in again.",
            "You were signed out: after %(hours)d hours you are asked to sign in again.",
            hours,
        ) % {"hours": hours}
    return ""
