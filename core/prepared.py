"""Queries that run on every request: Django builds their SQL once, and each call only supplies values."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from contextlib import nullcontext, suppress
from datetime import date, datetime
from functools import cache, cached_property
from threading import Lock
from time import monotonic
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import (
    BigIntegerField,
    BooleanField,
    DateField,
    DateTimeField,
    F,
    Field,
    Func,
    JSONField,
    Max,
    Model,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.expressions import RawSQL
from django.db.models.lookups import IsNull

from core.actor import Actor
from core.hints import KEPT_FOR, counting_all
from core.prepared_rows import Reader, reader_of
from core.querysets import missing

MOST = 200  # callers whose query is kept
OF_NUMBERS = "%(expressions)s::bigint[])"  # the end of ` = ANY(`
LARGEST = 2**63 - 1  # number that a database takes


class Hole(Value):
    """The placeholder for a value."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Return a placeholder whose parameter is the hole itself."""
        return "%s", [self]

    @property
    def is_many(self) -> bool:
        """Whether it is the place of several values."""
        return isinstance(self.output_field, _Many)

    def _combine(self, *_args: Any) -> Any:
        """Nothing is reckoned with a value that is not there yet."""
        raise TypeError(f"{self.value} is given when the query is asked: reckon with it before")


def hole(name: str, kind: Field[Any, Any]) -> Any:
    """Return a placeholder for a value of this name and type, given when the query runs."""
    return Hole(name, output_field=kind)


def hole_of(kind: type, name: str) -> Any:
    """Return a placeholder for a moment, a day, a number or a text of Python, or for several values (tuple)."""
    return Hole(name, output_field=KINDS[kind]())


class _Many(JSONField):
    """Any number of integers or texts as one parameter: an array, or JSON on SQLite."""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """All of them in one parameter."""
        return list(value) if connection.vendor == "postgresql" else json.dumps(list(value))


KINDS: dict[type, type[Field[Any, Any]]] = {
    datetime: DateTimeField,
    date: DateField,
    int: BigIntegerField,
    str: TextField,
    tuple: _Many,
}


class Among(Func):
    """Whether a column is one of the values in the hole `name`, in one parameter however many they are."""

    arg_joiner = " = ANY("
    template = "%(expressions)s)"
    output_field = BooleanField()

    def __init__(self, column: str, name: str) -> None:
        super().__init__(F(column), Hole(name, output_field=_Many()))

    def copy(self) -> Any:
        """Return self; its parts have already been supplied."""
        made = copy.copy(self)
        made.source_expressions = self.source_expressions[:]
        return made

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        """With numbers as long as those of a key: shorter ones are compared with each row one after the other."""
        is_number = self.source_expressions[0].output_field.db_type(connection) in ("bigint", "integer")
        return self.as_sql(compiler, connection, template=OF_NUMBERS if is_number else self.template)

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """As SQLite reads a list."""
        return self.as_sql(
            compiler, connection, arg_joiner=" IN (SELECT value FROM json_each(", template="%(expressions)s))", **more
        )


class _OneOf(Among):
    def __init__(self, column: str, values: Collection[int]) -> None:
        Func.__init__(self, F(column), Value(list(values), output_field=_Many()))


def one_of(column: str, values: Collection[int] | Hole) -> Q:
    """The condition that the column is one of the values, all in one parameter.

    `__in` has one for each: to write a thousand into a statement takes longer than to answer it.
    """
    if isinstance(values, Hole):
        return Q(Among(column, values.value))
    return Q(_OneOf(column, values)) if values else Q(pk__in=[])


class _Values(Subquery):
    # A queryset that has no rows leaves none to be among them; Django would write NULL in its place.
    empty_result_set_value = NotImplemented


class _ReadOnce(Func):
    arg_joiner = " = ANY(ARRAY"
    template = "%(expressions)s)"
    output_field = BooleanField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """It has no arrays, and reads what is in the parentheses once."""
        return self.as_sql(compiler, connection, arg_joiner=" IN ", template="%(expressions)s", **more)


def read_once(column: str, values: QuerySet[Any, Any]) -> Q:
    """The condition that the column is one of these values, a queryset of one column.

    Of `__in` PostgreSQL makes a join, for which it may compute each value twice where a subquery gives it.
    """
    return Q(_ReadOnce(F(column), _Values(values)))


def there_is(rows: QuerySet[Any, Any]) -> Q:
    """The condition that there is one of these rows, which name the row that asks by OuterRef: looked up for each row.

    Of an EXISTS, as of an IN, PostgreSQL may read all of them into memory before it looks at the first row.
    """
    return Q(IsNull(Subquery(rows.values("pk")[:1]), False))


