"""Who looked at whose record: once an hour for the same page, and kept for as many days as is set."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.looks import ONCE_IN, PAGE, flush_reads, forget_reads, record_reads
from core.models import Look, PatientLook
from tests.factories import PatientFactory

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def nothing_waits(db):
    flush_reads()


def looked(by, *patients, at, page="page"):
    record_reads(by, page=page, patient_ids=[one.pk for one in patients], at=at)
    flush_reads()
    return PatientLook.objects.count()


def test_the_same_page_is_told_once_in_an_hour_to_the_second(patient, front_desk, at):
    assert looked(front_desk, patient, at=at) == 1
    assert looked(front_desk, patient, at=at) == 1
    assert looked(front_desk, patient, at=at + ONCE_IN - SECOND) == 1
    assert looked(front_desk, patient, at=at + ONCE_IN) == 2


def test_another_page_patient_reader_or_credential_is_told_by_itself(
    organization, patient, front_desk, admin_actor, at
):
    other = PatientFactory(organization=organization)
    assert looked(front_desk, patient, at=at) == 1
    assert looked(front_desk, patient, at=at, page="another") == 2
    assert looked(front_desk, patient, other, at=at) == 3
    assert looked(admin_actor, patient, at=at) == 4
    assert looked(replace(front_desk, credential="key:1"), patient, at=at) == 5
    rows = PatientLook.objects.values_list(
        "patient_id", "look__user_id", "look__page", "look__credential", "look__organization_id", "look__at"
    )
    assert set(rows) == {
        (patient.pk, front_desk.user_id, "page", "session", organization.pk, at),
        (patient.pk, front_desk.user_id, "another", "session", organization.pk, at),
        (other.pk, front_desk.user_id, "page", "session", organization.pk, at),
        (patient.pk, admin_actor.user_id, "page", "session", organization.pk, at),
        (patient.pk, front_desk.user_id, "page", "key:1", organization.pk, at),
    }


def test_a_long_page_is_told_by_its_beginning_and_an_id_that_is_nobodys_not_at_all(patient, front_desk, at):
    record_reads(front_desk, page="x" * 500, patient_ids=[patient.pk, 10**9], at=at)
    flush_reads()
    assert PatientLook.objects.get().look.page == "x" * PAGE


@pytest.mark.skipif(connection.vendor != "postgresql", reason="nothing pools connections to SQLite")
def test_behind_a_pooler_the_same_is_written_without_a_prepared_statement(patient, front_desk, at, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    with CaptureQueriesContext(connection) as asked:
        assert looked(front_desk, patient, at=at) == 1
        assert looked(front_desk, patient, at=at) == 1
    assert not [one for one in asked if "EXECUTE" in one["sql"] or "PREPARE" in one["sql"]]
    assert PatientLook.objects.get().look.user_id == front_desk.user_id


def test_a_look_at_patients_of_two_organizations_is_one_for_each(patient, superuser, at):
    other = PatientFactory()
    assert looked(superuser, patient, other, at=at) == 2
    rows = PatientLook.objects.values_list("patient_id", "look__organization_id")
    assert set(rows) == {(one.pk, one.organization_id) for one in (patient, other)}
    assert Look.objects.count() == 2
    assert looked(superuser, patient, other, at=at) == 2
    assert Look.objects.count() == 2, "nobody new, no look"


def test_a_look_is_kept_to_the_second(patient, front_desk, at, settings):
    settings.READS_KEPT_DAYS = 30
    kept = at - timedelta(days=30)
    looked(front_desk, patient, at=kept - SECOND)
    looked(front_desk, patient, at=kept, page="another")
    assert forget_reads(at=at) == 1
    assert PatientLook.objects.get().at == Look.objects.get().at == kept
