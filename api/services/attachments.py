"""The files that come with a service: upload, download, delete."""

from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, HttpResponse
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from api.base.files import MULTIPART_BYTES, download
from api.base.input import Input
from api.base.operations import operation
from api.services.contract import ServicesViewSet
from api.services.services import AttachmentBody
from catalog.models import Service, ServiceAttachment
from catalog.services import add_attachment, delete_attachment


class UploadedAttachmentBody(AttachmentBody):
    """A file, as returned by its upload."""

    service_id = serializers.UUIDField(source="service.uuid")
    created_at = serializers.DateTimeField()


class UploadInput(Input):
    """A file, as multipart/form-data."""

    file = serializers.FileField()


class AttachmentViewSet(ServicesViewSet):
    """The files that come with a service."""

    tag = "Service attachments"

    @operation(
        "upload_attachment",
        "catalog.add_attachment",
        takes=UploadInput,
        gives=UploadedAttachmentBody,
        status=201,
        parsers=(MultiPartParser,),
        body_limit=MULTIPART_BYTES,
    )
    def create(self, request: Request, service_id: UUID) -> HttpResponse:
        """Upload a file to a service."""
        service = Service.objects.visible_to(self.actor).one(uuid=service_id)
        attachment = add_attachment(service.pk, upload=self.input()["file"], by=self.actor, at=self.at)
        return self.show(lambda: ServiceAttachment.objects.visible_to(self.actor), pk=attachment.pk)

    @operation("delete_attachment", "catalog.delete_attachment", status=204)
    def destroy(self, request: Request, service_id: UUID, attachment_id: int) -> HttpResponse:
        """Delete a file of a service."""
        service = Service.objects.visible_to(self.actor).one(uuid=service_id)
        delete_attachment(service.pk, attachment_id, by=self.actor, at=self.at)
        return self.no_content()

    @operation("download_attachment", "catalog.view", binary=True)
    def download(self, request: Request, service_id: UUID, attachment_id: int, file_name: str) -> FileResponse:
        """Download a file of a service.

        Whoever may see the service may fetch it.
        """
        files = ServiceAttachment.objects.visible_to(self.actor)
        found = files.one(pk=attachment_id, service__uuid=service_id, file_name=file_name)
        return download(found.file, name=found.file_name, content_type=found.file_type)
