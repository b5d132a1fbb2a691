"""How close GET /v1/services, a page of 50 with its total, comes to a bare Django view that runs the same queries.

    python -m bench.services_list [sqlite|postgresql]... [--seconds 20]

Both views are called in one process, through the whole WSGI application, in turns, so that what else the machine
does hits both alike. For each engine and query the median times of a request are printed, and the median of the
ratios of each pair; the goal is 0.85. PostgreSQL is TEST_DATABASE_URL, or one that is started for the run.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from bench.beside_bare import application, caller, compare
from bench.engines import run

ROWS, ALL = 50, 120
QUERIES = {
    "no parameters": "",
    "the specification's query": "published=true&is_public=true&category=consultation",
}


def measure(options: argparse.Namespace) -> int:
    """Compare the list with the bare view, query by query; 0 where the goal is reached."""
    key, missed = fill(), 0
    served = application("bench.services_list_urls")
    for name, query in QUERIES.items():
        print(f"  {name}")
        asked = f"page_size={ROWS}&{query}"
        ours, bare = caller(served, "/v1/services", asked, key), caller(served, "/bare", asked, key)
        missed |= compare(ours, bare, options.seconds, row=b'"slug"', rows=ROWS)
    return missed


def fill() -> str:
    """One organization with services that fit the specification's query; returns the key of a clinic admin."""
    from tests import factories

    make: Any = factories  # factory-boy's classes are not typed
    practice = make.PracticeFactory()
    specialty = make.SpecialtyFactory(organization=practice.organization)
    for _number in range(ALL):
        make.ServiceFactory(
            organization=practice.organization,
            specialty=specialty,
            public=True,
            category="consultation",
            description="Comprehensive mobility assessment. " * 5,
            cover_url="https://example.org/cover.jpg",
            video_url="https://example.org/video.mp4",
        )
    user = make.MembershipFactory(practice=practice, admin=True).user
    make.ApiKeyFactory(user=user, text="ck_benchmark")
    return "ck_benchmark"


if __name__ == "__main__":
    sys.exit(run(__spec__.name, __doc__, measure, seconds=20))
