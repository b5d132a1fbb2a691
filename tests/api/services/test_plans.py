"""services: service plans and the products that come with them."""

from decimal import Decimal

import pytest

from programs.models import ServicePlan, ServicePlanProduct
from tests.api.conftest import meta, refused
from tests.factories import (
    EnrollmentFactory,
    ProductFactory,
    ServiceFactory,
    ServicePlanFactory,
    ServicePlanProductFactory,
)


@pytest.fixture
def service(organization):
    return ServiceFactory(organization=organization, public=True, name="Kinetotherapy", slug="kinetotherapy")


@pytest.fixture
def sessions(organization, service):
    return ServicePlanFactory(organization=organization, name="Kinetotherapy 10 Sessions", service=service)


@pytest.fixture
def kit(organization):
    return ServicePlanFactory(
        organization=organization,
        name="Cervical Recovery Kit",
        time_based=True,
        lifetime=True,
        telerehab_access=True,
        library_access=True,
        total_price=Decimal("89.00"),
    )


@pytest.fixture
def pillow(organization):
    return ProductFactory(organization=organization, name="Cervical Pillow", price=Decimal("45.00"))


def listed_sessions(plan, service, /, **values):
    return {
        "id": plan.pk,
        "name": "Kinetotherapy 10 Sessions",
        "service": {
            "id": str(service.uuid),
            "name": "Kinetotherapy",
            "duration_minutes": 30,
            "base_price": 100.0,
        },
        "billing_model": "session_based",
        "sessions_total": 10,
        "validity_days": 90,
        "access_months": None,
        "telerehab_access": False,
        "library_access": False,
        "total_price": 1000.0,
        "currency": "RON",
        "is_published": True,
        "bundled_products_count": 0,
        "created_at": "2026-02-17T10:00:00Z",
        **values,
    }


def shown_kit(plan, **values):
    return {
        "id": plan.pk,
        "name": "Cervical Recovery Kit",
        "service": None,
        "billing_model": "time_based",
        "sessions_total": None,
        "validity_days": None,
        "access_months": None,
        "telerehab_access": True,
        "library_access": True,
        "total_price": 89.0,
        "currency": "RON",
        "is_published": True,
        "bundled_products_count": 0,
        "created_at": "2026-02-17T10:00:00Z",
        **values,
    }


def whole(service):
    """Every scalar of the service, as its own detail shows it."""
    return {
        "id": str(service.uuid),
        "name": "Kinetotherapy",
        "slug": "kinetotherapy",
        "description": "",
        "category": "therapy",
        "specialty_id": None,
        "duration_minutes": 30,
        "buffer_minutes": 0,
        "base_price": 100.0,
        "currency": "RON",
        "is_addon": False,
        "is_public": True,
        "published": True,
        "cover_url": None,
        "video_url": None,
    }


def test_the_list_answers_as_the_specification_writes_it(anyone, organization, sessions, kit, service):
    ServicePlanProductFactory(service_plan=kit)
    ServicePlanFactory(organization=organization, unpublished=True)
    ServicePlanFactory(organization=organization, archived=True)
    ServicePlanFactory()
    response = anyone.get("/v1/service-plans?published=true")
    assert response.status_code == 200
    assert response.json() == {
        "service_plans": [listed_sessions(sessions, service), shown_kit(kit, bundled_products_count=1)],
        "meta": meta(2),
    }


