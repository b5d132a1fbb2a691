"""Everything that is measured, in one run: `make bench`, or

    python -m bench [--sizes 1000,1000000] [--sqlite-sizes 1000,1000000] [--engines postgresql,sqlite]
        [--parts work,beside,pages,manager,desk,specialist,small,lists,objects,crowd,memory] [--only WORD] [--rounds 2]
        [--minutes 19] [--keep FOLDER] [--to FILE]

On each engine two clinics are filled, a small and a large one, and each has a process that opens pages in it, in turns
with the other: every list of the back office with its pages, searches, filters and sorts, every other page, every
search box; every list of every contract beside a bare view with the same statements; pieces of work; the memory of a
process. The benchmarks of `BESIDE` run, too, each as its own command does, and note what they find. The report is
written anew after each part, so that a run which is stopped leaves what it has; what there was no time for is named.
Trust the ratios, not the times.
"""

from __future__ import annotations

import argparse
import atexit
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.databases import ROOT, Databases, manage
from bench.figures import FILE, noted
from bench.report import (
    A_PAGE,
    BARE,
    BY_CROWD,
    BY_FIGURE,
    BY_LIST,
    BY_SIZE,
    FLAT,
    FORGIVEN_MS,
    LONGEST_MS,
    Report,
    Table,
    by_figure,
    by_list,
    by_size,
    verdict,
)
from bench.sides import AGAIN, Sides, Worker, is_noise

# What costs more in a large clinic, and why that is left so.
EXCEPTIONS: dict[str, str] = {}
LONGEST_OF_MANY_MS, GROWTH_MB = 1000.0, 10.0
OF_THE_DESK = "search “ana ionescu”"  # what is measured there beside whole lists
SHORT = 15  # rows of a contract's shortest page: a list of fewer has no second one
# What has something else beside it than the same in a small clinic: with which counts, and whether in the large clinic.
BESIDE: tuple[tuple[str, dict[str, int], bool], ...] = (
    ("bench.booking", {"pairs": 60}, False),
    ("bench.first_free", {"rounds": 30}, True),
    ("bench.slot_batch", {"rounds": 5}, False),
    ("bench.import_patients", {"rows": 100_000, "rounds": 1}, False),
    ("bench.traces", {"pairs": 100}, False),
    ("bench.calendar_week", {"rounds": 3}, False),
    ("bench.commands", {"rounds": 3}, False),
)


