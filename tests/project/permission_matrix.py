"""The permission matrix: which operations there are, who tries them on what, and how an attempt is judged.

Each contract brings `tests/api/<contract>/cases.py`: `let_in(who)` says as whom its door lets somebody in,
`fill(world)` adds what its cases need, ON_ONE and LISTS are cases by operation, ALONE names the operations that
`test_permissions.py` beside it tries. Where its key is no Bearer, `with_key(text)` makes a caller with one.
"""

from dataclasses import dataclass
from functools import cache
from importlib import import_module

import pytest
from django.core.cache import cache as kept
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver

from api.base.operations import PUBLIC, operations_of
from api.contracts import CONTRACTS
from core.models import AuditEntry
from tests.api.conftest import Caller
from tests.project import permission_world
from tests.project.permission_world import PEOPLE
from tests.reads import traced, untraced

DOORS_OF_OTHERS = ("admin", "favicon.ico")  # tests/backoffice has its own matrix; the icon is everybody's
CASES = {contract.name: import_module(f"tests.api.{contract.name}.cases") for contract in CONTRACTS}


def routes(patterns=None, prefix=""):
    """Every route of the project outside the back office: path and callback. The root only leads to the back office."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern) and path and not path.startswith(DOORS_OF_OTHERS):
            yield path, pattern.callback


@cache
def described():
    """Every operation with its method by (contract, id), but for those that everyone may read whatever they are."""
    found = {}
    for _path, route in routes():
        for method, one in operations_of(route).items() if hasattr(route, "cls") else ():
            key = route.cls.contract.name, one.id
            # What is put may be patched, too, where a contract takes both for the same.
            assert found.setdefault(key, (one, method))[0] is one, f"two operations are called {key}"
    return {key: value for key, value in found.items() if value[0].permission != PUBLIC}


def each(kind):
    """Parametrise a test by the world of each contract and the names of its cases of one kind."""
    cases = [(contract, name) for contract, module in CASES.items() for name in getattr(module, kind)]
    return pytest.mark.parametrize(("world", "name"), cases, indirect=["world"], scope="module")


def of_contract(name):
    """Let a module's tests run in the world of one contract."""
    return pytest.mark.parametrize("world", [name], indirect=True, scope="module")


@pytest.fixture(scope="module")
def world(request, django_db_setup, django_db_blocker):
    """One world for all attempts at a contract, each of which is rolled back; so is the world in the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        built = permission_world.build()
        built.contract = request.param
        CASES[request.param].fill(built)
        yield built
        transaction.set_rollback(True)


@pytest.fixture(params=PEOPLE, ids=lambda who: who.name)
def who(request):
    return request.param


@dataclass(frozen=True)
class Outcome:
    """What an attempt answered, what it left in the audit, and whom it showed without leaving who looked."""

    status: int
    body: bytes
    entries: tuple
    untraced: frozenset


def calling(world, who):
    """A caller as the contract's clients are: with their key as a Bearer, unless its cases say otherwise."""
    with_key = getattr(CASES[world.contract], "with_key", Caller)
    return with_key(world.keys.get(who.name, ""))


def attempt(world, who, send):
    """`send(caller)` in a transaction that is rolled back, so that no attempt sees another's."""
    kept.clear()
    caller = calling(world, who)
    traced()
    with transaction.atomic():
        before = AuditEntry.objects.count()
        response = send(caller)
        entries = tuple(AuditEntry.objects.order_by("pk")[before:].values_list("user_id", "actor_kind", "door"))
        transaction.set_rollback(True)
    body = b"" if response.streaming else response.content
    return Outcome(response.status_code, body, entries, frozenset(untraced(response)))


def check(world, who, outcome, expected, method, *about):
    """The status; a write that was done says who did it through which door, all else leaves nothing."""
    assert outcome.status == expected, (*about, outcome)
    assert outcome.untraced == frozenset(), about
    if method == "GET" or outcome.status >= 400:
        assert outcome.entries == ()
        return
    assert outcome.entries
    user = world.users.get(who.name)
    assert {entry[0] for entry in outcome.entries} == {user and user.pk}
    assert {entry[2] for entry in outcome.entries} == {f"api:{world.contract}"}


def turned_away(world, who, permission):
    """The status at the door; None for whom it lets in."""
    if CASES[world.contract].let_in(who).may_at_all(permission):
        return None
    return 401 if who.is_visitor else 403


def permission_of(world, name):
    """What an operation of the world's contract needs."""
    return described()[world.contract, name][0].permission
