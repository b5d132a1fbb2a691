"""Free slots among a million: the first of each of 50 specialists, and one specialist's day.

    python -m bench.first_free [sqlite|postgresql]... [--slots 1000000]

Ours is what the product asks: `available(at)` and `first_of_each`. On PostgreSQL the statement that the ORM makes of
the first free is measured beside the LATERAL query written by hand, both through a cursor, rows fetched (goal: at
most twice its time); beside them it is told what the whole takes with the ORM around it. The day is compared with that
of a table of a thousand slots (goal: at most 1.5 times). Rounds are interleaved.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from datetime import datetime, timedelta
from typing import Any

from bench.engines import interleaved, run, seconds

GOAL_FIRST, GOAL_FLAT = 2.0, 1.5
SPECIALISTS, ASKED = 500, 50

LATERAL = """SELECT s.id, f.id, f.starts_at, f.ends_at FROM unnest(%s::bigint[]) AS s(id) CROSS JOIN LATERAL (
SELECT a.id, a.starts_at, a.ends_at FROM scheduling_availableslot a WHERE a.specialist_id = s.id AND a.starts_at > %s
AND a.withdrawn_at IS NULL AND a.booked < a.capacity AND a.blocked = 0 ORDER BY a.starts_at LIMIT 1) f"""


def measure(options: argparse.Namespace) -> int:
    """Fill in two steps, measuring the day in each."""
    from django.db import connection
    from django.utils import timezone

    from tests import factories

    make: Any = factories
    practice = make.PracticeFactory()
    people = [
        make.SpecialistFactory(organization=practice.organization, works_at=[practice]).pk for _ in range(SPECIALISTS)
    ]
    at = timezone.now().replace(minute=0, second=0, microsecond=0)
    asked = people[:ASKED]

    fill(practice.pk, people[:1], at, 1000)
    small = median(lambda: day(people[0], at), options.rounds)
    fill(practice.pk, people[1:], at, options.slots // SPECIALISTS)
    large = median(lambda: day(people[0], at), options.rounds)
    flat = large / small
    print(
        f"  free slots of a specialist's day: {small * 1000:.2f} ms at 1,000 slots, {large * 1000:.2f} ms at "
        f"{options.slots:,}, ratio {flat:.2f} (goal at most {GOAL_FLAT})"
    )
    status = int(flat > GOAL_FLAT)
    if connection.vendor != "postgresql":
        mine = median(lambda: first_free(asked, at), options.rounds)
        print(f"  first free of {ASKED} specialists: {mine * 1000:.2f} ms")
        return status

    def through_cursor(sql: str, params: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return list(cursor.fetchall())

    statement = first_of_each(asked, at).query.sql_with_params()
    assert sorted(first_free(asked, at)) == sorted(through_cursor(LATERAL, [asked, at])), "they find different slots"
    whole = median(lambda: first_free(asked, at), options.rounds)
    mine, other, ratio = interleaved(
        lambda: through_cursor(*statement), lambda: through_cursor(LATERAL, [asked, at]), options.rounds
    )
    print(
        f"  first free of {ASKED} specialists: our statement {mine * 1000:.2f} ms, LATERAL by hand {other * 1000:.2f} "
        f"ms, ratio {ratio:.2f} (goal at most {GOAL_FIRST}); with the ORM around it {whole * 1000:.2f} ms"
    )
    return status | int(ratio > GOAL_FIRST)


def fill(practice_id: int, people: list[int], at: datetime, each: int) -> None:
    """Slots of a quarter of an hour from an hour ahead; every third is booked, the first ten of everyone."""
    from django.db import connection

    from core.bulk_write import insert_many
    from core.db import long_running
    from scheduling.models import AvailableSlot

    length = timedelta(minutes=15)
    for person in people:
        insert_many(
            [
                AvailableSlot(
                    practice_id=practice_id,
                    specialist_id=person,
                    starts_at=at + (n + 4) * length,
                    ends_at=at + (n + 5) * length,
                    booked=int(n < 10 or n % 3 == 0),
                    created_at=at,
                    updated_at=at,
                )
                for n in range(each)
            ]
        )
    with long_running(), connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def first_of_each(people: list[int], at: datetime) -> Any:
    """The next free slot of each, as the product asks for it."""
    from scheduling.models import AvailableSlot

    rows = AvailableSlot.objects.first_of_each(people, at)
    return rows.values_list("specialist_id", "pk", "starts_at", "ends_at")


def first_free(people: list[int], at: datetime) -> list[Any]:
    """The same, read."""
    return list(first_of_each(people, at))


def day(person: int, at: datetime) -> list[Any]:
    """A day's free slots of one specialist, as the API reads them."""
    from scheduling.models import AvailableSlot

    rows = AvailableSlot.objects.available(at).filter(specialist=person, starts_at__lt=at + timedelta(days=1))
    return list(rows.order_by("starts_at", "pk").values_list("pk", "starts_at", "ends_at"))


def median(call: Any, rounds: int) -> float:
    """The median seconds of `call`, once it is warm."""
    call()
    return statistics.median(seconds(call) for _round in range(rounds))


if __name__ == "__main__":
    sys.exit(run("bench.first_free", __doc__, measure, slots=1_000_000, rounds=50))
