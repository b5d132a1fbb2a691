"""A record that somebody is about to write for is not merged into another meanwhile."""

from __future__ import annotations

from core.db_errors import Retry
from core.locks import share
from patients.models import Patient


def hold_record(patient: Patient) -> None:
    """Keep a record that was just read from being merged until the transaction ends; start over if it has been.

    For verbs that write something new for a patient and do not lock the patient's resource.
    """
    if not share(patient, "merged_into_id"):
        raise Retry
