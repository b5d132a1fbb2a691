"""A patient's documents: the file and its row, or neither."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.errors import Conflict, Forbidden, InvalidInput, Missing, Unavailable
from core.models import AuditEntry
from patients.models import Document, DocumentFolder
from patients.services import (
    add_document,
    archive_document,
    change_document,
    open_document,
    restore_document,
)
from tests.factories import AppointmentFactory, DocumentFactory, DocumentFolderFactory, PatientFactory

PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


def stored_files(media):
    return sorted(str(path.relative_to(media)) for path in media.rglob("*") if path.is_file())


def add(patient, by, at, *, content=PDF, **values):
    upload = SimpleUploadedFile("Consent.pdf", content)
    return add_document(patient.pk, upload=upload, by=by, at=at, **{"name": "", "type": "text", **values})


def test_a_document_is_kept_with_its_file(patient, front_desk, at, media, history):
    document = add(patient, front_desk, at, folder_name=" Consents ", type="electronic_signature_patient_details")
    stored = Document.objects.values().get()
    folder = DocumentFolder.objects.get()
    assert stored == {
        "id": document.pk,
        "patient_id": patient.pk,
        "folder_id": folder.pk,
        "name": "Consent.pdf",
        "type": "electronic_signature_patient_details",
        "file": stored_files(media)[0],
        "content_type": "application/pdf",
        "size": len(PDF),
        "sha256": stored["sha256"],
        "created_by_id": front_desk.user_id,
        "archived_at": None,
        "created_at": at,
        "updated_at": at,
    }
    assert (folder.name, folder.patient) == ("Consents", patient)
    assert len(stored_files(media)) == 1
    assert history() == [
        ("patients.add_document", "create", "patients.documentfolder", folder.pk),
        ("patients.add_document", "create", "patients.document", document.pk),
    ]
    assert set(AuditEntry.objects.values_list("organization_id", flat=True)) == {patient.organization_id}


def test_a_folder_is_used_again_and_a_name_of_ones_own_taken(patient, front_desk, at):
    folder = DocumentFolderFactory(patient=patient, name="Consents")
    document = add(patient, front_desk, at, folder_name="Consents", name=" Signed consent ")
    assert (document.folder, document.name) == (folder, "Signed consent")
    assert add(patient, front_desk, at).folder is None
    assert DocumentFolder.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"content": b"<svg/>"}, "file"),
        ({"content": b""}, "file"),
        ({"type": "poem"}, "type"),
        ({"name": "a\x00"}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"folder_name": "x" * 256}, "folder_name"),
        ({"folder_name": "a\x00"}, "folder_name"),
    ],
)
def test_a_refused_document_leaves_no_file(patient, front_desk, at, media, refused, values, field):
    with refused(InvalidInput) as caught:
        add(patient, front_desk, at, **values)
    assert list(caught.value.fields) == [field]
    assert stored_files(media) == []


def test_a_file_of_a_verb_that_fails_goes_again(patient, front_desk, at, media, refused, monkeypatch):
    def fail(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr("core.db.entry_of_new", fail)
    with refused(ZeroDivisionError):
        add(patient, front_desk, at)
    assert stored_files(media) == []


def test_nothing_is_written_for_who_may_not(patient, patient_actor, visitor, front_desk, at, media, refused):
    foreign = PatientFactory()
    with refused(Forbidden):
        add(patient, patient_actor, at)
    with refused(Missing):
        add(patient, visitor, at)
    with refused(Missing):
        add(foreign, front_desk, at)
    assert stored_files(media) == []


def test_a_specialist_adds_documents_of_the_patients_they_treat(
    practice, patient, specialist, specialist_actor, at, refused
):
    with refused(Missing):
        add(patient, specialist_actor, at)
    AppointmentFactory(practice=practice, patient=patient, specialist=specialist)
    assert add(patient, specialist_actor, at).created_by_id == specialist_actor.user_id


def test_a_document_is_put_away_with_its_file_kept(patient, front_desk, at, media, history):
    document = add(patient, front_desk, at)
    archive_document(document.pk, by=front_desk, at=at)
    archive_document(document.pk, by=front_desk, at=at.replace(hour=15))
    assert Document.objects.get().archived_at == at
    assert len(stored_files(media)) == 1
    assert history()[1:] == [("patients.archive_document", "change", "patients.document", document.pk)]


def test_only_the_desk_puts_documents_away(practice, patient, specialist, specialist_actor, patient_actor, at, refused):
    AppointmentFactory(practice=practice, patient=patient, specialist=specialist)
    document = DocumentFactory(patient=patient)
    for by in (specialist_actor, patient_actor):
        with refused(Forbidden):
            archive_document(document.pk, by=by, at=at)


@pytest.mark.parametrize("actor", ["superuser", "admin_actor", "front_desk", "patient_actor"])
def test_whoever_sees_the_patient_opens_their_documents(patient, front_desk, actor, request, at):
    document = add(patient, front_desk, at)
    found = open_document(request.getfixturevalue(actor), document.pk)
    with found.file.open() as stored:
        assert stored.read() == PDF


def test_nobody_else_does_and_nobody_what_was_put_away(patient, front_desk, specialist_actor, patient_actor, visitor):
    document, foreign = DocumentFactory(patient=patient), DocumentFactory()
    away = DocumentFactory(patient=patient, archived=True)
    cases = [
        (specialist_actor, document), (visitor, document),
        (front_desk, foreign), (patient_actor, foreign),
        (front_desk, away), (patient_actor, away),
    ]  # fmt: skip
    for by, one in cases:
        with pytest.raises(Missing):
            open_document(by, one.pk)


def test_a_document_is_renamed_and_moved_to_another_folder(patient, front_desk, at, history):
    document = add(patient, front_desk, at, folder_name="Consents")
    values = {"name": "Consent\u202e 2026", "type": "image", "folder_name": "Signed"}
    change_document(document.pk, values=values, by=front_desk, at=at)
    kept = Document.objects.select_related("folder").get()
    assert (kept.name, kept.type, kept.folder.name, kept.sha256) == (
        "Consent 2026", "image", "Signed", document.sha256,
    )  # fmt: skip
    change_document(document.pk, values={"folder_name": ""}, by=front_desk, at=at)
    assert Document.objects.get().folder is None
    assert [verb for verb, *_rest in history()[2:]] == ["patients.change_document"] * 3


@pytest.mark.parametrize(
    ("values", "column"),
    [({"name": ""}, "name"), ({"type": "poem"}, "type"), ({"folder_name": "x" * 256}, "folder_name")],
)
def test_what_cannot_be_a_document_is_refused_by_its_column(patient, front_desk, at, refused, values, column):
    document = add(patient, front_desk, at)
    with refused(InvalidInput) as caught:
        change_document(document.pk, values=values, by=front_desk, at=at)
    assert list(caught.value.fields) == [column]


def test_a_patient_changes_no_document(patient, front_desk, patient_actor, at, refused):
    document = add(patient, front_desk, at)
    with refused(Forbidden):
        change_document(document.pk, values={"name": "Mine"}, by=patient_actor, at=at)


def test_a_document_that_was_put_away_is_brought_back_before_it_is_changed(patient, front_desk, at, refused):
    document = DocumentFactory(patient=patient, archived=True)
    with refused(Conflict):
        change_document(document.pk, values={"name": "Other"}, by=front_desk, at=at)
    restore_document(document.pk, by=front_desk, at=at)
    assert open_document(front_desk, document.pk) == document


def test_a_file_stays_where_nobody_knows_whether_its_row_was_written(patient, front_desk, at, media, monkeypatch):
    def lost(_entries):
        raise Unavailable

    monkeypatch.setattr("core.db.write_entries", lost)
    with pytest.raises(Unavailable):
        add(patient, front_desk, at)
    assert len(stored_files(media)) == 1


def test_two_who_make_the_same_folder_at_once_share_it(patient, front_desk, at, monkeypatch):
    theirs = DocumentFolderFactory(patient=patient, name="Consents")
    monkeypatch.setattr("patients.querysets.OfPatientQuerySet.first", lambda rows: None, raising=False)
    assert add(patient, front_desk, at, folder_name="Consents").folder == theirs
