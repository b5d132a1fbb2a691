"""How long it takes until a command, or a worker, has begun: python -m bench.commands [engine]... [--rounds 5]

Told is the fastest of some new processes: the settings with all apps, the application that gunicorn loads, a command of
ours that only says what it takes, and one that finds nothing to do. The goal is a second. As in the image, the sources
are compiled before (the Dockerfile's `compileall`): the first start, which keeps the bytecode, is not counted.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.engines import run, seconds
from bench.figures import Figure, tell

GOAL = 1.0
ROOT = Path(__file__).resolve().parent.parent
BEGUN = {
    "import clinic and django.setup": ["-c", "import clinic, django; django.setup()"],
    "import clinic.wsgi, as gunicorn does": ["-c", "import clinic.wsgi"],
    "manage.py check_invariants --help": ["manage.py", "check_invariants", "--help"],
    "manage.py expire_programs": ["manage.py", "expire_programs"],
}


def measure(options: argparse.Namespace) -> int:
    """Start each some times; 1 where one takes longer than a second."""
    missed = 0
    with tempfile.TemporaryDirectory() as bytecode:
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "clinic.settings", "PYTHONPYCACHEPREFIX": bytecode}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        for name, args in BEGUN.items():

            def begin(args: list[str] = args) -> None:
                subprocess.run([sys.executable, *args], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)

            begin()
            taken = min(seconds(begin) for _round in range(options.rounds))
            missed |= tell(Figure(name, taken, "s", most=GOAL))
    return missed


if __name__ == "__main__":
    sys.exit(run("bench.commands", __doc__, measure, rounds=5))
