"""Patients: listed, shown, added, changed, archived and restored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, ComputedField, ConstantField, Many, Reading, Row, or_null
from api.base.input import ChoiceField, EmailField, TextField
from api.base.lists import PreparedList, rows_for
from api.base.operations import operation
from api.base.shared.countries import CountryField, country_name
from api.cliniko import words
from api.cliniko.attendees import BOOKING_ID
from api.cliniko.contract import ClinikoViewSet
from api.cliniko.filtering import Date, DateTime, Field, Numeric, String, Term
from api.cliniko.inputs import BooleanField, DateField, VendorInput
from api.cliniko.links import joined, linked, self_link, text_id
from api.cliniko.lists import ClinikoFilters, Hidden
from core.actor import Actor
from core.hints import Common, asked_of_each
from core.prepared import Among
from patients.models import CustomFieldValue, Patient, PhoneNumber
from patients.querysets import PatientQuerySet
from patients.services import archive_patient, change_patient, create_patient, restore_patient
from patients.states import FieldType, Gender
from scheduling.models import Appointment

PATH = "patients/{}"
PRONOUNS = ("accusative", "nominative", "predicative_possessive", "pronominal_possessive", "reflexive")


# ------------------------------------------------------------------------------------------- the object


class PhoneNumberBody(Body):
    """A number: as it was typed, and whole where it is a possible one."""

    number = ComputedField(serializers.CharField(), "prefix", "number", make=joined)
    normalized_number = or_null(serializers.CharField(), "e164")
    phone_type = ComputedField(
        serializers.ChoiceField(choices=list(words.PHONE_TYPES)), "phone_type", make=words.PHONE_WORDS.get
    )


def phone_numbers(actor: Actor) -> Any:
    """Patients' numbers, the first first."""
    return PhoneNumber.objects.visible_to(actor).order_by("position", "pk")


class Answer(serializers.Serializer[Any]):
    """A choice of a field."""

    value = serializers.CharField()
    selected = serializers.BooleanField(required=False)


class CustomValue(serializers.Serializer[Any]):
    """A field that the clinic defined, and what it says."""

    name = serializers.CharField()
    token = serializers.CharField()
    type = serializers.CharField()
    value = serializers.CharField(required=False)
    answers = Answer(many=True, required=False)


class CustomSection(serializers.Serializer[Any]):
    """All of them: we have one section."""

    name = serializers.CharField()
    token = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        """Declared here because a serializer's attribute `fields` means something else."""
        return {**super().get_fields(), "fields": CustomValue(many=True)}


class CustomFields(serializers.Serializer[Any]):
    """The fields that the clinic defined, by section."""

    sections = CustomSection(many=True)


class Pronouns(serializers.Serializer[Any]):
    """How somebody is spoken of."""

    accusative = serializers.CharField(allow_null=True)
    nominative = serializers.CharField(allow_null=True)
    predicative_possessive = serializers.CharField(allow_null=True)
    pronominal_possessive = serializers.CharField(allow_null=True)
    reflexive = serializers.CharField(allow_null=True)


