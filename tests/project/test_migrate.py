"""A database of another version is met with one sentence, and left as it is."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from clinic.management.commands import migrate

# SQLite makes the table of migrations outside of transactions only.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def applied():
    """Note a migration as applied, for this test."""
    recorder = MigrationRecorder(connection)
    recorder.ensure_schema()
    before = set(recorder.migration_qs.values_list("pk", flat=True))
    yield recorder.record_applied
    recorder.migration_qs.exclude(pk__in=before).delete()


def test_a_database_with_migrations_of_another_version_is_refused_in_one_sentence(applied):
    applied("orders", "0001_initial")
    applied("scheduling", "0044_long_gone")
    tables = connection.introspection.table_names()
    with pytest.raises(CommandError) as refusal:
        call_command("migrate", verbosity=0)
    assert "made by another version of Clinic" in str(refusal.value)
    assert "orders.0001_initial and 1 more" in str(refusal.value)
    assert connection.introspection.table_names() == tables


def test_a_database_that_was_left_at_an_earlier_migration_is_refused_in_one_sentence(applied, settings, monkeypatch):
    settings.MIGRATION_MODULES = {}  # pytest's --no-migrations hides them
    monkeypatch.setattr(migrate, "applied_to", lambda _connection: {("orders", "0001_schema")})
    with pytest.raises(CommandError) as refusal:
        call_command("migrate", verbosity=0)
    assert "made by an earlier version of Clinic: it lacks the migration orders.0002_references" in str(refusal.value)


def test_a_migration_that_only_a_library_knew_is_none_of_our_business(applied):
    applied("auth", "0999_of_a_later_django")
    call_command("migrate", verbosity=0)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no limit of a statement")
def test_a_migration_has_more_time_than_a_request(monkeypatch):
    limits = []

    def shown(*args, **options):
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            limits.append(cursor.fetchone()[0])

    shown()
    # Ours inherits Django's own command or the one that pytest-django puts into its place, whichever it found.
    monkeypatch.setattr(migrate.Migrate, "handle", shown)
    call_command("migrate", verbosity=0)
    shown()
    assert (limits[1], limits[0] != "0", limits[2] == limits[0]) == ("0", True, True)
