"""The kinds of patient data that can be imported: records, numbers, documents, and values of custom fields."""

from patients.imports.more import (
    ACCESS,
    CASE,
    CASES,
    CUSTOM_FIELD,
    CUSTOM_FIELDS,
    CUSTOM_VALUES,
    DOCUMENTS,
    MERGES,
    PHONES,
    SOURCES,
)
from patients.imports.records import PATIENT, PATIENTS

IMPORTS = [SOURCES, PATIENTS, MERGES, PHONES, ACCESS, CASES, CUSTOM_FIELDS, CUSTOM_VALUES, DOCUMENTS]

__all__ = ["CASE", "CUSTOM_FIELD", "IMPORTS", "PATIENT"]
