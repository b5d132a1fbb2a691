"""Documents in a patient's record, and the folders that hold them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.constraints import known
from core.models import ClinicModel
from core.plain_text import PlainTextField
from patients.models.patient import Patient
from patients.querysets import OfPatientQuerySet
from patients.states import DocumentType


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
    name = PlainTextField(_("name"), max_length=255)
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
        indexes = [
            models.Index(fields=["patient", "created_at"], name="document_patient"),
            models.Index(fields=["created_at", "id"], name="document_created"),
            models.Index(fields=["type", "created_at", "id"], name="document_type"),
            models.Index(fields=["created_at", "id"], name="document_archived", condition=Q(archived_at__isnull=False)),
            models.Index(fields=["name"], name="document_name"),
        ]

    def __str__(self) -> str:
        return self.name
