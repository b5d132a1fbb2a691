"""Documents, alerts and care plans are found by their beginning, and by any piece of recent ones or of a patient's."""

import pytest

from backoffice.kit import searches
from patients.models import Document, PatientAlert
from tests.factories import PatientFactory, UserFactory

pytestmark = pytest.mark.django_db


def listed(client, address):
    return {row.pk for row in client.get(address).context["cl"].result_list}


def test_a_document_is_found_by_its_beginning_and_by_a_piece_beside_its_patient(client):
    client.force_login(UserFactory(is_superuser=True))
    ana, ion = PatientFactory(last_name="Ionescu"), PatientFactory(last_name="Popa")
    file = {"content_type": "application/pdf", "size": 1, "file": "x.pdf"}
    hers, his = (Document.objects.create(patient=one, name="Left knee scan", **file).pk for one in (ana, ion))
    page = "/admin/patients/document/"
    assert listed(client, f"{page}?q=left") == listed(client, f"{page}?q=LEFT") == {hers, his}
    assert listed(client, f"{page}?q=ionescu+scan") == listed(client, f"{page}?q=knee+scan+ionescu") == {hers}
    assert listed(client, f"{page}?q=ionescu+left") == listed(client, f"{page}?q=ionescu") == {hers}
    assert listed(client, f"{page}?q=ionescu+elbow") == set()


def test_a_piece_alone_is_looked_for_among_the_newest_documents(client, monkeypatch):
    client.force_login(UserFactory(is_superuser=True))
    file = {"patient": PatientFactory(), "content_type": "application/pdf", "size": 1, "file": "x.pdf"}
    old, new = (Document.objects.create(name=name, **file).pk for name in ("Left knee scan", "Right knee SCAN"))
    page = "/admin/patients/document/"
    assert listed(client, f"{page}?q=knee") == listed(client, f"{page}?q=scan") == {old, new}
    assert listed(client, f"{page}?q=scan+knee") == {old, new}
    assert listed(client, f"{page}?q=elbow") == set()
    monkeypatch.setattr(searches, "RECENT", 1)
    assert listed(client, f"{page}?q=knee") == {new}
    assert listed(client, f"{page}?q=left") == {old}
    monkeypatch.setattr(searches, "MOST_NAMED", 0)  # more than can be named
    assert listed(client, f"{page}?q=knee") == {new}
    assert listed(client, f"{page}?q=left") == {old}


def test_an_alert_is_found_by_the_name_of_its_patient(client):
    client.force_login(UserFactory(is_superuser=True))
    hers, _his = (
        PatientAlert.objects.create(patient=PatientFactory(last_name=name), kind="allergy", text="Latex")
        for name in ("Ionescu", "Popa")
    )
    assert listed(client, "/admin/patients/patientalert/?q=ionescu") == {hers.pk}
