"""How the rows of a prepared query are read: what Django finds out at every query is found out once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet
from django.db.models.query import FlatValuesListIterable, ModelIterable, ValuesListIterable, get_related_populators

Reader = Callable[[list[Any], Any], list[Any]]

# Columns whose values can be shared by rows, as nothing changes them.
SHARED = frozenset({"BooleanField", "DateField", "DateTimeField", "DecimalField", "TimeField", "UUIDField"})


class Once(dict[Hashable, Any]):
    """What `make` gives for a value, made once for each: most columns have few values."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, value: Any) -> Any:
        """Make it."""
        made = self[value] = self.make(value)
        return made


def reader_of(rows: QuerySet[Any, Any], compiler: Any) -> Reader:
    """Return what makes the query's results of the database's rows and the connection that gave them."""
    found = compiler.get_converters([one[0] for one in compiler.select])
    vendor = compiler.connection.vendor
    converters = [_converter(place, *one, vendor=vendor) for place, one in found.items()]
    asked: Any = rows
    kind = asked._iterable_class
    if kind is ModelIterable and not asked._prefetch_related_lookups:
        return _Objects(compiler, converters)
    if kind is ValuesListIterable:
        return _Tuples(converters)
    if kind is FlatValuesListIterable:
        return _Values(converters)
    raise TypeError(f"{rows.model.__name__}: prepare objects without prefetches, or lists of values")


class _Converter:
    """How a column's values become Python's."""

    def __init__(self, place: int, steps: Sequence[Callable[[Any, Any, Any], Any]], column: Any) -> None:
        self.place = place
        self.steps = steps
        self.column = column
        self.shared = column.output_field.get_internal_type() in SHARED

    def one(self, value: Any, connection: Any) -> Any:
        """The value as Python's."""
        for step in self.steps:
            value = step(value, self.column, connection)
        return value

    def all(self, values: Sequence[Any], connection: Any) -> list[Any]:
        """The values of a column as Python's."""
        if self.shared:
            return list(map(Once(lambda value: self.one(value, connection)).__getitem__, values))
        return [self.one(value, connection) for value in values]


class _Moments(_Converter):
    """How SQLite's moments, which have no zone, get theirs: most of a list are different."""

    def all(self, values: Sequence[Any], connection: Any) -> list[Any]:
        """Return the moments; what the database takes for text, as of an expression, is converted as Django does."""
        zone = connection.timezone
        try:
            return [value and value.replace(tzinfo=zone) for value in values]
        except TypeError:
            return super().all(values, connection)


def _converter(place: int, steps: Sequence[Any], column: Any, *, vendor: str) -> _Converter:
    is_moment = len(steps) == 1 and column.output_field.get_internal_type() == "DateTimeField"
    return (_Moments if is_moment and vendor == "sqlite" else _Converter)(place, steps, column)


class _Tuples:
    """Reads tuples, column by column."""

    def __init__(self, converters: Sequence[_Converter]) -> None:
        self.converters = converters

    def __call__(self, rows: list[Any], connection: Any) -> list[Any]:
        if not rows or not self.converters:
            return rows
        columns: list[Any] = list(zip(*rows, strict=True))
        for one in self.converters:
            columns[one.place] = one.all(columns[one.place], connection)
        return list(zip(*columns, strict=True))


class _Values(_Tuples):
    """Reads the only column."""

    def __call__(self, rows: list[Any], connection: Any) -> list[Any]:
        return [one for (one,) in super().__call__(rows, connection)]


class _Objects:
    """Makes objects, with those selected beside them and the annotations."""

    def __init__(self, compiler: Any, converters: Sequence[_Converter]) -> None:
        info, select = compiler.klass_info, compiler.select
        self.converters = converters
        self.model: Any = info["model"]
        self.own = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
        self.names = [one[0].target.attname for one in select[self.own]]
        populators: Any = get_related_populators  # which the stubs know as a later Django has it
        self.related = populators(info, select, DEFAULT_DB_ALIAS)
        self.annotated = list((compiler.annotation_col_map or {}).items())

    def __call__(self, rows: list[Any], connection: Any) -> list[Any]:
        return [self._object(list(row), connection) for row in rows]

    def _object(self, row: list[Any], connection: Any) -> Any:
        for one in self.converters:
            row[one.place] = one.one(row[one.place], connection)
        made = self.model.from_db(DEFAULT_DB_ALIAS, self.names, row[self.own])
        for related in self.related:
            related.populate(row, made)
        for name, place in self.annotated:
            setattr(made, name, row[place])
        return made
