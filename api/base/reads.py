"""Rows that the API reads as plain values, each of which records whose data it is."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from core.querysets import ClinicQuerySet
from core.reads import note_read, patient_columns

Row = tuple[Any, ...]


class Noted:
    """The rows of a queryset, each of which tells whose record it is behind the columns that are asked for.

    `through`: also a row that belongs to a patient through another, as a care plan's entry does.
    """

    def __init__(self, queryset: ClinicQuerySet[Any], columns: tuple[str, ...], *, through: bool = True) -> None:
        model: Any = queryset.model
        owners = [name for name in patient_columns(model) if through or "__" not in name]
        asked = ["id" if name == "pk" else name for name in columns]
        more = [name for name in owners if name not in asked]
        self.at = [[*asked, *more].index(name) for name in owners]
        self.rows: Any = queryset.values_list(*columns, *more)

    def given(self, rows: Iterable[Row]) -> list[Row]:
        """`rows` of these, which are shown."""
        shown = list(rows)
        for at in self.at:
            note_read(map(itemgetter(at), shown))
        return shown
