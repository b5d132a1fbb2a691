"""Lists and objects of the API are read as plain rows: each notes whose record it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.querysets import ClinicQuerySet
from core.reads import note_read, patient_column

Row = tuple[Any, ...]


class Noted:
    """The rows of a queryset, each of which tells whose record it is behind the columns that are asked for."""

    def __init__(self, queryset: ClinicQuerySet[Any], columns: tuple[str, ...]) -> None:
        model: Any = queryset.model
        column = patient_column(model)
        same = {column, "pk"} if column == "id" else {column}
        self.at = next((n for n, name in enumerate(columns) if name in same), len(columns)) if column else -1
        self.rows: Any = queryset.values_list(*columns, *([column] if self.at == len(columns) else []))

    def given(self, rows: Iterable[Row]) -> list[Row]:
        """`rows` of these, which are shown."""
        shown = list(rows)
        if self.at >= 0:
            for row in shown:
                note_read(row[self.at])
        return shown
