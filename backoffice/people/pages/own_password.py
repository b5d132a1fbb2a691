"""Changing one's own password, after entering the old one."""

from __future__ import annotations

from typing import Any

from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from unfold.sites import UnfoldAdminSite
from unfold.widgets import UnfoldAdminPasswordWidget

from backoffice.kit.actor import actor_of
from backoffice.kit.forms import show_refusal
from backoffice.kit.tries import try_to, with_wait
from backoffice.people.passwords import TwicePassword, rename
from core.errors import DomainError, Unavailable
from directory.services import change_own_password
from directory.services.sign_ins import finish_sign_in
from directory.states import SignInStep


class OwnPassword(TwicePassword):
    """The present password, and the new one twice."""

    old_password = forms.CharField(
        label=_("Current password"),
        strip=False,
        max_length=128,
        widget=UnfoldAdminPasswordWidget({"autocomplete": "current-password"}),
    )
    field_order = ("old_password", "password1", "password2")

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.fields["password1"].label = _t("New password")
        self.fields["password1"].help_text = password_validators_help_text_html()
        self.fields["password2"].label = _t("Repeat the new password")

    def clean_old_password(self) -> str:
        """Whoever finds an open session does not take the account, nor guesses its password here."""
        typed: str = self.cleaned_data["old_password"]
        user: Any = self.request.user
        attempt = try_to(SignInStep.PASSWORD, self.request, account=user.username)
        if not user.check_password(typed):
            raise forms.ValidationError(_t("This is not your password."))
        finish_sign_in(attempt, user=user)
        return typed


@sensitive_post_parameters()
def own_password_view(request: HttpRequest, site: UnfoldAdminSite) -> HttpResponse:
    """Ask, and set it. This session goes on, all others end."""
    form = OwnPassword(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        try:
            user = change_own_password(password=form.cleaned_data["password1"], by=actor_of(request), at=timezone.now())
        except (DomainError, Unavailable) as error:
            rename(error)
            show_refusal(form, error)
        else:
            update_session_auth_hash(request, user)
            UserSession.objects.create_from_request(request)
            messages.success(request, _t("Your password was changed."))
            return HttpResponseRedirect(reverse("admin:index"))
    request.current_app = site.name
    context = {
        **site.each_context(request),
        "title": _t("Your password"),
        "form": form,
        "back": reverse("admin:index"),
        "button": _t("Change password"),
    }
    return with_wait(request, TemplateResponse(request, "backoffice/kit/form_page.html", context))
