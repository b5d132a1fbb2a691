"""Text that both engines compare by code points, so that one index serves sorting and prefix search.

PostgreSQL otherwise compares by the rules of its locale: an index then serves either the order or a beginning, not
both. Such text is folded before it is kept, so that no rule of a language is missed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.lookups import Lookup

if TYPE_CHECKING:
    BaseCharField = models.CharField[str, str]
    BaseLookup = Lookup[str]
else:
    BaseCharField = models.CharField
    BaseLookup = Lookup

# The last code point: `prefix + LAST` sorts after every text with that prefix.
LAST = "\U0010ffff"


def range_of(beginning: str) -> tuple[str, str]:
    """From where, and before what, all texts with this beginning stand."""
    return beginning, beginning + LAST


class PlainTextField(BaseCharField):
    """A CharField whose order is that of the code points: collation "C" (PostgreSQL), BINARY (SQLite)."""

    def get_internal_type(self) -> str:
        return "CharField"

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        parameters = super().db_parameters(connection)
        parameters["collation"] = "C" if connection.vendor == "postgresql" else None
        return parameters


class Begins(BaseLookup):
    """`word__begins="ion"`: a prefix search as a range of the index, which LIKE is not on every engine."""

    lookup_name = "begins"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        column, own = self.process_lhs(compiler, connection)
        begin, beyond = range_of(str(self.rhs))
        return f"({column} >= %s AND {column} < %s)", (*own, begin, *own, beyond)


@models.CharField.register_lookup
class BeginsByBytes(Begins):
    """The same of other text: an index with `varchar_pattern_ops` compares by code points on PostgreSQL, too."""

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        sql, params = self.as_sql(compiler, connection)
        return sql.replace(" >= ", " ~>=~ ").replace(" < ", " ~<~ "), params


PlainTextField.register_lookup(Begins)
