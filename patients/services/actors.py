"""The actor of a request, built once from the account that signed in and its credential."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser

from core.actor import Actor, Kind
from core.permissions import CLINIC_ADMIN
from directory.models import AccessToken, ApiKey, User
from directory.services import rights_of, rights_read
from directory.states import Role
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
    """Return the actor of a request, from the rights read at sign-in by key or token, else in one query.

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
    """The actor of an account with memberships, access to patients, or both; without either a visitor with a name."""
    rights = (key and rights_read(key)) or rights_of(user.pk)
    memberships, access = rights.memberships, rights.access
    if key is not None and (practice := key.practice) is not None:
        memberships = [one for one in memberships if one[0] == practice.pk]
        access = [one for one in access if one[2] == practice.organization_id]

    roles: dict[int, str] = {}
    organizations: dict[int, int] = {}
    specialist_ids: set[int] = set()
    for practice_id, organization_id, role, specialist_id in memberships:
        roles[practice_id] = role
        organizations[practice_id] = organization_id
        if role == Role.SPECIALIST and specialist_id is not None:
            specialist_ids.add(specialist_id)

    organization_ids = frozenset(organizations.values()) | {
        organization_id for _pk, _relation, organization_id in access
    }
    kind = Kind.STAFF if roles else Kind.PATIENT if access else Kind.VISITOR
    return Actor(
        kind=kind,
        roles=roles,
        organizations=organizations,
        organization_ids=_organizations(visitor_organizations) if kind == Kind.VISITOR else organization_ids,
        specialist_ids=frozenset(specialist_ids),
        patient_ids=frozenset(pk for pk, _relation, _organization_id in access),
        own_patient_id=_own([(pk, relation) for pk, relation, _organization_id in access]),
        **carried,
    )


def _own(patients: list[tuple[int, str]]) -> int | None:
    """The patient whom the user means without naming one: themselves, else the only one they act for."""
    selves = [pk for pk, relation in patients if relation == Relation.SELF]
    candidates = selves or [pk for pk, _relation in patients]
    return candidates[0] if len(candidates) == 1 else None


def _organizations(visitor_organizations: Callable[[], frozenset[int]] | None) -> frozenset[int]:
    return frozenset() if visitor_organizations is None else visitor_organizations()
