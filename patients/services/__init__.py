"""The verbs of patient records, by topic, and who the actor of a request is."""

from patients.services.access import grant_access, revoke_access
from patients.services.actors import actor_for
from patients.services.cases import archive_case, change_case, open_case
from patients.services.documents import add_document, archive_document, open_document
from patients.services.records import (
    PatientValues,
    PhoneValues,
    add_phone,
    archive_patient,
    change_patient,
    change_phone,
    create_patient,
    delete_patient,
    restore_patient,
    set_custom_value,
)
from patients.services.similar import similar_patients

__all__ = [
    "PatientValues",
    "PhoneValues",
    "actor_for",
    "add_document",
    "add_phone",
    "archive_case",
    "archive_document",
    "archive_patient",
    "change_case",
    "change_patient",
    "change_phone",
    "create_patient",
    "delete_patient",
    "grant_access",
    "open_case",
    "open_document",
    "restore_patient",
    "revoke_access",
    "set_custom_value",
    "similar_patients",
]
