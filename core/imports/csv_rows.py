"""The lines of a CSV file's rows: counted, given again where a quotation mark went astray, or passed over."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from typing import TextIO

# The longest row, in characters. Below the csv module's own limit for one cell (131,072), so that ours is met first.
LONGEST_ROW = 100_000

# Inside quotes, up to the one that closes them (or the end of the text).
INSIDE = re.compile(r'(?:[^"]+|"")*')


class TooLongError(Exception):
    """The row that is read has more characters than are kept."""


class RowLines:
    """The lines of a text for `csv.reader`; those of the present row are kept, so that they can be given again.

    `row` is the line in which it begins, `longest` the place of its longest cell where it was too long, `ended` whether
    the text ended, `rereads` how often lines had to be read again because they were too many to be kept.
    """

    def __init__(self, text: TextIO, delimiter: str) -> None:
        self._text = text
        self._delimiter = delimiter
        self.last = 0
        self.rereads = 0
        self._again: deque[str] = deque()
        self.begin_row()

    def pass_over(self, count: int) -> None:
        """Leave out the first lines of the text: they come before the header."""
        for _number in range(count):
            self._pass_line("")
            self.last += 1
        self.begin_row()

    def begin_row(self) -> None:
        """The next line asked for is the first of a row."""
        self.row = self.last + 1
        self.longest = 0
        self.ended = False
        self._taken: list[str] = []
        self._size = 0
        self._kept = True

    @property
    def count(self) -> int:
        """How many lines the present row has so far."""
        return self.last - self.row + 1

    def each_is_like_a_row_of(self, width: int) -> bool:
        """Whether each line of the present row has as many cells as a row should have."""
        return all(line.count(self._delimiter) == width - 1 for line in self._taken)

    def give_again(self) -> None:
        """Give the lines behind the row's first again."""
        self.ended = False
        if self._kept:
            self._again.extendleft(reversed(self._taken[1:]))
        else:
            self.rereads += 1
            self._again.clear()
            self._text.seek(0)
            for _number in range(self.row):
                self._pass_line("")
        self.last = self.row

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._again:
            line = self._again.popleft()
        elif not (line := self._text.readline(LONGEST_ROW + 1 - self._size)):
            self.ended = True
            raise StopIteration
        self.last += 1
        self._size += len(line)
        self._taken.append(line)
        if self._size > LONGEST_ROW:
            raise TooLongError
        return line

    def skip_row(self) -> bool:
        """Pass over the rest of a row that is too long; False where its quotation marks are not sound."""
        self._kept = False
        piece, before = self._taken[-1], self._taken[:-1]
        cells = next(csv.reader(before, delimiter=self._delimiter), [""])
        rest = _Rest(self._delimiter, place=len(cells) - 1, length=len(cells[-1]), inside=bool(before))
        while True:
            ends_line = piece.endswith("\n")
            more = "" if ends_line else self._more()
            left = rest.take(piece, is_last=not more)
            self.longest = rest.longest
            if not rest.is_sound:
                if more:
                    self._pass_line(more)
                return False
            if ends_line:
                if not rest.inside:
                    return True
                more = self._more()
                self.last += bool(more)
            if not more:
                self.ended = True
                return not rest.inside
            piece = left + more

    def _more(self) -> str:
        return self._again.popleft() if self._again else self._text.readline(LONGEST_ROW)

    def _pass_line(self, piece: str) -> None:
        """Go to the end of the line that `piece` is of."""
        while not piece.endswith("\n") and (piece := self._more()):
            pass


class _Rest:
    """The cells of a row piece by piece, of which only the lengths are of interest."""

    def __init__(self, delimiter: str, *, place: int, length: int, inside: bool) -> None:
        self.inside = inside
        self.is_sound = True
        self.longest = place
        self._delimiter = delimiter
        self._begins = not inside
        self._place = place
        self._length = self._most = length

    def take(self, piece: str, *, is_last: bool) -> str:
        """Take the next piece; returns what must stand before the one behind it: a mark that may be half of a pair."""
        at = 0
        while at < len(piece) and self.is_sound:
            if self.inside:
                end = INSIDE.match(piece, at).end()  # type: ignore[union-attr]  # it matches nothing, too
                self._grow(end - at)
                if end + 1 == len(piece) and not is_last:
                    return piece[end:]
                if end < len(piece):
                    self.inside = False
                    self.is_sound = piece[end + 1 : end + 2] in ("", "\n", self._delimiter)
                at = end + 1
            elif self._begins and piece[at] == '"':
                self.inside, self._begins, at = True, False, at + 1
            else:
                end = piece.find(self._delimiter, at)
                self._grow((end if end >= 0 else len(piece)) - at)
                self._begins = end >= 0
                if self._begins:
                    self._place, self._length = self._place + 1, 0
                at = end + 1 if self._begins else len(piece)
        return ""

    def _grow(self, more: int) -> None:
        self._length += more
        if self._length > self._most:
            self._most, self.longest = self._length, self._place
