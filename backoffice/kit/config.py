"""The small lists of an organization that have no rules of their own, and the steps that archive and restore rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from backoffice.kit.filters import PutAwayFilter
from backoffice.kit.forms import VerbForm
from backoffice.kit.hanging import hanging_panels
from backoffice.kit.steps import Step
from backoffice.kit.verb_admin import Values, VerbAdmin
from core.actor import Actor
from directory.services import configure, delete_configured, set_archived

PUT_AWAY = _(
    "From now on it cannot be chosen for anything new. What is listed here stays as it is and needs a decision. "
    "You can restore it at any time."
)


def putting_away(
    verb: str, away: Callable[..., object], back: Callable[..., object], *, back_verb: str = "", asks: bool = True
) -> tuple[Step, Step]:
    """Return the steps Archive and Restore; Archive lists what depends on the row first if it `asks`."""
    return (
        Step(
            name="put-away",
            label=_("Archive"),
            verb=verb,
            call=away,
            done=ngettext_lazy("%(count)d archived.", "%(count)d archived.", "count"),
            offered=lambda row: row.archived_at is None,
            confirm=PUT_AWAY if asks else "",
            concerns=hanging_panels,
            icon="archive",
        ),
        Step(
            name="bring-back",
            label=_("Restore"),
            verb=back_verb or verb,
            call=back,
            done=ngettext_lazy("%(count)d restored.", "%(count)d restored.", "count"),
            offered=lambda row: row.archived_at is not None,
            icon="unarchive",
        ),
    )


def put_away_steps(model: Any, *, asks: bool = True) -> tuple[Step, Step]:
    """Return the steps Archive and Restore of a model that `set_archived` archives."""
    return putting_away(
        "directory.put_away",
        lambda pk, *, by, at: set_archived(model(pk=pk), archived=True, by=by, at=at),
        lambda pk, *, by, at: set_archived(model(pk=pk), archived=False, by=by, at=at),
        asks=asks,
    )


class ConfigAdmin(VerbAdmin):
    """A list that clinic admins keep themselves."""

    view_verb = "directory.view"
    add_verb = "directory.configure"
    change_verb = "directory.configure"
    delete_verb = "directory.delete_configured"
    scope = "organization"
    list_select_related = ("organization",)
    ordering: tuple[str, ...] = ("pk",)
    search_fields: tuple[str, ...] = ("name",)

    def create(self, form: VerbForm, values: Values, *, by: Actor, at: datetime) -> Any:
        form.instance.organization_id = self.scope_id(form.request, form)
        return configure(form.instance, by=by, at=at)

    def change(self, obj: Any, form: VerbForm, values: Values, *, by: Actor, at: datetime) -> Any:
        return configure(obj, by=by, at=at)

    def remove(self, obj: Any, *, by: Actor, at: datetime) -> None:
        delete_configured(obj, by=by, at=at)


class NamedAdmin(ConfigAdmin):
    """A list of names that can be archived."""

    list_display: tuple[str, ...] = ("name", "organization")
    list_filter = (PutAwayFilter,)
    fields: tuple[str, ...] = ("organization", "name")
    ordering = ("name", "pk")

    def __init__(self, model: Any, admin_site: Any) -> None:
        self.steps = put_away_steps(model, asks=False)
        super().__init__(model, admin_site)
