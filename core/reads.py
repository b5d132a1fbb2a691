"""Whose records a request reads: noted where rows come from the database, written down once it is answered.

Every model's row that is a patient, or belongs to one, is noted as it is loaded, so that no page can forget it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache

from django.db import models

from core.actor import Actor

PATIENT = "patients.patient"


@dataclass(slots=True)
class Reading:
    """Who reads, and whose records they have been given so far."""

    by: Actor | None = None
    patient_ids: set[int] = field(default_factory=set)


_now: ContextVar[Reading | None] = ContextVar("_now", default=None)


@contextmanager
def noting_reads() -> Iterator[Reading]:
    """Note within the block who reads whose records."""
    reading = Reading()
    token = _now.set(reading)
    try:
        yield reading
    finally:
        _now.reset(token)


def reading_now() -> Reading | None:
    """What is being noted; None outside a request."""
    return _now.get()


def note_reader(actor: Actor) -> None:
    """It is `actor` who reads."""
    if (reading := _now.get()) is not None:
        reading.by = actor


def note_read(patient_id: int | None) -> None:
    """Something of this patient's has been read."""
    if patient_id is not None and (reading := _now.get()) is not None:
        reading.patient_ids.add(patient_id)


@cache
def patient_column(model: type[models.Model]) -> str:
    """The column that says whose record a row of the model is; "" for one that is nobody's."""
    if model._meta.label_lower == PATIENT:
        return "id"
    for one in model._meta.concrete_fields:
        related = one.related_model
        if one.name == "patient" and isinstance(related, type) and related._meta.label_lower == PATIENT:
            return one.attname
    return ""
