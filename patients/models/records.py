"""What is kept with a patient's record: documents, and the fields that the clinic defined itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from core.constraints import known
from core.errors import InvalidInput, Text
from core.models import ClinicModel
from directory.named import Configuration
from directory.querysets import InOrganizationQuerySet
from patients.models.patient import Patient
from patients.querysets import OfPatientQuerySet
from patients.states import DocumentType, FieldObject, FieldType

check_technical_name = RegexValidator(r"^[a-zA-Z][a-zA-Z0-9_]*\Z", _("Letters, digits and _ only, a letter first."))

LONGEST_NUMBER = 30  # digits before or after the point

# Values are stored as a field of that type holds them, so these never change.
IMMUTABLE = ("object_type", "technical_name", "type")


class DocumentFolder(ClinicModel):
    """A folder of a patient's documents."""

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="folders", verbose_name=_("patient"))
    name = models.CharField(_("name"), max_length=255)

    objects = OfPatientQuerySet["DocumentFolder"].as_manager()

    class Meta:
        verbose_name = _("document folder")
        verbose_name_plural = _("document folders")
        constraints = [models.UniqueConstraint(fields=["patient", "name"], name="document_folder_unique")]

    def __str__(self) -> str:
        return self.name


class Document(ClinicModel):
    """A file of a patient, stored under a random name; `size` in bytes."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="documents", verbose_name=_("patient"))
    folder = models.ForeignKey(
        DocumentFolder, models.PROTECT, null=True, blank=True, related_name="documents", verbose_name=_("folder")
    )
    name = models.CharField(_("name"), max_length=255)
    type = models.CharField(
        _("kind"), max_length=64, choices=DocumentType, default=DocumentType.OTHER, db_default=DocumentType.OTHER
    )
    file = models.FileField(_("file"), max_length=255)
    content_type = models.CharField(_("content type"), max_length=100, editable=False)
    size = models.PositiveIntegerField(_("size"), editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    objects = OfPatientQuerySet["Document"].as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [known("document", "type", DocumentType)]
        indexes = [models.Index(fields=["patient", "created_at"], name="document_patient")]

    def __str__(self) -> str:
        return self.name


class CustomField(Configuration):
    """A field that the clinic defined; its technical name and type never change."""

    object_type = models.CharField(_("describes"), max_length=16, choices=FieldObject)
    label = models.CharField(_("label"), max_length=255)
    technical_name = models.CharField(_("technical name"), max_length=64, validators=[check_technical_name])
    type = models.CharField(_("holds"), max_length=32, choices=FieldType)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    sequence_number = models.PositiveSmallIntegerField(_("position"), null=True, blank=True)

    objects = InOrganizationQuerySet["CustomField"].as_manager()

    class Meta:
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "object_type", "technical_name"], name="custom_field_unique_name"
            ),
            known("custom_field", "object_type", FieldObject),
            known("custom_field", "type", FieldType),
        ]

    def __str__(self) -> str:
        return self.label

    def guard(self) -> None:
        """What it describes, its technical name and its type stay as they were; only a choice has choices."""
        problems: dict[str, Text] = {name: _t("never changes") for name in IMMUTABLE if name in self.changes()}
        if not isinstance(self.choices, list) or not all(isinstance(one, str) and one for one in self.choices):
            problems["choices"] = _t("must be a list of texts")
        elif bool(self.choices) != (self.type == FieldType.DROPDOWN):
            problems["choices"] = _t("are for a choice, and it needs some")
        if problems:
            raise InvalidInput(problems)

    def canonical(self, value: Any) -> str:
        """`value` as this field keeps it: a number without padding, a date as ISO 8601, yes or no as true or false.

        "" says nothing. Raises InvalidInput for `value` when it is not of the field's type.
        """
        try:
            return CANONICAL[FieldType(self.type)](value, self.choices)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            raise InvalidInput({"value": _t("is not a %(kind)s") % {"kind": self.get_type_display().lower()}}) from None


def _text(value: Any, _choices: list[str]) -> str:
    return str(value).strip()


def _number(value: Any, _choices: list[str]) -> str:
    text = str(value).strip()
    number = Decimal(text or 0)
    if isinstance(value, bool) or not number.is_finite() or abs(number.adjusted()) > LONGEST_NUMBER:
        raise ValueError(value)
    return text and f"{number.normalize():f}"


def _date(value: Any, _choices: list[str]) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    text = str(value).strip()
    if text and date.fromisoformat(text).isoformat() != text:
        raise ValueError(value)
    return text


def _checkbox(value: Any, _choices: list[str]) -> str:
    return {"true": "true", "1": "true", "false": "false", "0": "false", "": ""}[str(value).strip().lower()]


def _choice(value: Any, choices: list[str]) -> str:
    if value not in ("", *choices):
        raise ValueError(value)
    return str(value)


CANONICAL: dict[FieldType, Callable[[Any, list[str]], str]] = {
    FieldType.SINGLE_LINE_TEXT: _text,
    FieldType.NUMBER: _number,
    FieldType.DATE: _date,
    FieldType.SINGLE_CHECKBOX: _checkbox,
    FieldType.DROPDOWN: _choice,
}


class CustomFieldValue(ClinicModel):
    """What a custom field says of one patient, as canonical text of the field's type."""

    field = models.ForeignKey(CustomField, models.CASCADE, related_name="values", verbose_name=_("field"))
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="custom_values", verbose_name=_("patient"))
    value = models.CharField(_("value"), max_length=500)

    objects = OfPatientQuerySet["CustomFieldValue"].as_manager()

    class Meta:
        verbose_name = _("custom value")
        verbose_name_plural = _("custom values")
        constraints = [models.UniqueConstraint(fields=["field", "patient"], name="custom_value_unique")]
        indexes = [models.Index(fields=["field", "value"], name="custom_value_value")]

    def __str__(self) -> str:
        return f"{self.field}: {self.value}"
