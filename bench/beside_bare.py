"""A list of the product beside a bare view that runs the same queries: called in turns, through the whole application.

What else the machine does hits both alike. The median times of a request are printed, and the median of the ratios of
each pair.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Any

from bench.engines import interleaved, seconds

GOAL = 0.85


def application(urls: str) -> Any:
    """The WSGI application with the routes of this module, for a database that is made already."""
    from django.conf import settings

    settings.ROOT_URLCONF = urls
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.READS_WRITTEN_AFTER_SECONDS = None  # the bare view leaves no trace of whom it shows
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def compare(ours: Callable[[], bytes], bare: Callable[[], bytes], duration: float, *, row: bytes, rows: int) -> int:
    """Print the medians and their ratio over about `duration` seconds; 0 where the goal is reached.

    Both must answer `rows` rows, in each of which the text `row` stands once.
    """
    assert ours().count(row) == bare().count(row) == rows, (ours()[:300], bare()[:300])
    for _request in range(100):
        ours(), bare()
    pairs = max(10, int(duration / (seconds(ours) + seconds(bare))))
    theirs, own, ratio = interleaved(bare, ours, pairs)
    print(f"  ours {own * 1000:.3f} ms  bare {theirs * 1000:.3f} ms  ratio {ratio:.3f}  ({pairs} pairs; goal {GOAL})")
    return int(ratio < GOAL)


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
