"""Apply each mistake of the lists in a copy of the project, and say which of them no test notices.

python -m tests.mutations                   all of them; ends with status 1 if one survives
python -m tests.mutations programs/         those of files that begin so
python -m tests.mutations --near            the nearest tests only, not the whole suite for what survives them
python -m tests.mutations --named           only the few test files that name what is changed, while one writes them
python -m tests.mutations --log FILE        writes each result there, and does not try again what is there already
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutations import calendar, doors, edges, rules
from tests.mutations.nearest import ROOT, nearest
from tests.mutations.warm import COLD, HANGS

LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "var", "__pycache__", ".mypy_cache", ".ruff_cache", ".import_linter_cache", ".hypothesis"
)
MUTATIONS = [*rules.MUTATIONS, *calendar.MUTATIONS, *doors.MUTATIONS, *edges.MUTATIONS]
EVERYTHING = ["tests", "--ignore=tests/browser", "--ignore=tests/races"]
PATIENCE = 1800
# A run that ends so has tried the tests, or could not read one of them; any other says nothing about the mistake.
TESTS_FAILED, INTERRUPTED = 1, 2


class Stale(Exception):
    """The piece that a mistake changes is no longer there, or stands there more than once."""


class Copy:
    """A copy of the project in which mistakes are made, one at a time."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.failures = folder / "failures"
        shutil.copytree(ROOT, self.root, ignore=LEFT_OUT)
        # Compiled once for all runs: what a mistake changes is compiled anew, because its date changes.
        self.env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self.warm = subprocess.Popen(
            [sys.executable, "-m", "tests.mutations.warm"],
            cwd=self.root,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.warm.stdout is not None
        self.warm.stdout.readline()

    def close(self) -> None:
        """Let the warm process go."""
        assert self.warm.stdin is not None
        self.warm.stdin.close()
        self.warm.wait()

    def failing(self, tests: list[str], *, mistake: dict[str, str] | None = None, first: bool = True) -> list[str]:
        """Which of these tests fail, the first of them alone if `first`. A run that does not end names none."""
        self.failures.write_text("")
        args = ["-p", "tests.mutations.failures", *(["-x"] if first else []), *tests]
        told = {"failures": str(self.failures), "first": "\n".join(tests)}
        returncode = self._warm(args, mistake, told) if mistake else COLD
        failed = self.failures.read_text().splitlines()
        # What fails in the warm process without the mistake as well fails for another reason: it is tried by itself.
        if failed and self._warm(["-x", failed[0]], {"file": ""}, {}) != 0:
            returncode = COLD
        if returncode == COLD:
            self.failures.write_text("")
            returncode = self._cold(args, told)
            failed = self.failures.read_text().splitlines()
        if returncode not in (0, TESTS_FAILED, INTERRUPTED, HANGS) and not failed:
            return ["(it does not start)"]
        return failed

    def _warm(self, args: list[str], mistake: dict[str, str], told: dict[str, str]) -> int:
        assert self.warm.stdin is not None
        assert self.warm.stdout is not None
        self.warm.stdin.write(json.dumps({**mistake, **told, "args": args, "timeout": PATIENCE}) + "\n")
        self.warm.stdin.flush()
        return int(json.loads(self.warm.stdout.readline())["returncode"])

    def _cold(self, args: list[str], told: dict[str, str]) -> int:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *args]
        env = {**self.env, "CLINIC_FAILURES": told["failures"], "CLINIC_FIRST": told["first"]}
        try:
            done = subprocess.run(command, cwd=self.root, env=env, capture_output=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            return HANGS
        return done.returncode

    def killer(self, file: str, old: str, new: str, *, near: bool, named: bool) -> tuple[str, str]:
        """The test that notices this mistake, and whether a near one did; "" for none."""
        path = self.root / file
        source = path.read_text(encoding="utf-8")
        if source.count(old) != 1:
            raise Stale(f"stands there {source.count(old)} times, not once")
        wrong = source.replace(old, new)
        path.write_text(wrong, encoding="utf-8")
        try:
            if failed := self.failing(
                nearest(file, old, only_named=named), mistake={"file": file, "old": source, "new": wrong}
            ):
                return failed[0], "near"
            # Some tests read the source, or ask at the start what is declared: the whole suite starts by itself.
            if not (near or named) and (failed := self.failing(EVERYTHING)):
                return failed[0], "whole suite"
            return "", ""
        finally:
            path.write_text(source, encoding="utf-8")


def main() -> int:
    """Run them; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("beginning", nargs="?", default="")
    parser.add_argument("--near", action="store_true")
    parser.add_argument("--named", action="store_true")
    parser.add_argument("--log", type=Path, default=None)
    chosen = parser.parse_args()
    wanted = [one for one in MUTATIONS if one[0].startswith(chosen.beginning)]
    known = _known(chosen.log)
    killers: dict[tuple[str, str, str], str] = {}
    with tempfile.TemporaryDirectory(prefix="clinic-mutations-") as folder:
        copy = Copy(Path(folder))
        for number, mistake in enumerate(wanted, start=1):
            began = time.monotonic()
            if mistake in known:
                killers[mistake] = known[mistake]
                continue
            try:
                killers[mistake], where = copy.killer(*mistake, near=chosen.near, named=chosen.named)
            except Stale as error:
                killers[mistake], where = "", str(error)
            seconds = time.monotonic() - began
            said = f"noticed  {killers[mistake]} ({where})" if killers[mistake] else f"SURVIVED {where}"
            print(
                f"{number:3}/{len(wanted)} {seconds:4.0f} s  {mistake[0]}: {mistake[2].strip()!r}\n    {said}",
                flush=True,
            )
            if chosen.log:
                with chosen.log.open("a") as log:
                    log.write(json.dumps([*mistake, killers[mistake], where, round(seconds)]) + "\n")
        # What fails without a mistake as well has noticed nothing.
        broken = set(copy.failing(sorted({one for one in killers.values() if "::" in one}), first=False))
        copy.close()
    survived = [mistake for mistake, killer in killers.items() if not killer or killer in broken]
    print(f"{len(wanted) - len(survived)} of {len(wanted)} noticed")
    for test in sorted(broken):
        print(f"  fails without any mistake: {test}")
    for file, old, new in survived:
        print(f"  {file}\n    - {old.strip()}\n    + {new.strip()}")
    return 1 if survived else 0


def _known(log: Path | None) -> dict[tuple[str, str, str], str]:
    """What an earlier run wrote: the test that noticed each mistake, "" for those that survived."""
    if log is None or not log.exists():
        return {}
    rows = (json.loads(line) for line in log.read_text().splitlines())
    return {(file, old, new): killer for file, old, new, killer, *_ in rows}


if __name__ == "__main__":
    sys.exit(main())
