"""A new password by mail: for staff who forgot theirs, and for staff who were invited and have none yet."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminPasswordWidget

from backoffice.account.entrance import works_here
from backoffice.kit.actor import DOOR
from backoffice.kit.address import address_of
from backoffice.kit.forms import show_refusal
from backoffice.kit.links import mail_link
from backoffice.kit.tries import try_to
from core.errors import DomainError, InvalidInput, Unavailable
from directory.models import User
from directory.services import set_password_by_link
from directory.services.sign_ins import note_sign_in, note_try
from directory.states import SignInStep
from patients.services import actor_for


class AskForm(forms.Form):
    """An address. Each asking is counted, as it fills a mailbox."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=150,
        widget=UnfoldAdminEmailInputWidget({"autocomplete": "email", "autofocus": True}),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        if "email" in given:
            note_try(try_to(SignInStep.RESET, self.request, account=given["email"]))
        return given


class Ask(FormView):  # type: ignore[type-arg]
    """Asks for an address and mails a link there where staff have it; the answer does not say whether."""

    form_class = AskForm
    template_name = "backoffice/account/ask.html"
    success_url = reverse_lazy("password_reset_done")
    extra_context = {"title": _("A new password")}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: AskForm) -> HttpResponse:
        for user in User.objects.filter(email__iexact=form.cleaned_data["email"], is_active=True):
            if user.has_usable_password() and works_here(user):
                mail_link(user, template="backoffice/account/reset_mail.txt")
        return super().form_valid(form)


class Sent(TemplateView):
    """Says that a link is on its way, if the address is one of ours."""

    template_name = "backoffice/account/told.html"
    extra_context = {
        "title": _("Check your e-mail"),
        "told": _("If this address belongs to an account, a link to set a new password is on its way there."),
    }


class NewPassword(SetPasswordForm):  # type: ignore[type-arg]
    """A new password, typed twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("new_password1", "new_password2"):
            self.fields[name].widget = UnfoldAdminPasswordWidget({"autocomplete": "new-password"})
        self.fields["new_password1"].widget.attrs["autofocus"] = True
        self.fields["new_password2"].label = _("Repeat the new password")
        self.fields["new_password2"].help_text = ""


class Confirm(PasswordResetConfirmView):
    """Opens a link from a mail and sets the password by its verb; the link works once."""

    form_class = NewPassword
    template_name = "backoffice/account/set_password.html"
    success_url = reverse_lazy("password_reset_complete")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        title = _("Set your password") if context.get("validlink") else _("This link no longer works")
        return {**context, "title": title}

    def get_user(self, uidb64: str) -> User | None:
        """Nobody whose account has been closed, and no patient: their password is the portal's affair."""
        user: Any = super().get_user(uidb64)
        return user if user is not None and user.is_active and works_here(user) else None

    def form_valid(self, form: Any) -> HttpResponse:
        user, at = form.user, timezone.now()
        by = actor_for(user, door=DOOR, credential="link")
        try:
            set_password_by_link(password=form.cleaned_data["new_password1"], by=by, at=at)
        except (DomainError, Unavailable) as error:
            if isinstance(error, InvalidInput) and "password" in error.fields:
                error = InvalidInput({"new_password1": error.fields["password"]})
            show_refusal(form, error)
            return self.form_invalid(form)
        agent = self.request.headers.get("User-Agent", "")
        note_sign_in(SignInStep.NEW_PASSWORD, user=user, address=address_of(self.request), agent=agent, at=at)
        self.request.session.flush()  # with the link in it
        return HttpResponseRedirect(str(self.success_url))


class Done(TemplateView):
    """Says that the password was set."""

    template_name = "backoffice/account/told.html"
    extra_context = {
        "title": _("Your password was set"),
        "told": _("Sign in with it. Wherever you were signed in before, you are signed out."),
    }
