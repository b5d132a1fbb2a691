"""Input that means harm or nonsense is a 4xx on both engines, and leaves nothing behind."""

import json
from io import BytesIO

import pytest
from django.conf import settings
from django.test import RequestFactory

from catalog.models import Product, Service
from clinic.unreadable import Handler
from core.models import AuditEntry
from orders.models import ProductOrder
from scheduling.models import Appointment
from tests.api.conftest import refused
from tests.factories import PatientFactory, ProductFactory, ServiceFactory
from tests.plugins.counts import by_day

# What no field of any write may take.
HARMFUL = ["a\x00b", "\x00", 2**53, 2**63, 2**70, -(2**63), 1e300, [], {}, [1], {"id": 1}]

NONSENSE = [
    *HARMFUL,
    [{}],
    "x" * 100_000,
    0,
    -1,
    1.5,
    2**31,
    True,
    False,
    None,
    "",
    " ",
    "null",
    "1",
    "' OR 1=1 --",
    "\u202egnp.exe",
    "0001-01-01T00:00:00Z",
]


def deep(levels, opening="[", closing="]"):
    return (opening * levels + closing * levels).encode()


@pytest.fixture
def known(organization, practice):
    """One thing of each kind that a body can name."""
    return {
        "service": ServiceFactory(organization=organization, public=True),
        "product": ProductFactory(organization=organization),
        "patient": PatientFactory(organization=organization),
    }


WRITES = {
    "services": (
        "POST",
        "/v1/services",
        {"name": "S", "slug": "s", "description": "", "category": "therapy", "specialty_id": None,
         "duration_minutes": 30, "buffer_minutes": 0, "base_price": 1, "currency": "RON", "is_addon": False,
         "is_public": False, "published": False, "cover_url": "", "video_url": ""},
    ),
    "products": (
        "POST",
        "/v1/products",
        {"name": "P", "slug": "p", "description": "", "price": 1, "currency": "RON", "is_active": True},
    ),
    "service-plans": (
        "POST",
        "/v1/service-plans",
        {"name": "P", "service_id": None, "billing_model": "time_based", "sessions_total": None,
         "validity_days": None, "access_months": None, "telerehab_access": False, "library_access": False,
         "total_price": 1, "is_published": True, "currency": "RON"},
    ),
    "orders": ("POST", "/v1/patient-product-orders", {"patient_id": 1, "product_id": "x", "quantity": 1, "notes": ""}),
    "programs": ("POST", "/v1/patient-service-plans", {"patient_id": 1, "service_plan_id": 1}),
    "register": (
        "POST",
        "/v1/services/{service}/register",
        {"contact_name": "J", "contact_email": "j@example.org", "contact_phone": "1"},
    ),
    "specialists": (
        "POST",
        "/v1/services/{service}/specialists",
        {"specialist_id": 1, "is_active": True, "custom_price": 1},
    ),
    "forms": ("POST", "/v1/services/{service}/forms", {"form_template_id": 1, "form_type": "x", "sort_order": 1}),
    "update": ("PUT", "/v1/services/{service}", {"name": "S", "duration_minutes": 30, "base_price": 1}),
}  # fmt: skip


@pytest.mark.parametrize("write", WRITES)
def test_no_value_of_any_field_is_a_server_error(admin, known, write):
    method, path, good = WRITES[write]
    path = path.format(service=known["service"].uuid)
    for number, field in enumerate(good):
        for value in by_day(NONSENSE, number, share=2):
            response = admin(method, path, {**good, field: value})
            assert response.status_code < 500, (field, value, response.content)
            if value in HARMFUL:
                assert response.status_code in (404, 422), (field, value, response.content)
            if response.status_code >= 400:
                assert set(response.json()) == {"error"}, (field, value)


