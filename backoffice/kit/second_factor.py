"""The middleware that keeps staff out until they have shown a required second factor in this session."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from backoffice.kit.actor import actor_of, is_staff

SHOWN = "second_factor"


def show_second_factor(request: HttpRequest, user_id: int) -> None:
    """Record that the user has shown a second factor in this session."""
    request.session[SHOWN] = user_id


def second_factor_is_due(request: HttpRequest) -> bool:
    """Whether the user works here and must show a second factor first."""
    if not settings.SECOND_FACTOR_REQUIRED or "_auth_user_id" not in request.session:
        return False
    user_id = request.user.pk
    return user_id is not None and request.session.get(SHOWN) != user_id and is_staff(actor_of(request))


def require_second_factor(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: send staff who owe a second factor to the pages that set one up; elsewhere they count as nobody."""

    def required(request: HttpRequest) -> HttpResponse:
        if second_factor_is_due(request):
            start = reverse("admin:index")
            own_pages = (reverse("mfa_index"), reverse("account_logout"), reverse("admin:logout"))
            if request.path.startswith(own_pages[0]) and is_mfa_enabled(request.user):
                # It has one to show: with the password alone nobody changes or takes away what they did not show.
                logout(request)
                return HttpResponseRedirect(reverse("admin:login"))
            if not request.path.startswith(own_pages):
                if request.path.startswith(start):
                    return HttpResponseRedirect(reverse("mfa_index"))
                request.user = AnonymousUser()
        return get_response(request)

    return required
