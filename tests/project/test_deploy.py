"""The settings of a deployment pass Django's own checks, and the shipped files fit together."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands
from django.urls import reverse

ROOT = Path(settings.BASE_DIR)


def example():
    """The variables of deploy/env.example, with those filled in that it leaves to whoever deploys."""
    lines = (ROOT / "deploy/env.example").read_text().splitlines()
    told = {name: value for name, _equals, value in (line.partition("=") for line in lines)}
    assert {name for name, value in told.items() if not value} == {
        "SECRET_KEY",
        "POSTGRES_PASSWORD",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    }
    return {name: value or "x" * 25 + "".join(map(chr, range(65, 90))) for name, value in told.items()}


def managed(*command, **environment):
    """What a command says and ends with in this environment, whatever that of the tests is."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={**kept, **environment},
        check=False,
        capture_output=True,
        text=True,
    )


def test_the_check_for_deployment_has_nothing_to_say_about_the_example_of_an_environment():
    done = managed("check", "--deploy", "--fail-level", "WARNING", **example())
    assert done.returncode == 0, done.stderr


def test_cookies_of_the_example_are_sent_over_https_alone_and_shown_to_no_script():
    told = ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE"]
    asked = f"from django.conf import settings; print([getattr(settings, name) for name in {told}])"
    assert managed("shell", "-v", "0", "-c", asked, **example()).stdout.strip() == "[True, True, True, 'Lax']"


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


def test_the_services_name_each_other_and_only_variables_of_the_example():
    text = (ROOT / "deploy/compose.yaml").read_text()
    services = yaml.safe_load(text)["services"]
    assert set(re.findall(r"\$\$?\{?([A-Z_0-9]+)", text)) <= example().keys()
    for name, service in services.items():
        assert set(service.get("depends_on", ())) <= services.keys(), name
        for volume in service.get("volumes", ()):
            here = volume.partition(":")[0]
            assert not here.startswith("./") or here == "./tls" or (ROOT / "deploy" / here).exists(), volume
    ours = [service for service in services.values() if "build" in service]
    assert len(ours) == 3
    for service in ours:
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["env_file"] == ".env"
        assert service["depends_on"]
    # Where the proxy sends to, and where the settings look for the others.
    assert "server web:8000" in (ROOT / "deploy/nginx.conf").read_text()
    assert "0.0.0.0:8000" in (ROOT / "deploy/gunicorn.py").read_text()
    assert {urlsplit(example()[name]).hostname for name in ("DATABASE_URL", "S3_ENDPOINT_URL")} <= services.keys()


def test_no_secret_of_the_machine_that_builds_goes_into_the_image_or_the_history():
    assert {"**/.env", "deploy/tls", ".git", "var"} <= set((ROOT / ".dockerignore").read_text().splitlines())
    assert {".env", "/deploy/tls/"} <= set((ROOT / ".gitignore").read_text().splitlines())


def test_the_image_runs_without_root_what_the_unit_runs():
    image, unit = ((ROOT / name).read_text() for name in ("Dockerfile", "deploy/clinic.service"))
    last = image.rpartition("\nFROM ")[2]
    assert "\nUSER clinic\n" in last
    assert "gunicorn clinic.wsgi --config deploy/gunicorn.py" in unit
    assert 'CMD ["gunicorn", "clinic.wsgi", "--config", "deploy/gunicorn.py"]' in last
    before = re.findall(r"ExecStartPre=\S+ manage.py (\w+)", unit)
    assert before == ["migrate", "createcachetable", "collectstatic"]
    assert set(before) <= set(get_commands())


def test_systemd_understands_the_unit(tmp_path):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    unit = (ROOT / "deploy/clinic.service").read_text()
    # The programs are where they are installed; here they are those of the tests.
    unit = re.sub(r"/srv/clinic/\.venv/bin/\w+", sys.executable, unit)
    (tmp_path / "clinic.service").write_text(unit)
    done = subprocess.run([program, "verify", tmp_path / "clinic.service"], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
