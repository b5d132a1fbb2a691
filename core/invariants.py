"""What must always be true of the stored data, beyond what a constraint can say.

An app's `invariants.py` has `INVARIANTS`: each selects the ids of offending rows; none is a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from core.registry import contributions


@dataclass(frozen=True, slots=True)
class Invariant:
    """`offenders` yields the ids of rows (of the model that `name` begins with) that break it."""

    name: str
    says: str
    offenders: Callable[[], Iterable[int]]


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that is broken, and up to a hundred of the ids that break it."""

    invariant: Invariant
    ids: list[int]


def all_invariants() -> list[Invariant]:
    """Those of every app, in the order of the apps."""
    return [one for module in contributions("invariants") for one in getattr(module, "INVARIANTS", ())]


def violations() -> Iterator[tuple[Invariant, Violation | None]]:
    """Each invariant with its violation, or None where it holds."""
    for one in all_invariants():
        ids = [pk for _, pk in zip(range(100), one.offenders(), strict=False)]
        yield one, Violation(one, ids) if ids else None
