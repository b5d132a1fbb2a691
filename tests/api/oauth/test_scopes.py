"""What each scope opens, written down once more by hand: an operation opens to a token with its scope, to no other."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from api.base.operations import ANY_SCOPE, PUBLIC, operations_of
from api.contracts import CONTRACTS
from directory.models import AccessToken
from tests.api.conftest import Caller
from tests.factories import AuthorizationFactory, UserFactory
from tests.project.permission_matrix import routes

EXPECTED = {
    "flextell": {
        "list_tenants": "tenants:read",
        "list_customers": "customers:read",
        "get_customer": "customers:read",
        "create_customer": "customers:write",
        "list_appointments": "appointments:read",
        "get_appointment": "appointments:read",
        "get_calendar": "appointments:read",
        "create_appointment": "appointments:write",
    },
}

# Contracts that document no OAuth2: an access token is an unknown key there.
WITHOUT = ("services", "availability", "cliniko")


def token(scopes):
    """An access token with these scopes, of somebody who may do everything."""
    authorization = AuthorizationFactory(user=UserFactory(superuser=True), scopes=sorted(scopes))
    text = f"token-{authorization.pk}"
    AccessToken.objects.create(
        token_checksum=AccessToken.hashed(text),
        application=authorization.application,
        user=authorization.user,
        authorization=authorization,
        scope=" ".join(scopes),
        expires=timezone.now() + timedelta(hours=1),
    )
    return text


def operations(contract):
    """Every operation of the contract with its method and an address."""
    for path, route in routes():
        if getattr(getattr(route, "cls", None), "contract", None) is contract:
            address = "/" + re.sub("<public_id:[^>]+>", "0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f", path)
            address = re.sub("<[^>]+>", "1", address.removeprefix("^"))
            for method, operation in operations_of(route).items():
                if operation.permission != PUBLIC:
                    yield operation, method, address


BY_NAME = {contract.name: contract for contract in CONTRACTS}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_scope_opens_what_the_table_says_and_nothing_else(practice, name):
    contract = BY_NAME[name]
    assert set(EXPECTED[name].values()) - {ANY_SCOPE} <= set(contract.scopes)
    only = {scope: Caller(token({scope})) for scope in contract.scopes}
    others = {scope: Caller(token(set(contract.scopes) - {scope})) for scope in contract.scopes}
    seen = set()
    for operation, method, address in operations(contract):
        seen.add(operation.id)
        scope = EXPECTED[name][operation.id]
        if scope == ANY_SCOPE:
            assert only[next(iter(only))](method, address).status_code not in (401, 403), operation.id
            continue
        refused = others[scope](method, address)
        assert refused.status_code == 403, (operation.id, address)
        assert f"lacks the scope {scope}." in refused.content.decode()
        assert refused["WWW-Authenticate"] == f'Bearer error="insufficient_scope", scope="{scope}"'
        assert only[scope](method, address).status_code not in (401, 403), (operation.id, address)
    assert seen == set(EXPECTED[name])


@pytest.mark.parametrize("name", WITHOUT)
def test_a_token_opens_nothing_where_no_oauth_is_documented(practice, name):
    every = {scope for contract in CONTRACTS for scope in contract.scopes}
    caller = Caller(token(every))
    for operation, method, address in operations(BY_NAME[name]):
        assert not operation.scope
        assert caller(method, address).status_code == 401, operation.id
