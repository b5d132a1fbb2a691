"""Indexes and rules of a database that is filled: taken off before, made anew over all rows at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

# The indexes that no constraint needs.
INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
AND indexrelid NOT IN (SELECT conindid FROM pg_constraint)
"""


@contextmanager
def checked_at_the_end() -> Iterator[None]:
    """On PostgreSQL indexes and the rules against overlaps are made anew over all rows at once, which takes less time.

    Foreign keys are not asked row by row, where the user may say so: every key is a number of ours.
    """
    from django.db import DatabaseError, connection, transaction

    from core.no_overlap import NoOverlap
    from scheduling.models import AvailableSlot, Claim

    if connection.vendor != "postgresql":
        yield
        return
    rules = [
        (model, one) for model in (AvailableSlot, Claim) for one in model._meta.constraints if type(one) is NoOverlap
    ]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        try:
            with transaction.atomic():
                cursor.execute("SET LOCAL session_replication_role = replica")
        except DatabaseError:
            pass  # only a superuser may
    with connection.schema_editor(atomic=False) as editor:
        for model, rule in rules:
            editor.remove_constraint(model, rule)
    with connection.cursor() as cursor:
        cursor.execute(INDEXES)
        indexes = cursor.fetchall()
        for name, _how in indexes:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        for _name, how in indexes:
            cursor.execute(how)
    with connection.schema_editor(atomic=False) as editor:
        for model, rule in rules:
            editor.add_constraint(model, rule)
