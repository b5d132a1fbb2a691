"""Products: made, changed, archived, deleted where nothing refers to them."""

from decimal import Decimal

import pytest

from catalog.models import Product
from catalog.services import archive_product, change_product, create_product, delete_product, restore_product
from core.errors import Conflict, Forbidden, InvalidInput, Missing
from core.models import AuditEntry
from tests.factories import (
    BrandFactory,
    PracticeFactory,
    ProductCategoryFactory,
    ProductFactory,
    ProductOrderFactory,
    ProductTypeFactory,
    ServicePlanFactory,
    ServicePlanProductFactory,
    ServiceProductFactory,
    UnitFactory,
)

VALUES = {"name": "Cervical Pillow", "price": Decimal("149.9")}


def make(organization, by, at, **values):
    return create_product(organization_id=organization.pk, values={**VALUES, **values}, by=by, at=at)


def test_a_product_is_made_as_told(practice, admin_actor, at, history):
    organization = practice.organization
    values = {
        **VALUES,
        "slug": "pillow",
        "description": "Soft",
        "full_name": "Cervical Pillow, memory foam",
        "invoice_name": "Pillow",
        "currency": "EUR",
        "tax_rate": Decimal("19.00"),
        "vat_exemption": "Medical device",
        "is_active": False,
        "brand_id": BrandFactory(organization=organization).pk,
        "product_type_id": ProductTypeFactory(organization=organization).pk,
        "category_id": ProductCategoryFactory(organization=organization).pk,
        "unit_id": UnitFactory(organization=organization).pk,
        "barcode": "5941234567890",
        "box_quantity": "10",
        "unit_volume": "1 l",
        "critical_stock_level": 5,
        "stock_level": -2,
    }
    product = create_product(organization_id=organization.pk, values=values, by=admin_actor, at=at)
    assert Product.objects.values().get() == {
        **values,
        "price": Decimal("149.90"),
        "id": product.pk,
        "uuid": product.uuid,
        "organization_id": organization.pk,
        "archived_at": None,
        "created_at": at,
        "updated_at": at,
    }
    assert history() == [("catalog.create_product", "create", "catalog.product", product.pk)]


def test_what_is_not_told_has_a_sensible_value(organization, practice, admin_actor, at):
    products = [make(organization, admin_actor, at) for _ in range(2)]
    assert [(one.slug, one.currency, one.on_sale) for one in products] == [
        ("cervical-pillow", "RON", True),
        ("cervical-pillow-2", "RON", True),
    ]
    assert str(products[0].price) == "149.90"


def test_a_slug_is_unique_in_the_organization(organization, practice, admin_actor, at, refused):
    ProductFactory(slug="pillow")
    make(organization, admin_actor, at, slug="pillow")
    with refused(Conflict) as caught:
        make(organization, admin_actor, at, slug="pillow")
    assert (caught.value.code, str(caught.value)) == ("duplicate", "There is already a product with this slug.")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "a\x00b"}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"price": Decimal("-0.01")}, "price"),
        ({"price": None}, "price"),
        ({"tax_rate": Decimal("100.01")}, "tax_rate"),
        ({"currency": "EURO"}, "currency"),
        ({"stock_level": 2**31}, "stock_level"),
        ({"stock_level": -(2**31) - 1}, "stock_level"),
        ({"critical_stock_level": -1}, "critical_stock_level"),
        ({"brand_id": 10**9}, "brand_id"),
        ({"unit_id": 10**9}, "unit_id"),
    ],
)
def test_a_wrong_value_is_refused_by_column(organization, practice, admin_actor, at, refused, values, field):
    with refused(InvalidInput) as caught:
        make(organization, admin_actor, at, **values)
    assert list(caught.value.fields) == [field]


def test_a_brand_of_another_organization_is_none(
    organization, practice, admin_actor, superuser, foreign_practice, at, refused
):
    foreign = BrandFactory(organization=foreign_practice.organization)
    for by in (admin_actor, superuser):
        with refused(InvalidInput) as caught:
            make(organization, by, at, brand_id=foreign.pk)
        assert caught.value.fields == {"brand_id": "There is no such brand."}


