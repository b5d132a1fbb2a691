"""Sixty files that somebody sends to do harm, through this door: refused, or kept as what they are."""

import base64
import json
import resource
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from api.alfadocs.documents import LONGEST_BODY
from core import files
from patients.models import Document
from tests.hostile_files import KEPT, REFUSED
from tests.plugins.counts import scaled

MOST_GROWTH = 100 * 1024  # KB
# Texts of one line with at most 255 characters are names; the file is not looked at where its name is none.
NAMELESS = {"line breaks", "4,000 characters", "4,000 characters without an ending"}


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


def stored_files(media):
    return [path for path in media.rglob("*") if path.is_file()]


def as_base64(client, path, name, content):
    encoded = base64.b64encode(content).decode()
    return client.post(path, {"base64Data": encoded, "name": name, "type": "other", "folderName": "x"})


def as_form(client, path, name, content):
    upload = SimpleUploadedFile("x", content)
    upload.name = "x"  # the form's own field says what it is called
    body = encode_multipart(BOUNDARY, {"file": upload, "name": name, "type": "other", "folderName": "x"})
    return client("POST", path, body, content_type=MULTIPART_CONTENT)


@pytest.mark.parametrize("send", [as_base64, as_form])
def test_sixty_files_over_this_door(client, scene, media, send):
    path = f"{scene.path}/patients/{scene.patient.pk}/documents"
    before, trouble = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, []
    tried = list({**KEPT, **REFUSED}.items())[:: scaled(3, 1)]
    for odd, (name, content) in tried:
        response = send(client, path, name, content)
        expected = 200 if odd in KEPT and odd not in NAMELESS else 400
        if response.status_code == 413:  # more than the whole request may have
            expected = 413 if odd == "10 MB and one byte" else expected
        if response.status_code != expected:
            trouble.append((odd, response.status_code, response.content[:200]))
        if response.status_code != 200:
            continue
        shown = response.json()["data"]
        made = Document.objects.get(pk=shown["id"])
        assert Path(made.file.path).read_bytes() == content
        assert made.content_type in files.ALLOWED
        served = client.get(shown["downloadUrl"].removeprefix("http://testserver"))
        assert (served["Content-Type"], served["X-Content-Type-Options"]) == ("application/json", "nosniff")
        assert base64.b64decode(json.loads(served.getvalue())["file"]) == content
    assert trouble == []
    assert len(stored_files(media)) == Document.objects.count() > 0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_GROWTH


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "one"}], ids=["plain", "with a key"])
def test_a_body_over_the_limit_is_refused_and_one_below_it_kept(client, scene, media, headers):
    path = f"{scene.path}/patients/{scene.patient.pk}/documents"
    too_long = b'{"base64Data": "' + b"A" * LONGEST_BODY + b'"}'
    refused = client.post(path, too_long, headers=headers)
    assert (refused.status_code, list(refused.json())) == (413, ["error"])
    assert stored_files(media) == []
    # 9 MB are 12 MB as base64: more than the bodies of other operations may have.
    content = b"a line of text\n" * 629_000
    sent = {"base64Data": base64.b64encode(content).decode(), "name": "a.txt", "type": "text", "folderName": ""}
    kept = [client.post(path, sent, headers=headers) for _time in range(2 if headers else 1)]
    assert {reply.status_code for reply in kept} == {200}
    assert len({reply.json()["data"]["id"] for reply in kept}) == len(stored_files(media)) == 1
