"""Read-only lists of connected programs: the state of their connections, and what they show in each practice."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from backoffice.kit.cells import badge
from backoffice.kit.filters import PracticeFilter
from backoffice.kit.verb_admin import VerbAdmin
from directory.models import AppIntegration, Application, UIElement
from directory.states import IntegrationStatus

# What a cell of a list shows of the lines of an element.
SHOWN = 3


class ConnectionAdmin(VerbAdmin):
    """What programs say of themselves. Only they write it."""

    view_verb = "directory.view_connections"
    list_filter: tuple[Any, ...] = (PracticeFilter,)
    list_select_related = ("practice",)
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the name of the application, where it is one."""
        named = Application.objects.filter(client_id=OuterRef("app")).values("name")[:1]
        rows: QuerySet[Any] = super().get_queryset(request).annotate(application_name=Subquery(named))
        return rows

    @display(description=_("program"), ordering="app")
    def program(self, row: Any) -> str:
        kind, _colon, number = row.app.partition(":")
        if row.application_name:
            return str(row.application_name)
        return _t("API key %(number)s") % {"number": number} if kind == "key" and number else str(row.app)


@admin.register(AppIntegration)
class AppIntegrationAdmin(ConnectionAdmin):
    """How the connections stand."""

    list_display = ("program", "practice", "state", "created_at", "updated_at")
    list_filter = (PracticeFilter, "status")
    search_fields = ("=app",)
    search_help_text = _("Client id, in full")
    fields = ("program", "app", "practice", "state", "created_at", "updated_at")
    readonly_fields = fields

    @display(description=_("status"), ordering="status")
    def state(self, row: AppIntegration) -> SafeString:
        kind = "active" if row.status == IntegrationStatus.SUCCESS else "cancelled"
        return badge(kind, IntegrationStatus(row.status).label)


@admin.register(UIElement)
class UIElementAdmin(ConnectionAdmin):
    """What the programs show."""

    list_display = ("program", "name", "only_for", "lines", "updated_at")
    search_fields = ("name", "=app")
    search_help_text = _("Name, or client id in full")
    fields = ("program", "app", "name", "organization", "only_for", "all_lines", "created_at", "updated_at")
    readonly_fields = fields

    @display(description=_("only for practice"))
    def only_for(self, row: UIElement) -> str:
        return str(row.practice or _t("Every practice"))

    @display(description=_("titles and values"))
    def lines(self, row: UIElement) -> str:
        shown = ", ".join(f"{item['title']}: {item['value']}" for item in row.items[:SHOWN])
        return f"{shown} …" if len(row.items) > SHOWN else shown

    @display(description=_("titles and values"))
    def all_lines(self, row: UIElement) -> SafeString:
        return format_html_join("", "<div>{}: {}</div>", ((item["title"], item["value"]) for item in row.items))
