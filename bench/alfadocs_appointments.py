"""How close the alfadocs list of appointments comes to a bare authenticated Django view that runs the same query.

    python -m bench.alfadocs_appointments [sqlite|postgresql]... [--seconds 20]

Both views are called in one process, through the whole WSGI application, in turns (see bench.beside_bare). The list
is a practice's 50 appointments of two weeks, with their count; the goal is 0.85.
"""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta
from typing import Any

from bench.beside_bare import application, caller, compare
from bench.engines import run

ROWS = 50
KEY = "ck_benchmark"


def measure(options: argparse.Namespace) -> int:
    """Compare the list with the bare view; 0 where the goal is reached."""
    path, query = fill()
    served = application("bench.alfadocs_appointments_urls")
    ours = caller(served, f"/api/v1{path}", query, KEY)
    bare = caller(served, f"/bare{path}", query, KEY)
    return compare(ours, bare, options.seconds, row=b'"therapy"', rows=ROWS)


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


if __name__ == "__main__":
    sys.exit(run(__spec__.name, __doc__, measure, seconds=20))
