"""The verbs of alerts about a patient."""

from __future__ import annotations

from datetime import datetime

from core.actor import Actor
from core.db import Work, verb
from patients.models import Patient, PatientAlert
from patients.standing import hold_record


@verb
def raise_alert(work: Work, patient_id: int, *, kind: str, text: str, by: Actor, at: datetime) -> PatientAlert:
    """Add an alert about a patient, which staff see everywhere until it is ended."""
    patient: Patient = Patient.objects.visible_to(by).one(pk=patient_id)
    by.require("patients.raise_alert", organization_id=patient.organization_id)
    hold_record(patient)
    return work.create(PatientAlert(patient=patient, kind=kind, text=text.strip(), by_id=by.user_id))


@verb
def end_alert(work: Work, alert_id: int, *, by: Actor, at: datetime) -> PatientAlert:
    """End an alert; it stays in the patient's timeline. Ending it again keeps the first time."""
    alert: PatientAlert = PatientAlert.objects.select_related("patient").visible_to(by).one(pk=alert_id)
    by.require("patients.end_alert", organization_id=alert.patient.organization_id)
    alert.ended_at = alert.ended_at or at
    return work.save(alert)
