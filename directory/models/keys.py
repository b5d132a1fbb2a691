"""API keys."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import ClinicModel
from directory.models.places import Practice
from directory.querysets import ApiKeyQuerySet


class ApiKey(ClinicModel):
    """A program's credential, shown once and stored as a prefix and the SHA-256 of the whole.

    It narrows its owner: to `practice`, to `scopes` (empty: all of the owner's rights).
    """

    BEGINS = "ck_"
    PREFIX_LENGTH = 12
    SEEN_EVERY = timedelta(minutes=5)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_keys", verbose_name=_("owner"))
    practice = models.ForeignKey(
        Practice, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("only for practice")
    )
    label = models.CharField(_("label"), max_length=100, blank=True)
    scopes = models.JSONField(_("only for scopes"), default=list, blank=True)
    prefix = models.CharField(_("begins with"), max_length=PREFIX_LENGTH, editable=False)
    key_hash = models.CharField(max_length=64, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    last_address = models.GenericIPAddressField(_("last used from"), null=True, blank=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [models.UniqueConstraint(fields=["key_hash"], name="api_key_unique")]

    def __str__(self) -> str:
        return f"{self.prefix}… {self.label}".strip()

    @staticmethod
    def hashed(key: str) -> str:
        """Return the digest under which a key is stored. Keys are random and long, so a plain digest is enough."""
        return hashlib.sha256(key.encode()).hexdigest()

    @classmethod
    def draw(cls) -> str:
        """Return a new random key: `ck_` and 43 URL-safe characters."""
        return f"{cls.BEGINS}{secrets.token_urlsafe(32)}"

    def hold(self, key: str) -> Self:
        """Store the prefix and the digest of `key` in this row; the key itself is not kept."""
        self.prefix, self.key_hash = key[: self.PREFIX_LENGTH], self.hashed(key)
        return self

    @property
    def carried_as(self) -> str:
        """The key's name in the history."""
        return f"key:{self.pk}"

    def revoke(self, *, at: datetime) -> None:
        """Revoke the key from now on; revoking twice keeps the first time."""
        self.revoked_at = self.revoked_at or at
