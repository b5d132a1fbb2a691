"""The files of the pages can be collected as a deployment does it."""

import pytest
from django.core.management import call_command

pytestmark = pytest.mark.engine_independent


def test_every_file_that_another_names_is_there(tmp_path, settings):
    storage = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    settings.STATIC_ROOT, settings.STORAGES = str(tmp_path), {**settings.STORAGES, "staticfiles": storage}
    call_command("collectstatic", interactive=False, verbosity=0)
    assert (tmp_path / "staticfiles.json").exists()
