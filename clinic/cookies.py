"""Cookies as anybody may send them: those that no database text can hold are nobody's."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core.checks import printable


def drop_unreadable_cookies(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answer as if a cookie with a NUL had not come: as a session's key it would be a server error on PostgreSQL.

    A NUL cannot stand in a header, but a quoted cookie may spell it: `sessionid="\\000..."`.
    """

    def answered(request: HttpRequest) -> HttpResponse:
        cookies = request.COOKIES
        for name in [name for name, value in cookies.items() if printable(value) != value]:
            del cookies[name]
        return get_response(request)

    return answered
