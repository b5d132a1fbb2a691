"""Files that people send: told by their content, held against an allow-list, kept under random names."""

from __future__ import annotations

import hashlib
import logging
import secrets
import unicodedata
import zipfile
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

import filetype
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext as _

from core.errors import InvalidInput, Missing, Unavailable

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
}
# What a ZIP organization must hold to be one of these documents.
OFFICE = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ODT = "application/vnd.oasis.opendocument.text"
MACROS = "vbaProject.bin"

UNKNOWN_ENDING = (".bin",)  # of a kind that is stored, but no longer allowed

HEAD = 8192  # bytes; as many as filetype looks at
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the storage: `name` there, `display_name` for people, `size` in bytes."""

    name: str
    display_name: str
    content_type: str
    size: int
    sha256: str


@contextmanager
def stored(upload: File[bytes], *, folder: str) -> Iterator[StoredFile]:
    """`store`, and remove the file again if the block fails: wrap it around the verb that refers to the file."""
    kept = store(upload, folder=folder)
    try:
        yield kept
    except BaseException:
        remove(kept.name)
        raise


def store(upload: File[bytes], *, folder: str) -> StoredFile:
    """Write `upload` under a random name in `folder`.

    Raises InvalidInput for `file` when it is empty, larger than UPLOAD_MAX_BYTES or of a kind that is not
    allowed, whatever its name says; Unavailable when the storage does not answer. Call it before the transaction
    begins: a storage may take seconds.
    """
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
    """Delete the stored file; one that is gone already is fine, and a storage that fails is only logged."""
    try:
        default_storage.delete(name)
    except STORAGE_ERRORS:
        logger.exception("file left behind: %s", name)


def open_stored(file: FieldFile) -> File[bytes]:
    """The file, open for reading; Missing where the storage has lost it, Unavailable where it does not answer."""
    try:
        return file.open("rb")
    except FileNotFoundError:
        logger.warning("file lost: %s", file.name)
        raise Missing(_("File")) from None
    except STORAGE_ERRORS as error:
        raise Unavailable from error


def names_in(folder: str) -> set[str]:
    """The names of all files in `folder`, in one listing however many rows refer to them."""
    try:
        _folders, found = default_storage.listdir(folder)
    except FileNotFoundError:
        return set()
    return {f"{folder}/{name}" for name in found}


def safe_name(name: str, content_type: str) -> str:
    """`name` as people may see and download it: no folders, no invisible characters, an ending that is true."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = "".join(c for c in plain if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*').strip(" .")
    endings = ALLOWED.get(content_type, UNKNOWN_ENDING)
    stem, ending = plain, endings[0]
    if PurePosixPath(plain).suffix.lower() in endings:
        stem, ending = plain[: plain.rindex(".")], plain[plain.rindex(".") :]
    return f"{stem[:LONGEST_NAME].strip(' .') or _('file')}{ending}"


def _read(upload: File[bytes]) -> tuple[int, str, bool]:
    """Size, SHA-256, and whether it is UTF-8 text, in one reading that stops at the limit."""
    size, digest, is_text = 0, hashlib.sha256(), True
    decoder = getincrementaldecoder("utf-8")()
    upload.seek(0)
    for chunk in upload.chunks():
        size += len(chunk)
        if size > settings.UPLOAD_MAX_BYTES:
            limit = settings.UPLOAD_MAX_BYTES // 1024 // 1024
            raise InvalidInput({"file": _("is larger than %(limit)s MB") % {"limit": limit}})
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
    """Which document a ZIP organization is, by the names in it; nothing is unpacked but the 39 bytes of `mimetype`."""
    upload.seek(0)
    try:
        with zipfile.ZipFile(upload) as organization:
            names = set(organization.namelist())
            if any(name.endswith(MACROS) for name in names):
                return ""
            for inside, kind in OFFICE.items():
                if inside in names:
                    return kind
            if "mimetype" in names:
                with organization.open("mimetype") as declared:
                    return declared.read(len(ODT) + 1).decode("ascii", "replace").strip()
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError):
        return ""
    return ""
