"""A sealed history shows what was changed, taken away or put in afterwards."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import transaction

from core.append_only import erasing
from core.models import AuditEntry, AuditSeal
from core.seal import SETTLED, broken_seals, linked, seal_history
from tests.factories import AT

LATER = AT + SETTLED + timedelta(seconds=1)


@pytest.fixture
def entries(db):
    return [
        AuditEntry.objects.create(
            at=AT, actor_kind="system", door="test", verb="tests.try", object_id=n, changes={"name": [None, "Țiriac"]}
        )
        for n in range(5)
    ]


def test_the_chain_holds_and_grows(entries):
    count, link = seal_history(at=LATER)
    assert (count, list(broken_seals())) == (5, [])
    late = AuditEntry.objects.create(at=AT, actor_kind="system", door="test", verb="tests.try", object_id=9)
    assert seal_history(at=LATER) == (1, linked(link, AuditSeal.objects.get(entry=late).digest))
    assert list(broken_seals()) == []


def test_what_an_import_of_hours_committed_late_is_sealed_and_what_was_put_in_later_is_noticed(entries):
    seal_history(at=LATER)
    import_began, long_ago = AT - timedelta(hours=23), AT - timedelta(days=2)
    _late, forged = (
        AuditEntry.objects.create(at=at, actor_kind="system", door="test", verb="tests.try", object_id=9)
        for at in (import_began, long_ago)
    )
    assert list(broken_seals()) == [forged.pk]
    assert seal_history(at=LATER)[0] == 1
    AuditEntry.objects.create(at=AT, actor_kind="system", door="test", verb="tests.try", object_id=10)
    assert seal_history(at=LATER)[0] == 1
    assert list(broken_seals()) == [forged.pk]


def test_what_may_still_be_written_beside_is_not_sealed_yet(entries):
    assert seal_history(at=AT + SETTLED)[0] == 0


@pytest.mark.parametrize(
    "forge",
    [
        lambda entry: AuditEntry.objects.filter(pk=entry.pk).update(door="elsewhere"),
        lambda entry: AuditEntry.objects.filter(pk=entry.pk).update(changes={}),
        lambda entry: AuditEntry.objects.filter(pk=entry.pk)._raw_delete("default"),
        lambda entry: AuditSeal.objects.filter(entry=entry).update(digest="0" * 64),
        lambda entry: AuditSeal.objects.filter(entry=entry).update(link="0" * 64),
    ],
)
def test_whoever_owns_the_database_and_changes_the_history_is_noticed(entries, forge):
    seal_history(at=LATER)
    with transaction.atomic(), erasing():
        forge(entries[2])
    assert entries[2].pk in list(broken_seals())


def test_a_seal_that_is_taken_out_breaks_the_chain(entries):
    seal_history(at=LATER)
    with erasing():
        AuditSeal.objects.filter(entry=entries[2])._raw_delete("default")
    assert list(broken_seals()) == [entries[3].pk]


def test_the_command_prints_the_last_link(entries, capsys):
    call_command("seal_history")
    assert capsys.readouterr().out.startswith("5 entries sealed; the last link is ")
