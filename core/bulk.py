"""One verb applied to many rows: each row succeeds or is refused by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from core.errors import DomainError, Unavailable


@dataclass
class Report:
    """The outcome of a batch: ids done, and for each refused id its error (a busy database counts, too)."""

    done: list[int] = field(default_factory=list)
    refused: dict[int, DomainError | Unavailable] = field(default_factory=dict)


def for_each(ids: Iterable[int], call: Callable[[int], object]) -> Report:
    """Call `call` (a verb) for each id in a transaction of its own, so that a refusal rolls back that row alone."""
    report = Report()
    for one in ids:
        try:
            call(one)
        except (DomainError, Unavailable) as error:
            report.refused[one] = error
        else:
            report.done.append(one)
    return report
