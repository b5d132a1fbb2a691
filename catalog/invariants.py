"""What must always be true of the catalogue, beyond its constraints."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F, Q

from catalog.models import Product, Service, ServiceAttachment, ServiceForm, ServiceProduct, ServiceSpecialist
from catalog.services.contents import FOLDER
from core import files
from core.invariants import Invariant


def _same(name: str) -> Q:
    """The condition that whatever `name` refers to belongs to the same organization."""
    return Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__organization_id": F("organization_id")})


def _services_differ() -> Iterable[int]:
    return Service.objects.exclude(_same("specialty") & _same("color")).values_list("pk", flat=True)


def _products_differ() -> Iterable[int]:
    same = _same("brand") & _same("product_type") & _same("category") & _same("unit")
    return Product.objects.exclude(same).values_list("pk", flat=True)


def _offers_differ() -> Iterable[int]:
    offers = ServiceSpecialist.objects.exclude(specialist__organization_id=F("service__organization_id"))
    return offers.values_list("pk", flat=True)


def _forms_differ() -> Iterable[int]:
    return ServiceForm.objects.exclude(form_template__organization_id=F("service__organization_id")).values_list(
        "pk", flat=True
    )


def _used_products_differ() -> Iterable[int]:
    return ServiceProduct.objects.exclude(product__organization_id=F("service__organization_id")).values_list(
        "pk", flat=True
    )


def _files_missing() -> Iterable[int]:
    there = files.names_in(FOLDER)
    rows = ServiceAttachment.objects.values_list("pk", "file").iterator()
    return (pk for pk, name in rows if name not in there)


FILES = [files.FileColumns(FOLDER, ServiceAttachment, size="file_size")]

INVARIANTS = [
    Invariant(
        "catalog.service_one_organization", "a service's specialty and color are its organization's", _services_differ
    ),
    Invariant("catalog.product_one_organization", "a product's lists are its organization's", _products_differ),
    Invariant("catalog.offer_one_organization", "who offers a service is of its organization", _offers_differ),
    Invariant("catalog.form_one_organization", "a service's forms are its organization's", _forms_differ),
    Invariant(
        "catalog.used_product_one_organization", "what a service uses up is its organization's", _used_products_differ
    ),
    Invariant("catalog.attachment_has_file", "an attachment's file is in the storage", _files_missing),
]
