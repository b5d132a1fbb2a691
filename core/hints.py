"""What SQLite's planner is told of a condition, as it keeps no statistics. PostgreSQL has them: to it nothing is said.

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
    """What few rows meet, and has an index of those alone.

    SQLite takes that for no shorter than others: it would walk along the order of a list, to the last row of all.
    """

    template = "unlikely(%(expressions)s)"


class OfEach(_Hint):
    """What is asked of each row, as so many meet it that its index finds too many, and in another order.

    SQLite would read them all, and sort them for a page. The plus keeps it from that index.
    """

    template = "+(%(expressions)s)"
