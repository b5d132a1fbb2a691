"""Imports: a file's rows into the organization, in chunks, each a transaction that also moves the job's cursor.

Killed in the middle and run again, nothing is doubled: a row is known by its external id, and what is unchanged is
only read. Nothing here knows a terminal or a request: rows come in, a report goes out.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from django.db import connection, transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import RETRIES, unit_of_work
from core.db_errors import Retry
from core.errors import DomainError, InvalidInput, Text, Unavailable
from core.imports.batches import Batch, Outcome, Scope
from core.imports.chunks import Chunk, Chunks
from core.imports.csv_file import DELIMITERS, Record
from core.imports.kinds import CHUNK, ImportKind, Request
from core.imports.references import resolve
from core.imports.rows import EXTERNAL_ID, OURS, Refusal, Remark, Row, RowReader
from core.imports.seen import SeenIds
from core.models import ExternalId, ImportJob

logger = logging.getLogger(__name__)

KEPT_REFUSALS = 1000


class Table(Protocol):
    """What is imported: a header and records; core.imports.csv_file has one."""

    name: str
    header: list[str]
    sha256: str
    lines: int
    notes: list[Text]
    # Whether a cell that a spreadsheet would calculate has an apostrophe before it.
    is_escaped: bool

    def records(self) -> Generator[Record]:
        """The rows behind the header, each time from the first."""

    def likely_headers(self) -> Generator[tuple[int, list[str]]]:
        """(line, cells) of the first rows, where another than the first may be the header."""


@dataclass(slots=True)
class Report:
    """What an import did, or did so far: `rows` = created + changed + unchanged + refused, up to `line` of `lines`.

    A refused row may have several bad cells: there are `refused_cells`, and `refusals` has the first thousand.
    `counted` counts what a kind says of rows that were kept, in a word; `remarks` has what it says of them by line,
    the first thousand of `remarked`. `lines_unread` are those of rows whose cells could not be told apart.
    """

    kind: str
    source: str
    dry_run: bool
    lines: int
    organization_id: int = 0
    line: int = 0
    rows: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    refused_cells: int = 0
    notes: list[Text] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)
    remarks: list[Remark] = field(default_factory=list)
    remarked: int = 0
    lines_unread: int = 0


def run_import(
    kind: ImportKind,
    table: Table,
    *,
    request: Request,
    by: Actor,
    clock: Callable[[], datetime],
    on_progress: Callable[[Report], object] = lambda report: None,
    on_refusal: Callable[[Refusal], object] = lambda refusal: None,
    on_reject: Callable[[Record, Sequence[Refusal]], object] = lambda record, refusals: None,
) -> Report:
    """Import every row of `table` that can be; the report names the others.

    `clock` dates each chunk. `on_progress` is called with the report so far after each chunk, `on_refusal` with each
    refusal once it is certain, `on_reject` with each refused record and its refusals. Raises InvalidInput for a file,
    an option or a column that cannot be used at all, Missing and Forbidden for an organization that `by` may not import
    into, Unavailable when the database is: chunks before that stay, and the same import run again completes it.
    """
    layout = None
    if request.layout and request.layout != OURS:
        layout = kind.layouts.get(request.layout)
        if layout is None:
            known = ", ".join(sorted([*kind.layouts, OURS]))
            raise InvalidInput({"layout": _("There is none of this name; there is %(known)s.") % {"known": known}})
    chosen = kind.choose(request.chosen)
    read_by = partial(
        RowReader,
        kind,
        layout=layout,
        request=request,
        is_escaped=table.is_escaped and request.layout == OURS,
        today=clock().date(),
    )
    try:
        reader = read_by(table.header)
    except InvalidInput as error:
        raise InvalidInput({**error.fields, **_where_the_header_is(table, read_by, missed=set(error.fields))}) from None
    report = Report(
        kind=kind.name,
        source=request.source or request.layout or "import",
        dry_run=request.dry_run,
        lines=table.lines,
        notes=list(table.notes),
        unread=reader.unread,
    )
    run = _Run(kind, reader, report, repeats=layout is not None and layout.repeats, by=by, clock=clock)
    whole: AbstractContextManager[Any] = transaction.atomic() if request.dry_run else nullcontext()
    with SeenIds() as seen, whole:
        run.begin(request, table, chosen)
        with Chunks(table.records(), reader, min(CHUNK, kind.rows_at_once)) as chunks:
            run.before_waiting = chunks.read_ahead
            for chunk in chunks:
                records = [record for record, _row in chunk]
                refused = run.take(chunk, seen)
                for record, reasons in _by_record(records, refused):
                    on_reject(record, reasons)
                for refusal in refused:
                    report.refused_cells += 1
                    if report.refused_cells <= KEPT_REFUSALS:
                        report.refusals.append(refusal)
                    on_refusal(refusal)
                on_progress(report)
        run.finish()
        if request.dry_run:
            transaction.set_rollback(True)
    return report


def _where_the_header_is(
    table: Table, read_by: Callable[[list[str]], RowReader], *, missed: set[str]
) -> dict[str, Text]:
    """What to say where not the first line but a later one has the columns that were `missed`."""
    says = _("Line %(line)s looks like the header: say --skip %(skip)s.")
    for line, cells in table.likely_headers():
        if line > 1 and len(cells) > 1:
            found = bool(missed & set(cells))
            with suppress(InvalidInput):
                found = found or bool(read_by(cells))
            if found:
                return {"": says % {"line": line, "skip": line - 1}}
    if len(table.header) == 1 and any(one in table.header[0] for one in DELIMITERS):
        says = _(
            "Its first line is one cell: take the quotation marks around whole lines away, or say its --delimiter."
        )
        return {"": says}
    return {}


def _by_record(records: Sequence[Record], refusals: Sequence[Refusal]) -> Iterator[tuple[Record, Sequence[Refusal]]]:
    by_line: dict[int, list[Refusal]] = {}
    for refusal in refusals:
        by_line.setdefault(refusal.line, []).append(refusal)
    for record in records if by_line else ():
        if record.line in by_line:
            yield record, by_line[record.line]


class _AskedError(Exception):
    """A row was tried only to hear what the kind says of it: nothing of it is kept."""


class _Run:
    """One import under way."""

    def __init__(
        self,
        kind: ImportKind,
        reader: RowReader,
        report: Report,
        *,
        repeats: bool,
        by: Actor,
        clock: Callable[[], datetime],
    ) -> None:
        self.kind, self.reader, self.report, self.by, self.clock = kind, reader, report, by, clock
        self.repeats = repeats
        # What can be done while the database is busy.
        self.before_waiting: Callable[[], object] = lambda: None
        self.asked = 0
        self.stored = {
            column.name: column.name if column.refers is None else f"{column.name}_id"
            for column in kind.columns
            if column.stored
        }

    def begin(self, request: Request, table: Table, chosen: Mapping[str, str]) -> None:
        """Find the place the rows go to, and open the job."""
        at = self.clock()
        organization_id = self.kind.place(request, by=self.by, at=at)
        self.by.require(self.kind.may, organization_id=organization_id)
        self.report.organization_id = organization_id
        self.scope = Scope(
            organization_id,
            self.report.source,
            practice_id=request.practice_id,
            mode=request.mode,
            chosen=chosen,
            own_ids=request.own_ids,
            folder=request.folder,
            dry_run=request.dry_run,
        )
        self._resolve_defaults()
        self._refuse_own_rows_as_new(request)
        self.job = ImportJob.objects.create(
            organization_id=organization_id,
            kind=self.kind.name,
            source=self.report.source,
            file_name=table.name[-255:].encode(errors="replace").decode(),
            sha256=table.sha256,
            user_id=self.by.user_id,
            started_at=at,
            request_id=self.by.request_id,
        )
        self.scope = replace(self.scope, job_id=self.job.pk)

    def take(self, chunk: Chunk, seen: SeenIds) -> list[Refusal]:
        """Save one chunk with the job's cursor, in one transaction. Returns what was refused in it."""
        records = [record for record, _row in chunk]
        rows, bad, refusals = self._told_apart([row for _record, row in chunk], seen)
        refusals += self._reasons_of_kind(bad)
        by_line = {record.line: record for record in records}
        for attempt in range(RETRIES + 1):
            try:
                refused = self._commit(records, rows, refusals)
                refused += self._reasons_of_kind(self._without_what_was_refused(rows, refused))
                refused.sort(key=lambda refusal: refusal.line)
                return [
                    replace(one, value=self.reader.cell_of(one.column, by_line[one.line])) if one.column else one
                    for one in refused
                ]
            except Retry:
                if connection.in_atomic_block or attempt == RETRIES:
                    raise Unavailable from None
                time.sleep(0.01 * 2**attempt)
        raise AssertionError("unreachable")

    def finish(self) -> None:
        """Close the job: every row of the file has its outcome."""
        self.report.notes += self.reader.notes()
        self.job.finished_at = self.clock()
        self.job.save(update_fields=["finished_at"])

    def _told_apart(self, rows: list[Row], seen: SeenIds) -> tuple[list[Row], list[Row], list[Refusal]]:
        """The rows that can be kept as far as their cells tell, those that cannot, and why."""
        earlier = seen.note((row.external_id, row.line) for row in rows if not row.problems)
        if self.repeats:
            rows = [row for row in rows if row.line not in earlier]
        for row in rows:
            if row.line in earlier:
                reason = _("“%(id)s” stands in line %(line)s already.")
                reason %= {"id": row.external_id, "line": earlier[row.line]}
                row.problems.append((self.reader.header_of(EXTERNAL_ID.name), reason))
        self._resolve(rows)
        refusals = []
        for row in rows:
            if row.problems:
                if row.line not in earlier and row.values:
                    self.reader.add_model_problems(row)
                refusals += [Refusal(row.line, row.external_id, header, why) for header, why in row.problems]
        # Of a row whose cells could not be told apart there is nothing to ask.
        bad = [row for row in rows if row.problems and row.line not in earlier and row.values]
        return [row for row in rows if not row.problems], bad, refusals

    def _without_what_was_refused(self, rows: Sequence[Row], refusals: Sequence[Refusal]) -> list[Row]:
        """The rows that the kind refused under columns, without these: what else it has against them comes at once."""
        headers: dict[int, set[str]] = {}
        for one in refusals:
            if one.column:
                headers.setdefault(one.line, set()).add(one.column)
        bad = []
        for row in rows:
            if row.line in headers:
                known = headers[row.line]
                values = {name: one for name, one in row.values.items() if self.reader.header_of(name) not in known}
                bad.append(Row(row.line, row.external_id, values, [(header, "") for header in known]))
        return bad

    def _reasons_of_kind(self, bad: Sequence[Row]) -> list[Refusal]:
        """What the kind itself has against rows that their cells refuse already: all reasons come at once.

        Each is tried without its bad cells in a transaction that is rolled back, before the chunk's own; a kind that
        cannot do without one of them says nothing. Only the first thousand are asked: no report shows more.
        """
        found: list[Refusal] = []
        for row in bad[: max(0, KEPT_REFUSALS - self.asked)]:
            self.asked += 1
            batch = Batch(self.kind, replace(self.scope, dry_run=True), self.reader, self.stored, [row])
            try:
                with unit_of_work(self.kind.verb, by=self.by, at=self.clock()) as work:
                    self.kind.save(work, batch)
                    raise _AskedError
            except _AskedError:
                reasons = batch.refusals
            except InvalidInput as error:
                reasons = self._refused(row, error).refusals
            except Exception as error:
                logger.debug("Row in line %s could not be asked", row.line, exc_info=error)
                continue
            known = {header for header, _why in row.problems} | {""}
            found += [one for one in reasons if one.column not in known]
        return found

    def _resolve(self, rows: Sequence[Row]) -> None:
        resolve(
            self.kind,
            rows,
            organization_id=self.scope.organization_id,
            source=self.scope.source,
            own_ids=self.scope.own_ids,
            header_of=self.reader.header_of,
        )

    def _refuse_own_rows_as_new(self, request: Request) -> None:
        """An export of the same clinic, edited and read again, would double every row of it."""
        if request.layout != OURS or request.own_ids or self.kind.rows is None:
            return
        label = self.kind.model._meta.label_lower if self.kind.model else ""
        known = ExternalId.objects.filter(organization_id=self.scope.organization_id, kind=label)
        if self.kind.rows(self.scope.organization_id).exists() and not known.filter(source=self.scope.source).exists():
            reason = _(
                "There are %(kind)s here already: say --own-ids where the file was exported from here, to change"
            )
            reason += _(" them, or --source NAME to add it to them.")
            raise InvalidInput({"layout": reason % {"kind": self.kind.name}})

    def _resolve_defaults(self) -> None:
        """What is said of all rows names something once."""
        row = Row(0, "", dict(self.reader.defaults))
        self._resolve([row])
        if row.problems:
            raise InvalidInput(dict(row.problems))
        self.reader.defaults = row.values

    def _commit(self, records: Sequence[Record], rows: list[Row], refusals: Sequence[Refusal]) -> list[Refusal]:
        at = self.clock()
        with unit_of_work(self.kind.verb, by=self.by, at=at):
            self._take_turns()
            saved = self._save(rows, at)
            refused = sorted(
                [*refusals, *(one for batch in saved for one in batch.refusals)], key=lambda refusal: refusal.line
            )
            passed_over = len(records) - len(rows) - len({refusal.line for refusal in refusals})
            outcomes = Counter(match.outcome.value for batch in saved for match in batch.done)
            totals = {
                "rows": self.report.rows + len(records),
                "line": records[-1].line + records[-1].lines - 1,
                "refused": self.report.refused + len({refusal.line for refusal in refused}),
                **{one.value: getattr(self.report, one.value) + outcomes[one.value] for one in Outcome},
                "unchanged": self.report.unchanged + outcomes[Outcome.UNCHANGED.value] + passed_over,
            }
            ImportJob.objects.filter(pk=self.job.pk).update(**totals)
        for name, total in totals.items():
            setattr(self.report, name, total)
        self.report.counted.update(match.note for batch in saved for match in batch.done if match.note)
        refused_lines = {refusal.line for refusal in refused}
        read = (Remark(row.line, row.external_id, *one) for row in rows for one in row.remarks)
        every = (one for one in (*read, *(one for batch in saved for one in batch.remarks)))
        remarks = sorted((one for one in every if one.line not in refused_lines), key=lambda one: one.line)
        self.report.remarks += remarks[: KEPT_REFUSALS - len(self.report.remarks)]
        self.report.remarked += len(remarks)
        self.report.lines_unread += sum(record.lines for record in records if record.problem is not None)
        return refused

    def _save(self, rows: list[Row], at: datetime) -> list[Batch]:
        """Save `rows` set-wise. When the database refuses them, each half alone, down to the row that it means.

        A row that nobody foresaw is refused in the same way: none ends the import.
        """
        batch = Batch(self.kind, self.scope, self.reader, self.stored, rows)
        try:
            with unit_of_work(self.kind.verb, by=self.by, at=at) as work:
                self.kind.save(work, batch)
                if connection.vendor == "postgresql":
                    self.before_waiting()
                    connection.check_constraints()  # now, where it is known whose they are, and not at the commit
        except (DomainError, ValueError, ArithmeticError) as error:
            if len(rows) > 1:
                half = len(rows) // 2
                return [*self._save(rows[:half], at), *self._save(rows[half:], at)]
            return [self._refused(rows[0], error)]
        return [batch]

    def _refused(self, row: Row, error: Exception) -> Batch:
        batch = Batch(self.kind, self.scope, self.reader, self.stored, [row])
        fields: Mapping[str, Text]
        if isinstance(error, InvalidInput):
            fields = error.fields
        elif not isinstance(error, DomainError):
            logger.error("Row in line %s could not be saved", row.line, exc_info=error)
            fields = {"": _("This row cannot be kept as it is.")}
        else:
            named = [column.name for column in self.kind.columns if column.name in error.columns]
            fields = {", ".join(named): str(error)}
        for name, why in fields.items():
            batch.refuse(row, name, why)
        return batch

    def _take_turns(self) -> None:
        """Wait for other imports into the organization: whoever comes second then finds what the first has made."""
        organizations: Any = ImportJob._meta.get_field("organization").related_model
        organizations._default_manager.select_for_update(no_key=True).get(pk=self.scope.organization_id)
