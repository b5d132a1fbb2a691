"""What must always be true of the directory, beyond its constraints."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F, Q

from core.invariants import Invariant
from core.permissions import all_scopes
from directory.models import ApiKey, Room, Specialist, SpecialistPractice
from directory.states import ResourceKind


def _works_elsewhere() -> Iterable[int]:
    strays = SpecialistPractice.objects.exclude(practice__organization_id=F("specialist__organization_id"))
    return strays.order_by("specialist_id").values_list("specialist_id", flat=True).distinct()


def _organizations_differ() -> Iterable[int]:
    specialty = Q(specialty__isnull=True) | Q(specialty__organization_id=F("organization_id"))
    service = Q(default_service__isnull=True) | Q(default_service__organization_id=F("organization_id"))
    return Specialist.objects.exclude(specialty & service).values_list("pk", flat=True)


def _persons_differ() -> Iterable[int]:
    return Specialist.objects.exclude(resource__kind=ResourceKind.PERSON).values_list("pk", flat=True)


def _rooms_differ() -> Iterable[int]:
    return Room.objects.exclude(resource__kind=ResourceKind.ROOM).values_list("pk", flat=True)


def _scopes_unknown() -> Iterable[int]:
    known = set(all_scopes())
    keys = ApiKey.objects.filter(revoked_at=None).values_list("pk", "scopes")
    return (pk for pk, scopes in keys.iterator() if not known.issuperset(scopes))


INVARIANTS = [
    Invariant(
        "directory.works_in_organization", "a specialist works at practices of their organization", _works_elsewhere
    ),
    Invariant(
        "directory.one_organization",
        "a specialist's specialty and default service are their organization's",
        _organizations_differ,
    ),
    Invariant("directory.specialist_is_person", "a specialist's resource is a person", _persons_differ),
    Invariant("directory.room_is_room", "a room's resource is a room", _rooms_differ),
    Invariant("directory.known_scopes", "a key that may open is narrowed to scopes that exist", _scopes_unknown),
]
