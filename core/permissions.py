"""The permission tables: each app's `permissions.py` has `RULES`, permission -> who may, in which scope.

The same tables answer `Actor.may`, the back office's buttons, OpenAPI and `docs/permissions.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from core.registry import contributions

CLINIC_ADMIN = "clinic_admin"
FRONT_DESK = "front_desk"
SPECIALIST = "specialist"
PATIENT = "patient"
VISITOR = "visitor"

ROLES = (CLINIC_ADMIN, FRONT_DESK, SPECIALIST, PATIENT, VISITOR)


@dataclass(frozen=True, slots=True)
class Rule:
    """Who has a permission: the roles (a superuser has each), and the scope that a limited key needs."""

    roles: frozenset[str]
    scope: str


def rule(scope: str, *roles: str) -> Rule:
    """Build a Rule for the tables. Without roles only superusers and commands have it."""
    unknown = set(roles) - set(ROLES)
    if unknown:
        raise ValueError(f"unknown roles: {unknown}")
    return Rule(frozenset(roles), scope)


@cache
def all_rules() -> dict[str, Rule]:
    """Return every permission's rule, from all apps. Declaring one twice is an error."""
    rules: dict[str, Rule] = {}
    for module in contributions("permissions"):
        for permission, declared in getattr(module, "RULES", {}).items():
            if permission in rules:
                raise ValueError(f"{permission} has two rules")
            rules[permission] = declared
    return rules


def rule_for(permission: str) -> Rule:
    """Return the rule of `permission`; KeyError for an unknown one, so that nothing is allowed by omission."""
    return all_rules()[permission]


def all_scopes() -> list[str]:
    """Return every scope to which a key can be limited, sorted."""
    return sorted({declared.scope for declared in all_rules().values()})


RULES = {
    # every row of every organization: for commands, and superusers
    "core.copy_clinic": rule("directory:write"),
}
