"""Codes and passkeys, counted like passwords; a code works once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from allauth.account.forms import ReauthenticateForm as ReauthenticatePasswordForm
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from backoffice.kit.tries import try_to
from directory.models import User
from directory.services.sign_ins import finish_sign_in
from directory.states import SignInStep

R = TypeVar("R")

NO_SUCH_RECOVERY_CODE = _("This is none of your unused recovery codes. Each of them works once.")

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


def ready_to_type(field: forms.Field, **attributes: str) -> None:
    """The field has the focus when its page opens, and a telephone shows the keys that it needs."""
    field.widget.attrs.update(attributes, autofocus=True)


class PasswordAgainForm(ReauthenticatePasswordForm):
    """The password before a second factor is changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ready_to_type(self.fields["password"])


class CodeForm(AuthenticateForm):
    """A code at the entrance."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ready_to_type(self.fields["code"], inputmode="numeric")

    def clean_code(self) -> str:
        return counted(
            SignInStep.CODE, self.user, lambda: checked_code(self, super(CodeForm, self)), lambda _: self.user
        )


class CodeAgainForm(ReauthenticateForm):
    """A code before a second factor is changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ready_to_type(self.fields["code"], inputmode="numeric")

    def clean_code(self) -> str:
        return counted(
            SignInStep.CODE, self.user, lambda: checked_code(self, super(CodeAgainForm, self)), lambda _: self.user
        )


def checked_code(form: Any, library: Any) -> str:
    """What the library says of the code; an authenticator app's works once, and who has none is not told of it."""
    try:
        code: str = library.clean_code()
    except ValidationError as error:
        if error.code == "incorrect_code" and not is_mfa_enabled(form.user, [Authenticator.Type.TOTP]):
            raise ValidationError(NO_SUCH_RECOVERY_CODE, code=error.code) from error
        raise
    if form.authenticator.type == Authenticator.Type.TOTP:
        spend(form.authenticator, code)
    return code


# As many characters as the list of passkeys has room for.
LONGEST_NAME = 60

NOT_SENT = _("Your browser sent no passkey. Switch JavaScript on, load the page again and try once more.")
NOT_KNOWN = _("That passkey was not accepted: it was removed here, belongs to another account, or came too late.")
NOT_ADDED = _("The passkey was not added: the page was open for too long. Load it again and try once more.")
NOT_ALONE = _(
    "This device asked for no fingerprint, face or PIN, so it cannot sign you in alone. Add it again without the tick."
)


def read_passkey(read: Callable[[], R], refusal: Any) -> R:
    """What the library reads from a passkey's answer; what it cannot read or does not know is refused in our words.

    The library speaks of a wrong code there, and lets some answers that no browser makes fail with errors of its own.
    """
    try:
        return read()
    except ValidationError as error:
        if error.code != "incorrect_code":
            raise
        raise ValidationError(refusal, code="incorrect_passkey") from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ValidationError(refusal, code="incorrect_passkey") from error


class PasskeyForm(AuthenticateWebAuthnForm):
    """A passkey as the second factor."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"].error_messages.update(required=NOT_SENT, invalid=NOT_SENT)

    def clean_credential(self) -> Authenticator:
        def read() -> Authenticator:
            return read_passkey(super(PasskeyForm, self).clean_credential, NOT_KNOWN)

        return counted(SignInStep.PASSKEY, self.user, read, lambda found: found.user)


class PasskeyAgainForm(PasskeyForm, ReauthenticateWebAuthnForm):
    """A passkey before a second factor is changed."""


class PasskeyAloneForm(PasskeyForm, LoginWebAuthnForm):
    """A passkey in place of name and password."""


class AddPasskeyForm(AddWebAuthnForm):
    """A new passkey: one that signs in alone, unless its owner says that it cannot."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"].error_messages.update(required=NOT_SENT, invalid=NOT_SENT)
        self.fields["name"].max_length = LONGEST_NAME
        self.fields["name"].widget.attrs["maxlength"] = LONGEST_NAME
        self.fields["passwordless"].initial = True

    def clean_name(self) -> str:
        """Cut rather than refused: the device has made its passkey already."""
        name: str = super().clean_name()
        return name[:LONGEST_NAME]

    def clean(self) -> dict[str, Any]:
        alone = self.cleaned_data.pop("passwordless", False)
        cleaned: dict[str, Any] = read_passkey(super().clean, NOT_ADDED)
        made = cleaned.get("credential")
        if alone and made:
            if not auth.parse_registration_response(made).response.attestation_object.auth_data.is_user_verified():
                raise ValidationError(NOT_ALONE, code="not_alone")
            # The browser was told to make it so; not each says that it did.
            made["clientExtensionResults"] = {"credProps": {"rk": True}}
        return cleaned


class RenamePasskeyForm(EditWebAuthnForm):
    """Another name for a passkey."""

    name = forms.CharField(max_length=LONGEST_NAME)


class RemovePasskeyForm(forms.Form):
    """A passkey's removal, refused where it is the last second factor and one is required."""

    def __init__(self, *args: Any, authenticator: Authenticator, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.authenticator = authenticator

    def clean(self) -> dict[str, Any]:
        adapter = get_adapter()
        if not adapter.can_delete_authenticator(self.authenticator):
            raise adapter.validation_error("cannot_delete_authenticator")
        return self.cleaned_data
