"""Rows that go into a table as one stream, PostgreSQL's COPY or one statement of SQLite's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from bench.clinic import Clinic


def write(clinic: Clinic, model: Any, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Insert `rows`, each with its number's id first, and return that of the first.

    What no name is given for has its default.
    """
    from django.db import connection
    from django.db.models import NOT_PROVIDED, Max

    table = connection.ops.quote_name(model._meta.db_table)
    label = model._meta.label_lower
    base = (model._base_manager.aggregate(top=Max("pk"))["top"] or 0) + 1
    clinic.first_id.setdefault(label, base)
    given = {name: model._meta.get_field(name) for name in names}
    rest = [
        one
        for one in model._meta.concrete_fields
        if not one.primary_key and one.name not in given and not one.null and one.db_default is NOT_PROVIDED
    ]
    fixed = tuple(_default(one) for one in rest)
    columns = ", ".join(connection.ops.quote_name(one.column) for one in (model._meta.pk, *given.values(), *rest))
    counted = ((number, *row, *fixed) for number, row in enumerate(rows, base))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                while chunk := "".join(map(_line, islice(counted, 1_000))):
                    copy.write(chunk)
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT max(id) FROM " + table + "))",
                [model._meta.db_table],
            )
        else:
            places = ", ".join("?" * (1 + len(given) + len(rest)))
            told = [place for place, one in enumerate(given.values(), 1) if one.get_internal_type() in AS_TEXT]
            # Past Django's cursor, which looks at every row.
            connection.connection.executemany(
                f"INSERT INTO {table} ({columns}) VALUES ({places})", _for_sqlite(counted, told)
            )
    return base


def _default(one: Any) -> Any:
    """A field's default as the database has it."""
    from django.db import connection

    value = one.get_default()
    return json.dumps(value) if isinstance(value, list | dict) else one.get_db_prep_save(value, connection)


AS_TEXT = {"DateTimeField", "DateField", "TimeField", "DecimalField"}


def _line(row: Sequence[Any]) -> str:
    """A row as COPY reads it; nothing that is filled in has a tab, a line's end or a backslash."""
    return "\t".join(["\\N" if value is None else str(value) for value in row]) + "\n"


def _for_sqlite(rows: Iterable[Sequence[Any]], told: Sequence[int]) -> Iterator[Sequence[Any]]:
    """Times, in UTC, and decimal numbers as text, at the places that are told."""
    if not told:
        yield from rows
        return
    for row in rows:
        kept = list(row)
        for place in told:
            if (value := kept[place]) is not None:
                kept[place] = str(value).removesuffix("+00:00")
        yield kept
