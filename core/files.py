"""Files that people upload: recognized by content, checked against an allow-list, stored under random names."""

from __future__ import annotations

import binascii
import hashlib
import logging
import re
import secrets
import tempfile
import unicodedata
import zipfile
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import IO

import filetype
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db.models import Model
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext as _

from core.errors import InvalidInput, Missing, Unavailable
from core.registry import contributions

# What the two storages raise when they fail: a disk, and S3.
STORAGE_ERRORS = (OSError, BotoCoreError, ClientError)

logger = logging.getLogger(__name__)

# Content type -> the names such a file may end in, the usual one first. What a browser would run (html, svg) is
# not among them.
ALLOWED: dict[str, tuple[str, ...]] = {
    "application/pdf": (".pdf",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
    "video/mp4": (".mp4", ".m4v"),
    "text/plain": (".txt",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (".xlsx",),
    "application/vnd.oasis.opendocument.text": (".odt",),
    "image/heic": (".heic",),
    "application/dicom": (".dcm",),
}
# What a ZIP file must hold to be one of these documents.
OFFICE = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ODT = "application/vnd.oasis.opendocument.text"
# Where the two families of documents keep macros.
MACROS, ODT_MACROS = "vbaProject.bin", ("Basic/", "Scripts/")

UNKNOWN_ENDING = (".bin",)  # of a kind that is stored, but no longer allowed

HEAD = 8192  # bytes; as many as filetype looks at
LONGEST_NAME = 200

# The list of what a ZIP file holds: no document of a clinic needs a longer one, and all of it is read into memory.
LONGEST_DIRECTORY = 512 * 1024
END_OF_DIRECTORY, ZIP64 = b"PK\x05\x06", b"PK\x06\x07"
END_LENGTH, LONGEST_COMMENT = 22, 65_535

# What turns the direction of a text, so that "exe.fdp" can be read the other way round.
TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

AT_ONCE = 64 * 1024  # characters of base64 that are decoded at once
IN_MEMORY = 1024 * 1024  # bytes of a decoded file; what is longer goes to the disk


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the storage: `name` there, `display_name` for people, `size` in bytes."""

    name: str
    display_name: str
    content_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Encoded:
    """A base64-encoded file and its name; the text may also be a `data:` address."""

    text: str
    name: str = ""


@contextmanager
def stored(upload: File[bytes] | Encoded, *, folder: str) -> Iterator[StoredFile]:
    """`store`, and remove the file again if the block fails: wrap it around the verb that refers to the file.

    Where the database does not say whether the verb took place (it went away), the file stays: better a file that
    nothing refers to, which `check_files` finds, than a row without its file.
    """
    kept = store(upload, folder=folder)
    try:
        yield kept
    except Exception as error:
        if not isinstance(error, Unavailable):
            remove(kept.name)
        raise


def store(upload: File[bytes] | Encoded, *, folder: str) -> StoredFile:
    """Write `upload` under a random name in `folder`.

    Raises InvalidInput for `file` when it is empty, larger than UPLOAD_MAX_BYTES or of a kind that is not
    allowed, whatever its name says; Unavailable when the storage does not answer. Call it before the transaction
    begins: a storage may take seconds.
    """
    if isinstance(upload, Encoded):
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as decoded:
            _decode(upload.text, into=decoded)
            return store(File(decoded, name=upload.name), folder=folder)
    size, sha256, is_text = _read(upload)
    content_type = _kind(upload, is_text=is_text)
    name = f"{folder}/{secrets.token_hex(16)}{ALLOWED[content_type][0]}"
    upload.seek(0)
    try:
        name = default_storage.save(name, upload)
    except STORAGE_ERRORS as error:
        raise Unavailable from error
    display_name = safe_name(upload.name or "", content_type)
    return StoredFile(name, display_name, content_type, size, sha256)


def remove(name: str) -> None:
    """Delete a stored file. A missing one is no error; a failing storage is only logged."""
    try:
        default_storage.delete(name)
    except STORAGE_ERRORS:
        logger.exception("file left behind: %s", name)


def open_stored(file: FieldFile) -> File[bytes]:
    """Open the file for reading; Missing if the storage has lost it, Unavailable if it does not answer."""
    try:
        return file.open("rb")
    except FileNotFoundError:
        logger.warning("file lost: %s", file.name)
        raise Missing(_("File")) from None
    except STORAGE_ERRORS as error:
        raise Unavailable from error


def readable_name(name: str) -> str:
    """Return a file name without characters that reverse the direction of text."""
    return TURNING.sub("", name).strip()


def names_in(folder: str) -> set[str]:
    """Return the names of all files in `folder`, in one listing however many rows refer to them."""
    try:
        _folders, found = default_storage.listdir(folder)
    except FileNotFoundError:
        return set()
    return {f"{folder}/{name}" for name in found}


@dataclass(frozen=True, slots=True)
class FileColumns:
    """The folder of a model's files, and the columns with their name, size and digest."""

    folder: str
    model: type[Model]
    size: str = "size"
    sha256: str = "sha256"


def all_kept() -> Iterator[FileColumns]:
    """Return the file columns of every app."""
    return (one for module in contributions("invariants") for one in getattr(module, "FILES", ()))


def any_kept() -> bool:
    """Whether any row refers to a file."""
    return any(kept.model._default_manager.exists() for kept in all_kept())


def unlike_their_rows(kept: FileColumns) -> Iterator[tuple[int, str]]:
    """Yield the rows whose file is missing or differs from the row's size or digest; reads every file."""
    rows = kept.model._default_manager.order_by("pk").values_list("pk", "file", kept.size, kept.sha256)
    for pk, name, size, sha256 in rows.iterator():
        try:
            with default_storage.open(name, "rb") as opened:
                found, digest = 0, hashlib.sha256()
                for chunk in opened.chunks():
                    found += len(chunk)
                    digest.update(chunk)
        except FileNotFoundError:
            yield pk, "its file is missing"
            continue
        if (found, digest.hexdigest()) != (size, sha256):
            yield pk, "its file has changed"


def strays(kept: FileColumns, *, before: datetime) -> Iterator[str]:
    """Yield the names of the model's files that are older than `before` and that no row refers to."""
    there = names_in(kept.folder)
    referred = set(kept.model._default_manager.values_list("file", flat=True))
    for name in sorted(there - referred):
        if default_storage.get_modified_time(name) < before:
            yield name


def safe_name(name: str, content_type: str) -> str:
    """Return `name` as people may see and download it: no folders, no invisible characters, the right ending."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = "".join(c for c in plain if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*').strip(" .")
    endings = ALLOWED.get(content_type, UNKNOWN_ENDING)
    stem, ending = plain, endings[0]
    if PurePosixPath(plain).suffix.lower() in endings:
        stem, ending = plain[: plain.rindex(".")], plain[plain.rindex(".") :]
    return f"{stem[:LONGEST_NAME].strip(' .') or _('file')}{ending}"


def _decode(text: str, *, into: IO[bytes]) -> None:
    """Decode base64 piece by piece; refuses what cannot fit before decoding anything."""
    if text[:5].lower() == "data:":
        text = text.partition(",")[2]
    # Four characters say three bytes; lines may be broken, as in a letter.
    if len(text) > settings.UPLOAD_MAX_BYTES * 3 // 2:
        raise InvalidInput({"file": _too_large()})
    rest, ended = "", False
    try:
        for begin in range(0, len(text), AT_ONCE):
            rest += "".join(text[begin : begin + AT_ONCE].split())
            if ended and rest:
                raise ValueError("something follows the end")
            whole = len(rest) // 4 * 4
            piece, rest = rest[:whole], rest[whole:]
            if "=" in piece[:-2]:
                raise ValueError("it ends more than once")
            ended = piece.endswith("=")
            into.write(binascii.a2b_base64(piece.encode("ascii"), strict_mode=True))
        if rest:
            raise ValueError("it breaks off")
    except ValueError:
        raise InvalidInput({"file": _("is not base64")}) from None


def _too_large() -> str:
    return _("is larger than %(limit)s MB") % {"limit": settings.UPLOAD_MAX_BYTES // 1024 // 1024}


def _read(upload: File[bytes]) -> tuple[int, str, bool]:
    """Return size, SHA-256, and whether the file is UTF-8 text, in one reading that stops at the limit."""
    size, digest, is_text = 0, hashlib.sha256(), True
    decoder = getincrementaldecoder("utf-8")()
    upload.seek(0)
    for chunk in upload.chunks():
        size += len(chunk)
        if size > settings.UPLOAD_MAX_BYTES:
            raise InvalidInput({"file": _too_large()})
        digest.update(chunk)
        try:
            is_text = is_text and "\x00" not in decoder.decode(chunk)
        except UnicodeDecodeError:
            is_text = False
    if not size:
        raise InvalidInput({"file": _("is empty")})
    return size, digest.hexdigest(), is_text and not decoder.getstate()[0]


def _kind(upload: File[bytes], *, is_text: bool) -> str:
    """The content type that the bytes show; InvalidInput unless allowed."""
    upload.seek(0)
    head = upload.read(HEAD)
    guessed = filetype.guess(head)
    kind = guessed.mime if guessed is not None else ""
    if kind == "application/zip" or kind in OFFICE.values() or kind == ODT:
        kind = _office_kind(upload)
    elif guessed is None and is_text and not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        kind = "text/plain"
    if kind not in ALLOWED:
        endings = ", ".join(sorted(one[0].removeprefix(".") for one in ALLOWED.values()))
        raise InvalidInput({"file": _("is of a kind that is not allowed; allowed are %(kinds)s") % {"kinds": endings}})
    return kind


def _office_kind(upload: File[bytes]) -> str:
    """Return the document type of a ZIP file by the names in it; unpacks nothing but the 39 bytes of `mimetype`."""
    if not _has_short_directory(upload):
        return ""
    upload.seek(0)
    try:
        with zipfile.ZipFile(upload) as packed:
            names = set(packed.namelist())
            if any(name.endswith(MACROS) or name.startswith(ODT_MACROS) for name in names):
                return ""
            for inside, kind in OFFICE.items():
                if inside in names:
                    return kind
            if "mimetype" in names:
                with packed.open("mimetype") as declared:
                    # The declared type is never enough: a file is not a PDF because it says so.
                    return ODT if declared.read(len(ODT) + 2).strip() == ODT.encode() else ""
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError):
        return ""
    return ""


def _has_short_directory(upload: File[bytes]) -> bool:
    """Whether the list of what a ZIP file holds can be read without filling the memory: 10 MB name 100,000 files."""
    tail_length = END_LENGTH + LONGEST_COMMENT + len(ZIP64) + 16
    upload.seek(max(0, _length(upload) - tail_length))
    tail = upload.read()
    end = tail.rfind(END_OF_DIRECTORY)
    if end < 0 or len(tail) < end + END_LENGTH or ZIP64 in tail:
        return False
    return int.from_bytes(tail[end + 12 : end + 16], "little") <= LONGEST_DIRECTORY


def _length(upload: File[bytes]) -> int:
    upload.seek(0, 2)
    length: int = upload.tell()
    return length