@dataclass
class Run:
    """One engine's part of the run, which ends at `until`."""

    databases: Databases
    sides: Sides
    options: argparse.Namespace
    report: Report
    until: float

    def measure(self) -> None:
        """All parts."""
        # The small clinic says which: its practices and specialists are in the large one, too.
        found = self.sides.small.ask(do="pages", patience=600)
        if "error" in found:
            self.report.say(f"The pages could not be listed: {found['error']}\n")
            return
        pages, lists, objects = found["pages"], found["lists"], found["objects"]
        short = [one for one in pages if " list" in one["name"] or " search " in one["name"]]
        shortest = [one for one in short if one["name"].endswith((" list", OF_THE_DESK))]
        parts: dict[str, Callable[[], None]] = {
            "work": self._works,
            "beside": self._beside,
            "pages": lambda: self._pages(pages, "boss"),
            "manager": lambda: self._pages(short, "manager"),
            "desk": lambda: self._pages(shortest, "desk"),
            "specialist": lambda: self._pages(short, "specialist"),
            "small": lambda: self._pages(short, "small"),
            "lists": lambda: self._lists(lists),
            "objects": lambda: self._objects(objects),
            "crowd": self._crowd,
            "memory": self._memory_and_invariants,
        }
        for name, part in parts.items():
            if name in self.options.parts or not self.options.parts:
                part()

    def _each(self, table: Table, named: Mapping[str, Callable[[], tuple[str, ...]]]) -> None:
        """Fill the table with a row of each, while there is time."""
        for name, row in named.items():
            if self.options.only not in name:
                continue
            if time.monotonic() > self.until:
                table.skipped.append(name)
            elif told := row():
                table.rows.append(told)
        self.report.add(table)

    def _by_size(self, what: str, **wanted: Any) -> tuple[str, ...]:
        small, large = self.sides.measure(**wanted)
        why = verdict(small, large)
        excepted = why and any(one in what for one in EXCEPTIONS)
        return by_size(what, small, large, f"excepted: {why}" if excepted else why)

    def _pages(self, pages: list[dict[str, Any]], who: str) -> None:
        names = {
            "boss": "a superuser",
            "manager": "the manager of two of four practices",
            "desk": "the front desk of one of four practices",
            "specialist": "one of eight specialists",
            "small": "the manager of a practice of sixty rows",
        }

        def row(page: dict[str, Any]) -> Callable[[], tuple[str, ...]]:
            return lambda: self._by_size(page["name"], do="get", url=page["url"], who=who)

        self._each(Table(f"The back office, as {names[who]}", BY_SIZE), {one["name"]: row(one) for one in pages})

    def _works(self) -> None:
        from bench.works import WORKS

        def row(name: str) -> Callable[[], tuple[str, ...]]:
            return lambda: self._by_size(name, do="work", name=name)

        self._each(Table("Work", BY_SIZE), {name: row(name) for name in WORKS})

    def _beside(self) -> None:
        table = Table("Beside something else", BY_FIGURE)
        table.told = "Medians of rounds in turns; of imports, starts and first free slots the fastest."
        for module, counts, in_the_large in BESIDE:
            if time.monotonic() > self.until:
                table.skipped.append(module)
            else:
                url = self.databases.urls[-1] if in_the_large else self.databases.empty()
                self._module(table, module, counts, url)
        self.report.add(table)

    def _module(self, table: Table, module: str, counts: dict[str, int], url: str) -> None:
        """What a benchmark of its own notes on this database."""
        told = [word for name, count in counts.items() for word in (f"--{name}", str(count))]
        file = self.options.folder / "figures.jsonl"
        file.unlink(missing_ok=True)
        patience = f"{max(60.0, self.until - time.monotonic()):.0f}"
        ended = subprocess.run(
            ["timeout", patience, sys.executable, "-m", module, self.databases.engine, "--here", "--on", url, *told],
            cwd=ROOT,
            env={**os.environ, FILE: str(file)},
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        found = noted(file)
        table.rows += map(by_figure, found)
        if ended.returncode == 124:  # of `timeout`
            table.skipped.append(module)
            return
        # 1 is what a missed goal is told with, and any exception.
        if ended.returncode not in (0, 1) or (ended.returncode and not any(one.missed for one in found)):
            why = (ended.stderr.strip() or f"status {ended.returncode}").rpartition("\n")[2]
            table.failed(module, why.replace("|", "/")[:200])

    def _objects(self, objects: list[dict[str, Any]]) -> None:
        def row(one: dict[str, Any]) -> Callable[[], tuple[str, ...]]:
            return lambda: self._by_size(one["name"], do="read", url=one["url"], scheme=one["scheme"], who=one["who"])

        title = "Objects of the contracts, and searches without a total"
        self._each(Table(title, BY_SIZE), {one["name"]: row(one) for one in objects})

    def _lists(self, lists: list[dict[str, Any]]) -> None:
        """A second page is measured where the first is full."""
        table = Table("Lists of the contracts beside a bare view", BY_LIST, LISTS)

        def row(one: dict[str, Any]) -> Callable[[], tuple[str, ...]]:
            def measured() -> tuple[str, ...]:
                before = table.rows[-1] if table.rows else ("", "", "")
                is_second = one["name"] in (f"{before[0]}?page=2", f"{before[0]}&page=2")
                return () if is_second and before[2].isdecimal() and int(before[2]) < SHORT else self._list(one)

            return measured

        self._each(table, {one["name"]: row(one) for one in lists})

    def _list(self, one: dict[str, Any]) -> tuple[str, ...]:
        wanted = {"do": "against_bare", "url": one["url"], "scheme": one["scheme"], "who": one["who"]}
        found: list[dict[str, Any]] = []
        row: tuple[str, ...] = ()
        for times in (1, AGAIN):
            found.append(self.sides.large.ask(**wanted, rounds=times * 4 * self.options.rounds))
            if "error" in found[-1]:
                return (one["name"], *["-"] * 8, found[-1]["error"])
            best = {name: min(answer[name] for answer in found) for name in ("ms", "bare_ms", "ready_ms", "sql_ms")}
            ratios = {"ratio": best["bare_ms"] / best["ms"], "to_ready": best["ready_ms"] / best["ms"]}
            row = by_list(one["name"], {**found[-1], **best, **ratios})
            if not is_noise(row[-1]):
                break
        return row

    def _crowd(self) -> None:
        """The lists of appointments and patients of the large clinic, asked by eight at once of gunicorn."""
        from bench.crowd import CALLERS, DEFAULT, storm

        table = Table(f"{CALLERS} at once on the lists of appointments and patients", BY_CROWD)
        table.told = f"The large clinic, gunicorn; each asks again as soon as it has its answer. With {DEFAULT[0]} x "
        table.told += f"{DEFAULT[1]}, the default, no answer may take over {LONGEST_OF_MANY_MS:,.0f} ms or be a 5xx."
        if time.monotonic() < self.until:
            session = self.sides.large.ask(do="session")["session"]
            manage(self.databases.urls[-1], "collectstatic", "--noinput")

        def row(workers: int, threads: int) -> tuple[str, ...]:
            found = storm(self.databases.urls[-1], session, workers=workers, threads=threads)
            why = "" if found.slowest_ms <= LONGEST_OF_MANY_MS else f"over {LONGEST_OF_MANY_MS:,.0f} ms"
            why = f"{found.failed} were 5xx" if found.failed else why
            numbers = f"{found.rate:.1f}", f"{found.median_ms:.0f}", f"{found.slowest_ms:.0f}", str(found.failed)
            return f"{workers} x {threads}", *numbers, why if (workers, threads) == DEFAULT else ""

        kinds = ((1, 4), (2, 1), (2, 4), (4, 2))
        self._each(table, {f"{one[0]} x {one[1]}": lambda one=one: row(*one) for one in kinds})  # type: ignore[misc]

    def _memory_and_invariants(self) -> None:
        """Side by side, as neither is a matter of milliseconds. Last, as they take longest."""
        invariants = Table("All invariants, in the small and in the large clinic", BY_FIGURE)
        memory = Table("Memory of a worker", ("What", "before, MB", "after, MB", "misses"))
        with ThreadPoolExecutor(1) as pool:
            grown = pool.submit(self._each, memory, {"memory": self._memory})
            for size, url in zip(self.databases.sizes, self.databases.urls, strict=True):
                if time.monotonic() > self.until:
                    invariants.skipped.append(f"{size:,}")
                else:
                    self._module(invariants, "bench.check_invariants", {"size": size}, url)
            grown.result()
        self.report.add(invariants)

    def _memory(self) -> tuple[str, ...]:
        found = self.sides.large.ask(do="memory", requests=self.options.requests, patience=300)
        name = f"{self.options.requests:,} more pages"
        if "error" in found:
            return name, "-", "-", found["error"]
        grown = found["after_mb"] - found["before_mb"]
        why = f"{grown:.0f} MB more" if grown > GROWTH_MB else ""
        return name, f"{found['before_mb']:.0f}", f"{found['after_mb']:.0f}", why


LISTS = f"""The ratio is the bare view's time to ours, on the large clinic; the goal is at least {BARE} where there are
{A_PAGE} rows or more: in shorter lists the framework's milliseconds are most. Both authenticate, ask the same queries,
give the same total and answer with orjson. The bare view does what a plain view does with `values()`: Django makes and
compiles its querysets and converts their rows at each request. `to ready text` has no such work on the other side: a
view that runs the statements as ready text. It has no goal; what is missing to 1 is our part of a request."""


def measure_engine(databases: Databases, options: argparse.Namespace, report: Report, until: float) -> None:
    """Measure in the filled clinics until there is no time left."""
    workers = [Worker(url) for url in databases.urls]
    try:
        Run(databases, Sides(workers[0], workers[-1], options.rounds), options, report, until).measure()
    finally:
        for worker in workers:
            worker.stop()


def filled(engines: list[Databases]) -> dict[str, Future[None]]:
    """Fill the clinics of all engines, side by side: one process of each at a time."""
    for one in engines:
        one.start()
    with ThreadPoolExecutor(len(engines)) as pool:
        return {one.engine: pool.submit(one.fill) for one in engines}


def sizes(text: str) -> list[int]:
    """Sizes as they are given."""
    return [int(one) for one in text.split(",")]


def main() -> int:
    """Measure each engine; the report is there whatever happens."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,1000000", type=sizes, help="of the small and the large clinic")
    parser.add_argument("--sqlite-sizes", default="1000,1000000", type=sizes, help="the same on SQLite")
    parser.add_argument("--engines", default="postgresql,sqlite", type=lambda text: text.split(","))
    parser.add_argument("--parts", default=[], type=lambda text: text.split(","), help="only these: work, beside, ...")
    parser.add_argument("--only", default="", help="only what has this in its name")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--requests", type=int, default=600, help="pages between the two looks at the memory")
    parser.add_argument("--minutes", type=float, default=19, help="for everything")
    parser.add_argument("--keep", type=Path, help="a folder that keeps the filled clinics for the next run")
    parser.add_argument("--to", type=Path, default=ROOT / "bench/RESULTS.md")
    options = parser.parse_args()
    began = time.monotonic()
    options.folder = options.keep or Path(tempfile.mkdtemp(prefix="clinic-bench-"))
    options.folder.mkdir(exist_ok=True)
    if not options.keep:
        atexit.register(shutil.rmtree, options.folder, ignore_errors=True)
    os.environ.setdefault("SECRET_KEY", "only-for-a-benchmark")
    os.environ.update(DEBUG="0", MEDIA_ROOT=str(options.folder / "media"), STATIC_ROOT=str(options.folder / "static"))
    from tests.plugins.engine import stop_like_a_person_would

    stop_like_a_person_would()
    engines = [
        Databases(name, options.folder, options.sqlite_sizes if name == "sqlite" else options.sizes)
        for name in options.engines
    ]
    futures = filled(engines)
    report = Report(options.to, head(engines))
    for number, one in enumerate(engines):
        try:
            futures[one.engine].result()
            report.begin(one.engine, f"Filled with patients, slots and appointments, each: {', '.join(one.told)}.")
            left = (began + options.minutes * 60 - time.monotonic()) / (len(engines) - number)
            measure_engine(one, options, report, time.monotonic() + max(120.0, left))
        except Exception as error:  # noqa: BLE001 the other engine is measured all the same
            report.say(f"{one.engine} could not be measured: {type(error).__name__}: {error}\n")
    report.say(f"It took {(time.monotonic() - began) / 60:.0f} minutes.")
    return 0


def head(engines: list[Databases]) -> list[str]:
    """What the page says first: when, where, how, and what the words mean."""
    import django

    versions = ", ".join(f"{one.engine} {one.version}" for one in engines)
    machine = f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    command = f"python -m bench {' '.join(sys.argv[1:])}".rstrip()
    return [
        "# Results of `make bench`",
        "",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine}, Django {django.get_version()}, {versions}.",
        f"Command: `{command}`",
        "",
        f"Large may take {FLAT} times what small takes ({FORGIVEN_MS:.0f} ms of SQL are forgiven), with no more",
        f"statements and none over {LONGEST_MS:.0f} ms. The last column says what is missed. Each side's fastest",
        "answer counts, as other work only adds to a time; what misses is asked again, in",
        f"{AGAIN} times as many rounds on both sides, and the fastest of all of them count.",
        "",
        *(
            ["Excepted by name:", "", *(f"- {name}: {why}." for name, why in EXCEPTIONS.items()), ""]
            if EXCEPTIONS
            else []
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
