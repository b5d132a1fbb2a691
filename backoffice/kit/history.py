"""Entries of the history in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.kit.clock import show_when
from core.actor import Actor
from core.models import AuditEntry
from core.querysets import AuditEntryQuerySet
from core.reads import note_told

DOORS = {"backoffice": "Back office", "services": "API"}

# What every row has and nobody asks about.
UNTOLD = frozenset({"resource_id", "search_name", "digits_reversed", "uuid", "key_hash", "sha256"})


@dataclass(frozen=True)
class Change:
    """One column: its name, and its value before and after in words."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class EntryInWords:
    """An entry in words."""

    at: datetime
    who: str
    door: str
    what: str
    kind: str
    action: str
    changes: list[Change]
    entry: AuditEntry


def entries_of(row: models.Model) -> AuditEntryQuerySet:
    """The history of one row, newest first."""
    return AuditEntry.objects.of(row).select_related("user")


def tell_entries(entries: Iterable[AuditEntry], *, by: Actor) -> list[EntryInWords]:
    """`entries` in words; one query for each kind of row that their changes refer to.

    They are read on the record of the patient whose rows were changed: before and after quote what stands in them.
    """
    entries = list(entries)
    for entry in entries:
        if model := _model(entry):
            note_told(model, entry.object_id)
    names = _names(entries, by=by)
    return [
        EntryInWords(
            at=entry.at,
            who=_who(entry),
            door=_door(entry),
            what=words(entry.verb),
            kind=kind_of(entry),
            action=str(entry.get_action_display()),
            changes=[
                Change(_label(entry, name), _shown(entry, name, pair[0], names), _shown(entry, name, pair[1], names))
                for name, pair in entry.changes.items()
                if name not in UNTOLD and pair != [None, ""]
            ],
            entry=entry,
        )
        for entry in entries
    ]


def words(verb: str) -> str:
    """Return a verb's name in words: `orders.change_notes` as "Change notes"."""
    return verb.rpartition(".")[2].replace("_", " ").capitalize()


def kind_of(entry: AuditEntry) -> str:
    """Return the kind of the changed object."""
    model = _model(entry)
    return str(model._meta.verbose_name).capitalize() if model else entry.object_kind


def _who(entry: AuditEntry) -> str:
    if entry.user is not None:
        return entry.user.get_full_name() or str(entry.user)
    return _("The system") if entry.actor_kind == "system" else _("A visitor")


def _door(entry: AuditEntry) -> str:
    kind, _colon, name = entry.door.partition(":")
    door = _("Command %(name)s") % {"name": name} if name else str(_(DOORS.get(kind, kind)))
    key = entry.credential.removeprefix("key:")
    return f"{door}, {_('key')} {key}" if key.isdecimal() else door


def _model(entry: AuditEntry) -> type[models.Model] | None:
    try:
        return apps.get_model(entry.object_kind)
    except (LookupError, ValueError):
        return None


def _field(entry: AuditEntry, name: str) -> Any:
    model = _model(entry)
    try:
        return model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None


def _label(entry: AuditEntry, name: str) -> str:
    field = _field(entry, name)
    return str(getattr(field, "verbose_name", name)).capitalize()


Names = dict[tuple[type[models.Model], Any], str]


def _names(entries: Iterable[AuditEntry], *, by: Actor) -> Names:
    """The names of the rows that the changes point at, as far as the actor may see them."""
    wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
    for entry in entries:
        for name, pair in entry.changes.items():
            field = _field(entry, name)
            if isinstance(field, models.ForeignKey) and name not in UNTOLD:
                wanted[field.related_model].update(value for value in pair if value is not None)
    names: Names = {}
    for model, ids in wanted.items():
        rows = model._default_manager.all()
        seen = rows.visible_to(by) if hasattr(rows, "visible_to") else rows.none()
        for row in seen.filter(pk__in=ids).select_related(*NAMED_THROUGH.get(model._meta.label_lower, ())):
            names[model, row.pk] = str(row)
    return names


# Rows whose name is that of others.
NAMED_THROUGH = {"programs.enrollment": ("patient",)}


def _shown(entry: AuditEntry, name: str, value: Any, names: Names) -> str:
    field = _field(entry, name)
    if value is None or value == "":
        return "–"
    if isinstance(field, models.ForeignKey):
        return names.get((field.related_model, value), f"#{value}")
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if getattr(field, "choices", None):
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateTimeField):
        return show_when(parse_datetime(str(value))) or str(value)
    if isinstance(field, models.DateField):
        day = parse_date(str(value))
        return date_format(day) if day else str(value)
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value) or "–"
    return str(value)
