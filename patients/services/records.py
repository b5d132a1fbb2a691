"""A patient's record: the person and their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict

from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.deleting import delete_unreferenced
from core.errors import Conflict, InvalidInput, Text
from core.values import assign
from directory.models import Organization, Practice, Resource
from directory.states import ResourceKind
from patients.models import Patient, PhoneNumber
from patients.services.custom_fields import write_custom_values
from patients.standing import hold_record
from patients.states import PhoneType


class PatientValues(TypedDict, total=False):
    """What may be set on a patient."""

    first_name: str
    last_name: str
    preferred_first_name: str
    title: str
    email: str
    avatar_url: str
    email_enabled: bool
    receives_confirmation_emails: bool
    document_signature_email: bool
    email_reminders: bool
    sms_reminders: bool
    date_of_birth: date | None
    place_of_birth: str
    gender: str
    gender_identity: str
    pronouns: list[str] | None
    address_1: str
    address_2: str
    address_3: str
    city: str
    state: str
    post_code: str
    country_code: str
    time_zone: str
    occupation: str
    identity_number: str
    italian_fiscal_code: str
    medicare: str
    medicare_reference_number: str
    dva_card_number: str
    old_reference_id: str
    yearly_numbering_year: int | None
    yearly_numbering_number: int | None
    source_id: int | None
    default_discount: Decimal
    price_list_id: int | None
    primary_specialist_id: int | None
    emergency_contact: str
    notes: str
    appointment_notes: str
    invoice_default_to: str
    invoice_email: str
    invoice_extra_information: str
    accepted_privacy_policy: bool | None
    accepted_email_marketing: bool | None
    accepted_sms_marketing: bool | None


class PhoneValues(TypedDict, total=False):
    """What may be set on a patient's number."""

    prefix: str
    number: str
    label: str
    sms_enabled: bool
    phone_type: str


# What a number that the patient did not have is of which nothing else is told.
UNTOLD_PHONE: PhoneValues = {
    "prefix": "",
    "number": "",
    "label": "",
    "sms_enabled": False,
    "phone_type": PhoneType.MOBILE,
}


@verb
def create_patient(
    work: Work,
    *,
    organization_id: int,
    values: PatientValues,
    phone_numbers: Sequence[PhoneValues] = (),
    custom_values: Mapping[str, Any] | None = None,
    by: Actor,
    at: datetime,
) -> Patient:
    """A new patient of an organization, with the resource that can be busy and their numbers, the first one first.

    `custom_values`: what the clinic's own fields, by technical name, say of them.
    """
    organization = Organization.objects.visible_to(by).one(pk=organization_id)
    by.require("patients.create_patient", organization_id=organization.pk)
    patient = Patient(organization=organization)
    assign(patient, values, allowed=PatientValues.__annotations__, by=by, organization_id=organization.pk)
    patient.guard(at=at)
    patient.resource = work.create(Resource(kind=ResourceKind.PATIENT))
    work.create(patient)
    _set_phones(work, patient, phone_numbers)
    write_custom_values(work, patient, custom_values or {}, organization_id=organization.pk)
    return patient


@verb
def change_patient(
    work: Work,
    patient_id: int,
    *,
    values: PatientValues,
    phone_numbers: Sequence[PhoneValues] | None = None,
    more_numbers: Sequence[PhoneValues] = (),
    custom_values: Mapping[str, Any] | None = None,
    by: Actor,
    at: datetime,
) -> Patient:
    """Write some of a patient's columns, where given all their numbers in this order, and some of the clinic's own
    fields by technical name.

    Of `more_numbers` those that the patient has are changed and the others are added: none is taken away.
    """
    patient = _patient(patient_id, permission="patients.change_patient", by=by)
    assign(patient, values, allowed=PatientValues.__annotations__, by=by, organization_id=patient.organization_id)
    if "date_of_birth" in patient.changes():
        patient.guard(at=at)
    work.save(patient)
    if phone_numbers is not None:
        _set_phones(work, patient, phone_numbers)
    if more_numbers:
        _add_phones(work, patient, more_numbers)
    write_custom_values(work, patient, custom_values or {}, organization_id=patient.organization_id)
    return patient


@verb
def archive_patient(work: Work, patient_id: int, *, by: Actor, at: datetime) -> Patient:
    """Archive a patient's record; everything in it is kept. Archiving it again keeps the first time."""
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
def record_merge(work: Work, patient_id: int, *, into_id: int, merged_at: datetime, by: Actor, at: datetime) -> Patient:
    """Write down that a record went into another elsewhere; what it had is with the other there and here."""
    patient = _patient(patient_id, permission="patients.archive_patient", by=by)
    into: Patient = Patient.objects.visible_to(by).one(pk=into_id)
    problems: dict[str, Text] = {}
    if into.pk == patient.pk or into.merged_into_id is not None or into.organization_id != patient.organization_id:
        problems["merged_into_id"] = _("is no other record of this organization that stands by itself")
    if merged_at > at:
        problems["merged_at"] = _("must not lie ahead")
    if problems:
        raise InvalidInput(problems)
    patient.merged_into, patient.merged_at = into, merged_at
    return work.save(patient)


