"""What of the patients can be imported: their records, numbers, documents, and what the clinic's own fields say."""

from patients.imports.more import ACCESS, CASES, CUSTOM_FIELD, CUSTOM_FIELDS, CUSTOM_VALUES, DOCUMENTS, PHONES, SOURCES
from patients.imports.records import PATIENT, PATIENTS

IMPORTS = [SOURCES, PATIENTS, PHONES, ACCESS, CASES, CUSTOM_FIELDS, CUSTOM_VALUES, DOCUMENTS]

__all__ = ["CUSTOM_FIELD", "IMPORTS", "PATIENT"]
