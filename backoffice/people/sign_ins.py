"""The read-only list of sign-in attempts: who, when, from where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin import display
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import build_q_object_from_lookup_parameters
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from backoffice.kit.actor import actor_of
from backoffice.kit.browsers import browser_in_words
from backoffice.kit.cells import badge
from backoffice.kit.verb_admin import VerbAdmin
from core.hints import OfEach
from directory.models import SignIn
from directory.states import SignInOutcome


class OfEachFilter(admin.ChoicesFieldListFilter):
    """A choice that is asked of each row that somebody may see, not looked up by its index."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = build_q_object_from_lookup_parameters(cast("dict[str, Iterable[object]]", self.used_parameters))
        if not asked:
            return queryset
        try:
            return queryset.filter(OfEach(asked))
        except (ValueError, ValidationError) as error:
            raise IncorrectLookupParameters(error) from error


@admin.register(SignIn)
class SignInAdmin(VerbAdmin):
    """Sign-ins, right and wrong. Nobody writes them but the entrance."""

    view_verb = "directory.view_sign_ins"
    list_display = ("at", "account", "user", "step", "address", "browser_in_words", "came_of_it")
    list_filter = ("step", "outcome")
    sortable_by = ("at",)
    list_select_related = ("user",)
    ordering = ("-at", "-pk")
    search_fields = ("=account", "=user__username", "=address")
    search_help_text = _("Account, address or key (key:12), in full")
    fields = ("at", "account", "user", "step", "address", "agent", "credential", "came_of_it")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """A patient's own account says when and from where they came, so it is read as their record."""
        return super().get_queryset(request).prefetch_related("user__patient_access")

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """The sign-ins of a clinic's staff are read by who they are, and few beside those of a step."""
        filters = super().get_list_filter(request)
        return [*filters] if actor_of(request).everything else [(one, OfEachFilter) for one in filters]

    def also_found(self, word: str) -> Q:
        """A key, or a program's tokens, as the history calls it."""
        return Q(credential=word.lower()) & ~Q(credential="")  # as the index has it

    def place(self, row: Any) -> dict[str, int]:
        return {}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("outcome"), ordering="outcome")
    def came_of_it(self, row: SignIn) -> SafeString:
        return badge(row.outcome, SignInOutcome(row.outcome).label)

    @display(description=_("browser"))
    def browser_in_words(self, row: SignIn) -> str:
        return browser_in_words(row.agent) if row.agent else ""
