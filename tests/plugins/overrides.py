"""The few things that tests need otherwise, and why. Everything else is tested as it runs."""

import gc
import logging
from collections.abc import Generator
from typing import Any

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """Collect tests without the collector, which need not walk them in between, nor while they run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Change them once pytest-django has loaded the settings, before any test."""
    from django.conf import settings  # not before the engine is chosen

    # A password costs half a second to hash in production, on purpose.
    settings.PASSWORD_HASHERS[0] = "django.contrib.auth.hashers.MD5PasswordHasher"
    # The production storage wants a manifest that only `collectstatic` writes.
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    # No thread writes into a test's transaction, and no statement is counted that a test does not ask for.
    settings.READS_WRITTEN_AFTER_SECONDS = None
    # Thousands of requests are refused on purpose, and each line would be formatted for pytest's reports, too.
    logging.getLogger("django.request").setLevel(logging.ERROR)
    logging.getLogger("django.security").setLevel(logging.CRITICAL)
    # A test looks into the outbox right after the request.
    settings.MAIL_IN_BACKGROUND = False
    empty_tables_fast()


# What `migrate` writes; without it Django would have to be told to write it again.
KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def empty_tables_fast() -> None:
    """After a transactional test empty only the tables that have rows, append-only ones too, however long it takes.

    Django truncates all of them, and fills in permissions and content types again. On a busy machine the hundred files
    of that took PostgreSQL longer than the five seconds that the product gives a statement.
    """
    from django.db import connection, transaction
    from django.test import TransactionTestCase

    from core.append_only import erasing
    from core.db import long_running

    def _fixture_teardown(_self: Any) -> None:
        quoted = connection.ops.quote_name
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        asked = (f"SELECT '{one}' WHERE EXISTS (SELECT 1 FROM {quoted(one)})" for one in tables if one not in KEPT)
        with long_running(), transaction.atomic(), erasing(), connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(asked))
            for (table,) in cursor.fetchall():
                cursor.execute(f"DELETE FROM {quoted(table)}")

    case: Any = TransactionTestCase  # its private step has no type
    case._fixture_teardown = _fixture_teardown
