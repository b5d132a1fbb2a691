"""Stored files on their way out: as a download that a browser neither runs nor guesses the kind of."""

from __future__ import annotations

from django.core.files.base import File
from django.http import FileResponse

from core.errors import Missing


def download(file: File[bytes], *, name: str, content_type: str) -> FileResponse:
    """The file as an attachment called `name`; Missing where the storage has lost it."""
    try:
        opened = file.open("rb")
    except FileNotFoundError:
        raise Missing from None
    response = FileResponse(opened, as_attachment=True, filename=name, content_type=content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response
