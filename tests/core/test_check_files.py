"""`check_files`: each kept file is there, whole, and some row's."""

import os
from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone

from patients.services import add_document
from tests.factories import DocumentFactory, ServiceAttachmentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def whole(patient, front_desk, at):
    """A document that is as its row says."""
    upload = ContentFile(b"%PDF-1.7\n", name="a.pdf")
    return add_document(patient.pk, upload=upload, name="", type="other", by=front_desk, at=at)


def check(*arguments):
    """The exit status and what was said."""
    said = StringIO()
    try:
        call_command("check_files", *arguments, stdout=said)
    except SystemExit as stopped:
        return stopped.code, said.getvalue().splitlines()
    return 0, said.getvalue().splitlines()


def age(name):
    long_ago = (timezone.now() - timedelta(days=2)).timestamp()
    os.utime(default_storage.path(name), (long_ago, long_ago))


def test_files_as_their_rows_say_are_all_right(whole):
    assert check() == (0, ["Every file is there, whole, and some row's."])


def test_a_file_that_is_missing_or_changed_is_told_by_its_row(whole):
    changed, missing = DocumentFactory(), ServiceAttachmentFactory()
    default_storage.delete(missing.file.name)
    assert check() == (
        1,
        [
            f"patients.Document {changed.pk}: its file has changed",
            f"catalog.ServiceAttachment {missing.pk}: its file is missing",
        ],
    )


def test_a_file_of_nobody_is_removed_when_asked_but_not_a_young_one(whole):
    for name in ("documents/old.pdf", "documents/young.pdf"):
        default_storage.save(name, ContentFile(b"x"))
    age("documents/old.pdf")
    age(whole.file.name)
    assert check() == (1, ["documents/old.pdf: nothing refers to it"])
    assert default_storage.exists("documents/old.pdf")
    assert check("--remove-strays")[0] == 0
    names = ("documents/old.pdf", "documents/young.pdf", whole.file.name)
    assert [name for name in names if default_storage.exists(name)] == ["documents/young.pdf", whole.file.name]
