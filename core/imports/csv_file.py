"""A CSV file as people have them, row by row in constant memory: any of three delimiters, encodings and line ends.

A row whose cell is too long, or whose quotes never close, is refused alone: the rows behind it are read as ever.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import BinaryIO, TextIO

from django.utils.translation import gettext as _

from core.errors import InvalidInput, Text

# The longest row, in characters. Below the csv module's own limit for one cell (131,072), so that ours is met first.
LONGEST_ROW = 100_000
BLOCK = 1 << 20
DELIMITERS = ",;\t"
NOT_IN_WINDOWS_1252 = (0x81, 0x8D, 0x8F, 0x90, 0x9D)

# What the rest of an overlong row shrinks to. To the csv module's state machine a run without quotes is as good as
# its last character, and a run of quotes as good as one or two: so it still finds where the row ends.
ORDINARY = re.compile(r'[^"\n]+')
QUOTES = re.compile(r'"{3,}')


@dataclass(frozen=True, slots=True)
class Record:
    """A row as it stands in the file. `line` is where it begins, counted as an editor does.

    `problem` (header, reason) says why its cells cannot be read.
    """

    line: int
    cells: list[str]
    problem: tuple[str, Text] | None = None


class CsvFile:
    """An open CSV file, looked through once: its header, its digest, how it is written.

    `lines` is how many there are, for progress; `notes` what a person should know of how it was read.
    """

    def __init__(self, file: BinaryIO, *, name: str = "", encoding: str = "") -> None:
        """Raises InvalidInput for a file that is no CSV, is empty, or is not in `encoding`."""
        self.name = name
        self.header: list[str] = []
        self.notes: list[Text] = []
        self._file = file
        self._look_through(encoding)
        self._delimiter = self._most_used_delimiter()
        rows = self._rows()
        header = next(rows, None)
        rows.close()
        if header is None:
            raise InvalidInput({"": _("The file is empty.")})
        if header.problem is not None:
            raise InvalidInput({"": header.problem[1]})
        self.header = [cell.strip() for cell in header.cells]

    def records(self) -> Generator[Record]:
        """The rows behind the header; empty lines are no rows."""
        rows = self._rows()
        next(rows, None)
        return rows

    def _look_through(self, encoding: str) -> None:
        """One pass over the bytes: SHA-256, number of lines, and whether they are in `encoding` ("" = UTF-8)."""
        try:
            decoder = codecs.getincrementaldecoder(encoding or "utf-8")()
        except LookupError:
            raise InvalidInput({"": _("There is no encoding “%(name)s”.") % {"name": encoding}}) from None
        digest, self.lines, fits, is_windows, beginning = hashlib.sha256(), 0, True, True, b""
        self._file.seek(0)
        while True:
            block = self._file.read(BLOCK)
            try:
                decoder.decode(block, final=not block)
            except UnicodeError:
                fits = False
            if not block:
                break
            beginning = beginning or block[:4]
            digest.update(block)
            self.lines += block.count(b"\n")
            is_windows = is_windows and not any(byte in block for byte in NOT_IN_WINDOWS_1252)
        if beginning == b"PK\x03\x04":
            raise InvalidInput({"": _("This is a workbook or a zip file; save it as CSV first.")})
        if encoding and not fits:
            raise InvalidInput({"": _("The file is not in %(encoding)s.") % {"encoding": encoding}})
        self.sha256 = digest.hexdigest()
        self.encoding = encoding or self._guess(beginning, is_utf8=fits, is_windows=is_windows)

    def _guess(self, beginning: bytes, *, is_utf8: bool, is_windows: bool) -> str:
        if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if is_utf8:
            return "utf-8-sig"
        guess, shown = ("cp1252", "Windows-1252") if is_windows else ("latin-1", "Latin-1")
        self.notes.append(
            _("The file is not UTF-8; it was read as %(encoding)s. If names look wrong, name its encoding.")
            % {"encoding": shown}
        )
        return guess

    def _most_used_delimiter(self) -> str:
        with self._opened() as text:
            header = text.readline(LONGEST_ROW)
        return max(DELIMITERS, key=header.count)

    def _rows(self) -> Generator[Record]:
        with self._opened() as text:
            lines = _Lines(text)
            reader = csv.reader(lines, delimiter=self._delimiter)
            while True:
                lines.begin_row()
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield Record(lines.row, [], ("", str(error)))
                    continue
                if lines.unclosed:
                    yield Record(lines.row, [], ("", _("A quotation mark opens in this row and never closes.")))
                elif lines.too_long:
                    too_long = _("The row has more than %(most)s characters.") % {"most": f"{LONGEST_ROW:,}"}
                    yield Record(lines.row, [], (self._longest(cells), too_long))
                elif any(cells):
                    yield Record(lines.row, cells)

    def _longest(self, cells: list[str]) -> str:
        """The header of the longest cell: the one that made the row too long, as what follows it has shrunk."""
        place = max(range(len(cells)), key=lambda at: len(cells[at]), default=0)
        return self.header[place] if place < len(self.header) else ""

    def _opened(self) -> _Text:
        self._file.seek(0)
        # Line ends become \n, inside cells too, and any of the three counts as one line.
        return _Text(self._file, encoding=self.encoding, newline=None)


class _Text(io.TextIOWrapper):
    """The text of a file that is not ours to close."""

    def __exit__(self, *_error: object) -> None:
        if not self.closed:
            self.detach()


class _Lines:
    """The lines of a text for `csv.reader`, counted; of a row that grows too long only its outline."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._number = 0
        self.begin_row()

    def begin_row(self) -> None:
        """The next line asked for is the first of a row."""
        self.row = self._number + 1
        self.too_long = self.unclosed = False
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._line()
        # Asked for a further line of the row, we are inside quotes: only one with a quote can end it.
        while self.too_long and self._number > self.row and line and '"' not in line:
            line = self._line()
        if not line:
            self.unclosed = self._size > 0
            raise StopIteration
        return line

    def _line(self) -> str:
        piece = self._text.readline(LONGEST_ROW)
        if not piece:
            return ""
        self._number += 1
        line = self._outlined(piece)
        while not piece.endswith("\n") and (piece := self._text.readline(LONGEST_ROW)):
            line += self._outlined(piece)
        return line

    def _outlined(self, piece: str) -> str:
        self._size += len(piece)
        if self._size <= LONGEST_ROW:
            return piece
        self.too_long = True
        outline = ORDINARY.sub(lambda run: run[0][-1] if run[0][-1] in DELIMITERS else "x", piece)
        return QUOTES.sub(lambda run: '"' if len(run[0]) % 2 else '""', outline)
