"""What every operation has: who gets in, how often, how errors are told, and that links lead somewhere."""

import base64
import re

import pytest
from django.core.cache import cache

from scheduling.models import TimeOff
from tests.api.cliniko.conftest import HOST, MINE, PLAIN, VENDOR, basic, wish
from tests.api.conftest import Caller
from tests.factories import (
    AT,
    DAY,
    ApiKeyFactory,
    AppointmentFactory,
    PhoneNumberFactory,
    ProductFactory,
    SlotFactory,
)

KEY = "ck_some-key-of-theirs"


@pytest.fixture
def key(front_desk_user):
    return ApiKeyFactory(user=front_desk_user, text=KEY)


def encoded(text):
    return base64.b64encode(text.encode()).decode()


# ----------------------------------------------------------------------------------------- who gets in


@pytest.mark.parametrize(
    "header",
    [
        f"Basic {encoded(f'{KEY}:')}",
        f"Basic {encoded(KEY)}",
        f"Basic: {encoded(f'{KEY}:')}",
        f"basic {encoded(f'{KEY}:x')}",
        f"Basic {encoded(f'{KEY}-au1:')}",
        f"Basic {encoded(f'{KEY}-uk10')}",
        f"Basic {encoded(f'{KEY}:').rstrip('=')}",
    ],
)
def test_the_key_is_taken_as_clients_send_it(key, header):
    for path in (PLAIN, MINE, f"{VENDOR}/user"):
        assert Caller(Authorization=header).get(path).status_code == 200


