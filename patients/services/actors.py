"""Who acts in a request: built once, from who signed in and with what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import OuterRef, Subquery

from core.actor import Actor, Kind
from core.permissions import CLINIC_ADMIN
from directory.models import AccessToken, ApiKey, Membership, Specialist, User
from directory.states import Role
from patients.models import PatientAccess
from patients.states import Relation


def actor_for(
    user: User | AnonymousUser,
    *,
    key: ApiKey | AccessToken | None = None,
    door: str,
    request_id: str = "",
    credential: str = "session",
    visitor_organizations: Callable[[], frozenset[int]] | None = None,
) -> Actor:
    """The actor of a request, in at most two queries beside those of signing in.

    A superuser may do everything. `key`, or an access token, narrows its owner: to the role in its practice (a
    superuser's: clinic admin) and that organization's patients, and a key to its scopes; those of a token are words of
    a contract, which asks for them itself. Whoever is nobody here reads `visitor_organizations()`.
    """
    carried: dict[str, Any] = {"door": door, "request_id": request_id, "credential": credential}
    if key is not None:
        carried["credential"] = key.carried_as
        carried["scopes"] = (isinstance(key, ApiKey) and frozenset(key.scopes)) or None
        carried["practice_id"] = key.practice_id
    if isinstance(user, AnonymousUser) or not user.is_active:
        carried["credential"] = ""
        return Actor(kind=Kind.VISITOR, organization_ids=_organizations(visitor_organizations), **carried)
    carried["user_id"] = user.pk
    if user.is_superuser:
        return _superuser(key, carried)
    return _member(user, key, carried, visitor_organizations)


def _superuser(key: ApiKey | AccessToken | None, carried: dict[str, Any]) -> Actor:
    if key is None or key.practice is None:
        return Actor(kind=Kind.STAFF, everything=True, **carried)
    practice = key.practice
    return Actor(
        kind=Kind.STAFF,
        roles={practice.pk: CLINIC_ADMIN},
        organizations={practice.pk: practice.organization_id},
        organization_ids=frozenset({practice.organization_id}),
        **carried,
    )


def _member(
    user: User,
    key: ApiKey | AccessToken | None,
    carried: dict[str, Any],
    visitor_organizations: Callable[[], frozenset[int]] | None,
) -> Actor:
    """Staff by their memberships, a patient by their access, or both; a visitor with a name by neither."""
    memberships = Membership.objects.filter(user=user)
    access = PatientAccess.objects.filter(user=user).order_by("pk")
    if key is not None and key.practice is not None:
        memberships = memberships.filter(practice_id=key.practice.pk)
        access = access.filter(patient__organization_id=key.practice.organization_id)

    roles: dict[int, str] = {}
    organizations: dict[int, int] = {}
    specialist_ids: set[int] = set()
    works = memberships.annotate(specialist_id=_as_specialist())
    columns = ("practice_id", "practice__organization_id", "role", "specialist_id")
    for practice_id, organization_id, role, specialist_id in works.values_list(*columns):
        roles[practice_id] = role
        organizations[practice_id] = organization_id
        if role == Role.SPECIALIST and specialist_id is not None:
            specialist_ids.add(specialist_id)

    patients = list(access.values_list("patient_id", "relation", "patient__organization_id"))
    organization_ids = frozenset(organizations.values()) | {
        organization_id for _pk, _relation, organization_id in patients
    }
    kind = Kind.STAFF if roles else Kind.PATIENT if patients else Kind.VISITOR
    return Actor(
        kind=kind,
        roles=roles,
        organizations=organizations,
        organization_ids=_organizations(visitor_organizations) if kind == Kind.VISITOR else organization_ids,
        specialist_ids=frozenset(specialist_ids),
        patient_ids=frozenset(pk for pk, _relation, _organization_id in patients),
        own_patient_id=_own([(pk, relation) for pk, relation, _organization_id in patients]),
        **carried,
    )


def _as_specialist() -> Subquery:
    """The membership's user as a specialist of the practice's organization; there is at most one."""
    same = Specialist.objects.live().filter(
        user_id=OuterRef("user_id"), organization_id=OuterRef("practice__organization_id")
    )
    return Subquery(same.values("pk")[:1])


def _own(patients: list[tuple[int, str]]) -> int | None:
    """Whom the user means without saying so: themselves, else the only one they act for."""
    selves = [pk for pk, relation in patients if relation == Relation.SELF]
    candidates = selves or [pk for pk, _relation in patients]
    return candidates[0] if len(candidates) == 1 else None


def _organizations(visitor_organizations: Callable[[], frozenset[int]] | None) -> frozenset[int]:
    return frozenset() if visitor_organizations is None else visitor_organizations()
