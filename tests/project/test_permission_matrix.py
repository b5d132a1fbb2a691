"""Every route of the API x everyone x {own, another's, another practice's, another organization's, missing}.

It walks the URL configuration, so that a new route fails here until its rule and its case are written. What is
expected comes from the permission tables and from the rules of who sees what as `permission_world` tells them.
"""

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver

from api.base.operations import PUBLIC, operations_of
from api.base.view import ContractViewSet
from api.failures import nowhere
from core.models import AuditEntry
from core.permissions import all_rules
from tests.api.conftest import Caller
from tests.project import permission_world
from tests.project.permission_calendar import CALENDAR
from tests.project.permission_cases import CASES, CREATIONS, FOR_PATIENTS, LISTS, OTHER_IDS, Case, of
from tests.project.permission_world import CATALOGUE, ORGANIZATION_OF, PEOPLE, PRACTICE_OF, RECORDS

pytestmark = pytest.mark.django_db

DOORS_OF_OTHERS = ("admin",)  # tests/backoffice has its own matrix


# ------------------------------------------------------------------------------------------ the walk


def routes(patterns=None, prefix=""):
    """Every route of the project outside the back office: path and callback."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern) and not path.startswith(DOORS_OF_OTHERS):
            yield path, pattern.callback


def described():
    """Every operation by (contract, id) with its method, but for those that everyone may read whatever they are."""
    found = {}
    for _path, route in routes():
        for method, one in operations_of(route).items() if hasattr(route, "cls") else ():
            key = route.cls.contract.name, one.id
            assert found.setdefault(key, (one, method)) == (one, method), key
    return {key: value for key, value in found.items() if value[0].permission != PUBLIC}


def operations():
    return {name: one for (_contract, name), (one, _method) in described().items()}


def method_of(name):
    return next(method for (_contract, one), (_operation, method) in described().items() if one == name)


def test_every_route_is_a_viewset_of_a_contract_or_known():
    strange = {
        path
        for path, callback in routes()
        if callback is not nowhere and not issubclass(getattr(callback, "cls", object), ContractViewSet)
    }
    assert strange == set()


def test_every_method_of_every_route_has_a_rule():
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
        if path.parent.name in ("base", "migrations"):
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
    assert set(operations()) == {*CASES, *LISTS, *CREATIONS, *CALENDAR}


# ------------------------------------------------------------------------------------------- the runs


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """One world for all attempts, each of which is rolled back; so is the world in the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield permission_world.build()
        transaction.set_rollback(True)


@pytest.fixture(params=PEOPLE, ids=lambda who: who.name)
def who(request):
    return request.param


@dataclass(frozen=True)
class Outcome:
    """What an attempt answered, and what it left in the audit."""

    status: int
    body: bytes
    entries: tuple


def attempt(world, who, send):
    """`send(caller)` in a transaction that is rolled back, so that no attempt sees another's."""
    cache.clear()
    caller = Caller(world.keys.get(who.name, ""))
    with transaction.atomic():
        before = AuditEntry.objects.count()
        response = send(caller)
        entries = tuple(AuditEntry.objects.order_by("pk")[before:].values_list("user_id", "actor_kind", "door"))
        transaction.set_rollback(True)
    body = b"" if response.streaming else response.content
    return Outcome(response.status_code, body, entries)


def check_traces(world, who, outcome, method):
    """A write that was done names who did it; a refusal and a read leave nothing."""
    assert outcome.status < 500, outcome
    if method == "GET" or outcome.status >= 400:
        assert outcome.entries == ()
        return
    assert outcome.entries
    user = world.users.get(who.name)
    assert {entry[0] for entry in outcome.entries} == {user and user.pk}
    assert {entry[2] for entry in outcome.entries} == {"api:services"}


def refusal(who, rule):
    """The status where the tables let them in nowhere; None where they do somewhere."""
    return None if who.may_at_all(rule) else 401 if who.is_visitor else 403


@pytest.mark.parametrize("name", CASES)
def test_on_one_thing(world, who, name):
    operation, case = operations()[name], CASES[name]
    method = method_of(name)
    for label in case.labels:
        outcome = attempt(world, who, lambda caller, label=label: case.send(caller, world, label, label))
        check_traces(world, who, outcome, method)
        expected = refusal(who, operation.permission)
        if expected is None and not case.sees(who, label):
            missing = attempt(world, who, lambda caller, label=label: case.send(caller, world, "missing", label))
            assert (outcome.status, outcome.body) == (404, missing.body), label
            continue
        if expected is None:
            here = method == "GET" or who.may_in(operation.permission, case.place(label))
            expected = operation.status if here else 403
        assert outcome.status == expected, (label, outcome)


