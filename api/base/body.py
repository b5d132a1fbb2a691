"""Body: one declaration of what an object looks like on the wire, how it is read, and its schema.

A Body is a DRF serializer that is never asked to serialize: drf-spectacular reads it unchanged, and `read` and
`page` compile it once per class into the columns for one `values_list` and a builder of plain closures. A nested
Body is a to-one relation of the same query; `Many` is a to-many relation, one more query for all its parents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import cache
from itertools import compress, repeat
from typing import Any

import orjson
from rest_framework import serializers

from api.base.lists import PreparedList, rows_for
from api.base.reads import Row as Row
from core.actor import Actor
from core.hints import asked_of_each
from core.prepared import Among
from core.prepared_rows import Once
from core.querysets import ClinicQuerySet


@dataclass(frozen=True, slots=True)
class Reading:
    """For whom, when, under which address and by whose clock something is read."""

    actor: Actor
    at: datetime
    link: Callable[[str], str]
    zone: tzinfo = UTC


class Money(serializers.DecimalField):
    """An amount as a JSON number with exactly two places: `200.10`, never a float, never a string."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=12, decimal_places=2, coerce_to_string=False, **kwargs)

    @staticmethod
    def convert(value: Decimal | None) -> orjson.Fragment | None:
        """The number as it is printed."""
        return None if value is None else orjson.Fragment(format(value, ".2f"))


