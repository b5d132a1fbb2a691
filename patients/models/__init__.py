"""Patients and their records."""

from patients.models.alerts import PatientAlert
from patients.models.custom_fields import CustomField, CustomFieldValue
from patients.models.documents import Document, DocumentFolder
from patients.models.patient import (
    Patient,
    PatientAccess,
    PatientCase,
    PatientSource,
    PatientWord,
    PhoneNumber,
)

__all__ = [
    "CustomField",
    "CustomFieldValue",
    "Document",
    "DocumentFolder",
    "Patient",
    "PatientAccess",
    "PatientAlert",
    "PatientCase",
    "PatientSource",
    "PatientWord",
    "PhoneNumber",
]
