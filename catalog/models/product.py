"""Goods that are sold or used, and the lists that describe them."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from catalog.querysets import ProductQuerySet
from core.constraints import PERCENT, at_least, percent
from core.errors import Conflict
from core.models import ClinicModel
from core.money import MoneyField
from directory.models import Organization, check_currency
from directory.named import Named, unique_live_name
from directory.querysets import InOrganizationQuerySet


class Brand(Named):
    """A maker of products."""

    objects = InOrganizationQuerySet["Brand"].as_manager()

    class Meta:
        verbose_name = _("brand")
        verbose_name_plural = _("brands")
        constraints = [unique_live_name("brand")]


class ProductType(Named):
    """A kind of goods within a category, such as pillow."""

    category = models.CharField(_("category"), max_length=255, blank=True)

    objects = InOrganizationQuerySet["ProductType"].as_manager()

    class Meta:
        verbose_name = _("product type")
        verbose_name_plural = _("product types")
        constraints = [unique_live_name("product_type")]


class ProductCategory(Named):
    """A category of products, as a shop groups them."""

    objects = InOrganizationQuerySet["ProductCategory"].as_manager()

    class Meta:
        verbose_name = _("product category")
        verbose_name_plural = _("product categories")
        constraints = [unique_live_name("product_category")]


class Unit(Named):
    """A unit in which products are counted."""

    code = models.CharField(_("code"), max_length=16)

    objects = InOrganizationQuerySet["Unit"].as_manager()

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        constraints = [unique_live_name("unit")]


class Product(ClinicModel):
    """Goods that are sold or used up. A null `stock_level` means that the product is not counted."""

    uuid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="products", verbose_name=_("organization")
    )
    name = models.CharField(_("name"), max_length=255)
    slug = models.SlugField(_("slug"), max_length=255, db_index=False)
    description = models.TextField(_("description"), blank=True)
    full_name = models.CharField(_("full name"), max_length=255, blank=True)
    invoice_name = models.CharField(_("name on invoices"), max_length=255, blank=True)
    price = MoneyField(_("price"))
    currency = models.CharField(_("currency"), max_length=3, validators=[check_currency])
    tax_rate = models.DecimalField(
        _("tax, %"), max_digits=5, decimal_places=2, default=0, db_default=0, validators=PERCENT
    )
    vat_exemption = models.CharField(_("why without tax"), max_length=255, blank=True)
    is_active = models.BooleanField(_("on sale"), default=True, db_default=True)
    brand = models.ForeignKey(Brand, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("brand"))
    product_type = models.ForeignKey(
        ProductType, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("type")
    )
    category = models.ForeignKey(
        ProductCategory, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("category")
    )
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("unit"))
    barcode = models.CharField(_("barcode"), max_length=64, blank=True)
    box_quantity = models.CharField(_("pieces in a box"), max_length=32, blank=True)
    unit_volume = models.CharField(_("volume of one"), max_length=32, blank=True)
    critical_stock_level = models.PositiveIntegerField(_("low below"), null=True, blank=True)
    stock_level = models.IntegerField(_("in stock"), null=True, blank=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "slug"],
                name="product_unique_slug",
                violation_error_message=_("There is already a product with this slug."),
            ),
            at_least("product", "price", 0),
            percent("product", "tax_rate"),
        ]
        indexes = [
            models.Index(fields=["organization", "is_active", "id"], name="product_active"),
            models.Index(fields=["barcode"], name="product_barcode"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def on_sale(self) -> bool:
        """Whether the product may be ordered now."""
        return self.is_active and self.archived_at is None

    def require_on_sale(self) -> None:
        """Raise Conflict, code `not_on_sale`, unless `on_sale`."""
        if not self.on_sale:
            raise Conflict(_t("%(product)s is not on sale.") % {"product": self}, code="not_on_sale")
