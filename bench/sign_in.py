"""Whether the time of an answer tells which accounts exist: wrong passwords for unknown, patients' and staff accounts.

    python -m bench.sign_in [sqlite] [postgresql] [--rounds 40]

The three take turns at the page that staff sign in on, with the limits off. Told are the medians of the time on the
clock and of the processor's; a median of the processor's time that differs from another by more than 10 % misses the
goal. Trust the processor's on a busy machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from typing import Any

from bench.engines import run

WITHIN = 1.10
KINDS = ("unknown", "patient", "staff", "closed")


def measure(options: argparse.Namespace) -> int:
    """Sign in wrongly, in turns."""
    from django.conf import settings
    from django.test import Client
    from django.urls import reverse

    from directory.services import sign_ins
    from tests import factories

    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    make: Any = factories
    make.PatientAccessFactory(user=make.UserFactory(username="patient"))
    make.MembershipFactory(user=make.UserFactory(username="staff"))
    make.MembershipFactory(user=make.UserFactory(username="closed", is_active=False))
    sign_ins.WRONG_OF_ONE = sign_ins.WRONG_OF_ACCOUNT = sign_ins.WRONG_OF_ADDRESS = 1_000_000
    client, page = Client(headers={"host": "localhost"}), reverse("admin:login")
    clock: dict[str, list[float]] = {kind: [] for kind in KINDS}
    processor: dict[str, list[float]] = {kind: [] for kind in KINDS}

    def attempt(kind: str, kept: Any = None) -> None:
        began, worked = time.perf_counter(), time.process_time()
        answer = client.post(page, {"username": kind, "password": "wrong"})
        if answer.status_code != 200:
            raise AssertionError(answer.status_code)
        if kept is not None:
            clock[kind].append(time.perf_counter() - began)
            processor[kind].append(time.process_time() - worked)

    for kind in KINDS:
        attempt(kind)
    for number in range(options.rounds):
        turn = number % len(KINDS)
        for kind in (*KINDS[turn:], *KINDS[:turn]):
            attempt(kind, clock)
    for kind in KINDS:
        told = statistics.median(clock[kind]) * 1000, statistics.median(processor[kind]) * 1000
        print(f"{kind:8} {told[0]:7.0f} ms on the clock, {told[1]:7.0f} ms of the processor", flush=True)
    medians = [statistics.median(processor[kind]) for kind in KINDS]
    ratio = max(medians) / min(medians)
    print(f"slowest / fastest of the processor's medians: {ratio:.3f} (goal {WITHIN})", flush=True)
    return int(ratio > WITHIN)


if __name__ == "__main__":
    sys.exit(run("bench.sign_in", __doc__, measure, rounds=40))
