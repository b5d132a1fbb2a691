"""One process on one filled database, which does what it is told in JSON, a line each: see `bench.__main__`.

A page is asked through the whole application, as in production: the limits of a statement are those of a request.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any


class Statements:
    """Counts and times what is said to the database, but transactions."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Any, float]] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            if not sql.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")):
                self.said.append((sql, params, (time.perf_counter() - began) * 1000))

    @contextlib.contextmanager
    def fetching(self) -> Iterator[None]:
        """Count what SQLite does while its rows are fetched as time of the statement: it walks no further before."""
        from django.db.backends.sqlite3.base import SQLiteCursorWrapper

        def timed(fetch: Callable[..., Any]) -> Callable[..., Any]:
            def timing(cursor: Any, *args: Any) -> Any:
                began = time.perf_counter()
                try:
                    return fetch(cursor, *args)
                finally:
                    if self.said:
                        sql, params, took = self.said[-1]
                        self.said[-1] = (sql, params, took + (time.perf_counter() - began) * 1000)

            return timing

        names = ("fetchone", "fetchmany", "fetchall")
        for name in names:
            setattr(SQLiteCursorWrapper, name, timed(getattr(sqlite3.Cursor, name)))
        try:
            yield
        finally:
            for name in names:
                delattr(SQLiteCursorWrapper, name)


def measured(call: Callable[[], Any]) -> dict[str, Any]:
    """Milliseconds of `call`, of its SQL and of its slowest statement; and what it says of itself."""
    from django.db import connection

    statements = Statements()
    began = time.perf_counter()
    with connection.execute_wrapper(statements), statements.fetching():
        told = call() or {}
    took = (time.perf_counter() - began) * 1000
    slowest = max(statements.said, key=lambda one: one[2], default=("", None, 0.0))
    return {
        "ms": took,
        "sql_ms": sum(one[2] for one in statements.said),
        "queries": len(statements.said),
        "slowest_ms": slowest[2],
        "slowest": slowest[0][:3000],
        **told,
    }


def main() -> int:
    """Answer each line with one."""
    os.environ.update(DJANGO_SETTINGS_MODULE="clinic.settings", CHECK_LOCK_ORDER="0")
    import django
    from django.conf import settings

    django.setup()
    settings.ROOT_URLCONF = "bench.bare"
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 600
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    from bench.asking import Asking

    asking = Asking()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        answer: dict[str, Any]
        try:
            answer = getattr(asking, wanted.pop("do"))(**wanted)
        except Exception as error:  # noqa: BLE001 the report says it, and the others are measured
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(answer), flush=True)
    return 0


def rss_mb() -> float:
    """The memory that this process has now."""
    with contextlib.suppress(OSError), open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextlib.contextmanager
def rolled_back() -> Iterator[None]:
    """What is written inside is not kept, so that the next round finds the same."""
    from django.db import transaction

    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


if __name__ == "__main__":
    sys.exit(main())
