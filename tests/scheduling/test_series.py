"""A series of slots, changed and ended: what goes on, what stays, and what is refused before anything is withdrawn."""

import pytest

from core.errors import Conflict, InvalidInput
from core.invariants import violations
from scheduling.models import AvailableSlot, SlotSeries
from scheduling.services import SlotWish, change_series, create_series, withdraw_series
from tests.factories import AT
from tests.scheduling.words import HOUR, into
from tests.stage import DAY, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def every_invariant_holds():
    yield
    assert [violation.invariant.name for _, violation in violations() if violation] == []


@pytest.fixture
def stage():
    return set_stage()


def weekly(stage, **more):
    wish = SlotWish(stage.specialist.pk, AT + 3 * DAY, AT + 3 * DAY + HOUR, **more)
    series, _first = create_series(practice_id=stage.practice.pk, wish=wish, pattern="weekly", by=stage.desk, at=AT)
    return series, list(AvailableSlot.objects.filter(series=series).order_by("starts_at"))


@pytest.mark.parametrize("verb", [withdraw_series, change_series])
def test_a_booked_slot_that_stayed_does_not_bring_its_ended_series_back(stage, verb):
    series, slots = weekly(stage)
    into(stage, slots[5])
    withdraw_series(slots[2].pk, following=True, by=stage.desk, at=AT)
    series.refresh_from_db()
    ended = series.until_date
    with pytest.raises(Conflict) as refusal:
        verb(slots[5].pk, following=True, by=stage.desk, at=AT, **({} if verb is withdraw_series else {"values": {}}))
    assert refusal.value.code == "no_series"
    series.refresh_from_db()
    assert series.until_date == ended
    assert SlotSeries.objects.count() == 1
