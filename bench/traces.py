"""What it costs to keep who looked: a list of 50 patients' appointments with its trace and without.

    python -m bench.traces [sqlite] [postgresql] [--pairs 200]

One list of the cliniko contract is called through two whole WSGI applications in turns, of which one lacks the
middleware that keeps the trace. "again" finds that the 50 patients were looked at within the hour and writes nothing;
"first" writes a row for each of them every time. Told are the medians on the clock and of the processors' time, that
of the database's server included; trust the latter on a busy machine. On SQLite the rows are written a few seconds
later, beside the answers, and the ratio does not tell of them. The goal is 1.15.
"""

from __future__ import annotations

import argparse
import base64
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.appointment_list import KEY, PATH, ROWS, fill
from bench.beside_bare import caller
from bench.engines import run
from bench.figures import Figure, tell

WITHIN = 1.15
TRACE = "clinic.reads.trace_reads"


def measure(options: argparse.Namespace) -> int:
    """Call both in turns; 0 where the goal is reached."""
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler
    from rest_framework.throttling import SimpleRateThrottle

    from core import looks
    from core.models import PatientLook

    settings.ALLOWED_HOSTS = ["testserver"]
    SimpleRateThrottle.THROTTLE_RATES["cliniko"] = "1000000/minute"
    query = f"q[]=practitioner_id:={fill()}&page=2"
    token = base64.b64encode(f"{KEY}:".encode()).decode()
    every = list(settings.MIDDLEWARE)

    def list_through(middleware: list[str]) -> Any:
        settings.MIDDLEWARE = middleware
        return caller(WSGIHandler(), PATH, query, token, scheme="Basic")

    traced, untraced = list_through(every), list_through([one for one in every if one != TRACE])
    assert untraced() == traced()
    missed = 0
    for name, once_in in (("again", timedelta(hours=1)), ("first", timedelta(0))):
        looks.ONCE_IN = once_in
        for _request in range(20):
            traced(), untraced()
        before = PatientLook.objects.count()
        ours, without = in_turns(traced, untraced, options.pairs)
        written = (PatientLook.objects.count() - before) / options.pairs
        print(f"  {name}: {written:.0f} of {ROWS} rows written each", flush=True)
        kinds = ("on the clock", None), ("of the processors", WITHIN)
        for (kind, most), a, b in zip(kinds, ours, without, strict=True):
            what = f"a list of {ROWS} patients' appointments, who looked {name} is kept, {kind}"
            missed |= tell(Figure(what, 1000 * a, "ms", 1000 * b, "without the trace", a / b, most=most))
    return missed


def in_turns(first: Callable[[], Any], second: Callable[[], Any], pairs: int) -> list[tuple[float, float]]:
    """The median seconds of each, on the clock and of the processors; who goes first alternates."""
    taken: dict[Callable[[], Any], list[tuple[float, float]]] = {first: [], second: []}
    for number in range(pairs):
        for call in (first, second) if number % 2 else (second, first):
            began, worked = time.perf_counter(), work()
            call()
            taken[call].append((time.perf_counter() - began, work() - worked))
    found = []
    for call in (first, second):
        clock, worked_for = zip(*taken[call], strict=True)
        found.append((statistics.median(clock), statistics.median(worked_for)))
    return found


def work() -> float:
    """Seconds for which this process, and the server's behind its connection, have been at a processor."""
    from django.db import connection

    server = 0.0
    if connection.vendor == "postgresql":
        connection.ensure_connection()
        told = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text()
        server = int(told.split()[0]) / 1e9
    return time.process_time() + server


if __name__ == "__main__":
    sys.exit(run(__spec__.name, __doc__, measure, pairs=200))
