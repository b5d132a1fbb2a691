"""The adapters of the sign-in library: who may sign in, from which address, and how secrets are encrypted."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from backoffice.account.entrance import remember_browser, works_here
from backoffice.kit.address import address_of
from backoffice.kit.browsers import browser_in_words
from backoffice.kit.sessions import BEGAN
from backoffice.kit.tries import try_to
from directory.models import User
from directory.services.sign_ins import finish_sign_in
from directory.states import SignInStep

# Whoever has just signed in is not asked again before they set up a second factor.
FRESH = 5 * 60  # seconds

# Under this name the session keeps the account's session hash from the moment the password was right: the code may
# follow minutes later, when the account may have been closed or its password reset.
ASKED = "asked"

# What the library's ways of showing who one is are called.
WAYS = {
    "reauthenticate": _("Use your password"),
    "mfa_reauthenticate": _("Use a code"),
    "mfa_reauthenticate:webauthn": _("Use a passkey"),
}


class AccountAdapter(DefaultAccountAdapter):
    """Staff accounts. Nobody can sign up; patients and former staff are refused, whichever way they sign in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        """Refuse whom the sign-in form refuses, because a passkey signs in without the form."""
        if user.is_active and works_here(user):
            request.session[ASKED] = user.get_session_auth_hash()
            return None
        if user.is_active:
            messages.error(request, _t("This account has no access to the back office."))
        else:
            messages.error(request, _t("This account has been closed. Ask your clinic admin."))
        return HttpResponseRedirect(reverse("admin:login"))

    def login(self, request: HttpRequest, user: Any) -> None:
        """Start the session, unless the account was closed or its sessions ended while a code was awaited."""
        asked = request.session.pop(ASKED, None)
        if not user.is_active or asked != user.get_session_auth_hash():
            messages.error(request, _t("Your account was changed in the meantime. Please sign in again."))
            raise ImmediateHttpResponse(HttpResponseRedirect(reverse("admin:login")))
        super().login(request, user)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        remember_browser(response, user)
        return response

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Check the password asked again before a second factor changes, counting attempts as at sign-in."""
        attempt = try_to(SignInStep.PASSWORD, request, account=credentials.get("username", ""))
        user = super().authenticate(request, **credentials)
        if isinstance(user, User):
            finish_sign_in(attempt, user=user)
        return user

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        began = context.request.session.get(BEGAN, 0)
        return bool(timezone.now().timestamp() - began > FRESH)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """The library's ways to confirm one's identity, with our labels."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [{**one, "description": WAYS.get(one["id"], one["description"])} for one in methods]

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request) or "::"

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return reverse("admin:index")


class SecondFactorAdapter(DefaultMFAAdapter):
    """Second factors, whose secrets are kept encrypted."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": _(
            "Your clinic asks for a second factor: add another one before you remove this."
        ),
        "cannot_generate_recovery_codes": _("Set up an authenticator app or a passkey first."),
        "incorrect_code": _("That code is not right, or was used before. Type the one that the app shows now."),
        "unverified_email": _("Confirm your e-mail address first."),
    }

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:  # noqa: A002 the library's name
        """A passkey's first name is that of the browser, until its owner gives it a better one."""
        return browser_in_words(context.request.headers.get("User-Agent", ""))

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Whether the factor may be removed: where one is required, the last one can only be replaced."""
        if not settings.SECOND_FACTOR_REQUIRED:
            return True
        others = Authenticator.objects.filter(user_id=authenticator.user_id).exclude(pk=authenticator.pk)
        return bool(others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())


def _cipher() -> MultiFernet:
    """The cipher with keys derived from SECRET_KEY and, to read older secrets, from its fallbacks."""
    made = (hashlib.sha256(b"second factor" + key.encode()).digest() for key in _keys())
    return MultiFernet([Fernet(base64.urlsafe_b64encode(one)) for one in made])


def _keys() -> list[str]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
