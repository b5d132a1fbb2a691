"""Which invariants do not hold."""

from core.invariants import check_all
from tests.plugins.counts import ENGINE, FULL


def broken_invariants():
    """The names of those that are broken; one that cannot be checked is an error of the test."""
    found = list(check_all())
    assert [one.failed for one in found if one.failed] == []
    return [one.invariant.name for one in found if one.ids]


def broken_after_each():
    """The same for a fixture that asks after each test: by day on SQLite alone, for both engines keep the same rows.

    That PostgreSQL can be asked is for tests/project/test_invariants.py and the races.
    """
    return broken_invariants() if FULL or not ENGINE else []