def pronouns_of(kept: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The five forms; null where none is known."""
    return {name: kept.get(name) or None for name in PRONOUNS} if kept else None


class PatientBody(Body):
    """A patient. No medical alerts, concessions or referring doctors are kept."""

    id = text_id()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    preferred_first_name = or_null(serializers.CharField(), "preferred_first_name")
    title = or_null(serializers.CharField(), "title")
    label = ComputedField(serializers.CharField(), "first_name", "last_name", make=joined)  # type: ignore[assignment] # the metaclass takes it out of the class
    email = or_null(serializers.EmailField(), "email")
    date_of_birth = serializers.DateField(allow_null=True)
    sex = ComputedField(serializers.CharField(), "gender", make=words.GENDER_WORDS.get, allow_null=True)
    gender_identity = or_null(serializers.CharField(), "gender_identity")
    gender = ComputedField(serializers.CharField(), "gender", make=words.GENDER_WORDS.get, allow_null=True)
    pronouns = ComputedField(Pronouns(), "pronouns", make=pronouns_of, allow_null=True)
    address_1 = or_null(serializers.CharField(), "address_1")
    address_2 = or_null(serializers.CharField(), "address_2")
    address_3 = or_null(serializers.CharField(), "address_3")
    city = or_null(serializers.CharField(), "city")
    state = or_null(serializers.CharField(), "state")
    post_code = or_null(serializers.CharField(), "post_code")
    country = ComputedField(serializers.CharField(), "country_code", make=country_name, allow_null=True)
    country_code = or_null(serializers.CharField(), "country_code")
    time_zone = or_null(serializers.CharField(), "time_zone")
    occupation = or_null(serializers.CharField(), "occupation")
    emergency_contact = or_null(serializers.CharField(), "emergency_contact")
    notes = or_null(serializers.CharField(), "notes")
    appointment_notes = or_null(serializers.CharField(), "appointment_notes")
    reminder_type = ComputedField(
        serializers.ChoiceField(choices=list(words.REMINDERS)),
        "sms_reminders",
        "email_reminders",
        make=lambda sms, email: words.REMINDER_WORDS[sms, email],
    )
    patient_phone_numbers = Many(PhoneNumberBody, of="patient_id", rows=phone_numbers)
    medicare = or_null(serializers.CharField(), "medicare")
    medicare_reference_number = or_null(serializers.CharField(), "medicare_reference_number")
    dva_card_number = or_null(serializers.CharField(), "dva_card_number")
    old_reference_id = or_null(serializers.CharField(), "old_reference_id")
    referral_source = serializers.CharField(source="source.name", allow_null=True)
    invoice_default_to = or_null(serializers.CharField(), "invoice_default_to")
    invoice_email = or_null(serializers.EmailField(), "invoice_email")
    invoice_extra_information = or_null(serializers.CharField(), "invoice_extra_information")
    receives_confirmation_emails = serializers.BooleanField()
    accepted_privacy_policy = serializers.BooleanField(allow_null=True)
    accepted_email_marketing = serializers.BooleanField(allow_null=True)
    accepted_sms_marketing = serializers.BooleanField(allow_null=True)
    custom_fields = ComputedField(CustomFields(), "pk", make=lambda pk: pk)
    archived_at = serializers.DateTimeField(allow_null=True)
    deleted_at = serializers.DateTimeField(source="archived_at", allow_null=True)
    merged_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    appointments = linked("patients/{}/appointments")
    attendees = linked("patients/{}/attendees")
    invoices = linked("patients/{}/invoices")
    medical_alerts = linked("patients/{}/medical_alerts")
    patient_attachments = linked("patients/{}/patient_attachments")
    concession_type = ConstantField(serializers.JSONField(), None)
    referring_doctor = ConstantField(serializers.JSONField(), None)
    latest_booking = linked("bookings/{}", "latest_booking_id", null=True)
    merged_with_patient = linked("patients/{}", "merged_into_id", null=True)
    links = self_link(PATH)

    @classmethod
    def build(cls, rows: Iterable[Row], reading: Reading) -> list[dict[str, Any]]:
        """The patients; one more query for the clinic's own fields of all of them."""
        built = super().build(rows, reading)
        sections = custom_fields(reading.actor, [one["custom_fields"] for one in built])
        for one in built:
            one["custom_fields"] = {"sections": sections[one["custom_fields"]]}
        return built


ANSWERED = ("patient_id", "field__label", "field__technical_name", "field__type", "field__choices", "value")


def custom_fields(actor: Actor, patient_ids: list[int]) -> Mapping[int, list[dict[str, Any]]]:
    """What the clinic's own fields say of the patients: for each at most one section."""
    if not patient_ids:
        return {}
    values = asked_of_each(CustomFieldValue.objects.visible_to(actor).live()).filter
    prepared = rows_for(
        actor,
        "custom fields",
        lambda: PreparedList(values(Among("patient_id", "patients")).in_order(), ANSWERED, through=False),
    )
    said: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for patient_id, label, name, kind, choices, value in prepared.rows(patients=patient_ids):
        said[patient_id].append({"name": label, "token": name, **answered(kind, label, choices, value)})
    sections = {
        patient_id: [{"name": "Custom fields", "token": "custom_fields", "fields": fields}]
        for patient_id, fields in said.items()
    }
    return defaultdict(list, sections)


def answered(kind: str, label: str, choices: list[str], value: str) -> dict[str, Any]:
    """The value of a field as the vendor writes it."""
    if kind == FieldType.SINGLE_CHECKBOX:
        return {"type": "checkboxes", "answers": [{"value": label, "selected": value == "true"}]}
    if kind == FieldType.DROPDOWN:
        return {"type": "radiobuttons", "answers": [{"value": one, "selected": one == value} for one in choices]}
    return {"type": "date" if kind == FieldType.DATE else "text", "value": value}


# ------------------------------------------------------------------------------------------ the filters

STATES: Mapping[str, Field] = {
    "archived_at": DateTime("archived_at", null=True),
    "deleted_at": DateTime("archived_at", null=True),
}
HIDES: Hidden = ((frozenset(STATES), Q(Common(Q(merged_into=None)), archived_at=None)),)


class PatientFilters(ClinikoFilters):
    """The filters of patients; archived ones are shown only if a filter names them."""

    model = Patient
    fields = {
        **STATES,
        "created_at": DateTime("created_at"),
        "date_of_birth": Date("date_of_birth", null=True),
        "email": String("email"),
        "first_name": String("first_name"),
        "id": Numeric("pk"),
        "last_name": String("last_name"),
        "old_reference_id": String("old_reference_id"),
        "preferred_first_name": String("preferred_first_name"),
        "updated_at": DateTime("updated_at"),
    }
    hides = HIDES


class ArchivedPatientFilters(PatientFilters):
    """The same filters for the list of archived ones."""

    hides = ()
    only = (Term("archived_at", "?"),)


class PatientStateFilters(ClinikoFilters):
    """Whether one patient is shown who is archived."""

    many = False
    fields = STATES
    hides = HIDES


# -------------------------------------------------------------------------------------------- the input


class PhoneNumberInput(VendorInput):
    """A number."""

    number = TextField(max_length=32)
    phone_type = ChoiceField(list(words.PHONE_TYPES), required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """By our columns; a new one without a kind is a mobile's."""
        kind = attrs.get("phone_type")
        return {"number": attrs["number"], **({"phone_type": words.PHONE_TYPES[kind]} if kind else {})}


class PronounsInput(VendorInput):
    """How somebody is spoken of."""

    accusative = TextField(optional=True, max_length=50)
    nominative = TextField(optional=True, max_length=50)
    predicative_possessive = TextField(optional=True, max_length=50)
    pronominal_possessive = TextField(optional=True, max_length=50)
    reflexive = TextField(optional=True, max_length=50)


class PatientInput(VendorInput):
    """A patient to add. How they heard of the clinic is no part of it."""

    first_name = TextField(max_length=255)
    last_name = TextField(max_length=255)
    preferred_first_name = TextField(optional=True, max_length=255)
    title = TextField(optional=True, max_length=50)
    email = EmailField(optional=True, error_messages={"invalid": _("is not a valid email address")})
    date_of_birth = DateField(required=False, allow_null=True)
    sex = TextField(optional=True, max_length=100)
    gender = TextField(optional=True, max_length=100)
    gender_identity = TextField(optional=True, max_length=100)
    pronouns = PronounsInput(required=False, allow_null=True)
    address_1 = TextField(optional=True, max_length=255)
    address_2 = TextField(optional=True, max_length=255)
    address_3 = TextField(optional=True, max_length=255)
    city = TextField(optional=True, max_length=255)
    state = TextField(optional=True, max_length=255)
    post_code = TextField(optional=True, max_length=20)
    country = CountryField(optional=True)
    country_code = CountryField(optional=True)
    time_zone = TextField(optional=True, max_length=63)
    occupation = TextField(optional=True, max_length=255)
    emergency_contact = TextField(optional=True)
    notes = TextField(optional=True)
    appointment_notes = TextField(optional=True)
    reminder_type = ChoiceField(list(words.REMINDERS), required=False, allow_null=True)
    patient_phone_numbers = serializers.ListField(
        child=PhoneNumberInput(), required=False, allow_null=True, max_length=20
    )
    medicare = TextField(optional=True, max_length=20)
    medicare_reference_number = TextField(optional=True, max_length=20)
    dva_card_number = TextField(optional=True, max_length=20)
    old_reference_id = TextField(optional=True, max_length=255)
    invoice_default_to = TextField(optional=True)
    invoice_email = EmailField(optional=True)
    invoice_extra_information = TextField(optional=True)
    receives_confirmation_emails = BooleanField(required=False)
    accepted_privacy_policy = BooleanField(required=False, allow_null=True)
    accepted_email_marketing = BooleanField(required=False, allow_null=True)
    accepted_sms_marketing = BooleanField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """By our columns: a sex that is none of ours is kept as the gender identity, unless one is told."""
        told = {name: attrs.pop(name) for name in ("sex", "gender") if name in attrs}
        if told:
            word = next((word for word in told.values() if word), "")
            attrs["gender"] = words.GENDERS.get(word.lower(), Gender.OTHER) if word else ""
            if word and word.lower() not in words.GENDERS:
                attrs.setdefault("gender_identity", word)
        if "country" in attrs:
            attrs["country_code"] = attrs.pop("country") or attrs.get("country_code", "")
        if reminder := attrs.pop("reminder_type", None):
            attrs["sms_reminders"], attrs["email_reminders"] = words.REMINDERS[reminder]
        if attrs.get("patient_phone_numbers", ()) is None:
            del attrs["patient_phone_numbers"]
        return attrs


# ------------------------------------------------------------------------------------------ the viewset


class PatientViewSet(ClinikoViewSet):
    """Patients."""

    tag = "Patients"
    own_code = "patient_not_found"

    def patients(self) -> PatientQuerySet:
        """Those that the caller may see, archived or not."""
        newest = (
            Appointment.objects.visible_to(self.actor).live().filter(patient=OuterRef("pk"), starts_at__isnull=False)
        )
        latest = newest.order_by("-starts_at", "-pk").values(booking=BOOKING_ID)[:1]
        rows: PatientQuerySet = Patient.objects.visible_to(self.actor).annotate(latest_booking_id=Subquery(latest))
        return rows

    @operation("list_patients", "patients.view", gives=PatientBody, key="patients", filters=PatientFilters)
    def list(self, request: Request) -> HttpResponse:
        """List patients.

        Archived ones are left out unless a filter names them: `archived_at:*`.
        """
        return self.page(self.patients)

    @operation(
        "list_archived_patients", "patients.view", gives=PatientBody, key="patients", filters=ArchivedPatientFilters
    )
    def list_archived(self, request: Request) -> HttpResponse:
        """List archived patients."""
        return self.page(self.patients)

    @operation("create_patient", "patients.create_patient", takes=PatientInput, gives=PatientBody, status=201)
    def create(self, request: Request) -> HttpResponse:
        """Add a patient. One who looks like another is added all the same."""
        values = self.input()
        numbers = values.pop("patient_phone_numbers", [])
        made = create_patient(
            organization_id=self.organization_id(), values=values, phone_numbers=numbers, by=self.actor, at=self.at
        )
        return self.created(self.show(self.patients, pk=made.pk), PATH.format(made.pk))

    @operation("get_patient", "patients.view", gives=PatientBody, filters=PatientStateFilters)
    def retrieve(self, request: Request, patient_id: int) -> HttpResponse:
        """Get a patient; one who is archived where a filter asks for such."""
        return self.show_asked(self.patients, pk=patient_id)

    @operation("update_patient", "patients.change_patient", takes=PatientInput, partial=True, gives=PatientBody)
    def partial_update(self, request: Request, patient_id: int) -> HttpResponse:
        """Change a patient; what is left out stays as it is, phone numbers are all or none."""
        return self._change(patient_id)

    @operation("replace_patient", "patients.change_patient", takes=PatientInput, partial=True, gives=PatientBody)
    def update(self, request: Request, patient_id: int) -> HttpResponse:
        """Change a patient: the older way."""
        return self._change(patient_id)

    @operation("archive_patient", "patients.archive_patient", status=204)
    def archive(self, request: Request, patient_id: int) -> HttpResponse:
        """Archive a patient."""
        self._live(patient_id)
        archive_patient(patient_id, by=self.actor, at=self.at)
        return self.no_content()

    @operation("unarchive_patient", "patients.restore_patient", gives=PatientBody)
    def unarchive(self, request: Request, patient_id: int) -> HttpResponse:
        """Bring an archived patient back."""
        restore_patient(patient_id, by=self.actor, at=self.at)
        return self.show(self.patients, pk=patient_id)

    @operation("delete_patient", "patients.archive_patient", status=204)
    def destroy(self, request: Request, patient_id: int) -> HttpResponse:
        """Archive a patient: the older way."""
        return self.archive(request, patient_id)

    def _change(self, patient_id: int) -> HttpResponse:
        values = self.input()
        numbers = values.pop("patient_phone_numbers", None)
        self._live(patient_id)
        change_patient(patient_id, values=values, phone_numbers=numbers, by=self.actor, at=self.at)
        return self.show(self.patients, pk=patient_id)

    def _live(self, patient_id: int) -> None:
        """Missing for a patient who is archived."""
        Patient.objects.visible_to(self.actor).live().one(pk=patient_id)
