"""The lock of whatever can be busy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Case, Q, QuerySet, When
from django.utils.translation import gettext as _

from core.errors import Conflict
from core.locks import lock_only, lock_prepared, locking
from core.prepared import Among, Prepared
from directory.models import Resource

PUT_AWAY = (
    Q(specialist__archived_at__isnull=False)
    | Q(specialist__scheduling_active=False)
    | Q(room__archived_at__isnull=False)
    | Q(room__is_active=False)
    | Q(patient__archived_at__isnull=False)
)


def _to_lock() -> QuerySet[Any, Any]:
    """The resources with the `ids`, each with when it was retired and whether its person or room is put away."""
    put_away = Case(When(PUT_AWAY, then=True), default=False, output_field=BooleanField())
    rows = Resource.objects.filter(Among("pk", "ids")).annotate(put_away=put_away).order_by("pk")
    return locking(rows).values_list("pk", "retired_at", "put_away")


_with_ids = Prepared(_to_lock)


def lock_resources(ids: Iterable[int]) -> set[int]:
    """Lock the resources until the transaction ends: the first thing every claiming verb does.

    Returns those whose person, patient or room is archived or switched off, which a verb may have read before that
    was so. Where one was retired, because its patient was merged into another, the verb starts over and reads whose
    visit it is now; where that is still the merged record, it is a Conflict. On SQLite nothing can have changed since
    the verb began.
    """
    if not connection.features.has_select_for_update:
        lock_only(Resource, ids)
        return set()
    found = lock_prepared(_with_ids, ids=wanted) if (wanted := set(ids)) else []
    if any(retired_at is not None for _pk, retired_at, _put_away in found):
        refusal = Conflict(_("The patient was merged into another."), code="merged")
        refusal.unforeseen = True
        raise refusal
    return {pk for pk, _retired_at, put_away in found if put_away}
