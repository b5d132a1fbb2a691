"""Where somebody is signed in: their own sessions, each with its browser in words."""

from __future__ import annotations

from typing import Any

from allauth.usersessions.views import ListUserSessionsView

from backoffice.kit.browsers import browser_in_words


class OwnSessions(ListUserSessionsView):
    """The library's list, which shows what browsers say about themselves, in our words."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        for session in context["sessions"]:
            session.browser = browser_in_words(session.user_agent)
        return context
