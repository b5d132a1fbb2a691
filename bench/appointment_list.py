"""How close the list of appointments comes to a bare authenticated Django view that runs the same two queries.

    python -m bench.appointment_list [sqlite|postgresql]... [--seconds 20]

Both views are called in one process, through the whole WSGI application, in turns (see bench.beside_bare). The list
is the second page of 50 of a specialist's 500 appointments in the cliniko contract, with its exact total; the goal is
0.85.
"""

from __future__ import annotations

import argparse
import base64
import sys
from datetime import timedelta
from typing import Any

from bench.beside_bare import application, caller, compare
from bench.engines import run

ROWS, ALL = 50, 500
PATH = "/v1/individual_appointments"
KEY = "ck_benchmark"


def measure(options: argparse.Namespace) -> int:
    """Compare the list with the bare view; 0 where the goal is reached."""
    from rest_framework.throttling import SimpleRateThrottle

    SimpleRateThrottle.THROTTLE_RATES["cliniko"] = "1000000/minute"
    query = f"q[]=practitioner_id:={fill()}&page=2"
    token = base64.b64encode(f"{KEY}:".encode()).decode()
    served = application("bench.appointment_list_urls")
    ours = caller(served, PATH, query, token, scheme="Basic")
    bare = caller(served, "/bare", query, token, scheme="Basic")
    assert b'"total_entries":500' in ours()
    assert b'"total_entries":500' in bare()
    return compare(ours, bare, options.seconds, row=b'"therapy"', rows=ROWS)


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


if __name__ == "__main__":
    sys.exit(run(__spec__.name, __doc__, measure, seconds=20))
