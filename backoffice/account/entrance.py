"""The sign-in page: name and password, and which browsers are known."""

from __future__ import annotations

import secrets
from typing import Any

from allauth.account.utils import perform_login
from django import forms
from django.conf import settings
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm

from backoffice.kit.tries import try_to
from directory.models import Membership, User
from directory.services.sign_ins import finish_sign_in
from directory.states import SignInStep, UserKind

# The mark of a browser that has signed in before, in a signed cookie: strangers' tries do not lock it out.
KNOWN = "known"
KNOWN_FOR = 180 * 24 * 60 * 60  # seconds


def works_here(user: User) -> bool:
    """Whether the user is a person who is a member of a live practice, or a superuser."""
    if user.kind == UserKind.SERVICE:
        return False
    return user.is_superuser or Membership.objects.filter(user=user, practice__archived_at=None).exists()


class StaffSignIn(AuthenticationForm):
    """The sign-in form for staff; a patient with the right password is sent to the patient portal.

    Each try is counted before its password is looked at, and one too many is refused without looking.
    """

    def clean(self) -> dict[str, Any]:
        account = self.cleaned_data.get("username")
        if not account or not self.cleaned_data.get("password"):
            given: dict[str, Any] = self.cleaned_data
            return given  # the fields say what is missing; nothing was tried
        request: Any = self.request
        attempt = try_to(SignInStep.PASSWORD, request, account=account, browser=known_browser(request, account))
        cleaned: dict[str, Any] = super().clean()
        finish_sign_in(attempt, user=self.get_user())
        return cleaned

    def confirm_login_allowed(self, user: User) -> None:
        """Refuse an inactive user, and one who neither is a member of a practice nor a superuser."""
        if not user.is_active:
            raise forms.ValidationError(_("This account has been closed. Ask your clinic admin."), code="inactive")
        if not works_here(user):
            raise forms.ValidationError(
                _("This sign-in is for staff. Patients sign in to the patient portal."), code="not_staff"
            )


class Entrance(LoginView):
    """The sign-in page; users with a second factor are asked for it before the session starts."""

    authentication_form = StaffSignIn
    template_name = "backoffice/account/sign_in.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """Hand over to the library, which asks for the second factor."""
        user, leads_to = form.get_user(), self.get_success_url()
        response: HttpResponse = perform_login(
            self.request, user, email_verification=settings.ACCOUNT_EMAIL_VERIFICATION, redirect_url=leads_to
        )
        return response


def known_browser(request: HttpRequest, account: str) -> str:
    """Return the mark that this browser got when it last signed in to `account`; "" if it has none.

    Whoever once had the password may have gathered marks, each with tries of its own: a new password ends them.
    """
    told = request.get_signed_cookie(KNOWN, default="", salt=KNOWN, max_age=KNOWN_FOR) or ""
    mark, _colon, whose = told.partition(":")
    user_id, _colon, then = whose.partition(":")
    user = User.objects.filter(pk=user_id).first() if user_id.isdecimal() else None
    if user is None or user.username.casefold() != account.strip().casefold():
        return ""
    return mark if constant_time_compare(then, _password_now(user)) else ""


def _password_now(user: User) -> str:
    """Return a value that changes with the user's password and reveals nothing of it."""
    return salted_hmac(KNOWN, user.get_session_auth_hash()).hexdigest()[:16]


def remember_browser(response: HttpResponse, user: User) -> None:
    """Mark the browser after `user` has signed in there with every factor they have."""
    response.set_signed_cookie(
        KNOWN,
        f"{secrets.token_hex(16)}:{user.pk}:{_password_now(user)}",
        salt=KNOWN,
        max_age=KNOWN_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
