"""The shape of the house: who may import whom, what files are called, how long they may be."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

pytestmark = pytest.mark.engine_independent

ROOT = Path(settings.BASE_DIR)
DOORS = {"clinic", "api", "backoffice"}
NOT_THE_PRODUCT = {"tests", "bench", "docs"}
# A module this long holds two subjects; a test that goes through a contract field by field may be longer.
LIMIT, LIMIT_OF_TESTS = 500, 700

# What a module of an app may be called; a room that grows becomes a package of the same name.
ROOMS = {
    "apps", "states", "models", "querysets", "services", "permissions",
    "imports", "exports", "invariants", "hanging", "privacy", "demo", "management", "migrations", "__init__",
}  # fmt: skip
# Modules with a name of their own, each with what it is that no room above holds.
OWN_ROOMS = {
    # The abstract model of what an organization names, and the lock of what can be busy, for the apps above too.
    "directory": {"named", "locking"},
    "programs": {"ledger"},  # the session ledger, the one writer of what is completed and left
    # How names are folded, numbers read, and both searched; and what keeps a record from being merged meanwhile.
    "patients": {"names", "phones", "searching", "standing"},
    "billing": {"sums"},  # the arithmetic of money, without a table
    # The engine that the verbs and the doors ask: busy, offered, free, and why not; days and changes as conditions.
    "scheduling": {"calendar", "closures", "dated", "series"},
}
LEFT_BY_RUNS = {
    ".git", ".venv", "var", "__pycache__",
    ".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", ".hypothesis",
}  # fmt: skip
VAGUE = {"utils.py", "util.py", "helpers.py", "helper.py", "common.py", "misc.py"}


def tracked(*patterns: str) -> list[Path]:
    """The project's files: those git knows and those it would add; in an unpacked organization, all but caches."""
    git = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    try:
        listing = subprocess.run(git, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError):
        paths = [path for pattern in patterns or ["*"] for path in ROOT.rglob(pattern)]
        caches = {path for path in paths if LEFT_BY_RUNS & set(path.relative_to(ROOT).parts)}
        return sorted(path for path in set(paths) - caches if path.is_file())
    return sorted(path for name in listing.split("\0") if name and (path := ROOT / name).is_file())


def import_rules(root: Path) -> tuple[int, str]:
    """Run import-linter on the project at `root`: exit status and report."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=root, check=False, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(root), "NO_COLOR": "1", "COLUMNS": "200"},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def contracts() -> dict[str, str]:
    """The import rules of pyproject.toml: id -> name."""
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return {rule["id"]: rule["name"] for rule in rules}


@pytest.fixture
def copied_house(tmp_path):
    """The project's modules in another folder, to break a rule in."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for path in tracked("*.py"):
        relative = path.relative_to(ROOT)
        if relative.parts[0] not in NOT_THE_PRODUCT:
            (tmp_path / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, tmp_path / relative)
    return tmp_path


def test_the_import_rules_hold():
    status, report = import_rules(ROOT)
    assert status == 0, report


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("core/errors.py", "import orders.models", "apps"),
        ("patients/services.py", "def late():\n    from catalog import models", "apps"),
        ("backoffice/admin.py", "import api.base", "apps"),
        ("programs/services.py", "from rest_framework import serializers", "doors"),
        ("orders/models.py", "from django.http import HttpRequest", "doors"),
        ("backoffice/kit/verb_admin.py", "import django_filters", "rest"),
        ("api/base/__init__.py", "from django.contrib.admin import site", "admin"),
        ("api/base/__init__.py", "import api.services", "contracts"),
        ("orders/states.py", "import orders.querysets", "rooms"),
        ("scheduling/calendar/__init__.py", "import scheduling.services", "calendar"),
        ("backoffice/admin.py", "import scheduling.services.booking", "calendar_doors"),
        ("backoffice/orders/panels.py", "import backoffice.calendar.visits", "areas"),
        ("backoffice/kit/cells.py", "import backoffice.orders.steps", "areas"),
    ],
)
def test_breaking_an_import_rule_is_found(copied_house, module, line, broken):
    path = copied_house / module
    if path.with_suffix("").is_dir():  # the room has become a package
        path = path.with_suffix("") / "__init__.py"
    path.write_text((path.read_text() if path.exists() else "") + f"\n{line}\n")
    status, report = import_rules(copied_house)
    found = {rule for rule, name in contracts().items() if re.search(rf"^{re.escape(name)} BROKEN", report, re.M)}
    assert (status, found) == (1, {broken}), report


