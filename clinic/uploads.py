"""The limit of uploads, by the declared length, before anything is read."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

# What the other fields of the form and the lines between them may add to the file.
ENVELOPE_BYTES = 256 * 1024


class LimitedUpload(FileUploadHandler):
    """Refuses a form with files that is longer than one file may be. It leaves the files to the handlers after it.

    Django bounds the other fields of a form, never its files: 1 GB would be written to the disk before a form says no.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803 Django's word
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        """Raise RequestDataTooBig for a form that is too long; Django's parser reads no further than was declared."""
        if content_length > settings.UPLOAD_MAX_BYTES + ENVELOPE_BYTES:
            raise RequestDataTooBig

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Return the chunk unchanged."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Return None: another handler has the file."""
