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
    "alfadocs": {
        "get_me": ANY_SCOPE,
        "get_current_archive": "archive:view",
        "list_accounts": "account:list",
        "list_booking_reasons": "appointment:booking-reasons:list",
        "list_appointments": "appointment:list",
        "create_appointment": "appointment:create",
        "get_appointment": "appointment:view",
        "update_appointment": "appointment:create",
        "list_care_plan_entries_of_appointment": "appointment:care-plan-entry:list",
        "list_bills": "bill:list",
        "get_bill": "bill:view",
        "validate_payment_link": "bill:view",
        "list_liabilities": "bill-liability:list",
        "update_liability": "bill-liability:update",
        "delete_liability": "bill-liability:delete",
        "list_care_plans_of_patient": "care-plan:list",
        "get_care_plan": "care-plan:view",
        "get_signature_status": "care-plan:signature-status:view",
        "list_care_plan_entries": "care-plan-entry:list",
        "list_entries_of_care_plan": "care-plan-entry:list",
        "get_care_plan_entry": "care-plan:care-plan-entry:view",
        "get_entry": "care-plan:care-plan-entry:view",
        "list_chairs": "chair:list",
        "list_colors": "color:list",
        "list_custom_fields": "custom-field:list",
        "create_custom_field": "custom-field:create",
        "list_documents": "patient:document:list",
        "create_document": "patient:document:create",
        "get_document": "patient:document:view",
        "download_document": "patient:document:view",
        "list_free_slots": "free-slot:list",
        "set_integration_status": "app:integration:setStatus",
        "update_ui_elements_of_practice": "app:ui-element:update",
        "update_ui_elements": "app:ui-element:update",
        "list_operators": "operator:list",
        "search_patients": "patient:list",
        "create_patient": "patient:create",
        "get_patient": "patient:view",
        "update_patient": "patient:create",
        "update_custom_fields_of_patient": "patient:create",
        "list_phone_numbers": "patient:phone-number:list",
        "create_phone_number": "patient:phone-number:create",
        "get_phone_number": "patient:phone-number:view",
        "update_phone_number": "patient:phone-number:create",
        "list_payment_types": "payment-type:list",
        "list_specialties": "specialty:list",
        "list_transactions": "transaction:list",
        "create_transaction": "transaction:create",
    },
}

# Contracts that document no OAuth2: an access token is an unknown key there.
WITHOUT = ("services", "availability", "cliniko")


@pytest.fixture
def calling_with(practice):
    """A caller with an access token that carries these scopes, of somebody who may do everything."""
    authorization = AuthorizationFactory(user=UserFactory(superuser=True))

    def make(scopes):
        text = f"token-{AccessToken.objects.count()}"
        AccessToken.objects.create(
            token_checksum=AccessToken.hashed(text),
            application=authorization.application,
            user=authorization.user,
            authorization=authorization,
            scope=" ".join(scopes),
            expires=timezone.now() + timedelta(hours=1),
        )
        return Caller(text)

    return make


def operations(contract):
    """Every operation of the contract with its method and one of its addresses."""
    met = {""}
    for path, route in routes():
        if getattr(getattr(route, "cls", None), "contract", None) is contract:
            address = "/" + re.sub("<public_id:[^>]+>", "0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f", path)
            address = re.sub("<[^>]+>", "1", address.removeprefix("^"))
            for method, operation in operations_of(route).items():
                if operation.permission != PUBLIC and operation.id not in met:
                    met.add(operation.id)
                    yield operation, method, address


BY_NAME = {contract.name: contract for contract in CONTRACTS}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_scope_opens_what_the_table_says_and_nothing_else(calling_with, name):
    contract, asked = BY_NAME[name], set(EXPECTED[name].values()) - {ANY_SCOPE}
    assert asked <= set(contract.scopes)
    only = {scope: calling_with({scope}) for scope in asked}
    others = {scope: calling_with(set(contract.scopes) - {scope}) for scope in asked}
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
def test_a_token_opens_nothing_where_no_oauth_is_documented(calling_with, name):
    caller = calling_with({scope for contract in CONTRACTS for scope in contract.scopes})
    for operation, method, address in operations(BY_NAME[name]):
        assert not operation.scope
        assert caller(method, address).status_code == 401, operation.id
