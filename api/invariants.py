"""Invariants of stored replies."""

from __future__ import annotations

from collections.abc import Iterable

from django.apps import apps
from django.db.models import Exists, OuterRef

from api.models import IdempotencyKey
from core.invariants import Invariant
from core.models import AuditEntry


def _object_is_missing() -> Iterable[int]:
    """Keys whose object is gone although nobody deleted it."""
    deleted = AuditEntry.objects.filter(
        object_kind=OuterRef("object_kind"), object_id=OuterRef("object_id"), action=AuditEntry.Action.DELETE
    )
    rows = IdempotencyKey.objects.exclude(object_kind="").filter(~Exists(deleted))
    kinds = rows.order_by().values_list("object_kind", flat=True).distinct()
    for kind in sorted(kinds):
        there = apps.get_model(kind)._base_manager.filter(pk=OuterRef("object_id"))
        yield from rows.filter(~Exists(there), object_kind=kind).values_list("pk", flat=True)


def _unanswered() -> Iterable[int]:
    return IdempotencyKey.objects.filter(status=None).values_list("pk", flat=True)


INVARIANTS = [
    Invariant("api.kept_reply_has_object", "what a kept reply says was made is there", _object_is_missing),
    Invariant("api.kept_reply_is_whole", "a key that was committed has its reply", _unanswered),
]
