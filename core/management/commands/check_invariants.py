"""`manage.py check_invariants`: exit status 0 when none is broken."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core.invariants import violations


class Command(BaseCommand):
    """Checks what must always be true of the stored data; changes nothing."""

    help = "Check what must always be true of the stored data. Exit status 1 when something is broken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(violations())
        broken = [violation for _, violation in found if violation]
        if options["json"]:
            report = {"checked": len(found), "broken": {v.invariant.name: v.ids for v in broken}}
            self.stdout.write(json.dumps(report))
        else:
            for violation in broken:
                self.stdout.write(f"BROKEN {violation.invariant.name}: {violation.invariant.says}")
                self.stdout.write(f"  ids: {', '.join(map(str, violation.ids))}")
            self.stdout.write(f"{len(found)} invariants checked, {len(broken)} broken")
        if broken:
            raise SystemExit(1)
