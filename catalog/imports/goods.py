"""The import of services, of who offers them at what price, and of products."""

from __future__ import annotations

from datetime import datetime
from html import unescape
from typing import Any

from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _

from catalog.models import Brand, Product, ProductCategory, ProductType, Service, ServiceSpecialist, Unit
from catalog.services import (
    archive_product,
    archive_service,
    assign_specialist,
    change_offer,
    change_product,
    change_service,
    create_product,
    create_service,
    delete_product,
    delete_service,
    remove_specialist,
    restore_product,
    restore_service,
)
from catalog.states import Category
from core.actor import Actor
from core.db import Work
from core.imports import (
    Column,
    From,
    ImportKind,
    Layout,
    Refers,
    Scope,
    amount,
    list_of_ids,
    minutes,
    one_by_one,
    one_of,
    picked,
    reference,
    text_up_to,
    valid_for,
    whole,
    yes_or_no,
)
from core.iso import check_currency
from directory.imports import ARCHIVED, NAME, SPECIALIST, SPECIALTY, configured_kind, organization_of
from directory.models import Color
from directory.services import change_specialist

SERVICE = Refers(model=Service, keys=("slug", "name"))
PRODUCT = Refers(model=Product, keys=("slug", "barcode", "name"))

CURRENCY = Column(
    name="currency",
    help=_("Three letters, ISO 4217; otherwise the first practice's."),
    parse=valid_for(check_currency, rewrite=str.upper),
)
BRAND = Refers(model=Brand, keys=("name",))
PRODUCT_TYPE = Refers(model=ProductType, keys=("name",))
PRODUCT_CATEGORY = Refers(model=ProductCategory, keys=("name",))
UNIT = Refers(model=Unit, keys=("name", "code"))
COLOR = Refers(model=Color, keys=("name",))
SERVICE_VALUES = (
    "name", "slug", "description", "code", "category", "duration_minutes", "buffer_minutes", "buffer_before_minutes",
    "base_price", "vat_percentage", "vat_exemption", "currency", "is_addon", "is_public", "published", "cover_url",
    "video_url", "telehealth_enabled", "max_attendees", "booking_lead_hours", "sequence_number",
)  # fmt: skip
PRODUCT_VALUES = (
    "name", "slug", "description", "full_name", "invoice_name", "price", "currency", "tax_rate", "vat_exemption",
    "is_active", "barcode", "box_quantity", "unit_volume", "critical_stock_level", "stock_level",
)  # fmt: skip

PRODUCT_LISTS = ("brand", "product_type", "category", "unit")


def _save_service(work: Work, obj: Service | None, values: dict[str, Any], scope: Scope) -> Service:
    told: Any = picked(values, *SERVICE_VALUES, keys={"specialty": "specialty_id", "color": "color_id"})
    _leave_unsaid(told, "slug", "currency")
    if obj is None:
        service = create_service(organization_id=scope.organization_id, values=told, by=work.by, at=work.at)
    else:
        service = change_service(obj.pk, values=told, by=work.by, at=work.at)
    present = set(ServiceSpecialist.objects.filter(service=service).values_list("specialist_id", flat=True))
    for specialist_id in values.get("specialists") or ():
        if specialist_id not in present:
            assign_specialist(service.pk, specialist_id=specialist_id, by=work.by, at=work.at)
    away: Service = _set_away(work, service, values, archive_service, restore_service)
    return away


def _save_offer(work: Work, obj: ServiceSpecialist | None, values: dict[str, Any], scope: Scope) -> ServiceSpecialist:
    told: Any = picked(values, "is_active", "custom_price", "priority")
    service_id, specialist_id = values["service"], values["specialist"]
    offers = ServiceSpecialist.objects.filter(service_id=service_id, specialist_id=specialist_id)
    if obj is None and not offers.exists():
        offer = assign_specialist(service_id, specialist_id=specialist_id, by=work.by, at=work.at, **told)
    else:
        offer = change_offer(service_id, specialist_id, values=told, by=work.by, at=work.at)
    if values.get("is_default"):
        change_specialist(specialist_id, values={"default_service_id": service_id}, by=work.by, at=work.at)
    return offer


def _remove_offer(pk: int, *, by: Actor, at: datetime) -> None:
    offer = ServiceSpecialist.objects.get(pk=pk)
    remove_specialist(offer.service_id, offer.specialist_id, by=by, at=at)


