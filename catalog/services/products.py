"""The verbs of products: create, change, archive, delete."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from catalog.models import Product
from catalog.services.slugs import free_slug
from core.actor import Actor
from core.db import Work, verb
from core.values import assign
from directory.models import Organization
from directory.services import currency_of


class ProductValues(TypedDict, total=False):
    """The columns of a product that may be set."""

    name: str
    slug: str
    description: str
    full_name: str
    invoice_name: str
    price: Decimal
    currency: str
    tax_rate: Decimal
    vat_exemption: str
    is_active: bool
    brand_id: int | None
    product_type_id: int | None
    category_id: int | None
    unit_id: int | None
    barcode: str
    box_quantity: str
    unit_volume: str
    critical_stock_level: int | None
    stock_level: int | None


@verb
def create_product(work: Work, *, organization_id: int, values: ProductValues, by: Actor, at: datetime) -> Product:
    """Create a product; by default its slug is made of its name, its currency the first practice's.

    Conflict for a slug that the organization has already.
    """
    organization = Organization.objects.visible_to(by).one(pk=organization_id)
    by.require("catalog.create_product", organization_id=organization.pk)
    product = Product(organization=organization)
    assign(product, values, allowed=ProductValues.__annotations__, by=by, organization_id=organization.pk)
    product.slug = product.slug or free_slug(Product, product.name, organization_id=organization.pk)
    product.currency = product.currency or currency_of(organization.pk)
    return work.create(product)


@verb
def change_product(work: Work, product_id: int, *, values: ProductValues, by: Actor, at: datetime) -> Product:
    """Change some of a product's columns. Orders keep the price they were placed at."""
    product = _own(product_id, permission="catalog.change_product", by=by)
    assign(product, values, allowed=ProductValues.__annotations__, by=by, organization_id=product.organization_id)
    return work.save(product)


@verb
def archive_product(work: Work, product_id: int, *, by: Actor, at: datetime) -> Product:
    """Archive a product: nobody can order it any more. Archiving it again keeps the first time."""
    product = _own(product_id, permission="catalog.archive_product", by=by)
    product.archived_at = product.archived_at or at
    return work.save(product)


@verb
def restore_product(work: Work, product_id: int, *, by: Actor, at: datetime) -> Product:
    """Restore an archived product."""
    product = _own(product_id, permission="catalog.restore_product", by=by)
    product.archived_at = None
    return work.save(product)


@verb
def delete_product(work: Work, product_id: int, *, by: Actor, at: datetime) -> None:
    """Delete a product that no order, plan or service refers to; else Conflict in_use."""
    work.delete(_own(product_id, permission="catalog.delete_product", by=by))


def _own(product_id: int, *, permission: str, by: Actor) -> Product:
    product: Product = Product.objects.visible_to(by).one(pk=product_id)
    by.require(permission, organization_id=product.organization_id)
    return product
