"""Whether this process lives (`/livez`), and whether it can do its work (`/healthz`), for whoever balances the load."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from django.core.cache import cache as counts
from django.core.cache import caches
from django.core.cache.backends.db import BaseDatabaseCache
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse

from core.errors import Unavailable
from core.files import STORAGE_ERRORS, any_kept

logger = logging.getLogger(__name__)

# What was found is told again for so many seconds: anybody may ask, however often.
TOLD_AGAIN_FOR = 2.0


def answer_health(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer the two paths before anything else does: a balancer asks by address, without HTTPS and our host name."""
    told: dict[str, tuple[float, dict[str, str]]] = {}

    def answered(request: HttpRequest) -> HttpResponse:
        if request.path == "/livez":
            return HttpResponse("ok\n", content_type="text/plain")
        if request.path != "/healthz":
            return get_response(request)
        at, found = told.get("last", (0.0, {}))
        if time.monotonic() - at >= TOLD_AGAIN_FOR or not found:
            found = check()
            told["last"] = time.monotonic(), found
        well = set(found.values()) == {"ok"}
        return JsonResponse(found, status=200 if well else 503)

    return answered


def check() -> dict[str, str]:
    """Each thing that the work needs: "ok" or "failed"; why is in the log, not in the answer."""
    checks: dict[str, Callable[[], bool]] = {
        "database": _database_answers,
        "migrations": _migrations_are_applied,
        "storage": _storage_answers,
        "cache": _cache_answers,
    }
    found: dict[str, str] = {}
    for name, holds in checks.items():
        try:
            # What lies in a database that has failed is not asked for: if it is silent, each would wait as long again.
            well = not (name in _in_the_database() and found.get("database") == "failed") and holds()
        except (DatabaseError, Unavailable, *STORAGE_ERRORS):
            logger.exception("health: %s", name)
            well = False
        found[name] = "ok" if well else "failed"
    return found


def _in_the_database() -> set[str]:
    """What is asked of the database."""
    return {"migrations"} | ({"cache"} if isinstance(caches["default"], BaseDatabaseCache) else set())


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone())


def _migrations_are_applied() -> bool:
    """Whether the database has all that this release brings; more is fine: the next release migrates first."""
    return _migrations_here() <= set(MigrationRecorder(connection).applied_migrations())


@cache
def _migrations_here() -> frozenset[tuple[str, str]]:
    """The migrations of this release, read from its files once."""
    return frozenset(MigrationLoader(None).disk_migrations)


def _storage_answers() -> bool:
    """Whether the storage answers when asked for a file; that it has none of this name is an answer, too.

    One in S3 answers the same where its bucket is not there, which is therefore asked for as well; and so does a folder
    that is gone, or where the disk is not mounted.
    """
    default_storage.exists("health")
    if bucket := getattr(default_storage, "bucket", None):
        bucket.meta.client.head_bucket(Bucket=bucket.name)
    elif isinstance(default_storage, FileSystemStorage):
        return _folder_is_there(Path(default_storage.location))
    return True


def _folder_is_there(folder: Path) -> bool:
    """Whether the folder can be written to and holds something, once there are rows that refer to files.

    The first file that a clinic keeps makes the folder.
    """
    try:
        with os.scandir(folder) as found:
            filled = next(found, None) is not None
    except FileNotFoundError:
        return not any_kept()
    return os.access(folder, os.W_OK | os.X_OK) and (filled or not any_kept())


def _cache_answers() -> bool:
    """Whether the cache that keeps throttles and used codes answers; that it keeps nothing is an answer, too."""
    counts.get("health")
    return True
