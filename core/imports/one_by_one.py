"""Kinds of which nobody has thousands: each row goes through the verbs that staff use, in a savepoint of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from core.db import Work, unit_of_work
from core.errors import DomainError, InvalidInput, Text
from core.imports.batches import Batch, Match, Outcome, Scope
from core.imports.rows import Row
from core.locks import afresh
from core.models import Stored

S = TypeVar("S", bound=Stored)


class SavesRow(Protocol[S]):
    """Makes the object of a row, or changes the one that is known, by verbs; returns it."""

    def __call__(self, work: Work, obj: S | None, values: dict[str, Any], scope: Scope) -> S: ...


def one_by_one(model: type[S], save_row: SavesRow[S]) -> Callable[[Work, Batch], None]:
    """A kind's `save`: each row by `save_row`; what a verb refuses is refused under the row's column."""

    def save(work: Work, batch: Batch) -> None:
        new = []
        for row, known in batch.known(model):
            values = dict(batch.values_of(row, is_new=known is None))
            try:
                with unit_of_work(work.verb, by=work.by, at=work.at) as own, afresh():
                    obj = save_row(own, known, values, batch.scope)
            except DomainError as error:
                _refuse(batch, row, error)
                continue
            unchanged = Outcome.CHANGED if own.entries else Outcome.UNCHANGED
            match = Match(row, obj, Outcome.CREATED if known is None else unchanged)
            batch.done.append(match)
            if known is None:
                new.append(match)
        batch.remember(work, new)

    return save


def picked(values: Mapping[str, Any], *names: str, keys: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Those of a row's values that a verb takes; `keys`: our column -> what the verb calls its key (`service_id`)."""
    found = {name: values[name] for name in names if name in values}
    return found | {theirs: values[ours] for ours, theirs in (keys or {}).items() if ours in values}


def _refuse(batch: Batch, row: Row, error: DomainError) -> None:
    fields: Mapping[str, Text] = error.fields if isinstance(error, InvalidInput) else {_column(error): str(error)}
    for name, why in fields.items():
        batch.refuse(row, name.removesuffix("_ids").removesuffix("_id"), why)


def _column(error: DomainError) -> str:
    return next((name for name in error.columns if name not in ("organization", "practice")), "")
