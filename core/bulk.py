"""The same verb over many rows: good ones are done, bad ones are reported, none is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from core.errors import DomainError, Unavailable


@dataclass
class Report:
    """What a batch did: ids done, and for each refused id the error that says why (a busy database is one too)."""

    done: list[int] = field(default_factory=list)
    refused: dict[int, DomainError | Unavailable] = field(default_factory=dict)


def for_each(ids: Iterable[int], call: Callable[[int], object]) -> Report:
    """`call` (a verb) for each id, each in a transaction of its own: a refusal rolls back that row alone."""
    report = Report()
    for one in ids:
        try:
            call(one)
        except (DomainError, Unavailable) as error:
            report.refused[one] = error
        else:
            report.done.append(one)
    return report
