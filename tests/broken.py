"""Which invariants do not hold."""

from core.invariants import check_all


def broken_invariants():
    """The names of those that are broken; one that cannot be checked is an error of the test."""
    found = list(check_all())
    assert [one.failed for one in found if one.failed] == []
    return [one.invariant.name for one in found if one.ids]
