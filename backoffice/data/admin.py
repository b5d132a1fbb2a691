"""The history of everything, for clinic admins: who changed what, when, through which door. Read-only."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import BooleanField, Func, Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from backoffice.kit.actor import actor_of
from backoffice.kit.clock import show_when
from backoffice.kit.history import EntryInWords, tell_entries, words
from backoffice.kit.lists import ClinicChangeList
from backoffice.kit.lookups import read_id
from backoffice.kit.searches import among
from backoffice.kit.verb_admin import VerbAdmin
from core.db import VERBS
from core.models import AuditEntry


class HistoryList(ClinicChangeList):
    """Entries put in words a page at a time, so that names cost a few queries and not one per cell."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        for row, told in zip(rows, tell_entries(rows, by=actor_of(request)), strict=True):
            row.__dict__["told"] = told
        self.result_list = rows


class ByCommand(Func):
    """Whether a door is that of commands, in the words of the index `audit_commands`.

    SQLite compares a pattern with that of an index only where it stands in the statement.
    """

    template = r"%(expressions)s LIKE 'command:%%%%' ESCAPE '\'"
    output_field = BooleanField()

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """As Django writes the condition of the index there."""
        return self.as_sql(compiler, connection, template="%(expressions)s::text LIKE 'command:%%%%'", **more)


class DoorFilter(admin.SimpleListFilter):
    """By the door that a change came through."""

    title = _("door")
    parameter_name = "door"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("backoffice", _("Back office")), ("services", _("API")), ("command", _("Commands"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value == "command":
            return queryset.filter(ByCommand("door"))
        return queryset.filter(door=value) if value in ("backoffice", "services") else queryset


def told_of(entry: AuditEntry) -> EntryInWords:
    """The entry in words: with its page's, or alone."""
    found: EntryInWords = entry.__dict__["told"]
    return found


@admin.register(AuditEntry)
class AuditEntryAdmin(VerbAdmin):
    """Entries."""

    view_verb = "directory.view_history"
    list_display = ("when", "who", "what", "kind", "object_link", "through", "summary")
    list_filter = ("action", DoorFilter)
    list_select_related = ("user",)
    ordering = ("-pk",)
    search_fields = ("~user__username",)
    sortable_by = ("when",)
    search_help_text = _("Action, number, user or address")
    fields = ("when", "who", "through", "what", "kind", "object_link", "all_changes", "address", "agent", "request_id")
    readonly_fields = fields

    def also_found(self, word: str) -> Q:
        """A number is the object's, of any kind; a word is of what was done, or a whole address or id of a request."""
        with suppress(ValueError):
            return Q(address=str(ip_address(word)))
        requested = Q(request_id=word) & ~Q(request_id="")  # as the index has it
        number = read_id(word.lstrip("#"))
        if number is not None:
            kinds = [model._meta.label_lower for model in apps.get_models()]
            return Q(object_kind__in=kinds, object_id=number) | requested
        verbs = [name for name in VERBS if word.lower() in name or word.lower() in words(name).lower()]
        return among(AuditEntry, "verb", verbs) | requested

    def place(self, row: AuditEntry) -> dict[str, int]:
        """`visible_to` has asked already: an entry may be of no place."""
        return {}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ClinicChangeList]:
        return HistoryList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("user")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        entry = super().get_object(request, object_id, from_field)
        if entry is not None:
            (entry.__dict__["told"],) = tell_entries([entry], by=actor_of(request))
        return entry

    @display(description=_("when"), ordering="pk")
    def when(self, entry: AuditEntry) -> str:
        return show_when(entry.at)

    @display(description=_("who"))
    def who(self, entry: AuditEntry) -> str:
        return told_of(entry).who

    @display(description=_("what"))
    def what(self, entry: AuditEntry) -> str:
        return told_of(entry).what

    @display(description=_("kind"))
    def kind(self, entry: AuditEntry) -> str:
        return told_of(entry).kind

    @display(description=_("through"))
    def through(self, entry: AuditEntry) -> str:
        return told_of(entry).door

    @display(description=_("object"))
    def object_link(self, entry: AuditEntry) -> SafeString | str:
        try:
            address = reverse(f"admin:{entry.object_kind.replace('.', '_')}_change", args=(entry.object_id,))
        except NoReverseMatch:
            return f"#{entry.object_id}"
        return format_html('<a class="bo-link" href="{}">#{}</a>', address, entry.object_id)

    @display(description=_("changes"))
    def summary(self, entry: AuditEntry) -> str:
        """The first of them; all are on the entry's page."""
        changes = told_of(entry).changes
        if entry.action != AuditEntry.Action.CHANGE:
            return str(entry.get_action_display())
        shown = [f"{one.name}: {one.before} → {one.after}"[:80] for one in changes[:2]]
        return "; ".join(shown) + (" …" if len(changes) > 2 else "")

    @display(description=_("changes"))
    def all_changes(self, entry: AuditEntry) -> str:
        return render_to_string("backoffice/kit/changes.html", {"one": told_of(entry)})
