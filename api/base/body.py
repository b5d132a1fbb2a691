"""Body: one declaration of what an object looks like on the wire, how it is read, and its schema.

A Body is a DRF serializer that is never asked to serialize: drf-spectacular reads it unchanged, and `read` and
`page` compile it once per class into the columns for one `values_list` and a builder of plain closures. A nested
Body is a to-one relation of the same query; `Many` is a to-many relation, one more query for all its parents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import cache
from operator import itemgetter
from typing import Any

import orjson
from rest_framework import serializers

from api.base.lists import PreparedList, rows_for
from api.base.reads import Row as Row
from core.actor import Actor
from core.prepared import Among
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

    `make` gets the columns' values; with `linked` it gets the Reading first.
    """

    def __init__(
        self,
        shape: serializers.Field[Any, Any, Any, Any],
        *columns: str,
        make: Callable[..., Any],
        linked: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.shape = shape
        self.columns = columns
        self.make = make
        self.linked = linked


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


Fix = Callable[[Row, Reading], Any]


@dataclass(slots=True)
class CompiledBody:
    """A compiled Body: each column once, though several keys may be made from it; `pick` gives each key its first."""

    keys: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    pick: Callable[[Row], Row] | None = None
    fixes: list[tuple[str, Fix]] = field(default_factory=list)
    many: list[tuple[str, Many]] = field(default_factory=list)

    def build(self, row: Row, reading: Reading) -> dict[str, Any]:
        """The object of one row, but for its to-many relations."""
        built = dict(zip(self.keys, row if self.pick is None else self.pick(row), strict=False))
        for key, fix in self.fixes:
            built[key] = fix(row, reading)
        return built


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
        built = [read.build(row, reading) for row in rows]
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
    children = many.rows(actor).filter(Among(many.of, "parents"))
    return PreparedList(children, (many.of, *many.body.columns()), through=False)


@cache
def compiled(body: type[Body]) -> CompiledBody:
    """How the Body is read."""
    declared = body._declared_fields
    read = CompiledBody(keys=tuple(declared))
    parts = [(name, part, _columns(name, part)) for name, part in declared.items()]
    # The keys' own columns come first, so that a row of which none is used twice needs no picking.
    firsts = [columns[0] for _name, _part, columns in parts]
    places = {column: n for n, column in enumerate(dict.fromkeys(firsts))}
    for name, part, columns in parts:
        at = tuple(places.setdefault(column, len(places)) for column in columns)
        if isinstance(part, Many):
            read.many.append((name, part))
        elif fix := _fix(part, at):
            read.fixes.append((name, fix))
    read.columns = tuple(places)
    own = [places[column] for column in firsts]
    if own != list(range(len(own))):
        read.pick = itemgetter(*own)
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


def _fix(declared: Any, at: tuple[int, ...]) -> Fix | None:
    """What turns a row into the field's value; None where the column is the value."""
    pick = itemgetter(*at)
    if isinstance(declared, Body):
        return _nested(declared, pick, at)
    if isinstance(declared, ComputedField):
        make, only = declared.make, at[0]
        if len(at) == 1 and not declared.linked:
            return lambda row, reading: make(row[only])
        values = pick if len(at) > 1 else lambda row: (pick(row),)
        if declared.linked:
            return lambda row, reading: make(reading, *values(row))
        return lambda row, reading: make(*values(row))
    if isinstance(declared, Money):
        convert, (index,) = declared.convert, at
        return lambda row, reading: convert(row[index])
    return None


def _nested(declared: Body, pick: Any, at: tuple[int, ...]) -> Fix:
    """A to-one relation; null where its first column is, which may therefore never be null in itself."""
    read = compiled(type(declared))
    if read.many:
        raise TypeError(f"{type(declared).__name__}: a nested Body has no to-many relations")
    name, leading = next(iter(declared._declared_fields.items()))
    if leading.allow_null:
        raise TypeError(f"{type(declared).__name__}: its first field, {name}, may not be null where it is nested")
    first, keys, fixes, build = at[0], read.keys, read.fixes, read.build
    if len(at) == 1:
        return lambda row, reading: None if row[first] is None else build((row[first],), reading)
    if fixes or read.pick is not None:
        return lambda row, reading: None if row[first] is None else build(pick(row), reading)
    return lambda row, reading: None if row[first] is None else dict(zip(keys, pick(row), strict=False))
