"""What of the patients can be imported: their records, numbers, documents, and what the clinic's own fields say."""

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
