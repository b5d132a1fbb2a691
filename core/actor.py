"""The actor: who acts, with which rights, through which interface ("door"). One frozen value without ORM."""

from __future__ import annotations

import uuid
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

from core.errors import Forbidden
from core.permissions import CLINIC_ADMIN, PATIENT, VISITOR, rule_for


class Kind(StrEnum):
    """What an actor is."""

    STAFF = "staff"
    PATIENT = "patient"
    VISITOR = "visitor"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts in a request or command.

    `roles` maps practice id to role; `organizations` maps each of those practices to its organization.
    `organization_ids` are the organizations whose public catalogue the actor may read. `scopes` None = all of the
    owner's rights. `everything` is true for superusers and the system: every role everywhere.
    """

    kind: Kind
    user_id: int | None = None
    everything: bool = False
    roles: Mapping[int, str] = field(default_factory=dict)
    organizations: Mapping[int, int] = field(default_factory=dict)
    organization_ids: frozenset[int] = frozenset()
    specialist_ids: frozenset[int] = frozenset()
    patient_ids: frozenset[int] = frozenset()
    own_patient_id: int | None = None
    scopes: frozenset[str] | None = None
    practice_id: int | None = None
    credential: str = ""
    door: str = ""
    request_id: str = ""

    @classmethod
    def system(cls, name: str) -> Actor:
        """The actor of a management command: it may do everything, and the history names it."""
        return cls(kind=Kind.SYSTEM, everything=True, door=f"command:{name}", request_id=uuid.uuid4().hex)

    @property
    def sight(self) -> Hashable:
        """Everything about the actor that decides what they see; equal for two actors who see the same rows."""
        return (
            self.kind,
            self.user_id,
            self.everything,
            frozenset(self.roles.items()),
            frozenset(self.organizations.items()),
            self.organization_ids,
            self.specialist_ids,
            self.patient_ids,
            self.own_patient_id,
            self.scopes,
            self.practice_id,
        )

    def at_work(self, *roles: str) -> Self:
        """The same actor without their rights as a patient, in the practices where they have one of `roles` (any).

        For interfaces that are for staff alone. An actor who has every role keeps it.
        """
        kept = {p: role for p, role in self.roles.items() if not roles or role in roles}
        organizations = {p: self.organizations[p] for p in kept}
        everyone = self.organization_ids if self.everything else frozenset(organizations.values())
        nobody: frozenset[int] = frozenset()
        return replace(
            self,
            roles=kept,
            organizations=organizations,
            organization_ids=everyone,
            patient_ids=nobody,
            own_patient_id=None,
        )

    def as_patient(self) -> Self:
        """The same person as a patient only, without the rights they have at work.

        For doors that are for patients alone: a receptionist's own visit is a patient's there.
        """
        return replace(
            self, kind=Kind.PATIENT, everything=False, roles={}, organizations={}, specialist_ids=frozenset()
        )

    def in_practice(self, practice_id: int, *, organization_id: int) -> Self:
        """The same actor limited to one of their practices, as by a key; one with every role gets their first."""
        return replace(
            self,
            everything=False,
            roles={practice_id: self.roles.get(practice_id, CLINIC_ADMIN)},
            organizations={practice_id: organization_id},
            organization_ids=frozenset({organization_id}),
            practice_id=practice_id,
        )

    def practices(self, *roles: str) -> frozenset[int]:
        """The practices in which the actor has one of `roles` (default: any)."""
        return frozenset(p for p, role in self.roles.items() if not roles or role in roles)

    def organizations_as(self, *roles: str) -> frozenset[int]:
        """The organizations in one of whose practices the actor has one of `roles` (default: any)."""
        return frozenset(self.organizations[p] for p in self.practices(*roles))

    def may(
        self,
        permission: str,
        practice_id: int | None = None,
        *,
        organization_id: int | None = None,
        patient_id: int | None = None,
    ) -> bool:
        """Whether the permission tables allow `permission` in that practice, else that organization, else anywhere."""
        rule = rule_for(permission)
        if self.scopes is not None and rule.scope not in self.scopes:
            return False
        if self.everything or VISITOR in rule.roles:
            return True
        if PATIENT in rule.roles and self.patient_ids:
            anywhere = practice_id is None and organization_id is None and patient_id is None
            if anywhere or patient_id in self.patient_ids:
                return True
        if practice_id is not None:
            return self.roles.get(practice_id) in rule.roles
        if organization_id is not None:
            return any(
                role in rule.roles and self.organizations[p] == organization_id for p, role in self.roles.items()
            )
        return any(role in rule.roles for role in self.roles.values())

    def require(
        self,
        permission: str,
        practice_id: int | None = None,
        *,
        organization_id: int | None = None,
        patient_id: int | None = None,
    ) -> None:
        """Raise Forbidden unless `may` allows it; every verb calls this with the place of the row it changes."""
        if not self.may(permission, practice_id, organization_id=organization_id, patient_id=patient_id):
            raise Forbidden
