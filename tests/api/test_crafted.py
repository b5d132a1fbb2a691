"""Crafted values in paths, parameters and headers of every operation are a 4xx on both engines, never a 500."""

import re

import pytest

from api.base.operations import operations_of
from tests.api.conftest import Caller
from tests.factories import ServiceAttachmentFactory, ServiceFactory
from tests.plugins.counts import by_day
from tests.project.permission_matrix import routes

PUBLIC_ID = "00000000-0000-4000-8000-000000000000"
IDS = [
    "%00", "%C2%B2", "0", "-1", "1.5", str(2**53), str(2**63), "9" * 40, "1%00", "%20", "1%0A", "null", "%FF",
]  # fmt: skip
VALUES = [
    "", "%00", "%C2%B2", str(2**63), "9" * 400, "-1", "a%00b", "99999999-01-01", "2026-02-30T00:00:00Z", "%ED%A0%80",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "true%00", PUBLIC_ID + "0", "%25", "1,2", "%0A", "[]",
]  # fmt: skip
HEADERS = ["\u00b2", "-1", str(2**63), "9" * 400, "a\x00b", " "]


def concrete(path, value):
    """The path with `value` in place of its last parameter, and things that do not exist in place of the others."""
    parts = re.findall(r"<(\w+):\w+>", path)
    for index, kind in enumerate(parts):
        filled = value if index == len(parts) - 1 else {"public_id": PUBLIC_ID}.get(kind, "1")
        path = re.sub(r"<\w+:\w+>", lambda _match, filled=filled: filled, path, count=1)
    return "/" + path


OPERATIONS = [
    pytest.param(path, method, one, id=f"{route.cls.contract.name}-{one.id}-{path[:12]}")
    for path, route in routes()
    if hasattr(route, "cls")
    for method, one in operations_of(route).items()
]


@pytest.mark.parametrize(("path", "method", "one"), OPERATIONS)
def test_no_crafted_path_or_parameter_is_a_server_error(root, path, method, one):
    whole = (one.takes and {}) or None
    if "<" in path:
        for value in IDS:
            response = root(method, concrete(path, value), whole)
            least = 200 if path.endswith(":element_name>") else 400  # a program names its elements as it likes
            assert least <= response.status_code < 500, (value, response.content)
    if one.is_list:
        names = [*one.filters.base_filters, "page", "page_size", "per_page", "nothing", "a%00b"]
        for number, name in enumerate(names):
            for value in by_day(VALUES, number, share=3):
                response = root(method, f"{concrete(path, '1')}?{name}={value}")
                assert response.status_code < 500, (name, value, response.content)


def test_no_crafted_name_of_a_file_is_a_server_error(root, organization):
    service = ServiceFactory(organization=organization, public=True)
    kept = ServiceAttachmentFactory(service=service, file_name="a.pdf")
    for name in ("%00", "a.pdf%00", "%0A", "%E2%80%AE", "%ED%A0%80", "a" * 300, "..", "%2e%2e%2f"):
        response = Caller().get(f"/v1/services/{service.uuid}/attachments/{kept.pk}/{name}")
        assert response.status_code == 404, (name, response.content)


@pytest.mark.parametrize(
    "header",
    [
        "Authorization",
        "X-User-Token",
        "X-Organization-ID",
        "X-Tenant",
        "Idempotency-Key",
        "X-Request-ID",
    ],
)
@pytest.mark.parametrize("value", HEADERS)
def test_no_crafted_header_is_a_server_error(root, header, value):
    body = {"name": "S", "category": "therapy", "duration_minutes": 30, "base_price": 1}
    sent = f"Bearer {value}" if header == "Authorization" else value
    for path in ("/v1/services", "/v1/appointments", "/v1/admin/clinic/availability/books"):
        response = root.client.post(path, body, content_type="application/json", headers={**root.headers, header: sent})
        assert response.status_code < 500, response.content
