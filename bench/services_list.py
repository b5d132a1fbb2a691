"""How close GET /v1/services comes to a bare authenticated Django view that runs the same queries.

    python -m bench.services_list [sqlite|postgresql]... [--seconds 20]

Both views are called in one process, through the whole WSGI application, in turns, so that what else the machine
does hits both alike. For each engine and query the median times of a request are printed, and the median of the
ratios of each pair; the goal is 0.85. PostgreSQL is TEST_DATABASE_URL, or one that is started for the run.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

ROWS = 50
GOAL = 0.85
QUERIES = {
    "no parameters": "",
    "the seed's query": "published=true&is_public=true&category=consultation",
}


def main() -> int:
    """Measure each engine in a process of its own, as Django reads its settings once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engines", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--seconds", type=float, default=20, help="for each engine and query")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        return measure_engine(options.engines[0], options.seconds)
    status = 0
    for engine in options.engines:
        command = [sys.executable, "-m", "bench.services_list", engine, "--here", "--seconds", str(options.seconds)]
        status |= subprocess.run(command, check=False).returncode
    return status


def measure_engine(engine: str, seconds: float) -> int:
    """Fill a test database of `engine`, measure, and drop it."""
    from tests.plugins.engine import prepare

    print(prepare(engine))
    os.environ["DJANGO_SETTINGS_MODULE"] = "clinic.settings"
    import django
    from django.conf import settings

    django.setup()
    settings.ROOT_URLCONF = "bench.services_list_urls"
    settings.ALLOWED_HOSTS = ["testserver"]
    # As on a server that keeps its connections; opening one for each request would flatter the ratio.
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 600
    from django.core.wsgi import get_wsgi_application
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    try:
        key = fill()
        application = get_wsgi_application()
        return max(compare(application, key, name, query, seconds) for name, query in QUERIES.items())
    finally:
        teardown_databases(made, verbosity=0)


def fill() -> str:
    """One organization with 50 services that fit the seed's query; returns the key of a clinic admin."""
    from tests import factories

    make: Any = factories  # factory-boy's classes are not typed
    practice = make.PracticeFactory()
    specialty = make.SpecialtyFactory(organization=practice.organization)
    for _number in range(ROWS):
        make.ServiceFactory(
            organization=practice.organization,
            specialty=specialty,
            public=True,
            category="consultation",
            description="Comprehensive mobility assessment. " * 5,
            cover_url="https://example.org/cover.jpg",
            video_url="https://example.org/video.mp4",
        )
    user = make.MembershipFactory(practice=practice, admin=True).user
    make.ApiKeyFactory(user=user, text="ck_benchmark")
    return "ck_benchmark"


def compare(application: Any, key: str, name: str, query: str, seconds: float) -> int:
    """Print the medians and their ratio; 0 where the goal is reached."""
    ours = caller(application, "/v1/services", query, key)
    bare = caller(application, "/bare", query, key)
    assert ours().count(b'"slug"') == bare().count(b'"slug"') == ROWS, (ours()[:300], bare()[:300])
    for _request in range(100):
        ours(), bare()
    pairs: list[tuple[float, float]] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        if len(pairs) % 2:
            first, second = timed(ours), timed(bare)
            pairs.append((first, second))
        else:
            first, second = timed(bare), timed(ours)
            pairs.append((second, first))
    ratio = statistics.median(one[1] / one[0] for one in pairs)
    median = [statistics.median(taken) * 1000 for taken in zip(*pairs, strict=True)]
    print(
        f"  {name:18} ours {median[0]:.3f} ms  bare {median[1]:.3f} ms  ratio {ratio:.3f}"
        f"  ({len(pairs)} pairs; goal {GOAL})"
    )
    return int(ratio < GOAL)


def timed(call: Callable[[], bytes]) -> float:
    """Seconds that the request took."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def caller(application: Any, path: str, query: str, key: str, *, scheme: str = "Bearer") -> Callable[[], bytes]:
    """A function that makes the request with `key` behind the scheme, and returns the body."""

    def call() -> bytes:
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_AUTHORIZATION": f"{scheme} {key}",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
        }
        response = application(environ, lambda status, headers: None)
        try:
            return b"".join(response)
        finally:
            response.close()

    return call


if __name__ == "__main__":
    sys.exit(main())
