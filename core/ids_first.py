"""Ids first: what an index finds for a condition is read before the list, as ids where these are few.

A list is walked along in its order until a page is full, which is long where next to none of its rows are asked for:
SQLite has no statistics, and PostgreSQL none of expressions and none of how the time of a visit goes with that of its
record. Whether an index finds few is soon known by looking; the list is then asked for these ids alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.db.models import BigIntegerField, Model, Q

from core.indexes import indexes_of, name_of
from core.prepared import Prepared, hole, hole_of, one_of

# So many are read and sorted sooner than a walk over a million rows meets fifty of them.
FEW = 1_000
MOST_ORGANIZATIONS = 20


@dataclass(frozen=True, slots=True)
class Way:
    """An index by which rows are found: those of `model` of which `lookup` is true.

    `holder` is the column there that names the rows of the list, by their column `of`. `beside` is the condition of a
    partial index. `placed`: the index begins with the organization.
    """

    model: type[Model]
    lookup: str
    holder: str = "pk"
    of: str = "pk"
    beside: Q = field(default_factory=Q)
    placed: bool = False


def ids_by(ways: Sequence[tuple[Way, Any]], organizations: Callable[[], Collection[int]]) -> list[int] | None:
    """The ids of the rows that are found in one of the ways, each with its value; None where they are too many.

    `organizations` are those whose rows are looked for where an index begins with them.
    """
    found: list[int] = []
    for way, value in ways:
        within: Collection[int | None] = organizations() if way.placed else (None,)
        if len(within) > MOST_ORGANIZATIONS:
            return None
        kind: Any = type(value)
        statement = _statement(way, kind, value if kind is bool else None)
        for organization in within:
            found += statement.between(0, FEW + 1 - len(found), {"value": value, "organization": organization})
            if len(found) > FEW:
                return None
    return found


@lru_cache(maxsize=500)
def _statement(way: Way, kind: Any, truth: bool | None) -> Prepared:
    """The ids in the order of the index, so that PostgreSQL reads this one."""

    def make() -> Any:
        rows: Any = way.model._base_manager.filter(way.beside)
        if way.placed:
            rows = rows.filter(organization=hole("organization", BigIntegerField()))
        column = way.lookup.rpartition("__")[0]
        if truth is not None:
            rows = rows.filter(**{way.lookup: truth})
        elif kind is tuple:
            rows = rows.filter(one_of(column, hole_of(kind, "value")))
        else:
            rows = rows.filter(**{way.lookup: hole_of(kind, "value")})
        is_range = way.lookup.endswith(("__lt", "__lte", "__gt", "__gte"))
        return rows.order_by(*[column] if is_range else []).values_list(way.holder, flat=True)

    return Prepared(make)


def way_by(model: type[Model], column: str, lookup: str, value: Any) -> Way | None:
    """The way to find the rows of which a lookup of a column is true of the value, if an index has that column."""
    name, told = name_of(model, column), f"{column}__{lookup}"
    filled, written = Q(**{f"{name}__isnull": False}), ~Q(**{name: ""})
    of_all = (None,) if lookup == "isnull" else (None, filled)
    for columns, condition in indexes_of(model):
        if columns[0] == name and condition in of_all:
            return Way(model, told)
        if columns[:2] == ("organization", name) and (condition is None or (condition == written and value != "")):
            return Way(model, told, beside=condition or Q(), placed=True)
    return None
