"""The history's entries, as `unit_of_work` writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.expressions import BaseExpression

from core.bulk_write import insert_tuples, json_text
from core.models import AuditEntry, Remembering
from core.origin import origin_now

if TYPE_CHECKING:
    from core.db import Work

# Secrets, whose values are not written to the history.
SECRET = frozenset({"password", "key_hash", "client_secret"})

# What the entry says already.
UNTOLD = frozenset({"id", "created_at", "updated_at"})

JSON = frozenset({type(None), bool, int, str, list, dict})
ENCODER = DjangoJSONEncoder()

# What a row without an organization or practice of its own belongs to.
PARENTS = (
    "patient", "service", "service_plan", "enrollment", "appointment", "specialist",
    "care_plan", "bill", "account", "price_list",
)  # fmt: skip


class Entry(NamedTuple):
    """An AuditEntry before it is written, as plain columns instead of a model instance.

    `changes` is a dict, or its JSON already.
    """

    at: datetime
    user_id: int | None
    actor_kind: str
    credential: str
    door: str
    request_id: str
    verb: str
    action: str
    object_kind: str
    object_id: int
    organization_id: int | None
    practice_id: int | None
    changes: dict[str, Any] | orjson.Fragment
    address: str | None
    agent: str


def write_entries(entries: Sequence[Entry]) -> None:
    """Write entries in one statement."""
    insert_tuples(AuditEntry, Entry._fields, entries)


def entry_for(work: Work, obj: Remembering, action: str, changes: Mapping[str, tuple[Any, Any]]) -> Entry:
    """Return the entry saying that `work.by` did `work.verb` to `obj`; unchanged columns are left out."""
    return _entry(
        work,
        obj,
        action,
        {
            name: ["•••", "•••"] if name in SECRET else [plain(before), plain(after)]
            for name, (before, after) in changes.items()
            if name not in UNTOLD and before != after
        },
    )


def entry_of_new(work: Work, obj: Remembering) -> Entry:
    """Return `entry_for` a row that was just created, built in one pass because imports create a million."""
    names, values_of = _told(type(obj))
    changes: dict[str, Any] = {
        name: [None, value if type(value) in JSON else plain(value)]
        for name, value in zip(names, values_of(obj.__dict__), strict=True)
        if value is not None and value != ""
    }
    for name in SECRET:
        if name in changes:
            changes[name] = ["•••", "•••"]
    # Serialized at once: thousands of lists kept until the end of the unit would keep the garbage collector busy.
    return _entry(work, obj, AuditEntry.Action.CREATE, orjson.Fragment(json_text(changes)))


@cache
def column_names(model: type[models.Model]) -> tuple[str, ...]:
    """Return the attname of every column."""
    return tuple(field.attname for field in model._meta.concrete_fields)


@cache
def _told(model: type[models.Model]) -> tuple[tuple[str, ...], Callable[[Mapping[str, Any]], tuple[Any, ...]]]:
    """The columns that an entry records, and the function that takes their values from a row."""
    names = tuple(name for name in column_names(model) if name not in UNTOLD)
    return names, itemgetter(*names) if len(names) > 1 else lambda values: tuple(values[name] for name in names)


def _entry(work: Work, obj: Remembering, action: str, changes: dict[str, Any] | orjson.Fragment) -> Entry:
    by, origin = work.by, origin_now()
    organization_id, practice_id = place_of(obj)
    return Entry(
        work.at,
        by.user_id,
        by.kind,
        by.credential,
        by.door,
        by.request_id,
        work.verb,
        action,
        obj._meta.label_lower,
        obj.pk,
        organization_id,
        practice_id,
        changes,
        origin.address,
        origin.agent,
    )


def place_of(obj: models.Model) -> tuple[int | None, int | None]:
    """Return the organization and practice of `obj`, or of what it belongs to, which decide who reads its history."""
    place = _own_place(obj)
    if place == (None, None):
        for name in PARENTS:
            if getattr(obj, f"{name}_id", None) is not None:
                return place_of(getattr(obj, name))
    return place


def read_places(rows: Sequence[models.Model]) -> None:
    """Load what decides the places of these rows of one model, in one query for each relation.

    `place_of` then needs no query. During a COPY, PostgreSQL's connection cannot run any.
    """
    placeless = [row for row in rows if _own_place(row) == (None, None)]
    for name in PARENTS:
        belonging = [row for row in placeless if getattr(row, f"{name}_id", None) is not None]
        if belonging:
            models.prefetch_related_objects(belonging, name)
            read_places([getattr(row, name) for row in belonging])
            placeless = [row for row in placeless if getattr(row, f"{name}_id", None) is None]


def _own_place(obj: models.Model) -> tuple[int | None, int | None]:
    organization_id: int | None = (
        obj.pk if obj._meta.label_lower == "directory.organization" else getattr(obj, "organization_id", None)
    )
    practice_id: int | None = (
        obj.pk if obj._meta.label_lower == "directory.practice" else getattr(obj, "practice_id", None)
    )
    return organization_id, practice_id


def plain(value: Any) -> Any:
    """Return `value` as the history stores it in JSON."""
    if type(value) in JSON or isinstance(value, str | int):
        return value
    if isinstance(value, BaseExpression):
        return None
    try:
        return ENCODER.default(value)
    except TypeError:
        return str(value)
