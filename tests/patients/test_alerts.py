"""Alerts: raised and ended by staff, seen by staff alone."""

import pytest

from core.errors import Forbidden, InvalidInput, Missing
from patients.models import PatientAlert
from patients.services import end_alert, raise_alert
from tests.factories import AppointmentFactory, PatientAlertFactory, PatientFactory


def test_an_alert_stands_until_it_is_ended(patient, front_desk, at, history):
    alert = raise_alert(patient.pk, kind="allergy", text=" Latex ", by=front_desk, at=at)
    assert PatientAlert.objects.values("patient_id", "kind", "text", "by_id", "ended_at", "created_at").get() == {
        "patient_id": patient.pk,
        "kind": "allergy",
        "text": "Latex",
        "by_id": front_desk.user_id,
        "ended_at": None,
        "created_at": at,
    }
    later = at.replace(hour=15)
    end_alert(alert.pk, by=front_desk, at=at)
    end_alert(alert.pk, by=front_desk, at=later)
    assert PatientAlert.objects.get().ended_at == at
    assert list(PatientAlert.objects.standing()) == []
    assert history() == [
        ("patients.raise_alert", "create", "patients.patientalert", alert.pk),
        ("patients.end_alert", "change", "patients.patientalert", alert.pk),
    ]


@pytest.mark.parametrize(
    ("kind", "text", "column"),
    [("mood", "x", "kind"), ("risk", " ", "text"), ("risk", "x" * 256, "text"), ("risk", "a\x00", "text")],
)
def test_an_alert_says_something_of_a_kind_that_there_is(patient, front_desk, at, refused, kind, text, column):
    with refused(InvalidInput) as caught:
        raise_alert(patient.pk, kind=kind, text=text, by=front_desk, at=at)
    assert list(caught.value.fields) == [column]


def test_a_patient_sees_no_alert_of_theirs(patient, patient_actor, at, refused):
    alert = PatientAlertFactory(patient=patient)
    assert list(PatientAlert.objects.visible_to(patient_actor)) == []
    with refused(Forbidden):
        raise_alert(patient.pk, kind="risk", text="x", by=patient_actor, at=at)
    with refused(Missing):
        end_alert(alert.pk, by=patient_actor, at=at)


def test_a_specialist_warns_of_the_patients_they_treat(practice, specialist, specialist_actor, at, refused):
    treated = AppointmentFactory(practice=practice, specialist=specialist).patient
    other = PatientFactory(organization=practice.organization)
    alert = raise_alert(treated.pk, kind="risk", text="Falls", by=specialist_actor, at=at)
    assert list(PatientAlert.objects.visible_to(specialist_actor)) == [alert]
    with refused(Missing):
        raise_alert(other.pk, kind="risk", text="Falls", by=specialist_actor, at=at)


def test_another_organizations_alerts_are_missing(foreign_practice, front_desk, at, refused):
    alert = PatientAlertFactory(patient__organization=foreign_practice.organization)
    assert list(PatientAlert.objects.visible_to(front_desk)) == []
    with refused(Missing):
        end_alert(alert.pk, by=front_desk, at=at)
