"""What every benchmark here does first: an empty database of the wanted engine, in a process of its own for each."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

ENGINES = ("sqlite", "postgresql")


def run(module: str, doc: str | None, measure: Callable[[argparse.Namespace], int], **counts: int) -> int:
    """Measure on each engine named; `counts` are options with their defaults. 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engines", nargs="*", default=list(ENGINES))
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--on", help="the address of a migrated database to use, instead of one made for this")
    for name, count in counts.items():
        parser.add_argument(f"--{name}", type=int, default=count)
    options = parser.parse_args()
    if options.here:
        return _measure_here(options, measure)
    told = [word for name in counts for word in (f"--{name}", str(getattr(options, name)))]
    told += ["--on", options.on] if options.on else []
    status = 0
    for engine in options.engines:
        status |= subprocess.run([sys.executable, "-m", module, engine, "--here", *told], check=False).returncode
    return status


def _measure_here(options: argparse.Namespace, measure: Callable[[argparse.Namespace], int]) -> int:
    from tests.plugins.engine import prepare

    if options.on:
        os.environ["DATABASE_URL"] = options.on
        os.environ.update(RATE_SERVICES="1000000/minute", RATE_AVAILABILITY="1000000/minute", DEBUG="0")
        os.environ.setdefault("SECRET_KEY", "only-for-a-benchmark")
    else:
        print(prepare(options.engines[0]), flush=True)
    # As in production: the check of the order of locks is for tests.
    os.environ.update(DJANGO_SETTINGS_MODULE="clinic.settings", CHECK_LOCK_ORDER="0")
    import django
    from django.conf import settings

    django.setup()
    logging.disable(logging.INFO)  # no line for each request between the figures
    from django.db import connection

    settings.DATABASES["default"]["CONN_MAX_AGE"] = 600
    from django.test.utils import setup_databases, teardown_databases

    made = [] if options.on else setup_databases(verbosity=0, interactive=False)
    gc.freeze()  # as clinic.wsgi does
    try:
        return measure(options)
    finally:
        # To drop a database of millions of rows takes longer than the product gives a statement.
        connection.settings_dict["OPTIONS"].pop("options", None)
        teardown_databases(made, verbosity=0)


def seconds(call: Callable[[], Any]) -> float:
    """How long `call` takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def in_turns(first: Callable[[], Any], second: Callable[[], Any], rounds: int) -> list[tuple[float, float]]:
    """Seconds of each in every round; who goes first alternates."""
    pairs = []
    for number in range(rounds):
        if number % 2:
            a = seconds(first)
            b = seconds(second)
        else:
            b = seconds(second)
            a = seconds(first)
        pairs.append((a, b))
    return pairs


def fastest(first: Callable[[], Any], second: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """The fewest seconds of each, for reads of a few milliseconds: other work only adds to a time."""
    firsts, seconds_ = zip(*in_turns(first, second, rounds), strict=True)
    return min(firsts), min(seconds_)


def interleaved(first: Callable[[], Any], second: Callable[[], Any], rounds: int) -> tuple[float, float, float]:
    """Median seconds of each, and the median of the ratios first / second; who goes first alternates."""
    pairs = in_turns(first, second, rounds)
    return (*medians(pairs), statistics.median(a / b for a, b in pairs))


def medians(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The median of each side."""
    ours, others = zip(*pairs, strict=True)
    return statistics.median(ours), statistics.median(others)
