"""Products."""

from __future__ import annotations

from decimal import Decimal

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, ComputedField, ConstantField, or_null
from api.base.operations import operation
from api.cliniko.contract import ClinikoViewSet
from api.cliniko.filtering import DateTime, Numeric, String
from api.cliniko.links import self_link, text_id
from api.cliniko.lists import ClinikoFilters
from catalog.models import Product
from catalog.querysets import ProductQuerySet
from core.money import net_of


def net_price(price: Decimal, tax_rate: Decimal) -> str:
    """The price without its tax, as text."""
    return f"{net_of(price, tax_rate):.2f}"


class ProductBody(Body):
    """A product. Its supplier, cost, serial number and tax record are not kept."""

    id = text_id()
    item_code = or_null(serializers.CharField(), "barcode")
    name = serializers.CharField()
    product_supplier_name = ConstantField(serializers.CharField(), None)
    cost_price = ConstantField(serializers.CharField(), None)
    stock_level = serializers.IntegerField(allow_null=True)
    notes = or_null(serializers.CharField(), "description")
    serial_number = ConstantField(serializers.CharField(), None)
    price_ex_tax = ComputedField(serializers.CharField(), "price", "tax_rate", make=net_price)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    tax = ConstantField(serializers.JSONField(), None)
    links = self_link("products/{}")


class ProductFilters(ClinikoFilters):
    """The filters of products."""

    fields = {
        "created_at": DateTime("created_at"),
        "id": Numeric("pk"),
        "name": String("name"),
        "updated_at": DateTime("updated_at"),
    }


class ProductViewSet(ClinikoViewSet):
    """Products."""

    tag = "Products"

    def products(self) -> ProductQuerySet:
        """Those that the caller may see."""
        return Product.objects.visible_to(self.actor).live()

    @operation("list_stocked_products", "catalog.view_all", gives=ProductBody, key="products", filters=ProductFilters)
    def list(self, request: Request) -> HttpResponse:
        """List products."""
        return self.page(self.products)

    @operation("get_product", "catalog.view_all", gives=ProductBody)
    def retrieve(self, request: Request, product_id: int) -> HttpResponse:
        """Get a product."""
        return self.show(self.products, pk=product_id)
