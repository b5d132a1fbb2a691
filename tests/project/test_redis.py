"""What all processes must know of each other at the doors, kept in a Redis: counts, and codes that are used up."""

import time
from threading import Thread

import pytest
from django.core.cache import cache, caches
from django.test import Client
from django.urls import reverse

from api.base.throttling import count_one
from clinic import health
from clinic.settings import cache_settings
from core.errors import Unavailable
from tests.factories import ApiKeyFactory, MembershipFactory
from tests.redis_server import redis_of_our_own

TEXT = "ck_" + "a" * 40


@pytest.fixture
def in_redis(redis_url, settings, monkeypatch):
    """The cache is there, set up as the environment says."""
    monkeypatch.setenv("CACHE_URL", redis_url)
    settings.CACHES = {"default": cache_settings()}
    cache.clear()
    yield
    cache.clear()


def test_requests_at_the_same_moment_are_all_counted(in_redis):
    counted = []

    def count():
        counted.extend(count_one("throttle:test", seconds=60) for _time in range(50))
        caches["default"].close()

    threads = [Thread(target=count) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counted) == list(range(1, 401))


def test_what_is_counted_is_forgotten_with_its_window(in_redis):
    for _time in range(3):
        count_one("throttle:test", seconds=60)
    client = caches["default"]._cache.get_client(write=True)
    left = client.ttl(caches["default"].make_key("throttle:test"))
    assert 0 < left <= 60


def test_where_redis_is_away_programs_and_people_are_told_to_come_back(tmp_path, settings, monkeypatch, practice):
    user = MembershipFactory(practice=practice).user
    ApiKeyFactory(user=user, text=TEXT)
    program = Client(headers={"Authorization": f"Bearer {TEXT}"}, raise_request_exception=False)
    with redis_of_our_own(tmp_path) as (url, process):
        monkeypatch.setenv("CACHE_URL", url)
        settings.CACHES = {"default": cache_settings()}
        assert program.get("/v1/products").status_code == 200
        assert health.check()["cache"] == "ok"
        process.kill()
        process.wait()
        answer = program.get("/v1/products")
        assert (answer.status_code, answer["Retry-After"]) == (503, "1")
        assert health.check()["cache"] == "failed"
        began = time.monotonic()
        with pytest.raises(Unavailable):
            cache.get("anything")
        assert time.monotonic() - began < 1
        # Names and passwords are counted in the database: the entrance stays open, and as narrow as it was.
        page = reverse("admin:login")
        assert Client().post(page, {"username": user.username, "password": "demo"}).status_code == 302
        wrong = [Client().post(page, {"username": user.username, "password": "x"}).status_code for _time in range(6)]
        assert wrong == [200] * 5 + [429]
