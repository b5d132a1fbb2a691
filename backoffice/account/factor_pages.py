"""The library's pages about codes and passkeys, with what they lack: what is set up, where to go on, and why not."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import flows
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    EditWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.account.entrance import StaffSignIn
from backoffice.account.factors import RemovePasskeyForm
from backoffice.kit.second_factor import second_factor_is_due
from backoffice.kit.tries import WAIT


class SecondFactors(IndexView):
    """What one has set up; where the clinic requires a second factor and there is none, that it does."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "due": second_factor_is_due(self.request)}


class SecondFactor(AuthenticateView):
    """Asks for what the account has: a code, a passkey, or either."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kinds = set(Authenticator.objects.filter(user=self.stage.login.user).values_list("type", flat=True))
        has = {f"has_{kind}": kind in kinds for kind in Authenticator.Type.values}
        return {**super().get_context_data(**kwargs), **has}


class FormOnce:
    """Keeps the form that was sent, so that its passkey is tried once and the page tells what was wrong with it.

    The library's pages make the form anew for the page: a second try, after the first has used the challenge up.
    """

    kept: Any = None

    def get_form(self, form_class: Any = None) -> Any:
        if self.kept is None:
            self.kept = super().get_form(form_class)  # type: ignore[misc]
        return self.kept


class AddPasskey(FormOnce, AddWebAuthnView):
    """Adds a passkey."""


class PasskeyAgain(FormOnce, ReauthenticateWebAuthnView):
    """Asks for a passkey before a second factor is changed, and again where it was not the right one."""

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = self.render_to_response(self.get_context_data(form=form))
        return response


class RenamePasskey(EditWebAuthnView):
    """Gives a passkey another name."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return _without_object(super().get_context_data(**kwargs))


class RemovePasskey(FormOnce, RemoveWebAuthnView):
    """Removes a passkey, unless it is the last second factor where one is required."""

    form_class = RemovePasskeyForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "authenticator": self.object}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**_without_object(super().get_context_data(**kwargs)), "name": self.object.wrap().name}


class PasskeyAlone(LoginWebAuthnView):
    """Signs in by a passkey and leads to where one wanted to go."""

    def form_valid(self, form: Any) -> HttpResponse:
        found = form.cleaned_data["credential"]
        login = Login(user=found.user, redirect_url=get_next_redirect_url(self.request))
        response: HttpResponse = flows.perform_passwordless_login(self.request, found, login)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say why on the sign-in page: as the answer itself where it is a 429, which no browser follows elsewhere."""
        if WAIT in self.request.__dict__:
            return sign_in_page(self.request, form.errors["credential"])
        response: HttpResponse = super().form_invalid(form)
        return response


def sign_in_page(request: HttpRequest, refusals: list[str]) -> HttpResponse:
    """The sign-in page under what a passkey was refused for."""
    leads_to = get_next_redirect_url(request) or reverse("admin:index")
    context = {
        **admin.site.each_context(request),
        "title": _("Sign in"),
        "form": StaffSignIn(request),
        "refusals": refusals,
        "next": leads_to,
        "app_path": f"{reverse('admin:login')}?{urlencode({'next': leads_to})}",
    }
    return TemplateResponse(request, "backoffice/account/sign_in.html", context)


def _without_object(context: dict[str, Any]) -> dict[str, Any]:
    """The theme links to the list of whatever `object` a page has, and passkeys have no list in the back office."""
    return {name: value for name, value in context.items() if name != "object"}