class ComputedField(serializers.Field[Any, Any, Any, Any]):
    """A value made from one or several columns; `shape` is the field that describes it.

    `make` gets the columns' values; with `linked` it gets the Reading, once for all rows, and gives what gets them.
    `few`: of a single column that rows share values of, as they do days, amounts and references: each is made once.
    """

    def __init__(
        self,
        shape: serializers.Field[Any, Any, Any, Any],
        *columns: str,
        make: Callable[..., Any],
        linked: bool = False,
        few: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.shape = shape
        self.columns = columns
        self.make = make
        self.linked = linked
        self.few = few


class ConstantField(ComputedField):
    """What is the same for every row, as we keep nothing of the kind."""

    def __init__(self, shape: serializers.Field[Any, Any, Any, Any], value: Any) -> None:
        super().__init__(shape, "pk", make=lambda _pk: value, allow_null=value is None)
        self.value = value


def or_null(shape: serializers.Field[Any, Any, Any, Any], column: str) -> ComputedField:
    """A text that is null on the wire while it is empty."""
    return ComputedField(shape, column, make=lambda value: value or None, allow_null=True)


class Many(serializers.ListSerializer[Any]):
    """A to-many relation: `rows(actor)` are the visible children in order, `of` their key to the parent's column `to`.

    The children may have to-many relations of their own: one query for each, however many parents there are.
    """

    def __init__(
        self, body: type[Body], *, of: str, rows: Callable[[Actor], ClinicQuerySet[Any]], to: str = "pk"
    ) -> None:
        super().__init__(child=body())
        self.body = body
        self.of = of
        self.rows = rows
        self.to = to


Column = Sequence[Any]  # what all rows have in it
Values = Callable[[Sequence[Column], Reading], Iterable[Any]]


@dataclass(slots=True)
class CompiledBody:
    """A compiled Body: the columns that are read, each once, and how each key's values are made from them.

    Values are made column by column: a call of Python's own `map` costs less than a look at each row.
    """

    make: Callable[..., dict[str, Any]]
    columns: tuple[str, ...] = ()
    values: list[Values] = field(default_factory=list)
    many: list[tuple[str, Many]] = field(default_factory=list)

    def build(self, columns: Sequence[Column], reading: Reading) -> list[dict[str, Any]]:
        """The objects of the rows that have these columns, but for their to-many relations."""
        return list(map(self.make, *(values(columns, reading) for values in self.values)))


def maker(keys: Sequence[str]) -> Callable[..., dict[str, Any]]:
    """What makes a dict of the values of `keys`; written out, it takes a third of the time of `dict(zip())`."""
    names = [f"value{number}" for number in range(len(keys))]
    pairs = ", ".join(f"{key!r}: {name}" for key, name in zip(keys, names, strict=True))
    made: Callable[..., dict[str, Any]] = eval(f"lambda {', '.join(names)}: {{{pairs}}}", {})  # noqa: S307 our own keys
    return made


class Body(serializers.Serializer[Any]):
    """What an object looks like on the wire."""

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """The columns that `values_list` must give, in order."""
        return compiled(cls).columns

    @classmethod
    def build(cls, rows: Iterable[Row], reading: Reading) -> list[dict[str, Any]]:
        """The objects of `rows`, each with `columns()`; one more query for each to-many relation."""
        read = compiled(cls)
        columns = list(zip(*rows, strict=True))
        built = read.build(columns, reading) if columns else []
        for key, many in read.many:
            _attach(built, key, many, reading)
        return built


def _attach(parents: list[dict[str, Any]], key: str, many: Many, reading: Reading) -> None:
    """Replace each parent's id under `key` by its children."""
    if not parents:
        return
    by_parent: dict[Any, list[dict[str, Any]]] = {parent[key]: [] for parent in parents}
    prepared = rows_for(reading.actor, many, lambda: _children(many, reading.actor))
    rows = prepared.noted.given(prepared.rows(parents=by_parent))
    built = many.body.build([row[1:] for row in rows], reading)
    for row, child in zip(rows, built, strict=True):
        by_parent[row[0]].append(child)
    for parent in parents:
        parent[key] = by_parent[parent[key]]


def _children(many: Many, actor: Actor) -> PreparedList:
    # What belongs to a patient through its parent is the parent's record, which has been noted.
    # SQLite would read all that the caller sees, be it a practice's visits.
    children = asked_of_each(many.rows(actor)).filter(Among(many.of, "parents"))
    return PreparedList(children, (many.of, *many.body.columns()), through=False)


@cache
def compiled(body: type[Body]) -> CompiledBody:
    """How the Body is read."""
    declared = body._declared_fields
    read = CompiledBody(maker(tuple(declared)))
    parts = [(name, part, _columns(name, part)) for name, part in declared.items()]
    places: dict[str, int] = {}
    for name, part, columns in parts:
        at = tuple(places.setdefault(column, len(places)) for column in columns)
        if isinstance(part, Many):
            read.many.append((name, part))
        read.values.append(_values(part, at))
    read.columns = tuple(places)
    return read


def _columns(name: str, declared: Any) -> tuple[str, ...]:
    if isinstance(declared, Many):
        return (declared.to,)
    if isinstance(declared, ComputedField):
        return declared.columns
    source = (declared.source or name).replace(".", "__")
    if isinstance(declared, Body):
        # As in DRF, "*" is the row itself: an object nested on the wire whose columns are the row's own.
        prefix = "" if source == "*" else f"{source}__"
        return tuple(f"{prefix}{column}" for column in compiled(type(declared)).columns)
    return (source,)


def _values(declared: Any, at: tuple[int, ...]) -> Values:
    """What makes a field's values from the columns `at`."""
    if isinstance(declared, Body):
        return _nested(declared, at)
    first = at[0]
    if isinstance(declared, ConstantField):
        return lambda columns, reading: repeat(declared.value, len(columns[first]))
    if isinstance(declared, ComputedField):
        make = declared.make
        if declared.few:
            return _once(declared, first)
        if declared.linked:
            return lambda columns, reading: map(make(reading), *(columns[n] for n in at))
        return lambda columns, reading: map(make, *(columns[n] for n in at))
    if isinstance(declared, Money):
        convert = declared.convert
        return lambda columns, reading: map(Once(convert).__getitem__, columns[first])
    return lambda columns, reading: columns[first]


def _once(declared: ComputedField, first: int) -> Values:
    """The values of one column, each made once."""
    make = declared.make
    if declared.linked:
        return lambda columns, reading: map(Once(make(reading)).__getitem__, columns[first])
    return lambda columns, reading: map(Once(make).__getitem__, columns[first])


def _nested(declared: Body, at: tuple[int, ...]) -> Values:
    """A to-one relation; null where its first column is, which may therefore never be null in itself."""
    read = compiled(type(declared))
    if read.many:
        raise TypeError(f"{type(declared).__name__}: a nested Body has no to-many relations")
    name, leading = next(iter(declared._declared_fields.items()))
    if leading.allow_null:
        raise TypeError(f"{type(declared).__name__}: its first field, {name}, may not be null where it is nested")

    def values(columns: Sequence[Column], reading: Reading) -> Iterable[Any]:
        own = [columns[n] for n in at]
        if None not in own[0]:
            return read.build(own, reading)
        there = [value is not None for value in own[0]]
        built = iter(read.build([list(compress(column, there)) for column in own], reading))
        return [next(built) if one else None for one in there]

    return values
