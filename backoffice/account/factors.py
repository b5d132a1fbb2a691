"""Codes and passkeys, counted like passwords; a code works once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, LoginWebAuthnForm, ReauthenticateWebAuthnForm
from django.db import transaction
from django.utils.crypto import salted_hmac

from backoffice.kit.tries import try_to
from directory.models import User
from directory.services.sign_ins import finish_sign_in
from directory.states import SignInStep

R = TypeVar("R")

# As many codes are right at one moment as the library looks at: one before and one after.
SPENT = 3


def counted(step: SignInStep, user: User | None, check: Callable[[], R], whose: Callable[[R], User]) -> R:
    """Do `check`, counted as a try of `user` (None: whoever it will turn out to be)."""
    attempt = try_to(step, context.request, account=user.username if user else "")
    checked = check()
    finish_sign_in(attempt, user=whose(checked))
    return checked


def spend(authenticator: Authenticator, code: str) -> None:
    """Take the code of an authenticator app out of use, in the database, which every process shares.

    Only the digits are compared: the library reads "123-456" and "123456." as the same code.
    """
    digits = "".join(filter(str.isdecimal, code))
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
        spent = row.data.get("spent", [])
        told = salted_hmac("second factor", digits).hexdigest()[:16]
        if told in spent:
            raise get_adapter().validation_error("incorrect_code")
        row.data["spent"] = [*spent, told][-SPENT:]
        row.save(update_fields=["data"])


class CodeForm(AuthenticateForm):
    """A code at the entrance."""

    def clean_code(self) -> str:
        return counted(
            SignInStep.CODE, self.user, lambda: checked_code(self, super(CodeForm, self)), lambda _: self.user
        )


class CodeAgainForm(ReauthenticateForm):
    """A code before a second factor is changed."""

    def clean_code(self) -> str:
        return counted(
            SignInStep.CODE, self.user, lambda: checked_code(self, super(CodeAgainForm, self)), lambda _: self.user
        )


def checked_code(form: Any, library: Any) -> str:
    """What the library says of the code; an authenticator app's works once."""
    code: str = library.clean_code()
    if form.authenticator.type == Authenticator.Type.TOTP:
        spend(form.authenticator, code)
    return code


class PasskeyForm(AuthenticateWebAuthnForm):
    """A passkey as the second factor."""

    def clean_credential(self) -> Authenticator:
        return counted(SignInStep.PASSKEY, self.user, super().clean_credential, lambda found: found.user)


class PasskeyAgainForm(ReauthenticateWebAuthnForm):
    """A passkey before a second factor is changed."""

    def clean_credential(self) -> Authenticator:
        return counted(SignInStep.PASSKEY, self.user, super().clean_credential, lambda found: found.user)


class PasskeyAloneForm(LoginWebAuthnForm):
    """A passkey in place of name and password."""

    def clean_credential(self) -> Authenticator:
        return counted(SignInStep.PASSKEY, None, super().clean_credential, lambda found: found.user)
