"""`/livez` (the process is up) and `/healthz` (it can do its work), for load balancers."""

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

# Seconds for which a result is repeated, because anybody may ask as often as they like.
TOLD_AGAIN_FOR = 2.0


def answer_health(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that answers both paths before anything else, because balancers ask by address and without HTTPS."""
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
    """Return "ok" or "failed" for each thing that the work needs; the reason goes to the log only."""
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
    """Run the checks that need the database."""
    return {"migrations"} | ({"cache"} if isinstance(caches["default"], BaseDatabaseCache) else set())


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone())


def _migrations_are_applied() -> bool:
    """Whether the database has all migrations of this release; more are fine: the next release migrates first."""
    return _migrations_here() <= set(MigrationRecorder(connection).applied_migrations())


@cache
def _migrations_here() -> frozenset[tuple[str, str]]:
    """Return the migrations of this release, read from its files once."""
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
    """Whether the cache that keeps rate limits and used codes answers, if only with nothing."""
    counts.get("health")
    return True
