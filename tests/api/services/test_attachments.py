"""services: files that come with a service."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.models import ServiceAttachment
from catalog.services import add_attachment
from tests.api.conftest import refused
from tests.factories import ServiceAttachmentFactory, ServiceFactory

PDF = b"%PDF-1.4\n%consent\n%%EOF\n"


@pytest.fixture
def service(organization):
    return ServiceFactory(organization=organization, public=True)


@pytest.fixture
def attachment(service, admin_actor, at):
    """A file that is really there."""
    upload = ContentFile(PDF, name="consent-form.pdf")
    return add_attachment(service.pk, upload=upload, by=admin_actor, at=at)


def upload(caller, service, *files, **fields):
    """POST the files as multipart/form-data."""
    data = {**fields, **({"file": list(files)} if files else {})}
    return caller.client.post(f"/v1/services/{service.uuid}/attachments", data, headers=caller.headers)


def test_uploading_answers_the_attachment(admin, service):
    response = upload(admin, service, SimpleUploadedFile("consent-form.pdf", PDF, "application/pdf"))
    attachment = ServiceAttachment.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "id": attachment.pk,
        "service_id": str(service.uuid),
        "file_url": f"http://testserver/v1/services/{service.uuid}/attachments/{attachment.pk}/consent-form.pdf",
        "file_name": "consent-form.pdf",
        "file_type": "application/pdf",
        "file_size": len(PDF),
        "created_at": "2026-02-17T10:00:00Z",
    }


def test_what_was_uploaded_is_fetched_by_its_url(admin, anyone, service):
    url = upload(admin, service, SimpleUploadedFile("consent form.pdf", PDF, "application/pdf")).json()["file_url"]
    assert url.startswith("http://testserver/v1/services/")
    assert url.endswith("/consent%20form.pdf")
    response = anyone.get(url.removeprefix("http://testserver"))
    assert response.status_code == 200
    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="consent form.pdf"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_the_stored_name_tells_nothing_of_the_file(admin, service):
    upload(admin, service, SimpleUploadedFile("consent-form.pdf", PDF, "application/pdf"))
    assert "consent" not in ServiceAttachment.objects.get().file.name


@pytest.mark.parametrize("who", ["anyone", "foreign_admin"])
def test_a_file_of_a_hidden_service_looks_like_none(who, service, attachment, request):
    service.published = False
    service.save()
    caller = request.getfixturevalue(who)
    path = f"/v1/services/{service.uuid}/attachments"
    responses = [caller.get(f"{path}/{pk}/consent-form.pdf") for pk in (attachment.pk, attachment.pk + 1000)]
    assert [response.status_code for response in responses] == [404, 404]
    assert responses[0].json() == responses[1].json() == refused("attachment_not_found", "Attachment not found")


def test_a_file_answers_only_to_its_own_name_and_service(anyone, organization, service, attachment):
    other = ServiceFactory(organization=organization, public=True)
    for path in (
        f"/v1/services/{service.uuid}/attachments/{attachment.pk}/other.pdf",
        f"/v1/services/{other.uuid}/attachments/{attachment.pk}/consent-form.pdf",
    ):
        assert anyone.get(path).status_code == 404


def test_a_file_that_the_storage_has_lost_is_a_404(anyone, service):
    lost = ServiceAttachmentFactory(service=service)
    default_storage.delete(lost.file.name)
    response = anyone.get(f"/v1/services/{service.uuid}/attachments/{lost.pk}/{lost.file_name}")
    assert response.status_code == 404
    assert response.json() == refused("not_found", "File not found")


def test_a_kind_of_file_that_is_not_allowed_is_refused(admin, service):
    page = SimpleUploadedFile("consent-form.pdf", b"<html><script>alert(1)</script></html>", "application/pdf")
    response = upload(admin, service, page)
    assert response.status_code == 422
    assert list(response.json()["error"]["details"]["fields"]) == ["file"]
    assert not ServiceAttachment.objects.exists()


def test_an_upload_without_a_file_is_refused(admin, service):
    response = upload(admin, service)
    assert response.status_code == 422
    assert response.json() == refused("validation_error", "Validation failed", file="No file was submitted.")


def test_an_upload_with_another_field_is_refused(admin, service):
    response = upload(admin, service, SimpleUploadedFile("a.pdf", PDF, "application/pdf"), service_id="7")
    assert response.status_code == 422
    assert response.json() == refused(
        "validation_error", "Validation failed", service_id="is not a field of this request"
    )
    assert not ServiceAttachment.objects.exists()


def test_an_upload_that_is_too_large_is_refused_before_it_is_read(admin, service):
    headers = {**admin.headers, "Content-Length": str(2**30)}
    response = admin.client.generic(
        "POST",
        f"/v1/services/{service.uuid}/attachments",
        b"",
        content_type="multipart/form-data; boundary=x",
        headers=headers,
        CONTENT_LENGTH=str(2**30),
    )
    assert response.status_code == 413
    assert response.json() == refused("too_large", "The request is too large.")


def test_a_file_one_byte_too_large_is_refused(admin, service, settings):
    settings.UPLOAD_MAX_BYTES = len(PDF) - 1
    response = upload(admin, service, SimpleUploadedFile("a.pdf", PDF, "application/pdf"))
    assert response.status_code == 422
    assert list(response.json()["error"]["details"]["fields"]) == ["file"]
    assert not ServiceAttachment.objects.exists()


def test_an_upload_that_is_no_multipart_is_a_415(admin, service):
    response = admin.post(f"/v1/services/{service.uuid}/attachments", {"file": "x"})
    assert response.status_code == 415
    assert response.json() == refused("unsupported_media_type", 'Unsupported media type "application/json" in request.')


def test_deleting_removes_the_row_and_the_file(admin, service, attachment, django_capture_on_commit_callbacks):
    name = attachment.file.name
    assert default_storage.exists(name)
    with django_capture_on_commit_callbacks(execute=True):
        response = admin.delete(f"/v1/services/{service.uuid}/attachments/{attachment.pk}")
    assert (response.status_code, response.content) == (204, b"")
    assert not ServiceAttachment.objects.exists()
    assert not default_storage.exists(name)


def test_deleting_a_file_of_another_service_is_a_404(admin, organization, service, attachment):
    other = ServiceFactory(organization=organization)
    response = admin.delete(f"/v1/services/{other.uuid}/attachments/{attachment.pk}")
    assert response.status_code == 404
    assert response.json() == refused("attachment_not_found", "Attachment not found")
    assert ServiceAttachment.objects.get() == attachment
    assert default_storage.exists(attachment.file.name)
