"""What a program changes of a visit at once: for whom it is, and what a session of a program allows."""

import pytest

from core.errors import Conflict
from scheduling.models import Appointment, AppointmentSeries
from scheduling.services import Repeat, rebook_appointment
from tests.factories import AT, PatientCaseFactory
from tests.scheduling.words import another_patient
from tests.stage import everything

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]


def rebook(stage, made, **more):
    return rebook_appointment(made.pk, by=stage.desk, at=AT, **more)


def test_a_visit_for_somebody_else_leaves_the_case_of_the_patient_before(stage):
    case = PatientCaseFactory(patient=stage.patient)
    made, other = stage.book(patient_case_id=case.pk), another_patient(stage)
    assert rebook(stage, made, patient_id=stage.patient.pk).patient_case == case
    moved = rebook(stage, made, patient_id=other.pk)
    assert (moved.patient, moved.patient_case) == (other, None)


def test_a_session_of_a_program_is_nobody_elses_and_is_not_repeated(stage):
    made, other = stage.book(stage.enroll()), another_patient(stage)
    before = everything()
    for more in ({"patient_id": other.pk}, {"repeat": Repeat("weekly", 1, 1)}):
        with pytest.raises(Conflict):
            rebook(stage, made, **more)
        assert everything() == before
    assert not AppointmentSeries.objects.exists()
    assert Appointment.objects.get().patient == stage.patient
