"""What the races behind gunicorn need once for all of them."""

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings


@pytest.fixture(scope="session")
def static(tmp_path_factory):
    """The back office's files, as a deployment collects them."""
    folder = tmp_path_factory.mktemp("static")
    whole = {**settings.STORAGES, "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
    with override_settings(STATIC_ROOT=str(folder), STORAGES=whole):
        call_command("collectstatic", interactive=False, verbosity=0)
    return folder
