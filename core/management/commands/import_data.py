"""`manage.py import_data KIND FILE`: exit status 0 when every row was imported, 1 when some were refused."""

from __future__ import annotations

import csv
import gc
import re
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from core.actor import Actor
from core.clinic_copy import read_clinic
from core.commands import ClinicCommand
from core.db import long_running
from core.errors import DomainError, InvalidInput, Text, Unavailable
from core.imports import Choice, ImportKind, Record, Refusal, Report, Request, all_kinds, run_import
from core.imports.tables import from_standard_input, open_table

SHOWN = 20
REPORT_HEADER = ("line", "external_id", "column", "reason", "value")

# In the place of a kind: every file of a folder, and a clinic that `export_data clinic` wrote.
ALL, CLINIC = "all", "clinic"

# The column of a file of rejects that says why; it is not read when the file is fed back.
WHY = "why it was refused"


class Command(ClinicCommand):
    """Imports a file; running it again with the same file changes nothing."""

    help = (
        "Import rows of a file (CSV, a workbook, JSON lines). Known rows are updated by their external id. "
        "Exit status 1 when rows were refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", metavar="KIND", choices=_kinds(), help=", ".join(_kinds()))
        parser.add_argument(
            "file", metavar="FILE", type=Path, help="with a header; - is standard input; a folder for all and clinic"
        )
        parser.add_argument("--dry-run", action="store_true", help="do everything, report it, and roll it back")
        parser.add_argument("--layout", default="", metavar="NAME", help="a vendor's columns, such as synthea")
        parser.add_argument(
            "--map", action="append", default=[], metavar="'THEIR COLUMN=OURS'", help="a column by hand; repeatable"
        )
        parser.add_argument("--organization", type=int, metavar="ID", help="where to; otherwise the first organization")
        parser.add_argument("--organization-name", default="Imported", metavar="NAME", help="when none exists yet")
        parser.add_argument(
            "--practice", type=int, metavar="ID", help="of rows that name none; its organization is taken"
        )
        parser.add_argument("--source", default="", metavar="NAME", help="the system whose ids these are")
        parser.add_argument("--time-zone", metavar="ZONE", help="of new rows that name none")
        parser.add_argument("--currency", metavar="CODE", help="of new rows that name none")
        parser.add_argument("--encoding", default="", metavar="NAME", help="where it is not found out rightly")
        parser.add_argument("--delimiter", default="", metavar="CHARACTER", help="likewise; \\t for a tab")
        parser.add_argument("--skip", type=int, default=0, metavar="LINES", help="lines before the header")
        parser.add_argument("--sheet", default="", metavar="NAME", help="of a workbook; otherwise the first")
        parser.add_argument("--date-format", action="append", default=[], metavar="FORMAT", help="such as DD.MM.YYYY")
        parser.add_argument(
            "--value", action="append", default=[], metavar="'COLUMN:THEIRS=OURS'", help="what a cell means; repeatable"
        )
        parser.add_argument(
            "--set", action="append", default=[], metavar="COLUMN=TEXT", help="of new rows that say nothing; repeatable"
        )
        parser.add_argument("--mode", choices=("upsert", "insert", "update"), default="upsert")
        parser.add_argument(
            "--bad-cells", choices=("refuse", "empty"), default="refuse", help="of columns that may be empty"
        )
        parser.add_argument(
            "--own-ids", action="store_true", help="the external ids are our ids, as exports write them"
        )
        parser.add_argument("--folder", type=Path, metavar="FOLDER", help="where the files are that rows name")
        parser.add_argument(
            "--rejects", type=Path, metavar="FILE", help="write refused rows, to be corrected and fed back"
        )
        parser.add_argument("--report", type=Path, metavar="FILE", help="write every refusal to a CSV file")
        for choice in _choices():
            parser.add_argument(f"--{choice.name}", choices=choice.words, help=str(choice.help))
        progress = parser.add_mutually_exclusive_group()
        progress.add_argument("--progress", action="store_true", default=None, dest="progress")
        progress.add_argument("--no-progress", action="store_false", dest="progress")

    def handle(self, *args: Any, **options: Any) -> None:
        refused = 0
        with ExitStack() as stack:
            try:
                stack.enter_context(long_running())
                gc.freeze()  # what is loaded by now stays: the collector need not walk it with every chunk
                stack.callback(gc.unfreeze)
                if options["kind"] == CLINIC:
                    self._read_clinic(options)
                elif options["kind"] != ALL:
                    refused = self._import(options["kind"], options["file"], options)
                elif options["dry_run"]:
                    # What a later file names is in an earlier one: all are rolled back together.
                    with transaction.atomic():
                        refused = self._import_all({**options, "dry_run": False})
                        transaction.set_rollback(True)
                    self.stdout.write(_("This was a dry run: nothing of it was kept."))
                else:
                    refused = self._import_all(options)
            except OSError as error:
                raise CommandError(f"{error.filename}: {error.strerror}") from None
            except DomainError as error:
                raise CommandError(str(error)) from None
            except Unavailable:
                raise CommandError(_("The database is busy or away. %(again)s") % {"again": _again()}) from None
            except KeyboardInterrupt:
                self.stderr.write(_("Stopped. %(again)s") % {"again": _again()})
                raise SystemExit(130) from None
        if refused:
            raise SystemExit(1)

    def _read_clinic(self, options: dict[str, Any]) -> None:
        by, at = Actor.system("import_data"), timezone.now()
        copy = read_clinic(options["file"], by=by, at=at, dry_run=options["dry_run"])
        says = {"rows": copy.rows, "tables": len(copy.tables), "files": copy.files}
        self.stdout.write(
            _("%(rows)s rows of %(tables)s tables and %(files)s files: the same checksums, no invariant broken") % says
        )
        if options["dry_run"]:
            self.stdout.write(_("This was a dry run: nothing of it was kept."))

    def _import_all(self, options: dict[str, Any]) -> int:
        """Import every file of the folder that belongs to a kind, in order; return how many rows were refused."""
        if options["map"] or options["report"] or options["rejects"]:
            raise CommandError(_("--map, --report and --rejects are for one file; import it by its own kind."))
        files = _files_of_kinds(options["file"], options["layout"])
        if not files:
            raise CommandError(_("No file in %(folder)s is named after a kind.") % {"folder": options["file"]})
        refused = sum(self._import(kind, path, options) for kind, path in files.items())
        others = sorted({path.name for path in options["file"].iterdir() if path.is_file()} - _names(files.values()))
        if others:
            self.stdout.write(_("Files not read: %(names)s") % {"names": ", ".join(others)})
        return refused

    def _import(self, kind: str, path: Path, options: dict[str, Any]) -> int:
        for name in ("rejects", "report"):
            written: Path | None = options[name]
            if written is not None and written.exists() and path.exists() and written.samefile(path):
                says = _("--%(name)s names the file that is read, and would overwrite it; name another.")
                raise CommandError(says % {"name": name})
        with ExitStack() as stack:
            file = stack.enter_context(from_standard_input() if str(path) == "-" else path.open("rb"))
            delimiter = _delimiter(options["delimiter"])
            table = open_table(
                file,
                name=path.name,
                encoding=options["encoding"],
                delimiter=delimiter,
                skip=options["skip"],
                sheet=options["sheet"],
            )
            try:
                report = run_import(
                    all_kinds()[kind],
                    table,
                    request=self._request(all_kinds()[kind], options),
                    by=Actor.system("import_data"),
                    clock=timezone.now,
                    on_progress=self._progress(stack, options["progress"]),
                    on_refusal=self._refusals_to(stack, options["report"]),
                    on_reject=self._rejects_to(stack, options["rejects"], table, skip=options["skip"]),
                )
            except InvalidInput:
                self._say(table.notes)  # a column that is not found may have been read in a wrong encoding
                raise
        self._show(report, options)
        return report.refused

    def _request(self, kind: ImportKind, options: dict[str, Any]) -> Request:
        pairs = [pair.rpartition("=") for pair in options["map"]]
        if bad := [ours for theirs, _equals, ours in pairs if not theirs.strip() or not ours.strip()]:
            raise CommandError(_("--map takes THEIR COLUMN=OURS, not “%(pair)s”.") % {"pair": bad[0]})
        given = {"time_zone": options["time_zone"], "currency": options["currency"]}
        given = {name: text for name, text in given.items() if text} | _settings(options["set"])
        chosen = {one.name: word for one in _choices() if (word := options[one.name])}
        source, layout = options["source"], options["layout"]
        if options["kind"] == ALL:
            if layout not in kind.layouts and any(layout in one.layouts for one in all_kinds().values()):
                source, layout = source or layout, ""  # a list by hand beside the vendor's files
            given = {name: text for name, text in given.items() if name in {column.name for column in kind.columns}}
            chosen = {name: word for name, word in chosen.items() if name in {one.name for one in kind.choices}}
        return Request(
            organization_id=options["organization"],
            organization_name=options["organization_name"],
            practice_id=options["practice"],
            source=source,
            layout=layout,
            mapping=[(theirs.strip(), ours.strip()) for theirs, _equals, ours in pairs],
            defaults=given,
            words=_words(options["value"]),
            date_formats=tuple(_date_format(text) for text in options["date_format"]),
            mode=options["mode"],
            lenient=options["bad_cells"] == "empty",
            own_ids=options["own_ids"],
            folder=options["folder"],
            chosen=chosen,
            dry_run=options["dry_run"],
        )

    def _refusals_to(self, stack: ExitStack, path: Path | None) -> Callable[[Refusal], object]:
        if path is None:
            return lambda refusal: None
        file = stack.enter_context(path.open("w", newline="", encoding="utf-8-sig"))
        writer = csv.writer(file)
        writer.writerow(REPORT_HEADER)
        return lambda refusal: writer.writerow([_harmless(getattr(refusal, name)) for name in REPORT_HEADER])

    def _rejects_to(
        self, stack: ExitStack, path: Path | None, table: Any, *, skip: int
    ) -> Callable[[Record, Sequence[Refusal]], object]:
        """Write refused rows as they came, with the reasons, to a file that the same options can read."""
        if path is None:
            return lambda record, refusals: None
        header: list[str] = table.header
        # Marked as UTF-8: spreadsheets ask for it, and it goes before an encoding that is named.
        file = stack.enter_context(path.open("w", newline="", encoding="utf-8-sig"))
        writer = csv.writer(file, delimiter=getattr(table, "delimiter", ","))
        file.write("\n" * skip)
        writer.writerow([*header, WHY])

        def reject(record: Record, refusals: Sequence[Refusal]) -> None:
            cells = [*record.cells, *[""] * (len(header) - len(record.cells))][: len(header)]
            why = "; ".join(f"{one.column}: {one.reason}" if one.column else one.reason for one in refusals)
            writer.writerow([*cells, _("line %(line)s: %(why)s") % {"line": record.line, "why": why}])

        return reject

    def _progress(self, stack: ExitStack, wanted: bool | None) -> Callable[[Report], object]:
        """A bar where a person looks at standard error, lines where a log asked for them, else nothing."""
        on_terminal = sys.stderr.isatty()
        if wanted is False or (wanted is None and not on_terminal):
            return lambda report: None
        if not on_terminal:
            return lambda report: self.stderr.write(
                _("line %(line)s of %(lines)s") % {"line": report.line, "lines": max(report.lines, report.line)}
            )
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        bar = stack.enter_context(Progress(*columns, console=Console(stderr=True), transient=True))
        task = bar.add_task(_("lines"))
        return lambda report: bar.update(task, completed=report.line, total=max(report.lines, report.line))

    def _say(self, notes: Iterable[Text]) -> None:
        for note in notes:
            self.stdout.write(str(note))

    def _show(self, report: Report, options: dict[str, Any]) -> None:
        out: Any = self.stdout  # as good a text file as rich needs
        console = Console(file=out, force_terminal=out.isatty(), no_color=options["no_color"], soft_wrap=True)
        self._say(report.notes)
        if report.unread:
            self.stdout.write(_("Columns not read: %(names)s") % {"names": ", ".join(report.unread)})
        shown = report.refusals[:SHOWN]
        if shown:
            console.print(_table(shown))
        if report.refused_cells > len(shown):
            more = _("and %(count)s more") % {"count": report.refused_cells - len(shown)}
            where = options["report"] or _("--report FILE writes them all")
            self.stdout.write(f"... {more}: {where}")
        for remark in report.remarks[:SHOWN]:
            says = {"line": remark.line, "column": remark.column, "says": remark.says}
            self.stdout.write(_("Line %(line)s, %(column)s: %(says)s") % says)
        if report.remarked > SHOWN:
            self.stdout.write(_("... and %(count)s more remarks") % {"count": report.remarked - SHOWN})
        if report.lines_unread:
            self.stdout.write(_("Lines that could not be read: %(count)s") % {"count": report.lines_unread})
        counts = (
            (report.created, _("created")),
            (report.changed, _("changed")),
            (report.unchanged, _("unchanged")),
            (report.refused, _("refused")),
        )
        what = ", ".join(f"{number} {word}" for number, word in counts)
        if report.counted:
            what += " ({})".format(", ".join(f"{number} {word}" for word, number in sorted(report.counted.items())))
        told = _("%(rows)s %(kind)s read from %(source)s into organization %(organization)s: %(what)s") % {
            "rows": report.rows,
            "kind": report.kind,
            "source": report.source,
            "organization": report.organization_id,
            "what": what,
        }
        self.stdout.write(told)
        if report.dry_run:
            self.stdout.write(_("This was a dry run: nothing of it was kept."))


