"""Which objects of ours the ids of another system name."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import CharField, IntegerField

from core.models import ExternalId
from core.prepared import Among, Prepared, hole

# Thousands of ids are one parameter here: as one each, Django and the driver take longer than the database.
NAMED = Prepared(
    lambda: ExternalId.objects.filter(
        Among("external_id", "names"),
        organization_id=hole("organization", IntegerField()),
        source=hole("source", CharField()),
        kind=hole("kind", CharField()),
    ).values_list("external_id", "object_id")
)


def objects_named(names: Collection[str], *, organization_id: int, source: str, kind: str) -> dict[str, int]:
    """External id -> our id, of those that are known; `kind` is a model's label in small letters."""
    return dict(NAMED(organization=organization_id, source=source, kind=kind, names=names))
