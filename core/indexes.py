"""What indexes a model's table has: by their columns, and of which rows."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, Q


@cache
def indexes_of(model: type[Model]) -> tuple[tuple[tuple[str, ...], Q | None], ...]:
    """The columns of each index, and of which rows it is (None: of all)."""
    fields: Any = model._meta.concrete_fields
    own = [((one.name,), None) for one in fields if one.db_index or one.unique]
    listed = [
        (tuple(name.lstrip("-") for name in one.fields), one.condition) for one in model._meta.indexes if one.fields
    ]
    return (*own, *listed)


def has_order(model: type[Model], column: str, order: str) -> bool:
    """Whether an index has the rows of one value of `column` in the order of the column `order`."""
    names = name_of(model, column), name_of(model, order)
    return any(columns[:2] == names and condition is None for columns, condition in indexes_of(model))


def name_of(model: type[Model], column: str) -> str:
    """The name of the field that is called so, also by its column; "" for what is none, as an annotation."""
    if column == "pk":
        return str(model._meta.pk.name)
    with suppress(FieldDoesNotExist):
        return str(model._meta.get_field(column).name)
    return ""
