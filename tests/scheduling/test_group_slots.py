"""Group slots: many patients at one time, which is nevertheless the time of one specialist and one room."""

from dataclasses import replace

import pytest

from core.errors import Conflict, InvalidInput
from scheduling.calendar import SlotWish, clashing_with
from scheduling.services import (
    add_time_off,
    cancel_appointment,
    change_slot,
    create_slot,
    create_slots,
    end_time_off,
    reschedule_appointment,
    undo_appointment,
)
from tests.factories import AT, RoomFactory, SpecialistFactory
from tests.scheduling.words import HOUR, another_patient, available, into, offer, taken
from tests.stage import DAY, everything

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]


def away(stage, **who):
    """Time off over the third day, of the specialist unless told."""
    return add_time_off(
        practice_id=stage.practice.pk,
        starts_at=AT + 3 * DAY - HOUR,
        ends_at=AT + 3 * DAY + 5 * HOUR,
        by=stage.desk,
        at=AT,
        **(who or {"specialist_id": stage.specialist.pk}),
    )


def refused(call, *args, **more):
    before = everything()
    with pytest.raises(Conflict) as refusal:
        call(*args, **more)
    assert everything() == before
    return [(clash["role"], clash["what"]) for clash in refusal.value.clashes]


@pytest.mark.parametrize("whose", ["specialist", "room"])
def test_nobody_enters_a_group_slot_under_time_off(stage, whose):
    room = RoomFactory(practice=stage.practice)
    slot = offer(stage, capacity=3, room_id=room.pk)
    inside = into(stage, slot)
    cancelled = into(stage, slot, another_patient(stage))
    cancel_appointment(cancelled.pk, by=stage.desk, at=AT)
    row = away(stage, **({"specialist_id": stage.specialist.pk} if whose == "specialist" else {"room_id": room.pk}))
    inside.refresh_from_db()
    assert inside.needs_move
    clash = [(whose, "time_off")]
    assert refused(into, stage, slot, another_patient(stage)) == clash
    assert refused(undo_appointment, cancelled.pk, by=stage.desk, at=AT) == clash
    stage.patient = another_patient(stage)
    assert refused(reschedule_appointment, stage.book(days=9).pk, slot_id=slot.pk, by=stage.desk, at=AT) == clash
    end_time_off(row.pk, by=stage.desk, at=AT)
    assert available(slot)
    assert into(stage, slot, another_patient(stage)).slot_id == slot.pk


def test_an_overbooking_over_a_group_slot_closes_it_until_it_is_gone(stage):
    slot = offer(stage, capacity=3)
    into(stage, slot)
    stage.patient = another_patient(stage)
    over = stage.book(overbooking_reason="Pain")
    assert not available(slot)
    assert refused(into, stage, slot, another_patient(stage)) == [("specialist", "appointment")]
    cancel_appointment(over.pk, by=stage.desk, at=AT)
    assert into(stage, slot, another_patient(stage)).slot_id == slot.pk


def test_a_group_slot_under_time_off_can_be_overbooked_and_then_carries_no_slot(stage):
    slot = offer(stage, capacity=3)
    away(stage)
    made = into(stage, slot, overbooking_reason="She insists")
    assert (made.slot_id, made.overbooked) == (None, True)
    assert ("specialist", False, slot.starts_at, slot.ends_at) in taken(appointment=made)


def test_a_booked_group_slot_gets_more_places_also_under_time_off_but_never_fewer_than_are_booked(stage):
    slot = offer(stage, capacity=2)
    into(stage, slot)
    into(stage, slot, another_patient(stage))
    assert change_slot(slot.pk, values={"capacity": 3}, by=stage.desk, at=AT).capacity == 3
    away(stage)
    assert change_slot(slot.pk, values={"capacity": 4}, by=stage.desk, at=AT + 4 * DAY).capacity == 4
    for capacity in (1, 100):
        with pytest.raises(InvalidInput):
            change_slot(slot.pk, values={"capacity": capacity}, by=stage.desk, at=AT)


def test_a_group_has_99_places_at_the_most(stage):
    wish = SlotWish(stage.specialist.pk, AT + 3 * DAY, AT + 3 * DAY + HOUR, capacity=99)
    with pytest.raises(InvalidInput) as refusal:
        create_slot(practice_id=stage.practice.pk, wish=replace(wish, capacity=100), by=stage.desk, at=AT)
    assert list(refusal.value.fields) == ["capacity"]
    assert create_slot(practice_id=stage.practice.pk, wish=wish, by=stage.desk, at=AT).capacity == 99


def test_two_groups_of_one_batch_do_not_share_a_room(stage):
    colleague = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    room = RoomFactory(practice=stage.practice)
    wishes = [
        SlotWish(who.pk, AT + 3 * DAY, AT + 3 * DAY + HOUR, room_id=room.pk, capacity=4)
        for who in (stage.specialist, colleague)
    ]
    result = create_slots(practice_id=stage.practice.pk, wishes=wishes, by=stage.desk, at=AT)
    assert [slot.specialist_id for slot in result.made] == [stage.specialist.pk]
    assert [offer.index for offer in result.refused] == [1]


def test_the_group_that_a_visit_is_in_is_no_clash_for_it_but_time_off_over_it_is(stage):
    slot = offer(stage, capacity=3)
    inside = into(stage, slot)
    into(stage, slot, another_patient(stage))
    assert clashing_with(inside, at=AT) == []
    away(stage)
    assert [claim.time_off_id is not None for claim in clashing_with(inside, at=AT)] == [True]
