"""Moving, undoing and letting go: claims follow the appointment, and nobody else loses theirs."""

from datetime import timedelta

import pytest

from catalog.models import ServiceSpecialist
from core.actor import Actor, Kind
from core.errors import Conflict, InvalidInput
from scheduling.models import Appointment, AvailableSlot
from scheduling.services import (
    archive_appointment,
    assign_registration,
    cancel_appointment,
    change_assistants,
    mark_no_show,
    reschedule_appointment,
    undo_appointment,
)
from tests.factories import AT, AppointmentFactory, RoomFactory, ServiceFactory, SpecialistFactory
from tests.scheduling.words import another_patient, available, into, offer, states, taken
from tests.stage import DAY, everything, set_stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_invariant_holds")]


def test_moving_keeps_what_it_does_not_alter_and_ignores_its_own_claims(stage):
    made = stage.book()
    moved = reschedule_appointment(made.pk, starts_at=made.starts_at + timedelta(minutes=15), by=stage.desk, at=AT)
    assert (moved.starts_at, moved.ends_at) == (
        made.starts_at + timedelta(minutes=15),
        made.ends_at + timedelta(minutes=15),
    )
    assert {start for _role, _exclusive, start, _end in taken(appointment=made)} == {moved.starts_at}


def test_changing_the_room_does_not_lose_the_time_to_who_was_overbooked(stage):
    first = stage.book()
    stage.patient = another_patient(stage)
    second = stage.book(overbooking_reason="Urgent")
    room = RoomFactory(practice=stage.practice)
    reschedule_appointment(first.pk, starts_at=first.starts_at, room_id=room.pk, by=stage.desk, at=AT)
    assert ("specialist", True, first.starts_at, first.ends_at) in taken(appointment=first)
    assert ("specialist", False, first.starts_at, first.ends_at) in taken(appointment=second)


def test_an_overbooking_stays_one_as_long_as_it_keeps_the_time_that_it_shares(stage):
    stage.book()
    stage.patient = another_patient(stage)
    second = stage.book(overbooking_reason="Urgent")
    room = RoomFactory(practice=stage.practice)
    moved = reschedule_appointment(second.pk, starts_at=second.starts_at, room_id=room.pk, by=stage.desk, at=AT)
    assert (moved.overbooked, moved.overbooking_reason) == (True, "Urgent")
    moved = reschedule_appointment(second.pk, starts_at=AT + 4 * DAY, by=stage.desk, at=AT)
    assert (moved.overbooked, moved.overbooking_reason) == (False, "")


def test_moving_from_slot_to_slot_frees_the_one_and_takes_the_other(stage):
    old, new = offer(stage), offer(stage, hours=2)
    made = into(stage, old)
    moved = reschedule_appointment(made.pk, slot_id=new.pk, by=stage.desk, at=AT)
    old.refresh_from_db()
    new.refresh_from_db()
    assert (moved.slot_id, old.booked, new.booked) == (new.pk, 0, 1)
    assert available(old)
    assert {role for role, *_ in taken(slot=new)} == {"specialist"}


@pytest.mark.parametrize("named", [{}, {"room_id": None}])
@pytest.mark.parametrize("capacity", [1, 2])
def test_moving_to_the_time_of_its_own_slot_keeps_the_slot(stage, capacity, named):
    slot = offer(stage, capacity=capacity, room_id=RoomFactory(practice=stage.practice).pk)
    made = into(stage, slot)
    before = everything() | {"claims": states()}
    moved = reschedule_appointment(made.pk, starts_at=made.starts_at, by=stage.desk, at=AT, **named)
    assert moved.slot_id == slot.pk
    assert everything() | {"claims": states()} == before
    room = RoomFactory(practice=stage.practice)
    if capacity == 1:
        moved = reschedule_appointment(made.pk, starts_at=made.starts_at, room_id=room.pk, by=stage.desk, at=AT)
        assert (moved.slot_id, moved.room_id) == (None, room.pk)


def test_moving_into_a_clash_changes_nothing(stage):
    stage.book()
    stage.patient = another_patient(stage)
    second = stage.book(days=4)
    before = everything() | {"claims": states()}
    with pytest.raises(Conflict):
        reschedule_appointment(second.pk, starts_at=AT + 3 * DAY, by=stage.desk, at=AT)
    assert everything() | {"claims": states()} == before


@pytest.mark.parametrize("verb", [cancel_appointment, archive_appointment, mark_no_show])
def test_what_no_longer_takes_place_lets_go(stage, verb):
    made = into(stage, offer(stage))
    verb(made.pk, by=stage.desk, at=AT)
    assert taken() == []
    assert AvailableSlot.objects.get().booked == 0


