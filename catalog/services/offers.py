"""The verbs of offers: which specialists offer a service, and at what price."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from catalog.models import Service, ServiceSpecialist
from catalog.services.treatments import own_service
from core.actor import Actor
from core.db import Work, verb
from core.values import assign


class OfferValues(TypedDict, total=False):
    """The columns of an offer that may be set."""

    is_active: bool
    custom_price: Decimal | None
    priority: int


def price_for(service: Service, specialist_id: int | None) -> Decimal:
    """Return the specialist's own price of the service if they offer it now and have one, else the service's."""
    price: Decimal = Service.objects.with_price_of(specialist_id).values_list("price", flat=True).get(pk=service.pk)
    return price


@verb
def assign_specialist(
    work: Work,
    service_id: int,
    *,
    specialist_id: int,
    is_active: bool = True,
    custom_price: Decimal | None = None,
    priority: int = 1,
    by: Actor,
    at: datetime,
) -> ServiceSpecialist:
    """Let a specialist of the organization offer the service; Conflict if they already do."""
    service = own_service(service_id, permission="catalog.assign_specialist", by=by)
    offer = ServiceSpecialist(service=service)
    values = {
        "specialist_id": specialist_id,
        "is_active": is_active,
        "custom_price": custom_price,
        "priority": priority,
    }
    assign(offer, values, allowed=values, by=by, organization_id=service.organization_id)
    return work.create(offer)


@verb
def change_offer(
    work: Work, service_id: int, specialist_id: int, *, values: OfferValues, by: Actor, at: datetime
) -> ServiceSpecialist:
    """Change whether a specialist offers the service now, at what price, and with what priority."""
    service = own_service(service_id, permission="catalog.change_offer", by=by)
    offer: ServiceSpecialist = ServiceSpecialist.objects.filter(service=service).one(specialist_id=specialist_id)
    assign(offer, values, allowed=OfferValues.__annotations__, by=by, organization_id=service.organization_id)
    return work.save(offer)


@verb
def remove_specialist(work: Work, service_id: int, specialist_id: int, *, by: Actor, at: datetime) -> None:
    """Remove a specialist from those who offer the service."""
    service = own_service(service_id, permission="catalog.remove_specialist", by=by)
    work.delete(ServiceSpecialist.objects.filter(service=service).one(specialist_id=specialist_id))
