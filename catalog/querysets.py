"""Filters of the catalogue: staff see everything of their organizations, everyone else what is public."""

from __future__ import annotations

from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from core.actor import Actor
from core.money import ComputedMoneyField
from core.querysets import ClinicQuerySet

M = TypeVar("M", bound=models.Model)

PUBLIC_SERVICE = {"published": True, "is_public": True, "archived_at": None}


def price_of(service: Any, specialist: Any, base_price: Any) -> Coalesce:
    """The price of a service with a specialist: their own where they offer it now and have one, else the base price.

    Each is a value, or an expression of the query that this goes into.
    """
    from catalog.models import ServiceSpecialist

    offers = ServiceSpecialist.objects.filter(
        service=service, specialist=specialist, is_active=True, custom_price__isnull=False
    )
    return Coalesce(Subquery(offers.values("custom_price")[:1]), base_price, output_field=ComputedMoneyField())


class ServiceQuerySet(ClinicQuerySet[Any]):
    """Services."""

    def live(self) -> Self:
        """Services that are not archived."""
        return self.filter(archived_at=None)

    def with_code_out_of_use(self) -> Self:
        """Archived services whose code no live service of their organization has: their slots cannot be booked."""
        same = self.model._default_manager.live().filter(organization=OuterRef("organization"), code=OuterRef("code"))
        return self.filter(~Exists(same), archived_at__isnull=False).exclude(code="")

    def public(self) -> Self:
        """Services that a visitor may see: published, public, and not archived."""
        return self.filter(**PUBLIC_SERVICE)

    def offered_by(self, specialist_id: int) -> Self:
        """Services that a specialist offers now, and those without any specialist."""
        from catalog.models import ServiceSpecialist

        offers = ServiceSpecialist.objects.filter(service=OuterRef("pk"), is_active=True)
        return self.filter(Exists(offers.filter(specialist=specialist_id)) | ~Exists(offers))

    def with_price_of(self, specialist_id: int | None) -> Self:
        """Add `price`: the specialist's own if they offer the service now and have one, else the service's."""
        return self.annotate(price=price_of(OuterRef("pk"), specialist_id or 0, F("base_price")))

    def visible_to(self, actor: Actor) -> Self:
        """Staff see their organizations' services; patients and visitors the public ones of theirs."""
        if actor.everything:
            return self
        staff = Q(organization_id__in=actor.organizations_as())
        return self.filter(staff | Q(organization_id__in=actor.organization_ids, **PUBLIC_SERVICE))


class OfServiceQuerySet(ClinicQuerySet[M]):
    """Rows that belong to a service."""

    def visible_to(self, actor: Actor) -> Self:
        """Rows whose service the actor may see."""
        if actor.everything:
            return self
        public = {f"service__{name}": value for name, value in PUBLIC_SERVICE.items()}
        staff = Q(service__organization_id__in=actor.organizations_as())
        return self.filter(staff | Q(service__organization_id__in=actor.organization_ids, **public))


class ProductQuerySet(ClinicQuerySet[Any]):
    """Products."""

    def live(self) -> Self:
        """Products that are not archived."""
        return self.filter(archived_at=None)

    def low_in_stock(self) -> Self:
        """Products on sale with less stock than they should have; uncounted ones are never low."""
        return self.live().filter(is_active=True, stock_level__lt=F("critical_stock_level"))

    def visible_to(self, actor: Actor) -> Self:
        """Staff see their organizations' products; patients and visitors those on sale."""
        if actor.everything:
            return self
        staff = Q(organization_id__in=actor.organizations_as())
        return self.filter(staff | Q(organization_id__in=actor.organization_ids, is_active=True, archived_at=None))