def test_undo_claims_again_or_is_refused_with_the_clash(stage):
    made = stage.book()
    cancel_appointment(made.pk, by=stage.desk, at=AT)
    mine, stage.patient = stage.patient, another_patient(stage)
    second = stage.book()
    with pytest.raises(Conflict) as refusal:
        undo_appointment(made.pk, by=stage.desk, at=AT)
    assert refusal.value.clashes[0]["id"] == second.pk
    cancel_appointment(second.pk, by=stage.desk, at=AT)
    assert undo_appointment(made.pk, by=stage.desk, at=AT).status == "confirmed"
    assert mine == Appointment.objects.get(pk=made.pk).patient
    assert len(taken(appointment=made)) == 2


def test_undo_of_a_slots_booking_takes_its_place_again(stage):
    slot = offer(stage)
    made = into(stage, slot)
    mark_no_show(made.pk, by=stage.desk, at=AT)
    undo_appointment(made.pk, by=stage.desk, at=AT)
    slot.refresh_from_db()
    assert slot.booked == 1
    assert {role for role, *_ in taken(slot=slot)} == {"specialist"}
    mark_no_show(made.pk, by=stage.desk, at=AT)
    into(stage, slot, another_patient(stage))
    with pytest.raises(Conflict):
        undo_appointment(made.pk, by=stage.desk, at=AT)


def test_who_assists_can_change_and_must_be_free(stage):
    helper = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    busy = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    made = stage.book(assistant_ids=[helper.pk])
    treating, stage.specialist, stage.patient = stage.specialist, busy, another_patient(stage)
    stage.book()
    with pytest.raises(Conflict):
        change_assistants(made.pk, assistant_ids=[busy.pk], by=stage.desk, at=AT)
    change_assistants(made.pk, assistant_ids=[], by=stage.desk, at=AT)
    assert [role for role, *_ in taken(appointment=made)] == ["patient", "specialist"]
    with pytest.raises(InvalidInput):
        change_assistants(made.pk, assistant_ids=[treating.pk], by=stage.desk, at=AT)


def test_a_free_slot_at_the_new_time_is_taken_and_locked_before_the_appointment():
    """The recorder of locks would refuse it otherwise; a registration that gets its time does the same."""
    stage = set_stage()
    moved = stage.book(days=3)
    asked = AppointmentFactory(practice=stage.practice, registration=True, service=stage.service)
    starts = [AT + 4 * DAY, AT + 5 * DAY]
    first, second = (offer(stage, days=days) for days in (4, 5))
    reschedule_appointment(moved.pk, starts_at=starts[0], by=stage.desk, at=AT)
    assign_registration(
        asked.pk,
        patient_id=stage.patient.pk,
        specialist_id=stage.specialist.pk,
        starts_at=starts[1],
        by=stage.desk,
        at=AT,
    )
    assert list(Appointment.objects.order_by("pk").values_list("pk", "slot_id", "status")) == [
        (moved.pk, first.pk, "confirmed"),
        (asked.pk, second.pk, "confirmed"),
    ]


def test_a_patient_moves_to_a_slot_of_somebody_else_who_offers_the_service(stage):
    service = ServiceFactory(organization=stage.practice.organization, public=True)
    other = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    for person in (stage.specialist, other):
        ServiceSpecialist.objects.create(service=service, specialist=person)
    made = into(stage, offer(stage), service_id=service.pk)
    stage.specialist = other
    new = offer(stage, hours=3)
    mine = Actor(
        kind=Kind.PATIENT,
        patient_ids=frozenset({stage.patient.pk}),
        own_patient_id=stage.patient.pk,
        organization_ids=frozenset({stage.practice.organization_id}),
    )
    moved = reschedule_appointment(made.pk, slot_id=new.pk, by=mine, at=AT)
    assert (moved.specialist_id, moved.slot_id) == (other.pk, new.pk)


def test_one_leaves_a_group_slot_and_the_others_stay(stage):
    slot, other = offer(stage, capacity=3), offer(stage, days=4)
    stays, leaves = into(stage, slot), into(stage, slot, another_patient(stage))
    reschedule_appointment(leaves.pk, slot_id=other.pk, by=stage.desk, at=AT)
    slot.refresh_from_db()
    stays.refresh_from_db()
    assert (slot.booked, stays.slot_id, stays.starts_at) == (1, slot.pk, slot.starts_at)
    assert available(slot)
    assert [role for role, *_rest in taken(slot=slot)] == ["specialist"]


def test_what_ends_at_midnight_leaves_the_next_day_free(stage):
    midnight = (AT + 4 * DAY).replace(hour=0, minute=0)
    visit = stage.book(days=3)
    moved = reschedule_appointment(visit.pk, starts_at=midnight - timedelta(minutes=30), by=stage.desk, at=AT)
    assert moved.ends_at == midnight
    stage.patient = another_patient(stage)
    after = reschedule_appointment(stage.book(days=5).pk, starts_at=midnight, by=stage.desk, at=AT)
    assert after.starts_at == midnight
