"""How long `check_invariants` takes over a large clinic: `python -m bench.check_invariants [engine]... [--size N]`

Fills a clinic (bench.fill), runs the command, and prints how long each invariant took. All must hold. The goal is 90 s
for a million slots and as many appointments, on PostgreSQL and two cores.
"""

from __future__ import annotations

import argparse
import sys

from bench.engines import run, seconds
from bench.figures import Figure, tell
from bench.fill import fill

GOAL = 90.0


def measure(options: argparse.Namespace) -> int:
    """Print the time of each invariant and of all."""
    from django.core.management import call_command
    from django.utils import timezone

    if not options.on:
        print(f"  filled in {seconds(lambda: fill(options.size, timezone.now())):.1f} s", flush=True)
    taken = seconds(lambda: call_command("check_invariants", verbosity=2))
    return tell(Figure(f"check_invariants with {options.size:,} appointments", taken, "s", most=GOAL))


if __name__ == "__main__":
    sys.exit(run("bench.check_invariants", __doc__, measure, size=1_000_000))
