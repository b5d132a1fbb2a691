"""Setting the values that a verb was given on a row, with only allowed columns and visible references."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import InvalidInput, Missing, Text
from core.prepared import PreparedFor, hole


def assign(
    obj: models.Model, values: Mapping[str, object], *, allowed: Collection[str], by: Actor, organization_id: int
) -> None:
    """Set the columns `values` (attname -> value) on `obj`, all of them among `allowed`.

    A foreign key must name a live row that `by` may see in the same organization, else InvalidInput names the column.
    Raises TypeError for a column that is not allowed: that is the caller's mistake, not the person's.
    """
    if unknown := values.keys() - set(allowed):
        raise TypeError(f"{obj._meta.label} takes no {', '.join(sorted(unknown))}")
    problems: dict[str, Text] = {}
    for name, value in values.items():
        field = obj._meta.get_field(name)
        unseen = isinstance(field, models.ForeignKey) and value is not None and value != getattr(obj, name)
        if unseen and not _may_name(field, value, by=by, organization_id=organization_id):
            problems[name] = _("There is no such %(thing)s.") % {"thing": _name_of(field)}
        else:
            setattr(obj, name, value)
    if problems:
        raise InvalidInput(problems)


def _may_name(field: Any, value: Any, *, by: Actor, organization_id: int) -> bool:
    try:
        _nameable(field.related_model).one(by, pk=value, organization=organization_id)
    except (Missing, TypeError, ValueError):
        return False
    return True


@cache
def _nameable(target: Any) -> PreparedFor:
    """The live row `pk` of the `organization` that an actor may see, as its key alone."""
    same: dict[str, Any] = {"pk": hole("pk", models.BigIntegerField())}
    if _has(target, "organization"):
        same["organization_id"] = hole("organization", models.BigIntegerField())
    if _has(target, "archived_at"):
        same["archived_at"] = None
    return PreparedFor(lambda by: target._default_manager.visible_to(by).filter(**same).values_list("pk"))


def _has(model: type[models.Model], name: str) -> bool:
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def _name_of(field: Any) -> str:
    return str(field.related_model._meta.verbose_name)
