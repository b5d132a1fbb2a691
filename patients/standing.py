"""A record that somebody is about to write for is not merged into another meanwhile."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.db_errors import Retry
from core.errors import Conflict
from core.locks import share
from patients.models import Patient


def hold_record(*patients: Patient) -> None:
    """Keep records that were just read from being merged until the transaction ends.

    For verbs that write something new for a patient and do not lock the patient's resource. Where a record has been
    merged meanwhile the verb starts over; where everything of it has moved to another already, it is a Conflict. (Of a
    record that an import marked as merged, what it had stays, and may still be recorded.)
    """
    if not share(patients, "merged_into_id"):
        raise Retry
    if any(one.merged_into_id is not None and one.resource.retired_at is not None for one in patients):
        raise Conflict(_("The patient was merged into another."), code="merged")
