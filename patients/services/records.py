"""A patient's record: the person, their numbers, and what the clinic's own fields say of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.deleting import delete_unreferenced
from core.errors import Conflict, InvalidInput, Text
from core.values import assign
from directory.models import Organization, Resource
from directory.services import country_of
from directory.states import ResourceKind
from patients.models import CustomField, CustomFieldValue, Patient, PhoneNumber
from patients.states import FieldObject, PhoneType

PATIENT_VALUES = frozenset(
    field.attname
    for field in Patient._meta.concrete_fields
    if field.editable and field.name not in ("id", "organization", "archived_at")
)
PHONE_VALUES = frozenset({"prefix", "number", "label", "sms_enabled", "phone_type"})
# What a number is of which nothing else is told, also where it takes the place of another.
UNTOLD_PHONE = {"prefix": "", "number": "", "label": "", "sms_enabled": False, "phone_type": PhoneType.MOBILE}


@verb
def create_patient(
    work: Work,
    *,
    organization_id: int,
    values: Mapping[str, Any],
    phone_numbers: Sequence[Mapping[str, Any]] = (),
    by: Actor,
    at: datetime,
) -> Patient:
    """A new patient of an organization, with the resource that can be busy and their numbers, the first one first."""
    organization = Organization.objects.visible_to(by).one(pk=organization_id)
    by.require("patients.create_patient", organization_id=organization.pk)
    patient = Patient(organization=organization)
    assign(patient, values, allowed=PATIENT_VALUES, by=by, organization_id=organization.pk)
    patient.resource = work.create(Resource(kind=ResourceKind.PATIENT))
    work.create(patient)
    _set_phones(work, patient, phone_numbers)
    return patient


@verb
def change_patient(
    work: Work,
    patient_id: int,
    *,
    values: Mapping[str, Any],
    phone_numbers: Sequence[Mapping[str, Any]] | None = None,
    by: Actor,
    at: datetime,
) -> Patient:
    """Write some of a patient's columns and, where given, all their numbers in this order."""
    patient = _patient(patient_id, permission="patients.change_patient", by=by)
    assign(patient, values, allowed=PATIENT_VALUES, by=by, organization_id=patient.organization_id)
    work.save(patient)
    if phone_numbers is not None:
        _set_phones(work, patient, phone_numbers)
    return patient


@verb
def archive_patient(work: Work, patient_id: int, *, by: Actor, at: datetime) -> Patient:
    """Put a patient away; they keep everything. Twice keeps the first time."""
    patient = _patient(patient_id, permission="patients.archive_patient", by=by)
    patient.archived_at = patient.archived_at or at
    return work.save(patient)


@verb
def restore_patient(work: Work, patient_id: int, *, by: Actor, at: datetime) -> Patient:
    """Bring a patient back; Conflict for one who was merged into another."""
    patient = _patient(patient_id, permission="patients.restore_patient", by=by)
    if patient.merged_into_id is not None:
        raise Conflict(_("The patient was merged into another."), code="merged")
    patient.archived_at = None
    return work.save(patient)


@verb
def delete_patient(work: Work, patient_id: int, *, by: Actor, at: datetime) -> None:
    """Delete a patient, with their numbers and access, to whom nothing else refers; else Conflict says what does."""
    patient = _patient(patient_id, permission="patients.delete_patient", by=by)
    delete_unreferenced(
        work, patient, after=[patient.resource], instead=_("Put the record away instead: it keeps everything.")
    )


@verb
def add_phone(work: Work, patient_id: int, *, values: Mapping[str, Any], by: Actor, at: datetime) -> PhoneNumber:
    """One more number of a patient, behind those they have."""
    patient = _patient(patient_id, permission="patients.add_phone", by=by)
    phone = PhoneNumber(patient=patient, position=PhoneNumber.objects.filter(patient=patient).count())
    assign(phone, values, allowed=PHONE_VALUES, by=by, organization_id=patient.organization_id)
    phone.normalize(_country(patient))
    return work.create(phone)


@verb
def set_custom_value(
    work: Work, patient_id: int, *, field_id: int, value: Any, by: Actor, at: datetime
) -> CustomFieldValue | None:
    """Write what one of the clinic's own fields says of a patient; None or "" takes it away.

    The value is kept as canonical text of the field's type; InvalidInput says why it does not fit.
    """
    patient = _patient(patient_id, permission="patients.set_custom_value", by=by)
    fields = CustomField.objects.filter(organization_id=patient.organization_id, object_type=FieldObject.PATIENT)
    field: CustomField = fields.one(pk=field_id)
    row: CustomFieldValue | None = CustomFieldValue.objects.filter(field=field, patient=patient).first()
    text = "" if value is None else field.canonical(value)
    if text == "":
        if row is not None:
            work.delete(row)
        return None
    if row is None:
        return work.create(CustomFieldValue(field=field, patient=patient, value=text))
    row.value = text
    return work.save(row)


def _patient(patient_id: int, *, permission: str, by: Actor) -> Patient:
    """The patient; Missing unless visible, Forbidden unless allowed in their organization."""
    patient: Patient = Patient.objects.visible_to(by).one(pk=patient_id)
    by.require(permission, organization_id=patient.organization_id)
    return patient


def _country(patient: Patient) -> str:
    """Whose numbering a number without a prefix follows."""
    return patient.country_code or country_of(patient.organization_id)


def _set_phones(work: Work, patient: Patient, numbers: Sequence[Mapping[str, Any]]) -> None:
    """Make a patient's numbers these, in this order; one that stands at its place already is kept."""
    present = list(PhoneNumber.objects.filter(patient=patient).order_by("position", "pk"))
    country = _country(patient) if numbers else ""
    problems: dict[str, Text] = {}
    for position, values in enumerate(numbers):
        phone = present[position] if position < len(present) else PhoneNumber(patient=patient)
        try:
            whole = {**UNTOLD_PHONE, **values}
            assign(phone, whole, allowed=PHONE_VALUES, by=work.by, organization_id=patient.organization_id)
            phone.position = position
            phone.normalize(country)
            if phone._state.adding:
                work.create(phone)
            else:
                work.save(phone)
        except InvalidInput as error:
            problems |= {f"phone_numbers.{position}.{name}": why for name, why in error.fields.items()}
    if problems:
        raise InvalidInput(problems)
    for phone in present[len(numbers) :]:
        work.delete(phone)