def _kinds() -> list[str]:
    return [*all_kinds(), ALL, CLINIC]


def _choices() -> list[Choice]:
    """The options that kinds offer, by name."""
    return list({choice.name: choice for kind in all_kinds().values() for choice in kind.choices}.values())


def _files_of_kinds(folder: Path, layout: str) -> dict[str, Path]:
    """The file of each kind that has one: as its layout calls it, else `patients.csv` or `07-patients.csv`."""
    files = {}
    for name, kind in all_kinds().items():
        named = str(kind.layouts[layout].help) if layout in kind.layouts else ""
        found = [folder / named] if named.endswith(".csv") else []
        found += sorted([*folder.glob(f"{name}.*"), *folder.glob(f"[0-9]*-{name}.*")])
        if path := next((one for one in found if one.is_file()), None):
            files[name] = path
    return files


def _names(paths: Iterable[Path]) -> set[str]:
    return {path.name for path in paths}


def _delimiter(text: str) -> str:
    delimiter = text.replace("\\t", "\t")
    if len(delimiter) > 1 or delimiter in ('"', "\r", "\n"):
        raise CommandError(_("--delimiter takes one character, not “%(text)s”.") % {"text": text})
    return delimiter


def _date_format(text: str) -> str:
    """Translate DD.MM.YYYY or D.M.YY (also TT.MM.JJJJ, gg/mm/aaaa) to a strptime format, or take one as it is."""
    if "%" in text:
        return text
    whole = text.casefold()
    year_is_j = "t" in whole and "d" not in whole
    day_and_clock = re.sub(r"(?<=mm|ss)\s*(?:a|tt|am|pm)$", "", text, flags=re.IGNORECASE)
    made = FORMAT_PARTS.sub(lambda found: _format_part(found[0].casefold(), year_is_j=year_is_j), day_and_clock)
    if re.search(r"[^\W\d_]", re.sub(r"%\w|(?<=%d)T", "", made)) or not re.search(r"%[Yy]", made) or "%d" not in made:
        raise CommandError(_("--date-format takes DD.MM.YYYY or the like, not “%(text)s”.") % {"text": text})
    return made


