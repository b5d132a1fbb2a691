"""What every queryset of ours can do, and who may read the audit."""

from __future__ import annotations

from typing import Any, Self, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import models

from core.actor import Actor
from core.errors import Missing
from core.permissions import CLINIC_ADMIN

M = TypeVar("M", bound=models.Model)


def missing(model: type[models.Model]) -> Missing:
    """That there is no such row, or none that the actor may see."""
    name = str(model._meta.verbose_name)
    return Missing(name[:1].upper() + name[1:], code=f"{model._meta.model_name}_not_found")


class ClinicQuerySet(models.QuerySet[M, M]):
    """Rows that an actor may see: whatever leaves the building starts with `visible_to`."""

    def visible_to(self, actor: Actor) -> Self:
        """The rows `actor` may see; each model's queryset widens this from nothing."""
        return self if actor.everything else self.none()

    def one(self, **lookup: Any) -> M:
        """The one row of `lookup`, or Missing: another's row looks like one that does not exist."""
        try:
            return self.get(**lookup)
        except ObjectDoesNotExist:
            raise missing(self.model) from None


class AuditEntryQuerySet(ClinicQuerySet[Any]):
    """The history."""

    def visible_to(self, actor: Actor) -> Self:
        """Clinic admins read the history of their practices, and of their organizations' catalogue and patients."""
        if actor.everything:
            return self
        return self.filter(
            models.Q(practice_id__in=actor.practices(CLINIC_ADMIN))
            | models.Q(practice_id=None, organization_id__in=actor.organizations_as(CLINIC_ADMIN))
        )

    def of(self, obj: models.Model) -> Self:
        """The history of one object, newest first; the object itself must have been visible."""
        return self.filter(object_kind=obj._meta.label_lower, object_id=obj.pk).order_by("-id")


class ImportJobQuerySet(ClinicQuerySet[Any]):
    """Runs of imports."""

    def visible_to(self, actor: Actor) -> Self:
        """Clinic admins see what was imported into their organizations."""
        return self if actor.everything else self.filter(organization_id__in=actor.organizations_as(CLINIC_ADMIN))


class PatientLookQuerySet(ClinicQuerySet[Any]):
    """Who looked."""

    def visible_to(self, actor: Actor) -> Self:
        """Clinic admins read who looked at the patients of their organizations."""
        if actor.everything:
            return self
        return self.filter(look__organization_id__in=actor.organizations_as(CLINIC_ADMIN))
