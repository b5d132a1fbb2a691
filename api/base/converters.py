"""Path converters of ids and names: whatever cannot be one is a 404 before any view sees it."""

from __future__ import annotations

from uuid import UUID

from django.urls import register_converter

MAX_ID = 2**53 - 1  # what JavaScript counts exactly


class IdConverter:
    """A positive integer below 2**53, in ASCII digits without leading zeros."""

    regex = "[1-9][0-9]{0,15}"

    def to_python(self, value: str) -> int:
        """The id; ValueError is "no such path"."""
        number = int(value)
        if number > MAX_ID:
            raise ValueError(value)
        return number

    def to_url(self, value: int) -> str:
        return str(value)


class PublicIdConverter:
    """A UUID in either case."""

    regex = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

    def to_python(self, value: str) -> UUID:
        return UUID(value)

    def to_url(self, value: UUID) -> str:
        return str(value)


class FileNameConverter:
    """The name of a file: printable text without a slash."""

    regex = "[^/]{1,255}"

    def to_python(self, value: str) -> str:
        """The name; ValueError is "no such path"."""
        if not value.isprintable():
            raise ValueError(value)
        return value

    def to_url(self, value: str) -> str:
        return value


def register() -> None:
    """Register the converters with `path()`; called when the app is ready, before any URL configuration is read."""
    register_converter(IdConverter, "id")
    register_converter(PublicIdConverter, "public_id")
    register_converter(FileNameConverter, "file_name")
