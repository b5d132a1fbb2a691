"""Serving stored files as downloads that a browser neither runs nor guesses the type of."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse

from core import files


def send_file(file: Any, *, name: str, content_type: str) -> FileResponse:
    """The file as its stored kind, under a name whose ending is true of it; Missing where the storage has lost it."""
    opened = files.open_stored(file)
    response = FileResponse(
        opened, as_attachment=True, filename=files.safe_name(name, content_type), content_type=content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response