def test_money_is_a_number_with_two_decimals(anyone, kit):
    assert b'"total_price":89.00,' in anyone.get("/v1/service-plans").content


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Sessions", "Kit", "Both", "Draft"]),
        ("published=true", ["Sessions", "Kit", "Both"]),
        ("published=false", ["Draft"]),
        ("billing_model=session_based", ["Sessions", "Draft"]),
        ("billing_model=time_based", ["Kit"]),
        ("billing_model=hybrid", ["Both"]),
        ("telerehab_access=true", ["Kit", "Both"]),
        ("library_access=true", ["Kit"]),
        ("library_access=false&telerehab_access=true", ["Both"]),
        ("updated_since=2026-02-17T10:00:01Z", []),
    ],
)
def test_the_list_is_narrowed(admin, organization, query, found):
    ServicePlanFactory(organization=organization, name="Sessions")
    ServicePlanFactory(
        organization=organization, name="Kit", time_based=True, telerehab_access=True, library_access=True
    )
    ServicePlanFactory(organization=organization, name="Both", hybrid=True, telerehab_access=True)
    ServicePlanFactory(organization=organization, name="Draft", unpublished=True)
    assert [one["name"] for one in admin.get(f"/v1/service-plans?{query}").json()["service_plans"]] == found


def test_the_list_is_narrowed_to_a_service(anyone, organization, sessions, kit, service):
    ServicePlanFactory(organization=organization)
    response = anyone.get(f"/v1/service-plans?service_id={str(service.uuid).upper()}")
    assert response.json() == {"service_plans": [listed_sessions(sessions, service)], "meta": meta(1)}


def test_the_detail_has_every_scalar_of_the_service(anyone, sessions, service):
    response = anyone.get(f"/v1/service-plans/{sessions.pk}")
    assert response.status_code == 200
    assert response.json() == listed_sessions(sessions, service, service=whole(service))


@pytest.mark.parametrize("who", ["anyone", "me", "foreign_admin"])
def test_an_unpublished_plan_looks_like_one_that_does_not_exist(who, organization, request):
    draft = ServicePlanFactory(organization=organization, unpublished=True)
    caller = request.getfixturevalue(who)
    for path in ("/v1/service-plans/{}", "/v1/service-plans/{}/products"):
        responses = [caller.get(path.format(pk)) for pk in (draft.pk, draft.pk + 1000)]
        assert [response.status_code for response in responses] == [404, 404]
        assert responses[0].json() == responses[1].json() == refused("service_plan_not_found", "Service plan not found")


def test_creating_a_session_based_plan(admin, organization, service):
    sent = {
        "name": "Kinetotherapy 10 Sessions",
        "service_id": str(service.uuid),
        "billing_model": "session_based",
        "sessions_total": 10,
        "validity_days": 90,
        "total_price": 1000.00,
        "is_published": True,
    }
    response = admin.post("/v1/service-plans", sent)
    plan = ServicePlan.objects.get()
    assert response.status_code == 201
    assert response.json() == listed_sessions(plan, service, service=whole(service))
    assert (plan.organization_id, plan.service_id) == (organization.pk, service.pk)


def test_creating_a_time_based_plan(admin, organization):
    sent = {
        "name": "Cervical Recovery Kit",
        "billing_model": "time_based",
        "access_months": None,
        "telerehab_access": True,
        "library_access": True,
        "total_price": 89.00,
        "is_published": True,
    }
    response = admin.post("/v1/service-plans", sent)
    assert response.status_code == 201
    assert response.json() == shown_kit(ServicePlan.objects.get())


def test_creating_a_hybrid_plan(admin, service):
    sent = {
        "name": "Recovery Package",
        "service_id": str(service.uuid),
        "billing_model": "hybrid",
        "sessions_total": 10,
        "validity_days": 120,
        "access_months": 1,
        "telerehab_access": True,
        "total_price": 1500.00,
        "is_published": True,
    }
    response = admin.post("/v1/service-plans", sent)
    plan = ServicePlan.objects.get()
    assert response.status_code == 201
    assert response.json() == listed_sessions(
        plan,
        service,
        name="Recovery Package",
        service=whole(service),
        billing_model="hybrid",
        validity_days=120,
        access_months=1,
        telerehab_access=True,
        total_price=1500.0,
    )


