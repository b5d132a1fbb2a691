"""Append-only tables: triggers on both engines refuse UPDATE and DELETE.

Declared in `Meta.constraints`, not in RunSQL: when Django remakes a SQLite table, what RunSQL made is gone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection as default_connection
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.backends.signals import connection_created

SQLITE = """CREATE TRIGGER "{name}_{event}" BEFORE {event} ON %(table)s WHEN clinic_erasing() = 0{unless}
BEGIN SELECT RAISE(ABORT, '{name}'); END"""
UNLESS_FOLLOWING = " AND NOT (clinic_following() = 1 AND {same})"

POSTGRESQL_FUNCTION = """CREATE OR REPLACE FUNCTION clinic_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('clinic.erasing', true) = '1' THEN
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND TG_NARGS > 1 AND current_setting('clinic.following', true) = '1' THEN
    IF to_jsonb(NEW) - TG_ARGV[1] = to_jsonb(OLD) - TG_ARGV[1] THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION 'append only' USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0];
END $$"""
POSTGRESQL = """CREATE TRIGGER "{name}" BEFORE UPDATE OR DELETE ON %(table)s
FOR EACH ROW EXECUTE FUNCTION clinic_append_only({arguments})"""


class AppendOnly(models.BaseConstraint):
    """A constraint that refuses UPDATE and DELETE of the table's rows, except inside `erasing()`.

    `follows` names a foreign key that alone may change, inside `following()`: the rows of a patient whose record was
    merged into another follow it there.
    """

    def __init__(self, *, name: str, follows: str = "", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.follows = follows

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "follows": self.follows} if self.follows else kwargs

    def _unless(self, model: type[models.Model], editor: BaseDatabaseSchemaEditor) -> str:
        """The condition under which SQLite's trigger lets an UPDATE pass."""
        if not self.follows:
            return ""
        names = [
            editor.quote_name(str(one.column)) for one in model._meta.local_concrete_fields if one.name != self.follows
        ]
        return UNLESS_FOLLOWING.format(same=" AND ".join(f"OLD.{name} IS NEW.{name}" for name in names))

    def _statements(self, model: type[models.Model] | None, editor: BaseDatabaseSchemaEditor) -> list[Statement]:
        assert model is not None  # noqa: S101 Django's own stubs allow it, Django never does it
        table = Table(model._meta.db_table, editor.quote_name)
        if editor.connection.vendor == "sqlite":
            unless = {"UPDATE": self._unless(model, editor), "DELETE": ""}
            return [
                Statement(SQLITE.format(name=self.name, event=event, unless=condition), table=table)
                for event, condition in unless.items()
            ]
        column = [model._meta.get_field(self.follows).column] if self.follows else []  # type: ignore[union-attr]
        arguments = ", ".join(f"'{one}'" for one in (self.name, *column))
        return [
            Statement(POSTGRESQL_FUNCTION.replace("%", "%%"), table=table),
            Statement(POSTGRESQL.format(name=self.name, arguments=arguments), table=table),
        ]

    def constraint_sql(self, model: type[models.Model] | None, schema_editor: Any) -> str:
        """Nothing inside CREATE TABLE; the triggers follow it."""
        schema_editor.deferred_sql.extend(self._statements(model, schema_editor))
        return ""

    def create_sql(self, model: type[models.Model] | None, schema_editor: Any) -> Any:
        *first, last = self._statements(model, schema_editor)
        for statement in first:
            schema_editor.execute(statement)
        return last

    def remove_sql(self, model: type[models.Model] | None, schema_editor: Any) -> Any:
        assert model is not None  # noqa: S101 see _statements
        table = Table(model._meta.db_table, schema_editor.quote_name)
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.execute(f'DROP TRIGGER IF EXISTS "{self.name}_UPDATE"')
            return Statement(f'DROP TRIGGER IF EXISTS "{self.name}_DELETE"', table=table)
        return Statement(f'DROP TRIGGER IF EXISTS "{self.name}" ON %(table)s', table=table)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AppendOnly) and (self.name, self.follows) == (other.name, other.follows)

    def __hash__(self) -> int:
        return hash(self.name)

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: verbs only add to these tables, so a form has nothing to check."""


_erasing = False


@contextmanager
def erasing() -> Iterator[None]:
    """Allow UPDATE and DELETE within the block, for the privacy command and to empty a test database."""
    global _erasing  # noqa: PLW0603 SQLite's trigger asks this process
    postgresql = default_connection.vendor == "postgresql"
    _erasing = True
    if postgresql:
        with default_connection.cursor() as cursor:
            cursor.execute("SET clinic.erasing = '1'")
    try:
        yield
    finally:
        _erasing = False
        if postgresql:
            with default_connection.cursor() as cursor:
                cursor.execute("SET clinic.erasing = '0'")


_following: ContextVar[bool] = ContextVar("_following", default=False)


@contextmanager
def following() -> Iterator[None]:
    """Allow an UPDATE of the foreign key that a table `follows`, within the block and inside a transaction."""
    token = _following.set(True)
    if default_connection.vendor == "postgresql":
        _follow_on_postgresql("1")
    try:
        yield
    finally:
        _following.reset(token)
    # After an error the setting goes with the transaction or savepoint that is rolled back.
    if default_connection.vendor == "postgresql":
        _follow_on_postgresql("0")


def _follow_on_postgresql(value: str) -> None:
    """Set what the trigger asks for, for this transaction alone."""
    with default_connection.cursor() as cursor:
        cursor.execute("SELECT set_config('clinic.following', %s, true)", [value])


def teach_sqlite(*, connection: Any, **_: Any) -> None:
    """Give a new SQLite connection the functions that the triggers ask."""
    if connection.vendor == "sqlite":
        raw: sqlite3.Connection = connection.connection
        raw.create_function("clinic_erasing", 0, lambda: int(_erasing))
        raw.create_function("clinic_following", 0, lambda: int(_following.get()))


def connect() -> None:
    """Register `teach_sqlite`; called once when the app is ready."""
    connection_created.connect(teach_sqlite, dispatch_uid="core.append_only")
