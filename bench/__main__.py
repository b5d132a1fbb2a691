"""Everything that is measured, in one run: `make bench`, or

    python -m bench [--sizes 1000,1000000] [--engines postgresql,sqlite] [--rounds 3] [--minutes 18]
        [--keep FOLDER] [--to FILE]

On each engine two clinics are filled, a small and a large one, and each has a process that opens pages in it, in turns
with the other: every list of the back office with its pages, searches, filters and sorts, every other page, every
search box; every list of every contract beside a bare view with the same statements; pieces of work; the memory of a
process. The report is written anew after each part, so that a run which is stopped leaves what it has; what there was
no time for is named. Trust the ratios, not the times.
"""

from __future__ import annotations

import argparse
import atexit
import json
import os
import platform
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FLAT, FORGIVEN_MS, LONGEST_MS, BARE = 1.5, 5.0, 200.0, 0.85
A_PAGE = 25  # rows from which on a list is compared with the bare view
# What costs more in a large clinic, and why that is left so.
EXCEPTIONS = {
    "productorder search “ana ionescu”": "many have each name, nobody with both ordered: to know it takes all orders",
    "palette “ana ionescu”": "the same: it looks through the orders, too",
    "page board": "shows today with every specialist of the practice, of whom the large clinic has six times as many",
    "page day_list": "the same",
    "start page": "the same",
}
PATIENCE = 60  # seconds for one answer of a worker
# As in production, a commit waits for the disk; room for a clinic to be filled without stopping for checkpoints.
POSTGRESQL_CONF = """
max_connections = 200
shared_buffers = 512MB
max_wal_size = 4GB
"""


class Worker:
    """A process of `bench.worker` on one database; one that does not answer is replaced."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._start()

    def _start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.worker"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": self.url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, args=(self.process, self.lines), daemon=True).start()
        self._next(3 * PATIENCE)

    @staticmethod
    def _listen(process: Any, lines: queue.Queue[str]) -> None:
        for line in process.stdout:
            if line.startswith("{"):
                lines.put(line)

    def _next(self, patience: float) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = json.loads(self.lines.get(timeout=patience))
        except queue.Empty:
            return {"error": f"no answer within {patience:.0f} s"}
        return answer

    def ask(self, *, patience: float = PATIENCE, **wanted: Any) -> dict[str, Any]:
        """The answer, or what went wrong."""
        try:
            self.process.stdin.write(json.dumps(wanted) + "\n")  # type: ignore[union-attr]
            self.process.stdin.flush()  # type: ignore[union-attr]
        except OSError as error:
            answer = {"error": f"the worker is gone: {error}"}
        else:
            answer = self._next(patience)
        if "no answer" in answer.get("error", "") or "gone" in answer.get("error", ""):
            self.stop()
            self._start()
        return answer

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


@dataclass
class Report:
    """What has been measured so far, as the page that is written."""

    to: Path
    head: list[str]
    parts: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """One more part; everything is written."""
        self.parts.append(text)
        self.to.write_text("\n".join([*self.head, *self.parts]) + "\n")
        print(text.split("\n| ")[0], flush=True)


@dataclass
class Sides:
    """The same question asked of both clinics, in turns."""

    small: Worker
    large: Worker
    rounds: int

    def measure(self, **wanted: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The fastest answers of both (the first is not counted): other work on the machine only adds to it."""
        found: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
        for _round in range(self.rounds + 1):
            for worker, answers in zip((self.small, self.large), found, strict=True):
                answers.append(worker.ask(**wanted))
            if any("error" in answers[-1] or answers[-1].get("ms", 0) > 3000 for answers in found):
                break
        return _fastest(found[0]), _fastest(found[1])


def _fastest(answers: list[dict[str, Any]]) -> dict[str, Any]:
    counted = answers[1:] or answers
    if any("error" in one for one in answers):
        return next(one for one in answers if "error" in one)
    return min(counted, key=lambda one: float(one["ms"]))


def verdict(small: dict[str, Any], large: dict[str, Any]) -> str:
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


HEADER = (
    "| What | small, ms | large, ms | ratio | SQL small, ms | SQL large, ms | slowest, ms | statements | misses |\n"
)
HEADER += "|---|---|---|---|---|---|---|---|---|\n"


def line(name: str, small: dict[str, Any], large: dict[str, Any]) -> str:
    """A row of the table."""
    why = verdict(small, large)
    if why and any(one in name for one in EXCEPTIONS):
        why = f"excepted: {why}"
    if "error" in small or "error" in large:
        return f"| {name} | - | - | - | - | - | - | - | {why} |"
    numbers = (small["ms"], large["ms"], large["ms"] / small["ms"], small["sql_ms"], large["sql_ms"])
    shown = " | ".join(f"{one:.1f}" for one in numbers)
    return f"| {name} | {shown} | {large['slowest_ms']:.1f} | {large['queries']} | {why} |"


