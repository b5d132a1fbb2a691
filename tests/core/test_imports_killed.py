"""An import that dies in the middle, that the database gives up on, that runs twice at once; and what it holds."""

import os
import signal
import subprocess
import sys
import time
import tracemalloc
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import connection

from core import db
from core.db_errors import Retry
from core.errors import Unavailable
from core.imports import engine
from core.models import AuditEntry, ExternalId, ImportJob
from core.querysets import ImportJobQuerySet
from patients.models import Patient
from tests.factories import OrganizationFactory
from tests.importing import NOW, THREE, import_text, numbered, outcome, patient_names
from tests.patience import LIMIT
from tests.plugins.counts import scaled
from tests.races.racing import meet_before_writing, race


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(engine, "CHUNK", 4)


class Killed(BaseException):
    """As a process that dies: nothing catches it."""


@pytest.mark.parametrize("chunks", [1, 2])
def test_killed_between_chunks_and_run_again_nothing_is_doubled(organization, small_chunks, chunks):
    def die(report):
        if report.rows == 4 * chunks:
            raise Killed

    with pytest.raises(Killed):
        import_text("patients", numbered(11), on_progress=die)
    job = ImportJob.objects.get()
    assert (job.rows, job.created, job.finished_at) == (4 * chunks, 4 * chunks, None)
    assert Patient.objects.count() == ExternalId.objects.count() == AuditEntry.objects.count() == 4 * chunks

    assert outcome(import_text("patients", numbered(11))) == (11 - 4 * chunks, 0, 4 * chunks, 0)
    assert patient_names() == sorted(f"Popa {n}" for n in range(1, 12))
    assert ExternalId.objects.count() == AuditEntry.objects.count() == 11
    again = ImportJob.objects.exclude(pk=job.pk).get()
    assert (again.rows, again.finished_at) == (11, NOW)


@pytest.fixture
def dies_in_the_second_chunk(small_chunks, monkeypatch):
    """Its rows are written, its cursor is not."""
    update = ImportJobQuerySet.update

    def die(self, **values):
        if values["rows"] == 8:
            raise Killed
        return update(self, **values)

    monkeypatch.setattr(ImportJobQuerySet, "update", die)


def test_killed_inside_a_chunk_leaves_the_chunks_before_it(organization, dies_in_the_second_chunk):
    with pytest.raises(Killed):
        import_text("patients", numbered(11))
    job = ImportJob.objects.get()
    assert (job.rows, Patient.objects.count(), ExternalId.objects.count()) == (4, 4, 4)
    assert AuditEntry.objects.count() == 4


def test_control_without_a_transaction_the_kill_leaves_half_a_chunk(
    organization, dies_in_the_second_chunk, monkeypatch
):
    monkeypatch.setattr(db, "transaction", SimpleNamespace(atomic=nullcontext))
    with pytest.raises(Killed):
        import_text("patients", numbered(11))
    job = ImportJob.objects.get()
    assert (job.rows, Patient.objects.count(), ExternalId.objects.count()) == (4, 8, 8)


def test_a_file_that_ends_in_the_middle_of_a_chunk_is_imported_whole(organization, small_chunks):
    for rows in (3, 4, 5, 8):
        Patient.objects.all().delete()
        ExternalId.objects.all().delete()
        assert outcome(import_text("patients", numbered(rows))) == (rows, 0, 0, 0)


@pytest.mark.parametrize("failures", [1, 3])
@pytest.mark.django_db(transaction=True)
def test_a_chunk_is_tried_again_when_the_database_gave_up_on_it(failures, small_chunks, monkeypatch):
    OrganizationFactory()
    naps, broken, save = [], [Retry()] * failures, engine._Run._save

    def sometimes(self, rows, at):
        done = save(self, rows, at)
        if broken:
            raise broken.pop()
        return done

    monkeypatch.setattr(engine._Run, "_save", sometimes)
    monkeypatch.setattr(engine.time, "sleep", naps.append)
    assert outcome(import_text("patients", numbered(5))) == (5, 0, 0, 0)
    assert len(naps) == failures
    assert (Patient.objects.count(), ImportJob.objects.get().rows) == (5, 5)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_keeps_giving_up_ends_the_import(small_chunks, monkeypatch):
    OrganizationFactory()
    save = engine._Run._save

    def never_the_second(self, rows, at):
        if rows[0].external_id == "p5":
            raise Retry
        return save(self, rows, at)

    monkeypatch.setattr(engine._Run, "_save", never_the_second)
    monkeypatch.setattr(engine.time, "sleep", lambda seconds: None)
    with pytest.raises(Unavailable) as refused:
        import_text("patients", numbered(9))
    assert type(refused.value) is Unavailable
    assert (Patient.objects.count(), ImportJob.objects.get().rows) == (4, 4)