def _format_part(part: str, *, year_is_j: bool) -> str:
    letter, length = part.lstrip(":")[0], len(part.lstrip(":"))
    if part[0] == ":":
        return ":%M" if letter == "m" else ":%S"
    if letter == "m":
        return "%B" if length > 2 else "%m"
    if letter in "ya" or (letter == "j" and (year_is_j or length > 2)):
        return "%Y" if length > 2 else "%y"
    if letter == "h":
        return "%H"
    return "%A" if length > 2 else "%d"


# A day or a month of one digit is read by the same part as one of two; minutes and seconds stand behind a colon.
FORMAT_PARTS = re.compile(r":mm|:ss|y+|a+|m+|d+|t{1,2}(?=[\W_]|$)|g+|j+|h+", re.IGNORECASE)


def _settings(pairs: list[str]) -> dict[str, str]:
    split = [pair.partition("=") for pair in pairs]
    if bad := [name for name, equals, _text in split if not equals or not name.strip()]:
        raise CommandError(_("--set takes COLUMN=TEXT, not “%(pair)s”.") % {"pair": bad[0]})
    return {name.strip(): text.strip() for name, _equals, text in split}


def _words(pairs: list[str]) -> dict[tuple[str, str], str]:
    words = {}
    for pair in pairs:
        theirs, equals, ours = pair.rpartition("=")
        column, colon, cell = theirs.partition(":")
        if not equals or not colon or not column.strip():
            raise CommandError(_("--value takes COLUMN:THEIRS=OURS, not “%(pair)s”.") % {"pair": pair})
        words[column.strip(), cell.strip().casefold()] = ours.strip()
    return words


def _again() -> str:
    return _("What was imported stays; the same import run again completes it.")


def _table(refusals: list[Refusal]) -> Table:
    table = Table(_("Line"), _("Id"), _("Column"), _("Why it was refused"), title=_("Refused"), title_justify="left")
    for one in refusals:
        table.add_row(str(one.line), escape(one.external_id), escape(one.column), escape(one.reason))
    return table


def _harmless(cell: Any) -> Any:
    """Return a cell that a spreadsheet shows and does not calculate."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
