"""The details of an appointment that may be edited in any state; they change neither its time nor its purpose."""

from __future__ import annotations

from typing import TypedDict

from core.actor import Actor
from core.values import assign
from scheduling.calendar.parties import case_for
from scheduling.models import Appointment


class AppointmentDetails(TypedDict, total=False):
    """The details that may be set on an appointment in any state."""

    notes: str
    color_id: int | None
    patient_case_id: int | None
    email_reminder: bool
    sms_reminder: bool
    type: str
    telehealth_url: str
    all_day: bool


def describe(appointment: Appointment, values: AppointmentDetails, *, by: Actor) -> None:
    """Put the details on a new appointment; a case must belong to its patient."""
    case_id = values.get("patient_case_id")
    if case_id is not None and case_id != appointment.patient_case_id and appointment.patient_id is not None:
        case_for(case_id, appointment.patient_id, by=by)
    organization_id = appointment.practice.organization_id
    assign(appointment, values, allowed=AppointmentDetails.__annotations__, by=by, organization_id=organization_id)
