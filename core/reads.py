"""Which patients' records a request reads: noted as rows are loaded, written down once it is answered.

Every model's row that is a patient, or belongs to one, is noted as it is loaded, so that no page can forget it. A row
that belongs to a patient through another, as a line does through its bill, is asked whose it is once the answer is
made, unless that other row was read as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db import models

from core.actor import Actor

PATIENT = "patients.patient"

# What is known of records without being one: who looked, and the words that a patient is found by.
BESIDE = frozenset({"core.patientlook", "patients.patientword"})

Model = type[models.Model]


@dataclass(slots=True)
class Reading:
    """The reader of a request and the patients whose data they have been given so far."""

    by: Actor | None = None
    patient_ids: set[int] = field(default_factory=set)
    # Those of them whom a refusal names.
    named: set[int] = field(default_factory=set)
    # Rows whose patient is noted, and rows through which others belong to a patient.
    read: dict[Model, set[int]] = field(default_factory=dict)
    through: dict[Model, set[int]] = field(default_factory=dict)

    def note_row(self, model: Model, values: dict[str, Any]) -> None:
        """Note whose record a row is that has just been loaded, by those of its columns that were."""
        for name, parent in owners(model):
            owner = values.get(name)
            if owner is None:
                continue
            if parent is None:
                self.patient_ids.add(owner)
                self.read.setdefault(model, set()).add(values.get("id", 0))
            else:
                self.through.setdefault(parent, set()).add(owner)

    def refused(self) -> None:
        """Forget what was read before a refusal, which shows only the patients that it names."""
        self.patient_ids = set(self.named)
        self.through.clear()

    def whose(self) -> frozenset[int]:
        """The patients' ids, those of rows that belong to them through another included: a query for each such kind."""
        for parent, ids in self.through.items():
            columns = patient_columns(parent)
            unread = sorted(ids - self.read.get(parent, set()))
            for first in range(0, len(unread), 1000):
                rows = parent._base_manager.filter(pk__in=unread[first : first + 1000]).values_list(*columns)
                self.patient_ids.update(one for row in rows for one in row if one is not None)
        self.through.clear()
        return frozenset(self.patient_ids)


_now: ContextVar[Reading | None] = ContextVar("_now", default=None)


@contextmanager
def noting_reads() -> Iterator[Reading]:
    """Note, within the block, who reads whose records."""
    reading = Reading()
    token = _now.set(reading)
    try:
        yield reading
    finally:
        _now.reset(token)


def reading_now() -> Reading | None:
    """Return the current Reading; None outside a request."""
    return _now.get()


def note_reader(actor: Actor) -> None:
    """Note that `actor` is the reader."""
    if (reading := _now.get()) is not None:
        reading.by = actor


def note_read(patient_ids: Iterable[int | None]) -> None:
    """Note that data of these patients were read; None stands for a row without a patient."""
    if (reading := _now.get()) is not None:
        reading.patient_ids.update(filter(None, patient_ids))


def note_named(patient_id: int | None) -> None:
    """Note that a refusal names this patient."""
    if patient_id is not None and (reading := _now.get()) is not None:
        reading.patient_ids.add(patient_id)
        reading.named.add(patient_id)


def note_told(model: Model, pk: int) -> None:
    """Note that stored information about a row was read: its history, or an earlier reply about it."""
    if (reading := _now.get()) is None or not owners(model):
        return
    if model._meta.label_lower == PATIENT:
        reading.patient_ids.add(pk)
    else:
        reading.through.setdefault(model, set()).add(pk)


def note_row(model: Model, values: dict[str, Any]) -> None:
    """Note that a row of the model was read."""
    if (reading := _now.get()) is not None:
        reading.note_row(model, values)


@cache
def owners(model: Model) -> tuple[tuple[str, Model | None], ...]:
    """Return the columns of the model that say whose record a row is, each with the model it leads through.

    That model is None for a column that names the patient itself. A column that is always filled is enough; otherwise
    all that lead to a patient are returned, as one of them is filled.
    """
    return _owners(model, frozenset())


def _owners(model: Model, met: frozenset[Model]) -> tuple[tuple[str, Model | None], ...]:
    """`owners`, without visiting a model twice."""
    if model._meta.label_lower == PATIENT:
        return (("id", None),)
    if model._meta.label_lower in BESIDE:
        return ()
    parents = [(one, one.related_model) for one in model._meta.concrete_fields if isinstance(one.related_model, type)]
    for one, parent in parents:
        if one.name == "patient" and parent._meta.label_lower == PATIENT:
            return ((one.attname, None),)
    met |= {model}
    found = [(one, parent) for one, parent in parents if parent not in met and _owners(parent, met)]
    certain = [(one, parent) for one, parent in found if not one.null]
    return tuple((one.attname, parent) for one, parent in certain[:1] or found)


@cache
def patient_columns(model: Model) -> tuple[str, ...]:
    """Return `owners` as query paths: "patient_id", "care_plan__patient_id"; empty if rows belong to no patient."""
    columns: list[str] = []
    for name, parent in owners(model):
        if parent is None:
            columns.append(name)
        else:
            columns += [f"{name.removesuffix('_id')}__{column}" for column in patient_columns(parent)]
    return tuple(columns)
