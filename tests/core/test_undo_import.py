"""An import is taken back as a whole while nothing depends on it."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from billing.models import Transaction
from catalog.models import Service
from core.actor import Actor
from core.errors import Conflict
from core.imports.undo import Undone, undo_import
from core.models import ExternalId, ImportJob
from directory.models import Resource
from patients.models import Patient, PhoneNumber
from scheduling.models import Appointment
from tests.factories import AppointmentFactory, PatientFactory, SpecialistFactory
from tests.importing import NOW, counts, import_text, outcome

BY = Actor.system("undo_import")


def last():
    """The import that ran last."""
    return ImportJob.objects.order_by("pk").last()


TEXT = "external_id,last_name,phone\n1,Popa,0722 123 456\n2,Rusu,\n"


def test_what_it_made_is_gone_and_the_same_file_makes_it_again(organization):
    mine = PatientFactory(organization=organization)
    import_text("patients", TEXT)
    job = ImportJob.objects.get()
    assert undo_import(job.pk, by=BY, at=NOW) == Undone(deleted=2, restored=0)
    assert list(Patient.objects.all()) == [mine]
    assert (PhoneNumber.objects.count(), ExternalId.objects.count()) == (0, 0)
    assert Resource.objects.filter(kind="patient").count() == 1
    with pytest.raises(Conflict):
        undo_import(job.pk, by=BY, at=NOW)
    assert outcome(import_text("patients", TEXT)) == (2, 0, 0, 0)


def test_what_this_import_made_goes_and_what_it_changed_is_as_before(organization):
    import_text("patients", TEXT)
    before = Patient.objects.get(last_name="Popa")
    changed = TEXT.replace("Popa,0722 123 456", "Stan,0744 000 000") + "3,Toma,\n"
    import_text("patients", changed)
    assert PhoneNumber.objects.get().number == "0744 000 000"
    assert undo_import(last().pk, by=BY, at=NOW) == Undone(deleted=1, restored=2)
    assert sorted(Patient.objects.values_list("last_name", flat=True)) == ["Popa", "Rusu"]
    after = Patient.objects.get(pk=before.pk)
    assert (after.last_name, after.search_name) == ("Popa", before.search_name)
    assert PhoneNumber.objects.get().number == "0722 123 456"
    # The first import can be undone, too, and the second one comes again.
    assert outcome(import_text("patients", changed)) == (1, 1, 1, 0)


def test_what_was_changed_since_is_not_changed_back(organization):
    import_text("patients", TEXT)
    import_text("patients", TEXT.replace("Popa", "Stan"))
    job = last()
    Patient.objects.filter(last_name="Stan").update(last_name="Dobre")
    before = counts()
    with pytest.raises(Conflict, match="1 rows were changed since"):
        undo_import(job.pk, by=BY, at=NOW)
    assert counts() == before
    assert Patient.objects.filter(last_name="Dobre").exists()
    assert ImportJob.objects.get(pk=job.pk).undone_at is None


def test_changes_of_kinds_that_go_row_by_row_are_changed_back(practice):
    rows = "external_id,name,category,duration_minutes,base_price,published\ns,Visit,therapy,30,100.00,no\n"
    import_text("services", rows)
    import_text("services", rows.replace("30,100.00,no", "45,120.00,yes"))
    assert undo_import(last().pk, by=BY, at=NOW) == Undone(deleted=0, restored=1)
    service = Service.objects.get()
    assert (service.duration_minutes, service.base_price, service.published) == (30, 100, False)


def test_visits_are_put_away_and_their_time_is_free_again(practice):
    PatientFactory(organization=practice.organization, email="ana@example.org")
    SpecialistFactory(organization=practice.organization, works_at=[practice], first_name="Ina", last_name="Marin")
    text = "external_id,starts_at,duration,patient,specialist\na,2026-01-06T10:00Z,30,ana@example.org,Ina Marin\n"
    assert outcome(import_text("appointments", text, practice_id=practice.pk)) == (1, 0, 0, 0)
    assert undo_import(last().pk, by=BY, at=NOW) == Undone(deleted=1, restored=0)
    assert Appointment.objects.get().archived_at == NOW
    assert outcome(import_text("appointments", text, practice_id=practice.pk)) == (1, 0, 0, 0)


def test_rows_whose_verbs_lock_several_tables_are_undone_together(practice):
    PatientFactory(organization=practice.organization, email="ana@example.org")
    SpecialistFactory(organization=practice.organization, works_at=[practice], first_name="Ina", last_name="Marin")
    visits = "external_id,starts_at,duration,patient,specialist\n"
    visits += "".join(f"{n},2026-01-0{n}T10:00Z,30,ana@example.org,Ina Marin\n" for n in range(1, 5))
    bills = "external_id,number,issued_on,patient,total\n1,7,2026-01-06,ana@example.org,90.00\n"
    import_text("accounts", "external_id,name\n1,Bank\n", practice_id=practice.pk)
    import_text("payment-types", "external_id,name\n1,Card\n")
    import_text("bills", bills, practice_id=practice.pk)
    payments = "external_id,date,bill,amount,account,payment_type\n"
    payments += "1,2026-01-06,1,50.00,Bank,Card\n2,2026-01-07,1,40.00,Bank,Card\n"
    for kind, text, rows in (("appointments", visits, 4), ("transactions", payments, 2)):
        report = import_text(kind, text, practice_id=practice.pk)
        assert outcome(report) == (rows, 0, 0, 0), report.refusals
        assert undo_import(last().pk, by=BY, at=NOW) == Undone(deleted=rows, restored=0)
    assert Appointment.objects.live().count() == 0
    assert Transaction.objects.filter(reversed_by=None, reverses=None).count() == 0


def test_nothing_is_undone_where_something_depends_on_a_row(organization, practice):
    import_text("patients", TEXT)
    AppointmentFactory(practice=practice, patient=Patient.objects.get(last_name="Popa"))
    before = counts()
    with pytest.raises(Conflict) as refused:
        undo_import(ImportJob.objects.get().pk, by=BY, at=NOW)
    assert "1 rows are in use.\n1: Popa is still referred to by appointments (1)." in str(refused.value)
    assert counts() == before
    assert ImportJob.objects.get().undone_at is None


def test_what_an_import_says_of_rows_of_another_kind_is_not_undone(organization):
    import_text("patients", TEXT)
    import_text("merges", "external_id,merged_into,merged_at\n1,2,2026-02-01T09:00Z\n")
    before = counts()
    with pytest.raises(Conflict):
        undo_import(last().pk, by=BY, at=NOW)
    assert counts() == before


def test_the_command_lists_imports_rehearses_and_undoes(organization):
    import_text("patients", TEXT)
    job = ImportJob.objects.get()

    def said(*words):
        out = StringIO()
        call_command("undo_import", *words, stdout=out)
        return out.getvalue()

    assert said() == f"{job.pk}  2026-02-17 12:30  import patients rows.csv  2 created\n"
    done = "2 rows deleted or archived, 0 changed back\n"
    assert said(str(job.pk), "--dry-run") == f"{done}This was a dry run: nothing of it was kept.\n"
    assert Patient.objects.count() == 2
    assert said(str(job.pk)) == done
    assert Patient.objects.count() == 0
    assert said().endswith("2 created undone\n")
    import_text("patients", TEXT)
    import_text("patients", TEXT.replace("Popa", "Stan"))
    assert said().splitlines()[0].endswith("0 created, 1 changed")
    with pytest.raises(CommandError, match="already been undone"):
        said(str(job.pk))
