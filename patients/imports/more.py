"""What belongs to patients: further numbers, documents, the clinic's own fields and what they say."""

from __future__ import annotations

from typing import Any

from django.core.files.base import File
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from core.db import Work
from core.errors import InvalidInput
from core.imports import (
    Column,
    ImportKind,
    Refers,
    Scope,
    list_of_ids,
    one_by_one,
    one_of,
    picked,
    text_up_to,
    whole,
    yes_or_no,
)
from directory.imports import organization_of
from patients.imports.records import PATIENT
from patients.models import CustomField, CustomFieldValue, Document, PhoneNumber
from patients.services import (
    add_document,
    add_phone,
    change_custom_field,
    change_phone,
    define_custom_field,
    delete_custom_field,
    set_custom_value,
)
from patients.states import DocumentType, FieldObject, FieldType, PhoneType

CUSTOM_FIELD = Refers(model=CustomField, keys=("technical_name", "label"))

OF_PATIENT = Column(
    name="patient",
    help=_("By external id or e-mail address."),
    parse=text_up_to(255),
    required=True,
    stored=False,
    refers=PATIENT,
)


def _save_phone(work: Work, obj: PhoneNumber | None, values: dict[str, Any], scope: Scope) -> PhoneNumber:
    told: Any = picked(values, "prefix", "number", "label", "phone_type", "sms_enabled")
    if obj is None:
        return add_phone(values["patient"], values=told, by=work.by, at=work.at)
    return change_phone(obj.pk, values=told, by=work.by, at=work.at)


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
    rows=lambda organization_id: CustomField.objects.filter(organization_id=organization_id),
)

CUSTOM_VALUES = ImportKind(
    name="custom-values",
    help=_("What the clinic's own fields say of patients."),
    verb="patients.import_custom_values",
    may="patients.set_custom_value",
    model=CustomFieldValue,
    columns=(
        OF_PATIENT,
        Column(
            name="field",
            help=_("By external id, technical name or label."),
            parse=text_up_to(255),
            required=True,
            stored=False,
            refers=CUSTOM_FIELD,
        ),
        Column(name="value", help="", parse=text_up_to(500), required=True, stored=False),
    ),
    place=organization_of,
    save=one_by_one(CustomFieldValue, _save_custom_value),
    rows=lambda organization_id: CustomFieldValue.objects.filter(patient__organization_id=organization_id),
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
    rows=lambda organization_id: (
        Document.objects.live().filter(patient__organization_id=organization_id).select_related("folder")
    ),
)
