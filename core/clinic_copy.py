"""Export of a whole clinic into a folder, and import into an empty database: every table, column and file.

A copy is no import: what stands in the tables went through the verbs once, and its history comes with it. So rows are
written as they stood, under their ids; the database's constraints, a checksum for each table and the invariants say
whether the clinic is the same, and where one does not, nothing is kept.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.apps import apps
from django.core.files.base import File
from django.core.files.storage import Storage
from django.core.management.color import no_style
from django.db import DataError, IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from core.actor import Actor
from core.audit import Entry, write_entries
from core.bulk_write import insert_tuples
from core.errors import Conflict, InvalidInput
from core.invariants import check_all
from core.models import AuditEntry

FORMAT = 1
MANIFEST, TABLES, FILES = "clinic.json", "tables", "files"
CHUNK = 2000

# What does not go along, and why.
STAYS = {
    "admin.logentry": "Django's own log; the history is the audit",
    "auth.group": "permissions are tables of ours; no group is used",
    "auth.group_permissions": "likewise",
    "auth.permission": "made by the migrations of each database",
    "contenttypes.contenttype": "made by the migrations of each database",
    "directory.user_groups": "no group is used",
    "directory.user_user_permissions": "permissions are tables of ours",
    "sessions.session": "everyone signs in again",
}


OTHER_VERSION = _lazy(
    "A version of the program with other tables wrote this copy: bring both sides to the same version first."
)


@dataclass(frozen=True, slots=True)
class TableCopy:
    """A table's number of rows, and the SHA-256 of its lines."""

    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ClinicCopy:
    """What was written or read: each table by its model's name, and how many files.

    `lost` are names of files that rows name and that were gone, `broken` the invariants that did not hold.
    """

    tables: dict[str, TableCopy]
    files: int
    lost: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """The number of rows in all tables."""
        return sum(table.rows for table in self.tables.values())


def copied_models() -> list[type[models.Model]]:
    """Return every model whose rows are copied."""
    every = apps.get_models(include_auto_created=True)
    return [model for model in every if model._meta.managed and model._meta.label_lower not in STAYS]


def write_clinic(folder: Path, *, by: Actor, at: datetime) -> ClinicCopy:
    """Write every table as of one moment into `folder`, and the files that rows name. InvalidInput for one in use.

    The copy holds what a backup holds, passwords as they are stored among it: only its owner may read it.
    """
    by.require("core.copy_clinic")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise InvalidInput({"": _("There is something in %(folder)s already; name a new folder.") % {"folder": folder}})
    (folder / TABLES).mkdir(mode=0o700)
    tables: dict[str, TableCopy] = {}
    files, lost = 0, []
    with _as_of_one_moment():
        for model in copied_models():
            with _private(folder / TABLES / f"{model._meta.label_lower}.jsonl") as file:
                tables[model._meta.label_lower] = _write_table(model, file)
        for storage, name in _files():
            if _write_file(folder / FILES, storage, name):
                files += 1
            else:
                lost.append(name)
        broken = _broken()
    copy = ClinicCopy(tables, files, tuple(lost), broken)
    told = {"format": FORMAT, "written_at": at.isoformat(), **asdict(copy)}
    with _private(folder / MANIFEST) as file:
        file.write(json.dumps(told, indent=1).encode())
    _note("core.copy_clinic", AuditEntry.Action.EXPORT, copy, by=by, at=at)
    return copy


def read_clinic(folder: Path, *, by: Actor, at: datetime, dry_run: bool = False) -> ClinicCopy:
    """Read a copy into the database, which must be empty. All of it or nothing.

    Raises InvalidInput for a folder without a copy and for one that another version wrote; Conflict for a database
    that holds something, for a table that does not come out as it went in, and for a broken invariant.
    """
    by.require("core.copy_clinic")
    told = _manifest(folder)
    stored: list[tuple[Storage, str]] = []
    try:
        with transaction.atomic():
            _refuse_used_database()
            for model in copied_models():
                with (folder / TABLES / f"{model._meta.label_lower}.jsonl").open("rb") as file:
                    _read_table(model, file)
            connection.check_constraints()
            _reset_sequences()
            tables = {model._meta.label_lower: _write_table(model, None) for model in copied_models()}
            if different := [label for label, table in tables.items() if asdict(table) != told["tables"][label]]:
                reason = _("These tables did not come out as they went in: %(tables)s. Nothing was kept.")
                raise Conflict(reason % {"tables": ", ".join(different)}, code="different")
            for storage, name in _files():
                if _read_file(folder / FILES, storage, name):
                    stored.append((storage, name))
            broken = _broken()
            if worse := set(broken) - set(told["broken"]):
                reason = _("These invariants do not hold in the copy: %(names)s. Nothing was kept.")
                raise Conflict(reason % {"names": ", ".join(sorted(worse))}, code="broken")
            copy = ClinicCopy(tables, told["files"], tuple(told["lost"]), broken)
            _note("core.copy_clinic", AuditEntry.Action.CREATE, copy, by=by, at=at)
            transaction.set_rollback(dry_run)
    except (IntegrityError, DataError) as error:
        _delete(stored)
        reason = _(
            "The database refuses rows of the copy, which was changed or is not whole: %(why)s. Nothing was kept."
        )
        raise Conflict(reason % {"why": str(error).splitlines()[0]}, code="different") from error
    except BaseException:
        _delete(stored)
        raise
    if dry_run:
        _delete(stored)
    return copy


