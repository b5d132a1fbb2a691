"""The first free slot of each of 50 specialists among a million slots. A filled clinic has fewer: the others are added
for the while of the measure, each with a hundred slots.

    python -m bench.first_free [sqlite|postgresql]... [--size 1000000]

Ours is the statement that the product's search makes, without and with a patient and the slots' rooms that must be free
too. On PostgreSQL the LATERAL query that one would write by hand stands beside it, both through a cursor, rows fetched,
in turns, of which the fastest counts (goal: at most twice its time); what the search takes with the ORM around it is
told. SQLite has no LATERAL.
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from typing import Any

from bench.clinic import DAY, HALF_HOUR
from bench.engines import fastest, run, seconds
from bench.figures import Figure, tell
from bench.fill import fill
from bench.worker import rolled_back

GOAL = 2.0
ASKED, SLOTS = 50, 100

# It asks what makes a slot one that can be booked, too: that its specialist, practice and room are in use and nobody
# holds it.
LATERAL = """SELECT f.id, f.specialist_id, f.starts_at, f.ends_at FROM directory_specialist s
CROSS JOIN LATERAL (SELECT a.id, a.specialist_id, a.starts_at, a.ends_at FROM scheduling_availableslot a
WHERE a.specialist_id = s.id AND a.starts_at > %(at)s
AND a.withdrawn_at IS NULL AND a.booked < a.capacity AND a.blocked = 0
AND (a.held_until IS NULL OR a.held_until <= %(at)s)
AND (a.appointment_type = '' OR a.appointment_type IN (SELECT code FROM catalog_service WHERE archived_at IS NULL))
AND EXISTS (SELECT FROM directory_specialistpractice w JOIN directory_practice p ON p.id = w.practice_id
WHERE w.specialist_id = s.id AND w.practice_id = a.practice_id AND p.archived_at IS NULL)
AND (a.room_id IS NULL OR EXISTS (SELECT FROM directory_room r
WHERE r.id = a.room_id AND r.archived_at IS NULL AND r.is_active))
{free} ORDER BY a.starts_at LIMIT 1) f
WHERE s.id = ANY(%(people)s) AND s.archived_at IS NULL AND s.scheduling_active"""
# Time off blocks its slots, and a visit is no longer than a day: claims that began before need not be looked at.
CLAIMED = """AND NOT EXISTS (SELECT FROM scheduling_claim c WHERE c.resource_id = {whose}
AND c.starts_at < a.ends_at AND c.ends_at > a.starts_at AND c.starts_at > a.starts_at - interval '1 day')"""
ROOM = "(SELECT r.resource_id FROM directory_room r WHERE r.id = a.room_id)"
FREE = CLAIMED.format(whose=ROOM) + CLAIMED.format(whose="%(patient)s")


def measure(options: argparse.Namespace) -> int:
    """Ask in a filled clinic; 1 where the goal is missed."""
    from django.utils import timezone

    at = timezone.now()
    if not options.on:
        print(f"  filled in {seconds(lambda: fill(options.size, at)):.1f} s", flush=True)
    with rolled_back():
        return compare(specialists(at), at, options.rounds)


def compare(people: list[int], at: datetime, rounds: int) -> int:
    """Ask for these people's slots; 1 where the goal is missed."""
    from django.db import connection

    from patients.models import Patient

    patient: int = Patient.objects.order_by("pk").values_list("resource_id", flat=True)[0]  # whose visit is over
    missed = 0
    for also in ([], [patient]):
        rows = statement(people, also, at)
        what = f"first free slot of {len(people)} specialists" + (", with a patient and the rooms" if also else "")
        whole = min(seconds(lambda: list(statement(people, also, at))) for _ in range(rounds))  # noqa: B023 called at once
        if connection.vendor == "postgresql":
            by_hand = LATERAL.format(free=FREE if also else ""), {"people": people, "at": at, "patient": patient}
            ours = rows.query.sql_with_params()
            assert {one[:2] for one in fetched(*by_hand)} == {tuple(one[:2]) for one in rows}, "they find other slots"
            mine, other = fastest(lambda: fetched(*ours), lambda: fetched(*by_hand), rounds)  # noqa: B023 called at once
            ratio = mine / other
            compared = Figure(what, mine * 1000, "ms of SQL", other * 1000, "LATERAL by hand", ratio, most=GOAL)
            missed |= tell(compared)
        tell(Figure(f"{what}, with the ORM around it", whole * 1000, "ms"))
    return missed


def specialists(at: datetime) -> list[int]:
    """Fifty who have free slots; those who are not there are added, with the rooms and the rights of the first one."""
    from directory.models import Resource, Room, Specialist, SpecialistPractice
    from scheduling.models import AvailableSlot

    found = list(Specialist.objects.order_by("pk")[:ASKED])
    practice = SpecialistPractice.objects.filter(specialist=found[0])[0].practice
    organization, first = found[0].organization, at.replace(minute=0, second=0, microsecond=0) + DAY
    for number in range(len(found), ASKED):
        person, room = (Resource.objects.create(kind=kind) for kind in ("person", "room"))
        one = Specialist.objects.create(organization=organization, resource=person, last_name=f"Added {number}")
        SpecialistPractice.objects.create(specialist=one, practice=practice)
        place = Room.objects.create(practice=practice, resource=room, name=f"Added {number}")
        starts = [first + (number + nth) * HALF_HOUR for nth in range(SLOTS)]
        AvailableSlot.objects.bulk_create(
            AvailableSlot(
                practice=practice, specialist=one, room=place, starts_at=starts_at, ends_at=starts_at + HALF_HOUR
            )
            for starts_at in starts
        )
        found.append(one)
    return [one.pk for one in found]


def statement(people: list[int], also: list[int], at: datetime) -> Any:
    """The next free slot of each, as the product asks for it: with whether its room, or one of `also`, is taken."""
    from scheduling.models import AvailableSlot

    rows = AvailableSlot.objects.first_of_each(people, at)
    columns = ("pk", "specialist_id", "starts_at", "ends_at")
    return rows.with_taken(also, at).values_list(*columns, "is_taken") if also else rows.values_list(*columns)


def fetched(sql: str, params: Any) -> list[Any]:
    """The rows of a statement."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


if __name__ == "__main__":
    sys.exit(run("bench.first_free", __doc__, measure, size=1_000_000, rounds=50))