def test_an_error_of_a_programmer_is_no_refusal(organization, monkeypatch):
    def broken(self, rows, at):
        raise ZeroDivisionError

    monkeypatch.setattr(engine._Run, "_save", broken)
    with pytest.raises(ZeroDivisionError):
        import_text("patients", THREE)


def two_at_once(rows, *, meeting=None):
    """The reports of two imports of the same patients, begun together."""
    reports = []
    call = lambda _number: reports.append(import_text("patients", numbered(rows)))  # noqa: E731
    assert race(call, threads=2, meeting=meeting) == {"done": 2}
    return reports


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_imports_of_the_same_file_at_once_double_nothing(small_chunks):
    OrganizationFactory()
    reports = two_at_once(40)
    assert patient_names() == sorted(f"Popa {n}" for n in range(1, 41))
    assert sum(report.created for report in reports) == 40
    assert [report.refused for report in reports] == [0, 0]
    assert ExternalId.objects.count() == AuditEntry.objects.count() == 40
    assert set(ImportJob.objects.values_list("rows", flat=True)) == {40}


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_control_without_turns_one_of_the_two_is_refused(monkeypatch):
    """Both have read before either writes. On SQLite nobody is refused: there the transaction itself is the turn."""
    OrganizationFactory()
    monkeypatch.setattr(engine._Run, "_take_turns", lambda self: None)
    meeting = meet_before_writing(monkeypatch) if connection.vendor == "postgresql" else None
    reports = two_at_once(1, meeting=meeting)
    assert Patient.objects.count() == ExternalId.objects.count() == 1
    assert (sum(report.refused for report in reports) > 0) is (connection.vendor == "postgresql")


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_three_times_leaves_every_row_once(tmp_path):
    organization, rows = OrganizationFactory(), scaled(quick=10_000, full=100_000)
    file = tmp_path / "patients.csv"
    file.write_text(numbered(rows))
    kills = 0
    while kills < 3:
        process = command("import_data", "patients", str(file), "--organization", str(organization.pk))
        if killed_after_its_first_chunk(process):
            kills += 1
        job = ImportJob.objects.order_by("pk").last()
        assert job.finished_at is None, "it was faster than the test"
        assert Patient.objects.count() == ExternalId.objects.count() == AuditEntry.objects.count()
        assert Patient.objects.count() >= job.rows == job.created + job.unchanged
    process = command("import_data", "patients", str(file), "--organization", str(organization.pk))
    assert process.wait(timeout=scaled(quick=60, full=600)) == 0
    assert ImportJob.objects.order_by("pk").last().rows == rows
    assert Patient.objects.values("last_name").distinct().count() == Patient.objects.count() == rows
    assert ExternalId.objects.count() == AuditEntry.objects.count() == rows


def command(*words):
    """`manage.py` in a process of its own, on the database of this test."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        url = f"sqlite:///{name}"
    else:
        url = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"
    return subprocess.Popen(
        [sys.executable, "manage.py", *words, "--skip-checks"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.DEVNULL,
    )


def killed_after_its_first_chunk(process):
    """Kill -9 the process once its job has moved; whether that came before its end."""
    earlier, deadline = list(ImportJob.objects.values_list("pk", flat=True)), time.monotonic() + LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        if ImportJob.objects.exclude(pk__in=earlier).filter(rows__gt=0).exists():
            process.send_signal(signal.SIGKILL)
        time.sleep(0.01)
    return process.wait(LIMIT) == -signal.SIGKILL


def test_an_import_holds_one_chunk_whatever_the_length_of_the_file(organization, monkeypatch):
    monkeypatch.setattr(engine, "CHUNK", 100)

    def most_held(rows):
        text = numbered(rows).encode()
        tracemalloc.start()
        report = import_text("patients", text)
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert report.rows == rows
        return peak

    one_chunk = most_held(100)
    assert one_chunk > 100 * 4000, "a row under way is more than 4 kB"
    assert most_held(1200) - most_held(200) < 1000 * 400
