"""The settings of a deployment pass Django's own checks, and the shipped files fit together."""

import os
import re
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import get_commands
from django.urls import reverse

ROOT = Path(settings.BASE_DIR)


def test_the_check_for_deployment_has_nothing_to_say():
    told = {
        "SECRET_KEY": "x" * 25 + "".join(map(chr, range(65, 90))),
        "HTTPS": "1",
        "ALLOWED_HOSTS": "clinic.example.org",
    }
    environment = {**os.environ, **told, "DATABASE_URL": "sqlite://:memory:", "DEBUG": "0"}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_page_has_the_policy_and_the_evaluation_of_scripts_is_the_back_offices_alone(client, db):
    entrance = client.get(reverse("admin:login") + "?next=/admin/").headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval'" in entrance
    assert "frame-ancestors 'none'" in entrance
    for address in ("/v1/services", "/nowhere", "/v1/schema/services"):
        policy = client.get(address).headers["Content-Security-Policy"]
        assert "unsafe" not in policy, address


def test_a_page_asks_nothing_of_the_device(client, db):
    for address in (reverse("admin:login"), "/v1/services", "/nowhere"):
        policy = client.get(address).headers["Permissions-Policy"]
        assert {"camera=()", "geolocation=()", "microphone=()", "publickey-credentials-get=(self)"} <= set(
            policy.split(", ")
        )


def test_what_runs_daily_exists_and_settings_of_the_example_are_read():
    script = (ROOT / "deploy/daily.sh").read_text()
    named = re.search(r"for command in (.*?);", script, re.DOTALL)[1].replace("\\", " ").split()
    assert set(named) <= set(get_commands())
    read = (ROOT / "clinic/settings.py").read_text() + (ROOT / "deploy/compose.yaml").read_text()
    for line in (ROOT / "deploy/env.example").read_text().splitlines():
        assert line.partition("=")[0] in read, line
