"""A batch of 2,000 slots beside the same rows under a unique key alone: `python -m bench.slot_batch [engine]...`

Ours is the verb: locks, what is there, the sweep, the rows under the constraint against overlaps, the history. The
other is one multi-row INSERT of the same columns, in chunks, into a copy of the table whose only rule is a unique
(specialist, start). Rounds are interleaved; trust the ratio. The goal is 2.
"""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta
from itertools import count
from typing import Any

from bench.engines import interleaved, run
from bench.figures import Figure, tell

GOAL = 2.0


def measure(options: argparse.Namespace) -> int:
    """Print the medians and their ratios, the verb's and its parts'."""
    from django.db import connection, transaction
    from django.utils import timezone

    from scheduling.calendar import SlotWish
    from scheduling.models import AvailableSlot
    from scheduling.services import create_slots
    from tests import factories
    from tests.stage import actor_with

    make: Any = factories
    practice = make.PracticeFactory()
    people = [make.SpecialistFactory(organization=practice.organization, works_at=[practice]).pk for _ in range(4)]
    desk, at, weeks = actor_with("front_desk", practice), timezone.now(), count(1)
    fields: list[Any] = [field for field in AvailableSlot._meta.concrete_fields if not field.primary_key]
    columns = [str(field.column) for field in fields]
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        key = "bigserial PRIMARY KEY" if connection.vendor == "postgresql" else "integer PRIMARY KEY AUTOINCREMENT"
        kinds = ", ".join(f"{field.column} {field.db_type(connection)}" for field in fields)
        cursor.execute(f"CREATE TABLE bare_slot (id {key}, {kinds}, UNIQUE (specialist_id, starts_at))")

    def wishes() -> list[SlotWish]:
        first = at + next(weeks) * timedelta(days=14)
        each = options.slots // len(people)
        length = timedelta(minutes=15)
        return [SlotWish(p, first + n * length, first + (n + 1) * length) for p in people for n in range(each)]

    def ours() -> None:
        made = create_slots(practice_id=practice.pk, wishes=wishes(), by=desk, at=at)
        assert len(made.made) == options.slots

    def bare() -> None:
        rows = []
        for wish in wishes():
            slot = AvailableSlot(
                practice_id=practice.pk,
                specialist_id=wish.specialist_id,
                starts_at=wish.starts_at,
                ends_at=wish.ends_at,
                created_at=at,
                updated_at=at,
            )
            rows.append([field.get_db_prep_save(getattr(slot, field.attname), connection) for field in fields])
        size = 1000 if connection.vendor == "postgresql" else 30_000 // len(columns)
        with transaction.atomic(), connection.cursor() as cursor:
            for start in range(0, len(rows), size):
                chunk = rows[start : start + size]
                places = ", ".join([f"({', '.join(['%s'] * len(columns))})"] * len(chunk))
                cursor.execute(f"INSERT INTO bare_slot ({names}) VALUES {places}", [v for row in chunk for v in row])

    ours()
    bare()
    mine, other, ratio = interleaved(ours, bare, options.rounds)
    what, than = f"batch of {options.slots:,} slots", "a unique key alone"
    return tell(Figure(what, mine * 1000, "ms", other * 1000, than, ratio, most=GOAL))


if __name__ == "__main__":
    sys.exit(run("bench.slot_batch", __doc__, measure, slots=2000, rounds=9))
