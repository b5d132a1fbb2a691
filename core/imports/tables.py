"""Files that hold a table: CSV, workbooks, JSON lines; told apart by how they begin, read row by row."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import re
import shutil
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Generator, Iterable, Mapping
from datetime import date, datetime, time
from itertools import islice
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from core.errors import InvalidInput, Text
from core.imports.csv_file import CsvFile, Record, header_text
from core.imports.csv_rows import LONGEST_ROW

logger = logging.getLogger(__name__)

BLOCK = 1 << 20
MOST_COLUMNS = 1000
FIRST_ROWS = 20
# A cell with a formula and no value; where the value is a text, it was calculated and is an empty one.
UNCALCULATED = re.compile(rb"""<c(?![^>]* t=["']str["'])[^>]*>(?:<f[^>]*>[^<]*</f>|<f[^>]*/>)(?:<v></v>|<v ?/>)?</c>""")
LONGEST_FORMULA = 1 << 14
# What a workbook may hold when it is unpacked; more than this nobody types, and a bomb does.
LARGEST_WORKBOOK = 1 << 31


def open_table(
    file: BinaryIO, *, name: str = "", encoding: str = "", delimiter: str = "", skip: int = 0, sheet: str = ""
) -> Any:
    """The table in a file; InvalidInput where it holds none. `skip` lines stand before the header."""
    file.seek(0)
    beginning = file.read(64)
    if beginning.startswith(b"PK\x03\x04"):
        return WorkbookFile(file, name=name, skip=skip, sheet=sheet)
    if beginning.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"{", b"[")):
        return JsonLinesFile(file, name=name)
    return CsvFile(file, name=name, encoding=encoding, delimiter=delimiter, skip=skip)


def from_standard_input() -> BinaryIO:
    """What comes in, on disk: a table is read twice."""
    kept: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 whoever reads it closes it
    shutil.copyfileobj(sys.stdin.buffer, kept)
    kept.seek(0)
    return kept


class WorkbookFile:
    """The first sheet of a workbook. Its first row that holds anything is the header."""

    is_escaped = False

    def __init__(self, file: BinaryIO, *, name: str = "", skip: int = 0, sheet: str = "") -> None:
        """Raises InvalidInput for a file that is no workbook, or an empty one, or has no such sheet."""
        self.name = name
        self._skip, self._name_of_sheet = skip, sheet
        self.notes: list[Text] = []
        self._file = file
        self.sha256 = _sha256(file)
        table = self._sheet()
        self.lines = int(table.max_row or 0)
        if self._has_uncalculated(table):
            says = _("Formulas that nothing has calculated yet were read as empty: save the file in a spreadsheet.")
            self.notes.append(says)
        rows = self._rows(table)
        header = next(rows, None)
        if header is None:
            raise InvalidInput({"": _("The file is empty.")})
        self.header = [header_text(cell) for cell in header.cells]
        while self.header and not self.header[-1]:
            self.header.pop()

    def likely_headers(self) -> Generator[tuple[int, list[str]]]:
        """(line, cells) of the first rows: one of them may be the header."""
        for record in islice(self._rows(self._sheet()), FIRST_ROWS):
            cells = [header_text(cell) for cell in record.cells]
            while cells and not cells[-1]:
                cells.pop()
            yield record.line, cells

    def records(self) -> Generator[Record]:
        """The rows behind the header; empty rows are none."""
        rows = self._rows(self._sheet())
        next(rows, None)
        for record in rows:
            cells = record.cells[: len(self.header)]
            if any(record.cells[len(self.header) :]):
                cells = record.cells
            yield Record(record.line, cells + [""] * (len(self.header) - len(cells)))

    def _sheet(self) -> Any:
        import openpyxl

        self._file.seek(0)
        try:
            with zipfile.ZipFile(self._file) as packed:
                if sum(one.file_size for one in packed.infolist()) > LARGEST_WORKBOOK:
                    raise InvalidInput({"": _("The workbook is too large; save it as CSV.")})
            self._file.seek(0)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                book = openpyxl.load_workbook(self._file, read_only=True, data_only=True)
                sheets = {one.title: one for one in book.worksheets}
        except InvalidInput:
            raise
        except Exception as error:  # openpyxl raises whatever it stumbles over
            logger.info("A workbook could not be read", exc_info=error)
            raise InvalidInput(
                {"": _("This is a zip file, but no workbook that can be read; save it as .xlsx or CSV.")}
            ) from None
        if not sheets or (self._name_of_sheet and self._name_of_sheet not in sheets):
            known = {"name": self._name_of_sheet, "known": ", ".join(sheets)}
            raise InvalidInput({"": _("The workbook has no sheet “%(name)s”; it has %(known)s.") % known})
        if len(sheets) > 1 and not self._name_of_sheet and not self.notes:
            self.notes.append(_("Of the sheets %(known)s the first was read.") % {"known": ", ".join(sheets)})
        return sheets.get(self._name_of_sheet) or next(iter(sheets.values()))

    def _has_uncalculated(self, sheet: Any) -> bool:
        """Whether a cell has a formula and no value, as programs leave it that calculate nothing."""
        self._file.seek(0)
        with zipfile.ZipFile(self._file) as packed, packed.open(sheet._worksheet_path.lstrip("/")) as part:
            before = b""
            while block := part.read(BLOCK):
                if UNCALCULATED.search(before + block):
                    return True
                before = block[-LONGEST_FORMULA:]
        return False

    def _rows(self, sheet: Any) -> Generator[Record]:
        sheet.reset_dimensions()  # some programs say A1 of a sheet of thousands of rows
        rows = enumerate(sheet.iter_rows(values_only=True), 1)
        while True:
            try:
                line, row = next(rows)
            except StopIteration:
                return
            except Exception as error:  # the rows are unpacked as they are read
                logger.info("A sheet could not be read", exc_info=error)
                raise InvalidInput(
                    {"": _("The sheet is damaged; open it in a spreadsheet and save it anew.")}
                ) from None
            cells = [_as_text(cell) for cell in row[:MOST_COLUMNS]]
            if any(cells) and line > self._skip:
                yield Record(line, cells)


