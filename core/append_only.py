"""Append-only tables: triggers on both engines refuse UPDATE and DELETE.

Declared in `Meta.constraints`, not in RunSQL: when Django remakes a SQLite table, what RunSQL made is gone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection as default_connection
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.backends.signals import connection_created

SQLITE = """CREATE TRIGGER "{name}_{event}" BEFORE {event} ON %(table)s WHEN clinic_erasing() = 0
BEGIN SELECT RAISE(ABORT, '{name}'); END"""

POSTGRESQL_FUNCTION = """CREATE OR REPLACE FUNCTION clinic_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('clinic.erasing', true) = '1' THEN
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'append only' USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0];
END $$"""
POSTGRESQL = """CREATE TRIGGER "{name}" BEFORE UPDATE OR DELETE ON %(table)s
FOR EACH ROW EXECUTE FUNCTION clinic_append_only('{name}')"""


class AppendOnly(models.BaseConstraint):
    """A constraint that refuses UPDATE and DELETE of the table's rows, except inside `erasing()`."""

    def _statements(self, model: type[models.Model] | None, editor: BaseDatabaseSchemaEditor) -> list[Statement]:
        assert model is not None  # noqa: S101 Django's own stubs allow it, Django never does it
        table = Table(model._meta.db_table, editor.quote_name)
        if editor.connection.vendor == "sqlite":
            return [Statement(SQLITE.format(name=self.name, event=e), table=table) for e in ("UPDATE", "DELETE")]
        return [
            Statement(POSTGRESQL_FUNCTION.replace("%", "%%"), table=table),
            Statement(POSTGRESQL.format(name=self.name), table=table),
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
        return isinstance(other, AppendOnly) and self.name == other.name

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


def teach_sqlite(*, connection: Any, **_: Any) -> None:
    """Give a new SQLite connection the function that the triggers ask."""
    if connection.vendor == "sqlite":
        raw: sqlite3.Connection = connection.connection
        raw.create_function("clinic_erasing", 0, lambda: int(_erasing))


def connect() -> None:
    """Register `teach_sqlite`; called once when the app is ready."""
    connection_created.connect(teach_sqlite, dispatch_uid="core.append_only")