@pytest.mark.parametrize("write", WRITES)
def test_a_body_that_is_no_object_is_refused(admin, known, write):
    method, path, _good = WRITES[write]
    path = path.format(service=known["service"].uuid)
    for body in ([], [1], "text", 7, True, None):
        response = admin(method, path, json.dumps(body).encode())
        assert response.status_code == 422, body
        assert response.json()["error"]["code"] == "validation_error"
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'name': 'x'}",
        b'{"name": NaN}',
        b'{"name": Infinity}',
        b'{"name": "\\ud800"}',
        b'{"name": "\xff\xfe"}',
        b'{"name": 1e999}',
        b"\x00",
        b"[" * 100_000,
        deep(100_000),
        deep(65),
        b'{"a":' * 65 + b"1" + b"}" * 65,
    ],
    ids=range(12),
)
def test_a_body_that_is_no_json_or_too_deep_is_a_400(admin, body):
    response = admin.post("/v1/products", body)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "malformed_request"
    assert not Product.objects.exists()


def test_a_body_of_sixty_four_levels_is_read(admin):
    response = admin.post("/v1/products", b'{"a":' * 64 + b"1" + b"}" * 64)
    assert response.status_code == 422
    assert "a" in response.json()["error"]["details"]["fields"]


def test_a_body_that_is_too_long_is_a_413(admin):
    body = b'{"description": "' + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}'
    response = admin.post("/v1/products", body)
    assert response.status_code == 413
    assert response.json() == refused("too_large", "The request is too large.")
    assert not Product.objects.exists()


def test_a_length_that_is_promised_is_believed(admin):
    for length in (str(2**40), "0" * 30 + str(2**40), "9" * 5000):
        response = admin.post("/v1/products", b"{}", CONTENT_LENGTH=length)
        assert response.status_code == 413, length


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "x"])
def test_a_body_of_another_kind_is_a_415(admin, kind):
    response = admin.post("/v1/products", b'{"name": "Band", "price": 1}', content_type=kind)
    assert response.status_code == 415
    assert response.json()["error"]["code"] == "unsupported_media_type"
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    "path",
    [
        "/v1/services/1",
        "/v1/services/not-a-uuid",
        "/v1/services/%00",
        "/v1/services/00000000-0000-4000-8000-00000000000g",
        "/v1/services/",
        "/v1/services/00000000-0000-4000-8000-000000000000/",
        "/v1/services/00000000-0000-4000-8000-000000000000/specialists/0",
        "/v1/service-plans/0",
        "/v1/service-plans/-1",
        "/v1/service-plans/01",
        "/v1/service-plans/1.0",
        f"/v1/service-plans/{2**53}",
        f"/v1/service-plans/{2**63}",
        f"/v1/patient-service-plans/{2**70}",
        "/v1/patient-service-plans/" + "9" * 5000,
        "/v1/patient-service-plans/%D9%A1",
        "/v1/patient-product-orders/1/ship",
        "/v1/products/x/y/z",
        "/v1/schema/services/x",
        "/v1/services/../admin",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_path_that_is_none_is_a_404_in_the_contracts_words(admin, method, path):
    response = admin(method, path, {} if method != "GET" else None)
    assert response.status_code == 404
    assert response.json()["error"]["code"] in ("not_found", "service_not_found")


@pytest.mark.parametrize(
    "query",
    [
        "published=yes",
        "published=TRUE",
        "published=1",
        "published=",
        "is_public=null",
        "category=surgery",
        "category=",
        "category=therapy%00",
        "specialty_id=0",
        "specialty_id=-1",
        "specialty_id=x",
        "specialty_id=1.5",
        "specialty_id=%D9%A1",
        f"specialty_id={2**53}",
        f"specialty_id={2**63}",
        f"specialty_id={2**70}",
        "updated_since=yesterday",
        "updated_since=",
        "updated_since=0001-01-01",
        "updated_since=9999-12-31T23:59:59-23:59",
        "updated_since=2026-13-01",
        "updated_since=2026-02-17T10:00:00%2B99:00",
        "updated_since=%00",
        "name=x",
        "id__in=1,2",
        "organization_id=1",
        "published=true&published=false",
        "page=1&page=1",
        "organization__name__startswith=A",
        "%00=1",
    ],
)
def test_a_parameter_that_is_unknown_or_has_no_sense_is_named(admin, known, query):
    response = admin.get(f"/v1/services?{query}")
    assert response.status_code == 422
    body = response.json()["error"]
    assert body["code"] == "validation_error"
    assert len(body["details"]["fields"]) == 1


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/service-plans", "service_id=1"),
        ("/v1/service-plans", "service_id=urn:uuid:00000000-0000-4000-8000-000000000000"),
        ("/v1/service-plans", "billing_model=free"),
        ("/v1/patient-service-plans", "patient_id=x"),
        ("/v1/patient-service-plans", f"patient_id={2**63}"),
        ("/v1/patient-service-plans", "status=dead"),
        ("/v1/patient-product-orders", "source=gift"),
        ("/v1/patient-product-orders", "status="),
        ("/v1/products", "is_active=on"),
    ],
)
def test_every_list_is_as_strict(admin, path, query):
    response = admin.get(f"{path}?{query}")
    assert response.status_code == 422
    assert list(response.json()["error"]["details"]["fields"]) == [query.partition("=")[0]]