@verb
def delete_patient(work: Work, patient_id: int, *, by: Actor, at: datetime) -> None:
    """Delete a patient, with their numbers and access, to whom nothing else refers; else Conflict says what does."""
    patient = _patient(patient_id, permission="patients.delete_patient", by=by)
    delete_unreferenced(
        work, patient, after=[patient.resource], instead=_("Archive the record instead: it keeps everything.")
    )


@verb
def add_phone(work: Work, patient_id: int, *, values: PhoneValues, by: Actor, at: datetime) -> PhoneNumber:
    """One more number of a patient, behind those they have."""
    patient = _patient(patient_id, permission="patients.add_phone", by=by)
    phone = PhoneNumber(patient=patient, position=PhoneNumber.objects.filter(patient=patient).count())
    assign(phone, values, allowed=PhoneValues.__annotations__, by=by, organization_id=patient.organization_id)
    phone.normalize(_country(patient))
    return work.create(phone)


@verb
def change_phone(work: Work, phone_id: int, *, values: PhoneValues, by: Actor, at: datetime) -> PhoneNumber:
    """Write some of a number's columns; it stays where it stands among the patient's."""
    phone: PhoneNumber = PhoneNumber.objects.select_related("patient").visible_to(by).one(pk=phone_id)
    patient = _patient(phone.patient_id, permission="patients.add_phone", by=by)
    assign(phone, values, allowed=PhoneValues.__annotations__, by=by, organization_id=patient.organization_id)
    phone.normalize(_country(patient))
    return work.save(phone)


def _patient(patient_id: int, *, permission: str, by: Actor) -> Patient:
    """The patient; Missing unless visible, Forbidden unless allowed in their organization."""
    patient: Patient = Patient.objects.visible_to(by).one(pk=patient_id)
    by.require(permission, organization_id=patient.organization_id)
    hold_record(patient)
    return patient


def _country(patient: Patient) -> str:
    """Whose numbering a number without a prefix follows."""
    return patient.country_code or Practice.objects.country_of(patient.organization_id)


def _set_phones(work: Work, patient: Patient, numbers: Sequence[PhoneValues]) -> None:
    """Make a patient's numbers these, in this order.

    Of a number that the patient has, what is not told stays as it is: a program that knows no labels, or not who may be
    texted, takes nothing away by sending back what it read. Any other takes the row at its place, or a new one.
    """
    left = dict(enumerate(PhoneNumber.objects.filter(patient=patient).order_by("position", "pk")))
    country = _country(patient) if numbers else ""
    typed = [_typed(patient, values, country) for values in numbers]
    had: dict[int, PhoneNumber] = {}
    for position, number in enumerate(typed):
        here_first = (place for place in (position, *left) if place in left)
        found = next((place for place in here_first if left[place].is_same_as(number)), None)
        if found is not None:
            had[position] = left.pop(found)
    problems: dict[str, Text] = {}
    for position, values in enumerate(numbers):
        told: dict[str, Any] = {**values}
        phone = had.get(position)
        if phone is None:
            phone, told = left.pop(position, None) or PhoneNumber(patient=patient), {**UNTOLD_PHONE, **values}
        elif "prefix" not in told and str(phone) == told.get("number"):
            del told["number"]
        else:
            told = {"prefix": "", **values}
        try:
            assign(
                phone, told, allowed=PhoneValues.__annotations__, by=work.by, organization_id=patient.organization_id
            )
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
    for phone in left.values():
        work.delete(phone)


def _typed(patient: Patient, values: PhoneValues, country: str) -> PhoneNumber:
    """The number that these values tell, to be compared with those that the patient has."""
    number = PhoneNumber(patient=patient, prefix=values.get("prefix", ""), number=values.get("number", ""))
    number.normalize(country)
    return number


def _add_phones(work: Work, patient: Patient, numbers: Sequence[PhoneValues]) -> None:
    """Write what is told of each number: of the same one that the patient has, else of one more."""
    present = list(PhoneNumber.objects.filter(patient=patient).order_by("position", "pk"))
    country = _country(patient)
    problems: dict[str, Text] = {}
    for index, values in enumerate(numbers):
        typed = _typed(patient, values, country)
        phone = next((one for one in present if one.is_same_as(typed)), typed)
        told: dict[str, Any] = {**values}
        if phone is not typed and phone.e164 and not phone.prefix:
            # It was typed as one text, of which the prefix and the number that are told are the parts.
            told = {name: value for name, value in values.items() if name not in ("prefix", "number")}
        try:
            assign(
                phone, told, allowed=PhoneValues.__annotations__, by=work.by, organization_id=patient.organization_id
            )
            phone.normalize(country)
            if phone is typed:
                phone.position = len(present)
                present.append(work.create(phone))
            else:
                work.save(phone)
        except InvalidInput as error:
            problems |= {f"phone_numbers.{index}.{name}": why for name, why in error.fields.items()}
    if problems:
        raise InvalidInput(problems)
