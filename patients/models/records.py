"""What is kept with a patient's record: documents, and the fields that the clinic defined itself."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.constraints import known
from core.models import ClinicModel
from directory.models import Archive
from directory.querysets import InArchiveQuerySet
from patients.models.patient import Patient
from patients.querysets import OfPatientQuerySet
from patients.states import DocumentType, FieldObject, FieldType

check_technical_name = RegexValidator(r"^[a-zA-Z][a-zA-Z0-9_]*\Z", _("Letters, digits and _ only, a letter first."))


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


class CustomField(ClinicModel):
    """A field that the clinic defined; its technical name and type never change."""

    archive = models.ForeignKey(Archive, models.PROTECT, related_name="+", verbose_name=_("archive"))
    object_type = models.CharField(_("describes"), max_length=16, choices=FieldObject)
    label = models.CharField(_("label"), max_length=255)
    technical_name = models.CharField(_("technical name"), max_length=64, validators=[check_technical_name])
    type = models.CharField(_("holds"), max_length=32, choices=FieldType)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    sequence_number = models.PositiveSmallIntegerField(_("position"), null=True, blank=True)

    objects = InArchiveQuerySet["CustomField"].as_manager()

    class Meta:
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        constraints = [
            models.UniqueConstraint(
                fields=["archive", "object_type", "technical_name"], name="custom_field_unique_name"
            ),
            known("custom_field", "object_type", FieldObject),
            known("custom_field", "type", FieldType),
        ]

    def __str__(self) -> str:
        return self.label


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
