"""The future work that depends on a row, asked for before the row is archived or switched off.

An app's `hanging.py` has `WORK`: which of its rows still need a specialist, a room, a practice, a service, a product
or a patient. Apps above declare such work, and the verb that archives the row asks here, so that imports run downwards.
"""

from __future__ import annotations

from collections.abc import Callable
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


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of rows that need a row of the model `on` ("directory.room"): `rows(row, at)` selects those ahead at `at`.

    Those that need one of its columns to stay what it is name that, too ("directory.practice.time_zone").

    `says` counts them in words: a lazy plural of %(count)d.
    """

    on: str
    says: Any
    rows: Callable[[Any, datetime], ClinicQuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Hanging:
    """One kind of work that depends on a row: the number, in words, and the first rows that the actor may see.

    `kind` is the rows' model ("scheduling.appointment"). What the actor may not see is counted, never shown.
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
        rows = work.rows(row, at)
        if count := rows.count():
            shown = list(rows.visible_to(by)[:SHOWN])
            found.append(Hanging(rows.model._meta.label_lower, work.says % {"count": count}, count, shown))
    return found


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
