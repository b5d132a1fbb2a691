"""Queries that are asked at every request: Django makes their SQL once, and each call only puts its values in."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Field, QuerySet, Value


class Hole(Value):
    """The place of a value."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """A placeholder, whose parameter is the hole itself."""
        return "%s", [self]


def hole(name: str, kind: Field[Any, Any]) -> Any:
    """The place of a value that is given when the query is asked, under this name and of this type."""
    return Hole(name, output_field=kind)


class Prepared:
    """A query with holes. `make` is called once for each database, before the first call; it must not depend on time.

    Building and compiling a query of two joins takes Django longer than the database needs to answer it.
    """

    def __init__(self, make: Callable[[], QuerySet[Any, Any]]) -> None:
        self.make = make
        self.made: dict[str, tuple[QuerySet[Any, Any], Any, str, tuple[Any, ...]]] = {}

    def __call__(self, **values: Any) -> list[Any]:
        """The rows, with `values` in the holes."""
        using = DEFAULT_DB_ALIAS
        if using not in self.made:
            rows = self.make()
            compiler = rows.query.get_compiler(using)
            self.made[using] = (rows, compiler, *compiler.as_sql())
        rows, made, sql, params = self.made[using]
        connection = connections[using]
        given = [_sent(one, values, connection) for one in params]
        # What the compiler has learnt of the columns stays; the connection is that of this thread.
        compiler = copy.copy(made)
        compiler.connection = connection
        compiler.as_sql = lambda *_args, **_more: (sql, given)
        asked: Any = rows.all()
        asked.query.get_compiler = lambda *_args, **_more: compiler
        return list(asked)


def _sent(one: Any, values: dict[str, Any], connection: Any) -> Any:
    """A parameter as the database takes it."""
    if not isinstance(one, Hole):
        return one
    return one.output_field.get_db_prep_value(values[one.value], connection)
