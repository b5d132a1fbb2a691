"""The page that a run writes: tables, what they miss, and a summary of all of them on top."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.figures import Figure, shown

FLAT, FORGIVEN_MS, LONGEST_MS, BARE = 1.5, 5.0, 200.0, 0.85
A_PAGE = 25  # rows from which on a list is compared with the bare view
A_FEW = 3  # rows by which two answers may differ and still be the same work
UNLIKE = " and "  # between the rows of two answers that are not
BY_SIZE = (
    "What", "small, ms", "large, ms", "ratio", "SQL small, ms", "SQL large, ms", "slowest, ms", "statements", "rows",
    "misses",
)  # fmt: skip
BY_FIGURE = ("What", "ours", "beside", "than", "ratio", "goal", "misses")
BY_LIST = (
    "List", "rows read", "shown", "ours, ms", "bare, ms", "ratio", "to ready text", "SQL, ms", "statements", "misses",
)  # fmt: skip
BY_CROWD = ("Workers x threads", "answers a second", "median, ms", "slowest, ms", "5xx", "misses")


@dataclass
class Table:
    """One part: rows of cells, of which the last says what is missed; and what there was no time for."""

    title: str
    columns: tuple[str, ...]
    told: str = ""
    rows: list[tuple[str, ...]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def failed(self, name: str, why: str) -> None:
        """A row that has nothing but the reason why."""
        self.rows.append((name, *["-"] * (len(self.columns) - 2), why))

    @property
    def unlike(self) -> list[str]:
        """What shows more rows in one clinic than in the other, or nothing where rows are to be read."""
        if self.columns == BY_SIZE:
            return [row[0] for row in self.rows if UNLIKE in row[-2]]
        return [row[0] for row in self.rows if row[2] == "0"] if self.columns == BY_LIST else []

    @property
    def counts(self) -> tuple[int, int, int, int, int]:
        """How many were measured, miss a goal, are excepted, show other rows, were left out."""
        excepted = sum(row[-1].startswith("excepted: ") for row in self.rows)
        missed = sum(bool(row[-1]) for row in self.rows) - excepted
        return len(self.rows), missed, excepted, len(self.unlike), len(self.skipped)

    def __str__(self) -> str:
        measured, missed, excepted, _unlike, _left = self.counts
        lines = [f"### {self.title}", ""]
        lines += [self.told, ""] if self.told else []
        took = time.monotonic() - self.began
        lines += [f"{measured} measured in {took:.0f} s, {missed} miss a goal, {excepted} excepted.", ""]
        if self.unlike:
            what = "Without a row" if self.columns == BY_LIST else "Not the same number of rows in both clinics"
            lines += [f"{what}: {', '.join(self.unlike)}.", ""]
        if self.skipped:
            lines += [f"No time was left for {len(self.skipped)}: {', '.join(self.skipped[:40])}.", ""]
        lines += [_row(self.columns), "|" + "---|" * len(self.columns), *map(_row, self.rows), ""]
        return "\n".join(lines)


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


@dataclass
class Report:
    """What has been measured so far; it is written anew after each part."""

    to: Path
    head: list[str]
    parts: list[str] = field(default_factory=list)
    summary: list[tuple[str, ...]] = field(default_factory=list)
    engine: str = ""

    def begin(self, engine: str, told: str) -> None:
        """What follows is this engine's."""
        self.engine = engine
        self.say(f"## {engine}\n\n{told}\n")

    def say(self, text: str) -> None:
        """Text without a table."""
        self.parts.append(text)
        self._write()
        print(text, flush=True)

    def add(self, table: Table) -> None:
        """One more table."""
        self.parts.append(str(table))
        self.summary.append((self.engine, table.title, *map(str, table.counts)))
        self._write()
        print(f"{self.engine}: {table.title}: {table.counts}", flush=True)
        for row in table.rows:
            if row[-1]:
                print(f"  {_row(row)}", flush=True)

    def _write(self) -> None:
        columns = ("Engine", "Part", "measured", "miss a goal", "excepted", "other rows", "no time left")
        total = [str(sum(int(row[n]) for row in self.summary)) for n in range(2, len(columns))]
        rows = [columns, tuple(["---"] * len(columns)), *self.summary, ("all", "", *total)]
        summary = ["## Summary", "", *map(_row, rows), ""]
        self.to.write_text("\n".join([*self.head, *summary, *self.parts]).rstrip() + "\n")


def verdict(small: Mapping[str, Any], large: Mapping[str, Any]) -> str:
    """Empty where the goal is met, else why not."""
    if "error" in large or "error" in small:
        return str(large.get("error") or small["error"])
    if small.get("status") == 302 != large.get("status"):
        return ""  # the small clinic has no such row
    told = []
    if large.get("status", 200) != small.get("status", 200) or large.get("status", 200) >= 500:
        told.append(f"answers {small.get('status')} and {large.get('status')}")
    forgiven = max(0.0, min(FORGIVEN_MS, large["sql_ms"] - small["sql_ms"]))
    if (large["ms"] - forgiven) / small["ms"] > FLAT:
        told.append(f"over {FLAT}")
    if large["slowest_ms"] > LONGEST_MS:
        told.append(f"a statement over {LONGEST_MS:.0f} ms")
    # A word that means many is looked for in another way than one that means few: with a statement or two more.
    if large["queries"] > small["queries"] + 2:
        told.append(f"{large['queries']} statements, not {small['queries']}")
    return ", ".join(told)


def by_size(name: str, small: Mapping[str, Any], large: Mapping[str, Any], why: str) -> tuple[str, ...]:
    """A row for the same in a small and in a large clinic."""
    if "error" in small or "error" in large:
        return (name, *["-"] * 8, why)
    numbers = (small["ms"], large["ms"], large["ms"] / small["ms"], small["sql_ms"], large["sql_ms"])
    told = (f"{one:.1f}" for one in (*numbers, large["slowest_ms"]))
    return (name, *told, str(large["queries"]), _rows(small, large), why)


def _rows(small: Mapping[str, Any], large: Mapping[str, Any]) -> str:
    """How many rows both show."""
    if "rows" not in large:
        return ""
    alike = abs(small["rows"] - large["rows"]) <= A_FEW
    return str(large["rows"]) if alike else f"{small['rows']}{UNLIKE}{large['rows']}"


def by_figure(one: Figure) -> tuple[str, ...]:
    """A row for what has something else beside it."""
    beside = "" if one.beside is None else f"{shown(one.beside)} {one.unit}"
    ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
    return one.what, f"{shown(one.ours)} {one.unit}", beside, one.than, ratio, one.goal, one.missed


def by_list(name: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    """A row for a list of a contract."""
    why = "" if found["ratio"] >= BARE or found["rows"] < A_PAGE else f"under {BARE}"
    told = (f"{found[one]:.2f}" for one in ("ms", "bare_ms", "ratio", "to_ready", "sql_ms"))
    return name, str(found["rows"]), str(found["shown"]), *told, str(found["queries"]), why
