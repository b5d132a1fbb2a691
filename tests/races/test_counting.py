"""Requests of several processes at the same moment are all counted in the shared cache.

The control is Django's own cache in the database, which reads and then writes.
"""

import time

import pytest
from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.core.management import call_command
from django.db import connection

from api.base import throttling
from tests.races.racing import THREADS, race

TABLE = "counts"

pytestmark = pytest.mark.race


@pytest.fixture
def counting(settings, transactional_db):
    """Counts in the table by one kind of cache; how many, when as many threads as there are have counted once each."""

    def count(backend):
        settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": TABLE}}
        call_command("createcachetable", verbosity=0)
        caches["default"].clear()
        assert race(lambda number: throttling.count_one("key", seconds=60)) == {"done": THREADS}
        return caches["default"].get("key")

    yield count
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {TABLE}")


def test_none_is_lost(counting):
    assert counting("core.caches.CountingDatabaseCache") == THREADS


def test_a_count_that_came_after_the_lock_was_sought_is_not_written_over(counting, monkeypatch):
    """No row was there to be locked; what another process has put there since is read, but not ours to add to."""
    counting("core.caches.CountingDatabaseCache")
    kept = caches["default"]
    kept.clear()
    read = DatabaseCache.get

    def as_another_adds(self, *args, **kwargs):
        self.add("key", 7, timeout=60)
        return read(self, *args, **kwargs)

    monkeypatch.setattr(DatabaseCache, "get", as_another_adds)
    with pytest.raises(ValueError, match="key"):
        kept.incr("key")


def test_djangos_own_loses_some(counting, monkeypatch):
    """Control."""
    read = DatabaseCache.get

    def slowly(self, *args, **kwargs):
        found = read(self, *args, **kwargs)
        time.sleep(0.05)
        return found

    monkeypatch.setattr(DatabaseCache, "get", slowly)
    assert counting("django.core.cache.backends.db.DatabaseCache") < THREADS
