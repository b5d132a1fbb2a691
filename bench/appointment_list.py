"""How close the list of appointments comes to a bare authenticated Django view that runs the same two queries.

    python -m bench.appointment_list [sqlite|postgresql]... [--seconds 20]

Both views are called in one process, through the whole WSGI application, in turns (see bench.services_list). The list
is the second page of 50 of a specialist's 500 appointments in the cliniko contract, with its exact total; the goal is
0.85.
"""

from __future__ import annotations

import argparse
import base64
import os
import statistics
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

from bench.services_list import GOAL, caller, timed

ROWS, ALL = 50, 500
PATH = "/v1/individual_appointments"
KEY = "ck_benchmark"


def main() -> int:
    """Measure each engine in a process of its own, as Django reads its settings once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engines", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--seconds", type=float, default=20, help="for each engine")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        return measure_engine(options.engines[0], options.seconds)
    status = 0
    for engine in options.engines:
        command = [sys.executable, "-m", "bench.appointment_list", engine, "--here", "--seconds", str(options.seconds)]
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
    settings.ROOT_URLCONF = "bench.appointment_list_urls"
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 600
    settings.READS_WRITTEN_AFTER_SECONDS = None  # the bare view leaves no trace of whom it shows
    from django.core.wsgi import get_wsgi_application
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    try:
        specialist_id = fill()
        return compare(get_wsgi_application(), specialist_id, seconds)
    finally:
        teardown_databases(made, verbosity=0)


def fill() -> int:
    """A front desk's key, and a specialist's appointments; returns the specialist's id."""
    from django.utils import timezone

    from tests import factories

    make: Any = factories  # factory-boy's classes are not typed
    practice = make.PracticeFactory()
    organization = practice.organization
    specialist = make.SpecialistFactory(organization=organization, works_at=[practice])
    service = make.ServiceFactory(organization=organization)
    now = timezone.now()
    for number in range(ALL):
        starts = now + timedelta(days=1, hours=number)
        make.AppointmentFactory(
            practice=practice,
            specialist=specialist,
            patient=make.PatientFactory(organization=organization),
            service=service,
            starts_at=starts,
            ends_at=starts + timedelta(minutes=30),
            created_at=now + timedelta(seconds=number),
            notes="therapy",
        )
    make.ApiKeyFactory(user=make.MembershipFactory(practice=practice).user, text=KEY)
    return int(specialist.pk)


def compare(application: Any, specialist_id: int, seconds: float) -> int:
    """Print the medians and their ratio; 0 where the goal is reached."""
    from rest_framework.throttling import SimpleRateThrottle

    SimpleRateThrottle.THROTTLE_RATES["cliniko"] = "1000000/minute"
    query = f"q[]=practitioner_id:={specialist_id}&page=2"
    token = base64.b64encode(f"{KEY}:".encode()).decode()
    ours = caller(application, PATH, query, token, scheme="Basic")
    bare = caller(application, "/bare", query, token, scheme="Basic")
    assert ours().count(b'"therapy"') == bare().count(b'"therapy"') == ROWS, (ours()[:300], bare()[:300])
    assert b'"total_entries":500' in ours()
    assert b'"total_entries":500' in bare()
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
    print(f"  ours {median[0]:.3f} ms  bare {median[1]:.3f} ms  ratio {ratio:.3f}  ({len(pairs)} pairs; goal {GOAL})")
    return int(ratio < GOAL)


if __name__ == "__main__":
    sys.exit(main())
