"""`unit_of_work`, the transaction of every verb, with its history, retries and domain errors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, models, transaction

from core import locks
from core.actor import Actor
from core.audit import Entry, column_names, entry_for, entry_of_new, read_places, write_entries
from core.bulk_write import insert_many, is_plain, update_many, update_one
from core.checks import check_values
from core.db_errors import Retry, translate
from core.errors import Conflict, Missing, Unavailable
from core.models import AuditEntry, ClinicModel, Remembering, Stored

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound=Remembering)

RETRIES = 3

# Every verb by name.
VERBS: dict[str, Callable[..., Any]] = {}


class Work:
    """The writer that a verb gets: each write is checked, dated with `at` and recorded in the history."""

    def __init__(self, verb: str, by: Actor, at: datetime) -> None:
        self.verb = verb
        self.by = by
        self.at = at
        self.entries: list[Entry] = []

    def create(self, obj: S) -> S:
        """Insert `obj`."""
        self._date(obj, new=True)
        check_values(obj)
        if is_plain(type(obj)):
            insert_many([obj])
        else:
            obj.save(force_insert=True)
        self._created(obj)
        return obj

    def create_many(self, objs: Iterable[S], *, checked: bool = False) -> list[S]:
        """Insert all `objs` of one model, set-wise, each with its history (`checked`: the caller has checked them)."""
        rows = list(objs)
        for obj in rows:
            self._date(obj, new=True)
            if not checked:
                check_values(obj)
        entries: list[Entry] = []

        def note() -> None:
            for obj in rows:
                entries.append(entry_of_new(self, obj))
                obj.remember(column_names(type(obj)))

        read_places(rows)
        insert_many(rows, meanwhile=note)
        self.entries += entries
        return rows

    def save_many(self, objs: Iterable[S], *, checked: bool = False) -> list[S]:
        """`save` for many rows of one model, set-wise; returns those that changed (`checked`: already checked)."""
        written: list[tuple[S, dict[str, tuple[Any, Any]]]] = []
        for obj in objs:
            if not checked:
                check_values(obj, only=obj.changes().keys())
            if changes := obj.changes():
                self._date(obj)
                written.append((obj, changes))
        dated = ["updated_at"] if written and isinstance(written[0][0], ClinicModel) else []
        update_many([(obj, [*changes, *dated]) for obj, changes in written])
        for obj, changes in written:
            self.entries.append(entry_for(self, obj, AuditEntry.Action.CHANGE, changes))
            obj.remember([f.attname for f in obj._meta.concrete_fields])
        return [obj for obj, _ in written]

    def append(self, *rows: models.Model) -> None:
        """Insert rows of one append-only model; they are a history themselves and get no audit entry."""
        for row in rows:
            check_values(row)
        insert_many(rows)

    def save(self, obj: S) -> S:
        """Write the columns of `obj` that differ from what the database held; does nothing if none does."""
        check_values(obj, only=obj.changes().keys())
        changes = obj.changes()  # compared as cleaned values: "40" equals the stored 40.00
        if not changes:
            return obj
        self._date(obj)
        written = {field.attname: field.name for field in obj._meta.concrete_fields if field.attname in changes}
        if isinstance(obj, ClinicModel):
            written["updated_at"] = "updated_at"
        if is_plain(type(obj)):
            if not update_one(obj, written):
                raise Missing
        else:
            obj.save(update_fields=written.values())
        self.entries.append(entry_for(self, obj, AuditEntry.Action.CHANGE, changes))
        obj.remember([field.attname for field in obj._meta.concrete_fields])
        return obj

    def delete(self, obj: Remembering) -> None:
        """Delete the row. Conflict if something refers to it, Missing if somebody else deleted it first."""
        before = {name: (value, None) for name, value in obj.__dict__.get("_stored", {}).items()}
        entry = entry_for(self, obj, AuditEntry.Action.DELETE, before)
        if not obj.delete()[0]:
            raise Missing
        self.entries.append(entry)

    def on_commit(self, call: Callable[[], Any]) -> None:
        """Run `call` (mail, network, storage) after the commit; a failure is logged and undoes nothing."""
        transaction.on_commit(call, robust=True)

    def _date(self, obj: Remembering, *, new: bool = False) -> None:
        if new and isinstance(obj, Stored):
            obj.created_at = self.at
        if isinstance(obj, ClinicModel):
            obj.updated_at = self.at

    def _created(self, obj: Remembering) -> None:
        self.entries.append(entry_of_new(self, obj))
        obj.remember(column_names(type(obj)))


_current: ContextVar[Work | None] = ContextVar("_current", default=None)


@contextmanager
def unit_of_work(verb: str, *, by: Actor, at: datetime) -> Iterator[Work]:
    """Open a transaction for `verb` (nested: a savepoint) with its history; database errors become domain errors.

    The outermost writes all audit entries in one statement before it commits. Raises what `translate` says.
    """
    outer = _current.get()
    work = Work(verb, by, at)
    token = _current.set(work)
    held = locks.taken.set([]) if outer is None else None
    try:
        with transaction.atomic():
            yield work
            if outer is None:
                write_entries(work.entries)
        if outer is not None:
            outer.entries.extend(work.entries)
    except (DatabaseError, models.ProtectedError) as error:
        raise translate(error) from error
    finally:
        _current.reset(token)
        if held is not None:
            locks.taken.reset(held)


def trying(call: Callable[[], R]) -> R:
    """Run `call`, a whole transaction, again up to three times when that may help.

    Where the database gave up on a serialization failure or a deadlock; and once when only its constraint noticed an
    overlap: another booking came first, and now the verb itself can name it. Raises Unavailable after the last try.
    """
    unforeseen = False
    for attempt in range(RETRIES + 1):
        try:
            return call()
        except Conflict as refusal:
            if not refusal.unforeseen or unforeseen or attempt == RETRIES:
                raise
            unforeseen = True
        except Retry:
            if attempt < RETRIES:
                time.sleep(0.01 * 2**attempt)
    raise Unavailable


def verb(function: Callable[Concatenate[Work, P], R]) -> Callable[P, R]:
    """Decorator that makes a function a verb: it gets its `Work` first, and its caller passes `by=` and `at=`.

    The verb is named after its app and the function (`orders.ship_order`): so the history calls it. A second function
    of the same name is an error. The outermost verb is tried again as `trying` says; inside another unit of work only
    the outermost can.
    """
    name = f"{function.__module__.partition('.')[0]}.{function.__name__.removeprefix('_')}"
    if name in VERBS:
        raise ValueError(f"two functions want to be the verb {name}")

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        by, at = kwargs["by"], kwargs["at"]
        assert isinstance(by, Actor)  # noqa: S101 a programming error, not input
        assert isinstance(at, datetime)  # noqa: S101 likewise

        def once() -> R:
            with unit_of_work(name, by=by, at=at) as work:
                return function(work, *args, **kwargs)

        # Inside another unit of work only the outermost can start over.
        return once() if _current.get() is not None else trying(once)

    VERBS[name] = run
    return run


@contextmanager
def long_running() -> Iterator[None]:
    """Lift PostgreSQL's time limits for a command with long statements; never for a request.

    It still gives up on a lock after a minute. SQLite gets room for the pages of its indexes: with its own 2 MB, a
    table of 60,000 patients is written at 216 µs of CPU a row instead of 202.
    """
    is_postgresql = connection.vendor == "postgresql"
    begin, end = LIFT_LIMITS if is_postgresql else ROOM_FOR_PAGES
    with connection.cursor() as cursor:
        for statement in begin:
            cursor.execute(statement)
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                for statement in end:
                    cursor.execute(statement)


LIFT_LIMITS = (
    ("SET statement_timeout = 0", "SET idle_in_transaction_session_timeout = 0", "SET lock_timeout = 60000"),
    ("RESET statement_timeout", "RESET idle_in_transaction_session_timeout", "RESET lock_timeout"),
)

# 64 MB (in KiB), and so many pages (of 4 KiB) in the log before they are copied into the table; then as usual.
ROOM_FOR_PAGES = (
    ("PRAGMA cache_size = -65536", "PRAGMA wal_autocheckpoint = 8000"),
    (f"PRAGMA cache_size = {settings.SQLITE_CACHE_SIZE}", "PRAGMA wal_autocheckpoint = 1000"),
)
