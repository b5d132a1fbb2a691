"""The step of a merge that moves a patient's visits, holds and busy times to another record of the same person."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work
from core.errors import Conflict
from patients.models import Patient
from patients.services import move_rows
from scheduling.calendar import claims
from scheduling.calendar.conflicts import describe
from scheduling.models import Appointment, Hold


def refuse_double_visits(keep: Patient, gone: Patient, *, by: Actor, at: datetime) -> None:
    """Raise Conflict that names each time at which both records are busy: one person cannot be at two visits."""
    found = claims.in_both(keep.resource_id, gone.resource_id, at=at)
    if found:
        clashes = describe(found, by=by)
        named = "; ".join(dict.fromkeys(clash["says"] for clash in clashes))
        says = _("Both records have visits at the same time: %(clashes)s. Move or cancel one of them first.")
        raise Conflict(says % {"clashes": named}, code="overlap", clashes=clashes)


def take_over_visits(work: Work, keep: Patient, gone: Patient) -> None:
    """Move visits, holds and claims of `gone` to `keep`; the caller has locked them and both resources."""
    refuse_double_visits(keep, gone, by=work.by, at=work.at)
    move_rows(work, Appointment, keep, gone)
    move_rows(work, Hold, keep, gone)
    claims.hand_over(work, gone.resource_id, to_id=keep.resource_id)
    gone.resource.retired_at = work.at
    work.save(gone.resource)
