"""The page where a clinic sets up the fields of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from backoffice.kit.config import putting_away
from backoffice.kit.filters import PutAwayFilter
from backoffice.kit.forms import VerbForm
from backoffice.kit.inputs import LinesField
from backoffice.kit.panels import Panel
from backoffice.kit.verb_admin import Values, VerbAdmin
from core.actor import Actor
from patients.models import CustomField, CustomFieldValue
from patients.services import (
    archive_custom_field,
    change_custom_field,
    define_custom_field,
    delete_custom_field,
    restore_custom_field,
)


class CustomFieldForm(VerbForm):
    """Choices are typed one to a line."""

    choices = LinesField(label=_("Choices"), required=False, help_text=_("For a choice: one per line."))


@admin.register(CustomField)
class CustomFieldAdmin(VerbAdmin):
    """Fields that the clinic defined; what they hold and their technical name never change."""

    view_verb = "directory.view"
    add_verb = change_verb = delete_verb = "patients.define_custom_field"
    scope = "organization"
    form = CustomFieldForm
    optional = ("technical_name",)
    steps = putting_away("patients.define_custom_field", archive_custom_field, restore_custom_field)
    list_display = ("label", "organization", "object_type", "type", "technical_name", "sequence_number")
    list_filter = ("object_type", "type", PutAwayFilter)
    list_select_related = ("organization",)
    ordering = ("object_type", "sequence_number", "pk")
    search_fields = ("label", "technical_name")
    fields = ("organization", "object_type", "label", "type", "choices", "sequence_number", "technical_name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fixed: Sequence[str] = ("object_type", "technical_name", "type") if obj is not None else ()
        return [*super().get_readonly_fields(request, obj), *fixed]

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> CustomField:
        return define_custom_field(organization_id=self.scope_id(form.request, form), values=values, by=by, at=at)

    def change(self, obj: CustomField, form: Any, values: Values, *, by: Actor, at: datetime) -> CustomField:
        return change_custom_field(obj.pk, values=values, by=by, at=at)

    def remove(self, obj: CustomField, *, by: Actor, at: datetime) -> None:
        delete_custom_field(obj.pk, by=by, at=at)

    def panels(self, request: HttpRequest, row: Any) -> Sequence[Panel]:
        """How much hangs on the field."""
        count = CustomFieldValue.objects.filter(field=row).count()
        says = ngettext("%(count)d record has a value.", "%(count)d records have a value.", count)
        facts: list[tuple[str, Any]] = [(_t("In use"), says % {"count": count})]
        if row.archived_at is not None:
            facts.append((_t("Archived"), timezone.localdate(row.archived_at)))
        return [Panel(_t("Use"), facts=facts)]
