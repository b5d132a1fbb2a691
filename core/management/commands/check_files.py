"""`manage.py check_files`: exit status 0 when every stored file is there and whole, and belongs to a row."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.utils import timezone

from core import files
from core.commands import ClinicCommand

# A file is written before the row that refers to it: one this young may still get its row.
YOUNG = timedelta(days=1)


class Command(ClinicCommand):
    """Reads every stored file and compares it with its row; finds files that no row refers to."""

    help = (
        "Read every kept file and compare it with its row; find files that no row refers to, a day old or more. "
        "Exit status 1 where a file is missing, changed or nobody's."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--remove-strays", action="store_true", help="remove the files that no row refers to")

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for kept in files.all_kept():
            for pk, why in files.unlike_their_rows(kept):
                wrong += 1
                self.stdout.write(f"{kept.model._meta.label} {pk}: {why}")
            for name in files.strays(kept, before=timezone.now() - YOUNG):
                if options["remove_strays"]:
                    files.remove(name)
                    self.stdout.write(f"{name}: removed, nothing referred to it")
                else:
                    wrong += 1
                    self.stdout.write(f"{name}: nothing refers to it")
        if wrong:
            raise SystemExit(1)
        self.stdout.write("Every file is there, whole, and some row's.")
