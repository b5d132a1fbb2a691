"""Hints for SQLite's planner, which has no statistics. PostgreSQL has them and gets the plain condition.

A unary plus keeps a condition from every index, as SQLite documents; `unlikely()` says that few rows meet it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from math import sqrt
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import BooleanField, Field, ForeignKey, Func, Model, Q, QuerySet
from django.db.models.fields.related_lookups import RelatedIn
from django.db.models.lookups import Exact, In
from django.db.models.sql.where import WhereNode

if TYPE_CHECKING:
    BaseField = Field[Any, Any]
    BaseForeignKey = ForeignKey[Any, Any]
else:
    BaseField, BaseForeignKey = Field, ForeignKey
Rows = TypeVar("Rows", bound=QuerySet[Any])


class Hint(Func):
    """A condition; `template` is how SQLite gets it."""

    output_field = BooleanField()

    def __init__(self, condition: Any) -> None:
        super().__init__(condition)

    def as_sql(self, compiler: Any, connection: Any, *_hint: Any, **_more: Any) -> Any:
        """Return the condition as it is."""
        return compiler.compile(self.source_expressions[0])

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """Return it with the hint."""
        return super().as_sql(compiler, connection, **more)


class Rare(Hint):
    """A condition that few rows meet, with a partial index of those rows.

    SQLite does not know that this index is short: it would walk the whole table in the order of the list.
    """

    template = "unlikely(%(expressions)s)"


class OfEach(Hint):
    """A condition that most rows meet, so that its index finds too many, and in another order than the list's.

    SQLite would read and sort them all for a page. The unary plus keeps it from that index.
    """

    template = "+(%(expressions)s)"


class Usual(OfEach):
    """A condition on something computed, which many rows meet: PostgreSQL has no statistics of it, and expects few."""

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """As something that it expects half of the rows to meet."""
        return Func.as_sql(self, compiler, connection, template="CASE WHEN %(expressions)s THEN TRUE ELSE FALSE END")


class OfEachCounted(OfEach):
    """A condition that nearly all rows meet, with a partial index of those for a page.

    Where all rows are counted, SQLite would read them by an index of such a column, one after the other.
    """

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """With the plus where all rows are counted."""
        return (
            super().as_sqlite(compiler, connection, **more) if _counts_all.get() else self.as_sql(compiler, connection)
        )


class Common(Hint):
    """A condition of a column that has an index, beside another condition that leaves few rows.

    SQLite takes each value of each index for as rare as any other.
    """

    template = "likelihood(%(expressions)s, 0.9)"


# Up to so many changed rows of a table are read and sorted; with more, the list is walked in its order.
FEW_CHANGED = 1_000
# With more values than this, each row is looked up by itself instead of in a list of the values.
MANY = 10_000
A_PAGE = 80  # rows: whoever asks for more gets a list of more values before rows are looked up one by one
KEPT_FOR = 600.0  # seconds for which a prepared statement, and PostgreSQL's answer whether there are many, are kept
_counts_all: ContextVar[bool] = ContextVar("counts_all", default=False)


class AlongOrAtOnce(Func):
    """A condition that many rows meet, in two ways: asked of one row after the other along a list, or of all at once.

    The latter where all rows are counted, and where the list is sorted by one of the columns `in_one_place`, where
    those that meet it stand together.
    """

    output_field = BooleanField()

    def __init__(self, along: Any, at_once: Any, *, in_one_place: Collection[str] = ()) -> None:
        super().__init__(along, at_once)
        self.in_one_place = in_one_place

    def as_sql(self, compiler: Any, connection: Any, *_hint: Any, **_more: Any) -> Any:
        """Return the condition in the way that finds the rows sooner."""
        order = compiler.query.order_by[0] if compiler.query.order_by else ""
        is_in_one_place = isinstance(order, str) and order.lstrip("-") in self.in_one_place
        return compiler.compile(self.source_expressions[_counts_all.get() or is_in_one_place])


@contextmanager
def counting_all() -> Iterator[None]:
    """Make the statements inside for all rows, not for the first of them."""
    token = _counts_all.set(True)
    try:
        yield
    finally:
        _counts_all.reset(token)


@lru_cache(maxsize=1_000)
def _are_more(most: int, alias: str, rows: str, params: tuple[Any, ...], _period: int) -> bool:
    some = f"SELECT 1 FROM {rows} AS each_of LIMIT 1 OFFSET {most}"  # noqa: S608 values are parameters
    connection = connections[alias]
    connection.ensure_connection()
    # Past Django's cursor: like the statistics of another database it is no query of whoever asks.
    with connection.wrap_database_errors:
        return connection.connection.execute(some, params).fetchone() is not None


@BaseField.register_lookup
class InRows(In):
    """`patient_id__in_rows=queryset`: `in`, for a subquery of one column that may give a hundred thousand values.

    Both engines would read all of these into a list, even for a single row. Where there are many, each row's value is
    looked up instead, unless all rows are counted; where there are few, they lead to the rows.
    """

    lookup_name = "in_rows"

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        """With the values read once, as an array, or asked of each row.

        With IN, PostgreSQL would make a join and expect one row where there are thousands.
        """
        value, of_row = self.process_lhs(compiler, connection)
        rows, params = self.process_rhs(compiler, connection)
        # The more rows are wanted, the more single look-ups a list saves, so that a longer list still pays.
        wanted = max(A_PAGE, compiler.query.high_mark or 0)
        most = int(MANY * sqrt(wanted / A_PAGE))
        period = int(monotonic() / KEPT_FOR)
        if _counts_all.get() or not _are_more(most, connection.alias, rows, tuple(params), period):
            return f"{value} = ANY(ARRAY{rows})", (*of_row, *params)
        column = connection.ops.quote_name(self.rhs.values_select[0])
        # No EXISTS, of which it may read all rows into memory.
        asked = f"(SELECT 1 FROM {rows} AS each_of WHERE each_of.{column} = {value} LIMIT 1) IS NOT NULL"  # noqa: S608
        return asked, (*params, *of_row)

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        """With the subquery as a list, or asked of each row."""
        rows, params = self.process_rhs(compiler, connection)
        connection.ensure_connection()
        # Past Django's cursor: like the statistics of another database it is no query of whoever asks.
        some = f"SELECT 1 FROM {rows} LIMIT 1 OFFSET {MANY}" % (("?",) * len(params))  # noqa: S608 values are parameters
        if connection.connection.execute(some, params).fetchone() is None:
            return self.as_sql(compiler, connection)
        value, of_row = self.process_lhs(compiler, connection)
        column = connection.ops.quote_name(self.rhs.values_select[0])
        # SQLite asks for the one value within the subquery, by its index.
        asked = f"EXISTS(SELECT 1 FROM {rows} AS each_of WHERE each_of.{column} = {value})"  # noqa: S608
        return asked, (*params, *of_row)


@BaseForeignKey.register_lookup
class RelatedInRows(InRows, RelatedIn):
    """`in_rows` of a foreign key."""


@BaseField.register_lookup
class Along(Exact):
    """`status__along="done"`: `exact`, for a list in the order of the index that begins with the column.

    Such a list is ordered by the column first. PostgreSQL sees through that where one value is asked for, and would
    walk along another index of the same order, past all rows that have other values.
    """

    lookup_name = "along"

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        """The operator of `exact`."""
        operator: str = connection.operators["exact"] % rhs
        return operator

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        """As a range that has one value."""
        column, own = self.process_lhs(compiler, connection)
        value, params = self.process_rhs(compiler, connection)
        return f"({column} >= {value} AND {column} <= {value})", (*own, *params, *own, *params)


class Sorted(Func):
    """The column, sorted by after its rows were read: no index is in this order."""

    template = "COALESCE(%(expressions)s, %(expressions)s)"
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """The same, as SQLite is told."""
        return self.as_sql(compiler, connection, template="+%(expressions)s", **more)


def sorted_after(rows: Rows) -> Rows:
    """These few rows in their order, which the database cannot walk along until it has met them.

    It takes the few for spread evenly over that order; those of the clinic's oldest patients stand at its end.
    """
    first, *others = rows.query.order_by or ("pk",)
    if not isinstance(first, str) or first.lstrip("-") == "pk":
        return rows
    column = Sorted(first.lstrip("-"))
    return rows.order_by(column.desc() if first.startswith("-") else column.asc(), *others)


class WhereOfEach(WhereNode):
    """`OfEach` for the whole WHERE of a query, of whose rows another condition finds few."""

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        """Return it with the plus."""
        sql, params = self.as_sql(compiler, connection)
        return f"+({sql})", params


def asked_of_each(rows: Rows) -> Rows:
    """The same rows, for a search that finds few: what the list is narrowed by, is asked of those."""
    if not rows.query.where:
        return rows
    rows = rows.all()
    rows.query.where = WhereNode([WhereOfEach([rows.query.where])])
    return rows


def changed_since(rows: Rows, since: Any) -> Rows:
    """Those of the rows that were changed since, who are few: found by the index of `updated_at`, and sorted after."""
    found = asked_of_each(rows).filter(Rare(Q(updated_at__gte=since)))
    return found.order_by(Sorted("pk")) if found.query.order_by == ("pk",) else sorted_after(found)


def few_changed(model: type[Model], since: datetime) -> bool:
    """Whether at most so many rows of the table were changed since that they are read and sorted for a page."""
    connection = connections[DEFAULT_DB_ALIAS]
    table, moment = connection.ops.quote_name(model._meta.db_table), connection.ops.adapt_datetimefield_value(since)
    with connection.cursor() as cursor:
        # The name is the table's, and the moment comes as a parameter.
        some = f"SELECT 1 FROM {table} WHERE updated_at >= %s LIMIT 1 OFFSET {FEW_CHANGED}"  # noqa: S608
        cursor.execute(some, [moment])
        return cursor.fetchone() is None


def finds_no_more(connection: Any, column: Any, values: Sequence[Any], most: int, more: str = "") -> bool:
    """Whether the index of a column finds at most so many rows with one of the values."""
    name, places = connection.ops.quote_name, ", ".join("?" * len(values))
    # The names are those of columns, and the values come as parameters.
    some = f"SELECT 1 FROM {name(column.model._meta.db_table)} WHERE {name(column.column)} IN ({places}){more}"  # noqa: S608
    connection.ensure_connection()
    # Past Django's cursor: like the statistics of another database it is no query of whoever asks.
    return connection.connection.execute(f"{some} LIMIT 1 OFFSET {most}", list(values)).fetchone() is None
