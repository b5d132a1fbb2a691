"""The settings of a deployment pass Django's own checks, and the shipped files fit together."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit

import pytest
import yaml
from django.conf import settings
from django.core.checks import Tags, run_checks
from django.core.management import get_commands
from django.urls import reverse
from rest_framework.throttling import SimpleRateThrottle

from core.errors import Unavailable
from tests.factories import DocumentFactory, ServiceFactory, UserFactory

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


def test_the_check_warns_of_mails_in_the_log_and_of_counts_that_are_not_shared(settings):
    """What is not set is as in a demo: a mail with a link that sets a password would be printed."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    told = run_checks(tags=[Tags.security], include_deployment_checks=True)
    assert [one.id for one in told if one.id.startswith("clinic.")] == ["clinic.W001", "clinic.W002"]


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


def test_every_kind_of_answer_is_guarded_whatever_its_status(client, db, monkeypatch, settings):
    client.raise_request_exception = False
    client.handler.enforce_csrf_checks = True
    service, document = ServiceFactory(public=True), DocumentFactory()
    login, register = reverse("admin:login"), f"/v1/services/{service.uuid}/register"
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "register", "1/hour")

    def post(address, body=b"{}", **headers):
        return client.post(address, body, content_type="application/json", headers=headers)

    answers = [
        client.get("/v1/services"),
        client.get("/v1/schema/services"),
        client.get("/", headers={"Host": "made-up.example"}),
        post("/oauth2/token", b"{"),
        client.get("/v1/me/appointments"),
        post(login),
        client.get("/nowhere"),
        client.delete("/v1/services"),
        post(register, b" " * (settings.UPLOAD_MAX_BYTES + 1)),
        post(register),
        post(register),
    ]
    client.force_login(UserFactory(superuser=True))
    download = reverse("admin:patients_document_file", args=(document.pk,))
    answers += [client.get(reverse("admin:index")), client.get(download)]
    for fault in (OSError, Unavailable):
        monkeypatch.setattr("core.files.open_stored", mock.Mock(side_effect=fault))
        answers.append(client.get(download))
    statuses = [answer.status_code for answer in answers]
    assert statuses == [200, 200, 400, 400, 401, 403, 404, 405, 413, 422, 429, 200, 200, 500, 503]
    for answer in answers:
        told = answer.headers
        assert "default-src" in told["Content-Security-Policy"], answer.request
        assert told["X-Content-Type-Options"] == "nosniff", answer.request
        assert told["Referrer-Policy"] == "same-origin", answer.request
        assert {"camera=()", "geolocation=()", "publickey-credentials-get=(self)"} <= set(
            told["Permissions-Policy"].split(", ")
        ), answer.request


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
    # What serves no pages is not asked for one by the image's check of its health.
    assert [name for name, one in services.items() if one.get("healthcheck") == {"disable": True}] == [
        "migrate",
        "daily",
    ]
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


@pytest.mark.parametrize("name", ["clinic.service", "clinic-daily.service", "clinic-daily.timer"])
def test_systemd_understands_the_units(tmp_path, name):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    for unit in (ROOT / "deploy").glob("clinic*.*"):
        # The programs are where they are installed; here they are those of the tests.
        text = re.sub(r"/srv/clinic/\.venv/bin/\w+", sys.executable, unit.read_text())
        (tmp_path / unit.name).write_text(text)
    done = subprocess.run([program, "verify", tmp_path / name], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


OPERATIONS = (ROOT / "docs/operations.md").read_text()


def test_what_the_document_of_operations_names_is_there():
    assert set(re.findall(r"manage\.(?:py|sh) (\w+)", OPERATIONS)) - {"APP"} <= set(get_commands())
    for name in re.findall(r"\b(?:deploy|tests)/[\w./-]+\.\w+", OPERATIONS):
        assert name == "deploy/.env" or (ROOT / name).exists(), name
    for name in re.findall(r"docker compose .* (?:exec -T|run --rm) (?:-v \S+ )?(\w+)", OPERATIONS):
        assert name in yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]


def test_the_proxy_without_containers_is_the_shipped_one_with_its_three_places_changed():
    (command,) = re.findall(r"^ {4}(sed -e .*?) >/etc/nginx/nginx\.conf$", OPERATIONS, re.DOTALL | re.MULTILINE)
    command = command.replace("/srv/clinic/", f"{ROOT}/")
    written = subprocess.run(["/bin/sh", "-c", command], check=True, capture_output=True, text=True).stdout
    shipped = (ROOT / "deploy/nginx.conf").read_text()
    changed = [new for old, new in zip(shipped.splitlines(), written.splitlines(), strict=True) if old != new]
    assert len(changed) == 3
    assert "server 127.0.0.1:8000;" in written
    assert "/dev/" not in written
    assert "stderr" not in written


def test_the_shell_reads_the_example_of_an_environment_as_the_containers_do():
    example_file = ROOT / "deploy/env.example"
    script = f'CLINIC_ENV={example_file}; . deploy/settings.sh; printf "%s\\n" "$EMAIL_URL" "$DATABASE_URL"'
    said = subprocess.run(["/bin/sh", "-c", script], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert said.splitlines() == [example()["EMAIL_URL"], example()["DATABASE_URL"]]


def test_the_commands_of_every_day_run_from_wherever_they_are_called(tmp_path):
    """From cron there is no virtual environment in the path, and no variable of the deployment."""
    settings_file = tmp_path / "clinic.env"
    settings_file.write_text(f"SECRET_KEY=only-for-tests\nDATABASE_URL=sqlite:///{tmp_path}/a.sqlite3\n")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    (tmp_path / "deploy").mkdir()
    for name in ("manage.sh", "settings.sh"):
        shutil.copy(ROOT / "deploy" / name, tmp_path / "deploy")
    (tmp_path / "manage.py").write_text("import os, sys\nprint(*sys.argv[1:], os.environ['DATABASE_URL'])\n")
    done = subprocess.run(
        ["/bin/sh", str(tmp_path / "deploy/manage.sh"), "seal_history"],
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "CLINIC_ENV": str(settings_file)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == (f"seal_history sqlite:///{tmp_path}/a.sqlite3\n", "")
