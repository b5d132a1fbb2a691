"""Every door counts: keys each by themselves, strangers by their address, and tells who is too early until when."""

import time
from base64 import b64encode

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from rest_framework.throttling import SimpleRateThrottle

from api.contracts import CONTRACTS
from clinic.settings import cache_settings
from core.permissions import CLINIC_ADMIN
from tests.api.conftest import Caller
from tests.factories import ApiKeyFactory, MembershipFactory

TABLE = "counts"
KEYS = ("ck_" + "a" * 40, "ck_" + "b" * 40, "ck_" + "c" * 40)
BASIC = "cliniko"  # its key is a user name
HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"


def path_of(contract, practice):
    return {
        "services": "/v1/patient-product-orders",
        "availability": "/v1/admin/clinic/availability/available_slots",
        "flextell": "/v1/appointments",
        "alfadocs": f"/api/v1/practices/{practice.pk}/archives/{practice.organization_id}/chairs",
        "cliniko": "/cliniko/v1/practitioners",
    }[contract.name]


def asking(contract, path, key, address=HOME, **more):
    """The answer to one more request; "" is a visitor's."""
    basic = {"Authorization": f"Basic {b64encode(f'{key}:'.encode()).decode()}"}
    caller = Caller(**basic) if contract.name == BASIC and key else Caller(key)
    return caller.get(path, REMOTE_ADDR=address, **more)


@pytest.fixture
def doors(practice, monkeypatch):
    """Each contract with its path; two requests an hour; two keys of different people, and one that is none."""
    for text in KEYS[:2]:
        ApiKeyFactory(user=MembershipFactory(practice=practice, role=CLINIC_ADMIN).user, text=text)
    for contract in CONTRACTS:
        monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, contract.name, "2/hour")
    return [(contract, path_of(contract, practice)) for contract in CONTRACTS]


@pytest.fixture(params=["memory", "database", "redis"])
def counted(request, settings, monkeypatch):
    """Where it is counted."""
    if request.param == "redis":
        monkeypatch.setenv("CACHE_URL", request.getfixturevalue("redis_url"))
        settings.CACHES = {"default": cache_settings()}
        cache.clear()
    if request.param == "database":
        settings.CACHES = {"default": {"BACKEND": "core.caches.CountingDatabaseCache", "LOCATION": TABLE}}
        call_command("createcachetable", verbosity=0)
        cache.clear()


def test_each_key_and_each_strangers_address_has_its_own_count_at_every_door(doors, counted):
    for contract, path in doors:
        first, second, none = KEYS
        assert [asking(contract, path, first).status_code for _time in range(3)] == [200, 200, 429], contract.name
        refused = asking(contract, path, first, ELSEWHERE)
        assert 0 < int(refused["Retry-After"]) <= 3600
        assert refused.json().keys() <= contract.error_schema().fields.keys(), refused.json()
        assert asking(contract, path, second).status_code == 200
        wrong = [asking(contract, path, key, HOME).status_code for key in (none, none, none, "")]
        assert wrong == [401, 401, 429, 429], contract.name
        assert asking(contract, path, none, ELSEWHERE).status_code == 401
        assert asking(contract, path, second).status_code == 200  # whoever has a key is not locked out by strangers


def test_strangers_of_one_line_are_counted_together(doors):
    """Of IPv6 each line has more addresses than there are requests to make."""
    for contract, path in doors:
        one_line = [asking(contract, path, "", f"2001:db8:0:1::{n}").status_code for n in range(3)]
        assert one_line == [401, 401, 429], contract.name
        assert asking(contract, path, "", "2001:db8:0:2::1").status_code == 401


def test_behind_proxies_the_address_is_what_the_outermost_of_ours_saw(doors, monkeypatch):
    monkeypatch.setitem(settings.REST_FRAMEWORK, "NUM_PROXIES", 1)
    monkeypatch.setattr("rest_framework.settings.api_settings.NUM_PROXIES", 1)
    for contract, path in doors:

        def status(told, contract=contract, path=path):
            answer = asking(contract, path, "", "10.0.0.1", headers={"X-Forwarded-For": told})
            return answer.status_code

        made_up = [status(f"203.0.113.{n}, {HOME}") for n in range(3)]
        assert made_up == [401, 401, 429], contract.name
        assert status(ELSEWHERE) == 401


def test_a_count_in_the_table_lives_as_long_as_its_window(db, settings):
    """Django's own cache would let it live for five minutes more with each count."""
    settings.CACHES = {"default": {"BACKEND": "core.caches.CountingDatabaseCache", "LOCATION": TABLE}}
    call_command("createcachetable", verbosity=0)
    cache.add("count", 1, timeout=7200)
    assert [cache.incr("count"), cache.incr("count", 3)] == [2, 5]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT expires FROM {TABLE}")
        (expires,) = cursor.fetchone()
    left = expires.timestamp() - time.time() if hasattr(expires, "timestamp") else None
    assert left is None or 7100 < left <= 7200
    cache.set("gone", 1, timeout=-1)
    with pytest.raises(ValueError, match="gone"):
        cache.incr("gone")
