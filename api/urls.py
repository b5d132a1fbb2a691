"""The routes of every contract, its documents, and a 404 in its own form for everything else under its mounts."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, URLResolver, path, re_path
from django.urls.resolvers import RoutePattern

from api.base.contract import Contract
from api.base.documents import BrowseViewSet, DocumentViewSet
from api.contracts import CONTRACTS
from api.failures import nowhere


class Mounted(RoutePattern):
    """Where a contract's paths begin: those of the others are not compared with each of them."""

    def __init__(self, contract: Contract) -> None:
        super().__init__("")
        self.beginnings = tuple(mount[1:] for mount in contract.mounts)

    def match(self, path: str) -> Any:
        """The whole path, where it lies under one of the contract's mounts."""
        return (path, (), {}) if path.startswith(self.beginnings) else None


def routes(contract: Contract) -> list[URLPattern | URLResolver]:
    """The contract's own paths, and those of its description."""
    described: Any = type("Described", (DocumentViewSet,), {"contract": contract})
    browsed: Any = type("Browsed", (BrowseViewSet,), {"contract": contract})
    return [
        URLResolver(Mounted(contract), contract.urls),
        path(f"v1/schema/{contract.name}", described.as_view({"get": "retrieve"})),
        path(f"v1/schema/{contract.name}/browse", browsed.as_view({"get": "retrieve"})),
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    *(route for contract in CONTRACTS for route in routes(contract)),
    *(re_path(rf"^{mount[1:]}(?:/|$)", nowhere) for contract in CONTRACTS for mount in contract.mounts),
]