class Prepared:
    """A query with placeholders, built once for each database.

    Building and compiling a query of two joins takes Django longer than the database needs to answer it.
    """

    def __init__(self, make: Callable[[], QuerySet[Any, Any]]) -> None:
        self.make = make
        self.made: dict[tuple[str, bool], _Made] = {}

    def __call__(self, **values: Any) -> list[Any]:
        """Return the rows, with `values` in the placeholders."""
        return self._rows(values, "")

    def one(self, **values: Any) -> Any:
        """Return the one row, with `values` in the placeholders; Missing if there is none."""
        if all(map(_can_be_asked, values.values())):
            for row in self(**values):
                return row
        raise missing(self.model)

    def between(self, start: int, stop: int, values: Mapping[str, Any]) -> list[Any]:
        """Return the rows from `start` to before `stop`."""
        return self._rows(values, f" {connections[DEFAULT_DB_ALIAS].ops.limit_offset_sql(start, stop)}")

    def count(self, values: Mapping[str, Any], *, most: int | None = None) -> int:
        """Return the number of rows, counting no further than `most`."""
        made, connection = self._made(counts_all=most is None), connections[DEFAULT_DB_ALIAS]
        if made.is_empty:
            return 0
        limit = f" {connection.ops.limit_offset_sql(0, most)}" if most else ""
        with connection.cursor() as cursor:
            # Django made the statement; the values come as parameters.
            counting = f"SELECT COUNT(*) FROM ({made.sql}{limit}) counted"  # noqa: S608
            cursor.execute(counting, made.parameters.sent(values, connection))
            counted: int = cursor.fetchone()[0]
        return counted

    def estimate(self, values: Mapping[str, Any]) -> int:
        """How many rows the planner expects; on SQLite, which does not say, the table's highest id: never too low."""
        made, connection = self._made(counts_all=True), connections[DEFAULT_DB_ALIAS]
        if made.is_empty:
            return 0
        if connection.vendor != "postgresql":
            return self.model._default_manager.aggregate(highest=Max("pk"))["highest"] or 0
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT json) {made.sql}", made.parameters.sent(values, connection))
            (plan,) = cursor.fetchone()[0]
        return int(plan["Plan"]["Plan Rows"])

    def _rows(self, values: Mapping[str, Any], limit: str) -> list[Any]:
        made, connection = self._made(), connections[DEFAULT_DB_ALIAS]
        if made.is_empty:
            return []
        with connection.cursor() as cursor:
            cursor.execute(made.sql + limit, made.parameters.sent(values, connection))
            rows: list[Any] = cursor.fetchall()
        return made.read(rows, connection)

    @cached_property
    def model(self) -> type[Model]:
        """What the rows are."""
        return self.make().model

    def _made(self, *, counts_all: bool = False) -> _Made:
        kept = DEFAULT_DB_ALIAS, counts_all
        made = self.made.get(kept)
        if made is None or made.is_old:
            with counting_all() if counts_all else nullcontext():
                made = self.made[kept] = _Made(self.make())
        return made


class Together:
    """Queries of one object each, asked in one statement; the object is None where there is no row."""

    def __init__(self, make: Callable[[], Mapping[str, QuerySet[Any, Any]]]) -> None:
        self.make = make
        self.made: dict[str, tuple[str, _Parameters, list[tuple[str, _Made, slice]]]] = {}

    def __call__(self, **values: Any) -> dict[str, Any]:
        """Return each query's object under its name, with `values` in the placeholders."""
        if DEFAULT_DB_ALIAS not in self.made:
            self.made[DEFAULT_DB_ALIAS] = self._made()
        (sql, parameters, parts), connection = self.made[DEFAULT_DB_ALIAS], connections[DEFAULT_DB_ALIAS]
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters.sent(values, connection))
            (row,) = cursor.fetchall()
        found: dict[str, Any] = {}
        for name, made, own in parts:
            columns = row[own]
            there = any(value is not None for value in columns)
            found[name] = made.read([columns], connection)[0] if there else None
        return found

    def _made(self) -> tuple[str, _Parameters, list[tuple[str, _Made, slice]]]:
        sql, params, parts, start = "SELECT * FROM (SELECT 1) AS always", [], [], 1
        for name, rows in self.make().items():
            made, stop = _Made(rows[:1]), start
            if not made.is_empty:
                # Django made the statement; the values come as parameters.
                sql += f" LEFT JOIN ({made.sql}) AS {name} ON TRUE"
                params += made.parameters.all
                stop += len(made.compiler.select)
            parts.append((name, made, slice(start, stop)))
            start = stop
        return sql, _Parameters(params), parts


class PreparedFor:
    """A query of what an actor may see: a `Prepared` for each caller's rights, keeping the most recent ones."""

    def __init__(self, make: Callable[[Actor], QuerySet[Any, Any]]) -> None:
        self.kept = _ForEach(lambda by: Prepared(lambda: make(by)))

    def one(self, by: Actor, **values: Any) -> Any:
        """Return the one row that `by` sees, with `values` in the placeholders; Missing if there is none."""
        return self.kept.of(by).one(**values)

    def all(self, by: Actor, **values: Any) -> list[Any]:
        """Return the rows that `by` sees, with `values` in the placeholders."""
        rows: list[Any] = self.kept.of(by)(**values)
        return rows


