"""API keys: issued here, shown once, revoked with a button."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.http import HttpRequest, HttpResponse
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
from core.permissions import all_scopes
from directory.models import ApiKey
from directory.services import issue_api_key, revoke_api_key

REVOKE = Step(
    name="revoke",
    label=_("Revoke"),
    verb="directory.revoke_key",
    call=revoke_api_key,
    done=ngettext_lazy("%(count)d key revoked.", "%(count)d keys revoked.", "count"),
    offered=lambda key: key.revoked_at is None,
    confirm=_("Programs that use this key lose access at once. A revoked key never works again."),
    variant="danger",
    icon="key_off",
)


class KeyForm(VerbForm):
    """Limits of a key, as boxes to tick."""

    scopes = forms.MultipleChoiceField(
        label=_("Only for scopes"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("If none is ticked: everything its owner may do."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "scopes" in self.fields:
            self.fields["scopes"].choices = [(one, one) for one in all_scopes()]  # type: ignore[attr-defined]
        if "user" in self.fields:
            self.fields["user"].initial = self.request.user.pk


@admin.register(ApiKey)
class ApiKeyAdmin(VerbAdmin):
    """Keys. Nothing of them is edited."""

    view_verb = "directory.view_keys"
    add_verb = "directory.issue_key"
    form = KeyForm
    steps = (REVOKE,)
    list_display = ("__str__", "user", "only_for", "scopes_shown", "state", "expires_at", "last_used_at")
    list_select_related = ("user", "practice")
    ordering = ("-pk",)
    search_fields = ("label", "^prefix", "~user__username")
    search_help_text = _("Label, beginning or owner")
    autocomplete_fields = ("user",)

    def place(self, row: ApiKey) -> dict[str, int]:
        """One's own key is everywhere."""
        return {} if row.practice_id is None else {"practice_id": row.practice_id}

    def allows(self, request: HttpRequest, verb: str, row: Any = None) -> bool:
        """Whoever sees a key may do what the tables allow anywhere: it is theirs, or of their practice."""
        return bool(verb) and actor_of(request).may(verb)

    def layout(self, request: HttpRequest, obj: Any) -> list[Any]:
        if obj is None:
            return [(None, {"fields": ["user", "label", "practice", "expires_at", "scopes"]})]
        facts = [
            "state",
            "prefix",
            "label",
            "user",
            "only_for",
            "scopes_shown",
            "expires_at",
            "revoked_at",
            "last_used_at",
        ]
        return [(None, {"fields": facts})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["state", "only_for", "scopes_shown"] if obj is not None else []

    @sensitive_variables("text")
    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> ApiKey:
        key, text = issue_api_key(**values, by=by, at=at)
        form.request.__dict__["issued_key"] = text
        return key

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """The key itself, in this one answer: no message and no session keeps it."""
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": _t("The key has been issued"),
            "opts": self.opts,
            "key_text": request.__dict__.pop("issued_key"),
            "owner": obj.user,
            "back": self.list_url(),
        }
        return TemplateResponse(
            request, "backoffice/people/issued_key.html", context, headers={"Cache-Control": "no-store"}
        )

    @display(description=_("only for practice"))
    def only_for(self, key: ApiKey) -> str:
        return str(key.practice or _t("All of its owner's"))

    @display(description=_("only for scopes"))
    def scopes_shown(self, key: ApiKey) -> str:
        return ", ".join(key.scopes) or _t("All of its owner's")

    @display(description=_("status"))
    def state(self, key: ApiKey) -> str:
        if key.revoked_at is not None:
            return badge("cancelled", _t("Revoked"))
        if key.expires_at is not None and key.expires_at <= timezone.now():
            return badge("expired", _t("Expired"))
        return badge("active", _t("Works"))
