"""A patient's documents."""

from __future__ import annotations

from datetime import datetime

from django.core.files.base import File

from core import files
from core.actor import Actor
from core.db import Work, verb
from patients.models import Document, DocumentFolder, Patient

FOLDER = "documents"


def add_document(
    patient_id: int,
    *,
    upload: File[bytes],
    name: str,
    type: str,  # noqa: A002 the column's name
    folder_name: str = "",
    by: Actor,
    at: datetime,
) -> Document:
    """Keep a file with a patient's record, in the folder of that name (made where there is none).

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
    folder: DocumentFolder | None = None
    if folder_name.strip():
        folder = DocumentFolder.objects.filter(patient=patient, name=folder_name.strip()).first()
        folder = folder or work.create(DocumentFolder(patient=patient, name=folder_name.strip()))
    return work.create(
        Document(
            patient=patient,
            folder=folder,
            name=name.strip() or kept.display_name,
            type=type,
            file=kept.name,
            content_type=kept.content_type,
            size=kept.size,
            sha256=kept.sha256,
            created_by_id=by.user_id,
        )
    )


@verb
def archive_document(work: Work, document_id: int, *, by: Actor, at: datetime) -> Document:
    """Put a document away; its file is kept. Twice keeps the first time."""
    document: Document = Document.objects.select_related("patient").visible_to(by).one(pk=document_id)
    by.require("patients.archive_document", organization_id=document.patient.organization_id)
    document.archived_at = document.archived_at or at
    return work.save(document)


def open_document(by: Actor, document_id: int) -> Document:
    """A live document that `by` may read; its `file` opens the bytes. Missing for any other."""
    document: Document = Document.objects.select_related("patient").live().visible_to(by).one(pk=document_id)
    by.require("patients.view", organization_id=document.patient.organization_id, patient_id=document.patient_id)
    return document


def _patient(patient_id: int, by: Actor) -> Patient:
    patient: Patient = Patient.objects.visible_to(by).one(pk=patient_id)
    by.require("patients.add_document", organization_id=patient.organization_id)
    return patient
