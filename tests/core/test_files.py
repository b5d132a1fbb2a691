"""Files that people send: what they are is told by their bytes, what they are called by nobody."""

import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile

from core import files
from core.errors import InvalidInput, Unavailable

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(32)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(32)
GIF = b"GIF89a" + bytes(32)
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(32)
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(32)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"


def packed(**members):
    """A ZIP with these members; `__` stands for a slash."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as made:
        for name, content in members.items():
            made.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"), content)
    return kept.getvalue()


WORD = packed(_rels="", word__document_xml="<w/>")
EXCEL = packed(docProps="", xl__workbook_xml="<x/>")
WRITER = packed(mimetype=ODT, content_xml="<o/>")
MACROS = packed(word__document_xml="<w/>", word__vbaProject_bin="code")

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """A storage of the test's own."""
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


def stored_files(media):
    return sorted(str(path.relative_to(media)) for path in media.rglob("*") if path.is_file())


def upload(content, name="file.bin"):
    # The type that the browser claims is never believed.
    return SimpleUploadedFile(name, content, content_type="application/pdf")


@pytest.mark.parametrize(
    ("content", "content_type", "ending"),
    [
        (PDF, "application/pdf", ".pdf"),
        (PNG, "image/png", ".png"),
        (JPEG, "image/jpeg", ".jpg"),
        (GIF, "image/gif", ".gif"),
        (WEBP, "image/webp", ".webp"),
        (MP4, "video/mp4", ".mp4"),
        (b"Patient feels better.\n", "text/plain", ".txt"),
        ("Ștefan se simte mai bine".encode(), "text/plain", ".txt"),
        (b"\xef\xbb\xbfwith a byte order mark", "text/plain", ".txt"),
        (WORD, DOCX, ".docx"),
        (EXCEL, XLSX, ".xlsx"),
        (WRITER, ODT, ".odt"),
    ],
)
def test_an_allowed_kind_is_kept_as_it_came(media, content, content_type, ending):
    kept = files.store(upload(content, "consent form"), folder="services/abc")
    assert (kept.content_type, kept.size) == (content_type, len(content))
    assert kept.sha256 == hashlib.sha256(content).hexdigest()
    assert kept.display_name == f"consent form{ending}"
    assert stored_files(media) == [kept.name]
    assert kept.name.startswith("services/abc/")
    assert kept.name.endswith(ending)
    with default_storage.open(kept.name) as stored:
        assert stored.read() == content


@pytest.mark.parametrize(
    "content",
    [
        SVG,
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"\n \t<html></html>",
        b"\xef\xbb\xbf<svg/>",
        b"\xff\xfe<\x00h\x00t\x00m\x00l\x00>\x00",  # UTF-16
        b"text with\x00 a NUL",
        b"not UTF-8: \xff",
        b"cut in the middle: \xc3",
        b"MZ" + bytes(64),  # a program for Windows
        b"\x7fELF" + bytes(64),
        b"BM" + bytes(64),  # a bitmap: a picture, but not on the list
        packed(readme="just a ZIP"),
        packed(mimetype="text/html"),
        MACROS,
        WORD[:-10],  # cut off
        b"PK\x03\x04" + bytes(64),
    ],
)
@pytest.mark.parametrize("name", ["page.html", "report.pdf"])
def test_any_other_kind_is_refused_whatever_its_name(media, content, name):
    with pytest.raises(InvalidInput) as caught:
        files.store(upload(content, name), folder="documents")
    assert {field: str(why) for field, why in caught.value.fields.items()} == {
        "file": "is of a kind that is not allowed; "
        "allowed are dcm, docx, gif, heic, jpg, mp4, odt, pdf, png, txt, webp, xlsx"
    }
    assert stored_files(media) == []


def test_an_empty_file_is_refused(media):
    with pytest.raises(InvalidInput, match="file: is empty"):
        files.store(upload(b""), folder="documents")
    assert stored_files(media) == []


