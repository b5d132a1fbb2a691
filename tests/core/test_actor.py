"""What an actor may do, by the permission tables alone."""

import pytest

from core import permissions
from core.actor import Actor, Kind
from core.errors import Forbidden
from core.permissions import (
    CLINIC_ADMIN,
    FRONT_DESK,
    PATIENT,
    SPECIALIST,
    VISITOR,
    all_rules,
    all_scopes,
    rule,
    rule_for,
)

TABLE = {
    "read": rule("x:read", CLINIC_ADMIN, FRONT_DESK, SPECIALIST, PATIENT),
    "write": rule("x:write", CLINIC_ADMIN, FRONT_DESK),
    "look": rule("x:read", VISITOR),
    "rule": rule("x:rule"),
}
# Practices 1 and 2 share organization 10, practice 3 is of organization 30.
ORGANIZATIONS = {1: 10, 2: 10, 3: 30}
STAFF = Actor(kind=Kind.STAFF, roles={1: FRONT_DESK, 3: SPECIALIST}, organizations={1: 10, 3: 30})
MOTHER = Actor(kind=Kind.PATIENT, patient_ids=frozenset({7, 8}))
NOBODY = Actor(kind=Kind.VISITOR)


@pytest.fixture(autouse=True)
def table(monkeypatch):
    monkeypatch.setattr("core.actor.rule_for", TABLE.__getitem__)


@pytest.mark.parametrize(
    ("actor", "verb", "place", "allowed"),
    [
        # somewhere
        (STAFF, "read", {}, True),
        (STAFF, "write", {}, True),
        (STAFF, "look", {}, True),
        (STAFF, "rule", {}, False),
        (MOTHER, "read", {}, True),
        (MOTHER, "write", {}, False),
        (NOBODY, "read", {}, False),
        (NOBODY, "look", {}, True),
        # in a practice
        (STAFF, "write", {"practice_id": 1}, True),
        (STAFF, "write", {"practice_id": 2}, False),
        (STAFF, "write", {"practice_id": 3}, False),
        (STAFF, "read", {"practice_id": 3}, True),
        (MOTHER, "read", {"practice_id": 1}, False),
        (NOBODY, "look", {"practice_id": 1}, True),
        # in an organization
        (STAFF, "write", {"organization_id": 10}, True),
        (STAFF, "write", {"organization_id": 30}, False),
        (STAFF, "read", {"organization_id": 30}, True),
        (STAFF, "read", {"organization_id": 99}, False),
        (STAFF, "rule", {"organization_id": 10}, False),
        (STAFF, "rule", {"practice_id": 1}, False),
        (MOTHER, "read", {"organization_id": 10}, False),
        # of a patient
        (MOTHER, "read", {"patient_id": 7}, True),
        (MOTHER, "read", {"patient_id": 7, "practice_id": 1}, True),
        (MOTHER, "read", {"patient_id": 9}, False),
        (MOTHER, "write", {"patient_id": 7}, False),
    ],
)
def test_what_one_may_is_what_the_table_says_of_the_place(actor, verb, place, allowed):
    assert actor.may(verb, **place) is allowed
    if allowed:
        actor.require(verb, **place)
    else:
        with pytest.raises(Forbidden):
            actor.require(verb, **place)


@pytest.mark.parametrize("verb", TABLE)
def test_a_superuser_may_everything_everywhere(verb):
    assert Actor(kind=Kind.STAFF, everything=True).may(verb, practice_id=99)


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (None, True),
        (frozenset({"x:read", "x:write"}), True),
        (frozenset({"x:read"}), False),
        (frozenset(), False),
    ],
)
@pytest.mark.parametrize("everything", [True, False])
def test_scopes_narrow_everyone(scopes, allowed, everything):
    actor = Actor(kind=Kind.STAFF, everything=everything, roles={1: CLINIC_ADMIN}, organizations={1: 10}, scopes=scopes)
    assert actor.may("write", 1) is allowed
    assert actor.may("read", 1) is (scopes is None or "x:read" in scopes)


def test_scopes_never_widen():
    actor = Actor(
        kind=Kind.STAFF, roles={1: SPECIALIST}, organizations={1: 10}, scopes=frozenset({"x:write", "x:rule"})
    )
    assert not actor.may("write", 1)
    assert not actor.may("rule", 1)


def test_an_unknown_verb_is_allowed_to_nobody():
    with pytest.raises(KeyError):
        Actor(kind=Kind.STAFF, everything=True).may("no.such_verb")


def test_practices_and_organizations_by_role():
    assert STAFF.practices() == {1, 3}
    assert STAFF.practices(SPECIALIST) == {3}
    assert STAFF.organizations_as() == {10, 30}
    assert STAFF.organizations_as(FRONT_DESK, CLINIC_ADMIN) == {10}
    assert NOBODY.practices() == frozenset()


def test_a_command_is_named_and_may_everything():
    actor = Actor.system("import_data")
    assert (actor.kind, actor.door, actor.everything, actor.user_id) == (
        "system",
        "command:import_data",
        True,
        None,
    )
    assert actor.request_id != Actor.system("import_data").request_id


def test_a_rule_takes_only_roles_that_exist():
    with pytest.raises(ValueError, match="king"):
        rule("x:read", "king")


def test_a_verb_has_one_rule(monkeypatch):
    module = type("permissions", (), {"RULES": {"twice": rule("x:read")}})
    monkeypatch.setattr(permissions, "contributions", lambda _name: (module, module))
    with pytest.raises(ValueError, match="twice has two rules"):
        all_rules.__wrapped__()


def test_scopes_are_those_of_the_rules():
    assert all_scopes() == sorted({declared.scope for declared in all_rules().values()})
    assert "patients:read" in all_scopes()
    assert rule_for("catalog.view").scope == "catalog:read"
