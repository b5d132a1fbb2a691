"""The tables and the verbs know each other."""

from pathlib import Path

import pytest
from django.conf import settings

from core.db import VERBS
from core.permissions import ROLES, all_rules
from core.registry import OURS, contributions

ROOT = Path(settings.BASE_DIR)


@pytest.fixture(scope="module", autouse=True)
def all_verbs():
    """The tables of every app with verbs: importing a package of services declares them."""
    contributions("services")


def ours(name):
    return name.split(".")[0] in OURS


def test_every_verb_has_a_rule():
    assert {name for name in VERBS if ours(name)} - all_rules().keys() == set()


def test_every_rule_is_of_a_verb_or_about_reading_or_asked_inside_one():
    reading = {name for name in all_rules() if name.split(".")[1].startswith("view")}
    others = all_rules().keys() - VERBS.keys() - reading
    modules = [path for app in OURS for room in ("services.py", "services/*.py") for path in (ROOT / app).glob(room)]
    source = "".join(path.read_text() for path in modules)
    assert {name for name in others if f'"{name}"' not in source} == set()


@pytest.mark.parametrize("name", sorted(all_rules()))
def test_a_scope_says_whether_it_reads_or_writes(name):
    declared = all_rules()[name]
    about, _, what = declared.scope.partition(":")
    assert about
    assert (what == "read") == name.split(".")[1].startswith("view")
    assert declared.roles <= set(ROLES)
