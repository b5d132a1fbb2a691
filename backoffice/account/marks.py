"""What the library tells about second factors: kept in the session, and noted beside the sign-ins."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_used
from allauth.usersessions.internal.flows.sessions import end_other_sessions
from django.http import HttpRequest
from django.utils import timezone

from backoffice.account.factors import spend
from backoffice.kit.address import address_of
from backoffice.kit.second_factor import SHOWN, show_second_factor
from directory.models import User
from directory.services.sign_ins import note_sign_in
from directory.states import SignInStep


def connect() -> None:
    """Called once when the app is ready."""
    authenticator_used.connect(_used, dispatch_uid="backoffice.account.used")
    authenticator_added.connect(_added, dispatch_uid="backoffice.account.added")
    authenticator_removed.connect(_removed, dispatch_uid="backoffice.account.removed")


def _used(*, request: HttpRequest, user: User, **_told: Any) -> None:
    show_second_factor(request, user.pk)


def _added(*, request: HttpRequest, user: User, authenticator: Authenticator, **_told: Any) -> None:
    if authenticator.type == Authenticator.Type.TOTP:
        spend(authenticator, request.POST.get("code", ""))  # by which it was set up; it opens no door after that
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        show_second_factor(request, user.pk)
        # Whoever else has the password and signed in before has shown no second factor: their sessions end.
        end_other_sessions(request, user)
        _note(SignInStep.FACTOR_ADDED, request, user)


def _removed(*, request: HttpRequest, user: User, authenticator: Authenticator, **_told: Any) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        _note(SignInStep.FACTOR_REMOVED, request, user)
        if not Authenticator.objects.filter(user=user).exists():
            request.session.pop(SHOWN, None)


def _note(step: SignInStep, request: HttpRequest, user: User) -> None:
    agent = request.headers.get("User-Agent", "")
    note_sign_in(step, user=user, address=address_of(request), agent=agent, at=timezone.now())
