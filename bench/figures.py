"""What a benchmark found: printed where it runs by itself, and a row of `RESULTS.md` in the run of all of them."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "BENCH_FIGURES"  # names the file that figures are noted in, a line each


@dataclass(frozen=True, slots=True)
class Figure:
    """One comparison, or one measure with nothing beside it.

    `ratio` is what has the goal, `least` or `most`; where there is none, what is `ours` has it; without both the figure
    is only told.
    """

    what: str
    ours: float
    unit: str
    beside: float | None = None
    than: str = ""  # what is beside it
    ratio: float | None = None
    least: float | None = None
    most: float | None = None

    @property
    def goal(self) -> str:
        """The goal in words."""
        if self.least is not None:
            return f"at least {self.least:,g}"
        return "" if self.most is None else f"at most {self.most:,g}"

    @property
    def missed(self) -> str:
        """Empty where the goal is met, else why not."""
        value = self.ours if self.ratio is None else self.ratio
        if self.least is not None and value < self.least:
            return f"under {self.least:,g}"
        return f"over {self.most:,g}" if self.most is not None and value > self.most else ""

    def __str__(self) -> str:
        told = f"{self.what}: {shown(self.ours)} {self.unit}"
        if self.beside is not None:
            told += f", {self.than} {shown(self.beside)} {self.unit}"
        if self.ratio is not None:
            told += f", ratio {self.ratio:.2f}"
        return told + (f" (goal {self.goal})" if self.goal else "")


def shown(value: float) -> str:
    """A number as long as it tells something."""
    digits = 0 if value >= 100 or value == int(value) else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}"


def tell(figure: Figure) -> int:
    """Print a figure, and note it for the run of all; 1 where it misses its goal."""
    print(f"  {figure}", flush=True)
    if file := os.environ.get(FILE):
        with Path(file).open("a") as kept:
            kept.write(json.dumps(asdict(figure)) + "\n")
    return int(bool(figure.missed))


def noted(file: Path) -> list[Figure]:
    """The figures of a file."""
    return [Figure(**json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []
