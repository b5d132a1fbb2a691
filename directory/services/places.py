"""Archives, practices and rooms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.actor import Actor
from core.db import Work, verb
from core.values import assign
from directory.models import Archive, Practice, Resource, Room
from directory.states import ResourceKind

ARCHIVE_VALUES = frozenset({"name", "owner_id", "hosts"})
PRACTICE_VALUES = frozenset(
    field.attname
    for field in Practice._meta.concrete_fields
    if field.name not in ("id", "created_at", "updated_at", "archive", "archived_at")
)
ROOM_VALUES = frozenset({"name", "is_active"})


@verb("directory.create_archive")
def create_archive(work: Work, *, values: Mapping[str, Any], by: Actor, at: datetime) -> Archive:
    """A new archive, for superusers and commands."""
    by.require("directory.create_archive")
    archive = Archive()
    assign(archive, values, allowed=ARCHIVE_VALUES, by=by, archive_id=0)
    archive.guard()
    return work.create(archive)


@verb("directory.change_archive")
def change_archive(work: Work, archive_id: int, *, values: Mapping[str, Any], by: Actor, at: datetime) -> Archive:
    """Write some of an archive's columns."""
    archive: Archive = Archive.objects.visible_to(by).one(pk=archive_id)
    by.require("directory.change_archive", archive_id=archive.pk)
    assign(archive, values, allowed=ARCHIVE_VALUES, by=by, archive_id=archive.pk)
    archive.guard()
    return work.save(archive)


@verb("directory.create_practice")
def create_practice(work: Work, *, archive_id: int, values: Mapping[str, Any], by: Actor, at: datetime) -> Practice:
    """A new practice of an archive, for superusers and commands. Conflict where a live one has its name."""
    archive = Archive.objects.visible_to(by).one(pk=archive_id)
    by.require("directory.create_practice", archive_id=archive.pk)
    practice = Practice(archive=archive)
    assign(practice, values, allowed=PRACTICE_VALUES, by=by, archive_id=archive.pk)
    return work.create(practice)


@verb("directory.change_practice")
def change_practice(work: Work, practice_id: int, *, values: Mapping[str, Any], by: Actor, at: datetime) -> Practice:
    """Write some of a practice's columns."""
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("directory.change_practice", practice.pk)
    assign(practice, values, allowed=PRACTICE_VALUES, by=by, archive_id=practice.archive_id)
    return work.save(practice)


@verb("directory.create_room")
def create_room(work: Work, *, practice_id: int, values: Mapping[str, Any], by: Actor, at: datetime) -> Room:
    """A new room of a practice, with the resource that can be busy. Conflict where a live one has its name."""
    practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("directory.create_room", practice.pk)
    room = Room(practice=practice)
    assign(room, values, allowed=ROOM_VALUES, by=by, archive_id=practice.archive_id)
    room.resource = work.create(Resource(kind=ResourceKind.ROOM))
    return work.create(room)


@verb("directory.change_room")
def change_room(work: Work, room_id: int, *, values: Mapping[str, Any], by: Actor, at: datetime) -> Room:
    """Write a room's name, or whether it is in use."""
    room: Room = Room.objects.select_related("practice").visible_to(by).one(pk=room_id)
    by.require("directory.change_room", room.practice_id)
    assign(room, values, allowed=ROOM_VALUES, by=by, archive_id=room.practice.archive_id)
    return work.save(room)
