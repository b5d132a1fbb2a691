"""Sealing the history: a chain of digests, each of an entry and all before it, so that changes are noticed.

Sealing happens afterwards, by a command; a booking never waits for it. The last link, which the command prints, shows a
chain that was rewritten as a whole, where it is kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from core.models import AuditEntry, AuditSeal
from core.prepared import there_is

# A transaction that began before has mostly ended by then; its entries may be older than some that are sealed already.
SETTLED = timedelta(minutes=10)
# That does not prove that all is committed: sealing looks back so far for late entries.
LATEST = timedelta(days=1)
CHUNK = 2000
BEGINNING = "0" * 64
COLUMNS = (
    "id", "at", "user_id", "actor_kind", "credential", "door", "request_id", "verb", "action", "object_kind",
    "object_id", "organization_id", "practice_id", "changes", "address", "agent",
)  # fmt: skip
# Entries that were sealed before there were these columns have nothing in them.
LATER_COLUMNS = frozenset({"address", "agent"})


def seal_history(*, at: datetime) -> tuple[int, str]:
    """Seal the entries that are not sealed yet, in the order of their moments; return their number and the last link.

    It looks for bare entries from a day before the last sealed one on, so that a night need not read years.
    """
    sealed = 0
    while True:
        with transaction.atomic():
            last = AuditSeal.objects.select_for_update().order_by("-pk").first()
            link = last.link if last else BEGINNING
            bare = AuditEntry.objects.filter(~there_is(AuditSeal.objects.filter(entry=OuterRef("pk"))))
            bare = bare.filter(at__lt=at - SETTLED)
            until = AuditEntry.objects.filter(pk=last.entry_id).values_list("at", flat=True).first() if last else None
            if until is not None:
                bare = bare.filter(at__gte=until - LATEST)
            rows = list(bare.order_by("at", "pk").values(*COLUMNS)[:CHUNK])
            seals = []
            for row in rows:
                digest = digest_of(row)
                link = linked(link, digest)
                seals.append(AuditSeal(entry_id=row["id"], digest=digest, link=link))
            AuditSeal.objects.bulk_create(seals)
        sealed += len(seals)
        if len(rows) < CHUNK:
            return sealed, link


def broken_seals() -> Iterator[int]:
    """Yield the ids of entries that were changed, removed or slipped in, and of breaks in the chain.

    Slipped in is an entry without a seal from more than a day before the last sealed one: sealing would have found it.
    """
    link = BEGINNING
    seals = AuditSeal.objects.order_by("pk").values_list("entry_id", "digest", "link")
    rows: dict[int, dict[str, Any]] = {}
    part: list[tuple[int, str, str]] = []

    def check() -> Iterator[int]:
        nonlocal link
        rows.clear()
        for row in AuditEntry.objects.filter(pk__in=[one[0] for one in part]).values(*COLUMNS):
            rows[row["id"]] = row
        for entry_id, digest, after in part:
            link = linked(link, digest)
            if link != after or entry_id not in rows or digest_of(rows[entry_id]) != digest:
                yield entry_id
            link = after

    for seal in seals.iterator(chunk_size=CHUNK):
        part.append(seal)
        if len(part) == CHUNK // 4:
            yield from check()
            part.clear()
    yield from check()
    last = AuditSeal.objects.order_by("-pk").values_list("entry__at", flat=True).first()
    if last is not None:
        bare = AuditEntry.objects.filter(~Exists(AuditSeal.objects.filter(entry=OuterRef("pk"))), at__lt=last - LATEST)
        yield from bare.order_by("pk").values_list("pk", flat=True)


def digest_of(row: dict[str, Any]) -> str:
    """Return the digest of an entry's columns, the same on both engines."""
    told = {name: value for name, value in row.items() if value or name not in LATER_COLUMNS}
    told = {**told, "at": row["at"].astimezone(UTC).isoformat()}
    return hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def linked(before: str, digest: str) -> str:
    """Return the next link of the chain."""
    return hashlib.sha256(f"{before}{digest}".encode()).hexdigest()
