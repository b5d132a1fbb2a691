"""A CSV file as people have them, row by row in constant memory: any of four delimiters, encodings and line ends.

A row that cannot be read is refused alone, with the lines it stands in; the rows behind it are read as ever. That
includes a row in which a stray quotation mark opens: what it would swallow is read again, line by line.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from core.errors import InvalidInput, Text
from core.imports.csv_rows import LONGEST_ROW, RowLines, TooLongError

BLOCK = 1 << 20
DELIMITERS = ",;\t|"
NOT_IN_WINDOWS_1252 = (0x81, 0x8D, 0x8F, 0x90, 0x9D)

# How much of the file tells which character separates the cells.
SAMPLE_ROWS, SAMPLE_LENGTH = 20, 1 << 16

# How often a row that is too long to keep is read again from its second line; further ones are refused whole.
MOST_REREADS = 100

SAID_DELIMITER = re.compile(r"\ufeff?\"?sep=([,;\t|])\"?\s*$", re.IGNORECASE)

# How files begin that people take for tables.
NO_TABLE: dict[bytes, Text] = {
    b"PK\x03\x04": _lazy("This is a workbook or a zip file; save it as CSV first."),
    b"\xd0\xcf\x11\xe0": _lazy("This is a workbook of the old kind (.xls); save it as .xlsx or CSV."),
    b"BEGIN:V": _lazy("This is a calendar or an address card; export the data as CSV or a workbook."),
    b"%PDF": _lazy("This is a PDF; export the data as CSV or a workbook."),
    b"<": _lazy("This is a web page or XML, whatever its name ends in; open it in a spreadsheet and save it as .xlsx."),
}

# What nobody sees or types, and programs put around a text: joiners, directions, marks of byte order.
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"


def header_text(cell: str) -> str:
    """A header in one line, with single spaces, as people would say it."""
    return " ".join(cell.strip(INVISIBLE).split())


CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
QUOTED = re.compile(r'"(?:[^"]|"")*"')


@dataclass(frozen=True, slots=True)
class Record:
    """A row as it stands in the file. `line` is where it begins, counted as an editor does; `lines` how many it has.

    `problem` (header, reason) says why its cells cannot be read.
    """

    line: int
    cells: list[str]
    problem: tuple[str, Text] | None = None
    lines: int = 1


class CsvFile:
    """An open CSV file, looked through once: its header, its digest, how it is written.

    `delimiter` separates its cells; `lines` is how many there are, for progress; `notes` what a person should know of
    how it was read.
    """

    is_escaped = True

    def __init__(
        self, file: BinaryIO, *, name: str = "", encoding: str = "", delimiter: str = "", skip: int = 0
    ) -> None:
        """Raises InvalidInput for a file that is no CSV, is empty, or is not in `encoding`.

        `skip` lines stand before the header; where the first line is Excel's own `sep=;`, it is no row.
        """
        self.name = name
        self._skip = skip
        self.header: list[str] = []
        self.notes: list[Text] = []
        self._file = file
        file.seek(0)
        is_marked = file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
        self._look_through("" if is_marked else encoding)  # its mark says more surely what it is
        said = self._said_delimiter() if not skip else ""
        self._skip += bool(said)
        self.delimiter = delimiter or said or self._likely_delimiter()
        self._is_spaced = self._has_spaces_before_quotes()
        rows = self._rows()
        header = next(rows, None)
        rows.close()
        if header is None:
            raise InvalidInput({"": _("The file is empty.")})
        if header.problem is not None:
            raise InvalidInput({"": header.problem[1]})
        self.header = [header_text(cell) for cell in header.cells]
        if any(CONTROL.search(cell) for cell in self.header):
            raise InvalidInput({"": _("This is no table: its first line holds characters that no text has.")})

    def likely_headers(self) -> Generator[tuple[int, list[str]]]:
        """(line, cells) of the first rows, split by each delimiter: one of them may be the header."""
        with self._opened() as text:
            beginning = text.read(SAMPLE_LENGTH)
        for delimiter in DELIMITERS:
            rows = csv.reader(io.StringIO(beginning), delimiter=delimiter)
            with suppress(csv.Error):
                for cells in islice(rows, SAMPLE_ROWS):
                    yield rows.line_num, [header_text(cell) for cell in cells]

    def records(self) -> Generator[Record]:
        """The rows behind the header; empty lines are no rows."""
        rows = self._rows(len(self.header))
        next(rows, None)
        return rows

    def _look_through(self, encoding: str) -> None:
        """One pass over the bytes: SHA-256, number of lines, and whether they are in `encoding` ("" = UTF-8)."""
        decoder = _decoder(encoding or "utf-8")
        digest, self.lines, fits, is_windows, beginning = hashlib.sha256(), 0, True, True, b""
        self._returns = 0
        self._file.seek(0)
        while True:
            block = self._file.read(BLOCK)
            try:
                decoder.decode(block, final=not block)
            except UnicodeError:
                fits = False
            if not block:
                break
            beginning = beginning or block[:64]
            digest.update(block)
            self.lines += block.count(b"\n")
            self._returns += block.count(b"\r") if not self.lines else 0
            is_windows = is_windows and not any(byte in block for byte in NOT_IN_WINDOWS_1252)
        for mark, says in NO_TABLE.items():
            if beginning.lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(mark.lower()):
                raise InvalidInput({"": says})
        if encoding and not fits:
            raise InvalidInput({"": _("The file is not in %(encoding)s.") % {"encoding": encoding}})
        self.sha256 = digest.hexdigest()
        self.encoding = encoding or self._guess(beginning, is_utf8=fits, is_windows=is_windows)
        self.lines = self.lines or self._returns

    def _guess(self, beginning: bytes, *, is_utf8: bool, is_windows: bool) -> str:
        if (wide := _wide_encoding(beginning)) and self._decodes(wide):
            if not beginning.startswith(BYTE_ORDER_MARKS):
                self.notes.append(_("The file was read as %(encoding)s.") % {"encoding": wide.upper()})
            return wide
        if is_utf8:
            return "utf-8-sig"
        guess, shown = ("cp1252", "Windows-1252") if is_windows else ("latin-1", "Latin-1")
        if not self.lines and self._returns:
            guess, shown = "mac-roman", "Mac Roman"  # only old Macs, and programs that write for them, end lines so
        self.notes.append(
            _("The file is not UTF-8; it was read as %(encoding)s. If names look wrong, name its encoding.")
            % {"encoding": shown}
        )
        return guess

    def _decodes(self, encoding: str) -> bool:
        decoder = _decoder(encoding)
        self._file.seek(0)
        try:
            while block := self._file.read(BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeError:
            return False
        return True

    def _said_delimiter(self) -> str:
        with self._opened() as text:
            found = SAID_DELIMITER.match(text.readline(20))
        return found[1] if found else ""

    def _likely_delimiter(self) -> str:
        """The character that splits most of the first rows like the header; of several the one that splits it most.

        What stands inside quotes is no delimiter.
        """
        with self._opened() as text:
            for _number in range(self._skip):
                text.readline(LONGEST_ROW)
            beginning = text.read(SAMPLE_LENGTH)
        header_line = QUOTED.sub("", beginning).lstrip().partition("\n")[0]
        best, delimiter_of_best = (0, 0), DELIMITERS[0]
        for delimiter in DELIMITERS:
            rows = csv.reader(io.StringIO(beginning), delimiter=delimiter)
            try:
                filled = list(islice((row for row in rows if any(row)), SAMPLE_ROWS + 1))
            except csv.Error:
                continue
            like = sum(len(row) == len(filled[0]) > 1 for row in filled[1:])
            if (found := (like, header_line.count(delimiter))) > best:
                best, delimiter_of_best = found, delimiter
        return delimiter_of_best

    def _has_spaces_before_quotes(self) -> bool:
        """Whether the first rows write 1, "Popa, Ana": there a space before a quotation mark is no part of the cell."""
        with self._opened() as text:
            return f'{self.delimiter} "' in text.read(SAMPLE_LENGTH)

    def _rows(self, width: int = 0) -> Generator[Record]:
        """All rows, the header's too. `width`: how many cells a row has; 0 = that is not known yet."""
        with self._opened() as text:
            lines = RowLines(text, self.delimiter)
            lines.pass_over(self._skip)
            while True:
                # A reader that has stopped inside a row is of no further use.
                reader = csv.reader(lines, delimiter=self.delimiter, skipinitialspace=self._is_spaced, strict=True)
                for record in self._rows_of(reader, lines, width):
                    yield record
                    if record.problem is not None and lines.count > record.lines:
                        lines.give_again()
                if lines.ended:
                    return

    def _rows_of(self, reader: Iterator[list[str]], lines: RowLines, width: int) -> Generator[Record]:
        """The rows up to the one in which `reader` stops, and that one."""
        while True:
            lines.begin_row()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except TooLongError:
                yield self._too_long(lines)
                return
            except csv.Error:
                yield Record(lines.row, [], ("", UNCLOSED if lines.ended else MISPLACED))
                return
            if lines.count > 1 and width > 1:
                if len(cells) != width:
                    reason = _("A quotation mark opens in this row and closes in line %(last)s.")
                    yield Record(lines.row, [], ("", reason % {"last": lines.last}))
                    return
                if width > 2 and lines.each_is_like_a_row_of(width):
                    yield self._swallowed(lines)
                    continue
            if any(map(str.strip, cells)):
                yield Record(lines.row, cells, lines=lines.count)

    def _too_long(self, lines: RowLines) -> Record:
        if lines.skip_row():
            reason = _("The row has more than %(most)s characters.") % {"most": f"{LONGEST_ROW:,}"}
            longest = self.header[lines.longest] if lines.longest < len(self.header) else ""
            return Record(lines.row, [], (longest, reason), lines.count)
        if lines.rereads >= MOST_REREADS:
            return self._swallowed(lines)
        return Record(lines.row, [], ("", UNCLOSED if lines.ended else MISPLACED))

    def _swallowed(self, lines: RowLines) -> Record:
        reason = _("A quotation mark opens in line %(first)s and closes in line %(last)s: nothing between was read.")
        return Record(lines.row, [], ("", reason % {"first": lines.row, "last": lines.last}), lines.count)

    def _opened(self) -> _Text:
        self._file.seek(0)
        # Line ends become \n, inside cells too, and any of the three counts as one line.
        return _Text(self._file, encoding=self.encoding, newline=None)