@pytest.mark.parametrize(
    ("sent", "fields"),
    [
        ({"billing_model": "session_based"}, ["service_id", "sessions_total"]),
        ({"billing_model": "hybrid", "sessions_total": 5}, ["service_id"]),
        ({"billing_model": "time_based", "sessions_total": 5}, ["sessions_total"]),
        ({"billing_model": "free"}, ["billing_model"]),
        ({"billing_model": "time_based", "access_months": 0}, ["access_months"]),
        ({"billing_model": "time_based", "sessions_total": "5"}, ["sessions_total"]),
        ({"billing_model": "time_based", "telerehab_access": "no"}, ["telerehab_access"]),
        ({"billing_model": "time_based", "service_id": "kinetotherapy"}, ["service_id"]),
        ({"billing_model": "time_based", "service_id": "00000000-0000-4000-8000-000000000000"}, ["service_id"]),
        ({"billing_model": "time_based", "published": True}, ["published"]),
    ],
)
def test_a_plan_that_does_not_fit_its_billing_model_is_refused(admin, sent, fields):
    response = admin.post("/v1/service-plans", {"name": "Plan", "total_price": 10, **sent})
    assert response.status_code == 422
    assert sorted(response.json()["error"]["details"]["fields"]) == fields
    assert not ServicePlan.objects.exists()


def test_a_service_of_another_organization_is_refused_like_one_that_does_not_exist(admin):
    sent = {"name": "Plan", "total_price": 10, "billing_model": "session_based", "sessions_total": 5}
    foreign = ServiceFactory(public=True)
    bodies = [
        admin.post("/v1/service-plans", {**sent, "service_id": str(one)}).json()
        for one in (foreign.uuid, "00000000-0000-4000-8000-000000000000")
    ]
    wrong = refused("validation_error", "Validation failed", service_id="names nothing that you may use")
    assert bodies == [wrong, wrong]
    assert not ServicePlan.objects.exists()


def test_updating_writes_what_was_sent_and_leaves_the_rest(admin, sessions, service):
    response = admin.put(f"/v1/service-plans/{sessions.pk}", {"total_price": 950.5, "is_published": False})
    assert response.status_code == 200
    assert response.json() == listed_sessions(
        sessions, service, service=whole(service), total_price=950.5, is_published=False
    )


def test_updating_may_not_break_the_billing_model(admin, sessions):
    response = admin.put(f"/v1/service-plans/{sessions.pk}", {"sessions_total": None, "name": "Other"})
    assert response.status_code == 422
    assert list(response.json()["error"]["details"]["fields"]) == ["sessions_total"]
    sessions.refresh_from_db()
    assert (sessions.sessions_total, sessions.name) == (10, "Kinetotherapy 10 Sessions")


def test_deleting_removes_the_plan_and_its_bundle(admin, kit):
    ServicePlanProductFactory(service_plan=kit)
    response = admin.delete(f"/v1/service-plans/{kit.pk}")
    assert (response.status_code, response.content) == (204, b"")
    assert not ServicePlan.objects.exists()
    assert not ServicePlanProduct.objects.exists()


def test_a_plan_with_patients_is_kept(admin, practice, sessions):
    ServicePlanProductFactory(service_plan=sessions)
    EnrollmentFactory(practice=practice, service_plan=sessions)
    response = admin.delete(f"/v1/service-plans/{sessions.pk}")
    assert response.status_code == 409
    assert response.json() == refused("in_use", "Patients are enrolled in this plan; archive it instead.")
    assert ServicePlan.objects.get() == sessions
    assert ServicePlanProduct.objects.count() == 1


@pytest.mark.parametrize("who", ["desk", "doctor", "me"])
def test_only_clinic_admins_change_plans(who, kit, pillow, request):
    caller = request.getfixturevalue(who)
    path = f"/v1/service-plans/{kit.pk}"
    product = {"product_id": str(pillow.uuid)}
    for response in (
        caller.post("/v1/service-plans", {}),
        caller.put(path, {"name": "X"}),
        caller.delete(path),
        caller.post(f"{path}/products", product),
    ):
        assert response.status_code == 403
    kit.refresh_from_db()
    assert (ServicePlan.objects.count(), kit.name, kit.bundled_products.count()) == (1, "Cervical Recovery Kit", 0)


