"""What tests of the calendar share: a practice with everyone in it, and the invariants asked after each."""

import pytest

from tests.broken import broken_after_each
from tests.stage import set_stage


@pytest.fixture
def stage():
    return set_stage()


@pytest.fixture
def every_invariant_holds(db):
    """For a whole module: `pytestmark = [..., pytest.mark.usefixtures("every_invariant_holds")]`."""
    yield
    assert broken_after_each() == []
