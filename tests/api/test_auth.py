"""Who calls: keys, sessions, nobody. And whose word the audit keeps."""

from datetime import timedelta

import pytest
from django.test import Client

from catalog.models import Product
from core.models import AuditEntry
from tests.api.conftest import Caller, refused
from tests.factories import AT, ApiKeyFactory, MembershipFactory, ProductFactory, UserFactory

BAND = {"name": "Elastic Band", "price": 40}


@pytest.fixture
def key(admin_user):
    return ApiKeyFactory(user=admin_user, text="ck_secret")


@pytest.mark.parametrize(
    "header",
    [
        "Bearer wrong",
        "Bearer",
        "Bearer ",
        "bearer ck_secre",
        "Bearer ck_secret x",
        "Bearer \u00e9",
        "Bearer " + "x" * 9999,
    ],
)
def test_a_key_that_does_not_open_is_a_401_even_where_none_is_needed(key, header):
    response = Caller(Authorization=header).get("/v1/services")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="clinic"'
    assert response.json() == refused("unauthorized", "The key is unknown, revoked or expired.")


@pytest.mark.parametrize("header", ["Basic Y2tfc2VjcmV0Og==", "Token ck_secret", "ck_secret", ""])
def test_another_scheme_is_no_credential(key, header):
    caller = Caller(Authorization=header)
    assert caller.get("/v1/services").status_code == 200
    assert caller.get("/v1/patient-service-plans").status_code == 401


@pytest.mark.parametrize("header", ["Bearer ck_secret", "bearer ck_secret", "BEARER  ck_secret "])
def test_a_key_opens(key, header):
    assert Caller(Authorization=header).get("/v1/patient-service-plans").status_code == 200


@pytest.mark.parametrize("state", ["revoked", "expired"])
def test_a_key_that_is_revoked_or_expired_does_not(admin_user, state):
    ApiKeyFactory(user=admin_user, text="ck_old", **{state: True})
    assert Caller("ck_old").get("/v1/services").status_code == 401


def test_a_key_expires_at_its_moment(admin_user, clock):
    ApiKeyFactory(user=admin_user, text="ck_soon", expires_at=AT + timedelta(seconds=1))
    assert Caller("ck_soon").get("/v1/patient-service-plans").status_code == 200
    clock.now += timedelta(seconds=1)
    assert Caller("ck_soon").get("/v1/patient-service-plans").status_code == 401


def test_the_key_of_someone_inactive_does_not_open(admin_user, key):
    admin_user.is_active = False
    admin_user.save()
    assert Caller("ck_secret").get("/v1/services").status_code == 401


def test_a_session_reads_and_with_the_token_writes(admin_user, organization):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert client.get("/v1/patient-service-plans").status_code == 200
    refusal = client.post("/v1/products", BAND, content_type="application/json")
    assert refusal.status_code == 403
    assert refusal.json()["error"]["code"] == "forbidden"
    assert not Product.objects.exists()
    token = "a" * 32
    client.cookies["csrftoken"] = token
    sent = client.post("/v1/products", BAND, content_type="application/json", headers={"X-CSRFToken": token})
    assert sent.status_code == 201
    assert AuditEntry.objects.get().credential == "session"


def test_a_key_needs_no_token(key):
    client = Client(enforce_csrf_checks=True)
    headers = {"Authorization": "Bearer ck_secret"}
    assert client.post("/v1/products", BAND, content_type="application/json", headers=headers).status_code == 201


def test_without_roles_or_patients_one_sees_what_visitors_see(calling, organization):
    ProductFactory(organization=organization, name="On sale")
    ProductFactory(organization=organization, inactive=True)
    nobody = calling(UserFactory())
    assert [one["name"] for one in nobody.get("/v1/products").json()["products"]] == ["On sale"]
    response = nobody.get("/v1/patient-service-plans")
    assert response.status_code == 403
    assert response.json() == refused("forbidden", "You do not have permission to perform this action.")


def test_a_key_for_one_scope_does_nothing_else(calling, admin_user, organization):
    reads = calling(admin_user, scopes=["catalog:read"])
    assert reads.get("/v1/products").status_code == 200
    assert reads.post("/v1/products", BAND).status_code == 403
    assert reads.get("/v1/patient-service-plans").status_code == 403
    assert calling(admin_user, scopes=["orders:read"]).get("/v1/products").status_code == 403
    assert not Product.objects.exists()


