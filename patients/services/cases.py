"""The verbs of cases: episodes of care that group a patient's visits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict
from core.values import assign
from patients.models import Patient, PatientCase
from patients.standing import hold_record

CASE_VALUES = frozenset({"name"})


@verb
def open_case(work: Work, patient_id: int, *, values: Mapping[str, Any], by: Actor, at: datetime) -> PatientCase:
    """Open a new case of a patient."""
    patient: Patient = Patient.objects.visible_to(by).one(pk=patient_id)
    by.require("patients.open_case", organization_id=patient.organization_id)
    hold_record(patient)
    case = PatientCase(patient=patient)
    assign(case, values, allowed=CASE_VALUES, by=by, organization_id=patient.organization_id)
    return work.create(case)


@verb
def change_case(work: Work, case_id: int, *, values: Mapping[str, Any], by: Actor, at: datetime) -> PatientCase:
    """Write some of a case's columns. Raises Conflict for one that has been archived."""
    case = _case(case_id, permission="patients.change_case", by=by)
    if case.archived_at is not None:
        raise Conflict(_("The case has been archived."), code="case_archived")
    assign(case, values, allowed=CASE_VALUES, by=by, organization_id=case.patient.organization_id)
    return work.save(case)


@verb
def archive_case(work: Work, case_id: int, *, by: Actor, at: datetime) -> PatientCase:
    """Archive a case; its visits stay in it. Archiving it again keeps the first time."""
    case = _case(case_id, permission="patients.archive_case", by=by)
    case.archived_at = case.archived_at or at
    return work.save(case)


def _case(case_id: int, *, permission: str, by: Actor) -> PatientCase:
    """Return the case; Missing unless visible, Forbidden unless allowed in the patient's organization."""
    case: PatientCase = PatientCase.objects.visible_to(by).select_related("patient").one(pk=case_id)
    by.require(permission, organization_id=case.patient.organization_id)
    return case