BYTE_ORDER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def _wide_encoding(beginning: bytes) -> str:
    """UTF-32 or UTF-16, by a byte order mark or by where the zero bytes of a header stand; "" for anything else."""
    if beginning.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = beginning[::2].count(0), beginning[1::2].count(0)
    half = len(beginning) // 2
    if half >= 4 and odd > half * 0.8 and even == 0:
        return "utf-16-le"
    if half >= 4 and even > half * 0.8 and odd == 0:
        return "utf-16-be"
    return ""


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    """A decoder of bytes to text; InvalidInput for a name that means none (such as hex or zip)."""
    unknown = InvalidInput({"": _("There is no encoding “%(name)s”.") % {"name": encoding}})
    try:
        info = codecs.lookup(encoding)
    except (LookupError, ValueError):
        raise unknown from None
    decoder: Any = info.incrementaldecoder
    if not getattr(info, "_is_text_encoding", True) or decoder is None or info.name in NO_FILE_ENCODING:
        raise unknown
    return cast(codecs.IncrementalDecoder, decoder())


UNCLOSED = _lazy("A quotation mark opens in this row and never closes.")
MISPLACED = _lazy("A quotation mark stands where none belongs.")

# Ways to write a host name or a string of Python, in which no file is written.
NO_FILE_ENCODING = frozenset({"idna", "punycode", "undefined", "raw_unicode_escape", "raw-unicode-escape"}) | {
    "unicode_escape",
    "unicode-escape",
}


class _Text(io.TextIOWrapper):
    """The text of a file that is not ours to close."""

    def __exit__(self, *_error: object) -> None:
        if not self.closed:
            self.detach()