# -------------------------------------------------------------------------------------- bundled products


def bundled(row, pillow, **values):
    return {
        "id": row.pk,
        "product": {"id": str(pillow.uuid), "name": "Cervical Pillow", "price": 45.0, "currency": "RON"},
        "quantity": 1,
        "created_at": "2026-02-17T10:00:00Z",
        **values,
    }


def test_the_bundle_answers_as_the_specification_writes_it(anyone, kit, pillow):
    row = ServicePlanProductFactory(service_plan=kit, product=pillow)
    ServicePlanProductFactory()
    response = anyone.get(f"/v1/service-plans/{kit.pk}/products")
    assert response.status_code == 200
    assert response.json() == {"bundled_products": [bundled(row, pillow)], "meta": meta(1)}


def test_adding_a_product_answers_it(admin, kit, pillow):
    response = admin.post(f"/v1/service-plans/{kit.pk}/products", {"product_id": str(pillow.uuid), "quantity": 1})
    row = ServicePlanProduct.objects.get()
    assert response.status_code == 201
    assert response.json() == bundled(row, pillow)
    assert (row.service_plan_id, row.product_id) == (kit.pk, pillow.pk)


def test_adding_a_product_twice_is_a_conflict(admin, kit, pillow):
    ServicePlanProductFactory(service_plan=kit, product=pillow)
    response = admin.post(f"/v1/service-plans/{kit.pk}/products", {"product_id": str(pillow.uuid), "quantity": 3})
    assert response.status_code == 409
    assert response.json() == refused("duplicate", "The plan already has this product.")
    assert ServicePlanProduct.objects.get().quantity == 1


def test_a_product_of_another_organization_is_refused_like_one_that_does_not_exist(admin, kit):
    path = f"/v1/service-plans/{kit.pk}/products"
    for one in (ProductFactory().uuid, "00000000-0000-4000-8000-000000000000"):
        response = admin.post(path, {"product_id": str(one)})
        assert response.status_code == 404
        assert response.json() == refused("product_not_found", "Product not found")
    assert not ServicePlanProduct.objects.exists()


@pytest.mark.parametrize("quantity", [0, -1, 1.0, "2", True, None, 32768])
def test_a_quantity_is_a_whole_number_from_one(admin, kit, pillow, quantity):
    row = ServicePlanProductFactory(service_plan=kit, product=pillow)
    response = admin.put(f"/v1/service-plans/{kit.pk}/products/{pillow.uuid}", {"quantity": quantity})
    assert response.status_code == 422
    assert list(response.json()["error"]["details"]["fields"]) == ["quantity"]
    row.refresh_from_db()
    assert row.quantity == 1


def test_changing_the_quantity_answers_the_row(admin, kit, pillow):
    row = ServicePlanProductFactory(service_plan=kit, product=pillow)
    response = admin.put(f"/v1/service-plans/{kit.pk}/products/{pillow.uuid}", {"quantity": 2})
    assert response.status_code == 200
    assert response.json() == bundled(row, pillow, quantity=2)


def test_removing_a_product_leaves_the_others(admin, kit, pillow):
    ServicePlanProductFactory(service_plan=kit, product=pillow)
    other = ServicePlanProductFactory(service_plan=kit)
    response = admin.delete(f"/v1/service-plans/{kit.pk}/products/{pillow.uuid}")
    assert (response.status_code, response.content) == (204, b"")
    assert ServicePlanProduct.objects.get() == other


def test_a_product_that_is_not_in_the_bundle_is_a_404(admin, kit, pillow):
    path = f"/v1/service-plans/{kit.pk}/products/{pillow.uuid}"
    for response in (admin.put(path, {"quantity": 2}), admin.delete(path)):
        assert response.status_code == 404
        assert response.json() == refused("bundled_product_not_found", "Bundled product not found")
