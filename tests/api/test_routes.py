"""Each path of each contract is found by its parts, as the framework would find it in turn."""

import re

import pytest
from django.urls import Resolver404, URLResolver
from django.urls.resolvers import RoutePattern

from api.contracts import CONTRACTS
from api.urls import ContractRoutes, flat

VALUES = {"id": "7", "public_id": "169b60a0-a470-4274-bf2b-823cebb48022", "file_name": "search"}


def found(routes, path):
    try:
        match = routes.resolve(path)
    except Resolver404:
        return None
    return match.func, match.kwargs, match.route, match.url_name


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_every_path_leads_where_it_led_when_all_routes_were_tried(contract):
    looked_up, in_turn = ContractRoutes(contract), URLResolver(RoutePattern(""), contract.urls)
    paths = {re.sub(r"<(\w+):\w+>", lambda part: VALUES[part[1]], place) for place, _ in flat(looked_up.url_patterns)}
    assert all(found(looked_up, path) for path in paths)
    more = {f"{path}{more}" for path in paths for more in ("/", "/7", "/x", "x")} | {path[:-1] for path in paths}
    for path in paths | more:
        assert found(looked_up, path) == found(in_turn, path), path
