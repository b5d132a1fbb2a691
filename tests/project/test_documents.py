"""What the documents say of the project is so."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from clinic.management.commands import write_import_kinds
from clinic.management.commands.write_permissions import PAGE, page

pytestmark = pytest.mark.engine_independent

ROOT = Path(settings.BASE_DIR)
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_page_of_permissions_is_what_the_tables_say():
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_page_of_import_kinds_is_what_the_kinds_declare():
    assert write_import_kinds.PAGE.read_text(encoding="utf-8") == write_import_kinds.page()


def test_every_setting_in_the_readme_is_read_and_every_one_read_is_in_it():
    source = (ROOT / "clinic/settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z0-9_]+)"', source)) - {"CLINIC_TEST_SQLITE"}
    table = README.split("## Settings")[1].split("In production:")[0]
    told = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", table))
    assert told == read


@pytest.mark.parametrize("command", sorted(set(re.findall(r"manage\.py (\w+)", README))))
def test_every_command_in_the_readme_exists(command):
    assert command in get_commands()


@pytest.mark.parametrize("document", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")), ids=str)
def test_every_link_leads_somewhere(document):
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (document.parent / target).exists(), target


def test_every_control_of_the_threat_model_names_a_test_that_exists():
    model = (ROOT / "docs/threat-model.md").read_text(encoding="utf-8")
    rows = [
        line
        for line in model.splitlines()
        if line.startswith("|") and not line.startswith(("|---", "| Threat", "| Hazard"))
    ]
    named = [re.search(r"`(tests/[\w/]+\.py)::(\w+)` \|$", row) for row in rows]
    assert len(rows) > 20
    assert [row for row, found in zip(rows, named, strict=True) if found is None] == []
    for found in named:
        assert f"\ndef {found[2]}(" in (ROOT / found[1]).read_text(encoding="utf-8"), found[0]
