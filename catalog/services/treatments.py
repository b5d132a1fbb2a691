"""The verbs of services: create, change, archive, delete."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TypedDict

from catalog.models import (
    Service,
    ServiceAttachment,
    ServiceForm,
    ServiceProduct,
    ServiceSession,
    ServiceSpecialist,
)
from catalog.services.slugs import free_slug
from core import files
from core.actor import Actor
from core.db import Work, verb
from core.hanging import check_free_to_change
from core.values import assign
from directory.models import Organization
from directory.services import currency_of


class ServiceValues(TypedDict, total=False):
    """The columns of a service that may be set."""

    name: str
    slug: str
    description: str
    code: str
    category: str
    specialty_id: int | None
    color_id: int | None
    duration_minutes: int
    buffer_minutes: int
    buffer_before_minutes: int
    base_price: Decimal
    vat_percentage: Decimal
    vat_exemption: str
    currency: str
    is_addon: bool
    is_public: bool
    published: bool
    cover_url: str
    video_url: str
    telehealth_enabled: bool
    max_attendees: int
    booking_lead_hours: int
    sequence_number: int


@verb
def create_service(work: Work, *, organization_id: int, values: ServiceValues, by: Actor, at: datetime) -> Service:
    """Create a service; by default its slug is made of its name, its currency the first practice's.

    Conflict for a slug that the organization has already.
    """
    organization = Organization.objects.visible_to(by).one(pk=organization_id)
    by.require("catalog.create_service", organization_id=organization.pk)
    service = Service(organization=organization)
    assign(service, values, allowed=ServiceValues.__annotations__, by=by, organization_id=organization.pk)
    service.slug = service.slug or free_slug(Service, service.name, organization_id=organization.pk)
    service.currency = service.currency or currency_of(organization.pk)
    return work.create(service)


@verb
def change_service(
    work: Work,
    service_id: int,
    *,
    values: ServiceValues,
    leaving_slots: bool = False,
    by: Actor,
    at: datetime,
) -> Service:
    """Change some of a service's columns.

    InvalidInput for another code while slots ahead name the present one: they would no longer be offered for it.
    `leaving_slots`: that is meant.
    """
    service = own_service(service_id, permission="catalog.change_service", by=by)
    if not leaving_slots and service.code and values.get("code", service.code) != service.code:
        check_free_to_change(service, "code", by=by, at=at)
    assign(service, values, allowed=ServiceValues.__annotations__, by=by, organization_id=service.organization_id)
    return work.save(service)


@verb
def archive_service(work: Work, service_id: int, *, by: Actor, at: datetime) -> Service:
    """Archive a service: it can no longer be booked or seen; what refers to it stays. Twice keeps the first time."""
    service = own_service(service_id, permission="catalog.archive_service", by=by)
    service.archived_at = service.archived_at or at
    return work.save(service)


@verb
def restore_service(work: Work, service_id: int, *, by: Actor, at: datetime) -> Service:
    """Restore an archived service."""
    service = own_service(service_id, permission="catalog.restore_service", by=by)
    service.archived_at = None
    return work.save(service)


@verb
def delete_service(work: Work, service_id: int, *, by: Actor, at: datetime) -> None:
    """Delete a service that nothing refers to, with its offers, forms, files and protocol; else Conflict in_use."""
    service = own_service(service_id, permission="catalog.delete_service", by=by)
    for model in (ServiceSpecialist, ServiceForm, ServiceSession, ServiceProduct):
        for row in model._default_manager.filter(service_id=service.pk):
            work.delete(row)
    for attachment in ServiceAttachment.objects.filter(service_id=service.pk):
        work.on_commit(partial(files.remove, str(attachment.file.name)))
        work.delete(attachment)
    work.delete(service)


def own_service(service_id: int, *, permission: str, by: Actor) -> Service:
    """Return the service; Missing unless visible, Forbidden unless `by` has the permission in its organization."""
    service: Service = Service.objects.visible_to(by).one(pk=service_id)
    by.require(permission, organization_id=service.organization_id)
    return service
