"""How close the list of free slots comes to a bare authenticated Django view that runs the same query.

    python -m bench.slot_list [sqlite|postgresql]... [--seconds 20]

Both views are called in one process, through the whole WSGI application, in turns (see bench.beside_bare). The
list is a page of 50 of a provider's 120 free slots in the availability contract, with its total; the goal is 0.85.
"""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta
from typing import Any

from bench.beside_bare import application, caller, compare
from bench.engines import run

ROWS, ALL = 50, 120
PATH = "/v1/admin/clinic/availability/available_slots"
KEY = "ck_benchmark"


def measure(options: argparse.Namespace) -> int:
    """Compare the list with the bare view; 0 where the goal is reached."""
    query = f"provider_id={fill()}&available=true&page_size={ROWS}"
    served = application("bench.slot_list_urls")
    ours, bare = caller(served, PATH, query, KEY), caller(served, "/bare", query, KEY)
    return compare(ours, bare, options.seconds, row=b'"therapy"', rows=ROWS)


def fill() -> int:
    """A clinic admin's key, and the free slots of a provider; returns the provider's id."""
    from django.utils import timezone

    from tests import factories

    make: Any = factories  # factory-boy's classes are not typed
    practice = make.PracticeFactory()
    provider = make.SpecialistFactory(organization=practice.organization, works_at=[practice])
    now = timezone.now()
    for number in range(ALL):
        starts = now + timedelta(days=1, hours=number)
        make.SlotFactory(
            practice=practice,
            specialist=provider,
            starts_at=starts,
            ends_at=starts + timedelta(minutes=30),
            appointment_type="therapy",
        )
    make.ApiKeyFactory(user=make.MembershipFactory(practice=practice, admin=True).user, text=KEY)
    return int(provider.pk)


if __name__ == "__main__":
    sys.exit(run(__spec__.name, __doc__, measure, seconds=20))
