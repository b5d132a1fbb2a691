"""Rows on their way into the database: found by their external ids, made or changed set-wise."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.utils.translation import gettext as _

from core.bulk_write import insert_tuples
from core.checks import check_values
from core.db import Work
from core.errors import InvalidInput, Text
from core.imports.external_ids import objects_named
from core.imports.kinds import ImportKind
from core.imports.rows import Refusal, Remark, Row, RowReader
from core.models import ExternalId, Stored

S = TypeVar("S", bound=Stored)


def is_id(text: str) -> bool:
    """Whether the text can be one of our ids."""
    return text.isascii() and text.isdecimal() and len(text) < 17


EXTERNAL_ID_COLUMNS = ("organization_id", "source", "kind", "external_id", "object_id", "job_id", "created_at")


class Outcome(Enum):
    """What became of a row."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where the rows of an import belong: an organization, the system they come from, and a practice for those without.

    `chosen` has a word for each of the kind's choices. `mode`: see Request.
    """

    organization_id: int
    source: str
    practice_id: int | None = None
    mode: str = "upsert"
    chosen: Mapping[str, str] = field(default_factory=dict)
    own_ids: bool = False
    folder: Path | None = None
    dry_run: bool = False
    job_id: int | None = None


@dataclass(slots=True, eq=False)
class Match(Generic[S]):
    """A row and its object, which is new where the row's external id was not known.

    `note` is one word for what is worth counting beside the outcome.
    """

    row: Row
    obj: S
    outcome: Outcome
    note: str = ""

    def touch(self) -> None:
        """Something that belongs to the object was written, so that it is not unchanged."""
        if self.outcome is Outcome.UNCHANGED:
            self.outcome = Outcome.CHANGED


@dataclass(slots=True)
class Batch:
    """Some rows of one kind, and what becomes of them. A kind's `save` calls `match`, then `store`.

    `stored`: what of our columns the model keeps -> its name there.
    """

    kind: ImportKind
    scope: Scope
    reader: RowReader
    stored: Mapping[str, str]
    rows: list[Row]
    refusals: list[Refusal] = field(default_factory=list)
    done: list[Match[Any]] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    def remark(self, row: Row, column: str, says: Text) -> None:
        """Say of a row that is kept what a person should know of one of our columns."""
        self.remarks.append(Remark(row.line, row.external_id, self.reader.header_of(column), str(says)))

    def refuse(self, row: Row, column: str, reason: Text) -> None:
        """Refuse a row for what stands in one of our columns ("" = the whole)."""
        header = self.reader.header_of(column) if column else ""
        self.refusals.append(Refusal(row.line, row.external_id, header, str(reason)))

    def match(self, model: type[S], make: Callable[[dict[str, Any]], S]) -> list[Match[S]]:
        """Each row with the object its external id names, else with what `make` (column -> value) returns.

        The row's stored columns are set and checked; what the model refuses is refused here and left out.
        """
        matches = []
        for row, obj in self.known(model):
            values = self._stored(self.values_of(row, is_new=obj is None))
            if obj is None:
                match = Match(row, make(values), Outcome.CREATED)
                checked: Collection[str] = values.keys()
            else:
                for name, value in values.items():
                    setattr(obj, name, value)
                match, checked = Match(row, obj, Outcome.UNCHANGED), obj.changes().keys()
            if self._passes(match, checked):
                matches.append(match)
        return matches

    def known(self, model: type[S]) -> list[tuple[Row, S | None]]:
        """Each row with the object that its external id names, as far as the import's mode wants it."""
        found = self._found(model)
        pairs = []
        for row in self.rows:
            obj = found.get(row.external_id)
            if obj is None and self.scope.mode == "update":
                self.refuse(row, "external_id", _("It is not known here, and only known rows are to be changed."))
            elif obj is not None and self.scope.mode == "insert":
                self.done.append(Match(row, obj, Outcome.UNCHANGED))
            else:
                pairs.append((row, obj))
        return pairs

    def values_of(self, row: Row, *, is_new: bool) -> dict[str, Any]:
        """What a row says, by our columns; of a new one with the import's defaults for what it does not say."""
        return {**self.reader.defaults, **row.values} if is_new else row.values

    def store(self, work: Work, matches: Iterable[Match[S]]) -> list[Match[S]]:
        """Insert what is new, with its external id; write what changed."""
        matches = list(matches)
        new = [match for match in matches if match.outcome is Outcome.CREATED]
        kept = [match for match in matches if match.outcome is not Outcome.CREATED]
        work.create_many([match.obj for match in new], checked=True)
        self.remember(work, new)
        written = {obj.pk for obj in work.save_many([match.obj for match in kept], checked=True)}
        for match in kept:
            if match.obj.pk in written:
                match.touch()
        self.done.extend(matches)
        return matches

    def _stored(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {self.stored[name]: value for name, value in values.items() if name in self.stored}

    def _passes(self, match: Match[S], checked: Collection[str]) -> bool:
        try:
            check_values(match.obj, only=checked)
        except InvalidInput as error:
            for name, why in error.fields.items():
                self.refuse(match.row, name, why)
            return False
        return True

    def remember(self, work: Work, matches: Iterable[Match[Any]]) -> None:
        """Write by which ids new objects came."""
        if self.scope.own_ids:
            return
        organization_id, source, at = self.scope.organization_id, self.scope.source, work.at
        rows = [
            (organization_id, source, one.obj._meta.label_lower, one.row.external_id, one.obj.pk, self.scope.job_id, at)
            for one in matches
        ]
        insert_tuples(ExternalId, EXTERNAL_ID_COLUMNS, rows)

    def _found(self, model: type[S]) -> dict[str, S]:
        """The stored objects by external id. An id whose object is gone is forgotten: the row makes a new one.

        Whoever may import into the organization may change what was imported into it: nobody's view is asked.
        """
        if self.scope.own_ids:
            ids = [int(row.external_id) for row in self.rows if is_id(row.external_id)]
            own = self.kind.rows(self.scope.organization_id).filter(pk__in=ids) if self.kind.rows else ()
            return {str(obj.pk): obj for obj in own}
        known = objects_named(
            [row.external_id for row in self.rows],
            organization_id=self.scope.organization_id,
            source=self.scope.source,
            kind=model._meta.label_lower,
        )
        objects: dict[int, S] = model._default_manager.in_bulk(known.values())
        if gone := [name for name, pk in known.items() if pk not in objects]:
            ExternalId.objects.filter(
                organization_id=self.scope.organization_id,
                source=self.scope.source,
                kind=model._meta.label_lower,
                external_id__in=gone,
            ).delete()
        return {name: objects[pk] for name, pk in known.items() if pk in objects}
