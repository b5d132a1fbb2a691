"""The demo clinic: deterministic, obviously fictitious, and created through the same verbs as a real one."""

from __future__ import annotations

from datetime import UTC, datetime, time

from clinic.demo import catalogue, money, people, records, visits
from core.actor import Actor
from directory.models import Organization

NAME = "Amberfield Clinics (demo)"


def make_demo(*, at: datetime) -> bool:
    """Create the demo around `at`; return False if it exists already."""
    if Organization.objects.filter(name=NAME).exists():
        return False
    by = Actor.system("demo")
    today = datetime.combine(at.astimezone(UTC).date(), time(6), tzinfo=UTC)
    clinic = people.make(NAME, by=by, today=today)
    shelf = catalogue.make(clinic, by=by, today=today)
    visits.make(clinic, shelf, by=by, today=today, now=at)
    money.make(clinic, shelf, by=by, today=today, now=at)
    records.make(clinic, by=by, today=today)
    return True
