"""The migrations lead back to nothing and forward again, and each step leaves the database guarded as it was then."""

import re
from collections.abc import Iterator
from functools import partial

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

from core.db import long_running
from core.guards import declared_guards, missing_guards, present_guards
from core.registry import OURS

pytestmark = pytest.mark.slow

# Of a CHECK the name alone: whenever its column is altered, PostgreSQL tells the same condition with other casts.
POSTGRESQL = """
SELECT conrelid::regclass::text, conname, CASE contype WHEN 'c' THEN '' ELSE pg_get_constraintdef(oid) END
FROM pg_constraint
WHERE connamespace = current_schema()::regnamespace AND contype <> 'n'
UNION ALL SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()
UNION ALL SELECT tgrelid::regclass::text, tgname, concat(tgenabled, pg_get_triggerdef(oid))
FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT table_name, column_name, concat_ws(' ', data_type, character_maximum_length, is_nullable)
FROM information_schema.columns WHERE table_schema = current_schema()
"""


@pytest.fixture
def empty_database(transactional_db, tmp_path, settings):
    """Point the connection to an empty database for this test, to which the migrations apply."""
    settings.MIGRATION_MODULES = {}  # pytest's --no-migrations hides them
    kept, name = connection.settings_dict["NAME"], "walked_clinic"
    if connection.vendor == "sqlite":
        name = str(tmp_path / "walked.sqlite3")
    else:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")
            cursor.execute(f"CREATE DATABASE {name}")
    connection.close()
    connection.settings_dict["NAME"] = name
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous = OFF")  # some hundred transactions, none of which must outlive a crash
    yield
    connection.close()
    connection.settings_dict["NAME"] = kept
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")


class Way:
    """All migrations in the order in which they are applied, with the guards that are declared after each."""

    def __init__(self) -> None:
        executor = MigrationExecutor(connection)
        self.targets = executor.loader.graph.leaf_nodes()
        self.steps = [migration for migration, _backwards in executor.migration_plan(self.targets)]
        state, self.declared = ProjectState(), [set()]
        for migration in self.steps:
            state = migration.mutate_state(state, preserve=False)
            self.declared.append(set(declared_at(state)))

    def forward(self, looked) -> None:
        """Apply them all; `looked` is called with the number of those applied, after each."""
        self._go([(step, False) for step in self.steps], self.targets, 0, looked)

    def back(self, looked) -> None:
        """Take them all back, the last first."""
        nothing = [(label, None) for label in {step.app_label for step in self.steps}]
        self._go([(step, True) for step in reversed(self.steps)], nothing, len(self.steps), looked)

    def _go(self, plan, targets, applied, looked) -> None:
        def told(action, _migration=None, _fake=False):
            nonlocal applied
            if action in ("apply_success", "unapply_success"):
                applied += 1 if action == "apply_success" else -1
                looked(applied)

        with long_running():
            MigrationExecutor(connection, progress_callback=told).migrate(targets, plan)


def declared_at(state) -> Iterator[str]:
    for (app, _name), model in state.models.items():
        if app in OURS and model.options.get("managed", True):
            yield from declared_guards(model.options.get("constraints", ()), model.options.get("indexes", ()))


def schema():
    """What the database says of our tables: their columns, constraints, indexes and triggers, in its own words."""
    return {(table, *rest) for table, *rest in _told() if table.partition("_")[0] in OURS}


def _told():
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL)
            return set(cursor.fetchall())
        cursor.execute("SELECT tbl_name, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger')")
        found = set(cursor.fetchall())
        cursor.execute("SELECT tbl_name, sql FROM sqlite_master WHERE type = 'table'")
        # A table that was remade lists its columns in another order.
        return found | {(table, part, "") for table, sql in cursor.fetchall() for part in parts(sql)}


def parts(sql: str) -> list[str]:
    """The columns and constraints in a CREATE TABLE: what commas outside of brackets and strings separate."""
    inside, depth, found = sql[sql.index("(") + 1 : sql.rindex(")")], 0, [""]
    for piece in re.findall(r"'[^']*'|[(),]|[^'(),]+", inside):
        depth += (piece == "(") - (piece == ")")
        if piece == "," and depth == 0:
            found.append("")
        else:
            found[-1] += piece
    return [one.strip() for one in found]


def known_by_replaced_names(steps) -> None:
    """Note the migrations as in a database to which only the replaced ones were applied."""
    recorder = MigrationRecorder(connection)
    for step in steps:
        if step.replaces:
            recorder.record_unapplied(step.app_label, step.name)
    assert {(step.app_label, name) for step in steps for _app, name in step.replaces} <= set(
        recorder.applied_migrations()
    )


def test_migrations_lead_back_to_nothing_and_forward_again_guarded_at_every_step(empty_database):
    way, found = Way(), []
    schemas = [[schema()] for _ in range(len(way.steps) + 1)]

    def looked(direction, applied):
        name = f"{direction} {way.steps[applied - 1] if applied else 'nothing'}"
        found.extend((name, "missing", one) for one in sorted(way.declared[applied] - present_guards()))
        schemas[applied].append(schema())

    way.forward(partial(looked, "forward to"))
    known_by_replaced_names(way.steps)
    call_command("migrate", verbosity=0)
    assert list(missing_guards()) == []
    call_command("demo", "--force", verbosity=0)
    way.back(partial(looked, "back to"))
    way.forward(partial(looked, "again to"))
    for applied, (_before, first, *others) in enumerate(schemas):
        for other in others:
            found += [(way.steps[applied - 1], "differs", one) for one in sorted(first ^ other)]
    assert found == []
