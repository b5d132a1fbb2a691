"""Alerts about a patient, which staff see before anything else."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.constraints import known
from core.models import ClinicModel
from core.plain_text import PlainTextField
from patients.models.patient import Patient
from patients.querysets import AlertQuerySet
from patients.states import AlertKind


class PatientAlert(ClinicModel):
    """A warning about a patient, shown to staff only, until somebody ends it. Debts are not stored here but summed."""

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="alerts", verbose_name=_("patient"))
    kind = models.CharField(_("kind"), max_length=16, choices=AlertKind)
    text = PlainTextField(_("text"), max_length=255)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("by"),
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True, editable=False)

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            known("patient_alert", "kind", AlertKind),
            models.CheckConstraint(condition=~Q(text=""), name="patient_alert_says_something"),
        ]
        indexes = [
            models.Index(fields=["patient", "created_at"], name="patient_alert_patient"),
            models.Index(fields=["created_at", "id"], name="patient_alert_created"),
            models.Index(fields=["kind", "created_at", "id"], name="patient_alert_kind"),
            models.Index(
                fields=["created_at", "id"], name="patient_alert_standing", condition=Q(ended_at__isnull=True)
            ),
            models.Index(fields=["text"], name="patient_alert_text"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text}"
