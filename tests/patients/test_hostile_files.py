"""Sixty files that somebody sends to do harm, as base64 and as they are: refused, or kept as what they are."""

import base64
import hashlib
import re
import resource
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core import files
from core.errors import InvalidInput
from core.files import Encoded
from patients.models import Document
from patients.services import add_document
from tests.backoffice.conftest import signed_in
from tests.hostile_files import KEPT, PDF, REFUSED
from tests.plugins.counts import scaled

UNREADABLE = re.compile("[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
MOST_GROWTH = 100 * 1024  # KB


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


def stored_files(media):
    return [path for path in media.rglob("*") if path.is_file()]


def peak():
    """The most memory that the process has had so far, in KB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def check_kept(media, document, content):
    """The file lies under a random name, with its bytes, as a kind that a browser does not run."""
    path = Path(document.file.path)
    assert path.is_relative_to(media)
    assert re.fullmatch(r"documents/[0-9a-f]{32}\.[a-z]+", document.file.name)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == document.sha256 == hashlib.sha256(content).hexdigest()
    assert document.content_type in files.ALLOWED
    assert not UNREADABLE.search(document.name)


def test_there_are_sixty_of_them():
    assert len(KEPT) + len(REFUSED) >= 60


def test_sixty_files_over_the_back_office(patient, front_desk_user, media):
    desk = signed_in(front_desk_user)
    address = reverse("admin:patients_patient_add-document", args=(patient.pk,))
    before, trouble, tried = peak(), [], list({**KEPT, **REFUSED}.items())[:: scaled(3, 1)]
    for odd, (name, content) in tried:
        known = set(Document.objects.values_list("pk", flat=True))
        upload = SimpleUploadedFile("x", content)
        upload.name = name  # as it comes over the wire, not as Django would clean it
        response = desk.post(address, {"apply": "1", "file": upload, "type": "other", "name": ""})
        made = Document.objects.exclude(pk__in=known).first()
        # A form cannot say a name of several lines: the file is as good as not sent.
        if response.status_code >= 500 or (made is None) != (odd in {*REFUSED, "line breaks"}):
            trouble.append((odd, response.status_code, made))
        if made is None:
            continue
        check_kept(media, made, content)
        opened = desk.get(reverse("admin:patients_document_file", args=(made.pk,)))
        assert b"".join(opened) == content
        assert opened["Content-Disposition"].startswith("attachment;"), odd
        assert opened["X-Content-Type-Options"] == "nosniff"
        assert opened["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert opened["Content-Type"] in files.ALLOWED
    assert trouble == []
    kept = [odd for odd, _file in tried if odd in KEPT and odd != "line breaks"]
    assert len(stored_files(media)) == Document.objects.count() == len(kept)
    assert peak() - before < MOST_GROWTH


def test_sixty_files_as_base64(patient, front_desk, at, media):
    before, trouble = peak(), []
    for odd, (name, content) in {**KEPT, **REFUSED}.items():
        upload = Encoded(base64.b64encode(content).decode(), name=name)
        try:
            made = add_document(patient.pk, upload=upload, name="", type="other", by=front_desk, at=at)
        except InvalidInput as error:
            trouble += [(odd, error.fields)] if odd in KEPT or list(error.fields) != ["file"] else []
            continue
        trouble += [(odd, "kept")] if odd in REFUSED else []
        check_kept(media, made, content)
    assert trouble == []
    assert len(stored_files(media)) == Document.objects.count() == len(KEPT)
    assert peak() - before < MOST_GROWTH


@pytest.mark.parametrize(
    "text",
    [
        "", "=", "====", "JVBERi0xLjcK=", "JVBERi0xLjcK====", "JVBE=Ri0xLjcK", "J", "JVBER", "JVBE\x00",
        "SGV_bG8-", "ȘȚ", "\ud800", "data:", "data:text/plain;base64", "JVBERi0xLjcKJSVFT0Y=JVBE",
        "A" * 65_535 + "=" + "AAAA", "<script>", "JVBERi0xLjcK, JVBE",
    ],
)  # fmt: skip
def test_what_is_no_base64_is_refused(patient, front_desk, at, media, refused, text):
    with refused(InvalidInput) as caught:
        add_document(patient.pk, upload=Encoded(text, name="a.pdf"), name="", type="other", by=front_desk, at=at)
    assert list(caught.value.fields) == ["file"]
    assert stored_files(media) == []


@pytest.mark.parametrize(
    "written", ["{}", "data:application/pdf;base64,{}", "DATA:;base64,{}"], ids=["plain", "address", "bare"]
)
@pytest.mark.parametrize("line", [0, 76, 5])
def test_base64_is_read_as_people_and_browsers_write_it(patient, front_desk, at, media, written, line):
    content = PDF + bytes(range(256)) * 400
    text = base64.b64encode(content).decode()
    if line:
        text = "\r\n".join(text[begin : begin + line] for begin in range(0, len(text), line))
    upload = Encoded(written.format(text), name="a.pdf")
    made = add_document(patient.pk, upload=upload, name="", type="text", by=front_desk, at=at)
    assert Path(made.file.path).read_bytes() == content


def test_base64_that_cannot_fit_is_refused_before_it_is_decoded(patient, front_desk, at, refused, monkeypatch):
    monkeypatch.setattr("core.files.binascii.a2b_base64", lambda *_args, **_named: pytest.fail("it was decoded"))
    with refused(InvalidInput) as caught:
        add_document(
            patient.pk, upload=Encoded("A" * 16_000_000, name="a"), name="", type="other", by=front_desk, at=at
        )
    assert caught.value.fields == {"file": "is larger than 10 MB"}


def test_an_upload_that_says_it_has_a_gigabyte_is_refused_unread(patient, front_desk_user, media):
    address = reverse("admin:patients_patient_add-document", args=(patient.pk,))
    response = signed_in(front_desk_user).generic(
        "POST", address, b"--x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(2**30)
    )
    assert (response.status_code, b"The file is larger than 10 MB." in response.content) == (413, True)
    assert stored_files(media) == []
