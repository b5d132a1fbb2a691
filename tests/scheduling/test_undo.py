"""Undo: an appointment is again what it was, where it was, or it is refused with what is in the way."""

from datetime import timedelta

import pytest

from core.errors import Conflict
from scheduling.services import (
    cancel_appointment,
    change_appointment,
    change_slot,
    mark_arrived,
    reject_appointment,
    undo_appointment,
    withdraw_slot,
)
from tests.factories import AT, RoomFactory, SpecialistFactory
from tests.scheduling.words import HOUR, another_patient, into, offer, taken
from tests.stage import DAY, actor_with, everything

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]


@pytest.mark.parametrize("what", ["time", "specialist", "room", "withdrawn"])
def test_a_slot_that_changed_meanwhile_does_not_drag_the_appointment_along(stage, what):
    stage.service.buffer_minutes = 15
    stage.service.save()
    slot, neighbour = offer(stage), offer(stage, hours=0.5)
    made = into(stage, slot)
    was = (made.specialist_id, made.room_id, made.starts_at, made.ends_at)
    cancel_appointment(made.pk, by=stage.desk, at=AT)
    changes = {
        "time": {"starts_at": slot.starts_at + 5 * HOUR, "ends_at": slot.ends_at + 5 * HOUR},
        "specialist": {
            "specialist_id": SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice]).pk
        },
        "room": {"room_id": RoomFactory(practice=stage.practice).pk},
    }
    if what == "withdrawn":
        withdraw_slot(slot.pk, by=stage.desk, at=AT)
    else:
        change_slot(slot.pk, values=changes[what], by=stage.desk, at=AT)
    # The slot had no pauses around it, so what is beside it is no clash.
    into(stage, neighbour, another_patient(stage))
    undone = undo_appointment(made.pk, by=stage.desk, at=AT + timedelta(minutes=1))
    assert (undone.specialist_id, undone.room_id, undone.starts_at, undone.ends_at) == was
    assert (undone.status, undone.slot_id) == ("confirmed", None)
    assert ("specialist", True, undone.starts_at, undone.ends_at) in taken(appointment=made)


def test_where_the_time_of_a_withdrawn_slot_is_taken_undo_is_refused_with_the_clash(stage):
    slot = offer(stage)
    made = into(stage, slot)
    cancel_appointment(made.pk, by=stage.desk, at=AT)
    withdraw_slot(slot.pk, by=stage.desk, at=AT)
    stage.patient = another_patient(stage)
    other = stage.book()
    before = everything()
    with pytest.raises(Conflict) as refusal:
        undo_appointment(made.pk, by=stage.desk, at=AT)
    assert [clash["id"] for clash in refusal.value.clashes] == [other.pk]
    assert everything() == before


@pytest.mark.parametrize("verb", [cancel_appointment, reject_appointment])
def test_a_request_for_a_time_is_a_request_again(stage, verb):
    slot = offer(stage)
    made = stage.book(requested=True)
    verb(made.pk, reason="Wrong row", by=stage.desk, at=AT)
    undone = undo_appointment(made.pk, by=stage.desk, at=AT + timedelta(minutes=2))
    assert (undone.status, undone.slot_id, undone.cancellation_note) == ("requested", slot.pk, "")


def test_one_who_had_arrived_is_here_again(stage):
    made = stage.book()
    mark_arrived(made.pk, by=stage.desk, at=AT)
    cancel_appointment(made.pk, by=stage.desk, at=AT + timedelta(minutes=1))
    undone = undo_appointment(made.pk, by=stage.desk, at=AT + timedelta(minutes=2))
    assert (undone.status, undone.arrived_at) == ("arrived", AT)


def test_a_note_written_later_does_not_make_a_rejection_undoable_again(stage):
    made = stage.book(requested=True)
    reject_appointment(made.pk, by=stage.desk, at=AT)
    change_appointment(made.pk, values={"notes": "Called back"}, by=stage.desk, at=AT + DAY)
    with pytest.raises(Conflict) as refusal:
        undo_appointment(made.pk, by=stage.desk, at=AT + DAY)
    assert refusal.value.code == "too_late"


def test_an_overbooking_is_one_again_for_who_may_overbook_and_refused_to_others(stage):
    stage.service.buffer_minutes = 15
    stage.service.save()
    slot = offer(stage)
    first = into(stage, slot)
    second = into(stage, slot, another_patient(stage), service_id=stage.service.pk, overbooking_reason="Pain")
    before = taken(appointment=second)
    cancel_appointment(second.pk, by=stage.desk, at=AT)
    mine = actor_with("specialist", stage.practice, specialist_ids=frozenset({stage.specialist.pk}))
    with pytest.raises(Conflict) as refusal:
        undo_appointment(second.pk, by=mine, at=AT)
    assert {clash["role"] for clash in refusal.value.clashes} == {"specialist"}
    undone = undo_appointment(second.pk, by=stage.desk, at=AT)
    assert (undone.overbooked, undone.overbooking_reason) == (True, "Pain")
    assert sorted(taken(appointment=second)) == sorted(before)
    assert all(exclusive for _role, exclusive, *_ in [*taken(appointment=first), *taken(slot=slot)])
