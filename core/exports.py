"""Exports: the rows of a kind in the columns that its import reads, streamed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, BinaryIO, TextIO, cast

from core.actor import Actor
from core.imports.columns import Column
from core.imports.kinds import ImportKind
from core.imports.rows import EXTERNAL_ID
from core.looks import flush_reads, record_reads
from core.models import AuditEntry
from core.origin import origin_now
from core.reads import noting_reads

CHUNK = 2000

# What a spreadsheet would calculate. An apostrophe before it keeps it a text; imports take it away again.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def header_of(kind: ImportKind) -> list[str]:
    """Return the column names of a kind's export."""
    return [EXTERNAL_ID.name, *(column.name for column in kind.columns if column.exported)]


def rows_of(kind: ImportKind, organization_id: int) -> Iterator[list[str]]:
    """Yield each row of the organization as texts, under our own ids."""
    assert kind.rows is not None  # noqa: S101 `kinds` leaves others out
    readers = [_reader(column) for column in kind.columns if column.exported]
    for obj in kind.rows(organization_id).order_by(*kind.order).iterator(chunk_size=CHUNK):
        yield [str(obj.pk), *(as_text(read(obj)) for read in readers)]


def cells_of(kind: ImportKind, obj: Any) -> list[str]:
    """Return one row's cells as an export writes them."""
    return [str(obj.pk), *(as_text(_reader(column)(obj)) for column in kind.columns if column.exported)]


def export_kind(
    kind: ImportKind,
    *,
    organization_id: int,
    file: BinaryIO,
    form: str,
    by: Actor,
    at: datetime,
) -> int:
    """Write every row of the kind to `file`; returns how many. Whoever may import a kind may export it.

    That it was done, by whom and how many rows, is in the history.
    """
    by.require(kind.may, organization_id=organization_id)
    with noting_reads() as reading:
        count = WRITERS[form](file, header_of(kind), rows_of(kind, organization_id))
    if patient_ids := reading.whose():
        record_reads(by, page=f"export:{kind.name}", patient_ids=patient_ids, at=at)
        flush_reads()
    AuditEntry.objects.create(
        at=at,
        user_id=by.user_id,
        actor_kind=by.kind,
        credential=by.credential,
        door=by.door,
        request_id=by.request_id,
        verb="core.export_data",
        action=AuditEntry.Action.EXPORT,
        object_kind=kind.model._meta.label_lower if kind.model else kind.name,
        object_id=organization_id,
        organization_id=organization_id,
        changes={"rows": [None, count]},
        address=origin_now().address,
        agent=origin_now().agent,
    )
    return count


def as_text(value: Any) -> str:
    """Return a value in the form that the import reads."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)


def without_formula(text: str) -> str:
    """Return the cell's text so that a spreadsheet shows it instead of calculating it; plain numbers stay."""
    if text.startswith(FORMULA) and not _is_number(text):
        return f"'{text}"
    return f"'{text}" if text.startswith("'") else text


def _is_number(text: str) -> bool:
    return text[0] == "-" and text[1:].replace(".", "", 1).isdecimal()


def _reader(column: Column) -> Callable[[Any], Any]:
    if column.write is not None:
        return column.write
    name = f"{column.name}_id" if column.refers is not None else column.name
    return lambda obj: getattr(obj, name)


def _write_csv(file: BinaryIO, header: list[str], rows: Iterator[list[str]]) -> int:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(cast(TextIO, text), lineterminator="\n")
    writer.writerow(header)
    count = 0
    for row in rows:
        writer.writerow([without_formula(cell) for cell in row])
        count += 1
    text.detach()
    return count


def _write_jsonl(file: BinaryIO, header: list[str], rows: Iterator[list[str]]) -> int:
    count = 0
    for row in rows:
        told = {name: cell for name, cell in zip(header, row, strict=True) if cell}
        file.write(json.dumps(told, ensure_ascii=False).encode() + b"\n")
        count += 1
    return count


def _write_xlsx(file: BinaryIO, header: list[str], rows: Iterator[list[str]]) -> int:
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(header)
    count = 0
    for row in rows:
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet)
            cell.data_type = "s"  # a text, whatever it begins with
            cell._value = ILLEGAL_CHARACTERS_RE.sub("", text) or None
            cells.append(cell)
        sheet.append(cells)
        count += 1
    book.save(file)
    return count


WRITERS: dict[str, Callable[[BinaryIO, list[str], Iterator[list[str]]], int]] = {
    "csv": _write_csv,
    "xlsx": _write_xlsx,
    "jsonl": _write_jsonl,
}
