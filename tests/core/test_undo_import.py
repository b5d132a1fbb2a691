"""An import is taken back as a whole while nothing depends on it."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from core.actor import Actor
from core.errors import Conflict, InvalidInput
from core.imports.undo import undo_import
from core.models import ExternalId, ImportJob
from directory.models import Resource
from patients.models import Patient, PhoneNumber
from tests.factories import AppointmentFactory, PatientFactory
from tests.importing import NOW, counts, import_text, outcome

BY = Actor.system("undo_import")
TEXT = "external_id,last_name,phone\n1,Popa,0722 123 456\n2,Rusu,\n"


def test_what_it_made_is_gone_and_the_same_file_makes_it_again(organization):
    mine = PatientFactory(organization=organization)
    import_text("patients", TEXT)
    job = ImportJob.objects.get()
    assert undo_import(job.pk, by=BY, at=NOW) == 2
    assert list(Patient.objects.all()) == [mine]
    assert (PhoneNumber.objects.count(), ExternalId.objects.count()) == (0, 0)
    assert Resource.objects.filter(kind="patient").count() == 1
    with pytest.raises(Conflict):
        undo_import(job.pk, by=BY, at=NOW)
    assert outcome(import_text("patients", TEXT)) == (2, 0, 0, 0)


def test_only_what_this_import_made_is_deleted(organization):
    import_text("patients", TEXT)
    import_text("patients", TEXT.replace("Popa", "Stan") + "3,Toma,\n")
    undo_import(ImportJob.objects.order_by("pk").last().pk, by=BY, at=NOW)
    assert sorted(Patient.objects.values_list("last_name", flat=True)) == ["Rusu", "Stan"]


def test_nothing_is_undone_where_something_depends_on_a_row(organization, practice):
    import_text("patients", TEXT)
    AppointmentFactory(practice=practice, patient=Patient.objects.get(last_name="Popa"))
    before = counts()
    with pytest.raises(Conflict) as refused:
        undo_import(ImportJob.objects.get().pk, by=BY, at=NOW)
    assert "1 rows are in use.\n1: Popa is still referred to by appointments (1)." in str(refused.value)
    assert counts() == before
    assert ImportJob.objects.get().undone_at is None


def test_what_is_never_deleted_is_not_undone(organization):
    job = ImportJob.objects.create(
        organization=organization, kind="appointments", source="import", sha256="0", started_at=NOW
    )
    with pytest.raises(InvalidInput):
        undo_import(job.pk, by=BY, at=NOW)


def test_the_command_lists_imports_rehearses_and_undoes(organization):
    import_text("patients", TEXT)
    job = ImportJob.objects.get()

    def said(*words):
        out = StringIO()
        call_command("undo_import", *words, stdout=out)
        return out.getvalue()

    assert said() == f"{job.pk}  2026-02-17 12:30  import patients rows.csv  2 created\n"
    assert said(str(job.pk), "--dry-run") == "2 rows deleted\nThis was a dry run: nothing of it was kept.\n"
    assert Patient.objects.count() == 2
    assert said(str(job.pk)) == "2 rows deleted\n"
    assert Patient.objects.count() == 0
    assert said().endswith("2 created undone\n")
    with pytest.raises(CommandError, match="undone already"):
        said(str(job.pk))