@pytest.mark.parametrize("name", LISTS)
def test_in_a_list(world, who, name):
    path, key, things, attribute, labels = LISTS[name]
    case = Case(labels, None)
    outcomes = []

    def send(caller):
        outcomes.append(caller.get(path))
        return outcomes[-1]

    outcome = attempt(world, who, send)
    check_traces(world, who, outcome, "GET")
    if expected := refusal(who, operations()[name].permission):
        assert outcome.status == expected
        return
    found = {one["id"] for one in outcomes[0].json()[key]}
    mine = {str(of(getattr(world, things), label, attribute)) for label in labels[:-1] if case.sees(who, label)}
    of_ours = {str(of(getattr(world, things), label, attribute)) for label in labels[:-1]}
    assert {str(one) for one in found} & of_ours == mine


@pytest.mark.parametrize(
    ("path", "parameter", "things", "attribute"),
    [
        ("/v1/patient-service-plans", "patient_id", "patients", "pk"),
        ("/v1/patient-product-orders", "patient_id", "patients", "pk"),
        ("/v1/service-plans", "service_id", "services", "uuid"),
    ],
)
def test_by_an_id_in_the_query(world, who, path, parameter, things, attribute):
    labels = RECORDS if things == "patients" else CATALOGUE
    case, name = Case(labels, None), next(name for name, one in LISTS.items() if one[0] == path)
    outcomes = {
        label: attempt(
            world,
            who,
            lambda caller, label=label: caller.get(
                f"{path}?{parameter}={of(getattr(world, things), label, attribute)}"
            ),
        )
        for label in labels
    }
    expected = refusal(who, operations()[name].permission) or 200
    assert {one.status for one in outcomes.values()} == {expected}
    unseen = {outcome.body for label, outcome in outcomes.items() if not case.sees(who, label)}
    assert unseen == {outcomes["missing"].body}


@pytest.mark.parametrize("name", [name for name in CREATIONS if name not in FOR_PATIENTS])
def test_making_something_where_the_header_says(world, who, name):
    operation, (path, body) = operations()[name], CREATIONS[name]
    path = path or f"/v1/services/{world.services['A_public'].uuid}/register"
    unseen = {}
    for place in (*ORGANIZATION_OF, "missing"):
        header = {"X-Organization-ID": str(of(world.practices, place))}
        outcome = attempt(world, who, lambda caller, header=header: caller.post(path, body(), headers=header))
        expected = refusal(who, operation.permission)
        if expected is None and name == "register_for_service":
            # Whoever sees the service names any practice of its organization.
            expected = (201 if place in ("P1", "P2") else 404) if who.sees_catalogue("A_public") else 404
        elif expected is None:
            reached = who.everything or place in who.open_roles
            if not reached or place == "missing":
                expected, unseen[place] = 404, outcome
            else:
                expected = 201 if who.may_in(operation.permission, place) else 403
        assert outcome.status == expected, (place, outcome)
        check_traces(world, who, outcome, "POST")
    if unseen:
        assert {one.body for one in unseen.values()} == {unseen["missing"].body}


@pytest.mark.parametrize("name", FOR_PATIENTS)
def test_making_something_for_a_patient(world, who, name):
    operation, (path, body) = operations()[name], CREATIONS[name]

    def sending(label, like):
        return lambda caller: caller.post(path, body(world, label, like))

    for label in RECORDS:
        outcome = attempt(world, who, sending(label, label))
        check_traces(world, who, outcome, "POST")
        expected = refusal(who, operation.permission)
        if expected is None and not who.sees_patient(label):
            missing = attempt(world, who, sending("missing", label))
            assert (outcome.status, outcome.body) == (404, missing.body), label
            continue
        if expected is None:
            expected = 201 if who.may_in(operation.permission, ORGANIZATION_OF[PRACTICE_OF[label]]) else 403
        assert outcome.status == expected, (label, outcome)


@pytest.mark.parametrize("name", OTHER_IDS)
def test_naming_something_of_another_organization(world, name):
    who = next(one for one in PEOPLE if one.name == "clinic_admin")
    outcomes = {}
    for label in ("B_hidden", "B_public", "missing"):
        method, path, body = OTHER_IDS[name](world, label)
        send = lambda caller, method=method, path=path, body=body: caller(method, path, body)  # noqa: E731
        outcomes[label] = attempt(world, who, send)
        assert outcomes[label].status in (404, 422), outcomes[label]
        check_traces(world, who, outcomes[label], method)
    assert len({(one.status, one.body) for one in outcomes.values()}) == 1, outcomes
