"""Uploaded files in S3-compatible storage, over the real protocol."""

import base64
import hashlib

import boto3
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.urls import reverse
from moto.server import ThreadedMotoServer

from catalog.models import ServiceAttachment
from catalog.services import add_attachment, delete_attachment
from clinic import health
from core.actor import Actor
from core.errors import InvalidInput
from core.files import Encoded
from core.invariants import all_invariants
from directory.models import User
from patients.services import add_document
from tests.backoffice.conftest import signed_in
from tests.factories import AT, ServiceFactory

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
BY = Actor.system("test")


@pytest.fixture(scope="module")
def endpoint():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint, settings, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    client.create_bucket(Bucket="clinic")
    options = {
        "bucket_name": "clinic",
        "endpoint_url": endpoint,
        "region_name": "us-east-1",
        "signature_version": "s3v4",
        "querystring_auth": True,
        "file_overwrite": False,
    }
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options},
    }
    yield client
    for item in client.list_objects_v2(Bucket="clinic").get("Contents", []):
        client.delete_object(Bucket="clinic", Key=item["Key"])


def keys(client):
    return [item["Key"] for item in client.list_objects_v2(Bucket="clinic").get("Contents", [])]


@pytest.mark.django_db(transaction=True)
def test_a_file_lies_in_the_bucket_under_a_random_name_until_its_row_goes(bucket):
    assert type(storages["default"]).__name__ == "S3Storage"
    service = ServiceFactory()
    upload = ContentFile(PDF, name="consent-form.pdf")
    made = add_attachment(service.pk, upload=upload, by=BY, at=AT)
    (key,) = keys(bucket)
    assert key == made.file.name
    assert "consent" not in key
    assert bucket.get_object(Bucket="clinic", Key=key)["Body"].read() == PDF
    with default_storage.open(made.file.name) as stored:
        assert hashlib.sha256(stored.read()).hexdigest() == made.sha256
    delete_attachment(service.pk, made.pk, by=BY, at=AT)
    assert keys(bucket) == []
    assert not ServiceAttachment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_document_goes_up_and_comes_down_byte_for_byte(bucket, patient, front_desk):
    content = PDF + bytes(range(256)) * 8000  # more than is kept in memory
    upload = Encoded(base64.b64encode(content).decode(), name="../Ștefan.pdf")
    made = add_document(patient.pk, upload=upload, name="", type="xray", folder_name="2026", by=front_desk, at=AT)
    (key,) = keys(bucket)
    assert (key, made.name, made.size) == (made.file.name, "Ștefan.pdf", len(content))
    assert bucket.get_object(Bucket="clinic", Key=key)["Body"].read() == content
    response = signed_in(User.objects.get(pk=front_desk.user_id)).get(
        reverse("admin:patients_document_file", args=(made.pk,))
    )
    assert b"".join(response) == content
    assert response["Content-Disposition"].startswith("attachment;")
    has_file = next(one for one in all_invariants() if one.name == "patients.document_has_file")
    assert list(has_file.offenders()) == []
    bucket.delete_object(Bucket="clinic", Key=key)
    assert list(has_file.offenders()) == [made.pk]


@pytest.mark.django_db(transaction=True)
def test_a_refused_document_leaves_nothing_in_the_bucket(bucket, patient, front_desk):
    for text, name in (("JVBE====", ""), (base64.b64encode(PDF).decode(), "x" * 256)):
        with pytest.raises(InvalidInput):
            add_document(patient.pk, upload=Encoded(text), name=name, type="text", by=front_desk, at=AT)
    assert keys(bucket) == []


@pytest.mark.django_db(transaction=True)
def test_a_refused_upload_leaves_nothing_in_the_bucket(bucket):
    from core.errors import DomainError

    with pytest.raises(DomainError):
        add_attachment(10**9, upload=ContentFile(PDF, name="a.pdf"), by=BY, at=AT)
    assert keys(bucket) == []


def test_a_bucket_that_is_not_there_is_no_storage_that_can_work(bucket, endpoint, settings, db):
    """Asked for one file, it answers as for one that is not there."""
    assert health.check()["storage"] == "ok"
    options = {**settings.STORAGES["default"]["OPTIONS"], "bucket_name": "nowhere"}
    backend = settings.STORAGES["default"]["BACKEND"]
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": backend, "OPTIONS": options}}
    assert not default_storage.exists("health")
    assert health.check()["storage"] == "failed"
