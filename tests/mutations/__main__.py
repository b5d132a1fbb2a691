"""Apply each mistake of `rules.py` in a copy of the project, and say which of them no test notices.

python -m tests.mutations                  all of them; ends with status 1 if one survives
python -m tests.mutations programs/        those of files that begin so
python -m tests.mutations --near           the nearest tests only, not the whole suite for what survives them
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutations.rules import MUTATIONS, TESTS

ROOT = Path(__file__).parent.parent.parent
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "var", "__pycache__", ".mypy_cache", ".ruff_cache", ".import_linter_cache"
)
EVERYTHING = ["tests", "--ignore=tests/browser", "--ignore=tests/races"]
PATIENCE = 1800


def tests_of(file: str) -> list[str]:
    """The nearest tests of a file: those of the longest beginning that is known."""
    known = [beginning for beginning in TESTS if file.startswith(beginning)]
    return TESTS[max(known, key=len)]


def is_noticed(copy: Path, tests: list[str]) -> str:
    """What says that one of these tests fails, "" where none does; the first ends the run. A hang is noticed, too."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    # Compiled once for all runs: what a mistake changes is compiled anew, because its date changes.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    try:
        done = subprocess.run(command, cwd=copy, env=env, capture_output=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return "it hangs"
    return done.stdout.decode()[-2000:] or "it does not start" if done.returncode else ""


def main() -> int:
    """Run them; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("beginning", nargs="?", default="")
    parser.add_argument("--near", action="store_true")
    parser.add_argument("--skip", type=int, default=0, help="so many of them, to go on where a run ended")
    chosen = parser.parse_args()
    survived = []
    with tempfile.TemporaryDirectory(prefix="clinic-mutations-") as folder:
        copy = Path(folder) / "project"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        for near in sorted(
            {tuple(tests_of(file)) for file, _old, _new in MUTATIONS if file.startswith(chosen.beginning)}
        ):
            if why := is_noticed(copy, list(near)):
                print(f"fails without any mistake: {' '.join(near)}\n{why}")
                return 2
        wanted = [one for one in MUTATIONS if one[0].startswith(chosen.beginning)][chosen.skip :]
        for number, (file, old, new) in enumerate(wanted, start=1):
            path = copy / file
            source = path.read_text(encoding="utf-8")
            if source.count(old) != 1:
                print(f"{file}: stands there {source.count(old)} times, not once: {old!r}")
                survived.append((file, old, new))
                continue
            path.write_text(source.replace(old, new), encoding="utf-8")
            noticed = is_noticed(copy, tests_of(file)) or (not chosen.near and is_noticed(copy, EVERYTHING))
            path.write_text(source, encoding="utf-8")
            print(
                f"{number:3}/{len(wanted)} {'noticed ' if noticed else 'SURVIVED'} {file}: {new.strip()!r}", flush=True
            )
            if not noticed:
                survived.append((file, old, new))
    print(f"{len(wanted) - len(survived)} of {len(wanted)} noticed")
    for file, old, new in survived:
        print(f"  {file}\n    - {old.strip()}\n    + {new.strip()}")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
