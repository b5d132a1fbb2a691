"""Serving stored files as downloads that a browser neither runs nor guesses the type of."""

from __future__ import annotations

from django.conf import settings
from django.db.models.fields.files import FieldFile
from django.http import FileResponse

from core import files

# What may stand beside a file in a request.
ENVELOPE_BYTES = 64 * 1024

# The longest body with a file: as multipart/form-data, and in JSON as base64, which takes four bytes to say three.
MULTIPART_BYTES = settings.UPLOAD_MAX_BYTES + ENVELOPE_BYTES
BASE64_BYTES = settings.UPLOAD_MAX_BYTES * 4 // 3 + ENVELOPE_BYTES


def download(file: FieldFile, *, name: str, content_type: str) -> FileResponse:
    """The file as its stored kind, under a name whose ending is true of it; Missing where the storage has lost it."""
    opened = files.open_stored(file)
    response = FileResponse(
        opened, as_attachment=True, filename=files.safe_name(name, content_type), content_type=content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response
