"""Programs connected to practices: the state of each connection, and what the program shows there."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.constraints import known
from core.models import ClinicModel
from directory.models.places import Organization, Practice
from directory.querysets import InPracticeQuerySet, UIElementQuerySet
from directory.states import IntegrationStatus


class AppIntegration(ClinicModel):
    """The state of a program's connection with a practice.

    `app` is the program's OAuth client id, or `key:<id>` of its API key.
    """

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="integrations", verbose_name=_("practice"))
    app = models.CharField(_("program"), max_length=100)
    status = models.CharField(_("status"), max_length=8, choices=IntegrationStatus)

    objects = InPracticeQuerySet["AppIntegration"].as_manager()

    class Meta:
        verbose_name = _("connected program")
        verbose_name_plural = _("connected programs")
        constraints = [
            models.UniqueConstraint(fields=["practice", "app"], name="app_integration_unique"),
            known("app_integration", "status", IntegrationStatus),
        ]

    def __str__(self) -> str:
        return f"{self.app} · {self.practice}"


class UIElement(ClinicModel):
    """Titles and values that a program shows under a name, in one practice or in all that have none of their own."""

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="ui_elements", verbose_name=_("organization")
    )
    practice = models.ForeignKey(
        Practice, models.CASCADE, null=True, blank=True, related_name="ui_elements", verbose_name=_("practice")
    )
    app = models.CharField(_("program"), max_length=100)
    name = models.CharField(_("name"), max_length=100)
    items = models.JSONField(_("titles and values"), default=list, blank=True)

    objects = UIElementQuerySet.as_manager()

    class Meta:
        verbose_name = _("element of a connected program")
        verbose_name_plural = _("elements of connected programs")
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "app", "name"], condition=Q(practice__isnull=False), name="ui_element_of_practice"
            ),
            models.UniqueConstraint(
                fields=["organization", "app", "name"], condition=Q(practice=None), name="ui_element_of_organization"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.app} · {self.name}"
