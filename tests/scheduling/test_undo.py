"""Undo: an appointment is again what it was, where it was, or it is refused with what is in the way."""

from datetime import timedelta

import pytest

from core.errors import Conflict
from scheduling.models import Appointment
from scheduling.services import (
    Repeat,
    book_repeating,
    cancel_appointment,
    cancel_repeating,
    change_appointment,
    change_slot,
    complete_appointment,
    mark_arrived,
    mark_no_show,
    reject_appointment,
    start_care,
    undo_appointment,
    undo_cancelled_series,
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


@pytest.mark.parametrize(
    ("came_from", "wrongly"),
    [
        ("confirmed", complete_appointment),
        ("arrived", complete_appointment),
        ("in_care", complete_appointment),
        ("confirmed", mark_no_show),
        ("arrived", mark_no_show),
    ],
)
def test_what_was_wrongly_ended_goes_back_to_where_it_came_from_and_keeps_the_arrival(stage, came_from, wrongly):
    made, arrived_at = stage.book(stage.enroll()), None
    if came_from != "confirmed":
        arrived_at = AT + HOUR
        mark_arrived(made.pk, by=stage.desk, at=arrived_at)
    if came_from == "in_care":
        start_care(made.pk, by=stage.desk, at=AT + 2 * HOUR)
    wrongly(made.pk, by=stage.desk, at=AT + 3 * HOUR)
    undone = undo_appointment(made.pk, by=stage.desk, at=AT + 4 * HOUR)
    assert (undone.status, undone.arrived_at, undone.plan_session_number) == (came_from, arrived_at, 1)


def weekly(stage, **more):
    return book_repeating(
        practice_id=stage.practice.pk,
        patient_id=stage.patient.pk,
        service_id=stage.service.pk,
        specialist_id=stage.specialist.pk,
        starts_at=AT + 3 * DAY,
        repeat=Repeat("weekly", 1, 2),
        by=stage.desk,
        at=AT,
        **more,
    )


def test_undoing_a_cancelled_series_brings_back_all_that_went_with_it_and_no_other(stage):
    rows = weekly(stage, enrollment_id=stage.enroll().pk)
    cancel_appointment(rows[0].pk, by=stage.desk, at=AT)
    cancel_repeating(rows[1].pk, following=True, reason="Slip", by=stage.desk, at=AT + timedelta(minutes=1))
    back = undo_cancelled_series(rows[2].pk, by=stage.desk, at=AT + timedelta(minutes=2))
    assert [row.pk for row in back] == [rows[1].pk, rows[2].pk]
    told = Appointment.objects.order_by("pk").values_list("status", "plan_session_number", "cancellation_note")
    assert list(told) == [("cancelled", None, ""), ("confirmed", 1, ""), ("confirmed", 2, "")]
    assert taken(appointment=rows[2])


def test_a_cancelled_series_of_which_one_cannot_come_back_stays_cancelled(stage):
    rows = weekly(stage)
    cancel_repeating(rows[0].pk, following=True, by=stage.desk, at=AT)
    stage.patient = another_patient(stage)
    stage.book(days=10)
    before = everything()
    with pytest.raises(Conflict):
        undo_cancelled_series(rows[0].pk, by=stage.desk, at=AT + timedelta(minutes=1))
    with pytest.raises(Conflict) as refusal:
        undo_cancelled_series(rows[0].pk, by=stage.desk, at=AT + timedelta(minutes=4))
    assert refusal.value.code == "too_late"
    assert everything() == before
