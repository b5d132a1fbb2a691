"""services: products."""

from decimal import Decimal

import pytest

from catalog.models import Product
from tests.api.conftest import meta, refused
from tests.factories import AT, ProductFactory, ProductOrderFactory

EXAMPLE = {
    "name": "Elastic Band",
    "slug": "elastic-band",
    "description": "Resistance band for exercises",
    "price": 40.00,
    "currency": "RON",
    "is_active": True,
}


@pytest.fixture
def band(organization):
    return ProductFactory(organization=organization, **{**EXAMPLE, "price": Decimal("40.00")})


def shown(product, **values):
    return {"id": str(product.uuid), **EXAMPLE, "created_at": "2026-02-17T10:00:00Z", **values}


def test_the_list_answers_as_the_specification_writes_it(anyone, organization, band):
    ProductFactory(organization=organization, inactive=True)
    ProductFactory(organization=organization, archived=True)
    ProductFactory()
    response = anyone.get("/v1/products?is_active=true")
    assert response.status_code == 200
    assert response.json() == {"products": [shown(band)], "meta": meta(1)}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Elastic Band", "Old band"]),
        ("is_active=true", ["Elastic Band"]),
        ("is_active=false", ["Old band"]),
        ("updated_since=2026-02-17T10:00:00Z", ["Elastic Band", "Old band"]),
        ("updated_since=2026-02-17T10:00:01Z", []),
    ],
)
def test_staff_see_what_is_not_on_sale_too(admin, organization, band, query, found):
    ProductFactory(organization=organization, name="Old band", inactive=True)
    ProductFactory(organization=organization, archived=True)
    assert [one["name"] for one in admin.get(f"/v1/products?{query}").json()["products"]] == found


def test_creating_answers_the_product(admin, organization):
    response = admin.post("/v1/products", EXAMPLE)
    product = Product.objects.get()
    assert response.status_code == 201
    assert response.json() == shown(product)
    assert (product.organization_id, product.price, product.created_at) == (organization.pk, Decimal("40.00"), AT)


def test_creating_needs_only_a_name_and_a_price(admin, organization):
    response = admin.post("/v1/products", {"name": "Cervical Pillow", "price": 45})
    assert response.status_code == 201
    assert response.json() == {
        "id": str(Product.objects.get().uuid),
        "name": "Cervical Pillow",
        "slug": "cervical-pillow",
        "description": "",
        "price": 45.0,
        "currency": "RON",
        "is_active": True,
        "created_at": "2026-02-17T10:00:00Z",
    }


def test_a_slug_that_is_taken_is_a_conflict(admin, band):
    response = admin.post("/v1/products", EXAMPLE)
    assert response.status_code == 409
    assert response.json() == refused("duplicate", "There is already a product with this slug.")
    assert Product.objects.get() == band


def test_every_bad_field_is_named(admin):
    sent = {"name": None, "slug": "no slug", "price": -0.01, "currency": "lei", "is_active": None, "stock_level": 5}
    response = admin.post("/v1/products", sent)
    assert response.status_code == 422
    assert response.json() == refused(
        "validation_error",
        "Validation failed",
        name="This field may not be null.",
        price="Ensure this value is greater than or equal to 0.",
        is_active="This field may not be null.",
        stock_level="is not a field of this request",
    )
    assert not Product.objects.exists()


def test_what_only_the_model_knows_is_named_too(admin, organization):
    response = admin.post("/v1/products", {"name": "Band", "price": 1, "slug": "no slug", "currency": "lei"})
    assert response.status_code == 422
    assert sorted(response.json()["error"]["details"]["fields"]) == ["currency", "slug"]
    assert not Product.objects.exists()


def test_updating_writes_what_was_sent_and_leaves_the_rest(admin, band):
    response = admin.put(f"/v1/products/{band.uuid}", {"price": 41.5, "is_active": False})
    assert response.status_code == 200
    assert response.json() == shown(band, price=41.5, is_active=False)
    band.refresh_from_db()
    assert (band.price, band.is_active, band.name) == (Decimal("41.50"), False, "Elastic Band")


def test_updating_with_the_whole_of_it_is_the_same_as_the_specification_writes(admin, band):
    response = admin.put(f"/v1/products/{band.uuid}", EXAMPLE)
    assert response.status_code == 200
    assert response.json() == shown(band)


def test_deleting_removes_it(admin, band):
    response = admin.delete(f"/v1/products/{band.uuid}")
    assert (response.status_code, response.content) == (204, b"")
    assert not Product.objects.exists()


def test_a_product_that_was_ordered_is_kept(admin, practice, band):
    ProductOrderFactory(practice=practice, product=band)
    response = admin.delete(f"/v1/products/{band.uuid}")
    assert response.status_code == 409
    assert response.json() == refused("in_use", "It is in use by product orders; archive it instead.")
    assert Product.objects.get() == band


def test_a_product_of_another_organization_looks_like_one_that_does_not_exist(admin):
    foreign = ProductFactory()
    missing = "00000000-0000-4000-8000-000000000000"
    for method, data in (("PUT", {"price": 1}), ("DELETE", None)):
        responses = [admin(method, f"/v1/products/{one}", data) for one in (foreign.uuid, missing)]
        assert [response.status_code for response in responses] == [404, 404]
        assert responses[0].json() == responses[1].json() == refused("product_not_found", "Product not found")
    foreign.refresh_from_db()
    assert foreign.price == Decimal("40.00")


@pytest.mark.parametrize("who", ["desk", "doctor", "me"])
def test_only_clinic_admins_change_products(who, band, request):
    caller = request.getfixturevalue(who)
    path = f"/v1/products/{band.uuid}"
    for response in (caller.post("/v1/products", EXAMPLE), caller.put(path, {"name": "X"}), caller.delete(path)):
        assert response.status_code == 403
    band.refresh_from_db()
    assert (Product.objects.count(), band.name) == (1, "Elastic Band")
