"""The demo clinic, every kind in a file of its own, goes from either engine to the other and back, cell by cell."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from core.db import long_running
from core.imports import all_kinds
from directory.models import Organization
from tests.plugins.counts import FULL
from tests.project.fuller import make_fuller
from tests.project.test_round_trip import MAY_BE_EMPTY, STORED_ANEW, as_there, differences, given_ids, read
from tests.races.racing import broken

# As docs/exporting.md says it.
AS_DOCUMENTED = ("--layout", "ours", "--overlaps", "overbook", "--no-progress")


def compare(before, after, given):
    """Every cell of two folders of exports; `given`: the ids that the rows got, by kind and by those they had."""
    names = {path.name for path in before.iterdir()}
    assert names == {path.name for path in after.iterdir()}
    for name in sorted(names):
        kind = all_kinds()[name.partition("-")[2].removesuffix(".csv")]
        told, found = (read((folder / name).read_text("utf-8-sig")) for folder in (before, after))
        expected = as_there(kind, told, given)
        assert expected or kind.name in MAY_BE_EMPTY, name
        assert (name, len(found)) == (name, len(expected))
        assert differences(expected, found, but=STORED_ANEW.get(kind.name)) == [], name


@pytest.mark.skipif(not FULL, reason="migrates a second database; CLINIC_FULL=1 runs it")
@pytest.mark.django_db
def test_every_kind_goes_from_either_engine_to_the_other(settings, tmp_path):
    settings.DEBUG = True
    settings.MEDIA_ROOT = tmp_path / "media"
    here, there, back = (tmp_path / name for name in ("here", "there", "back"))
    other = os.environ | {"DATABASE_URL": f"sqlite:///{tmp_path}/other.sqlite3", "DEBUG": "1"}
    other |= {"MEDIA_ROOT": str(tmp_path / "other-media")}

    def manage(*words):
        run = [sys.executable, str(configured.BASE_DIR / "manage.py"), *words]
        done = subprocess.run(run, env=other, capture_output=True, text=True, check=False, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    with transaction.atomic():
        call_command("demo", verbosity=0)
        make_fuller(Organization.objects.get(), at=timezone.now())
        call_command("export_data", "all", str(here), verbosity=0)
        transaction.set_rollback(True)
    assert not Organization.objects.exists()

    with long_running():  # our transaction stands idle meanwhile
        manage("migrate", "-v0")
        manage("import_data", "all", str(here), *AS_DOCUMENTED, "--folder", str(tmp_path / "media"))
        manage("export_data", "all", str(there))
        manage("check_invariants")
        dumped = json.loads(manage("dumpdata", "core.externalid"))
    given = {}
    for row in (one["fields"] for one in dumped):
        given.setdefault(row["kind"], {})[row["external_id"]] = row["object_id"]
    compare(here, there, given)

    settings.MEDIA_ROOT = tmp_path / "third-media"
    call_command("import_data", "all", str(there), *AS_DOCUMENTED, "--folder", str(tmp_path / "other-media"))
    call_command("export_data", "all", str(back), verbosity=0)
    compare(there, back, given_ids())
    assert broken() == []
