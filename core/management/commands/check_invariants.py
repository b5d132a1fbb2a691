"""`manage.py check_invariants`: exit status 0 when every invariant was checked and none is broken."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from core.commands import ClinicCommand
from core.invariants import Checked, check_all

BROKEN, UNCHECKED = 1, 2


class Command(ClinicCommand):
    """Checks the invariants of the stored data; changes nothing.

    The exit status adds 1 where something is broken and 2 where something could not be checked.
    """

    help = (
        "Check what must always be true of the stored data. Exit status: 1 something is broken, "
        "2 something could not be checked, 3 both."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        found = []
        for one in check_all():
            found.append(one)
            if options["verbosity"] > 1 and not options["json"]:
                self.stdout.write(f"{one.seconds:7.2f} s  {one.invariant.name}")
        broken = [one for one in found if one.ids]
        failed = [one for one in found if one.failed]
        report = self._as_json if options["json"] else self._in_words
        report(found, broken, failed)
        if status := BROKEN * bool(broken) + UNCHECKED * bool(failed):
            raise SystemExit(status)

    def _as_json(self, found: list[Checked], broken: list[Checked], failed: list[Checked]) -> None:
        report = {
            "checked": len(found) - len(failed),
            "broken": {one.invariant.name: one.ids for one in broken},
            "unchecked": {one.invariant.name: one.failed for one in failed},
        }
        self.stdout.write(json.dumps(report))

    def _in_words(self, found: list[Checked], broken: list[Checked], failed: list[Checked]) -> None:
        for one in broken:
            self.stdout.write(f"BROKEN {one.invariant.name}: {one.invariant.says}")
            self.stdout.write(f"  ids: {', '.join(map(str, one.ids))}")
        for one in failed:
            self.stdout.write(f"NOT CHECKED {one.invariant.name}: {one.invariant.says}")
            self.stdout.write(f"  {one.failed}")
        counted = f"{len(found) - len(failed)} invariants checked, {len(broken)} broken"
        self.stdout.write(counted + (f", {len(failed)} could not be checked" if failed else ""))