def test_an_import_for_types_alone_breaks_no_rule(copied_house):
    path = copied_house / "core" / "errors.py"
    planted = "\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from orders.models import ProductOrder\n"
    path.write_text(path.read_text() + planted)
    status, report = import_rules(copied_house)
    assert status == 0, report


def test_every_app_is_under_the_import_rules():
    ours = {path.parent.name for path in ROOT.glob("*/__init__.py")} - NOT_THE_PRODUCT
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    by_id = {rule["id"]: rule for rule in rules["contracts"]}
    layers = {name.strip(" ()") for layer in by_id["apps"]["layers"] for name in layer.split("|")}
    assert ours - set(rules["root_packages"]) == set()
    assert ours - layers == set()
    assert ours - DOORS - set(by_id["doors"]["source_modules"]) == set()
    assert ours - DOORS - {"core"} - set(by_id["rooms"]["containers"]) == set(by_id["calendar"]["containers"])


def test_no_module_is_so_long_that_it_holds_two_subjects():
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in tracked("*.py")
        if "migrations" not in path.parts
    }
    most = {name: LIMIT_OF_TESTS if name.startswith("tests/") else LIMIT for name in lines}
    assert {name: count for name, count in lines.items() if count > most[name]} == {}


def test_models_and_migrations_agree(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_no_file_has_a_name_that_says_nothing():
    assert [str(path.relative_to(ROOT)) for path in tracked() if path.name in VAGUE] == []


def test_every_app_has_the_same_rooms():
    strange = {}
    for app in apps.get_app_configs():
        folder = Path(app.path)
        if folder.parent != ROOT or app.label in DOORS | {"core"}:
            continue
        rooms = {path.stem for path in tracked(f"{app.label}/*.py") if path.parent == folder}
        rooms |= {path.parent.name for path in tracked(f"{app.label}/*/__init__.py") if path.parent.parent == folder}
        strange[app.label] = rooms - ROOMS - OWN_ROOMS.get(app.label, set())
    strange = {app: rooms for app, rooms in strange.items() if rooms}
    assert strange == {}, "put it in the room it belongs to, or into OWN_ROOMS with the reason"


def test_the_project_names_nothing_outside_itself():
    # Put together here, so that this file is not what it finds.
    outside = [
        "../" + "shared", "/" + "work/", "pypi" + ".org", "files.python" + "hosted", "registry." + "npmjs",
        "find-" + "links", "--index" + "-url", "/" + "root/",
    ]  # fmt: skip
    found = {}
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue  # a picture or a font
        if hits := [word for word in outside if word in text]:
            found[str(path.relative_to(ROOT))] = hits
    assert found == {}


def test_requirements_are_pinned_with_hashes():
    for name in ("requirements.txt", "requirements-dev.txt"):
        entries = re.split(r"\n(?=[a-z0-9])", (ROOT / name).read_text(), flags=re.I)[1:]
        unpinned = [entry.splitlines()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]
        assert (name, unpinned) == (name, [])
        assert entries


def test_files_leave_through_one_place_of_each_door():
    """There they get their true kind and name, and what keeps a browser from running them."""
    sending = {str(path.relative_to(ROOT)) for path in tracked("*.py") if "FileResponse(" in path.read_text()}
    assert sending - {"tests/project/test_architecture.py"} == {"api/base/files.py", "backoffice/kit/files.py"}
