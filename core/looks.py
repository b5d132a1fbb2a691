"""Writing down who looked at whose records."""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from core.actor import Actor
from core.append_only import erasing
from core.models import PatientRead
from core.reads import PATIENT, Reading

logger = logging.getLogger(__name__)

# Desks ask again by themselves: the same page of the same patient is told once in this time.
ONCE_IN = timedelta(hours=1)
PAGE = 120
# Rows that one statement deletes.
CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Look:
    """One reader on one page at one moment."""

    user_id: int | None
    credential: str
    door: str
    page: str
    request_id: str
    at: datetime
    patient_ids: frozenset[int]


def record_reads(by: Actor, *, page: str, patient_ids: Iterable[int], at: datetime) -> None:
    """Write down that `by` was shown something of these patients: at once, or on SQLite within a few seconds.

    A trace that cannot be written is logged with all it would have said; it takes nothing back that was answered.
    """
    look = Look(by.user_id, by.credential, by.door, page[:PAGE], by.request_id, at, frozenset(patient_ids))
    if settings.READS_WRITTEN_AFTER_SECONDS == 0:
        _write([look])
    else:
        _pending.add(look)


def record_reading(reading: Reading, *, page: str, at: datetime) -> None:
    """`record_reads` of what a request read, where it read for somebody."""
    if reading.by is None:
        return
    try:
        patient_ids = reading.whose()
    except DatabaseError:
        logger.exception("reads: not all written: %s", page)
        patient_ids = frozenset(reading.patient_ids)
    if patient_ids:
        record_reads(reading.by, page=page, patient_ids=patient_ids, at=at)


def flush_reads() -> None:
    """Write what waits."""
    _write(_pending.take())


def forget_reads(*, at: datetime) -> int:
    """Delete what is older than it is kept (READS_KEPT_DAYS); returns how many rows."""
    before, gone = at - timedelta(days=settings.READS_KEPT_DAYS), 0
    with erasing():
        while True:
            # In the order of their ids, which is that of time: no index on the moment is needed.
            oldest = PatientRead.objects.order_by("pk").values_list("pk", "at")[:CHUNK]
            ids = [pk for pk, when in oldest if when < before]
            if not ids:
                return gone
            gone += PatientRead.objects.filter(pk__in=ids)._raw_delete(PatientRead.objects.db)


@dataclass
class _Pending:
    """Looks that wait for their moment. What waits is lost when the process is killed."""

    looks: list[Look] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    timer: threading.Timer | None = None

    def add(self, look: Look) -> None:
        """Let it wait; the first one sets the clock."""
        with self.lock:
            self.looks.append(look)
            if self.timer is None and settings.READS_WRITTEN_AFTER_SECONDS is not None:
                self.timer = threading.Timer(settings.READS_WRITTEN_AFTER_SECONDS, self._due)
                self.timer.daemon = True
                self.timer.start()

    def take(self) -> list[Look]:
        """What waits, which then waits no longer."""
        with self.lock:
            looks, self.looks, self.timer = self.looks, [], None
            return looks

    def _due(self) -> None:
        try:
            flush_reads()
        finally:
            connection.close()


_pending = _Pending()


@atexit.register
def _flush_at_the_end() -> None:
    if _pending.looks and settings.READS_WRITTEN_AFTER_SECONDS is not None:
        flush_reads()


# Ids that are no patient's fall out by themselves.
INSERT = """
INSERT INTO {reads} (at, user_id, credential, door, page, request_id, patient_id, organization_id)
SELECT %s, %s, %s, %s, %s, %s, p.id, p.organization_id FROM {patients} p
WHERE p.id {ids} AND NOT EXISTS (
  SELECT 1 FROM {reads} r WHERE r.patient_id = p.id AND r.at > %s AND r.at <= %s AND r.page = %s AND r.credential = %s
  AND COALESCE(r.user_id, 0) = %s)
"""


def _write(looks: list[Look]) -> None:
    statements = [one for look in looks for one in _statements(look)]
    if not statements:
        return
    # One statement is whole by itself; a transaction around it would be two more ways to the server with each answer.
    alone = len(statements) == 1 and not connection.in_atomic_block
    try:
        with nullcontext() if alone else transaction.atomic(), connection.cursor() as cursor:
            for sql, params in statements:
                cursor.execute(sql, params)
    except DatabaseError:
        logger.exception("reads: not written: %s", looks)


def _statements(look: Look) -> Iterator[tuple[str, list[Any]]]:
    """What writes the look down, a thousand patients at a time."""
    ids = sorted(look.patient_ids)
    adapt = connection.ops.adapt_datetimefield_value
    user = look.user_id or 0
    for first in range(0, len(ids), 1000):
        part = ids[first : first + 1000]
        # One array is read faster than hundreds of values; SQLite has none.
        array = connection.vendor == "postgresql"
        sql = INSERT.format(
            reads=PatientRead._meta.db_table,
            patients=apps.get_model(PATIENT)._meta.db_table,
            ids="= ANY(%s::bigint[])" if array else f"IN ({', '.join(['%s'] * len(part))})",
        )
        yield (
            sql,
            [
                adapt(look.at),
                look.user_id,
                look.credential,
                look.door,
                look.page,
                look.request_id,
                *([part] if array else part),
                adapt(look.at - ONCE_IN),
                adapt(look.at),
                look.page,
                look.credential,
                user,
            ],
        )
