"""Hints for SQLite's planner, which has no statistics. PostgreSQL has them and gets the plain condition.

A unary plus keeps a condition from every index, as SQLite documents; `unlikely()` says that few rows meet it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import BooleanField, Field, ForeignKey, Func, QuerySet
from django.db.models.fields.related_lookups import RelatedIn
from django.db.models.lookups import In
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


class Common(Hint):
    """A condition of a column that has an index, beside another condition that leaves few rows.

    SQLite takes each value of each index for as rare as any other.
    """

    template = "likelihood(%(expressions)s, 0.9)"


# Of so many values SQLite makes no list for each statement.
MANY = 10_000


@BaseField.register_lookup
class InRows(In):
    """`patient_id__in_rows=queryset`: `in`, for a subquery of one column that may give a hundred thousand values.

    SQLite would read all of these into a list, for a page and even for a single row. Where they are many, it looks for
    the value of each row instead; where they are few, it begins with them.
    """

    lookup_name = "in_rows"

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        """With the values read once, as an array: it would make IN a join, and expect one row of many thousands."""
        value, of_row = self.process_lhs(compiler, connection)
        rows, params = self.process_rhs(compiler, connection)
        return f"{value} = ANY(ARRAY{rows})", (*of_row, *params)

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


def finds_no_more(connection: Any, column: Any, values: Sequence[Any], most: int, more: str = "") -> bool:
    """Whether the index of a column finds at most so many rows with one of the values."""
    name, places = connection.ops.quote_name, ", ".join("?" * len(values))
    # The names are those of columns, and the values come as parameters.
    some = f"SELECT 1 FROM {name(column.model._meta.db_table)} WHERE {name(column.column)} IN ({places}){more}"  # noqa: S608
    connection.ensure_connection()
    # Past Django's cursor: like the statistics of another database it is no query of whoever asks.
    return connection.connection.execute(f"{some} LIMIT 1 OFFSET {most}", list(values)).fetchone() is None
