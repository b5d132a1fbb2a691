"""OAuth2 applications and the authorizations that people gave them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from django.views.decorators.debug import sensitive_variables
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from backoffice.kit.actor import actor_of
from backoffice.kit.cells import badge
from backoffice.kit.forms import VerbForm
from backoffice.kit.steps import Step
from backoffice.kit.verb_admin import Values, VerbAdmin
from core.actor import Actor
from core.errors import Forbidden
from directory.models import (
    AccessToken,
    Application,
    Authorization,
    AuthorizationCode,
    IdentityToken,
    RefreshToken,
)
from directory.services import (
    change_application,
    close_application,
    program_scopes,
    register_application,
    renew_secret,
    revoke_authorization,
)
from directory.states import ClientType

# The library lists its tables by itself, with pages that do not fit and columns that nobody here reads.
for _listed in (AccessToken, Application, AuthorizationCode, IdentityToken, RefreshToken):
    if admin.site.is_registered(_listed):
        admin.site.unregister(_listed)

CLOSE = Step(
    name="close",
    label=_("Close"),
    verb="directory.change_application",
    call=close_application,
    done=ngettext_lazy("%(count)d application closed.", "%(count)d applications closed.", "count"),
    offered=lambda application: application.closed_at is None,
    confirm=_("The application loses access at once for everybody who allowed it, and can never be used again."),
    variant="danger",
    icon="block",
)

REVOKE = Step(
    name="revoke",
    label=_("Revoke"),
    verb="directory.revoke_authorization",
    call=revoke_authorization,
    done=ngettext_lazy("%(count)d authorization revoked.", "%(count)d authorizations revoked.", "count"),
    offered=lambda authorization: authorization.revoked_at is None,
    confirm=_("The program loses access at once, until the person authorizes it again."),
    variant="danger",
    icon="block",
)


@sensitive_variables("secret")
def secret_page(model_admin: VerbAdmin, request: HttpRequest, application: Application, secret: str) -> HttpResponse:
    """The secret, in this one answer: no message and no session keeps it."""
    request.current_app = model_admin.admin_site.name
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _t("%(program)s is registered") % {"program": application},
        "opts": model_admin.opts,
        "application": application,
        "secret": secret if application.client_type == ClientType.CONFIDENTIAL else "",
        "back": model_admin.row_url(application),
    }
    no_store = {"Cache-Control": "no-store"}
    return TemplateResponse(request, "backoffice/people/registered_application.html", context, headers=no_store)


@sensitive_variables("secret")
def renew_page(model_admin: VerbAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, draw another secret, and show it."""
    application = model_admin.get_object(request, str(pk))
    if application is None:
        return model_admin.missing(request, str(pk))
    if not model_admin.has_change_permission(request, application):
        raise Forbidden
    if not RENEW.offered(application):
        return HttpResponseRedirect(model_admin.row_url(application))
    if request.method != "POST" or "apply" not in request.POST:
        title = f"{RENEW.label}: {application}"
        back = model_admin.row_url(application)
        return model_admin.step_page(
            request, RENEW, title=title, lines=[], one=application, original=application, back=back
        )
    renewed, secret = renew_secret(pk, by=actor_of(request), at=timezone.now())
    return secret_page(model_admin, request, renewed, secret)


RENEW = Step(
    name="renew-secret",
    label=_("New secret"),
    verb="directory.change_application",
    call=renew_secret,
    done=ngettext_lazy("%(count)d secret renewed.", "%(count)d secrets renewed.", "count"),
    offered=lambda application: application.closed_at is None and application.client_type == ClientType.CONFIDENTIAL,
    bulk=False,
    confirm=_("The present secret stops working at once. The new one is shown only once."),
    page=renew_page,
    icon="key",
)


