"""The whole clinic, written into a folder and read into an empty database, is the same clinic."""

import io
import json
import os
import subprocess
import sys

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from catalog.models import ServiceAttachment
from core.actor import Actor
from core.clinic_copy import MANIFEST, STAYS, TABLES, copied_models, read_clinic, write_clinic
from core.db import long_running
from core.errors import Conflict, Forbidden, InvalidInput
from core.models import AuditEntry
from directory.models import Organization
from patients.models import Patient
from tests.factories import DocumentFactory, PatientFactory
from tests.importing import counts
from tests.plugins.counts import FULL

BY = Actor.system("copy")


def empty():
    return {label: rows for label, rows in counts().items() if rows and label.lower() not in STAYS} == {}


def copied(tmp_path, settings, fill):
    """A copy of a clinic, which is then gone from the database and its files from the storage."""
    settings.MEDIA_ROOT = tmp_path / "media"
    with transaction.atomic():
        fill()
        copy = write_clinic(tmp_path / "copy", by=BY, at=timezone.now())
        transaction.set_rollback(True)
    settings.MEDIA_ROOT = tmp_path / "other-media"
    assert empty()
    return copy


def demo(settings):
    settings.DEBUG = True
    call_command("demo", stdout=io.StringIO())


@pytest.mark.django_db
def test_the_copied_demo_clinic_is_the_same_clinic(settings, tmp_path):
    copy = copied(tmp_path, settings, lambda: demo(settings))
    assert {label: table.rows for label, table in copy.tables.items() if table.rows} != {}
    read = read_clinic(tmp_path / "copy", by=BY, at=timezone.now())
    # Rows and checksums of every table; read_clinic has asked the invariants.
    assert read == copy
    assert copy.tables["billing.transaction"].rows > 0
    for attachment in ServiceAttachment.objects.all():
        with attachment.file.open("rb") as file:
            assert len(file.read()) == attachment.file_size
    told = AuditEntry.objects.order_by("-pk").first()
    assert (told.verb, told.changes["rows"]) == ("core.copy_clinic", [None, copy.rows])
    # New rows are numbered behind those that came.
    last = Patient.objects.order_by("pk").last().pk
    assert PatientFactory(organization=Organization.objects.first()).pk > last


@pytest.mark.django_db
def test_a_dry_run_of_a_copy_keeps_nothing(settings, tmp_path):
    copy = copied(tmp_path, settings, lambda: DocumentFactory(patient__first_name="Ștefan", patient__notes='=1\n"q"\t'))
    assert copy.files == 1
    assert read_clinic(tmp_path / "copy", by=BY, at=timezone.now(), dry_run=True) == copy
    assert empty()
    assert not [path for path in (tmp_path / "other-media").rglob("*") if path.is_file()]


@pytest.mark.django_db
def test_a_copy_that_was_changed_or_is_another_versions_is_refused_whole(settings, tmp_path):
    copied(tmp_path, settings, lambda: PatientFactory(last_name="Popescu"))
    folder = tmp_path / "copy"
    table = folder / TABLES / "patients.patient.jsonl"
    whole = table.read_text()
    table.write_text(whole.replace('"Popescu"', '"Ionescu"'), "utf-8")
    with pytest.raises(Conflict, match=r"did not come out as they went in: patients\.patient"):
        read_clinic(folder, by=BY, at=timezone.now())
    assert empty()
    # Without the patient, rows that name them have nobody.
    table.write_text(whole.splitlines()[0] + "\n", "utf-8")
    with pytest.raises(Conflict, match="The database refuses rows of the copy"):
        read_clinic(folder, by=BY, at=timezone.now())
    assert empty()

    table.write_text(whole)
    table.write_text(whole.replace('"occupation"', '"profession"'))
    with pytest.raises(InvalidInput):
        read_clinic(folder, by=BY, at=timezone.now())
    assert empty()
    with pytest.raises(InvalidInput):
        read_clinic(tmp_path, by=BY, at=timezone.now())


def test_a_copy_goes_into_an_empty_database_only(settings, tmp_path, organization, admin_actor):
    settings.MEDIA_ROOT = tmp_path / "media"
    write_clinic(tmp_path / "copy", by=BY, at=timezone.now())
    before = counts()
    with pytest.raises(Conflict):
        read_clinic(tmp_path / "copy", by=BY, at=timezone.now())
    with pytest.raises(InvalidInput):
        write_clinic(tmp_path / "copy", by=BY, at=timezone.now())
    with pytest.raises(Forbidden):
        write_clinic(tmp_path / "mine", by=admin_actor, at=timezone.now())
    assert counts() == before


def test_every_table_is_copied_or_stays_for_a_reason():
    known = {model._meta.label_lower for model in copied_models()} | STAYS.keys()
    assert STAYS.keys() <= known
    assert {label.lower() for label in counts_labels()} == known


def counts_labels():
    from django.apps import apps

    return [model._meta.label for model in apps.get_models(include_auto_created=True) if model._meta.managed]


@pytest.mark.skipif(not FULL, reason="migrates a second database; CLINIC_FULL=1 runs it")
@pytest.mark.django_db
def test_a_copy_goes_from_either_engine_to_the_other(settings, tmp_path):
    copy = copied(tmp_path, settings, lambda: demo(settings))
    sqlite = os.environ | {"DATABASE_URL": f"sqlite:///{tmp_path}/other.sqlite3", "DEBUG": "1"}
    sqlite |= {"MEDIA_ROOT": str(tmp_path / "sqlite-media")}

    def manage(*words):
        run = [sys.executable, str(configured.BASE_DIR / "manage.py"), *words]
        done = subprocess.run(run, env=sqlite, capture_output=True, text=True, check=False, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr

    with long_running():  # our transaction stands idle meanwhile
        manage("migrate", "-v0")
        manage("import_data", "clinic", str(tmp_path / "copy"))
        manage("export_data", "clinic", str(tmp_path / "back"))
    told = json.loads((tmp_path / "back" / MANIFEST).read_text())["tables"]
    audit = "core.auditentry"  # has the entry of the copy itself
    assert told[audit]["rows"] == copy.tables[audit].rows + 1
    assert {label: table["sha256"] for label, table in told.items() if label != audit} == {
        label: table.sha256 for label, table in copy.tables.items() if label != audit
    }
    read_clinic(tmp_path / "back", by=BY, at=timezone.now())
