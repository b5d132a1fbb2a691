"""The import of what belongs to patients: further numbers, documents, custom fields and their values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.files.base import File
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.db import Work
from core.errors import InvalidInput
from core.imports import (
    Column,
    ImportKind,
    Refers,
    Scope,
    list_of_ids,
    moment_or_day,
    one_by_one,
    one_of,
    picked,
    reference,
    text_up_to,
    whole,
    yes_or_no,
)
from directory.imports import ARCHIVED, USER, by_practice_clock, configured_kind, organization_of
from patients.imports.records import PATIENT
from patients.models import (
    CustomField,
    CustomFieldValue,
    Document,
    Patient,
    PatientAccess,
    PatientCase,
    PatientSource,
    PhoneNumber,
)
from patients.services import (
    add_document,
    add_phone,
    archive_case,
    archive_document,
    change_case,
    change_custom_field,
    change_patient,
    change_phone,
    define_custom_field,
    delete_custom_field,
    grant_access,
    open_case,
    record_merge,
    revoke_access,
    set_custom_value,
)
from patients.states import DocumentType, FieldObject, FieldType, PhoneType, Relation

CASE = Refers(model=PatientCase, scope="patient__organization")
CUSTOM_FIELD = Refers(model=CustomField, keys=("technical_name", "label"))

OF_PATIENT = reference("patient", PATIENT, _("By external id or e-mail address."), required=True)


def _save_phone(work: Work, obj: PhoneNumber | None, values: dict[str, Any], scope: Scope) -> PhoneNumber:
    told: Any = picked(values, "prefix", "number", "label", "phone_type", "sms_enabled")
    if obj is None:
        return add_phone(values["patient"], values=told, by=work.by, at=work.at)
    return change_phone(obj.pk, values=told, by=work.by, at=work.at)


def _remove_phone(pk: int, *, by: Actor, at: datetime) -> None:
    patient_id = PhoneNumber.objects.get(pk=pk).patient_id
    others = PhoneNumber.objects.filter(patient_id=patient_id).exclude(pk=pk).order_by("position")
    numbers: Any = list(others.values("prefix", "number", "label", "sms_enabled", "phone_type"))
    change_patient(patient_id, values={}, phone_numbers=numbers, by=by, at=at)


def _remove_custom_value(pk: int, *, by: Actor, at: datetime) -> None:
    row = CustomFieldValue.objects.get(pk=pk)
    assert row.patient_id is not None  # noqa: S101 the others are a kind of their own
    set_custom_value(row.patient_id, field_id=row.field_id, value=None, by=by, at=at)


def _save_custom_field(work: Work, obj: CustomField | None, values: dict[str, Any], scope: Scope) -> CustomField:
    told: Any = picked(values, "object_type", "label", "technical_name", "type", "sequence_number")
    if "choices" in values:
        told["choices"] = list(values["choices"])
    if obj is None:
        return define_custom_field(organization_id=scope.organization_id, values=told, by=work.by, at=work.at)
    return change_custom_field(obj.pk, values=told, by=work.by, at=work.at)


def _save_custom_value(
    work: Work, obj: CustomFieldValue | None, values: dict[str, Any], scope: Scope
) -> CustomFieldValue:
    row = set_custom_value(values["patient"], field_id=values["field"], value=values["value"], by=work.by, at=work.at)
    assert row is not None  # noqa: S101 the column is required
    return row


def _save_document(work: Work, obj: Document | None, values: dict[str, Any], scope: Scope) -> Document:
    if obj is not None:
        return obj  # a document is never changed
    if scope.folder is None:
        raise InvalidInput({"file": _t("Say with --folder where the files are.")})
    path = (scope.folder / values["file"]).resolve()
    if not path.is_relative_to(scope.folder.resolve()) or not path.is_file():
        raise InvalidInput({"file": _t("There is no such file in the folder.")})
    with path.open("rb") as opened:
        document = add_document(
            values["patient"],
            upload=File(opened, name=path.name),
            name=values.get("name") or "",
            type=values.get("type") or DocumentType.OTHER,
            folder_name=values.get("folder") or "",
            by=work.by,
            at=work.at,
        )
    if scope.dry_run:
        document.file.storage.delete(str(document.file.name))
    return document


def _save_access(work: Work, obj: PatientAccess | None, values: dict[str, Any], scope: Scope) -> PatientAccess:
    return grant_access(
        user_id=values["user"],
        patient_id=values["patient"],
        relation=values.get("relation") or Relation.SELF,
        by=work.by,
        at=work.at,
    )


def _save_merge(work: Work, obj: Patient | None, values: dict[str, Any], scope: Scope) -> Patient:
    if obj is None:
        raise InvalidInput({"external_id": _t("No patient with this id has been imported.")})
    values = by_practice_clock(values, scope)
    into, merged_at = values["merged_into"], values["merged_at"]
    if (obj.merged_into_id, obj.merged_at) == (into, merged_at):
        return obj
    return record_merge(obj.pk, into_id=into, merged_at=merged_at, by=work.by, at=work.at)


def _save_case(work: Work, obj: PatientCase | None, values: dict[str, Any], scope: Scope) -> PatientCase:
    told = picked(values, "name")
    if obj is None:
        case = open_case(values["patient"], values=told, by=work.by, at=work.at)
    elif obj.archived_at is None:
        case = change_case(obj.pk, values=told, by=work.by, at=work.at)
    else:
        case = obj
    if (away := values.get("archived_at")) is not None and case.archived_at is None:
        case = archive_case(case.pk, by=work.by, at=work.at)
        case.archived_at = away
        case = work.save(case)
    return case


SOURCES = configured_kind("sources", PatientSource, _("How patients heard of the clinic."))

ACCESS = ImportKind(
    name="access",
    help=_("Which users see which patients' records, as themselves or for others."),
    verb="patients.import_access",
    may="patients.grant_access",
    model=PatientAccess,
    columns=(
        reference("user", USER, _("By external id, name or e-mail."), required=True),
        OF_PATIENT,
        Column(
            name="relation",
            help=_("self if left empty; parent, guardian or carer."),
            parse=one_of({word: word for word in Relation.values}),
            blank=Relation.SELF,
        ),
    ),
    place=organization_of,
    save=one_by_one(PatientAccess, _save_access),
    undo=revoke_access,
    rows=lambda organization_id: PatientAccess.objects.filter(patient__organization_id=organization_id),
)

CASES = ImportKind(
    name="cases",
    help=_("Cases: what several visits of a patient are about."),
    verb="patients.import_cases",
    may="patients.open_case",
    model=PatientCase,
    columns=(OF_PATIENT, Column(name="name", help="", required=True), ARCHIVED),
    place=organization_of,
    save=one_by_one(PatientCase, _save_case),
    undo=archive_case,
    rows=lambda organization_id: PatientCase.objects.filter(patient__organization_id=organization_id),
)

MERGES = ImportKind(
    name="merges",
    help=_("Records of patients that went into another; the external id is that of the record that went."),
    verb="patients.import_merges",
    may="patients.archive_patient",
    model=Patient,
    columns=(
        reference("merged_into", PATIENT, _("The record that stays, by external id or e-mail address."), required=True),
        Column(
            name="merged_at",
            help=_("As 2024-12-31T09:30:00Z."),
            parse=moment_or_day,
            required=True,
            stored=False,
            dated=True,
        ),
    ),
    place=organization_of,
    save=one_by_one(Patient, _save_merge),
    rows=lambda organization_id: Patient.objects.filter(organization_id=organization_id, merged_into__isnull=False),
)

PHONES = ImportKind(
    name="phones",
    help=_("Telephone numbers beside the first ones, each with its kind and label."),
    verb="patients.import_phones",
    may="patients.add_phone",
    model=PhoneNumber,
    columns=(
        OF_PATIENT,
        Column(name="prefix", help=_("Such as +40, where the number has none.")),
        Column(name="number", help=_("As it is written."), required=True),
        Column(name="label", help=""),
        Column(
            name="phone_type",
            help=_("mobile, home, work, fax or other."),
            parse=one_of({word: word for word in PhoneType.values}),
            blank=PhoneType.MOBILE,
        ),
        Column(name="sms_enabled", help=_("May be texted: yes or no."), parse=yes_or_no, blank=False),
    ),
    place=organization_of,
    save=one_by_one(PhoneNumber, _save_phone),
    undo=_remove_phone,
    rows=lambda organization_id: PhoneNumber.objects.filter(patient__organization_id=organization_id),
    order=("patient", "position", "pk"),
)

CUSTOM_FIELDS = ImportKind(
    name="custom-fields",
    help=_("Fields that the clinic defined."),
    verb="patients.import_custom_fields",
    may="patients.define_custom_field",
    model=CustomField,
    columns=(
        Column(
            name="object_type",
            help=_("What it describes: patient or care_plan."),
            parse=one_of({word: word for word in FieldObject.values}),
            required=True,
        ),
        Column(name="technical_name", help=_("Never changes."), required=True),
        Column(name="label", help="", required=True),
        Column(name="type", help="", parse=one_of({word: word for word in FieldType.values}), required=True),
        Column(
            name="choices",
            help=_("Of a dropdown, separated by semicolons."),
            parse=list_of_ids,
            blank=(),
            stored=False,
            write=lambda field: ";".join(field.choices),
        ),
        Column(name="sequence_number", help=_("Its place in lists."), parse=whole, blank=None),
    ),
    place=organization_of,
    save=one_by_one(CustomField, _save_custom_field),
    undo=delete_custom_field,
    rows=lambda organization_id: CustomField.objects.filter(organization_id=organization_id, archived_at=None),
)

CUSTOM_VALUES = ImportKind(
    name="custom-values",
    help=_("What the clinic's own fields say of patients."),
    verb="patients.import_custom_values",
    may="patients.set_custom_value",
    model=CustomFieldValue,
    columns=(
        OF_PATIENT,
        reference("field", CUSTOM_FIELD, _("By external id, technical name or label."), required=True),
        Column(name="value", help="", parse=text_up_to(500), required=True, stored=False),
    ),
    place=organization_of,
    save=one_by_one(CustomFieldValue, _save_custom_value),
    undo=_remove_custom_value,
    rows=lambda organization_id: CustomFieldValue.objects.filter(
        patient__organization_id=organization_id, field__archived_at=None
    ),
)

DOCUMENTS = ImportKind(
    name="documents",
    help=_("Patients' documents: an index of files, and the folder they lie in (--folder)."),
    verb="patients.import_documents",
    may="patients.add_document",
    model=Document,
    columns=(
        OF_PATIENT,
        Column(
            name="file",
            help=_("Its path in the folder."),
            parse=text_up_to(500),
            required=True,
            stored=False,
            write=lambda document: document.file.name,
        ),
        Column(name="name", help=_("Empty: the file's own."), stored=False),
        Column(
            name="type",
            help=_("other, if it says nothing."),
            parse=one_of({word: word for word in DocumentType.values}),
            stored=False,
        ),
        Column(
            name="folder",
            help=_("In the patient's record."),
            parse=text_up_to(255),
            stored=False,
            write=lambda document: document.folder.name if document.folder else "",
        ),
    ),
    place=organization_of,
    save=one_by_one(Document, _save_document),
    undo=archive_document,
    rows=lambda organization_id: (
        Document.objects.live().filter(patient__organization_id=organization_id).select_related("folder")
    ),
)
