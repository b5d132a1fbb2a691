"""A worker starts without what only few requests need, and the collector goes on working in it."""

import os
import subprocess
import sys

from django.conf import settings

# Read by an import or export, a page of holidays, the schemas, files in S3, the list of sessions, or a terminal.
RARE = {"boto3", "drf_spectacular.generators", "holidays", "openpyxl", "rich", "storages", "ua_parser"}
BEGIN = f"""
import gc, sys
import clinic.wsgi
print(sorted({RARE} & sys.modules.keys()), gc.isenabled(), gc.get_freeze_count() > 100_000)
"""


def test_a_worker_imports_nothing_rare_and_collects_only_what_requests_leave(tmp_path):
    environ = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path}/none.sqlite3", "DEBUG": "1"}
    code = [sys.executable, "-c", BEGIN]
    done = subprocess.run(code, cwd=settings.BASE_DIR, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] True True"
