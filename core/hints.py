"""Hints for SQLite's planner, which has no statistics. PostgreSQL has them and gets the plain condition.

See `core.among`, too.
"""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, Func, Q


class _Hint(Func):
    """A condition; `template` is how SQLite gets it."""

    output_field = BooleanField()

    def __init__(self, condition: Q) -> None:
        super().__init__(condition)

    def as_sql(self, compiler: Any, connection: Any, *_hint: Any, **_more: Any) -> Any:
        """Return the condition as it is."""
        return compiler.compile(self.source_expressions[0])

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """Return it with the hint."""
        return super().as_sql(compiler, connection, **more)


class Rare(_Hint):
    """A condition that few rows meet, with a partial index of those rows.

    SQLite does not know that this index is short: it would walk the whole table in the order of the list.
    """

    template = "unlikely(%(expressions)s)"


class OfEach(_Hint):
    """A condition that most rows meet, so that its index finds too many, and in another order than the list's.

    SQLite would read and sort them all for a page. The unary plus keeps it from that index.
    """

    template = "+(%(expressions)s)"
