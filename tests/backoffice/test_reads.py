"""Whoever is shown a patient's data leaves who, whose and on which page; no page of the back office is left out."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from core import models
from core.looks import flush_reads, record_reads
from core.models import AuditEntry, Look, PatientLook
from core.reads import noting_reads, patient_columns
from directory.models import SignIn
from patients.models import Patient
from tests.backoffice.conftest import url
from tests.backoffice.rows import ROWS
from tests.factories import (
    AT,
    ApiKeyFactory,
    AppointmentFactory,
    DocumentFactory,
    EnrollmentFactory,
    PatientFactory,
    ProductOrderFactory,
    SessionMovementFactory,
    UserFactory,
)
from tests.plugins.counts import FULL
from tests.reads import mark, shown_in, traced, untraced

ADMINS: Any = {model._meta.label_lower: one for model, one in admin.site._registry.items()}

PATIENTS = reverse("admin:patients_patient_changelist")


@pytest.fixture(autouse=True)
def nothing_waits():
    traced()


def pages(practice):
    """Every page of the back office with something on it: a row of each list, its pages and steps, and the rest."""
    rows = {label: ROWS[label](practice) for label in sorted(ADMINS) if label in ROWS}
    today = timezone.now().replace(hour=9, minute=0, second=0, microsecond=0)
    AppointmentFactory(practice=practice, starts_at=today, ends_at=today + timedelta(minutes=30))
    for one in Patient.objects.all():
        mark(one)
    for label, row in rows.items():
        yield url(label, "changelist")
        yield url(label, "change", row.pk)
        if not FULL:
            continue
        yield url(label, "history", row.pk)
        if ADMINS[label].delete_verb:
            yield url(label, "delete", row.pk)
        for step in ADMINS[label].steps:
            yield url(label, step.name, row.pk)
    patient = rows["patients.patient"]
    yield reverse("admin:patients_patient_page", args=(patient.pk,))
    yield f"{reverse('admin:search')}?s={patient.last_name}"
    yield f"{reverse('admin:autocomplete')}?app_label=orders&model_name=productorder&field_name=patient&term=Zz"
    for site_page in admin.site.get_urls():
        name, address = getattr(site_page, "name", None), str(site_page.pattern)
        if name and "<" not in address and "(?P" not in address and name not in ("logout", "password_change"):
            yield reverse(f"admin:{name}")


def walk(client, practice):
    """The pages that show a patient without leaving a trace, and how many show one."""
    silent, showing = {}, 0
    for address in pages(practice):
        answer = client.get(address)
        missing = untraced(answer)
        if missing:
            silent[address] = missing
        if answer.status_code == 200 and not answer.streaming:
            showing += bool(shown_in(answer))
    return silent, showing


def test_every_page_that_shows_a_patient_leaves_its_trace(boss, practice):
    silent, showing = walk(boss, practice)
    assert silent == {}
    assert showing > 20


def test_the_walk_finds_a_page_without_a_trace(boss, practice, monkeypatch):
    """Control: rows that are loaded without being noted are missed."""
    monkeypatch.setattr(models, "note_row", lambda model, values: None)
    patient = mark(PatientFactory(organization=practice.organization))
    assert untraced(boss.get(PATIENTS)) == {patient.pk}


def test_a_row_tells_whose_it_is_also_through_the_row_that_it_belongs_to(practice):
    for made in [make for label, make in ROWS.items() if patient_columns(apps.get_model(label))]:
        made(practice)
    enrollment = EnrollmentFactory(practice=practice)
    SessionMovementFactory(enrollment=enrollment)
    told = set()
    for model in apps.get_models():
        columns = patient_columns(model)
        if not columns or not issubclass(model, models.Traced):
            continue
        for row in model._base_manager.values_list("pk", *columns):
            with noting_reads() as reading:
                model._base_manager.get(pk=row[0])
            assert reading.whose() == {one for one in row[1:] if one is not None}, model
            told.add(model._meta.label)
    assert {"billing.BillLine", "billing.CarePlanEntry", "programs.SessionMovement"} <= told


def test_every_model_whose_rows_are_a_patients_leaves_its_trace():
    """Who looked, and the words that patients are found by, show nothing by themselves."""
    silent = {
        model._meta.label
        for model in apps.get_models()
        if patient_columns(model) and not issubclass(model, models.Traced)
    }
    assert silent == set()


def test_who_reads_what_the_history_quotes_of_a_record_has_looked_at_it(boss, practice):
    order = ProductOrderFactory(practice=practice)
    patient = PatientFactory(organization=practice.organization)
    for row, changes in ((patient, {"first_name": ["Ana", "Anna"]}), (order, {"notes": ["", "for her knee"]})):
        entry = AuditEntry.objects.create(
            at=AT,
            actor_kind="staff",
            door="backoffice",
            verb="change",
            action=AuditEntry.Action.CHANGE,
            object_kind=row._meta.label_lower,
            object_id=row.pk,
            changes=changes,
        )
        answer = boss.get(url("core.auditentry", "change", entry.pk))
        assert next(iter(changes.values()))[1] in answer.content.decode()
        assert traced() == {getattr(row, "patient_id", patient.pk)}
    boss.get(url("core.auditentry", "changelist"))
    assert traced() == {patient.pk, order.patient_id}


def test_a_look_says_who_whose_where_and_through_which_door(desk, front_desk_user, practice):
    patient = PatientFactory(organization=practice.organization)
    desk.get(reverse("admin:patients_patient_page", args=(patient.pk,)), headers={"X-Request-Id": "request-1"})
    flush_reads()
    assert PatientLook.objects.get().patient == patient
    look = Look.objects.get()
    assert (look.user, look.organization_id) == (front_desk_user, practice.organization_id)
    assert (look.door, look.page, look.credential) == ("backoffice", "admin:patients_patient_page", "session")
    assert look.request_id == "request-1"


@pytest.mark.parametrize("label", ["directory.user", "directory.signin"])
def test_who_sees_a_portal_account_has_seen_its_patient(boss, practice, label):
    patient = PatientFactory(organization=practice.organization)
    user = UserFactory(username="portal", email="portal@example.org")
    patient.access.create(user=user)
    row = user if label == "directory.user" else SignIn.objects.create(user=user, account="portal", at=timezone.now())
    for page in (url(label, "changelist"), url(label, "change", row.pk)):
        assert "portal" in boss.get(page).content.decode()
        assert traced() == {patient.pk}


def test_the_same_page_within_an_hour_is_told_once(front_desk, practice):
    ids = [PatientFactory(organization=practice.organization).pk for _number in range(3)]

    def look(minutes, patient_ids=ids, page="page"):
        at = AT + timedelta(minutes=minutes)
        record_reads(front_desk, page=page, patient_ids=patient_ids, at=at)
        with CaptureQueriesContext(connection) as written:
            flush_reads()
        # One statement (SQLite: two) in a savepoint; the first of a connection is prepared.
        told = [one["sql"] for one in written if "PREPARE" not in one["sql"]]
        assert len(told) <= (3 if connection.vendor == "postgresql" else 4)
        return PatientLook.objects.count()

    assert look(0) == 3
    assert look(59) == 3
    assert look(59, page="other") == 6
    assert look(60) == 9
    assert look(61, patient_ids=[*ids, 999_999]) == 9


def test_what_was_refused_or_only_led_elsewhere_leaves_nothing(therapist, practice):
    patient = PatientFactory(organization=practice.organization)
    therapist.get(reverse("admin:patients_patient_page", args=(patient.pk,)))
    Client().get(PATIENTS)
    assert traced() == set()


def test_a_download_leaves_its_trace(desk, practice):
    row = DocumentFactory(patient=PatientFactory(organization=practice.organization))
    answer = desk.get(reverse("admin:patients_document_file", args=(row.pk,)))
    assert answer.status_code == 200
    assert traced() == {row.patient_id}


def test_an_export_leaves_whose_records_it_took(practice, tmp_path):
    patients = [PatientFactory(organization=practice.organization) for _number in range(3)]
    call_command("export_data", "patients", str(tmp_path / "out.csv"))
    assert len(list(csv.reader(io.StringIO((tmp_path / "out.csv").read_text())))) == 4
    assert set(PatientLook.objects.values_list("patient_id", "look__door")) == {
        (one.pk, "command:export_data") for one in patients
    }


def test_a_key_is_told_by_its_beginning(front_desk_user, practice):
    row = ProductOrderFactory(practice=practice)
    text = "ck_" + "a" * 40
    key = ApiKeyFactory(user=front_desk_user, text=text)
    answer = Client().get("/v1/patient-product-orders", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 200
    flush_reads()
    row_of_look = PatientLook.objects.get()
    assert (row_of_look.patient_id, row_of_look.at) == (row.patient_id, row_of_look.look.at)
    assert (row_of_look.look.door, row_of_look.look.credential) == ("api:services", f"key:{key.pk}")


def test_a_clinic_admin_reads_who_looked_and_nobody_else_does(manager, desk, practice, foreign_practice, front_desk):
    ours = PatientFactory(organization=practice.organization)
    theirs = PatientFactory(organization=foreign_practice.organization)
    record_reads(front_desk, page="page", patient_ids=[ours.pk, theirs.pk], at=AT)
    flush_reads()
    page = reverse("admin:patients_patient_page", args=(ours.pk,))
    assert "Who looked" in manager.get(page).content.decode()
    assert "Who looked" not in desk.get(page).content.decode()
    listed = manager.get(reverse("admin:core_patientlook_changelist"), {"q": "front-desk"}).context["cl"]
    assert [one.patient for one in listed.result_list] == [ours]
    assert desk.get(reverse("admin:core_patientlook_changelist")).status_code == 403


def test_looks_are_kept_as_long_as_the_setting_says(practice, front_desk, settings, capsys):
    patient = PatientFactory(organization=practice.organization)
    settings.READS_KEPT_DAYS = 30
    for days in (31, 29):
        record_reads(front_desk, page="page", patient_ids=[patient.pk], at=timezone.now() - timedelta(days=days))
    flush_reads()
    call_command("forget_reads")
    assert capsys.readouterr().out == "1 looks forgotten\n"
    assert PatientLook.objects.count() == 1


def test_what_cannot_be_written_is_logged_and_takes_no_answer_back(desk, practice, settings, caplog, monkeypatch):
    settings.READS_WRITTEN_AFTER_SECONDS = 0
    for write in ("_write_at_once", "_write_in_turn"):
        monkeypatch.setattr(f"core.looks.{write}", lambda cursor, part: cursor.execute("SELECT 1 FROM nowhere"))
    PatientFactory(organization=practice.organization)
    assert desk.get(PATIENTS).status_code == 200
    assert "reads: not written" in caplog.text
    assert "patients_patient_changelist" in caplog.text


def test_on_sqlite_what_waits_is_written_by_itself(transactional_db, practice, front_desk, settings):
    """Within the setting's seconds, by a thread with a connection of its own."""
    import time

    settings.READS_WRITTEN_AFTER_SECONDS = 0.05
    patient = PatientFactory(organization=practice.organization)
    record_reads(front_desk, page="page", patient_ids=[patient.pk], at=AT)
    deadline = time.monotonic() + 10
    while not PatientLook.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert PatientLook.objects.get().patient == patient