def table(title: str, rows: list[str], skipped: list[str]) -> str:
    """A part of the report."""
    excepted = [row for row in rows if "| excepted: " in row]
    missed = [row for row in rows if not row.endswith("|  |") and row not in excepted]
    told = f"### {title}\n\n{len(rows)} measured, {len(missed)} miss a goal"
    told += f", and {len(excepted)} that are excepted." if excepted else "."
    if skipped:
        told += f" No time was left for {len(skipped)}: {', '.join(skipped[:40])}."
    return f"{told}\n\n{HEADER}" + "\n".join(rows) + "\n"


def measure_engine(engine: str, options: argparse.Namespace, report: Report, *, end: float, left: int) -> None:
    """Fill both clinics on this engine and measure: for its share of the time that is left, at least two minutes."""
    databases = filled(engine, options)
    told = ", ".join(how for _url, how in databases)
    report.add(f"## {engine}\n\nFilled with patients, slots and appointments, each: {told}.\n")
    workers = [Worker(url) for url, _how in databases]
    until = time.monotonic() + max(120.0, (end - time.monotonic()) / left)
    try:
        sides = Sides(workers[0], workers[1], options.rounds)
        found = workers[0].ask(do="pages", patience=600)
        if "error" in found:
            report.add(f"The pages could not be listed: {found['error']}\n")
            return
        _works(sides, report, until)
        _pages(sides, report, found["pages"], "boss", until)
        short = [one for one in found["pages"] if " list" in one["name"] or " search " in one["name"]]
        _pages(sides, report, short, "manager", until)
        _crowd(workers[1], databases[1][0], report, until)
        _lists(workers, report, found["lists"], options, until)
        _memory(workers[1], report, options, until)
    finally:
        for worker in workers:
            worker.stop()


def _pages(sides: Sides, report: Report, pages: list[dict[str, Any]], who: str, until: float) -> None:
    rows, skipped = [], []
    for page in pages:
        if time.monotonic() > until:
            skipped.append(page["name"])
            continue
        rows.append(line(page["name"], *sides.measure(do="get", url=page["url"], who=who)))
    names = {"boss": "a superuser", "manager": "the manager of two of four practices"}
    report.add(table(f"The back office, as {names[who]}", rows, skipped))


def _works(sides: Sides, report: Report, until: float) -> None:
    from bench.works import WORKS

    rows, skipped = [], []
    for name in WORKS:
        if time.monotonic() > until:
            skipped.append(name)
            continue
        rows.append(line(name, *sides.measure(do="work", name=name)))
    report.add(table("Work", rows, skipped))


LISTS = f"""### Lists of the contracts beside a bare view

The ratio is the bare view's time to ours, on the large clinic; the goal is at least {BARE} where there are {A_PAGE}
rows or more: in shorter lists the framework's milliseconds are most. Both authenticate, run the same statements and
give the same total.

| List | rows | ours, ms | bare, ms | ratio | SQL, ms | statements | misses |
|---|---|---|---|---|---|---|---|
"""


def _lists(workers: list[Worker], report: Report, lists: list[dict[str, Any]], options: Any, until: float) -> None:
    told = LISTS
    for one in lists:
        if time.monotonic() > until:
            told += f"| {one['name']} | - | - | - | - | - | - | no time was left |\n"
            continue
        wanted = {"do": "against_bare", "url": one["url"], "scheme": one["scheme"], "rounds": 4 * options.rounds}
        answer = workers[1].ask(**wanted)
        if "error" in answer:
            told += f"| {one['name']} | - | - | - | - | - | - | {answer['error']} |\n"
            continue
        why = "" if answer["ratio"] >= BARE or answer["rows"] < A_PAGE else f"under {BARE}"
        shown = " | ".join(f"{answer[name]:.2f}" for name in ("ms", "bare_ms", "ratio", "sql_ms"))
        told += f"| {one['name']} | {answer['rows']} | {shown} | {answer['queries']} | {why} |\n"
    report.add(told)


def _crowd(worker: Worker, url: str, report: Report, until: float) -> None:
    """The lists of appointments and patients of the large clinic, asked by eight at once of gunicorn."""
    if time.monotonic() > until:
        return
    from bench.crowd import CALLERS, storm

    told = f"### {CALLERS} at once on the lists of appointments and patients\n\nThe large clinic, gunicorn; each asks "
    told += "again as soon as it has its answer.\n\n| Workers x threads | answers a second | median, ms | slowest, ms "
    told += "| 5xx |\n|---|---|---|---|---|\n"
    session = worker.ask(do="session")["session"]
    manage(url, "collectstatic", "--noinput")
    for workers, threads in ((1, 4), (2, 1), (2, 4), (4, 2)):
        found = storm(url, session, workers=workers, threads=threads)
        told += f"| {workers} x {threads} | {found.rate:.1f} | {found.median_ms:.0f} | {found.slowest_ms:.0f} "
        told += f"| {found.failed} |\n"
    report.add(told)


