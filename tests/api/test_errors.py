"""Whatever goes wrong under a contract's mounts is told in the contract's words."""

import pytest
from django.core.exceptions import RequestDataTooBig
from django.db import DataError, IntegrityError, OperationalError, connection
from django.http import UnreadablePostError

from api.base.errors import problem_of
from api.cliniko.contract import CONTRACT as CLINIKO
from api.contracts import contract_of
from api.services.contract import CONTRACT
from tests.api.conftest import Caller, refused
from tests.factories import ServiceFactory


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/v1/services", CONTRACT),
        ("/v1/services/x", CONTRACT),
        ("/v1/servicesx", None),
        ("/v1/patient-product-orders/1/status", CONTRACT),
        ("/v1/schema/services", CONTRACT),
        ("/v1/individual_appointments", CLINIKO),
        ("/v1/individual_appointmentsx", None),
        ("/admin/", None),
    ],
)
def test_a_path_belongs_to_the_contract_of_its_mount(path, found):
    assert contract_of(path) is found


def test_a_method_that_the_path_does_not_have_is_a_405(admin, organization):
    service = ServiceFactory(organization=organization)
    response = admin.patch(f"/v1/services/{service.uuid}", {"name": "X"})
    assert response.status_code == 405
    assert response["Allow"] == "DELETE, GET, PUT"
    assert response.json() == refused("method_not_allowed", 'Method "PATCH" not allowed.')


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PROPFIND"])
def test_so_is_any_method_that_nobody_has(admin, method):
    assert admin(method, "/v1/services").status_code == 405


def test_head_is_get_without_its_body(anyone, organization):
    service = ServiceFactory(organization=organization, public=True)
    response = anyone("HEAD", f"/v1/services/{service.uuid}")
    assert (response.status_code, response.content) == (200, b"")
    assert anyone("HEAD", "/v1/patient-service-plans").status_code == 401


def test_accept_changes_nothing(anyone, organization):
    for accept in ("text/html", "application/xml", "*/*", "nonsense"):
        response = anyone.get("/v1/services", headers={"Accept": accept})
        assert (response.status_code, response["Content-Type"]) == (200, "application/json")


def test_a_mistake_of_ours_is_a_500_that_tells_nothing(admin, monkeypatch):
    def broken(*args, **kwargs):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("api.services.products.create_product", broken)
    response = admin.post("/v1/products", {"name": "Band", "price": 1})
    assert response.status_code == 500
    assert response.json() == refused("internal_error", "Something went wrong. It has been recorded.")


def test_a_database_that_is_away_is_a_503_to_come_back_to(admin, monkeypatch):
    def away(*args, **kwargs):
        raise OperationalError("the connection is closed")

    monkeypatch.setattr("api.services.products.create_product", away)
    response = admin.post("/v1/products", {"name": "Band", "price": 1})
    assert response.status_code == 503
    assert response["Retry-After"] == "1"
    assert response.json() == refused("unavailable", "The service is busy; try again in a moment.")


def test_a_database_that_takes_too_long_for_a_read_is_a_503(admin, organization, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no statement_timeout")
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 1")

    def slow(*args, **kwargs):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(1)")

    monkeypatch.setattr("api.services.products.ProductViewSet.page", slow)
    response = admin.get("/v1/products")
    with connection.cursor() as cursor:
        connection.needs_rollback = False
        cursor.execute("ROLLBACK")
    assert response.status_code == 503


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RequestDataTooBig("x"), 413),
        (UnreadablePostError("x"), 400),
        (ValueError("x"), None),
        (IntegrityError("x"), None),
        (DataError("x"), 422),
    ],
)
def test_an_error_is_refused_with_its_status_or_is_a_mistake(error, status):
    problem = problem_of(error)
    assert (problem and problem.status) == status


def test_a_host_that_is_not_ours_is_a_400(organization):
    response = Caller().get("/v1/services", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert response.json() == refused("malformed_request", "The request cannot be read.")


NO_OBJECT = "Invalid data. Expected a dictionary, but got list."


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/v1/products", refused("validation_error", NO_OBJECT)),
        ("/v1/admin/clinic/availability/available_slots", {"errors": {"base": [NO_OBJECT]}}),
        ("/v1/appointments", {"error": "validation_error", "message": NO_OBJECT}),
    ],
)
def test_a_body_that_is_no_object_is_told_what_it_should_be(admin, organization, path, told):
    response = admin.post(path, [])
    assert (response.status_code, response.json()) == (422, told)


def test_replies_are_not_to_be_stored(admin, organization):
    for path in ("/v1/services", "/v1/patient-service-plans/1"):
        assert admin.get(path)["Cache-Control"] == "no-store"
