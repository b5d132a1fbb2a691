"""`manage.py migrate`: Django's, which first makes sure that this version knows the database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from core.db import long_running
from core.registry import OURS


class Command(Migrate):
    """Refuses a database with migrations of ours that this version does not have, before anything is changed.

    Django itself would try to make tables that are there already, and stop in the middle with the database's error.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        loader = MigrationLoader(connection, ignore_no_migrations=True)
        unknown = sorted(
            f"{app}.{name}" for app, name in loader.applied_migrations.keys() - loader.disk_migrations if app in OURS
        )
        if unknown:
            more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
            raise CommandError(
                f"The database {connection.settings_dict['NAME']} was made by another version of Clinic: it has the "
                f"migration {unknown[0]}{more}, which this version does not have. Go back to that version, or name a "
                "new database in DATABASE_URL (for the demo: move var/ away)."
            )
        # A table of a million rows takes longer to change than a request may take.
        with long_running():
            super().handle(*args, **options)