def test_a_new_price_leaves_placed_orders_as_they_were(practice, admin_actor, at, history):
    product = ProductFactory(organization=practice.organization)
    order = ProductOrderFactory(practice=practice, product=product, unit_price=Decimal("40.00"))
    change_product(product.pk, values={"price": Decimal("50")}, by=admin_actor, at=at)
    order.refresh_from_db()
    assert (Product.objects.get().price, order.unit_price) == (Decimal("50.00"), Decimal("40.00"))
    assert history() == [("catalog.change_product", "change", "catalog.product", product.pk)]
    assert AuditEntry.objects.get().changes == {"price": ["40.00", "50.00"]}


def test_a_product_is_put_away_and_brought_back(organization, admin_actor, at, history):
    product = ProductFactory(organization=organization)
    archive_product(product.pk, by=admin_actor, at=at)
    archive_product(product.pk, by=admin_actor, at=at.replace(hour=15))
    assert (Product.objects.get().archived_at, Product.objects.get().on_sale) == (at, False)
    restore_product(product.pk, by=admin_actor, at=at)
    assert Product.objects.get().on_sale
    assert history() == [
        ("catalog.archive_product", "change", "catalog.product", product.pk),
        ("catalog.restore_product", "change", "catalog.product", product.pk),
    ]


def test_an_unused_product_is_deleted(organization, admin_actor, at, history):
    product = ProductFactory(organization=organization).pk
    delete_product(product, by=admin_actor, at=at)
    assert list(Product.objects.all()) == []
    assert history() == [("catalog.delete_product", "delete", "catalog.product", product)]


@pytest.mark.parametrize(
    ("use", "by_what"),
    [
        (
            lambda product: ProductOrderFactory(
                practice=PracticeFactory(organization=product.organization), product=product
            ),
            "product orders",
        ),
        (
            lambda product: ServicePlanProductFactory(
                service_plan=ServicePlanFactory(organization=product.organization), product=product
            ),
            "bundled products",
        ),
        (
            lambda product: ServiceProductFactory(service__organization=product.organization, product=product),
            "products used",
        ),
    ],
)
def test_a_product_in_use_is_not_deleted(organization, admin_actor, at, refused, use, by_what):
    product = ProductFactory(organization=organization)
    use(product)
    with refused(Conflict) as caught:
        delete_product(product.pk, by=admin_actor, at=at)
    assert (caught.value.code, str(caught.value)) == ("in_use", f"It is in use by {by_what}; archive it instead.")


VERBS = [
    lambda product, by, at: change_product(product.pk, values={"name": "Mine"}, by=by, at=at),
    lambda product, by, at: archive_product(product.pk, by=by, at=at),
    lambda product, by, at: restore_product(product.pk, by=by, at=at),
    lambda product, by, at: delete_product(product.pk, by=by, at=at),
]


@pytest.mark.parametrize("actor", ["front_desk", "specialist_actor", "patient_actor", "visitor"])
def test_only_clinic_admins_write_products(practice, actor, request, at, refused):
    by, product = request.getfixturevalue(actor), ProductFactory(organization=practice.organization)
    with refused((Forbidden, Missing)):
        make(practice.organization, by, at)
    for call in VERBS:
        with refused(Forbidden):
            call(product, by, at)


@pytest.mark.parametrize("actor", ["admin_actor", "front_desk", "specialist_actor", "patient_actor", "visitor"])
def test_products_of_another_organization_are_missing(foreign_practice, actor, request, at, refused):
    by, foreign = request.getfixturevalue(actor), ProductFactory(organization=foreign_practice.organization)
    with refused(Missing):
        make(foreign_practice.organization, by, at)
    for call in VERBS:
        with refused(Missing):
            call(foreign, by, at)