@contextmanager
def _as_of_one_moment() -> Iterator[None]:
    nested = connection.in_atomic_block
    with transaction.atomic():
        if connection.vendor == "postgresql" and not nested:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


@contextmanager
def _private(path: Path) -> Iterator[BinaryIO]:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file


def _names(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _write_table(model: type[models.Model], file: BinaryIO | None) -> TableCopy:
    """Write the column names and then each row to `file`; with None only compute the checksum."""
    names, fields = _names(model), model._meta.concrete_fields
    rows: Iterable[list[Any]] = (
        [_plain(value, field) for value, field in zip(row, fields, strict=True)]
        for row in model._base_manager.order_by("pk").values_list(*names).iterator(chunk_size=CHUNK)
    )
    digest, lines = hashlib.sha256(), 0
    for one in chain([names], rows):
        line = json.dumps(one, ensure_ascii=False, sort_keys=True).encode() + b"\n"
        digest.update(line)
        lines += 1
        if file is not None:
            file.write(line)
    return TableCopy(lines - 1, digest.hexdigest())


def _plain(value: Any, field: Any) -> Any:
    """Return a value as JSON stores it, the same from either engine."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value.quantize(Decimal(1).scaleb(-field.decimal_places)))
    if isinstance(value, UUID):
        return str(value)
    return value


def _read_table(model: type[models.Model], file: BinaryIO) -> None:
    names = json.loads(file.readline())
    if names != _names(model):
        raise InvalidInput({"": OTHER_VERSION})
    fields = model._meta.concrete_fields
    # JSON columns are values already, and a text in one is no JSON of its own.
    takes = [None if isinstance(one, models.JSONField) else one.to_python for one in fields]
    while chunk := list(islice(file, CHUNK)):
        told = (zip(takes, json.loads(line), strict=True) for line in chunk)
        insert_tuples(model, names, [[take(value) if take else value for take, value in row] for row in told])


def _reset_sequences() -> None:
    """Make new rows get ids after the imported ones."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), copied_models()):
            cursor.execute(statement)


def _refuse_used_database() -> None:
    for model in copied_models():
        if model._base_manager.exists():
            reason = _("The database holds %(what)s already; a clinic is read into an empty one, after `migrate`.")
            raise Conflict(reason % {"what": model._meta.verbose_name_plural}, code="not_empty")


def _broken() -> tuple[str, ...]:
    return tuple(one.invariant.name for one in check_all() if one.ids or one.failed)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        reason = _("There is no copy of a clinic in %(folder)s: %(name)s is missing.")
        raise InvalidInput({"": reason % {"folder": folder, "name": MANIFEST}}) from None
    except ValueError:
        raise InvalidInput({"": _("%(name)s cannot be read.") % {"name": MANIFEST}}) from None
    labels = {model._meta.label_lower for model in copied_models()}
    if told.get("format") != FORMAT or set(told["tables"]) != labels:
        raise InvalidInput({"": OTHER_VERSION})
    return told


def _files() -> Iterator[tuple[Storage, str]]:
    """Yield each file that a row names, with its storage."""
    for model in copied_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.FileField):
                names = (
                    model._base_manager.exclude(**{field.name: ""}).order_by("pk").values_list(field.name, flat=True)
                )
                for name in names.iterator(chunk_size=CHUNK):
                    if name:
                        yield field.storage, str(name)


def _beneath(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise InvalidInput({"": _("“%(name)s” is not the name of a file in the copy.") % {"name": name}})
    return path


def _write_file(folder: Path, storage: Storage, name: str) -> bool:
    """Copy a stored file; return False if it is missing."""
    path = _beneath(folder, name)
    try:
        with storage.open(name, "rb") as stored:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _private(path) as file:
                for block in stored.chunks():
                    file.write(block)
    except FileNotFoundError:
        return False
    return True


def _read_file(folder: Path, storage: Storage, name: str) -> bool:
    """Store a file under its name; an existing one stays, as when the storage is the same."""
    path = _beneath(folder, name)
    if not path.is_file() or storage.exists(name):
        return False
    with path.open("rb") as file:
        kept = storage.save(name, File(file))
    if kept != name:
        storage.delete(kept)
        raise Conflict(_("The storage would not keep “%(name)s” under its name.") % {"name": name}, code="files")
    return True


def _delete(stored: Iterable[tuple[Storage, str]]) -> None:
    for storage, name in stored:
        storage.delete(name)


def _note(verb: str, action: str, copy: ClinicCopy, *, by: Actor, at: datetime) -> None:
    """Record in the history that the clinic was copied, and how many rows."""
    write_entries(
        [
            Entry(
                at=at,
                user_id=by.user_id,
                actor_kind=by.kind,
                credential=by.credential,
                door=by.door,
                request_id=by.request_id,
                verb=verb,
                action=action,
                object_kind="clinic",
                object_id=0,
                organization_id=None,
                practice_id=None,
                changes={"rows": [None, copy.rows], "files": [None, copy.files]},
                address=None,
                agent="",
            )
        ]
    )
