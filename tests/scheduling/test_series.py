"""A series of slots, changed and ended: what goes on, what stays, and what is refused before anything is withdrawn."""

from datetime import date

import pytest

from core.errors import Conflict, InvalidInput, Missing
from scheduling.calendar import SlotWish
from scheduling.models import AvailableSlot, SlotSeries
from scheduling.services import change_series, create_series, withdraw_series
from tests.factories import AT, PracticeFactory, RoomFactory, SpecialistFactory
from tests.scheduling.words import HOUR, another_patient, into
from tests.stage import DAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]


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


def test_a_room_of_another_practice_is_refused_before_anything_is_withdrawn(stage):
    _series, slots = weekly(stage)
    elsewhere = RoomFactory(practice=PracticeFactory(organization=stage.practice.organization))
    for room in (elsewhere, RoomFactory(practice=stage.practice, is_active=False)):
        with pytest.raises((InvalidInput, Missing)):
            change_series(slots[0].pk, following=True, values={"room_id": room.pk}, by=stage.desk, at=AT)
    assert AvailableSlot.objects.offered().count() == len(slots)
    room = RoomFactory(practice=stage.practice)
    change_series(slots[0].pk, following=True, values={"room_id": room.pk}, by=stage.desk, at=AT)
    assert set(AvailableSlot.objects.offered().values_list("room_id", flat=True)) == {room.pk}


def test_a_group_series_leaves_out_each_day_on_which_person_or_room_is_taken(stage):
    room, other = RoomFactory(practice=stage.practice), another_patient(stage)
    stage.book(days=10)
    mine, stage.patient = stage.specialist, other
    stage.specialist = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    stage.book(days=17, room_id=room.pk)
    stage.specialist = mine
    series, slots = weekly(stage, capacity=4, room_id=room.pk)
    assert {slot.series_date for slot in slots}.isdisjoint({date(2026, 2, 27), date(2026, 3, 6)})
    assert len(slots) == 11
    skips = series.skips.order_by("date").values_list("reason", flat=True)
    assert list(skips) == ["taken", "taken"]
