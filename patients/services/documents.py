"""The verbs of a patient's documents."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TypedDict

from django.core.files.base import File
from django.utils.translation import gettext as _

from core import files
from core.actor import Actor
from core.db import Work, unit_of_work, verb
from core.errors import Conflict, InvalidInput
from patients.models import Document, DocumentFolder, Patient
from patients.standing import hold_record

FOLDER = "documents"


class DocumentValues(TypedDict, total=False):
    """The columns of an existing document that may be set; its file never changes."""

    name: str
    type: str
    folder_name: str


def add_document(
    patient_id: int,
    *,
    upload: File[bytes] | files.Encoded,
    name: str,
    type: str,  # noqa: A002 the column's name
    folder_name: str = "",
    by: Actor,
    at: datetime,
) -> Document:
    """Keep a file, as bytes or as base64, with a patient's record, in the folder of that name (made if there is none).

    `name` "" = the file's own. The file is written before the transaction and removed again if that fails.
    """
    _patient(patient_id, by)
    with files.stored(upload, folder=FOLDER) as kept:
        return _add_document(patient_id, kept=kept, name=name, type=type, folder_name=folder_name, by=by, at=at)


@verb
def _add_document(
    work: Work,
    patient_id: int,
    *,
    kept: files.StoredFile,
    name: str,
    type: str,  # noqa: A002
    folder_name: str,
    by: Actor,
    at: datetime,
) -> Document:
    patient = _patient(patient_id, by)
    hold_record(patient)
    return work.create(
        Document(
            patient=patient,
            folder=_folder(work, patient, folder_name),
            name=files.readable_name(name) or kept.display_name,
            type=type,
            file=kept.name,
            content_type=kept.content_type,
            size=kept.size,
            sha256=kept.sha256,
            created_by_id=by.user_id,
        )
    )


@verb
def change_document(work: Work, document_id: int, *, values: DocumentValues, by: Actor, at: datetime) -> Document:
    """Change a document's name or type, or move it to another folder of its patient ("" = none)."""
    document = _document(document_id, "patients.change_document", by)
    if document.archived_at is not None:
        raise Conflict(_("The document has been archived."), code="archived")
    document.name = files.readable_name(values.get("name", document.name))
    document.type = values.get("type", document.type)
    if "folder_name" in values:
        hold_record(document.patient)
        document.folder = _folder(work, document.patient, values["folder_name"])
    return work.save(document)


@verb
def archive_document(work: Work, document_id: int, *, by: Actor, at: datetime) -> Document:
    """Archive a document; its file is kept. Archiving it again keeps the first time."""
    document = _document(document_id, "patients.archive_document", by)
    document.archived_at = document.archived_at or at
    return work.save(document)


@verb
def restore_document(work: Work, document_id: int, *, by: Actor, at: datetime) -> Document:
    """Restore an archived document."""
    document = _document(document_id, "patients.archive_document", by)
    document.archived_at = None
    return work.save(document)


def open_document(by: Actor, document_id: int) -> Document:
    """Return a live document that `by` may read; its `file` opens the bytes. Missing for any other."""
    document: Document = Document.objects.select_related("patient").live().visible_to(by).one(pk=document_id)
    by.require("patients.view", organization_id=document.patient.organization_id, patient_id=document.patient_id)
    return document


def _patient(patient_id: int, by: Actor) -> Patient:
    patient: Patient = Patient.objects.visible_to(by).one(pk=patient_id)
    by.require("patients.add_document", organization_id=patient.organization_id)
    return patient


def _document(document_id: int, permission: str, by: Actor) -> Document:
    """The document; Missing unless visible, Forbidden unless allowed in the patient's organization."""
    document: Document = Document.objects.select_related("patient").visible_to(by).one(pk=document_id)
    by.require(permission, organization_id=document.patient.organization_id)
    return document


def _folder(work: Work, patient: Patient, name: str) -> DocumentFolder | None:
    """Return the patient's folder of this name, creating it if needed; None for an empty name."""
    name = files.readable_name(name)
    if not name:
        return None
    named = DocumentFolder.objects.filter(patient=patient, name=name)
    if "\x00" not in name and (found := named.first()) is not None:
        return found
    try:
        # Somebody who uploads at the same time may create the folder first; then theirs is used.
        with suppress(Conflict), unit_of_work(work.verb, by=work.by, at=work.at) as inner:
            return inner.create(DocumentFolder(patient=patient, name=name))
    except InvalidInput as error:
        raise InvalidInput({"folder_name": error.fields.get("name", str(error))}) from None
    return named.get()
