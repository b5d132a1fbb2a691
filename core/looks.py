"""Writing down who looked at whose records."""

from __future__ import annotations

import atexit
import json
import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakSet

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, OuterRef

from core.actor import Actor
from core.append_only import erasing
from core.models import Look, PatientLook
from core.reads import PATIENT, Reading

logger = logging.getLogger(__name__)

# Desks ask again by themselves: the same page of the same patient is told once in this time.
ONCE_IN = timedelta(hours=1)
PAGE = 120
# Patients whom one statement writes, and looks that one transaction forgets.
CHUNK, FORGOTTEN = 1000, 500


@dataclass(frozen=True, slots=True)
class NewLook:
    """One reader on one page at one moment, and whom the page showed."""

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
    look = NewLook(by.user_id, by.credential, by.door, page[:PAGE], by.request_id, at, frozenset(patient_ids))
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
    """Delete what is older than it is kept (READS_KEPT_DAYS); returns how many patients' rows."""
    before, gone = at - timedelta(days=settings.READS_KEPT_DAYS), 0
    with erasing():
        while True:
            # In the order of their ids, which is that of time: no index on the moment is needed.
            oldest = Look.objects.order_by("pk").values_list("pk", "at")[:FORGOTTEN]
            ids = [pk for pk, when in oldest if when < before]
            if not ids:
                return gone
            with transaction.atomic():
                rows = PatientLook.objects.filter(look__in=ids)
                gone += rows._raw_delete(rows.db)
                looks = Look.objects.filter(pk__in=ids)
                looks._raw_delete(looks.db)


def rows_without_look() -> Iterator[int]:
    """The patients' rows whose look is not there, or was at another moment."""
    look = Look.objects.filter(pk=OuterRef("look_id"), at=OuterRef("at"))
    yield from PatientLook.objects.filter(~Exists(look)).order_by("pk").values_list("pk", flat=True).iterator()


@dataclass
class _Pending:
    """Looks that wait for their moment. What waits is lost when the process is killed."""

    looks: list[NewLook] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    timer: threading.Timer | None = None

    def add(self, look: NewLook) -> None:
        """Let it wait; the first one sets the clock."""
        with self.lock:
            self.looks.append(look)
            if self.timer is None and settings.READS_WRITTEN_AFTER_SECONDS is not None:
                self.timer = threading.Timer(settings.READS_WRITTEN_AFTER_SECONDS, self._due)
                self.timer.daemon = True
                self.timer.start()

    def take(self) -> list[NewLook]:
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


# Whom a page showed, but for those whom the same reader was shown on it within the hour. Ids that are no patient's fall
# out by themselves. Each patient's looks, and each one's reader, are looked up by themselves: a join would take longer
# to plan than to read, and of NOT EXISTS PostgreSQL makes one.
SHOWN = """
SELECT p.id, p.organization_id FROM {patients} p WHERE p.id {ids} AND (
  SELECT 1 FROM core_patientlook r WHERE r.patient_id = p.id AND r.at > %(since)s AND r.at <= %(at)s AND (
    SELECT l.page = %(page)s AND l.credential = %(credential)s AND COALESCE(l.user_id, 0) = COALESCE(%(user_id)s, 0)
    FROM core_look l WHERE l.id = r.look_id) LIMIT 1) IS NULL
"""
LOOKS = """
INSERT INTO core_look (at, user_id, credential, door, page, request_id, organization_id)
SELECT %(at)s, %(user_id)s, %(credential)s, %(door)s, %(page)s, %(request_id)s, organization_id
FROM (SELECT DISTINCT organization_id FROM {shown}) organizations RETURNING id, organization_id
"""
# Of nobody there is no look.
AT_ONCE = """
WITH shown AS ({shown}), looks AS ({looks}) INSERT INTO core_patientlook (look_id, patient_id, at)
SELECT looks.id, shown.id, %(at)s FROM shown JOIN looks USING (organization_id)
"""
ONE_LOOK = """
INSERT INTO core_patientlook (look_id, patient_id, at)
SELECT %(look)s, shown.id, %(at)s FROM ({shown}) shown WHERE organization_id = %(organization)s
"""
# What the statements are given, and as what PostgreSQL takes it.
GIVEN = {
    "at": "timestamptz",
    "since": "timestamptz",
    "user_id": "bigint",
    "credential": "text",
    "door": "text",
    "page": "text",
    "request_id": "text",
    "ids": "bigint[]",
}
PREPARE = f"PREPARE clinic_look ({', '.join(GIVEN.values())}) AS "
PLACES = {name: f"${number}" for number, name in enumerate(GIVEN, 1)}
EXECUTE = f"EXECUTE clinic_look ({', '.join(f'%({name})s' for name in GIVEN)})"
_prepared: WeakSet[Any] = WeakSet()


def _write(looks: list[NewLook]) -> None:
    parts = [one for look in looks for one in _parts(look)]
    if not parts:
        return
    at_once = connection.vendor == "postgresql"
    # One statement is whole by itself; a transaction around it would be two more ways to the server with each answer.
    alone = at_once and len(parts) == 1 and not connection.in_atomic_block
    try:
        with nullcontext() if alone else transaction.atomic(), connection.cursor() as cursor:
            for part in parts:
                _write_at_once(cursor, part) if at_once else _write_in_turn(cursor, part)
    except DatabaseError:
        logger.exception("reads: not written: %s", looks)


def _parts(look: NewLook) -> Iterator[dict[str, Any]]:
    """What the statements are given to write the look down, a thousand patients at a time."""
    adapt = connection.ops.adapt_datetimefield_value
    said = {
        "at": adapt(look.at),
        "since": adapt(look.at - ONCE_IN),
        "user_id": look.user_id,
        "credential": look.credential,
        "door": look.door,
        "page": look.page,
        "request_id": look.request_id,
    }
    ids = sorted(look.patient_ids)
    for first in range(0, len(ids), CHUNK):
        yield said | {"ids": ids[first : first + CHUNK]}


def _write_at_once(cursor: Any, part: dict[str, Any]) -> None:
    """The look and its patients in one statement, which only PostgreSQL can.

    It would take as long to plan as to run, so that each connection prepares it once; behind a pooler, which gives the
    next transaction another connection, none can. An array is sent quickest as text.
    """
    part = part | {"ids": f"{{{','.join(map(str, part['ids']))}}}"}
    pooled = connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS")
    if pooled or connection.connection not in _prepared:
        shown = SHOWN.format(patients=_patients(), ids="= ANY(%(ids)s::bigint[])")
        sql = AT_ONCE.format(shown=shown, looks=LOOKS.format(shown="shown"))
        if pooled:
            cursor.execute(sql, part)
            return
        cursor.execute(PREPARE + sql % PLACES)
        _prepared.add(connection.connection)
    cursor.execute(EXECUTE, part)


def _write_in_turn(cursor: Any, part: dict[str, Any]) -> None:
    """First the looks, one for each organization, then the patients of each: in a transaction, which writes alone."""
    shown = SHOWN.format(patients=_patients(), ids="IN (SELECT value FROM json_each(%(ids)s))")
    part = part | {"ids": json.dumps(part["ids"])}
    cursor.execute(LOOKS.format(shown=f"({shown})"), part)
    for look, organization in cursor.fetchall():
        cursor.execute(ONE_LOOK.format(shown=shown), part | {"look": look, "organization": organization})


def _patients() -> str:
    table: str = apps.get_model(PATIENT)._meta.db_table
    return table
