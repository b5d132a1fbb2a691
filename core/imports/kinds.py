"""What can be imported: each app's `imports.py` has `IMPORTS`, and this finds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work
from core.errors import InvalidInput, Text
from core.imports.columns import Column
from core.imports.layouts import Layout
from core.registry import contributions

if TYPE_CHECKING:
    from core.imports.batches import Batch

CHUNK = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What else a kind lets one choose: `--name WORD`, the first of `words` if nothing is said."""

    name: str
    help: Text
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of an import.

    `source` names the system whose external ids these are. `mapping`: their header -> our column, where several
    headers may be joined (`Date + Time`) and one may be split (`first_name + last_name`, or `last_name, first_name`).
    `defaults`: our column -> text for new rows whose file says nothing. `words`: (header or our column, their cell in
    lower case) -> what is meant. `date_formats`: as strptime knows them. `mode`: upsert; insert leaves known rows
    alone; update refuses unknown ones. `lenient`: a bad cell of a column that may be empty is left empty, and said.
    `own_ids`: external ids are our own ids. `folder`: where the files are that rows name. `chosen`: words for the
    kind's choices. `dry_run` does everything and rolls it back.
    """

    organization_id: int | None = None
    organization_name: str = "Imported"
    practice_id: int | None = None
    source: str = ""
    layout: str = ""
    mapping: Mapping[str, str] | Sequence[tuple[str, str]] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[tuple[str, str], str] = field(default_factory=dict)
    date_formats: tuple[str, ...] = ()
    mode: str = "upsert"
    lenient: bool = False
    own_ids: bool = False
    folder: Path | None = None
    chosen: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False


class FindsPlace(Protocol):
    """Finds (or, for the first kind of all, makes) the organization that the rows belong to; returns its id."""

    def __call__(self, request: Request, *, by: Actor, at: datetime) -> int: ...


class Undoes(Protocol):
    """Deletes the row with this id; Conflict where something depends on it."""

    def __call__(self, pk: int, /, *, by: Actor, at: datetime) -> object: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportKind:
    """A kind of row, such as patients.

    `save` stores a batch set-wise, in a transaction that may be rolled back and tried again with fewer rows: it
    changes nothing but the database. `may` is the permission that an actor must have in the organization;
    `verb` is what the history says. `model` has the stored columns; `rows` are those of
    an organization that an export writes, in this `order`; `undo` is the
    verb that deletes what nothing refers to. `rows_at_once` go into one transaction: one, where a row's verb locks
    several tables, which the next row's would lock in the wrong order.
    """

    name: str
    help: Text
    verb: str
    may: str
    columns: tuple[Column, ...]
    place: FindsPlace
    save: Callable[[Work, Batch], None]
    model: type[Any] | None = None
    rows: Callable[[int], Any] | None = None
    order: tuple[str, ...] = ("pk",)
    undo: Undoes | None = None
    layouts: Mapping[str, Layout] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    rows_at_once: int = CHUNK

    def choose(self, chosen: Mapping[str, str]) -> dict[str, str]:
        """A word for each choice; InvalidInput for a choice or a word that the kind does not have."""
        known = {choice.name: choice.words for choice in self.choices}
        for name, word in chosen.items():
            if word not in known.get(name, ()):
                told = ", ".join(known.get(name, ())) or _("no such choice")
                raise InvalidInput({name: _("%(kind)s have %(known)s.") % {"kind": self.name, "known": told}})
        return {name: chosen.get(name, words[0]) for name, words in known.items()}

    def column(self, name: str) -> Column:
        """The column of this name; InvalidInput for one that the kind does not have."""
        for column in self.columns:
            if column.name == name:
                return column
        known = ", ".join(sorted(column.name for column in self.columns))
        raise InvalidInput(
            {name: _("%(kind)s have no such column; they have %(known)s.") % {"kind": self.name, "known": known}}
        )


def all_kinds() -> dict[str, ImportKind]:
    """Every kind by its name, what others refer to first; otherwise in the order of the apps."""
    declared: list[ImportKind] = []
    for module in contributions("imports"):
        declared.extend(getattr(module, "IMPORTS", ()))
    # A second kind of one model says more of rows that the first one makes.
    of_model = {kind.model: kind for kind in reversed(declared)}
    ordered: dict[str, ImportKind] = {}

    def add(kind: ImportKind) -> None:
        for column in kind.columns:
            needed = of_model.get(column.refers.target) if column.refers is not None else None
            if needed is not None and needed is not kind and needed.name not in ordered:
                add(needed)
        ordered[kind.name] = kind

    for kind in declared:
        if kind.name not in ordered:
            add(kind)
    return ordered