def test_a_file_may_be_as_large_as_the_limit_and_no_larger(media, settings):
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    kept = files.store(upload(PDF.ljust(1024 * 1024)), folder="documents")
    assert kept.size == 1024 * 1024
    with pytest.raises(InvalidInput, match="file: is larger than 1 MB"):
        files.store(upload(PDF.ljust(1024 * 1024 + 1)), folder="documents")
    assert stored_files(media) == [kept.name]


def test_a_claimed_size_is_not_believed(media, settings):
    settings.UPLOAD_MAX_BYTES = 100
    lying = upload(PDF.ljust(200))
    lying.size = 10
    with pytest.raises(InvalidInput):
        files.store(lying, folder="documents")


def test_a_file_on_disk_is_read_like_one_in_memory(media):
    large = TemporaryUploadedFile("scan.pdf", "application/pdf", 0, None)
    large.write(PDF * 3000)
    kept = files.store(large, folder="documents")
    large.close()
    assert (kept.size, kept.sha256) == (len(PDF) * 3000, hashlib.sha256(PDF * 3000).hexdigest())


def test_the_same_file_twice_has_two_names_that_nobody_guesses(media):
    names = {files.store(upload(PDF, "consent.pdf"), folder="documents").name for _ in range(2)}
    assert len(names) == 2
    assert stored_files(media) == sorted(names)
    assert all(len(Path(name).stem) == 32 and "consent" not in name for name in names)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("consent-form.pdf", "consent-form.pdf"),
        ("Ștefan – acord.PDF", "Ștefan – acord.PDF"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\me\\scan.pdf", "scan.pdf"),
        ("page.html", "page.html.pdf"),
        ("invoice.pdf.exe", "invoice.pdf.exe.pdf"),
        ("fdp\u202eexe.pdf", "fdpexe.pdf"),  # right to left override
        ("a\x00b\r\nc.pdf", "abc.pdf"),
        ('quote".pdf', "quote.pdf"),
        (".pdf", "pdf.pdf"),
        ("...", "file.pdf"),
        ("", "file.pdf"),
        ("x" * 300 + ".pdf", "x" * 200 + ".pdf"),
    ],
)
def test_a_file_is_shown_under_a_safe_name_with_a_true_ending(name, shown):
    assert files.safe_name(name, "application/pdf") == shown


def test_a_file_goes_again_when_the_block_fails(media):
    def fail():
        with files.stored(upload(PDF), folder="documents") as kept:
            assert stored_files(media) == [kept.name]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert stored_files(media) == []


def test_a_file_stays_when_the_block_succeeds(media):
    with files.stored(upload(PDF), folder="documents") as kept:
        pass
    assert stored_files(media) == [kept.name]


FAILURES = [
    OSError("no space left"),
    EndpointConnectionError(endpoint_url="http://127.0.0.1:9"),
    ClientError({"Error": {"Code": "SlowDown"}}, "PutObject"),
]


@pytest.mark.parametrize("failure", FAILURES)
def test_a_storage_that_does_not_answer_is_a_busy_service(monkeypatch, failure):
    def fail(*args, **kwargs):
        raise failure

    monkeypatch.setattr(default_storage, "save", fail)
    with pytest.raises(Unavailable):
        files.store(upload(PDF), folder="documents")


@pytest.mark.parametrize("failure", FAILURES)
def test_removing_what_is_gone_is_fine_and_a_failing_storage_is_logged(monkeypatch, caplog, failure):
    files.remove("documents/none.pdf")
    assert caplog.messages == []

    def fail(_name):
        raise failure

    monkeypatch.setattr(default_storage, "delete", fail)
    files.remove("documents/some.pdf")
    assert caplog.messages == ["file left behind: documents/some.pdf"]


def test_a_file_without_a_name_is_kept_too(media):
    kept = files.store(ContentFile(PDF), folder="documents")
    assert kept.display_name == "file.pdf"
