"""Taking an import back: what it made goes, what it changed is as before; all of it or nothing."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.audit import plain
from core.errors import Conflict, DomainError, InvalidInput, Text
from core.exports import as_text, cells_of, header_of
from core.imports.csv_file import Record
from core.imports.engine import run_import
from core.imports.kinds import ImportKind, Request, all_kinds
from core.imports.rows import OURS
from core.models import AuditEntry, ExternalId, ImportJob

# How many of the rows that stand in the way are named.
NAMED = 10


@dataclass(frozen=True, slots=True)
class Undone:
    """How many rows were deleted (or archived, where rows of the kind are never deleted), and how many changed back."""

    deleted: int
    restored: int


@dataclass(slots=True)
class _Changed:
    """What an import did to a row: its columns before the first change and after the last."""

    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


def undo_import(job_id: int, *, by: Actor, at: datetime) -> Undone:
    """Undo what an import made, the last first, and change back what it changed, by importing the rows as they were.

    Raises Conflict that names rows on which something depends by now or that were changed since, and for an import
    that was undone already; InvalidInput where it made rows of a kind that has no way back, such as bills.
    """
    job: ImportJob = ImportJob.objects.visible_to(by).one(pk=job_id)
    kind = all_kinds().get(job.kind)
    if kind is None or kind.model is None:
        raise InvalidInput({"job": _("There is no such kind any more.")})
    by.require(kind.may, organization_id=job.organization_id)
    if job.undone_at is not None:
        raise Conflict(_("It has already been undone."), code="undone")
    made = ExternalId.objects.filter(
        organization_id=job.organization_id, source=job.source, kind=kind.model._meta.label_lower, job=job
    )
    if kind.undo is None and made.exists():
        reason = _("%(kind)s are never deleted; cancel or archive what was imported by mistake.")
        raise InvalidInput({"job": reason % {"kind": job.kind}})
    # Not a unit of work: each row's verb begins its locks anew, as it did when the row came.
    with transaction.atomic():
        ids = list(made.order_by("-object_id").values_list("object_id", "external_id"))
        restored = _change_back(job, made={pk for pk, _name in ids}, by=by, at=at)
        kept: list[str] = []
        for pk, external_id in ids:
            try:
                assert kind.undo is not None  # noqa: S101 asked above
                kind.undo(pk, by=by, at=at)
            except DomainError as error:
                kept.append(f"{external_id}: {error}")
        _refuse(kept, _("Nothing was undone: %(count)s rows are in use.\n%(named)s"), "in_use")
        made.delete()
        ImportJob.objects.filter(pk=job.pk).update(undone_at=at)
    return Undone(len(ids), restored)


def _refuse(rows: Sequence[str], says: str, code: str) -> None:
    if rows:
        raise Conflict(says % {"count": len(rows), "named": "\n".join(rows[:NAMED])}, code=code)


def _change_back(job: ImportJob, *, made: set[int], by: Actor, at: datetime) -> int:
    """Import the rows that the import changed once more, as they were before; returns how many there are."""
    kinds = reversed(all_kinds().values())  # of two kinds of one model the first makes its rows
    by_label = {kind.model._meta.label_lower: kind for kind in kinds if kind.model is not None}
    restored = 0
    for label, changed in _changes(job).items():
        if label not in by_label:
            continue
        kind = by_label[label]
        wanted = {pk: one for pk, one in changed.items() if label != _label_of(job) or pk not in made}
        rows = _as_they_were(kind, job.organization_id, wanted)
        if not rows:
            continue
        report = run_import(
            kind,
            _Rows(header_of(kind), rows, name=f"{job.pk}"),
            request=Request(organization_id=job.organization_id, layout=OURS, own_ids=True, source="undo"),
            by=by,
            clock=lambda: at,
        )
        says = [f"#{one.external_id} {one.column}: {one.reason}" for one in report.refusals]
        says += _still_changed(kind, job.organization_id, wanted)
        _refuse(says, _("Nothing was undone: %(count)s rows cannot be changed back.\n%(named)s"), "refused")
        restored += len(rows)
    return restored


def _label_of(job: ImportJob) -> str:
    model = all_kinds()[job.kind].model
    return model._meta.label_lower if model is not None else ""


def _changes(job: ImportJob) -> dict[str, dict[int, _Changed]]:
    """By model and id: what the history says that the import changed."""
    found: dict[str, dict[int, _Changed]] = {}
    if not job.request_id:
        return found
    entries = AuditEntry.objects.filter(
        at__gte=job.started_at, request_id=job.request_id, action=AuditEntry.Action.CHANGE
    ).order_by("pk")
    for label, pk, columns in entries.values_list("object_kind", "object_id", "changes").iterator(chunk_size=2000):
        one = found.setdefault(label, {}).setdefault(pk, _Changed())
        for name, (before, after) in columns.items():
            one.before.setdefault(name, before)
            one.after[name] = after
    return found


def _as_they_were(kind: ImportKind, organization_id: int, changed: Mapping[int, _Changed]) -> list[list[str]]:
    """The rows as an export would have written them before; Conflict names those that were changed since."""
    assert kind.rows is not None  # noqa: S101 every kind with a model has rows
    attnames = {
        column.name: column.name if column.refers is None else f"{column.name}_id"
        for column in kind.columns
        if column.exported
    }
    rows: list[list[str]] = []
    since: list[str] = []
    objects = {obj.pk: obj for obj in kind.rows(organization_id).filter(pk__in=changed)}
    for pk, obj in objects.items():
        one = changed[pk]
        if any(plain(getattr(obj, name)) != after for name, after in one.after.items()):
            since.append(f"#{pk}: {obj}")
            continue
        cells = cells_of(kind, obj)
        for place, name in enumerate(attnames.values(), 1):
            if name in one.before:
                cells[place] = _cell(one.before[name])
        rows.append(cells)
    _refuse(since, _("Nothing was undone: %(count)s rows were changed since.\n%(named)s"), "changed")
    return rows


def _still_changed(kind: ImportKind, organization_id: int, changed: Mapping[int, _Changed]) -> list[str]:
    """Rows of which a column is not what it was: one that no import writes."""
    assert kind.rows is not None  # noqa: S101 asked before
    return [
        f"#{pk} {name}"
        for pk, obj in ((obj.pk, obj) for obj in kind.rows(organization_id).filter(pk__in=changed))
        for name, before in changed[pk].before.items()
        if plain(getattr(obj, name)) not in (before, before or "")
    ]


def _cell(value: Any) -> str:
    return ";".join(map(str, value)) if isinstance(value, list) else as_text(value)


class _Rows:
    """Rows in memory as a table."""

    is_escaped = False
    sha256 = ""

    def __init__(self, header: list[str], rows: Iterable[list[str]], *, name: str) -> None:
        self.name, self.header, self._rows = name, header, list(rows)
        self.lines = len(self._rows)
        self.notes: list[Text] = []

    def likely_headers(self) -> Generator[tuple[int, list[str]]]:
        """None: the header is ours."""
        yield from ()

    def records(self) -> Generator[Record]:
        """Each row."""
        for line, cells in enumerate(self._rows, 1):
            yield Record(line, cells)