def test_a_bare_question_mark_ends_a_path(anyone, known):
    assert anyone.get("/v1/services?").status_code == 200


def test_what_was_refused_left_nothing(admin, known):
    before = (Service.objects.count(), Product.objects.count())
    for value in NONSENSE:
        admin.post("/v1/services", {"name": value})
        admin.post("/v1/products", {"price": value})
        admin.post("/v1/patient-product-orders", {"patient_id": value})
    assert (Service.objects.count(), Product.objects.count()) == before
    assert not ProductOrder.objects.exists()
    assert not Appointment.objects.exists()
    assert not AuditEntry.objects.exists()


# As a server hands them on: bytes beyond ASCII as Latin-1, and a NUL as only a quoted cookie can spell it.
STRANGE = {
    "HTTP_COOKIE": [
        rf'{name}="{value}"'
        for name in ("sessionid", "csrftoken", "known", "messages")
        for value in (r"\000abcdefghijk", r"abcdefgh\000ijk", "ÿþabcdefghij", "x" * 3000)
    ],
    "HTTP_AUTHORIZATION": [
        *(f"{scheme} {value}" for scheme in ("Basic", "Bearer") for value in ("ÿþ", "!!!", "//8=", "Y2tfAA==", "")),
        "Basic",
    ],
    "HTTP_X_API_KEY": ["ÿ", "ck_é"],
    "HTTP_X_USER_TOKEN": ["ÿ", "ck_é"],
    "HTTP_X_TENANT": ["ÿ", "9" * 30, "\u0663"],
    "HTTP_ACCEPT_LANGUAGE": ["ÿþ;q=ÿ"],
    "HTTP_IDEMPOTENCY_KEY": ["ÿþ"],
    "HTTP_X_FORWARDED_FOR": ["ÿ", "1.2.3.4:x"],
}
DOORS = [
    "/v1/services",
    "/v1/me",
    "/v1/appointments",
    "/v1/individual_appointments",
    "/v1/admin/clinic/availability/available_slots",
    "/api/v1/practices/1/archives/1/patients",
    "/oauth2/authorize",
    "/admin/",
]


def test_no_header_of_a_stranger_is_a_server_error(client, organization):
    for header, values in STRANGE.items():
        for value in values:
            for path in DOORS:
                answer = client.get(path, **{header: value})
                assert answer.status_code < 500, (header, value, path)


ENCODINGS = ["hex", "idna", "undefined", "punycode", "rot13", "utf-16", "unicode_escape", "utf-7", "ISO-8859-1", "x"]


def test_no_encoding_that_a_request_claims_is_a_server_error(organization):
    """Asked of the server's own handler: Django's test client makes its requests itself."""
    handler = Handler()
    for encoding in ENCODINGS:
        for kind in ("application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=b"):
            for path in ("/admin/login/", "/v1/services", "/oauth2/token", "/cliniko/v1/patients"):
                body = b"--b--" if "boundary" in kind else b'{"a=%ff": 1}'
                environ = RequestFactory()._base_environ(
                    PATH_INFO=path,
                    QUERY_STRING="next=/admin/",
                    REQUEST_METHOD="POST",
                    CONTENT_TYPE=f"{kind}; charset={encoding}",
                    CONTENT_LENGTH=str(len(body)),
                    HTTP_HOST="localhost",
                    **{"wsgi.input": BytesIO(body)},
                )
                answer = handler.get_response(handler.request_class(environ))
                assert answer.status_code < 500, (encoding, kind, path)
