"""The routes of every contract, its documents, and a 404 in its own form for everything else under its mounts."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, URLResolver, include, path, re_path

from api.base.contract import Contract
from api.base.documents import BrowseViewSet, DocumentViewSet
from api.contracts import CONTRACTS
from api.failures import nowhere


def routes(contract: Contract) -> list[URLPattern | URLResolver]:
    """The contract's own paths, and those of its description."""
    described: Any = type("Described", (DocumentViewSet,), {"contract": contract})
    browsed: Any = type("Browsed", (BrowseViewSet,), {"contract": contract})
    return [
        path("", include(contract.urls)),
        path(f"v1/schema/{contract.name}", described.as_view({"get": "retrieve"})),
        path(f"v1/schema/{contract.name}/browse", browsed.as_view({"get": "retrieve"})),
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    *(route for contract in CONTRACTS for route in routes(contract)),
    *(re_path(rf"^{mount[1:]}(?:/|$)", nowhere) for contract in CONTRACTS for mount in contract.mounts),
]
