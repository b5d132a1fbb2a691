"""Every operation of the API x everyone x {own, another's, another practice's, another organization's, missing}.

It walks the URL configuration, so that a new operation fails here until its permission and its case are written. What
is expected comes from the permission tables and from the rules of who sees what as `permission_world` tells them.
"""

import ast
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings

from api.base.view import ContractViewSet
from api.failures import nowhere
from core.permissions import all_rules
from tests.factories import AT
from tests.plugins.counts import FULL
from tests.project.permission_matrix import (
    CASES,
    attempt,
    check,
    described,
    each,
    permission_of,
    routes,
    turned_away,
    who,
    world,
)

pytestmark = [pytest.mark.engine_independent, pytest.mark.django_db]

OAUTH = ("oauth2", "alfadocs/oauth2", "oauth", "flextell/oauth")


@pytest.fixture(autouse=True)
def the_day_of_the_rows(monkeypatch):
    """The views' clock stands where the rows are dated: what is refused does not depend on the day of the run."""
    stopped = SimpleNamespace(now=lambda: AT)
    monkeypatch.setattr("api.base.view.timezone", stopped)
    monkeypatch.setattr("api.base.auth.timezone", stopped)


def test_every_route_is_a_viewset_of_a_contract_or_known():
    # OAuth2's own endpoints belong to no contract; tests/api/oauth tries them.
    by_token = {f"{mount}/{name}" for mount in OAUTH for name in ("authorize", "token", "revoke", "<path:rest>")}
    strange = {
        path
        for path, callback in routes()
        if callback is not nowhere and not issubclass(getattr(callback, "cls", object), ContractViewSet)
    }
    assert strange <= by_token


def test_every_operation_has_a_permission():
    # An action that is no operation cannot be routed at all, see the next test.
    known = all_rules()
    assert [key for key, (one, _method) in described().items() if one.permission not in known] == []


def test_an_action_that_is_no_operation_cannot_be_routed():
    class Bare(ContractViewSet):
        def list(self, request):
            return self.no_content()

    with pytest.raises(TypeError, match=r"Bare.list is no operation"):
        Bare.as_view({"get": "list"})


def test_every_queryset_of_a_contract_starts_with_visible_to():
    """Also where a verb asks again: the second check must not be the only one."""
    bare = []
    for path in sorted(Path(settings.BASE_DIR, "api").glob("*/*.py")):
        # A program that asks for its token is nobody yet: what it names is looked up by its secret.
        if path.parent.name in ("base", "migrations", "oauth"):
            continue
        tree = ast.parse(path.read_text())
        next_to = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in ("objects", "_default_manager"):
                asked = next_to[node]
                # What hangs on an outer row only says more about a row that was let through.
                narrows = "OuterRef(" in ast.unparse(next_to[asked])
                if not (isinstance(asked, ast.Attribute) and asked.attr == "visible_to") and not narrows:
                    bare.append(f"{path.parent.name}/{path.name}:{node.lineno}")
    assert bare == []


def test_every_operation_has_a_case():
    cases = {(contract, name) for contract, one in CASES.items() for name in (*one.ON_ONE, *one.LISTS, *one.ALONE)}
    assert set(described()) == cases


@each("ON_ONE")
def test_on_one_thing(world, who, name):
    operation, method = described()[world.contract, name]
    case = CASES[world.contract].ON_ONE[name]
    seen_as = CASES[world.contract].let_in(who)
    labels = case.labels
    if turned_away(world, who, operation.permission) and not FULL:
        labels = (labels[0], labels[-1])  # the door does not look at the thing; at night all of them say so

    def tried(thing, label):
        return attempt(world, who, lambda caller: case.send(caller, world, thing, label))

    for label in labels:
        outcome = tried(label, label)
        expected = turned_away(world, who, operation.permission)
        if expected is None and (label == "missing" or not case.sees(seen_as, label)):
            missing = outcome if label == "missing" else tried("missing", label)
            assert (outcome.status, outcome.body) == (404, missing.body), label
            expected = 404
        elif expected is None and method != "GET" and case.place is not None:
            expected = None if who.may_in(operation.permission, case.place(label)) else 403
        check(world, who, outcome, expected or operation.status, method, label)


@each("LISTS")
def test_in_a_list(world, who, name):
    case = CASES[world.contract].LISTS[name]
    replies = []

    def send(caller):
        replies.append(caller.get(case.path))
        return replies[-1]

    outcome = attempt(world, who, send)
    expected = turned_away(world, who, permission_of(world, name))
    check(world, who, outcome, expected or 200, "GET")
    if expected is None:
        things = {label: str(getattr(one, case.attribute)) for label, one in getattr(world, case.things).items()}
        found = {str(one["id"]) for one in replies[0].json()[case.key]}
        seen_as = CASES[world.contract].let_in(who)
        assert found & set(things.values()) == {pk for label, pk in things.items() if case.sees(seen_as, label)}
