"""/oauth2/authorize: a member of staff lets a program act for them, or refuses."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from oauth2_provider.exceptions import OAuthToolkitError
from oauth2_provider.views.base import BaseAuthorizationView
from oauthlib.oauth2.rfc6749.errors import InvalidRequestError
from unfold.widgets import UnfoldAdminSelectWidget

from backoffice.kit.actor import actor_of, is_staff, practices_for
from backoffice.kit.forms import show_refusal
from core.errors import DomainError
from directory.models import Application
from directory.services import authorize_application, program_scopes

VERB = "directory.authorize_application"
# What the page loads and who may show it in a frame, as in the rest of the back office. It says nothing of
# `form-action`, which browsers apply to where the answer leads, too: to the program.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
# What of the request goes on into the code.
CARRIED = ("client_id", "redirect_uri", "response_type", "state", "code_challenge", "code_challenge_method")


class WhereForm(forms.Form):
    """Where the program may act, for whoever works in several practices."""

    practice = forms.TypedChoiceField(
        label=_("Where"),
        coerce=int,
        empty_value=None,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("It can see and change nothing in other practices."),
    )

    def __init__(self, *args: Any, request: HttpRequest, application: Application, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        practices = practices_for(request, VERB)
        if application.practice_id is not None:
            practices = [one for one in practices if one.pk == application.practice_id]
            if not practices:
                raise PermissionDenied(_t("The program is for a practice in which you do not work."))
        self.only = practices[0] if len(practices) == 1 else None
        choices = [(str(one.pk), str(one)) for one in practices]
        if self.only is None:
            choices.insert(0, ("", _t("In all practices where I work")))
        self.fields["practice"].choices = choices  # type: ignore[attr-defined]

    def practice_id(self) -> int | None:
        """The chosen practice, or the only one."""
        chosen: int | None = self.cleaned_data["practice"]
        return self.only.pk if self.only is not None else chosen


class ConsentView(BaseAuthorizationView):
    """Ask, and send back with a code or a refusal. What is asked for is in the address, on the way back, too."""

    http_method_names = ["get", "post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        told = [*request.GET.lists(), *request.POST.lists()]
        if any("\x00" in text for name, values in told for text in (name, *values)):
            raise BadRequest("NUL")
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Content-Security-Policy"] = POLICY
        return response

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show what the program wants to do."""
        try:
            scopes, credentials, application = self.asked(request)
        except OAuthToolkitError as error:
            return self.refused(error)
        return self.page(scopes, credentials, application, WhereForm(request=request, application=application))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send back what was decided."""
        try:
            scopes, credentials, application = self.asked(request)
            allow = "allow" in request.POST
            if allow:
                form = WhereForm(request.POST, request=request, application=application)
                if not self.authorize(request, form, scopes, credentials, application):
                    return self.page(scopes, credentials, application, form)
            uri, _headers, _body, _status = self.create_authorization_response(
                request=request, scopes=" ".join(scopes), credentials=credentials, allow=allow
            )
        except OAuthToolkitError as error:
            return self.refused(error)
        response: HttpResponse = self.redirect(uri, application)
        return response

    def asked(self, request: HttpRequest) -> tuple[list[str], dict[str, Any], Application]:
        """The scopes, what goes on into the code, and the program; OAuthToolkitError for a request that is wrong."""
        if not is_staff(actor_of(request)):
            raise PermissionDenied(_t("Only people who work here can let programs act for them."))
        scopes, given = self.validate_authorization_request(request)
        if given.get("code_challenge_method") == "plain":
            told = "The code_challenge_method must be S256."
            state, redirect_uri = given.get("state"), given["redirect_uri"]
            raise OAuthToolkitError(InvalidRequestError(told, state=state), redirect_uri=redirect_uri)
        credentials = {name: given[name] for name in CARRIED if given.get(name) is not None}
        return scopes, credentials, Application.objects.get(client_id=credentials["client_id"])

    def authorize(
        self,
        request: HttpRequest,
        form: WhereForm,
        scopes: list[str],
        credentials: dict[str, Any],
        application: Application,
    ) -> bool:
        """Write the authorization down, for the code to carry; False where the form says what is wrong."""
        if not form.is_valid():
            return False
        try:
            credentials["authorization"] = authorize_application(
                application.pk,
                scopes=scopes,
                practice_id=form.practice_id(),
                by=actor_of(request),
                at=timezone.now(),
            )
        except DomainError as error:
            show_refusal(form, error)
            return False
        return True

    def page(
        self, scopes: list[str], credentials: dict[str, Any], application: Application, form: WhereForm
    ) -> HttpResponse:
        """The question."""
        words = program_scopes()
        context = {
            "title": _t("Let %(program)s act for you?") % {"program": application},
            "application": application,
            "wishes": list(dict.fromkeys(str(words[scope]) for scope in scopes)),
            "form": form,
            "host": urlsplit(credentials["redirect_uri"]).netloc,
        }
        return self.shown("backoffice/people/consent.html", context)

    def refused(self, error: OAuthToolkitError) -> HttpResponse:
        """Back to the program with the error; where it is not known whose address that is, on a page."""
        response: HttpResponse = self.error_response(error, application=None)
        return response

    def render_to_response(self, context: dict[str, Any], status: int = 400) -> HttpResponse:
        """The page for a request that names no program, or an address that is not the program's."""
        told = {"title": _t("This link does not work"), "error": context["error"]}
        return self.shown("backoffice/people/consent_refused.html", told, status=status)

    def shown(self, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        """A page of the back office, without its menu."""
        self.request.current_app = admin.site.name
        return TemplateResponse(
            self.request, template, {**admin.site.each_context(self.request), **context}, status=status
        )
