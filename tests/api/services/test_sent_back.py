"""What a GET gave may be sent back as it is; what cannot be changed and is changed, and what is unknown, is refused."""

from datetime import datetime, timedelta, timezone

import pytest

from tests.factories import (
    ProductFactory,
    ServiceAttachmentFactory,
    ServiceFactory,
    ServiceFormFactory,
    ServicePlanFactory,
    ServicePlanProductFactory,
    ServiceSpecialistFactory,
)


def first(key):
    return lambda reply: reply.json()[key][0]


@pytest.fixture
def known(organization):
    """One thing of each kind that a PUT changes: where it is read and changed, and how it is found in the reply."""
    service = ServiceFactory(organization=organization, public=True)
    for factory in (ServiceFormFactory, ServiceSpecialistFactory):
        factory(service=service)
    ServiceAttachmentFactory(service=service, file_name="a.pdf")
    plan = ServicePlanFactory(organization=organization, service=service)
    bundled = ServicePlanProductFactory(service_plan=plan)
    product = ProductFactory(organization=organization)
    bundle = f"/v1/service-plans/{plan.pk}/products"
    return {
        "service": (f"/v1/services/{service.uuid}", f"/v1/services/{service.uuid}", lambda reply: reply.json()),
        "plan": (f"/v1/service-plans/{plan.pk}", f"/v1/service-plans/{plan.pk}", lambda reply: reply.json()),
        "product": (
            "/v1/products",
            f"/v1/products/{product.uuid}",
            lambda reply: next(one for one in reply.json()["products"] if one["id"] == str(product.uuid)),
        ),
        "bundle": (bundle, f"{bundle}/{bundled.product.uuid}", first("bundled_products")),
    }


@pytest.mark.parametrize("kind", ["service", "plan", "product", "bundle"])
def test_what_was_given_is_taken_back(admin, known, kind):
    read, change, pick = known[kind]
    given = pick(admin.get(read))
    response = admin.put(change, given)
    assert response.status_code == 200, response.content
    assert pick(admin.get(read)) == {**given, **{n: v for n, v in response.json().items() if n == "updated_at"}}


@pytest.mark.parametrize("kind", ["service", "plan", "product", "bundle"])
@pytest.mark.parametrize("other", [{"id": 10**9}, {"nothing": 1}])
def test_another_value_and_an_unknown_name_are_refused(admin, known, kind, other):
    read, change, pick = known[kind]
    given = pick(admin.get(read))
    response = admin.put(change, {**given, **other})
    assert response.status_code == 422
    assert response.json()["error"]["details"]["fields"] == dict.fromkeys(other, "is not a field of this request")
    assert pick(admin.get(read)) == given


@pytest.mark.parametrize("kind", ["plan", "product"])
def test_a_moment_comes_back_as_the_clients_library_spells_it(admin, known, kind):
    read, change, pick = known[kind]
    given = pick(admin.get(read))
    made = datetime.fromisoformat(given["created_at"])
    for spelt in (made.isoformat(), made.astimezone(timezone(timedelta(hours=2))).isoformat()):
        assert spelt != given["created_at"]
        assert admin.put(change, {**given, "created_at": spelt}).status_code == 200, spelt
    for other in (
        (made + timedelta(seconds=1)).isoformat(),
        made.replace(tzinfo=None).isoformat(),
        given["created_at"] + "x",
        "2026-02-17T99:00:00Z",
        None,
        7,
        [given["created_at"]],
    ):
        response = admin.put(change, {**given, "created_at": other})
        assert response.status_code == 422, other
        assert list(response.json()["error"]["details"]["fields"]) == ["created_at"]
