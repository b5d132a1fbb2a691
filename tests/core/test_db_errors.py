"""What the database says, in the product's words, the same for both engines."""

import sqlite3
from threading import Event, Thread

import pytest
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)

from core.actor import Actor
from core.db import unit_of_work
from core.db_errors import Retry, translate
from core.errors import Conflict, InvalidInput, Missing, Unavailable
from directory.models import Organization
from tests.factories import OrganizationFactory
from tests.patience import LIMIT

BY = Actor.system("test")


def from_postgresql(state, constraint="", kind=OperationalError):
    cause = Exception("in the server's language")
    cause.sqlstate = state
    cause.diag = type("Diagnostic", (), {"constraint_name": constraint})
    error = kind("in the server's language")
    error.__cause__ = cause
    return error


def from_sqlite(name, text, kind=IntegrityError):
    cause = sqlite3.OperationalError(text)
    cause.sqlite_errorname = name
    error = kind(text)
    error.__cause__ = cause
    return error


def told(error):
    """What a person and a program are told: the kind, its code and its text."""
    found = translate(error)
    return type(found), getattr(found, "code", ""), str(found)


UNIQUE = (Conflict, "duplicate", "There is already a service with this slug.")
CHECK = (InvalidInput, "validation_error", "It breaks the rule “service_duration”.")
IN_USE = (Conflict, "in_use", "It is in use; archive it instead.")
BUSY = (Unavailable, "", "The database is busy. Please try again.")
APPENDED = (InvalidInput, "validation_error", "It breaks the rule “audit_append_only”.")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (from_postgresql("23505", "service_unique_slug"), UNIQUE),
        (
            from_sqlite(
                "SQLITE_CONSTRAINT_UNIQUE",
                "UNIQUE constraint failed: catalog_service.organization_id, catalog_service.slug",
            ),
            UNIQUE,
        ),
        (from_postgresql("23514", "service_duration"), CHECK),
        (from_sqlite("SQLITE_CONSTRAINT_CHECK", "CHECK constraint failed: service_duration"), CHECK),
        (from_postgresql("23503"), IN_USE),
        (from_sqlite("SQLITE_CONSTRAINT_FOREIGNKEY", "FOREIGN KEY constraint failed"), IN_USE),
        (from_postgresql("23514", "audit_append_only"), APPENDED),
        (from_sqlite("SQLITE_CONSTRAINT_TRIGGER", "audit_append_only"), APPENDED),
        (from_postgresql("55P03"), BUSY),
        (from_postgresql("57014"), BUSY),
        (from_postgresql("57P01"), BUSY),
        (from_postgresql("53300"), BUSY),
        (from_postgresql(None), BUSY),
        (OperationalError("the connection is closed"), BUSY),
        (from_sqlite("SQLITE_BUSY", "database is locked", OperationalError), BUSY),
        (from_sqlite("SQLITE_BUSY_SNAPSHOT", "database is locked", OperationalError), BUSY),
        (from_sqlite("SQLITE_LOCKED_SHAREDCACHE", "database table is locked", OperationalError), BUSY),
        (
            from_postgresql("22001", kind=DatabaseError),
            (InvalidInput, "validation_error", "A value is out of range or malformed."),
        ),
        (
            from_postgresql(None, kind=DataError),  # the driver's own: a text with a NUL
            (InvalidInput, "validation_error", "A value is out of range or malformed."),
        ),
        (
            DatabaseError("Save with update_fields did not affect any rows."),
            (Missing, "not_found", "Not found"),
        ),
    ],
    ids=lambda one: "",
)
def test_an_error_of_the_database_is_told_in_the_products_words(error, expected):
    assert told(error) == expected


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_what_may_succeed_at_once_is_a_retry(state):
    assert isinstance(translate(from_postgresql(state)), Retry)


@pytest.mark.parametrize("name", ["", "no_such_constraint"])
def test_an_overlap_is_a_conflict_on_both_engines(name):
    expected = (Conflict, "overlap", "It overlaps another.")
    assert told(from_postgresql("23P01", name)) == expected
    assert told(from_sqlite("SQLITE_CONSTRAINT_TRIGGER", name)) == expected


@pytest.mark.parametrize(
    "error",
    [
        from_postgresql("42601", kind=ProgrammingError),
        from_sqlite("SQLITE_ERROR", "near SELEKT: syntax error", OperationalError),
        ProgrammingError("no results to fetch"),
    ],
    ids=["postgresql", "sqlite", "driver"],
)
def test_a_programming_error_stays_one(error):
    with pytest.raises(type(error)) as caught:
        translate(error)
    assert caught.value is error


@pytest.mark.django_db(transaction=True)
def test_a_row_that_another_transaction_holds_is_a_busy_database(at):
    """On PostgreSQL the row, on SQLite the database: the wait ends at its limit, with nothing written."""
    organization = OrganizationFactory(name="Before")
    held, release = Event(), Event()

    def hold():
        with transaction.atomic():
            Organization.objects.filter(pk=organization.pk).update(name="Holding")
            held.set()
            release.wait(LIMIT)
        connection.close()

    holder = Thread(target=hold)
    holder.start()
    assert held.wait(LIMIT)
    limit = "SET lock_timeout = '50ms'" if connection.vendor == "postgresql" else "PRAGMA busy_timeout = 50"
    try:
        with connection.cursor() as cursor:
            cursor.execute(limit)
        with pytest.raises(Unavailable), unit_of_work("tests.wait", by=BY, at=at):
            Organization.objects.filter(pk=organization.pk).update(name="Waiting")
    finally:
        release.set()
        holder.join()
        connection.close()  # and with it the limit
    assert Organization.objects.get().name == "Holding"
