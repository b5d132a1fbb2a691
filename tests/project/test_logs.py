"""The log is JSON, tells requests by their ids, and repeats nothing that somebody typed."""

import json
import logging

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from clinic.logs import JsonFormatter
from directory.models import User
from tests.factories import PatientFactory, UserFactory

NAME = "Popescu-Zebra"


@pytest.fixture
def lines():
    """What is logged, as it stands on the console of a deployment."""
    written = []

    class Keep(logging.Handler):
        def emit(self, record):
            written.append(self.format(record))

    handler = Keep()
    handler.setFormatter(JsonFormatter())
    logging.getLogger("django.security").setLevel(logging.ERROR)
    named = [logging.getLogger(name) for name in ("", "django", "clinic.requests")]
    kept = [(one, one.level, one.propagate) for one in named]
    for one in named[1:]:
        one.propagate = False
        one.setLevel(logging.INFO)
    for one in named:
        one.addHandler(handler)
    yield lambda: [json.loads(one) for one in written]
    logging.getLogger("django.security").setLevel(logging.CRITICAL)
    for one, level, propagate in kept:
        one.removeHandler(handler)
        one.setLevel(level)
        one.propagate = propagate


def test_each_request_leaves_one_line_with_its_id_and_page_and_nothing_that_was_typed(db, lines, boss_at_the_desk):
    patient, boss = PatientFactory(last_name=NAME), boss_at_the_desk
    page = reverse("admin:patients_patient_changelist")
    boss.get(page, {"q": NAME}, headers={"X-Request-ID": "request-1"})
    boss.get(reverse("admin:patients_patient_change", args=(patient.pk,)))
    Client().get(f"/nowhere/{NAME}")
    Client().post(reverse("admin:login"), {"username": NAME, "password": "secret-word"})
    told = [one for one in lines() if one["logger"] == "clinic.requests"]
    assert [one["page"] for one in told][:2] == ["admin:patients_patient_changelist", "admin:patients_patient_change"]
    assert (told[0]["request_id"], told[0]["method"], told[0]["status"]) == ("request-1", "GET", 200)
    assert len(told) == 4
    assert all(one["request_id"] and one["milliseconds"] >= 0 for one in told)
    assert NAME not in json.dumps(told)
    assert "secret-word" not in json.dumps(told)


@pytest.fixture
def boss_at_the_desk(client, superuser):
    client.force_login(superuser.user if hasattr(superuser, "user") else User.objects.get(pk=superuser.user_id))
    return client


def test_a_failure_is_told_by_its_kind_and_place_without_the_values_that_it_quotes(lines, db, monkeypatch):
    UserFactory(username=NAME)

    def broken(*args, **kwargs):
        try:
            User.objects.create(username=NAME)
        except IntegrityError as error:  # PostgreSQL quotes the value by itself, SQLite does not
            raise IntegrityError(f"{error}: {NAME}") from error.__cause__

    monkeypatch.setattr("backoffice.account.entrance.StaffSignIn.clean", broken)
    client = Client(raise_request_exception=False)
    answer = client.post(
        reverse("admin:login"), {"username": "ana", "password": "x"}, headers={"X-Request-ID": "request-1"}
    )
    assert answer.status_code == 500
    (line,) = [one for one in lines() if "error" in one]
    assert line["request_id"] == "request-1"
    assert line["error"]["kind"] == IntegrityError.__name__
    assert line["error"]["code"] in ("23505", "SQLITE_CONSTRAINT_UNIQUE")
    assert any("broken" in place for place in line["error"]["where"])
    assert NAME not in json.dumps(line)


def test_no_line_has_the_path_or_the_host_that_was_asked_for(lines, db, monkeypatch):
    """A path may be a link that sets a password."""

    def broken(*args, **kwargs):
        raise OSError

    monkeypatch.setattr("backoffice.account.reset.Confirm.dispatch", broken)
    client = Client(raise_request_exception=False)
    assert client.get(reverse("password_reset_confirm", args=("MQ", f"{NAME}-token"))).status_code == 500
    assert client.get(reverse("admin:login"), headers={"Host": f"{NAME}.example"}).status_code == 400
    told = [one["message"] for one in lines() if one["level"] == "ERROR"]
    assert told == ["Internal Server Error", "Refused: DisallowedHost"]
    assert NAME not in json.dumps(lines())