@pytest.mark.parametrize("text", ["ck_some-key-uk1", "ck_some-key-uk1-au4"])
def test_a_key_that_looks_as_if_it_had_a_shard_is_taken(front_desk_user, text):
    ApiKeyFactory(user=front_desk_user, text="ck_some-key-uk1")
    assert Caller(**basic(text)).get(PLAIN).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "", "Basic", "Basic ", f"Bearer {KEY}", f"Basic {encoded('ck_other:')}", f"Basic {encoded(f'{KEY}-au1-au1:')}",
        f"Basic {encoded(f':{KEY}')}", "Basic %%%", f"Basic {encoded('é:')}", f"Basic {encoded(':')}", KEY,
        f"Basic {encoded(f'{KEY}-1:')}", "Basic " + "A" * 5000,
    ],
)  # fmt: skip
def test_anything_else_is_a_401_in_plain_text(key, header):
    for path in (PLAIN, f"{VENDOR}/patients"):
        response = Caller(**({"Authorization": header} if header else {})).get(path)
        assert (response.status_code, response.content) == (401, b"HTTP Basic: Access denied.\n")
        assert response["Content-Type"].startswith("text/plain")
        assert response["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize("trait", ["revoked", "expired"])
def test_a_key_that_opens_no_longer_is_a_401(front_desk_user, trait):
    ApiKeyFactory(user=front_desk_user, text=KEY, **{trait: True})
    assert Caller(**basic(KEY)).get(PLAIN).status_code == 401


def test_neither_accept_nor_user_agent_matter(key):
    for headers in ({"Accept": "text/html"}, {"Accept": "application/xml"}, {"User-Agent": "python-httpx/0.28.1"}):
        response = Caller(**basic(KEY), **headers).get(PLAIN)
        assert (response.status_code, response["Content-Type"]) == (200, "application/json")


def test_a_role_that_may_not_is_a_403(client, program, specialist, specialist_user):
    response = program(specialist_user).post(f"{VENDOR}/patients", {"first_name": "A", "last_name": "B"})
    assert response.status_code == 403
    assert list(response.json()) == ["message"]


# ------------------------------------------------------------------------------------------- how often


def test_the_two_hundred_and_first_request_of_a_minute_is_refused_in_both_headers(settings, key, front_desk_user):
    cache.clear()
    ApiKeyFactory(user=front_desk_user, text="ck_second")
    callers = [Caller(**basic(KEY)), Caller(**basic("ck_second"))]
    statuses = [callers[n % 2].get(f"{VENDOR}/treatment_notes").status_code for n in range(200)]
    assert statuses == [200] * 200
    response = callers[0].get(f"{VENDOR}/treatment_notes")
    assert response.status_code == 429
    assert list(response.json()) == ["message"]
    assert int(response["X-RateLimit-Reset"]) > 1_600_000_000
    assert 1 <= int(response["Retry-After"]) <= 60


# ----------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{PLAIN}/999999"), ("GET", f"{PLAIN}/0"), ("GET", f"{PLAIN}/x"), ("GET", f"{PLAIN}/"),
        ("GET", "/cliniko"),
        ("GET", f"{VENDOR}/nothing"), ("GET", f"{VENDOR}/patients/999999"), ("PUT", PLAIN), ("DELETE", PLAIN),
        ("POST", f"{VENDOR}/treatment_notes"), ("POST", f"{VENDOR}/practitioners"), ("OPTIONS", PLAIN),
        ("PATCH", f"{VENDOR}/users/1"), ("TRACE", f"{VENDOR}/users"),
        ("GET", f"{VENDOR}/treatment_notes/1"), ("GET", f"{PLAIN}/{2**63}"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_404_in_the_contracts_words(client, method, path):
    response = client(method, path, {} if method != "GET" else None)
    assert (response.status_code, response.json()) == (404, {"message": "The requested resource could not be found"})


def test_a_body_that_is_none_is_a_400(client):
    for body in (b"{", b"[" * 100_000, b'{"a": NaN}', b"\x00"):
        response = client.post(PLAIN, body)
        assert (response.status_code, list(response.json())) == (400, ["message"])
    for body in (b"[]", b"1", b'"x"', b"null"):
        response = client.post(PLAIN, body)
        assert (response.status_code, list(response.json()["errors"])) == (422, ["base"])


def test_an_idempotency_key_books_once(client, scene):
    first, again = (client.post(PLAIN, wish(scene), headers={"Idempotency-Key": "once"}) for _n in range(2))
    assert first.json() == again.json()
    assert again["Location"] == f"{HOST}{PLAIN}/{first.json()['id']}"
    assert client.get(PLAIN).json()["total_entries"] == 1


# ------------------------------------------------------------------------------------------------ links


@pytest.fixture
def everything(scene, organization, admin_user):
    """One of each thing that has links, with everything it can be linked with."""
    scene.practitioner.default_service, scene.practitioner.user = scene.service, admin_user
    scene.practitioner.save()
    PhoneNumberFactory(patient=scene.patient)
    ProductFactory(organization=organization)
    visit = {"practice": scene.practice, "specialist": scene.practitioner, "patient": scene.patient}
    head = AppointmentFactory(**visit, service=scene.service, patient_case=scene.case)
    AppointmentFactory(**visit, service=scene.service, repeated_from=head)
    slot = SlotFactory(practice=scene.practice, specialist=scene.practitioner, capacity=3, starts_at=AT + 5 * DAY)
    AppointmentFactory(**visit, service=scene.service, slot=slot, starts_at=slot.starts_at, ends_at=slot.ends_at)
    away = {"starts_at": AT + 9 * DAY, "ends_at": AT + 10 * DAY, "created_at": AT, "updated_at": AT}
    TimeOff.objects.create(practice=scene.practice, specialist=scene.practitioner, **away)


LISTS = ["individual_appointments", "appointment_types", "appointments", "attendees", "bookings", "businesses",
         "patient_cases", "patients", "practitioners", "products", "users"]  # fmt: skip


@pytest.mark.parametrize("name", [*LISTS, "user", "settings", "settings/public"])
def test_every_link_leads_somewhere(manager, everything, name):
    response = manager.get(f"{VENDOR}/{name}")
    assert response.status_code == 200
    if name in LISTS:
        assert response.json()["total_entries"] >= 1
    links = set(re.findall(r'"self":"([^"]+)"', response.content.decode()))
    assert links
    for link in links:
        assert link.startswith(f"{HOST}{VENDOR}/"), link
        assert manager.get(link.removeprefix(HOST)).status_code == 200, link


def test_an_objects_own_link_shows_that_object(manager, everything):
    for name in LISTS:
        listed = manager.get(f"{VENDOR}/{name}").json()
        for one in listed[name]:
            link = one["links"]["self"]
            assert link.rsplit("/", 1)[1] == one["id"]
            assert manager.get(link.removeprefix(HOST)).json() == one