def _save_product(work: Work, obj: Product | None, values: dict[str, Any], scope: Scope) -> Product:
    told: Any = picked(values, *PRODUCT_VALUES, keys={name: f"{name}_id" for name in PRODUCT_LISTS})
    _leave_unsaid(told, "slug", "currency")
    if obj is None:
        product = create_product(organization_id=scope.organization_id, values=told, by=work.by, at=work.at)
    else:
        product = change_product(obj.pk, values=told, by=work.by, at=work.at)
    away: Product = _set_away(work, product, values, archive_product, restore_product)
    return away


def _leave_unsaid(told: dict[str, Any], *names: str) -> None:
    """Drop empty cells, so that the verb uses its defaults."""
    for name in names:
        if not told.get(name):
            told.pop(name, None)


def _set_away(work: Work, obj: Any, values: dict[str, Any], archive: Any, restore: Any) -> Any:
    """Archive the object as of the row's day, or restore it if the cell is empty."""
    if "archived_at" not in values or values["archived_at"] == obj.archived_at:
        return obj
    away = values["archived_at"]
    stored = (restore if away is None else archive)(obj.pk, by=work.by, at=work.at)
    stored.archived_at = away
    return work.save(stored)


SERVICES = ImportKind(
    name="services",
    help=_("Treatments with their duration and price, and who offers them."),
    verb="catalog.import_services",
    may="catalog.create_service",
    model=Service,
    columns=(
        Column(name="name", help="", required=True),
        Column(name="slug", help=_("Unique in the organization; made of the name where it is empty.")),
        Column(name="description", help=""),
        Column(name="code", help=_("Shared by the services that one kind of slot serves.")),
        Column(
            name="category",
            help=_("consultation, therapy, examination or procedure."),
            parse=one_of({word: word for word in Category.values}),
            required=True,
        ),
        Column(
            name="specialty",
            help=_("By external id or name."),
            parse=text_up_to(255),
            blank=None,
            stored=False,
            refers=SPECIALTY,
        ),
        reference("color", COLOR, _("Of the calendar, by external id or name.")),
        Column(name="duration_minutes", help=_("As 45 or 1:30."), parse=minutes, required=True),
        Column(name="buffer_minutes", help=_("The pause behind it."), parse=minutes, blank=0),
        Column(name="buffer_before_minutes", help=_("The pause before it."), parse=minutes, blank=0),
        Column(name="base_price", help=_("As 120.00."), parse=amount, required=True),
        Column(name="vat_percentage", help="", parse=amount, blank=0),
        Column(name="vat_exemption", help=""),
        CURRENCY,
        Column(name="is_addon", help=_("yes or no."), parse=yes_or_no, blank=False),
        Column(name="is_public", help=_("Patients see it: yes or no."), parse=yes_or_no, blank=False),
        Column(name="published", help=_("yes or no."), parse=yes_or_no, blank=False),
        Column(name="cover_url", help=""),
        Column(name="video_url", help=""),
        Column(name="telehealth_enabled", help=_("yes or no."), parse=yes_or_no, blank=False),
        Column(name="max_attendees", help=_("In a group."), parse=whole, blank=1),
        Column(name="booking_lead_hours", help=_("Booked ahead, hours."), parse=whole, blank=0),
        Column(name="sequence_number", help=_("Its place in lists."), parse=whole, blank=0),
        Column(
            name="specialists",
            help=_("Who offers it, separated by semicolons; added, never taken away."),
            parse=list_of_ids,
            blank=(),
            stored=False,
            refers=SPECIALIST,
            exported=False,
        ),
        ARCHIVED,
    ),
    place=organization_of,
    save=one_by_one(Service, _save_service),
    undo=delete_service,
    rows=lambda organization_id: Service.objects.filter(organization_id=organization_id),
    layouts={
        "synthea": Layout(
            name="synthea",
            help="procedures.csv",
            columns={
                "external_id": From("CODE"),
                "code": From("CODE"),
                "name": From("DESCRIPTION"),
                "base_price": From("BASE_COST"),
            },
            defaults={"category": "procedure", "duration_minutes": "15"},
            unread=frozenset({"START", "STOP", "PATIENT", "ENCOUNTER", "REASONCODE", "REASONDESCRIPTION"}),
            repeats=True,
        )
    },
)

