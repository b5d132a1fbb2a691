"""Documents of a patient: listed, added as base64 or as a form, and downloaded."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import IO, Any

from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from api.alfadocs.contract import AlfadocsViewSet, BareBody
from api.alfadocs.fields import VendorInput, local, number_text
from api.alfadocs.filters import VendorFilters
from api.base.body import Body, ComputedField, Reading
from api.base.input import ENVELOPE, ChoiceField, TextField
from api.base.operations import operation
from api.base.renderer import JSONParser
from core import files
from patients.models import Document
from patients.services import add_document, open_document
from patients.states import DocumentType

# As base64, four characters for three bytes; and line breaks, which some programs put in.
LONGEST_BODY = settings.UPLOAD_MAX_BYTES * 4 // 3 * 66 // 64 + ENVELOPE
# Bytes that are encoded at once: a multiple of three, so that the pieces fit together.
PIECE = 3 * 32 * 1024


def address(reading: Reading) -> Callable[[int, int], str]:
    """What tells where a document is downloaded, by the practice in the request's path."""
    return lambda document_id, patient_id: reading.link(f"patients/{patient_id}/documents/{document_id}/download")


class DocumentBody(Body):
    """A document; `downloadUrl` is where its content is. The id of its folder is a text."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    folderId = number_text("folder_id", null=True)
    type = serializers.ChoiceField(choices=DocumentType.values)
    createdAt = local("created_at")
    downloadUrl = ComputedField(serializers.URLField(), "pk", "patient_id", make=address, linked=True)


class ContentBody(BareBody):
    """The content of a document as base64."""

    file = serializers.CharField()


@extend_schema_field({"type": "string", "format": "byte"})
class ContentField(serializers.Field[str, str, str, str]):
    """Base64, which may be long: it is looked at only piece by piece."""

    default_error_messages = {"invalid": _("must be a text in base64")}

    def to_internal_value(self, data: Any) -> str:
        """The text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return data


class DocumentInput(VendorInput):
    """A document to add: its content as base64, or in a form as a file."""

    base64Data = ContentField(required=False, source="file")
    file = serializers.FileField(required=False, source="upload")
    type = ChoiceField(DocumentType.values)
    name = TextField(max_length=255)
    folderName = TextField(max_length=255, allow_blank=True, source="folder_name")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The content by either name."""
        encoded, upload = attrs.pop("file", None), attrs.pop("upload", None)
        if encoded is None and upload is None:
            raise serializers.ValidationError({"base64Data": [_("is required")]})
        attrs["upload"] = upload if encoded is None else files.Encoded(encoded, name=attrs["name"])
        return attrs


class DocumentViewSet(AlfadocsViewSet):
    """The documents of a patient."""

    tag = "Documents"
    own_code = "patient_not_found"

    def documents(self, patient_id: int) -> Any:
        """The live documents of a live patient of the archive; Missing for any other patient."""
        self.require_patient(patient_id)
        return self._documents(patient_id)

    def _documents(self, patient_id: Any) -> Any:
        return Document.objects.visible_to(self.actor).live().filter(patient=patient_id)

    @operation(
        "list_documents",
        "patients.view",
        scope="patient:document:list",
        gives=DocumentBody,
        key="data",
        filters=VendorFilters,
        whole=True,
    )
    def list(self, request: Request, patient_id: int) -> HttpResponse:
        """List the documents of a patient, the oldest first."""
        self.require_patient(patient_id)
        given = {"patient_id": patient_id}
        return self.whole(lambda patient_id: self._documents(patient_id).order_by("created_at", "pk"), given=given)

    @operation(
        "create_document",
        "patients.add_document",
        scope="patient:document:create",
        takes=DocumentInput,
        gives=DocumentBody,
        makes=True,
        parsers=(JSONParser, MultiPartParser),
        body_limit=LONGEST_BODY,
    )
    def create(self, request: Request, patient_id: int) -> HttpResponse:
        """Add a document to a patient, in the folder of that name, which is made where there is none.

        What it is, its content says: a kind that is not kept here, or one that is too long, is refused.
        """
        rows = self.documents(patient_id)
        made = add_document(patient_id, **self.input(), by=self.actor, at=self.at)
        return self.show(rows, pk=made.pk)

    @operation("get_document", "patients.view", scope="patient:document:view", gives=DocumentBody)
    def retrieve(self, request: Request, patient_id: int, document_id: int) -> HttpResponse:
        """Get a document of a patient."""
        return self.show(self.documents(patient_id), pk=document_id)

    @operation("download_document", "patients.view", scope="patient:document:view", gives=ContentBody)
    def download(self, request: Request, patient_id: int, document_id: int) -> Any:
        """Get the content of a document as base64."""
        self.documents(patient_id).one(pk=document_id)
        opened = files.open_stored(open_document(self.actor, document_id).file)
        reply = StreamingHttpResponse(written(opened), content_type="application/json")
        reply["Cache-Control"] = "private, no-store"
        reply["X-Content-Type-Options"] = "nosniff"
        return reply


def written(opened: IO[bytes]) -> Iterator[bytes]:
    """The reply in pieces, so that no file is in memory as a whole."""
    yield b'{"status":"success","file":"'
    with opened:
        while piece := opened.read(PIECE):
            yield base64.b64encode(piece)
    yield b'"}'
