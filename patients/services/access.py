"""The verbs of users' access to patients."""

from __future__ import annotations

from datetime import datetime

from core.actor import Actor
from core.db import Work, verb
from directory.models import User
from patients.models import Patient, PatientAccess
from patients.standing import hold_record


@verb
def grant_access(work: Work, *, user_id: int, patient_id: int, relation: str, by: Actor, at: datetime) -> PatientAccess:
    """Let a user act for a patient, as themselves or, say, as a parent; changes the relation of existing access."""
    patient = Patient.objects.visible_to(by).one(pk=patient_id)
    by.require("patients.grant_access", organization_id=patient.organization_id)
    hold_record(patient)
    user = User.objects.nameable_by(by).one(pk=user_id)
    access: PatientAccess | None = PatientAccess.objects.filter(user=user, patient=patient).first()
    if access is None:
        return work.create(PatientAccess(user=user, patient=patient, relation=relation))
    access.relation = relation
    return work.save(access)


@verb
def revoke_access(work: Work, access_id: int, *, by: Actor, at: datetime) -> None:
    """Revoke a user's access to a patient."""
    access = PatientAccess.objects.select_related("patient").visible_to(by).one(pk=access_id)
    by.require("patients.revoke_access", organization_id=access.patient.organization_id)
    work.delete(access)
