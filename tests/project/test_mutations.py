"""The mistakes that `python -m tests.mutations` makes can still be made."""

from tests.mutations.__main__ import MUTATIONS
from tests.mutations.nearest import ROOT


def test_each_mistake_of_the_list_changes_one_place_of_the_code():
    stale = [(path, old) for path, old, *_new in MUTATIONS if (ROOT / path).read_text().count(old) != 1]
    assert stale == [], "bring these up to date, or drop those whose rule is gone"
