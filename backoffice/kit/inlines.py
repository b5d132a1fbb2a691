"""Inlines that write through verbs, and read-only fields for what a saved row is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.db.models import Model, QuerySet
from django.forms.formsets import TOTAL_FORM_COUNT
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from unfold.admin import TabularInline
from unfold.forms import PaginationInlineFormSet

from backoffice.kit.actor import actor_of
from backoffice.kit.choices import ScopedFields, organization_of
from backoffice.kit.forms import Refused, Unconstrained, raising, refusal_of, show_refusal
from backoffice.kit.lookups import asked_id
from core.actor import Actor
from core.errors import InvalidInput


class TextWidget(forms.Widget):
    """Text in place of an input."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return format_html('<span class="bo-told">{}</span>', self.text)


class ReadOnlyField(forms.Field):
    """What a saved row is about: shown, never sent, and no query to show it."""

    def __init__(self, value: Any, **kwargs: Any) -> None:
        super().__init__(widget=TextWidget(str(value)), required=False, disabled=True, **kwargs)
        self.value = value

    def clean(self, value: Any) -> Any:
        return self.value


class InlineForm(Unconstrained):
    """One row of an inline; shows the refusal that its own verb raised."""

    request: ClassVar[HttpRequest]
    fixed: ClassVar[Sequence[str]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.fixed if self.instance.pk else ():
            if name in self.fields:
                self.fields[name] = ReadOnlyField(getattr(self.instance, name), label=self.fields[name].label)
        # In a table the column's heading is not the input's label.
        for field in self.fields.values():
            # A search box stands inside the widget that offers to add a row.
            input_of: Any = getattr(field.widget, "widget", field.widget)
            input_of.attrs.setdefault("aria-label", str(field.label or "").capitalize())

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        refusal = refusal_of(self.request)
        if refusal is not None and refusal.prefix == self.prefix:
            show_refusal(self, refusal.error)
        return given


ADDED_AT_ONCE = 40


class VerbFormSet(PaginationInlineFormSet):
    """Rows whose duplicates the verbs refuse, each at its own row. It takes the rows there are and a few new ones.

    Django would first make up to 2,000 forms, which takes half a minute, and refuse them afterwards.
    """

    max_num: int
    absolute_max: int

    def total_form_count(self) -> int:
        """How many rows there are on the page; none of a request that names more than the page could have."""
        count: int = super().total_form_count()
        if not self.is_bound:
            return count
        self.max_num = self.absolute_max = len(self.get_queryset()) + ADDED_AT_ONCE
        return count if self.management_form.cleaned_data.get(TOTAL_FORM_COUNT, 0) <= self.absolute_max else 0

    def get_page_num(self) -> int:
        """The first page where the address names none that there is."""
        key = self.get_pagination_key()
        return asked_id(self.request.GET, key) or asked_id(self.request.POST, key) or 1

    def clean(self) -> None:
        """Refuse a row that is none: somebody deleted it while the page was open, or the id is made up."""
        super().clean()
        if any(form.instance.pk is None for form in self.initial_forms):
            raise forms.ValidationError(_t("A row was deleted while this page was open. Open the page again."))

    def validate_unique(self) -> None:
        """Nothing."""


class VerbInline(ScopedFields, TabularInline):
    """Rows below their owner. Give it the verbs of its permissions, and `create`, `change`, `remove`.

    `fixed` names what a row is about: chosen when it is added, text afterwards. `related` are read with the rows.
    """

    view_verb: str
    add_verb: str = ""
    change_verb: str = ""
    delete_verb: str = ""
    fixed: Sequence[str] = ()
    related: Sequence[str] = ()
    form = InlineForm
    formset = VerbFormSet
    extra = 0
    hide_title = True

    def allows(self, request: HttpRequest, verb: str, owner: Any) -> bool:
        """Whether the tables let the actor do `verb` in the owner's organization."""
        organization = organization_of(owner) if isinstance(owner, Model) else None
        return bool(verb) and actor_of(request).may(verb, organization_id=organization)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.view_verb, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.add_verb, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.change_verb, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.delete_verb, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related(*self.related) if self.related else rows

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        made = super().get_formset(request, obj, **kwargs)
        made.inline = self
        made.form.request = request
        made.form.fixed = self.fixed
        return made

    # ------------------------------------------------------------------------------------------------ writing

    def save(self, request: HttpRequest, owner: Any, formset: Any) -> None:
        """Each row that was removed, changed or added, through its verb."""
        by, at = actor_of(request), timezone.now()
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        for form in formset.initial_forms:
            with raising(form.prefix):
                if form in formset.deleted_forms:
                    self.remove(owner, form.instance, by=by, at=at)
                elif form.has_changed():
                    self.change(owner, form.instance, form, by=by, at=at)
        for form in formset.extra_forms:
            if form.has_changed() and form not in formset.deleted_forms:
                with raising(form.prefix):
                    self.create(owner, form, by=by, at=at)

    def create(self, owner: Any, form: Any, *, by: Actor, at: datetime) -> object:
        """Call the verb that adds a row."""
        raise NotImplementedError

    def change(self, owner: Any, row: Any, form: Any, *, by: Actor, at: datetime) -> object:
        """Call the verb that changes a row."""
        raise NotImplementedError

    def remove(self, owner: Any, row: Any, *, by: Actor, at: datetime) -> object:
        """Call the verb that takes a row away."""
        raise NotImplementedError


def given(form: Any, *names: str) -> Any:
    """The cleaned values of these fields, references by id."""
    return {
        f"{name}_id" if isinstance(form.cleaned_data[name], Model) else name: getattr(
            form.cleaned_data[name], "pk", form.cleaned_data[name]
        )
        for name in names
    }


def changed(form: Any) -> Any:
    """The cleaned values of the fields that were changed, references by id."""
    return given(form, *(name for name in form.changed_data if name in form.cleaned_data))


def refused_row(error: InvalidInput, prefixes: list[str], *, of: str) -> Refused:
    """A refusal of a verb that takes all rows at once (`sessions.2.offset_days`), as that of the row it names."""
    for name in error.fields:
        group, _dot, rest = name.partition(".")
        index, _dot, _field = rest.partition(".")
        if group == of and index.isdecimal() and int(index) < len(prefixes):
            start = f"{of}.{index}."
            fields = {one.removeprefix(start): why for one, why in error.fields.items() if one.startswith(start)}
            return Refused(InvalidInput(fields), prefixes[int(index)])
    return Refused(error, "")
