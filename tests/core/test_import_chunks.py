"""The next chunk of an import is read while the database is busy with the one before it."""

import threading

import pytest
from django.utils import translation

from core.imports.chunks import Chunks


class Reader:
    """Says of each record by which thread and in which language it was read."""

    def read(self, record):
        if record == "bad":
            raise ValueError(record)
        return (record, threading.current_thread() is threading.main_thread(), translation.get_language())


def records(*told):
    yield from told


def test_chunks_come_in_order_and_what_is_read_ahead_is_read_once_in_the_same_language():
    with translation.override("de"), Chunks(records(*range(5)), Reader(), 2) as chunks:
        found = []
        for chunk in chunks:
            found.append([row for _record, row in chunk])
            if len(found) == 1:
                chunks.read_ahead()
                chunks.read_ahead()
    assert found == [
        [(0, True, "de"), (1, True, "de")],
        [(2, False, "de"), (3, False, "de")],
        [(4, True, "de")],
    ]


def test_a_mistake_in_what_was_read_ahead_is_raised_where_the_chunk_is_asked_for():
    told = records(1, "bad")
    with Chunks(told, Reader(), 1) as chunks:
        each = iter(chunks)
        next(each)
        chunks.read_ahead()
        with pytest.raises(ValueError, match="bad"):
            next(each)
    assert list(told) == []  # the file was left alone