OFFERS = ImportKind(
    name="offers",
    help=_("Which specialist offers which service, at what price of their own."),
    verb="catalog.import_offers",
    may="catalog.assign_specialist",
    model=ServiceSpecialist,
    columns=(
        reference("service", SERVICE, _("By external id, slug or name."), required=True),
        reference("specialist", SPECIALIST, _("By external id or full name."), required=True),
        Column(name="custom_price", help=_("Empty: the service's."), parse=amount, blank=None),
        Column(name="is_active", help=_("Offers it now: yes or no."), parse=yes_or_no, blank=True),
        Column(name="priority", help="", parse=whole, blank=1),
        Column(
            name="is_default",
            help=_("What a visit with them is, if nothing else is said: yes or no."),
            parse=yes_or_no,
            blank=False,
            stored=False,
            write=lambda offer: offer.specialist.default_service_id == offer.service_id,
        ),
    ),
    place=organization_of,
    save=one_by_one(ServiceSpecialist, _save_offer),
    undo=_remove_offer,
    rows=lambda organization_id: ServiceSpecialist.objects.filter(
        service__organization_id=organization_id
    ).select_related("specialist"),
)


def _is_on_sale(text: str) -> str:
    """Whether WooCommerce sells the product: never for types that only group others; else as Published says."""
    word = text.casefold().partition(",")[0]
    if word.startswith(("variable", "grouped", "external")):
        return "no"
    return {"1": "yes", "0": "no", "-1": "no"}.get(word, "")


def _without_markup(text: str) -> str:
    """Turn a description that WooCommerce wrote as escaped HTML into plain text."""
    return unescape(strip_tags(text.replace("\\n", "\n")))


PRODUCTS = ImportKind(
    name="products",
    help=_("Goods that are sold or used."),
    verb="catalog.import_products",
    may="catalog.create_product",
    model=Product,
    columns=(
        Column(name="name", help="", required=True),
        Column(name="slug", help=_("Unique in the organization; made of the name where it is empty.")),
        Column(name="description", help=""),
        Column(name="full_name", help=""),
        Column(name="invoice_name", help=""),
        Column(name="price", help=_("As 40.00."), parse=amount, required=True),
        CURRENCY,
        Column(name="tax_rate", help=_("In percent."), parse=amount, blank=0),
        Column(name="vat_exemption", help=""),
        Column(name="is_active", help=_("On sale: yes or no."), parse=yes_or_no, blank=True),
        reference("brand", BRAND, _("By external id or name.")),
        reference("product_type", PRODUCT_TYPE, _("Likewise.")),
        reference("category", PRODUCT_CATEGORY, _("Likewise.")),
        reference("unit", UNIT, _("By external id, name or code.")),
        Column(name="barcode", help=""),
        Column(name="box_quantity", help=""),
        Column(name="unit_volume", help=""),
        Column(name="critical_stock_level", help="", parse=whole, blank=None),
        Column(name="stock_level", help=_("Empty: not counted."), parse=whole, blank=None),
        ARCHIVED,
    ),
    place=organization_of,
    save=one_by_one(Product, _save_product),
    undo=delete_product,
    rows=lambda organization_id: Product.objects.filter(organization_id=organization_id),
    layouts={
        "woocommerce": Layout(
            name="woocommerce",
            help=_("the products' export"),
            columns={
                "external_id": From("ID"),
                "name": From("Name"),
                "description": From("Description", "Short description", convert=_without_markup),
                "price": From("Regular price", "Sale price"),
                "is_active": From("Type", "Published", convert=_is_on_sale),
                "barcode": From("GTIN, UPC, EAN, or ISBN", "SKU"),
                "stock_level": From("Stock"),
                "critical_stock_level": From("Low stock amount"),
            },
            defaults={"price": "0"},
        ),
        "cliniko": Layout(
            name="cliniko",
            help=_("the products' export"),
            columns={
                "external_id": From("Id", "ID"),
                "name": From("Name"),
                "barcode": From("Item code", "Item Code", "Serial number"),
                "price": From("Price (excluding tax)", "Price", "Price inc tax", "Price (including tax)"),
                "description": From("Notes"),
                "stock_level": From("Stock level", "Stock Level", "Stock"),
                "archived_at": From("Archived at", "Deleted at"),
            },
        ),
    },
)

BRANDS = configured_kind("brands", Brand, _("Brands of products."))
PRODUCT_TYPES = configured_kind(
    "product-types", ProductType, _("Kinds of products."), (NAME, Column(name="category", help=""), ARCHIVED)
)
PRODUCT_CATEGORIES = configured_kind("product-categories", ProductCategory, _("Groups of products."))
UNITS = configured_kind(
    "units", Unit, _("What products are counted in."), (NAME, Column(name="code", help="", required=True), ARCHIVED)
)
