"""Products: list, create, change, delete."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, Money
from api.base.filters import BooleanFilter, Filters
from api.base.input import AmountField, BooleanField, CurrencyField, Input, TextField
from api.base.operations import operation
from api.services.contract import ServicesViewSet
from catalog.models import Product
from catalog.services import change_product, create_product, delete_product


class ProductBody(Body):
    """A product."""

    id = serializers.UUIDField(source="uuid")
    name = serializers.CharField()
    slug = serializers.CharField()
    description = serializers.CharField()
    price = Money()
    currency = serializers.CharField()
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class ProductInput(Input):
    """A product. By default `slug` is made of the name, and `currency` is the practice's."""

    name = TextField(max_length=255)
    slug = TextField(max_length=255, required=False)
    description = TextField(optional=True)
    price = AmountField()
    currency = CurrencyField()
    is_active = BooleanField(required=False)


class ProductFilters(Filters):
    """The filters of products."""

    is_active = BooleanFilter("is_active", label="true: only products on sale; false: only the others.")


class ProductViewSet(ServicesViewSet):
    """Products."""

    tag = "Products"

    @operation("list_products", "catalog.view", gives=ProductBody, key="products", filters=ProductFilters)
    def list(self, request: Request) -> HttpResponse:
        """List products.

        Without a credential, and for patients: those on sale.
        """
        return self.page(lambda: Product.objects.visible_to(self.actor).live().order_by("pk"))

    @operation(
        "create_product", "catalog.create_product", takes=ProductInput, gives=ProductBody, status=201, placed=True
    )
    def create(self, request: Request) -> HttpResponse:
        """Create a product."""
        organization_id = self.organization_id()
        product = create_product(organization_id=organization_id, values=self.input(), by=self.actor, at=self.at)
        return self.show(lambda: Product.objects.visible_to(self.actor), pk=product.pk)

    @operation("update_product", "catalog.change_product", takes=ProductInput, gives=ProductBody, partial=True)
    def update(self, request: Request, product_id: UUID) -> HttpResponse:
        """Update a product.

        Fields that are left out stay as they are. Orders keep the price they were placed at.
        """
        product = Product.objects.visible_to(self.actor).one(uuid=product_id)
        values = self.changes(Product.objects.visible_to(self.actor), pk=product.pk)
        change_product(product.pk, values=values, by=self.actor, at=self.at)
        return self.show(lambda: Product.objects.visible_to(self.actor), pk=product.pk)

    @operation("delete_product", "catalog.delete_product", status=204)
    def destroy(self, request: Request, product_id: UUID) -> HttpResponse:
        """Delete a product.

        409 if the product is in use.
        """
        product = Product.objects.visible_to(self.actor).one(uuid=product_id)
        delete_product(product.pk, by=self.actor, at=self.at)
        return self.no_content()
