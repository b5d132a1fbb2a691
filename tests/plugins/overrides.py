"""The few settings that tests need otherwise, and why. Everything else is tested as it runs."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Change the settings once pytest-django has loaded them, before any test."""
    from django.conf import settings  # not before the engine is chosen

    # A password costs half a second to hash in production, on purpose.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # The production storage wants a manifest that only `collectstatic` writes.
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
