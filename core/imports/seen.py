"""Which external ids a file has shown so far, in constant memory: a private SQLite database on disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from types import TracebackType
from typing import Self


class SeenIds:
    """The lines in which external ids stand, so that a second row with the same one can be refused by name."""

    def __init__(self) -> None:
        # "" is a temporary file that SQLite pages in and out, and deletes when it is closed.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("CREATE TABLE seen (id TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._database.close()

    def note(self, ids: Iterable[tuple[str, int]]) -> dict[int, int]:
        """Note (id, line) pairs. Returns, for each line whose id came before, the line in which it did."""
        earlier: dict[int, int] = {}
        run = self._database.execute
        run("BEGIN")
        for external_id, line in ids:
            if run("INSERT OR IGNORE INTO seen VALUES (?, ?)", (external_id, line)).rowcount == 0:
                (earlier[line],) = run("SELECT line FROM seen WHERE id = ?", (external_id,)).fetchone()
        run("COMMIT")
        return earlier
