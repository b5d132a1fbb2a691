"""The verbs of custom fields and their values for a patient or a care plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypedDict

from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, InvalidInput, Text
from core.locks import lock
from core.models import ClinicModel
from directory.models import Organization
from patients.models import CustomField, CustomFieldValue, Patient
from patients.names import fold
from patients.standing import hold_record
from patients.states import FieldObject, FieldType

# Live fields of one kind of object: more of them no form can show.
MOST_FIELDS = 100
LONGEST_TECHNICAL_NAME = 64

# A refused value is named after its field: `custom_values.shoeSize`.
PREFIX = "custom_values"


class CustomFieldValues(TypedDict, total=False):
    """The columns of a field that may be set; kind of object, technical name and type only on creation."""

    object_type: str
    label: str
    technical_name: str
    type: str
    choices: list[str]
    sequence_number: int | None


@verb
def define_custom_field(
    work: Work, *, organization_id: int, values: CustomFieldValues, by: Actor, at: datetime
) -> CustomField:
    """Create a field of an organization; by default its technical name is made of its label.

    Conflict for a technical name that another field of this kind of object has, also one that was archived.
    """
    organization = Organization.objects.visible_to(by).one(pk=organization_id)
    by.require("patients.define_custom_field", organization_id=organization.pk)
    field = CustomField(organization=organization)
    _put(field, values)
    others = CustomField.objects.filter(organization=organization).of(field.object_type)
    if others.live().count() >= MOST_FIELDS:
        raise Conflict(_("There are %(count)s such fields already.") % {"count": MOST_FIELDS}, code="too_many")
    if not field.technical_name:
        field.technical_name = technical_name_of(field.label, taken=others.values_list("technical_name", flat=True))
    field.guard()
    return work.create(field)


@verb
def change_custom_field(
    work: Work, field_id: int, *, values: CustomFieldValues, by: Actor, at: datetime
) -> CustomField:
    """Rename a field, move it, or change its choices. InvalidInput for removing a choice that a record has."""
    _field(field_id, by)
    # Whoever writes a value of a choice locks it, too: none is chosen while it is taken away.
    field: CustomField = lock(CustomField.objects.all(), [field_id])[0]
    before = set(field.choices)
    _put(field, values)
    field.guard()
    if gone := before - set(field.choices):
        used = CustomFieldValue.objects.filter(field=field, value__in=gone).values_list("value", flat=True)
        if still := sorted(set(used.distinct()[:10])):
            raise InvalidInput({"choices": _("are in use: %(choices)s") % {"choices": ", ".join(still)}})
    return work.save(field)


@verb
def archive_custom_field(work: Work, field_id: int, *, by: Actor, at: datetime) -> CustomField:
    """Archive a field: its values are kept, but neither shown nor changed. Archiving it again keeps the first time."""
    field = _field(field_id, by)
    field.archived_at = field.archived_at or at
    return work.save(field)


@verb
def restore_custom_field(work: Work, field_id: int, *, by: Actor, at: datetime) -> CustomField:
    """Restore an archived field, with all its values."""
    field = _field(field_id, by)
    field.archived_at = None
    return work.save(field)


@verb
def delete_custom_field(work: Work, field_id: int, *, by: Actor, at: datetime) -> None:
    """Delete a field in which no record has a value; otherwise Conflict: it can be archived instead."""
    work.delete(_field(field_id, by))


@verb
def set_custom_values(work: Work, patient_id: int, *, values: Mapping[str, Any], by: Actor, at: datetime) -> Patient:
    """Set values of some custom fields, by technical name, for a patient; None or "" removes a value.

    All or none: InvalidInput names each that does not fit (`custom_values.shoeSize`), is unknown or was archived.
    """
    patient = _patient(patient_id, by)
    write_custom_values(work, patient, values, organization_id=patient.organization_id)
    return patient


@verb
def set_custom_value(
    work: Work, patient_id: int, *, field_id: int, value: Any, by: Actor, at: datetime
) -> CustomFieldValue | None:
    """Set the value of one custom field for a patient; None or "" removes it.

    The value is kept as canonical text of the field's type; InvalidInput says why it does not fit.
    """
    patient = _patient(patient_id, by)
    fields = CustomField.objects.filter(organization_id=patient.organization_id).of(FieldObject.PATIENT)
    field: CustomField = fields.one(pk=field_id)
    field.require_live()
    (field,) = _with_choices_locked([field])
    written = len(work.entries)
    row = _write(work, CustomFieldValue.objects.filter(field=field, patient=patient).first(), field, patient, value)
    if len(work.entries) > written:
        _touch(work, patient)
    return row


def write_custom_values(work: Work, owner: ClinicModel, values: Mapping[str, Any], *, organization_id: int) -> None:
    """Write values of custom fields of `owner`, a patient or a care plan: a step of the verbs that change one.

    Where any of it is new the row counts as changed, so that a form opened before notices. The caller has asked for
    permission.
    """
    if not values:
        return
    known = CustomField.objects.filter(organization_id=organization_id).of(_object_type(owner))
    fields = {one.technical_name: one for one in known.filter(technical_name__in=list(values)[: MOST_FIELDS + 1])}
    problems: dict[str, Text] = {}
    for name in values:
        if name not in fields:
            problems[f"{PREFIX}.{name}"] = _("There is no such field.")
        elif fields[name].archived_at is not None:
            problems[f"{PREFIX}.{name}"] = _("The field has been archived.")
    if problems:
        raise InvalidInput(problems)
    fields = {one.technical_name: one for one in _with_choices_locked(fields.values())}
    written = len(work.entries)
    present = {row.field_id: row for row in _said_of(owner).filter(field__in=[one.pk for one in fields.values()])}
    for name, value in values.items():
        field = fields[name]
        try:
            _write(work, present.get(field.pk), field, owner, value)
        except InvalidInput as error:
            problems[f"{PREFIX}.{name}"] = error.fields.get("value", str(error))
    if problems:
        raise InvalidInput(problems)
    if len(work.entries) > written:
        _touch(work, owner)


def technical_name_of(label: str, *, taken: Iterable[str] = ()) -> str:
    """Return a technical name made of the label and not in `taken`: “Shoe size” -> shoeSize, shoeSize2 ..."""
    words = ["".join(c for c in word if c.isascii()) for word in fold(label).split()]
    first, *others = [word for word in words if word] or ["field"]
    name = (first if first[0].isalpha() else f"f{first}") + "".join(word.capitalize() for word in others)
    name, used, number = name[: LONGEST_TECHNICAL_NAME - 4], set(taken), 2
    found = name
    while found in used:
        found, number = f"{name}{number}", number + 1
    return found


def _put(field: CustomField, values: CustomFieldValues) -> None:
    if unknown := values.keys() - CustomFieldValues.__annotations__.keys():
        raise TypeError(f"a custom field takes no {', '.join(sorted(unknown))}")
    for name, value in values.items():
        setattr(field, name, value)
    if isinstance(field.choices, list):
        field.choices = [one.strip() if isinstance(one, str) else one for one in field.choices]


def _write(
    work: Work, row: CustomFieldValue | None, field: CustomField, owner: ClinicModel, value: Any
) -> CustomFieldValue | None:
    text = field.canonical(value)
    if text == "":
        if row is not None:
            work.delete(row)
        return None
    if row is None:
        of = "patient" if isinstance(owner, Patient) else "care_plan"
        return work.create(CustomFieldValue(field=field, value=text, **{of: owner}))
    row.value = text
    return work.save(row)


def _with_choices_locked(fields: Iterable[CustomField]) -> list[CustomField]:
    """Return the fields; those with choices are locked, so that nobody removes a choice meanwhile."""
    fields = list(fields)
    chosen = [one.pk for one in fields if one.type == FieldType.DROPDOWN]
    if not chosen:
        return fields
    return [one for one in fields if one.pk not in chosen] + lock(CustomField.objects.all(), chosen)


def _said_of(owner: ClinicModel) -> Any:
    of = "patient" if isinstance(owner, Patient) else "care_plan"
    return CustomFieldValue.objects.filter(**{of: owner})


def _object_type(owner: ClinicModel) -> str:
    return FieldObject.PATIENT if isinstance(owner, Patient) else FieldObject.CARE_PLAN


def _touch(work: Work, owner: ClinicModel) -> None:
    owner.updated_at = work.at
    work.save(owner)


def _field(field_id: int, by: Actor) -> CustomField:
    """The field; Missing unless visible, Forbidden unless the actor sets up its organization."""
    field: CustomField = CustomField.objects.visible_to(by).one(pk=field_id)
    by.require("patients.define_custom_field", organization_id=field.organization_id)
    return field


def _patient(patient_id: int, by: Actor) -> Patient:
    """The patient; Missing unless visible, Forbidden unless the actor keeps their record."""
    patient: Patient = Patient.objects.visible_to(by).one(pk=patient_id)
    by.require("patients.set_custom_value", organization_id=patient.organization_id)
    hold_record(patient)
    return patient
