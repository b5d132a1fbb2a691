"""`manage.py export_data KIND [FILE]`: a kind's rows in the columns that `import_data --layout ours` reads."""

from __future__ import annotations

import codecs
import sys
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actor import Actor
from core.clinic_copy import write_clinic
from core.commands import ClinicCommand
from core.db import long_running
from core.errors import DomainError
from core.exports import WRITERS, export_kind
from core.imports import Request, all_kinds

# In the place of a kind: every kind, one file each; and every table and file as it stands.
ALL, CLINIC = "all", "clinic"


class Command(ClinicCommand):
    """Exports one kind, every kind into a folder, or the whole clinic as it stands."""

    help = (
        "Export rows of a kind to a file (or standard output). KIND `all` writes every kind into the folder FILE, "
        "to be read and changed; `clinic` every table and file, to move the clinic to another database."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        kinds = [kind.name for kind in all_kinds().values() if kind.rows is not None]
        parser.add_argument(
            "kind", metavar="KIND", choices=[*kinds, ALL, CLINIC], help=", ".join([*kinds, ALL, CLINIC])
        )
        parser.add_argument("file", metavar="FILE", type=Path, nargs="?", help="where to; otherwise standard output")
        parser.add_argument("--format", choices=list(WRITERS), help="otherwise by the file's ending, else csv")
        parser.add_argument("--organization", type=int, metavar="ID", help="whose; otherwise the first organization")

    def handle(self, *args: Any, **options: Any) -> None:
        by, at, path = Actor.system("export_data"), timezone.now(), options["file"]
        if options["kind"] == CLINIC:
            self._copy_clinic(path, by=by, at=at)
            return
        kinds = all_kinds()
        names = [one.name for one in kinds.values() if one.rows] if options["kind"] == ALL else [options["kind"]]
        form = options["format"] or self._by_ending(path)
        if options["kind"] == ALL and path is None:
            raise CommandError(_("Name the folder to write to."))
        try:
            request = Request(organization_id=options["organization"])
            organization_id = kinds[names[-1]].place(request, by=by, at=at)
            with long_running():
                for number, name in enumerate(names, 1):
                    if options["kind"] == ALL:
                        path.mkdir(parents=True, exist_ok=True)
                        file = path / f"{number:02}-{name}.{form}"
                    else:
                        file = path
                    self._export(kinds[name], organization_id, file, form, by=by, at=at)
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from None
        except DomainError as error:
            raise CommandError(str(error)) from None

    def _copy_clinic(self, folder: Path | None, *, by: Actor, at: datetime) -> None:
        if folder is None:
            raise CommandError(_("Name the folder to write to."))
        try:
            with long_running():
                copy = write_clinic(folder, by=by, at=at)
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from None
        except DomainError as error:
            raise CommandError(str(error)) from None
        for name in copy.lost:
            self.stdout.write(_("A row names the file %(name)s, which no longer exists.") % {"name": name})
        for name in copy.broken:
            self.stdout.write(_("The invariant %(name)s does not hold here; see check_invariants.") % {"name": name})
        says = {"rows": copy.rows, "tables": len(copy.tables), "files": copy.files, "folder": folder}
        self.stdout.write(_("%(rows)s rows of %(tables)s tables and %(files)s files written to %(folder)s") % says)
        self.stdout.write(_("The copy holds everything: keep it as you keep a backup."))

    def _export(self, kind: Any, organization_id: int, path: Path | None, form: str, *, by: Actor, at: Any) -> None:
        told = {"organization_id": organization_id, "form": form, "by": by, "at": at}
        if path is None:
            export_kind(kind, file=sys.stdout.buffer, **told)
            return
        with path.open("wb") as file:
            if form == "csv":
                file.write(codecs.BOM_UTF8)  # by which a spreadsheet knows that it is UTF-8
            count = export_kind(kind, file=file, **told)
        says = {"count": count, "kind": kind.name, "file": path}
        self.stdout.write(_("%(count)s %(kind)s written to %(file)s") % says)

    def _by_ending(self, path: Path | None) -> str:
        ending = path.suffix.removeprefix(".").lower() if path is not None else ""
        return ending if ending in WRITERS else "csv"
