"""The base of all querysets, and the filters of the history and of import runs."""

from __future__ import annotations

from typing import Any, Self, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import models

from core.actor import Actor
from core.errors import Missing
from core.permissions import CLINIC_ADMIN
from core.visibility import WhereInScope

M = TypeVar("M", bound=models.Model)


def missing(model: type[models.Model]) -> Missing:
    """Return the Missing error for a row that does not exist or that the actor may not see."""
    name = str(model._meta.verbose_name)
    return Missing(name[:1].upper() + name[1:], code=f"{model._meta.model_name}_not_found")


class ClinicQuerySet(models.QuerySet[M, M]):
    """The base of our querysets; every queryset whose rows leave the product starts with `visible_to`."""

    def __init__(self, model: type[M] | None = None, query: Any = None, **more: Any) -> None:
        super().__init__(model, query, **more)
        if query is None and model is not None:
            self.query.where = WhereInScope()

    def visible_to(self, actor: Actor) -> Self:
        """The rows `actor` may see; none, unless the model's queryset overrides it."""
        return self if actor.everything else self.none()

    def one(self, **lookup: Any) -> M:
        """Return the one row of `lookup`, or raise Missing, also for a row that the actor may not see."""
        try:
            return self.get(**lookup)
        except ObjectDoesNotExist:
            raise missing(self.model) from None


class AuditEntryQuerySet(ClinicQuerySet[Any]):
    """Entries of the history."""

    def visible_to(self, actor: Actor) -> Self:
        """Entries of the practices of clinic admins, and of their organizations' catalogue and patients."""
        if actor.everything:
            return self
        visible = models.Q(practice_id__in_scope=actor.practices(CLINIC_ADMIN))
        # Each by itself: for several SQLite would read what belongs to no practice of anybody.
        for organization in sorted(actor.organizations_as(CLINIC_ADMIN)):
            visible |= models.Q(practice_id=None, organization_id__in_scope=[organization])
        return self.filter(visible)

    def of(self, obj: models.Model) -> Self:
        """The history of one object, newest first; the caller has checked that the object is visible."""
        return self.filter(object_kind=obj._meta.label_lower, object_id=obj.pk).order_by("-id")


class ImportJobQuerySet(ClinicQuerySet[Any]):
    """Runs of imports."""

    def visible_to(self, actor: Actor) -> Self:
        """Imports into the organizations of clinic admins."""
        return self if actor.everything else self.filter(organization_id__in=actor.organizations_as(CLINIC_ADMIN))


class PatientLookQuerySet(ClinicQuerySet[Any]):
    """Records of who looked at whose data."""

    def visible_to(self, actor: Actor) -> Self:
        """Looks at patients of the organizations of clinic admins."""
        if actor.everything:
            return self
        return self.filter(look__organization_id__in_scope=actor.organizations_as(CLINIC_ADMIN))
