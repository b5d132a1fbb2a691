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


# Those that a statement made; what belongs to a table's own definition has no text here.
OF_SQLITE = "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
CACHE = "PRAGMA cache_size = -400000"  # kilobytes, for this connection: an index is sorted in memory
# For a database that nobody would miss: filled in one transaction, it would be written twice, into its log, too.
UNSAFE = ("synchronous = OFF", "journal_mode = OFF", "foreign_keys = OFF", "locking_mode = EXCLUSIVE")
SAFE = ("locking_mode = NORMAL", "journal_mode = WAL")


@contextmanager
def unsafe() -> Iterator[None]:
    """SQLite without its log, outside of a transaction: what is killed meanwhile leaves a broken file."""
    from django.db import connection

    def say(pragmas: tuple[str, ...]) -> None:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                for one in pragmas:
                    cursor.execute(f"PRAGMA {one}").fetchall()

    say(UNSAFE)
    yield
    say(SAFE)
    connection.close()


@contextmanager
def checked_at_the_end() -> Iterator[None]:
    """Indexes and rules are made anew over all rows at once, which takes less time than row by row.

    Foreign keys are not asked row by row, where the user may say so: every key is a number of ours. SQLite's triggers
    look at new rows only: that nothing overlaps is left to the invariants there.
    """
    from django.db import connection

    with _on_postgresql() if connection.vendor == "postgresql" else _on_sqlite():
        yield


@contextmanager
def _on_sqlite() -> Iterator[None]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(CACHE)
        found = cursor.execute(OF_SQLITE).fetchall()
        for kind, name, _how in found:
            cursor.execute(f'DROP {kind} "{name}"')
        # Many call Python for each row. PostgreSQL checks the same rows, and so does a test.
        cursor.execute("PRAGMA ignore_check_constraints = ON")
    yield
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = OFF")
        for _kind, _name, how in found:
            cursor.execute(how)


@contextmanager
def _on_postgresql() -> Iterator[None]:
    from django.db import DatabaseError, connection, transaction

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        try:
            with transaction.atomic():
                cursor.execute("SET LOCAL session_replication_role = replica")
        except DatabaseError:
            pass  # only a superuser may
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        (is_superuser,) = cursor.fetchone()
        with _unchecked() if is_superuser else _made_anew():
            cursor.execute(INDEXES)
            indexes = cursor.fetchall()
            for name, _how in indexes:
                cursor.execute(f"DROP INDEX {name}")
            yield
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
            for _name, how in indexes:
                cursor.execute(how)


@contextmanager
def _unchecked() -> Iterator[None]:
    """The rules that nothing overlaps: their indexes are not kept meanwhile, and made over all rows without a check.

    To look for each row whether another overlaps takes longer than all the rest; that is left to the invariants.
    """
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(indexrelid::regclass::text) FROM pg_index WHERE indisexclusion")
        (names,) = cursor.fetchone()

        def mark(how: str) -> None:
            cursor.execute(f"UPDATE pg_index SET {how} WHERE indexrelid = ANY(%s::regclass[])", [names])

        mark("indisready = false, indisvalid = false")
        yield
        mark("indisexclusion = false")
        for name in names:
            cursor.execute(f"REINDEX INDEX {name}")
        mark("indisexclusion = true")


@contextmanager
def _made_anew() -> Iterator[None]:
    """The same rules, for whoever may not write into the catalog: taken off, and made anew with a look at all rows."""
    from django.db import connection

    from core.no_overlap import NoOverlap
    from scheduling.models import AvailableSlot, Claim

    rules = [
        (model, one) for model in (AvailableSlot, Claim) for one in model._meta.constraints if type(one) is NoOverlap
    ]
    with connection.schema_editor(atomic=False) as editor:
        for model, rule in rules:
            editor.remove_constraint(model, rule)
    yield
    with connection.schema_editor(atomic=False) as editor:
        for model, rule in rules:
            editor.add_constraint(model, rule)
