"""Stored first replies, so that a request sent twice has its effect once."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import Stored
from core.querysets import ClinicQuerySet


class IdempotencyKey(Stored):
    """The first reply to a creating request, under the key that its sender chose; committed with what it made.

    `principal` is the credential it came with, `fingerprint` the SHA-256 of method, path and body; `status` is null
    only while the request is being answered. `object_kind` and `object_id` name what was made.
    """

    principal = models.CharField(_("principal"), max_length=64)
    key = models.CharField(_("key"), max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    headers = models.JSONField(default=dict, blank=True)
    body = models.BinaryField(default=b"")
    object_kind = models.CharField(max_length=50, blank=True)
    object_id = models.BigIntegerField(null=True, blank=True)

    objects = ClinicQuerySet["IdempotencyKey"].as_manager()

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(fields=["principal", "key"], name="idempotency_key_unique")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_key_created")]

    def __str__(self) -> str:
        return f"{self.principal} {self.key}"
