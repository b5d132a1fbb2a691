"""How close the alfadocs list of appointments comes to a bare authenticated Django view that runs the same query.

    python -m bench.alfadocs_appointments [sqlite|postgresql]... [--seconds 20]

Both views are called in one process, through the whole WSGI application, in turns (see bench.services_list). The list
is a practice's 50 appointments of two weeks, with their count; the goal is 0.85.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

from bench.services_list import GOAL, caller, timed

ROWS = 50
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
        command = [sys.executable, "-m", "bench.alfadocs_appointments", engine, "--here"]
        status |= subprocess.run([*command, "--seconds", str(options.seconds)], check=False).returncode
    return status


def measure_engine(engine: str, seconds: float) -> int:
    """Fill a test database of `engine`, measure, and drop it."""
    from tests.plugins.engine import prepare

    print(prepare(engine))
    os.environ["DJANGO_SETTINGS_MODULE"] = "clinic.settings"
    import django
    from django.conf import settings

    django.setup()
    settings.ROOT_URLCONF = "bench.alfadocs_appointments_urls"
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 600
    settings.READS_WRITTEN_AFTER_SECONDS = None  # the bare view leaves no trace of whom it shows
    from django.core.wsgi import get_wsgi_application
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    try:
        path, query = fill()
        return compare(get_wsgi_application(), path, query, seconds)
    finally:
        teardown_databases(made, verbosity=0)


def fill() -> tuple[str, str]:
    """A front desk's key, and a practice's appointments; returns the list's path and its parameters."""
    from django.utils import timezone

    from tests import factories

    make: Any = factories  # factory-boy's classes are not typed
    practice = make.PracticeFactory()
    organization = practice.organization
    specialist = make.SpecialistFactory(organization=organization, works_at=[practice])
    service = make.ServiceFactory(organization=organization)
    color = make.ColorFactory(organization=organization)
    now = timezone.now()
    for number in range(ROWS):
        starts = now + timedelta(days=1, hours=6 * number)
        make.AppointmentFactory(
            practice=practice,
            specialist=specialist,
            patient=make.PatientFactory(organization=organization),
            service=service,
            color=color,
            starts_at=starts,
            ends_at=starts + timedelta(minutes=30),
            notes="therapy",
        )
    make.ApiKeyFactory(user=make.MembershipFactory(practice=practice).user, text=KEY)
    path = f"/practices/{practice.pk}/archives/{organization.pk}/appointments"
    return path, f"dateStart={now:%Y-%m-%d}&dateEnd={now + timedelta(days=20):%Y-%m-%d}"


def compare(application: Any, path: str, query: str, seconds: float) -> int:
    """Print the medians and their ratio; 0 where the goal is reached."""
    ours = caller(application, f"/api/v1{path}", query, KEY)
    bare = caller(application, f"/bare{path}", query, KEY)
    assert ours().count(b'"therapy"') == bare().count(b'"therapy"') == ROWS, (ours()[:300], bare()[:300])
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
