"""VerbAdmin: a ModelAdmin that shows what its actor may see and writes through verbs alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.utils import flatten, unquote
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignKey, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from backoffice.kit.actor import (
    NoPracticeYet,
    actor_of,
    organizations_for,
    organizations_of,
    practices_for,
    practices_of,
)
from backoffice.kit.choices import ScopedFields
from backoffice.kit.contributions import links_for, panels_for, warnings_for
from backoffice.kit.first_steps import first_steps
from backoffice.kit.forms import AskingForm, Refused, VerbForm, adopt, raising, say
from backoffice.kit.hanging import undecided
from backoffice.kit.history import entries_of, tell_entries
from backoffice.kit.lists import CappedPaginator, ClinicChangeList, SearchPaginator
from backoffice.kit.lookups import DeclaredLookups, prefilled, read_id
from backoffice.kit.searches import Found, search, words_for
from backoffice.kit.step_pages import StepsMixin
from core.actor import Actor

# What a form gave, by column; each verb says which columns it takes.
Values = Any


def without(names: Sequence[Any], name: str) -> list[Any]:
    """Fields of a fieldset, one to a line or several in a tuple, without this one."""
    lines = [tuple(one for one in line if one != name) if isinstance(line, tuple) else line for line in names]
    return [line for line in lines if line not in ((), name)]


class VerbAdmin(DeclaredLookups, StepsMixin, ScopedFields, ModelAdmin):
    """Give it the verbs of its permissions, and `create`, `change`, `remove` that call verbs.

    `scope` names the field that says where a row belongs ("organization" or "practice"): it is asked for only where
    the actor has a choice, and never changes. `optional` fields may be left empty: the verb fills them in. `made_on`
    names the page that makes rows, where that is not a form of this list ("admin:bulk_slots"). `set_up` is true of
    what a clinic needs before its first visit. `needed` is a model without rows of which nothing can be added here,
    and what to say then.
    """

    view_verb: str
    add_verb: str = ""
    change_verb: str = ""
    delete_verb: str = ""
    scope: str = ""
    made_on: str = ""
    set_up: bool = False
    needed: tuple[Any, Any] | None = None
    search_patient: str = ""
    inlines: Sequence[Any] = ()

    form = VerbForm
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 50
    list_filter_sheet = False
    save_on_top = False
    view_on_site = False
    change_form_template = "backoffice/kit/change_form.html"
    change_list_template = "backoffice/kit/change_list.html"

    # ------------------------------------------------------------------------------- what may be seen and done

    def place(self, row: Any) -> dict[str, int]:
        """Return the place of the row, in the form that `Actor.may` takes."""
        if getattr(row, "practice_id", None) is not None:
            return {"practice_id": row.practice_id}
        return {"organization_id": row.organization_id}

    def allows(self, request: HttpRequest, verb: str, row: Any = None) -> bool:
        """Whether the tables let the actor do `verb` to this row, or anywhere. Without a verb, nobody may."""
        place = self.place(row) if isinstance(row, Model) else {}
        return bool(verb) and actor_of(request).may(verb, **place)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.view_verb, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.allows(request, self.add_verb)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.change_verb, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.delete_verb, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).visible_to(actor_of(request))
        return rows

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row, or None for one that is missing or another's. Before it is changed it is locked, so that
        what `VerbForm` compares is what is overwritten.
        """
        row = super().get_object(request, object_id, from_field)
        if row is None or request.method != "POST" or not self.in_change_form(request):
            return row
        self.model._base_manager.select_for_update(no_key=True).filter(pk=row.pk).values_list("pk").first()
        return super().get_object(request, object_id, from_field)

    def in_change_form(self, request: HttpRequest) -> bool:
        """Whether the request is a save, and so inside Django's transaction."""
        match = request.resolver_match
        return match is not None and (match.url_name or "").endswith("_change")

    # ------------------------------------------------------------------------------------------------- lists

    def get_paginator(self, request: HttpRequest, queryset: Any, per_page: int, *rest: Any, **named: Any) -> Any:
        if not request.GET.get(SEARCH_VAR):
            return self.paginator(queryset, per_page, *rest, **named)
        found: Found = request.__dict__["found"]
        page = read_id(request.GET.get(PAGE_VAR, "")) or 1
        return SearchPaginator(queryset, per_page, *rest, found=found, page=page, **named)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ClinicChangeList]:
        return ClinicChangeList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        response: HttpResponse = super().changelist_view(
            request, {"list_links": self.list_links(request), **(extra_context or {})}
        )
        return response

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """As Django's; where rows are made on another page, the way there. Nobody types what has no place yet."""
        if self.scope and self.has_add_permission(request) and not self.scopes(request):
            raise NoPracticeYet
        if self.needed and request.method == "GET":
            needed, told = self.needed
            if not needed._default_manager.visible_to(actor_of(request)).exists():
                messages.warning(request, told)
        if not self.made_on:
            response: HttpResponse = super().add_view(request, form_url, extra_context)
            return response
        if not self.has_add_permission(request):
            raise PermissionDenied
        page, _mark, query = self.made_on.partition("?")
        return HttpResponseRedirect(f"{reverse(page)}?{query}" if query else reverse(page))

    def list_links(self, request: HttpRequest) -> list[tuple[str, str]]:
        """The links shown on the list: label and address."""
        return []

    def get_list_display(self, request: HttpRequest) -> list[str]:
        """Without the column that would say the same in every row."""
        columns = [str(name) if isinstance(name, str) else name for name in super().get_list_display(request)]
        single = {"practice"} if len(practices_of(request)) < 2 else set()
        single |= {"organization"} if len(organizations_of(request)) < 2 else set()
        return [name for name in columns if name not in single]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        meant = words_for(request, search_term) if self.search_patient else None
        patient, fields = self.search_patient, self.search_fields
        found = search(
            queryset,
            search_term,
            fields=fields,
            visible=self.get_queryset(request),
            patient=patient,
            meant=meant,
            also=self.also_found,
        )
        request.__dict__["found"] = found
        return found.rows, False

    def also_found(self, word: str) -> Q:
        """What a word that is searched may mean beside the search's fields."""
        return Q(pk__in=[])

    # ------------------------------------------------------------------------------------------------- forms

    def scopes(self, request: HttpRequest) -> Sequence[Model]:
        """Where the actor may add a row."""
        choose = practices_for if self.scope == "practice" else organizations_for
        return choose(request, self.add_verb)

    def layout(self, request: HttpRequest, obj: Any) -> list[Any]:
        """The fieldsets, the scope among their fields."""
        return list(super().get_fieldsets(request, obj))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """The layout, without the scope where there is no choice."""
        fieldsets = self.layout(request, obj)
        if obj is not None and self.has_change_permission(request, obj):
            fieldsets = self.with_question(fieldsets)
        several = len(practices_of(request) if self.scope == "practice" else organizations_of(request)) > 1
        if not self.scope or (several if obj is not None else len(self.scopes(request)) > 1):
            return fieldsets
        return [(title, {**options, "fields": without(options["fields"], self.scope)}) for title, options in fieldsets]

    def with_question(self, fieldsets: list[Any]) -> list[Any]:
        """With the box that answers a form's warning, where the form has one that the layout does not place."""
        (title, options), *others = fieldsets
        placed = {name for _title, one in fieldsets for name in flatten(one["fields"])}
        if not issubclass(self.form, AskingForm) or "anyway" in placed:
            return fieldsets
        return [(title, {**options, "fields": ["anyway", *options["fields"]]}), *others]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fixed = [self.scope] if self.scope and obj is not None else []
        return [*super().get_readonly_fields(request, obj), *fixed]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        request.__dict__["edited"] = obj
        made = super().get_form(request, obj, change=change, **kwargs)
        made.request = request
        return made

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What the address fills in, of the fields that an empty form shows."""
        return {**prefilled(self.get_form(request).base_fields, request.GET)}

    def choices(self, db_field: ForeignKey[Any, Any], request: HttpRequest) -> QuerySet[Any]:
        """What a foreign key may point at."""
        if db_field.name == self.scope:
            return db_field.related_model._default_manager.filter(pk__in=[one.pk for one in self.scopes(request)])
        return super().choices(db_field, request)

    # ------------------------------------------------------------------------------------------------ writing

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> Any:
        """Call the verb that creates a row."""
        raise NotImplementedError

    def change(self, obj: Any, form: Any, values: Values, *, by: Actor, at: datetime) -> Any:
        """Call the verb that changes a row; `values` are the columns that were changed."""
        raise NotImplementedError

    def remove(self, obj: Any, *, by: Actor, at: datetime) -> None:
        """Call the verb that deletes a row."""
        raise NotImplementedError

    def scope_id(self, request: HttpRequest, form: Any) -> int:
        """Return the scope of the new row: the chosen one, or the only choice."""
        chosen = form.cleaned_data.get(self.scope) or next(iter(self.scopes(request)), None)
        if chosen is None:
            raise NoPracticeYet
        return int(chosen.pk)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by, at = actor_of(request), timezone.now()
        values = self.values_of(form, change=change)
        with raising(""):
            saved = self.change(obj, form, values, by=by, at=at) if change else self.create(form, values, by=by, at=at)
        if saved is not None and saved is not obj:
            adopt(obj, saved)

    def values_of(self, form: Any, *, change: bool) -> Values:
        """Columns and their values: on a change those that were changed, on an addition those that were given."""
        columns = {field.name: field for field in self.opts.concrete_fields if field.name != self.scope}
        given = {name: value for name, value in form.cleaned_data.items() if name in columns}
        if change:
            given = {name: value for name, value in given.items() if name in form.changed_data}
        else:
            given = {name: value for name, value in given.items() if value not in (None, "")}
        return {columns[name].attname: getattr(value, "pk", value) for name, value in given.items()}

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Each row of an inline through the inline's verbs."""
        formset.inline.save(request, form.instance, formset)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with raising(""):
            self.remove(obj, by=actor_of(request), at=timezone.now())

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """As Django's; while the clinic is being set up, back to what it needs next."""
        if self.set_up and first_steps(request):
            return HttpResponseRedirect(reverse("admin:index"))
        response: HttpResponse = super().response_post_save_add(request, obj)
        return response

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """The row alone: what refers to it refuses, by the verb."""
        return [str(obj) for obj in objs], {}, set(), []

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """As Django's; a verb's refusal rolls everything back, and the page shows it at the field it names."""
        try:
            response: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refused:
            request.__dict__["refusal"] = refused.refusal
            response = super().changeform_view(request, object_id, form_url, extra_context)
        return response

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        """Back to the list, also where its rows are never edited."""
        super().response_delete(request, obj_display, obj_id)
        return HttpResponseRedirect(self.list_url())

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """As Django's; a refusal is told on the row's own page."""
        try:
            response: HttpResponse = super().delete_view(request, object_id, extra_context)
        except Refused as refused:
            messages.error(request, say(refused.refusal.error))
            row = self.get_object(request, unquote(object_id))
            return HttpResponseRedirect(self.row_url(row) if row is not None else self.list_url())
        return response

    # ------------------------------------------------------------------------------------- pages and history

    def get_urls(self) -> list[URLPattern]:
        return [*self.step_urls(), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            context["show_save_and_add_another"] = context["show_close"] = False
            context["buttons"] = self.buttons(request, row)
            by, at = actor_of(request), timezone.now()
            context["links"] = [*self.links(request, row), *links_for(row, by=by)]
            context["warnings"] = warnings_for(row, by=by)
            context["panels"] = [
                *undecided(row, by=by, at=at),
                *self.panels(request, row),
                *panels_for(row, by=by, at=at),
            ]
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def links(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        """The links on a row's page, beside those of other areas: label and address."""
        return []

    def panels(self, request: HttpRequest, row: Any) -> Sequence[Any]:
        """The panels below a row's fields, beside those of other areas."""
        return ()

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Who changed the row, when, through which door, from what to what."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self.missing(request, object_id)
        request.current_app = self.admin_site.name
        page = CappedPaginator(entries_of(row), 50).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of %(what)s") % {"what": row},
            "object": row,
            "opts": self.opts,
            "page": page,
            "told": tell_entries(page.object_list, by=actor_of(request)),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "backoffice/kit/history.html", context)

    # Django's own log would be a second history beside the audit.

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Nothing: the verb wrote the audit."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Nothing: the verb wrote the audit."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """Nothing: the verb wrote the audit."""
