"""The lock of whatever can be busy."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.utils.translation import gettext as _

from core.errors import Conflict
from core.locks import lock_only, lock_prepared, locking
from core.prepared import Among, Prepared
from directory.models import Resource

_with_ids = Prepared(
    lambda: locking(Resource.objects.filter(Among("pk", "ids")).order_by("pk")).values_list("retired_at")
)


def lock_resources(ids: Iterable[int]) -> None:
    """Lock the resources until the transaction ends: the first thing every claiming verb does.

    Where one was retired, because its patient was merged into another, the verb starts over and reads whose visit it is
    now; where that is still the merged record, it is a Conflict. On SQLite nothing can have changed since the verb
    began.
    """
    if not connection.features.has_select_for_update:
        lock_only(Resource, ids)
    elif (wanted := set(ids)) and any(at is not None for (at,) in lock_prepared(_with_ids, ids=wanted)):
        refusal = Conflict(_("The patient was merged into another."), code="merged")
        refusal.unforeseen = True
        raise refusal
