"""What the tests run on: the engine asked for, with real transactions, emptied after each test."""

import os
from datetime import UTC, datetime
from threading import Thread

import pytest
from django.db import connection, transaction

from core.models import AuditEntry


def add_entry():
    return AuditEntry.objects.create(
        at=datetime(2026, 1, 1, tzinfo=UTC), actor_kind="system", verb="tests.try", object_id=1
    )


def test_the_engine_is_the_one_asked_for(db):
    assert connection.vendor == os.environ.get("CLINIC_TEST_ENGINE", "sqlite")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", ["first", "second"])
def test_append_only_tables_are_empty_at_the_start_of_a_test(time):
    assert AuditEntry.objects.count() == 0
    add_entry()
    assert AuditEntry.objects.count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_threads_have_connections_and_transactions_of_their_own():
    counted = []

    def count():
        counted.append(AuditEntry.objects.count())
        connection.close()

    with transaction.atomic():
        add_entry()
        thread = Thread(target=count)
        thread.start()
        thread.join()
    thread = Thread(target=count)
    thread.start()
    thread.join()
    assert counted == [0, 1]