def _memory(worker: Worker, report: Report, options: argparse.Namespace, until: float) -> None:
    if time.monotonic() > until:
        return
    answer = worker.ask(do="memory", requests=options.requests, patience=300)
    if "error" in answer:
        report.add(f"### Memory\n\n{answer['error']}\n")
        return
    sizes = f"{answer['before_mb']:.0f} MB, and {answer['after_mb']:.0f} MB"
    report.add(f"### Memory\n\nA worker has {sizes} after {answer['requests']} more pages.\n")


def filled(engine: str, options: argparse.Namespace) -> list[tuple[str, str]]:
    """The addresses of the filled databases, and how they came to be. One is migrated, the others are its copies."""
    found = []
    for size in options.sizes:
        url = _on_postgresql(size, options) if engine == "postgresql" else _on_sqlite(size, options)
        found.append((url, f"{size:,} {fill(url, size)}"))
    return found


def _on_postgresql(size: int, options: argparse.Namespace) -> str:
    """A database on the server of this run."""
    import psycopg

    from tests.plugins.engine import start_postgresql

    if not options.server:
        options.server = f"postgresql://postgres@/{start_postgresql(options.folder, POSTGRESQL_CONF)}"
    folder, name = options.server.partition("@/")[2], f"bench{size}"
    with psycopg.connect(f"host={folder} user=postgres dbname=postgres", autocommit=True) as connection:
        there = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        if name in there:
            manage(f"{options.server}/{name}", "migrate")
        else:
            if "bench_empty" not in there:
                connection.execute("CREATE DATABASE bench_empty")
            manage(f"{options.server}/bench_empty", "migrate")
            connection.execute(f"CREATE DATABASE {name} TEMPLATE bench_empty")
    return f"{options.server}/{name}"


def _on_sqlite(size: int, options: argparse.Namespace) -> str:
    path, empty = options.folder / f"bench{size}.sqlite3", options.folder / "bench_empty.sqlite3"
    if path.exists():
        manage(f"sqlite:///{path}", "migrate")
    else:
        manage(f"sqlite:///{empty}", "migrate")
        shutil.copyfile(empty, path)
    return f"sqlite:///{path}"


def manage(url: str, *args: str) -> None:
    """Run a command on this database."""
    env = {**os.environ, "DATABASE_URL": url}
    subprocess.run([sys.executable, "manage.py", *args, "-v0"], cwd=ROOT, env=env, check=True)


def fill(url: str, size: int) -> str:
    """Fill it; how that went."""
    told = subprocess.run(
        [sys.executable, "-m", "bench.fill", str(size)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return told.stdout.strip().rpartition("\n")[2]


def main() -> int:
    """Measure each engine; the report is there whatever happens."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,1000000", type=lambda text: [int(one) for one in text.split(",")])
    parser.add_argument("--engines", default="postgresql,sqlite", type=lambda text: text.split(","))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=1000, help="pages between the two looks at the memory")
    parser.add_argument("--minutes", type=float, default=18, help="for everything")
    parser.add_argument("--keep", type=Path, help="a folder that keeps the filled clinics for the next run")
    parser.add_argument("--to", type=Path, default=ROOT / "bench/RESULTS.md")
    options = parser.parse_args()
    options.server, began = "", time.monotonic()
    options.folder = options.keep or Path(tempfile.mkdtemp(prefix="clinic-bench-"))
    options.folder.mkdir(exist_ok=True)
    if not options.keep:
        atexit.register(shutil.rmtree, options.folder, ignore_errors=True)
    os.environ.setdefault("SECRET_KEY", "only-for-a-benchmark")
    os.environ.update(DEBUG="0", MEDIA_ROOT=str(options.folder / "media"), STATIC_ROOT=str(options.folder / "static"))
    from tests.plugins.engine import stop_like_a_person_would

    stop_like_a_person_would()
    machine = f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    command = f"python -m bench {' '.join(sys.argv[1:])}".rstrip()
    head = [
        "# Results of `make bench`",
        "",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine}. Command: `{command}`",
        "",
        f"Large may take {FLAT} times what small takes ({FORGIVEN_MS:.0f} ms of SQL are forgiven), with no more",
        f"statements and none over {LONGEST_MS:.0f} ms. The last column says what is missed.",
        "",
        "Excepted by name, beside exact totals of the vendors' contracts:",
        "",
        *(f"- {name}: {why}." for name, why in EXCEPTIONS.items()),
        "",
    ]
    report = Report(options.to, head)
    for number, engine in enumerate(options.engines):
        end, left = began + options.minutes * 60, len(options.engines) - number
        try:
            measure_engine(engine, options, report, end=end, left=left)
        except Exception as error:  # noqa: BLE001 the other engine is measured all the same
            report.add(f"{engine} could not be measured: {type(error).__name__}: {error}\n")
    report.add(f"It took {(time.monotonic() - began) / 60:.0f} minutes.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
