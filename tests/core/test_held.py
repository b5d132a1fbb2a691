"""The watch over verbs that write for a patient finds the one that lets a merge pass."""

import pytest

from core.db import unit_of_work
from core.locks import LockOrderError
from patients.models import PatientAlert
from patients.services import create_patient
from patients.standing import hold_record
from tests.factories import AT, PatientFactory


def alert(work, patient):
    return work.create(PatientAlert(patient=patient, kind="allergy", text="Latex"))


def test_a_row_of_a_patient_who_is_not_held_is_found(front_desk, organization):
    patient = PatientFactory(organization=organization)
    with (
        pytest.raises(LockOrderError, match="writes a PatientAlert of a patient"),
        unit_of_work("tests.forgets", by=front_desk, at=AT) as work,
    ):
        alert(work, patient)


def test_what_holds_the_record_or_adds_it_is_let_pass(front_desk, organization):
    patient = PatientFactory(organization=organization)
    with unit_of_work("tests.holds", by=front_desk, at=AT) as work:
        hold_record(patient)
        alert(work, patient)
    values = {"last_name": "Popa"}
    with unit_of_work("tests.adds", by=front_desk, at=AT) as work:
        added = create_patient(organization_id=organization.pk, values=values, by=front_desk, at=AT)
        alert(work, added)
