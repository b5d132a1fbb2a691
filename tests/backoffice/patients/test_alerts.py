"""Alerts are seen wherever the patient turns up, before anything is done with them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from patients.models import PatientAlert
from tests.backoffice.conftest import said, url
from tests.backoffice.rows import bill
from tests.factories import AppointmentFactory, PatientAlertFactory, PatientFactory


def visit_of_today(practice, **values):
    begin = timezone.localtime(timezone=practice.zone).replace(hour=12, minute=0, second=0, microsecond=0)
    return AppointmentFactory(practice=practice, starts_at=begin, ends_at=begin + timedelta(minutes=30), **values)


@pytest.fixture
def visit(practice):
    row = visit_of_today(practice)
    PatientAlertFactory(patient=row.patient, kind="risk", text="Falls easily")
    PatientAlertFactory(patient=row.patient, kind="allergy", text="An old one", ended=True)
    return row


def pages(visit):
    day = timezone.localtime(visit.starts_at, visit.practice.zone).date()
    return {
        "patient": url("patients.patient", "page", visit.patient_id),
        "visit": url("scheduling.appointment", "change", visit.pk),
        "booking": f"{url('scheduling.appointment', 'add')}?patient={visit.patient_id}",
        "booking, once they are chosen": f"{reverse('admin:alerts_of_patient')}?patient={visit.patient_id}",
        "day list": f"{reverse('admin:day_list')}?day={day}",
        "board": reverse("admin:board"),
        "card": reverse("admin:calendar_card", args=(visit.pk,)),
    }


def test_an_alert_is_seen_on_each_page_where_the_patient_is_met(desk, visit):
    shown = {name: desk.get(page).content.decode() for name, page in pages(visit).items()}
    unseen = [name for name, content in shown.items() if "Risk: Falls easily" not in content]
    ended = [name for name, content in shown.items() if "Allergy: An old one" in content]
    assert (unseen, ended) == ([], ["patient"])  # whose story keeps it


def test_what_a_patient_owes_is_said_beside_the_alerts(desk, practice):
    owes = bill(practice).patient
    row = visit_of_today(practice, patient=owes)
    for name, page in pages(row).items():
        assert "Owes " in desk.get(page).content.decode(), name


def test_a_specialist_sees_alerts_but_no_debts(therapist, specialist, practice):
    owes = bill(practice).patient
    row = visit_of_today(practice, patient=owes, specialist=specialist)
    PatientAlertFactory(patient=owes, kind="access", text="Wheelchair")
    content = therapist.get(url("scheduling.appointment", "change", row.pk)).content.decode()
    assert ("Access: Wheelchair" in content, "Owes " in content) == (True, False)


def test_alerts_cost_the_same_for_one_visit_and_for_twenty(desk, practice, visit):
    def cost(page):
        desk.get(page)
        with CaptureQueriesContext(connection) as queries:
            desk.get(page)
        return len(queries)

    board, day = pages(visit)["board"], pages(visit)["day list"]
    few = cost(board), cost(day)
    for _ in range(19):
        PatientAlertFactory(patient=visit_of_today(practice).patient)
    assert (cost(board), cost(day)) == few


def test_an_alert_is_raised_and_ended_on_the_patients_page(desk, practice):
    patient = PatientFactory(organization=practice.organization)
    page = url("patients.patient", "page", patient.pk)
    told = {"apply": "1", "kind": "allergy", "text": "Latex <b>gloves</b>"}
    response = desk.post(url("patients.patient", "raise-alert", patient.pk), told)
    assert said(response) == [("success", "Alert added.")]
    content = desk.get(page).content.decode()
    assert "Allergy: Latex &lt;b&gt;gloves&lt;/b&gt;" in content
    alert = PatientAlert.objects.get()
    end = url("patients.patientalert", "end", alert.pk)
    assert end in content
    assert desk.post(f"{end}?next={page}", {"next": page}).headers["Location"] == page
    assert "Latex" not in str(desk.get(page).context["warnings"])
