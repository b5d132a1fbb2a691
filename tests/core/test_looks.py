"""Who looked at whose record: once an hour for the same page, and kept for as many days as is set."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.looks import ONCE_IN, PAGE, flush_reads, forget_reads, record_reads
from core.models import PatientRead
from tests.factories import PatientFactory

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def nothing_waits(db):
    flush_reads()


def looked(by, *patients, at, page="page"):
    record_reads(by, page=page, patient_ids=[one.pk for one in patients], at=at)
    flush_reads()
    return PatientRead.objects.count()


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
    rows = PatientRead.objects.values_list("patient_id", "user_id", "page", "credential", "organization_id", "at")
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
    assert PatientRead.objects.get().page == "x" * PAGE


def test_a_look_is_kept_to_the_second(patient, front_desk, at, settings):
    settings.READS_KEPT_DAYS = 30
    kept = at - timedelta(days=30)
    looked(front_desk, patient, at=kept - SECOND)
    looked(front_desk, patient, at=kept, page="another")
    assert forget_reads(at=at) == 1
    assert PatientRead.objects.get().at == kept
