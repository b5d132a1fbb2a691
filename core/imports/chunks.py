"""A file's rows by the chunk, the next one read while the database is busy with the one before it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Self

from django.utils import translation

from core.imports.csv_file import Record
from core.imports.rows import Row, RowReader

Chunk = list[tuple[Record, Row]]


class Chunks:
    """The records of a file with the rows read from them, `size` at a time.

    Reading needs no database: `read_ahead` does it while PostgreSQL checks the references of a chunk, when this
    process would otherwise only wait.
    """

    def __init__(self, records: Generator[Record], reader: RowReader, size: int) -> None:
        self._records, self._reader, self._size = records, reader, size
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="import-reader")
        self._next: Future[Chunk] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._thread.shutdown()
        self._records.close()

    def __iter__(self) -> Iterator[Chunk]:
        while chunk := self._next.result() if self._next is not None else self._read():
            self._next = None
            yield chunk

    def read_ahead(self) -> None:
        """Begin to read the next chunk in a thread, unless that has been begun already."""
        if self._next is None:
            # A thread begins with the default language; cells are refused in that of whoever imports.
            self._next = self._thread.submit(self._read_in, translation.get_language())

    def _read_in(self, language: str) -> Chunk:
        with translation.override(language):
            return self._read()

    def _read(self) -> Chunk:
        return [(record, self._reader.read(record)) for record in islice(self._records, self._size)]
