"""The routes of every contract, its documents, and a 404 in its own form for everything else under its mounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any

from django.urls import Resolver404, ResolverMatch, URLPattern, URLResolver, path, re_path
from django.urls.resolvers import RoutePattern

from api.base.contract import Contract
from api.base.documents import BrowseViewSet, DocumentViewSet
from api.contracts import CONTRACTS
from api.failures import nowhere


class ContractRoutes(URLResolver):
    """The routes of a contract, looked up by how many parts a path has and by its last one, or the one before a value.

    The framework compares a path with every route in turn, of this contract and of all before it: that took longer
    than anything else but the database.
    """

    def __init__(self, contract: Contract) -> None:
        super().__init__(RoutePattern(""), contract.urls)
        self.beginnings = tuple(mount[1:] for mount in contract.mounts)

    def resolve(self, path: str) -> ResolverMatch:
        """The first route that fits; Resolver404 where none does."""
        if path.startswith(self.beginnings):
            parts = path.split("/")
            keys = key_of(parts), key_of([*parts[:-1], ID]), key_of([*parts[:-2], ID, ID])
            candidates = [one for key in dict.fromkeys(keys) for one in self.found_by.get(key, ())]
            for _number, route in sorted(candidates, key=itemgetter(0)):
                if match := route.resolve(path):
                    return match
        raise Resolver404({"path": path, "tried": []})

    @cached_property
    def found_by(self) -> Mapping[Hashable, list[tuple[int, URLPattern]]]:
        """The routes in their order, by the parts by which they are looked up."""
        found: dict[Hashable, list[tuple[int, URLPattern]]] = defaultdict(list)
        for number, (place, route) in enumerate(flat(self.url_patterns)):
            pattern = RoutePattern(place, route.name, is_endpoint=True)
            whole = URLPattern(pattern, route.callback, route.default_args, route.name)
            found[key_of(place.split("/"))].append((number, whole))
        return dict(found)


ID = "<"  # how a part begins that stands for a value


def key_of(parts: Sequence[str]) -> Hashable:
    """What a path of these parts is looked up by."""
    if not parts[-1].startswith(ID):
        return len(parts), parts[-1]
    before = parts[-2] if len(parts) > 1 else ""
    return len(parts), ID if before.startswith(ID) else before, ID


def flat(routes: Iterable[Any], place: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Each route with its whole place."""
    for route in routes:
        whole = f"{place}{route.pattern}"
        if isinstance(route, URLResolver):
            yield from flat(route.url_patterns, whole)
        else:
            yield whole, route


def routes(contract: Contract) -> list[URLPattern | URLResolver]:
    """The contract's own paths, and those of its description."""
    described: Any = type("Described", (DocumentViewSet,), {"contract": contract})
    browsed: Any = type("Browsed", (BrowseViewSet,), {"contract": contract})
    return [
        ContractRoutes(contract),
        path(f"v1/schema/{contract.name}", described.as_view({"get": "retrieve"})),
        path(f"v1/schema/{contract.name}/browse", browsed.as_view({"get": "retrieve"})),
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    *(route for contract in CONTRACTS for route in routes(contract)),
    *(re_path(rf"^{mount[1:]}(?:/|$)", nowhere) for contract in CONTRACTS for mount in contract.mounts),
]
