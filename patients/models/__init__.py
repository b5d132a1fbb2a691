"""Patients and their records."""

from patients.models.patient import (
    Patient,
    PatientAccess,
    PatientCase,
    PatientSource,
    PatientWord,
    PhoneNumber,
)
from patients.models.records import CustomField, CustomFieldValue, Document, DocumentFolder

__all__ = [
    "CustomField",
    "CustomFieldValue",
    "Document",
    "DocumentFolder",
    "Patient",
    "PatientAccess",
    "PatientCase",
    "PatientSource",
    "PatientWord",
    "PhoneNumber",
]
