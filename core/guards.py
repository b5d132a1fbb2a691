"""The check that the database still has the constraints, triggers and indexes that the models declare.

A restore, a table remade by hand or a migration that was stopped can lose one without anybody noticing: what it guarded
goes on, unguarded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from django.apps import apps
from django.db import connection, models

from core.append_only import AppendOnly
from core.no_overlap import NoOverlap
from core.registry import OURS

POSTGRESQL = """
SELECT conname FROM pg_constraint WHERE connamespace = current_schema()::regnamespace AND convalidated
UNION SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()
UNION SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D' AND NOT tgisinternal
"""


def missing_guards() -> Iterator[str]:
    """Return the names that the models declare and the database lacks."""
    present = present_guards()
    for model in apps.get_models():
        if model._meta.app_label in OURS and model._meta.managed:
            names = declared_guards(model._meta.constraints, model._meta.indexes)
            yield from (name for name in names if name not in present)


def declared_guards(constraints: Iterable[models.BaseConstraint], indexes: Iterable[models.Index]) -> Iterator[str]:
    """Return the names of a table's constraints and indexes in the database; SQLite has a trigger for each event."""
    for constraint in constraints:
        events: tuple[str, ...] = ()
        if connection.vendor == "sqlite" and isinstance(constraint, NoOverlap):
            events = ("INSERT", "UPDATE")
        elif connection.vendor == "sqlite" and isinstance(constraint, AppendOnly):
            events = ("UPDATE", "DELETE")
        yield from (f"{constraint.name}_{event}" for event in events)
        if not events:
            yield constraint.name
    yield from (index.name for index in indexes if index.name)


def present_guards() -> set[str]:
    """Return the names in the database's own catalogue, except what is switched off or not yet valid."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL)
            return {name for (name,) in cursor.fetchall()}
        cursor.execute("SELECT name, sql FROM sqlite_master")
        rows = cursor.fetchall()
    inside = (name for _table, sql in rows for name in re.findall(r'CONSTRAINT "(\w+)"', sql or ""))
    return {*(name for name, _sql in rows), *inside}
