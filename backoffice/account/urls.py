"""Where one's own account is. The library's pages are listed one by one: what is not here does not exist."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as passkeys
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from backoffice.account import factor_pages as pages
from backoffice.account import reset
from backoffice.account.own_sessions import OwnSessions
from backoffice.kit.tries import with_wait

View = Callable[..., Any]


def entrance_page(view: View, title: Any = "") -> View:
    """A page of the library for somebody who is not signed in yet, in our frame and under our title."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.current_app = admin.site.name
        response = view(request, *args, **kwargs)
        if isinstance(response, TemplateResponse) and not response.is_rendered:
            frame = admin.site.each_context(request)
            named = {"title": title} if title else {}
            response.context_data = {**frame, **(response.context_data or {}), **named}
        return with_wait(request, response)

    return sensitive_post_parameters()(never_cache(page))


def own_page(view: View, title: Any = "") -> View:
    """A page of the library about one's own account, for staff."""
    return admin.site.admin_view(entrance_page(view, title))


urlpatterns = [
    path("login/", admin.site.login, name="account_login"),
    path("account/leave/", entrance_page(account.logout, _("Sign out")), name="account_logout"),
    # at the entrance
    path(
        "account/code/", entrance_page(pages.SecondFactor.as_view(), _("Your second factor")), name="mfa_authenticate"
    ),
    path(
        "account/passkey/",
        entrance_page(pages.PasskeyAlone.as_view(), _("Sign in with a passkey")),
        name="mfa_login_webauthn",
    ),
    path("account/password/", entrance_page(reset.Ask.as_view()), name="password_reset"),
    path("account/password/sent/", entrance_page(reset.Sent.as_view()), name="password_reset_done"),
    path("account/password/done/", entrance_page(reset.Done.as_view()), name="password_reset_complete"),
    path("account/password/<uidb64>/<token>/", entrance_page(reset.Confirm.as_view()), name="password_reset_confirm"),
    # one's own, signed in
    path(
        "account/sessions/",
        own_page(OwnSessions.as_view(), _("Where you are signed in")),
        name="usersessions_list",
    ),
    path("account/second-factor/", own_page(pages.SecondFactors.as_view(), _("Second factor")), name="mfa_index"),
    path(
        "account/second-factor/app/",
        own_page(app.activate_totp, _("Set up an authenticator app")),
        name="mfa_activate_totp",
    ),
    path(
        "account/second-factor/app/remove/",
        own_page(app.deactivate_totp, _("Remove the authenticator app")),
        name="mfa_deactivate_totp",
    ),
    path(
        "account/second-factor/codes/",
        own_page(codes.view_recovery_codes, _("Recovery codes")),
        name="mfa_view_recovery_codes",
    ),
    path(
        "account/second-factor/codes/new/",
        own_page(codes.generate_recovery_codes, _("New recovery codes")),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "account/second-factor/codes/file/", own_page(codes.download_recovery_codes), name="mfa_download_recovery_codes"
    ),
    path("account/second-factor/keys/", own_page(passkeys.list_webauthn, _("Your passkeys")), name="mfa_list_webauthn"),
    path(
        "account/second-factor/keys/add/",
        own_page(pages.AddPasskey.as_view(), _("Add a passkey")),
        name="mfa_add_webauthn",
    ),
    path(
        "account/second-factor/keys/<int:pk>/",
        own_page(pages.RenamePasskey.as_view(), _("Rename a passkey")),
        name="mfa_edit_webauthn",
    ),
    path(
        "account/second-factor/keys/<int:pk>/remove/",
        own_page(pages.RemovePasskey.as_view(), _("Remove a passkey")),
        name="mfa_remove_webauthn",
    ),
    path(
        "account/second-factor/confirm/",
        own_page(account.reauthenticate, _("Confirm that it is you")),
        name="account_reauthenticate",
    ),
    path(
        "account/second-factor/confirm/code/",
        own_page(factors.reauthenticate, _("Confirm that it is you")),
        name="mfa_reauthenticate",
    ),
    path(
        "account/second-factor/confirm/key/",
        own_page(pages.PasskeyAgain.as_view(), _("Confirm that it is you")),
        name="mfa_reauthenticate_webauthn",
    ),
]