def test_a_key_for_one_practice_sees_and_writes_in_it_alone(calling, practice, foreign_practice):
    user = MembershipFactory(practice=practice, admin=True).user
    MembershipFactory(practice=foreign_practice, user=user, admin=True)
    ours, theirs = (
        ProductFactory(organization=practice.organization),
        ProductFactory(organization=foreign_practice.organization),
    )
    narrowed = calling(user, practice=foreign_practice)
    assert [one["id"] for one in narrowed.get("/v1/products").json()["products"]] == [str(theirs.uuid)]
    assert narrowed.put(f"/v1/products/{ours.uuid}", {"price": 1}).status_code == 404
    assert narrowed.post("/v1/products", BAND).status_code == 201
    assert Product.objects.get(name="Elastic Band").organization_id == foreign_practice.organization_id
    elsewhere = narrowed.post("/v1/products", BAND, headers={"X-Organization-ID": str(practice.pk)})
    assert elsewhere.status_code == 404


def test_a_superusers_key_for_one_practice_is_its_clinic_admins(calling, practice, foreign_practice):
    ProductFactory(organization=foreign_practice.organization)
    ours = ProductFactory(organization=practice.organization)
    narrowed = calling(UserFactory(superuser=True), practice=practice)
    assert [one["id"] for one in narrowed.get("/v1/products").json()["products"]] == [str(ours.uuid)]
    assert narrowed.put(f"/v1/products/{ours.uuid}", {"price": 1}).status_code == 200


def test_the_audit_names_who_wrote_with_what_through_which_door(key):
    headers = {"X-Request-ID": "trace-me-1234"}
    assert Caller("ck_secret").post("/v1/products", BAND, headers=headers).status_code == 201
    entry = AuditEntry.objects.get()
    assert (entry.user_id, entry.actor_kind, entry.credential) == (key.user_id, "staff", f"key:{key.pk}")
    assert (entry.door, entry.request_id, entry.verb) == ("api:services", "trace-me-1234", "catalog.create_product")
    assert (entry.at, entry.action, entry.object_kind) == (AT, "create", "catalog.product")


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "with space", "a\nb: c", "é" * 8])
def test_a_request_id_that_cannot_be_trusted_is_replaced(key, given):
    headers = {"X-Request-ID": given}
    assert Caller("ck_secret").post("/v1/products", BAND, headers=headers).status_code == 201
    assert len(AuditEntry.objects.get().request_id) == 32


def test_reading_leaves_no_trace_in_the_audit(admin, organization):
    admin.get("/v1/products")
    admin.get("/v1/patient-service-plans")
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    "sent",
    [
        {"headers": {"X-Api-Key": "ck_secret"}},
        {"headers": {"X-User-Token": "wrong"}},
        {"query": "?access_token=ck_secret"},
        {"query": "?api_key=x"},
        {"headers": {"Authorization": "Bearer ck_secret,Bearer ck_secret"}},
    ],
    ids=str,
)
def test_two_credentials_in_one_request_are_refused_whether_they_open_or_not(key, sent):
    caller = Caller("ck_secret")
    response = caller.post(f"/v1/products{sent.get('query', '')}", BAND, headers=sent.get("headers"))
    assert response.status_code == 400
    assert response.json() == refused(
        "two_credentials", "The request carries more than one credential. Send exactly one."
    )
    assert not Product.objects.exists()


def test_a_credential_in_the_address_alone_opens_nothing(key):
    assert Caller().get("/v1/patient-service-plans?access_token=ck_secret").status_code == 401


def test_two_credentials_are_told_in_the_words_of_each_contract(key):
    headers = {"Authorization": "Bearer ck_secret", "X-User-Token": "ck_secret"}
    told = "The request carries more than one credential. Send exactly one."
    slots = Caller(**headers).get("/v1/admin/clinic/availability/available_slots")
    assert (slots.status_code, slots.json()) == (400, {"errors": told})
    assert Caller(**headers).get("/flextell/api/v1/customers").json() == {"error": "bad_request", "message": told}
    assert Caller(**headers).get("/cliniko/v1/patients").json() == {"message": told}


def test_a_key_without_the_scope_is_told_which_one_it_lacks(calling, admin_user, organization):
    response = calling(admin_user, scopes=["orders:read"]).get("/v1/patient-service-plans")
    assert response.status_code == 403
    assert response.json() == refused("insufficient_scope", "The credential lacks the scope programs:read.")
    assert response["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="programs:read"'