class ApplicationForm(VerbForm):
    """What narrows the application is ticked."""

    scopes = forms.MultipleChoiceField(
        label=_("Only for scopes"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("If none is ticked: whatever the program asks for and people consent to."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "scopes" in self.fields:
            choices = [(scope, f"{scope} – {words}") for scope, words in program_scopes().items()]
            self.fields["scopes"].choices = choices  # type: ignore[attr-defined]
        if "user" in self.fields:
            self.fields["user"].initial = self.request.user.pk


@admin.register(Application)
class ApplicationAdmin(VerbAdmin):
    """Applications."""

    view_verb = "directory.view_applications"
    add_verb = "directory.register_application"
    change_verb = "directory.change_application"
    form = ApplicationForm
    steps = (RENEW, CLOSE)
    list_display = ("name", "user", "only_for", "client_type", "authorization_grant_type", "state", "last_used_at")
    list_select_related = ("user", "practice")
    ordering = ("-pk",)
    search_fields = ("name", "=client_id", "~user__username")
    search_help_text = _("Name, client id or owner")
    autocomplete_fields = ("user",)

    def place(self, row: Application) -> dict[str, int]:
        """One's own application is everywhere."""
        return {} if row.practice_id is None else {"practice_id": row.practice_id}

    def layout(self, request: HttpRequest, obj: Any) -> list[Any]:
        about = ["name", "user", "practice", "client_type", "authorization_grant_type", "redirect_uris", "scopes"]
        if obj is None:
            return [(None, {"fields": about})]
        facts = ["state", "client_id", "user", "only_for", "client_type", "authorization_grant_type", "last_used_at"]
        return [(None, {"fields": ["name", *facts, "redirect_uris", "scopes"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if obj is None:
            return []
        return ["state", "client_id", "user", "only_for", "client_type", "authorization_grant_type", "last_used_at"]

    @sensitive_variables("secret")
    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> Application:
        application, secret = register_application(**values, by=by, at=at)
        form.request.__dict__["issued_secret"] = secret
        return application

    def change(self, obj: Any, form: Any, values: Values, *, by: Actor, at: datetime) -> Any:
        return change_application(obj.pk, values=values, by=by, at=at)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return secret_page(self, request, obj, request.__dict__.pop("issued_secret"))

    @display(description=_("only for practice"))
    def only_for(self, application: Application) -> str:
        return str(application.practice or _t("Every practice"))

    @display(description=_("status"))
    def state(self, application: Application) -> str:
        if application.closed_at is not None:
            return badge("cancelled", _t("Closed"))
        return badge("active", _t("Works"))


@admin.register(Authorization)
class AuthorizationAdmin(VerbAdmin):
    """Who let which program act for them. People give these on the page that the program sends them to."""

    view_verb = "directory.view_authorizations"
    steps = (REVOKE,)
    list_display = ("application", "user", "only_for", "state", "created_at", "last_used_at")
    sortable_by = ()
    list_select_related = ("application", "user", "practice")
    ordering = ("-pk",)
    search_fields = ("application__name", "~user__username")
    search_help_text = _("Program or person")
    fields = ("application", "user", "only_for", "scopes_shown", "state", "created_at", "revoked_at", "last_used_at")
    readonly_fields = fields

    def place(self, row: Authorization) -> dict[str, int]:
        """One's own is everywhere."""
        return {} if row.practice_id is None else {"practice_id": row.practice_id}

    def allows(self, request: HttpRequest, verb: str, row: Any = None) -> bool:
        """Whoever sees one may do what the tables allow anywhere: it is theirs, or of their practice."""
        return bool(verb) and actor_of(request).may(verb)

    @display(description=_("only for practice"))
    def only_for(self, authorization: Authorization) -> str:
        return str(authorization.practice or _t("Every practice"))

    @display(description=_("may"))
    def scopes_shown(self, authorization: Authorization) -> str:
        words = program_scopes()
        return "; ".join(dict.fromkeys(str(words.get(scope, scope)) for scope in authorization.scopes))

    @display(description=_("status"))
    def state(self, authorization: Authorization) -> str:
        if authorization.revoked_at is not None:
            return badge("cancelled", _t("Revoked"))
        return badge("active", _t("Works"))
