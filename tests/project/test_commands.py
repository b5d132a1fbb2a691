"""Our management commands do their work at once."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.core.management.commands.migrate import Command as Migrate

from core.commands import ClinicCommand
from core.registry import OURS

# What a process has imported when its command ends, for want of a table or rightly.
ABOUT = """
import sys
from contextlib import suppress
from django.core.management import execute_from_command_line
with suppress(BaseException):
    execute_from_command_line(["manage.py", {command!r}])
print(sorted({{"backoffice.site", "clinic.urls"}} & sys.modules.keys()))
"""


def ours():
    return {
        name: load_command_class(app, name)
        for name, app in get_commands().items()
        if isinstance(app, str) and app in {*OURS, "api", "clinic"}
    }


def test_every_command_of_ours_leaves_the_check_of_the_project_to_migrate():
    found = ours()
    assert len(found) > 15
    assert [name for name, one in found.items() if not isinstance(one, ClinicCommand | Migrate)] == []


def imported_by(command, folder):
    environ = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/none.sqlite3", "DEBUG": "1"}
    code = [sys.executable, "-c", ABOUT.format(command=command)]
    done = subprocess.run(code, cwd=settings.BASE_DIR, env=environ, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_a_nightly_command_imports_no_page_and_no_contract(tmp_path):
    assert imported_by("expire_programs", tmp_path) == "[]"
    assert imported_by("check", tmp_path) == "['backoffice.site', 'clinic.urls']"


@pytest.mark.parametrize("name", sorted(ours()))
def test_scripts_that_skip_the_check_go_on_working(name):
    parser = ours()[name].create_parser("manage.py", name)
    assert "--skip-checks" in {option for action in parser._actions for option in action.option_strings}
