"""The few things that tests need otherwise, and why. Everything else is tested as it runs."""

import logging
from typing import Any

import pytest


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Change them once pytest-django has loaded the settings, before any test."""
    from django.conf import settings  # not before the engine is chosen

    # A password costs half a second to hash in production, on purpose.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # The production storage wants a manifest that only `collectstatic` writes.
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    # Thousands of requests are refused on purpose, and each line would be formatted for pytest's reports, too.
    logging.getLogger("django.request").setLevel(logging.ERROR)
    logging.getLogger("django.security").setLevel(logging.CRITICAL)
    # A test looks into the outbox right after the request.
    settings.MAIL_IN_BACKGROUND = False
    empty_append_only_tables_too()


def empty_append_only_tables_too() -> None:
    """Let the flush after a transactional test delete what nobody else may (on SQLite it is a DELETE)."""
    from django.test import TransactionTestCase

    from core.append_only import erasing

    case: Any = TransactionTestCase  # its private step has no type
    flush = case._fixture_teardown

    def _fixture_teardown(self: Any) -> None:
        with erasing():
            flush(self)

    case._fixture_teardown = _fixture_teardown
