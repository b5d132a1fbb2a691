"""The future work that depends on a row, asked for before the row is archived or switched off.

An app's `hanging.py` has `WORK`: which of its rows still need a specialist, a room, a practice, a service, a product
or a patient. Apps above declare such work, and the verb that archives the row asks here, so that imports run downwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import InvalidInput, Text
from core.querysets import ClinicQuerySet
from core.registry import contributions

SHOWN = 20
# Nobody decides about so many one by one; of a practice that works for years, to count them all would take longer.
MOST = 1_000


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of rows that need a row of the model `on` ("directory.room"): `rows(row, at)` selects those ahead at `at`.

    Those that need one of its columns to stay what it is name that, too ("directory.practice.time_zone").

    `says` counts them in words: a lazy plural of %(count)d. `also(row, at)` selects more of them, shown after the
    others: one condition for both would have no index.
    """

    on: str
    says: Any
    rows: Callable[[Any, datetime], ClinicQuerySet[Any]]
    also: Callable[[Any, datetime], ClinicQuerySet[Any]] | None = None

    def parts(self, row: Any, at: datetime) -> Sequence[ClinicQuerySet[Any]]:
        """The rows, each range of an index by itself."""
        return [part(row, at) for part in (self.rows, self.also) if part is not None]


@dataclass(frozen=True, slots=True)
class Hanging:
    """One kind of work that depends on a row: the number, in words, and the first rows that the actor may see.

    `kind` is the rows' model ("scheduling.appointment"). What the actor may not see is counted, never shown. There may
    be more than `count` where that is `MOST`; `says` says so.
    """

    kind: str
    says: Text
    count: int
    rows: list[Any]


def hangs_on(row: models.Model, *, column: str = "", by: Actor, at: datetime) -> list[Hanging]:
    """Return the work that depends on `row` (or one `column` of it) at `at`, by kind; empty if nothing does.

    Empty where it can go, or the column change, without anybody noticing.
    """
    found = []
    on = f"{row._meta.label_lower}.{column}" if column else row._meta.label_lower
    for work in _all_work():
        if work.on != on:
            continue
        parts = work.parts(row, at)
        if count := _counted(parts):
            shown: list[Any] = []
            for part in parts:
                shown += part.visible_to(by)[: SHOWN - len(shown)] if len(shown) < SHOWN else ()
            says = work.says % {"count": count}
            says = _("at least %(work)s") % {"work": says} if count == MOST else says
            found.append(Hanging(parts[0].model._meta.label_lower, says, count, shown))
    return found


def _counted(parts: Sequence[ClinicQuerySet[Any]]) -> int:
    """How many rows there are, at most `MOST`."""
    count = 0
    for part in parts:
        count += part.order_by().values("pk")[: MOST - count].count() if count < MOST else 0
    return count


def check_free_to_change(row: models.Model, column: str, *, by: Actor, at: datetime) -> None:
    """Raise InvalidInput, saying how much future work needs the column to stay as it is, if there is any."""
    if found := hangs_on(row, column=column, by=by, at=at):
        says = _("cannot be changed while it is needed for: %(work)s") % {
            "work": ", ".join(str(one.says) for one in found)
        }
        raise InvalidInput({column: says})


def _all_work() -> list[Work]:
    """The work that every app declares, in the order of the apps."""
    return [one for module in contributions("hanging") for one in getattr(module, "WORK", ())]