class TogetherFor:
    """Queries of one object each that an actor may see: a `Together` for each caller's rights."""

    def __init__(self, make: Callable[[Actor], Mapping[str, QuerySet[Any, Any]]]) -> None:
        self.kept = _ForEach(lambda by: Together(lambda: make(by)))

    def ask(self, by: Actor, **values: Any) -> dict[str, Any]:
        """Return each object under its name; None for one that `by` does not see."""
        # There is no row with a number that no database takes.
        asked = {name: value if _can_be_asked(value) else None for name, value in values.items()}
        found: dict[str, Any] = self.kept.of(by)(**asked)
        return found


def _can_be_asked(value: Any) -> bool:
    return not isinstance(value, int) or -LARGEST <= value <= LARGEST


class _ForEach:
    """What was prepared for the rights of the most recent callers."""

    def __init__(self, make: Callable[[Actor], Any]) -> None:
        self.make = make
        self.kept: dict[Hashable, Any] = {}
        self.lock = Lock()

    def of(self, by: Actor) -> Any:
        """What is prepared for this caller's rights."""
        sight = by.sight
        return self.kept.get(sight) or self._keep(sight, self.make(by))

    def _keep(self, sight: Hashable, made: Any) -> Any:
        with self.lock:
            while len(self.kept) >= MOST:
                self.kept.pop(next(iter(self.kept)))
            self.kept[sight] = made
        return made


@cache
def visible_rows(model: type[Model]) -> PreparedFor:
    """Return the prepared query of a model's rows that an actor may see: `visible_rows(Patient).one(by, pk=7)`."""
    rows: Any = model._default_manager
    return PreparedFor(lambda by: rows.visible_to(by).filter(pk=hole("pk", BigIntegerField())))


class PreparedColumn:
    """An annotation whose SQL is made once: that of the annotation `name` in the query of `make`, which may have holes.

    It names the table of that query: for rows that are read from it, not in a subquery.
    """

    def __init__(self, name: str, make: Callable[[], QuerySet[Any, Any]]) -> None:
        self.name = name
        self.make = make
        self.made: dict[str, tuple[str, Sequence[Any], Any]] = {}

    def __call__(self, **values: Any) -> RawSQL:
        """Return the annotation, with `values` in the placeholders."""
        connection = connections[DEFAULT_DB_ALIAS]
        if DEFAULT_DB_ALIAS not in self.made:
            query = self.make().query
            column = query.annotations[self.name]
            self.made[DEFAULT_DB_ALIAS] = *query.get_compiler(DEFAULT_DB_ALIAS).compile(column), column.output_field
        sql, params, kind = self.made[DEFAULT_DB_ALIAS]
        # Django made the statement; the values come as parameters.
        return RawSQL(sql, [_sent(one, values, connection) for one in params], output_field=kind)  # noqa: S611


class _Parameters:
    """The parameters of a statement, some of them holes."""

    def __init__(self, params: Sequence[Any]) -> None:
        self.all = list(params)
        self.holes = [
            (place, one, (one.value, type(one.output_field)))
            for place, one in enumerate(params)
            if isinstance(one, Hole)
        ]

    def sent(self, values: Mapping[str, Any], connection: Any) -> list[Any]:
        """The parameters with `values` in the holes."""
        given = self.all[:]
        # A moment stands in several places, and is made ready for the database once.
        ready: dict[Any, Any] = {}
        for place, one, what in self.holes:
            if what not in ready:
                ready[what] = one.output_field.get_db_prep_value(values[one.value], connection)
            given[place] = ready[what]
        return given


class _Made:
    """A query and its SQL; none for one that cannot have rows."""

    def __init__(self, rows: QuerySet[Any, Any]) -> None:
        self.rows = rows
        self.compiler: Any = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        self.sql, params = "", ()
        with suppress(EmptyResultSet):
            self.sql, params = self.compiler.as_sql()
        self.is_empty = not self.sql
        self.parameters = _Parameters(params)
        self.made_at = monotonic()

    @property
    def is_old(self) -> bool:
        """Whether the statement should be made again: how many rows somebody sees has decided how it is asked."""
        return monotonic() - self.made_at > KEPT_FOR

    @cached_property
    def read(self) -> Reader:
        """What makes the results of the database's rows."""
        return reader_of(self.rows, self.compiler)


def _sent(one: Any, values: Mapping[str, Any], connection: Any) -> Any:
    """Return a parameter in the form that the database takes."""
    if not isinstance(one, Hole):
        return one
    return one.output_field.get_db_prep_value(values[one.value], connection)
