"""A client that a public generator makes of our document, against the running contract, with an access token."""

import importlib
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from openapi_python_client import Config, MetaType, generate
from openapi_python_client.config import ConfigFile

from directory.models import AccessToken
from tests.factories import AuthorizationFactory, PatientFactory

pytestmark = [pytest.mark.engine_independent, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def clock(monkeypatch):
    """The real one: the client has its own."""


@pytest.fixture(scope="session")
def generated(tmp_path_factory):
    """The package that the generator makes."""
    folder = tmp_path_factory.mktemp("generated")
    config = Config.from_sources(
        ConfigFile(post_hooks=[]),
        MetaType.NONE,
        document_source=Path(settings.BASE_DIR, "docs/schema/alfadocs.yaml"),
        file_encoding="utf-8",
        overwrite=True,
        output_path=folder / "alfadocs_client",
    )
    assert generate(config=config) == []
    sys.path.insert(0, str(folder))
    yield importlib.import_module("alfadocs_client")
    sys.path.remove(str(folder))


def test_the_generated_client_finds_adds_and_shows_a_patient(generated, live_server, practice, front_desk_user):
    authorization = AuthorizationFactory(user=front_desk_user, practice=practice)
    AccessToken.objects.create(
        token_checksum=AccessToken.hashed("a-token"),
        application=authorization.application,
        user=authorization.user,
        authorization=authorization,
        scope="patient:list patient:create patient:view",
        expires=timezone.now() + timedelta(hours=1),
    )
    PatientFactory(organization=practice.organization, first_name="Ada", last_name="Moss")
    client = generated.AuthenticatedClient(base_url=live_server.url, token="a-token", raise_on_unexpected_status=True)

    def call(operation, **given):
        module = importlib.import_module(f"alfadocs_client.api.patients.{operation}")
        place = {"practice_id": practice.pk, "archive_id": practice.organization_id}
        response = module.sync_detailed(client=client, **place, **given)
        assert response.status_code == 200, response.content
        return response.parsed

    assert [one.first_name for one in call("search_patients", last_name="Moss").results] == ["Ada"]
    models = importlib.import_module("alfadocs_client.models")
    made = call("create_patient", body=models.PatientInput(first_name="Giulia", last_name="Rossi")).data
    shown = call("get_patient", patient_id=made.id).data
    assert (shown.last_name, shown.phone_numbers) == ("Rossi", [])
