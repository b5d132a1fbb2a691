"""The choices of foreign keys on forms, and the search box that offers them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib.admin.widgets import AutocompleteSelect, RelatedFieldWidgetWrapper
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import ForeignKey, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminExpandableTextareaWidget

from backoffice.kit.actor import actor_of
from backoffice.kit.inputs import DayField, DayInput, DayTimeField, DayTimeInput
from backoffice.kit.lookups import read_id
from core.actor import Actor
from directory.models import User

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite


def organization_of(row: Any) -> int | None:
    """Return the organization of a row, its own or that of its practice, patient or service."""
    if row is None:
        return None
    if getattr(row, "organization_id", None) is not None:
        return int(row.organization_id)
    for owner in ("practice", "patient", "service", "service_plan"):
        if getattr(row, f"{owner}_id", None) is not None:
            return organization_of(getattr(row, owner))
    return None


def choices_for(field: Any, by: Actor, edited: Any) -> QuerySet[Any]:
    """Return the live rows of the edited row's organization that `by` may see; the present value stays a choice."""
    model = field.related_model
    rows: QuerySet[Any] = model._default_manager.all().visible_to(by)
    names = {one.name for one in model._meta.concrete_fields}
    organization = organization_of(edited)
    if organization is not None and "organization" in names:
        rows = rows.filter(organization_id=organization)
    if "archived_at" in names:
        present = getattr(edited, field.attname, None)
        rows = rows.filter(Q(archived_at=None) | Q(pk=present) if present else Q(archived_at=None))
    return rows.order_by("name", "pk") if "name" in names else rows.order_by("pk")


def named_user(request: HttpRequest, typed: str) -> User:
    """Return the one user with this name or address whom the actor may name; else raise ValidationError."""
    name = typed.strip()
    rows = User.objects.nameable_by(actor_of(request)).filter(is_active=True)
    found: list[User] = list(rows.filter(Q(username=name) | Q(email__iexact=name))[:2])
    if len(found) == 1:
        return found[0]
    raise ValidationError(
        _("Several users have this address; type the user name.") if found else _("There is no such user.")
    )


class ScopedSelect(AutocompleteSelect):
    """A search box over the rows of the edited row's organization."""

    def __init__(self, *args: Any, edited: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization = organization_of(edited)

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        """As Django's, which fails on a chosen value that is no id; the field has refused it already."""
        return super().optgroups(name, [one for one in value if read_id(str(one)) is not None], attr)

    def get_url(self) -> str:
        url = super().get_url()
        return f"{url}?{urlencode({'organization': self.organization})}" if self.organization is not None else url


class ScopedFields:
    """A mixin for ModelAdmin and inlines: their inputs, and foreign keys that offer only allowed choices."""

    formfield_overrides = {
        models.TextField: {"widget": UnfoldAdminExpandableTextareaWidget},
        models.URLField: {"assume_scheme": "https"},
        models.DateField: {"form_class": DayField, "widget": DayInput},
        models.DateTimeField: {"form_class": DayTimeField, "widget": DayTimeInput},
    }

    optional: Sequence[str] = ()
    admin_site: AdminSite

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without the pencils and eyes beside each choice; what a verb fills in may stay empty."""
        made = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if made is not None and db_field.name in self.optional:
            made.required = False
        if made is not None and isinstance(made.widget, RelatedFieldWidgetWrapper):
            made.widget.can_change_related = made.widget.can_delete_related = made.widget.can_view_related = False
        return made

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """Choices that the actor may see, of the row's organization, that have not been archived."""
        kwargs.setdefault("queryset", self.choices(db_field, request))
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            edited = request.__dict__.get("edited")
            kwargs.setdefault("widget", ScopedSelect(db_field, self.admin_site, edited=edited))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def choices(self, db_field: ForeignKey[Any, Any], request: HttpRequest) -> QuerySet[Any]:
        """The rows that a foreign key may refer to."""
        return choices_for(db_field, actor_of(request), request.__dict__.get("edited"))
