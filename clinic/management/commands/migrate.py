"""`manage.py migrate`: Django's, which first makes sure that this version knows the database."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from core.db import long_running
from core.registry import OURS

Name = tuple[str, str]


class Command(Migrate):
    """Refuses a database that this version does not know, before anything is changed.

    Django itself would try to make tables that are there already, and stop in the middle with the database's error.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        self._refuse_of_another_version(str(connection.settings_dict["NAME"]), applied_to(connection))
        # A table of a million rows takes longer to change than a request may take.
        with long_running():
            super().handle(*args, **options)

    def _refuse_of_another_version(self, database: str, applied: AbstractSet[Name]) -> None:
        loader = MigrationLoader(None, load=False, ignore_no_migrations=True)
        loader.load_disk()
        replaced: set[Name] = set()
        for migration in loader.disk_migrations.values():
            replaces = {(app, name) for app, name in migration.replaces if app in OURS}
            replaced |= replaces
            if 0 < len(replaces & applied) < len(replaces):
                first = min(replaces - applied)
                raise CommandError(
                    f"The database {database} was made by an earlier version of Clinic: it lacks the migration "
                    f"{'.'.join(first)}, which this version no longer has. Migrate it with that version first, "
                    "or name a new database in DATABASE_URL (for the demo: move var/ away)."
                )
        known = loader.disk_migrations.keys() | replaced
        unknown = sorted(f"{app}.{name}" for app, name in applied - known if app in OURS)
        if unknown:
            more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
            raise CommandError(
                f"The database {database} was made by another version of Clinic: it has the "
                f"migration {unknown[0]}{more}, which this version does not have. Go back to that version, or name a "
                "new database in DATABASE_URL (for the demo: move var/ away)."
            )


def applied_to(connection: BaseDatabaseWrapper) -> set[Name]:
    """Return app and name of each migration that was applied to the database."""
    return set(MigrationRecorder(connection).applied_migrations())
