"""Invariants: rules over the stored data that no database constraint can express.

An app's `invariants.py` has `INVARIANTS`: each selects the ids of offending rows; none is a pass.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

from django.db import connection, transaction

from core.db import long_running
from core.guards import missing_guards
from core.looks import rows_without_look
from core.registry import contributions
from core.seal import broken_seals

SHOWN = 100  # ids of a broken invariant


@dataclass(frozen=True, slots=True)
class Invariant:
    """A named rule; `offenders` yields ids of rows (of the model that `name` begins with) that break it, or names."""

    name: str
    says: str
    offenders: Callable[[], Iterable[int | str]]


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of checking an invariant: up to a hundred offenders, or in `failed` why it could not be checked."""

    invariant: Invariant
    ids: list[int | str] = field(default_factory=list)
    failed: str = ""
    seconds: float = 0.0


def all_invariants() -> list[Invariant]:
    """Return the invariants of every app, in the order of the apps."""
    return [one for module in contributions("invariants") for one in getattr(module, "INVARIANTS", ())]


def check_all() -> Iterator[Checked]:
    """Check each invariant by itself, without the limits of a request: one that fails keeps no other from its check."""
    with long_running():
        for one in all_invariants():
            begun = time.monotonic()
            ids: list[int | str] = []
            failed = ""
            try:
                with _one_moment():
                    ids = list(islice(one.offenders(), SHOWN))
            except Exception as error:  # noqa: BLE001 whatever it was, the report says so and the others are checked
                failed = f"{type(error).__name__}: {error}".strip()
            yield Checked(one, ids, failed, time.monotonic() - begun)


@contextmanager
def _one_moment() -> Iterator[None]:
    """A transaction that sees the data as of one moment, so that a clinic at work breaks nothing between statements."""
    nested = connection.in_atomic_block
    with transaction.atomic():
        if connection.vendor == "postgresql" and not nested:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


INVARIANTS = [
    Invariant(
        "core.guards_present",
        "the database has every constraint, trigger and index that is declared",
        missing_guards,
    ),
    Invariant(
        "core.history_sealed",
        "no sealed history entry was changed or removed, and no entry was slipped in before the sealed ones",
        broken_seals,
    ),
    Invariant("core.patient_looks_have_looks", "every patient's look is of a look, at its moment", rows_without_look),
]
