"""The tables and the verbs know each other."""

import ast
from pathlib import Path

import pytest
from django.conf import settings

from core.db import VERBS
from core.permissions import ROLES, all_rules
from core.registry import OURS, contributions

pytestmark = pytest.mark.engine_independent

ROOT = Path(settings.BASE_DIR)


@pytest.fixture(scope="module", autouse=True)
def all_verbs():
    """Importing a package of services declares its verbs."""
    contributions("services")


def source_of(app):
    """Each function below the doors of one app, by name: the words and the names in it."""
    found = {}
    for path in (ROOT / app).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                inside = list(ast.walk(node))
                words = {one.value for one in inside if isinstance(one, ast.Constant) and isinstance(one.value, str)}
                names = {one.id for one in inside if isinstance(one, ast.Name)}
                name = node.name.removeprefix("_")
                seen_words, seen_names = found.get(name, (set(), set()))
                found[name] = (seen_words | words, seen_names | names)
    return found


@pytest.fixture(scope="module")
def sources():
    return {app: source_of(app) for app in OURS}


def asked_by(functions, name, seen):
    """The permissions named in the function and in what it calls in its own app."""
    name = name.removeprefix("_")
    if name in seen or name not in functions:
        return set()
    seen.add(name)
    words, names = functions[name]
    return (words & all_rules().keys()).union(*(asked_by(functions, one, seen) for one in names))


def test_every_verb_asks_for_a_permission(sources):
    ours = [name.partition(".")[::2] for name in VERBS if name.partition(".")[0] in OURS]
    silent = [f"{app}.{name}" for app, name in ours if not asked_by(sources[app], name, set())]
    assert ours
    assert silent == []


def test_every_permission_is_about_reading_or_asked_for_by_a_verb(sources):
    asked = {word for functions in sources.values() for words, _ in functions.values() for word in words}
    reading = {name for name in all_rules() if name.split(".")[1].startswith("view")}
    assert all_rules().keys() - reading - asked == set()


@pytest.mark.parametrize("name", sorted(all_rules()))
def test_a_scope_says_whether_it_reads_or_writes(name):
    declared = all_rules()[name]
    about, _, what = declared.scope.partition(":")
    assert about
    assert (what == "read") == name.split(".")[1].startswith("view")
    assert declared.roles <= set(ROLES)
