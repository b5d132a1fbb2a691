"""What it costs to keep who looked: a list of 50 patients' appointments with its trace and without.

    python -m bench.traces [sqlite] [postgresql] [--pairs 200]

One list of the cliniko contract is called through two whole WSGI applications in turns, of which one lacks the
middleware that keeps the trace. "first" writes a row for each of the 50 patients every time; "again" finds that they
were looked at within the hour and writes none. On SQLite the rows are written a few seconds later, beside the
answers, and the ratio does not tell of them. The goal is 1.15.
"""

from __future__ import annotations

import argparse
import base64
import sys
from datetime import timedelta
from typing import Any

from bench.appointment_list import KEY, PATH, ROWS, fill
from bench.beside_bare import caller
from bench.engines import interleaved, run

WITHIN = 1.15
TRACE = "clinic.reads.trace_reads"


def measure(options: argparse.Namespace) -> int:
    """Call both in turns; 0 where the goal is reached."""
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler
    from rest_framework.throttling import SimpleRateThrottle

    from core import looks
    from core.models import PatientRead

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
    for name, once_in in (("first", timedelta(0)), ("again", timedelta(hours=1))):
        looks.ONCE_IN = once_in
        for _request in range(20):
            traced(), untraced()
        before = PatientRead.objects.count()
        ours, without, ratio = interleaved(traced, untraced, options.pairs)
        written = (PatientRead.objects.count() - before) / options.pairs
        print(
            f"  {name}: traced {ours * 1000:.2f} ms  without {without * 1000:.2f} ms  ratio {ratio:.3f} "
            f"(goal {WITHIN}; {written:.0f} of {ROWS} rows each)",
            flush=True,
        )
        missed |= int(ratio > WITHIN)
    return missed


if __name__ == "__main__":
    sys.exit(run(__spec__.name, __doc__, measure, pairs=200))
