"""Custom fields on forms and lists: inputs and filters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import BadRequest
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from backoffice.kit.actor import actor_of
from backoffice.kit.choices import organization_of
from backoffice.kit.inputs import DayField, DayInput
from core.errors import InvalidInput
from directory.models import Organization
from patients.models import CustomField, CustomFieldValue
from patients.states import FieldType

if TYPE_CHECKING:
    from backoffice.kit.verb_admin import VerbAdmin

    Base = VerbAdmin
else:
    Base = object

# What the verbs call a refused value: the inputs have the same names, so that a refusal finds its input.
PREFIX = "custom_values."


class TextInput(UnfoldAdminTextInputWidget):
    """A line of text."""

    def __init__(self) -> None:
        super().__init__({"maxlength": 100})


class NumberInput(forms.NumberInput):
    """The browser's own input of a number of any fineness."""

    def __init__(self) -> None:
        super().__init__({**UnfoldAdminTextInputWidget().attrs, "step": "any"})


def input_of(field: CustomField) -> forms.Field:
    """Return the form field for a custom field."""
    asked: dict[str, Any] = {"label": field.label, "required": False}
    match FieldType(field.type):
        case FieldType.NUMBER:
            return forms.DecimalField(widget=NumberInput, **asked)
        case FieldType.DATE:
            return DayField(**asked)
        case FieldType.SINGLE_CHECKBOX:
            return forms.BooleanField(widget=UnfoldBooleanWidget, **asked)
        case FieldType.DROPDOWN:
            choices = [("", "–"), *((one, one) for one in field.choices)]
            return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget, **asked)
        case _:
            return forms.CharField(max_length=500, widget=UnfoldAdminTextInputWidget, **asked)


def shown(row: CustomFieldValue) -> str:
    """Return a custom field's value as people read it."""
    match row.field.python(row.value):
        case bool() as told:
            return _t("Yes") if told else _t("No")
        case date() as day:
            return date_format(day)
        case _:
            return row.value


class CustomFieldsMixin(Base):
    """A mixin that gives a VerbAdmin the inputs and filters of custom fields.

    `describes` names the kind of object (`FieldObject`). `custom_values(form)` is what its verbs take.
    """

    describes: str

    def custom_fields(self, request: HttpRequest, obj: Any) -> list[CustomField]:
        """The fields of `obj`, if it may be changed; of a new one those of its organization, if that is certain."""
        if obj is not None and not self.has_change_permission(request, obj):
            return []
        kept = request.__dict__.setdefault("custom_fields", {})
        place = self._organization(request, obj)
        if place not in kept:
            rows = CustomField.objects.live().filter(organization_id=place).of(self.describes)
            kept[place] = list(rows.in_order()) if place is not None else []
        found: list[CustomField] = kept[place]
        return found

    def _organization(self, request: HttpRequest, obj: Any) -> int | None:
        if isinstance(obj, Model):
            return organization_of(obj)
        places = {one.pk if isinstance(one, Organization) else organization_of(one) for one in self.scopes(request)}
        return next(iter(places)) if len(places) == 1 else None

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """With a group of the clinic's own fields, where it has any."""
        fieldsets = super().get_fieldsets(request, obj)
        names = [PREFIX + one.technical_name for one in self.custom_fields(request, obj)]
        if not names:
            return fieldsets
        first, *others = fieldsets
        return [first, (_("The clinic's own fields"), {"fields": names}), *others]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        fields = self.custom_fields(request, obj)
        said = {row.field_id: row for row in obj.custom_values.all()} if fields and obj is not None else {}
        inputs: dict[str, Any] = {}
        for field in fields:
            made = input_of(field)
            row = said.get(field.pk)
            made.initial = field.python(row.value) if row is not None else None
            inputs[PREFIX + field.technical_name] = made
        kwargs.setdefault("form", type(self.form.__name__, (self.form,), inputs))
        return super().get_form(request, obj, change=change, **kwargs)

    def custom_values(self, form: Any) -> dict[str, Any]:
        """Return the changed values by technical name."""
        return {
            name.removeprefix(PREFIX): form.cleaned_data[name]
            for name in form.changed_data
            if name.startswith(PREFIX) and name in form.cleaned_data
        }

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """With a filter of each of the clinic's own fields."""
        kept = request.__dict__.setdefault("custom_filters", {})
        if self.describes not in kept:
            rows = CustomField.objects.visible_to(actor_of(request)).live().of(self.describes)
            kept[self.describes] = [filter_of(one) for one in rows.in_order()[:MOST_FILTERS]]
        return [*super().get_list_filter(request), *kept[self.describes]]


MOST_FILTERS = 20
NOTHING = "-"


class CustomFieldFilter(SimpleListFilter):
    """Filters rows by a custom field's value; `-` in the address selects rows without one."""

    field: CustomField

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        if self.field.type == FieldType.SINGLE_CHECKBOX:
            found: list[tuple[str, Any]] = [("true", _("Yes")), ("false", _("No"))]
        else:
            found = [(one, one) for one in self.field.choices if one != NOTHING]
        return [*found, (NOTHING, _("Not told"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = self.value()
        if not asked:
            return queryset
        said = CustomFieldValue.objects.filter(field=self.field)
        owners = f"{self.field.object_type}_id"
        if asked == NOTHING:
            return queryset.exclude(pk__in=said.values(owners))
        return queryset.filter(pk__in=self.saying(said, asked).values(owners))

    def saying(self, said: QuerySet[Any], asked: str) -> QuerySet[Any]:
        """Of what the field says, that which is asked for."""
        return said.filter(value=asked)


class TypedFilter(CustomFieldFilter):
    """The same filter with a typed text, number or day."""

    template = "backoffice/kit/typed_filter.html"
    typed = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(NOTHING, _("Not told"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        asked = changelist.filter_params.items()
        value = self.value()
        widgets = {FieldType.NUMBER: NumberInput, FieldType.DATE: DayInput}
        # A browser's input of a number or a day would not show the mark of "not told".
        widget = widgets.get(FieldType(self.field.type), TextInput)() if value != NOTHING else TextInput()
        yield {
            "input": widget.render(str(self.parameter_name), value, {"aria-label": str(self.title)}),
            "active": bool(value),
            "kept": [(name, one) for name, many in asked if name not in (self.parameter_name, "p") for one in many],
            "clear": changelist.get_query_string(remove=[str(self.parameter_name)]),
        }

    def saying(self, said: QuerySet[Any], asked: str) -> QuerySet[Any]:
        if "\x00" in asked:
            raise BadRequest(f"{self.parameter_name} cannot be looked for")
        if self.field.type == FieldType.SINGLE_LINE_TEXT:
            return said.filter(value__icontains=asked[:100])
        try:
            return said.filter(value=self.field.canonical(asked))
        except InvalidInput:
            return said.none()


def filter_of(field: CustomField) -> type[CustomFieldFilter]:
    """Return the list filter for a custom field."""
    chosen = field.type in (FieldType.SINGLE_CHECKBOX, FieldType.DROPDOWN)
    base = CustomFieldFilter if chosen else TypedFilter
    told = {"field": field, "title": field.label, "parameter_name": f"own_{field.pk}"}
    return type("CustomFieldFilter", (base,), told)
