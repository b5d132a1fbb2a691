"""`Named`: the base of every small list of an organization (specialties, brands, sources)."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import ClinicModel

NAME_TAKEN = _("There is already one with this name.")


class Configuration(ClinicModel):
    """A row of an organization that clinic admins change, by `directory.services.configure` alone."""

    organization = models.ForeignKey(
        "directory.Organization", models.PROTECT, verbose_name=_("organization"), related_name="+"
    )

    class Meta:
        abstract = True

    def guard(self) -> None:
        """Raise InvalidInput for what no field and no constraint can check; called before each write."""


class Named(Configuration):
    """A name that is unique among the live ones of its organization and can be archived."""

    name = models.CharField(_("name"), max_length=255)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


def unique_live_name(table: str, *scope: str) -> models.UniqueConstraint:
    """The constraint that a name is unique among live rows of `scope` (default: the organization)."""
    fields: Any = [*(scope or ("organization",)), "name"]
    return models.UniqueConstraint(
        fields=fields,
        condition=models.Q(archived_at=None),
        name=f"{table}_unique_live_name",
        violation_error_message=NAME_TAKEN,
    )
