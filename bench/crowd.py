"""Many at once: gunicorn with some workers and threads, and callers that ask for the desk's lists again and again."""

from __future__ import annotations

import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CALLERS, SECONDS, PATIENCE = 8, 5.0, 90.0
DEFAULT = 2, 4  # workers and threads, as deploy/gunicorn.py has them
PAGES = ("/admin/scheduling/appointment/", "/admin/patients/patient/", "/admin/patients/patient/?q=conti+0000131")


@dataclass(frozen=True, slots=True)
class Storm:
    """What the callers saw: answers a second, their milliseconds, and how many were 5xx or none."""

    rate: float
    median_ms: float
    slowest_ms: float
    failed: int


def storm(url: str, session: str, *, workers: int, threads: int) -> Storm:
    """Start a server on this database and ask it for some seconds, after everyone has asked once for each page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "clinic.wsgi", "--config", "deploy/gunicorn.py"],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": url,
            "BIND": f"127.0.0.1:{port}",
            "WEB_WORKERS": str(workers),
            "WEB_THREADS": str(threads),
            "ALLOWED_HOSTS": "127.0.0.1",
            "CHECK_LOCK_ORDER": "0",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        with ThreadPoolExecutor(CALLERS) as pool:
            list(pool.map(lambda _n: _ask(port, session, 0.0), range(CALLERS)))
            began = time.monotonic()
            found = [one for part in pool.map(lambda _n: _ask(port, session, SECONDS), range(CALLERS)) for one in part]
            took = time.monotonic() - began
    finally:
        process.terminate()
        process.wait(30)
    times = [ms for ms, _status in found]
    failed = sum(status >= 500 or status == 0 for _ms, status in found)
    return Storm(len(found) / took, statistics.median(times), max(times), failed)


def _wait(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError("gunicorn does not answer")


def _ask(port: int, session: str, seconds: float) -> list[tuple[float, int]]:
    """Milliseconds and status of each answer; every page at least once."""
    connection, found = http.client.HTTPConnection("127.0.0.1", port, timeout=30), []
    end, number = time.monotonic() + seconds, 0
    while number < len(PAGES) or time.monotonic() < end:
        began = time.monotonic()
        try:
            # As the proxy would say it.
            headers = {"Cookie": f"sessionid={session}", "X-Forwarded-Proto": "https", "Accept-Encoding": "gzip"}
            connection.request("GET", PAGES[number % len(PAGES)], headers=headers)
            answer = connection.getresponse()
            answer.read()
            status = answer.status
        except (OSError, http.client.HTTPException):
            connection.close()
            status = 0
        found.append(((time.monotonic() - began) * 1000, status))
        number += 1
    return found
