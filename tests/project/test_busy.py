"""Whoever comes while the database is busy for longer than its limits is told to come back, at every door."""

from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from directory.models import SignIn
from tests.factories import OrganizationFactory
from tests.patience import LIMIT


@pytest.fixture
def locked(transactional_db):
    """Another connection holds the table of sign-ins, on SQLite the database; this one waits for 50 ms."""
    organization = OrganizationFactory()
    held, release = Event(), Event()

    def hold():
        with transaction.atomic():
            type(organization).objects.filter(pk=organization.pk).update(name="Holding")
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("LOCK TABLE directory_signin")
            held.set()
            release.wait(LIMIT)
        connection.close()

    holder = Thread(target=hold)
    holder.start()
    assert held.wait(LIMIT)
    limit = "SET lock_timeout = '50ms'" if connection.vendor == "postgresql" else "PRAGMA busy_timeout = 50"
    with connection.cursor() as cursor:
        cursor.execute(limit)
    yield
    release.set()
    holder.join()
    connection.close()  # and with it the limit


def test_a_page_that_waits_too_long_for_a_lock_is_a_503_that_says_when(locked):
    client = Client(raise_request_exception=False)
    answer = client.post(reverse("admin:login"), {"username": "ana", "password": "x"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert "busy" in answer.content.decode()


def test_a_mistake_of_ours_stays_a_500(db, monkeypatch):
    def broken(*args, **kwargs):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("backoffice.account.entrance.StaffSignIn.clean", broken)
    answer = Client(raise_request_exception=False).post(reverse("admin:login"), {"username": "ana", "password": "x"})
    assert (answer.status_code, SignIn.objects.count()) == (500, 0)
    assert "secret" not in answer.content.decode()


def test_a_page_that_reads_for_too_long_is_a_503(db, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no statement_timeout")

    def slow(*args, **kwargs):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 1")
            cursor.execute("SELECT pg_sleep(1)")

    monkeypatch.setattr("backoffice.account.entrance.StaffSignIn.clean", slow)
    answer = Client(raise_request_exception=False).post(reverse("admin:login"), {"username": "ana", "password": "x"})
    assert answer.status_code == 503