BETWEEN_OBJECTS = re.compile(r"[, \t\r\n]*")
NO_OBJECT = _lazy("None of its lines is a JSON object; write one object a line, or an array of objects.")


class JsonLinesFile:
    """One JSON object a line, or an array of them; the header is every name that any has, those within it included."""

    is_escaped = False

    def __init__(self, file: BinaryIO, *, name: str = "") -> None:
        """Raises InvalidInput for a file without an object."""
        self.name = name
        self.notes: list[Text] = []
        self._file = file
        self.sha256 = _sha256(file)
        file.seek(0)
        if file.read(BLOCK).lstrip(b"\xef\xbb\xbf \r\n\t").split(b"\n", 1)[0].strip() == b"{":
            raise InvalidInput({"": NO_OBJECT})  # one document, broken into lines
        names: dict[str, bool] = {}  # name -> whether some object has a value under it
        self.lines = 0
        for line, told in self._objects():
            self.lines = line
            if isinstance(told, dict) and len(names) < MOST_COLUMNS:
                for key, value in told.items():
                    names[key] = names.get(key, False) or value not in (None, [])
        if not names:
            raise InvalidInput({"": NO_OBJECT if self.lines else _("The file is empty.")})
        # What is an object in some lines and null in others has its parts for columns.
        self.header = [
            name
            for name, has_value in names.items()
            if has_value or not any(other.startswith(f"{name}.") for other in names)
        ]

    def likely_headers(self) -> Generator[tuple[int, list[str]]]:
        """There are none: every object names its own columns."""
        yield from ()

    def records(self) -> Generator[Record]:
        """The objects as rows; what one does not say is empty."""
        for line, told in self._objects():
            if isinstance(told, dict):
                yield Record(line, [_as_text(told.get(name)) for name in self.header])
            else:
                yield Record(line, [], ("", told))

    def _objects(self) -> Generator[tuple[int, dict[str, Any] | str]]:
        """(line, object), or why the line holds none."""
        self._file.seek(0)
        if self._file.read(64).lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"["):
            yield from self._objects_of_array()
            return
        self._file.seek(0)
        line = 0
        while text := self._file.readline(LONGEST_ROW + 1):
            line += 1
            if len(text) > LONGEST_ROW:
                while not text.endswith(b"\n") and (text := self._file.readline(LONGEST_ROW)):
                    pass
                yield line, _("The row has more than %(most)s characters.") % {"most": f"{LONGEST_ROW:,}"}
                continue
            if not text.strip():
                continue
            try:
                told = json.loads(text.decode("utf-8-sig"))
                told = _flat(told) if isinstance(told, dict) else None
            except (ValueError, RecursionError):
                yield line, _("The line is no JSON.")
                continue
            yield line, _("The line is no JSON object.") if told is None else told

    def _objects_of_array(self) -> Generator[tuple[int, dict[str, Any] | str]]:
        """(line, object) of an array, however its lines are broken, or why it ends too early; a block is in memory."""
        self._file.seek(0)
        reader = io.TextIOWrapper(self._file, encoding="utf-8-sig", errors="replace")
        value_at = json.JSONDecoder().raw_decode
        try:
            text = reader.read(BLOCK)
            at, line = text.index("[") + 1, 1 + text[: text.index("[")].count("\n")
            while True:
                if len(text) - at <= LONGEST_ROW and (block := reader.read(BLOCK)):
                    text, at = text[at:] + block, 0
                start = BETWEEN_OBJECTS.match(text, at).end()  # type: ignore[union-attr] # it may be empty
                line, at = line + text.count("\n", at, start), start
                if at == len(text):
                    yield line, _("The array is not closed: the end of the file is missing.")
                    return
                if text[at] == "]":
                    if text[at + 1 :].strip():
                        yield line, _("From this line on the file is no JSON.")
                    return
                try:
                    told, end = value_at(text, at)
                    told = _flat(told) if isinstance(told, dict) else None
                except (ValueError, RecursionError):
                    yield line, _("From this line on the file is no JSON.")
                    return
                yield line, _("The line is no JSON object.") if told is None else told
                line, at = line + text.count("\n", at, end), end
        finally:
            reader.detach()


def _flat(told: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """An object whose parts are columns: `address.city`; of a list of objects `phones.1.number`, counted from one."""
    flat: dict[str, Any] = {}
    for name, value in told.items():
        inside = value
        if isinstance(value, list) and any(isinstance(one, dict) for one in value):
            inside = {str(number): one for number, one in enumerate(value, 1)}
        if isinstance(inside, dict) and inside:
            flat |= _flat(inside, f"{before}{name}.")
        else:
            flat[f"{before}{name}"] = value or None if isinstance(value, dict) else value
    return flat


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _as_text(value: Any) -> str:
    """A cell as people would write it in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        is_day = value.time() == time()
        return f"{value:%Y-%m-%d}" if is_day else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ";".join(_as_text(one) for one in value)
    return str(value)
