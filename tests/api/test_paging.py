"""Pages of a list: what is asked for, what is told, and what it costs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.base import paging
from api.base.lists import FreshList
from api.base.paging import total
from catalog.models import Product, Service
from core.prepared import Prepared
from tests.api.conftest import meta, refused
from tests.factories import ProductFactory, ServiceFactory


@pytest.fixture
def seven(organization):
    return [ServiceFactory(organization=organization, name=f"Service {n}", public=True) for n in range(7)]


def counts(queries):
    return [query for query in queries if "COUNT(" in query["sql"].upper() or "EXPLAIN" in query["sql"]]


@pytest.mark.parametrize(
    ("query", "names", "told"),
    [
        ("", range(7), meta(7)),
        ("page_size=3", range(3), meta(7, page_size=3, total_pages=3)),
        ("page=2&page_size=3", range(3, 6), meta(7, page=2, page_size=3, total_pages=3)),
        ("page=3&page_size=3", range(6, 7), meta(7, page=3, page_size=3, total_pages=3)),
        ("page=4&page_size=3", [], meta(7, page=4, page_size=3, total_pages=3)),
        ("page_size=7", range(7), meta(7, page_size=7)),
        ("page=1&page_size=200", range(7), meta(7, page_size=200)),
        ("page=2", [], meta(7, page=2)),
    ],
)
def test_a_page_is_what_was_asked_for(anyone, seven, query, names, told):
    body = anyone.get(f"/v1/services?{query}").json()
    assert [one["name"] for one in body["services"]] == [f"Service {n}" for n in names]
    assert body["meta"] == told


def test_an_empty_list_has_one_page(anyone):
    assert anyone.get("/v1/services").json() == {"services": [], "meta": meta(0)}


@pytest.mark.parametrize(
    ("query", "field", "most"),
    [
        (f"{name}={value}", name, most)
        for name, most in (("page", 10**9), ("page_size", 200))
        for value in ("0", "-1", "1.0", "x", "", "%D9%A1", "9" * 19, "9" * 5000, "%00", "1%00")
    ]
    + [("page_size=201", "page_size", 200), ("page=1000000001", "page", 10**9)],
)
def test_a_page_that_cannot_be_is_refused(anyone, seven, query, field, most):
    response = anyone.get(f"/v1/services?{query}")
    assert response.status_code == 422
    assert response.json() == refused(
        "validation_error", "Validation failed", **{field: f"must be a whole number from 1 to {most}"}
    )


def test_a_page_beyond_what_any_table_holds_is_refused(anyone, seven):
    response = anyone.get("/v1/services?page=1000000000")
    assert response.status_code == 422
    assert response.json() == refused("validation_error", "Validation failed", page="There is no such page.")


@pytest.mark.parametrize("query", ["", "page_size=7", "page=3&page_size=3"])
def test_the_last_page_needs_no_count(anyone, seven, query):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert anyone.get(f"/v1/services?{query}").json()["meta"]["total"] == 7
    assert counts(captured) == []


@pytest.mark.parametrize("query", ["page_size=3", "page=2&page_size=3", "page=9"])
def test_any_other_page_needs_one_that_stops(anyone, seven, query):
    with CaptureQueriesContext(connection) as captured:
        assert anyone.get(f"/v1/services?{query}").json()["meta"]["total"] == 7
    (count,) = counts(captured)
    assert "LIMIT 10001" in count["sql"]


def test_the_total_is_exact_to_its_limit_and_then_an_estimate(seven, monkeypatch):
    monkeypatch.setattr(paging, "EXACT", 7)
    assert total(FreshList(Service.objects.all(), ("id",))) == 7
    monkeypatch.setattr(paging, "EXACT", 6)
    assert total(FreshList(Service.objects.all(), ("id",))) >= 7


def test_an_estimate_is_never_below_what_was_seen(anyone, seven, monkeypatch):
    monkeypatch.setattr(paging, "EXACT", 2)
    monkeypatch.setattr(Prepared, "estimate", lambda self, values: 0)
    assert anyone.get("/v1/services?page=2&page_size=3").json()["meta"] == meta(7, page=2, page_size=3, total_pages=3)
    assert anyone.get("/v1/services?page_size=3").json()["meta"] == meta(4, page_size=3, total_pages=2)


def test_the_estimate_asks_neither_engine_to_count(admin, organization, monkeypatch):
    ProductFactory.create_batch(8, organization=organization)
    monkeypatch.setattr(paging, "EXACT", 3)
    with CaptureQueriesContext(connection) as captured:
        found = total(FreshList(Product.objects.filter(organization=organization), ("id",)))
    assert found >= 4
    assert [query["sql"].split()[0] for query in captured] == (
        ["SELECT", "EXPLAIN"] if connection.vendor == "postgresql" else ["SELECT", "SELECT"]
    )
    assert "LIMIT 4" in captured[0]["sql"]


def test_who_follows_the_pages_misses_nothing(anyone, organization, monkeypatch):
    monkeypatch.setattr(paging, "EXACT", 1)
    monkeypatch.setattr(Prepared, "estimate", lambda self, values: 0)
    expected = [ServiceFactory(organization=organization, public=True).name for _n in range(11)]
    found, page, pages = [], 1, 1
    while page <= pages:
        body = anyone.get(f"/v1/services?page={page}&page_size=2").json()
        found += [one["name"] for one in body["services"]]
        page, pages = page + 1, body["meta"]["total_pages"]
    assert found == expected
