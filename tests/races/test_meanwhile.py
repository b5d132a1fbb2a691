"""What a verb read before it had its locks may be another's by then: it starts over, and acts on what is there.

On SQLite nobody can be faster, because the transaction itself is the lock: these stories are PostgreSQL's.
"""

from datetime import date, time, timedelta
from itertools import product
from threading import Thread

import pytest
from django.db import connection, connections

from catalog.models import ServiceSpecialist
from core.actor import Actor
from core.errors import Conflict, Forbidden, InvalidInput, Missing
from directory.services import change_specialist
from patients.services import archive_patient
from scheduling.calendar import SlotWish, claims
from scheduling.models import Appointment, AvailableSlot, SlotSeries, TimeOff
from scheduling.services import (
    Repeat,
    add_recurring_time_off,
    assign_registration,
    book_own_slot,
    book_repeating,
    book_slot,
    booking,
    cancel_appointment,
    cancel_group,
    change_series,
    change_slot,
    create_series,
    create_slots,
    end_recurring_time_off,
    extend_time_off,
    holds,
    move_group,
    moving,
    place_hold,
    rebook_appointment,
    record_appointment,
    register_contact,
    reschedule_appointment,
    undo_batch,
    withdraw_slot,
)
from tests.factories import AT, RoomFactory, SpecialistFactory
from tests.patience import LIMIT
from tests.races.racing import broken
from tests.scheduling.test_online import patient_of
from tests.scheduling.words import HOUR, another_patient, into, offer
from tests.stage import DAY, actor_with, set_stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.fixture
def stage():
    if connection.vendor == "sqlite":
        pytest.skip("the transaction is the lock")
    return set_stage()


@pytest.fixture
def meanwhile(monkeypatch):
    """`meanwhile(call)`: somebody else does this, and has done it, just before the next verb locks its resources."""
    told = []
    lock_resources = claims.lock_resources

    def lock_late(ids):
        ids = list(ids)
        if told:
            faster = Thread(target=told.pop())
            faster.start()
            faster.join(LIMIT)
            assert not faster.is_alive()
        return lock_resources(ids)

    monkeypatch.setattr(claims, "lock_resources", lock_late)

    def meanwhile(call, *args, **more):
        def run():
            try:
                call(*args, **more)
            finally:
                connections.close_all()

        told.append(run)

    return meanwhile


def colleague(stage):
    return SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])


def test_a_slot_that_was_given_to_another_is_booked_with_the_other_as_whole(stage, meanwhile):
    slot, other = offer(stage), colleague(stage)
    meanwhile(change_slot, slot.pk, values={"specialist_id": other.pk}, by=stage.desk, at=AT)
    made = book_slot(slot.pk, patient_id=stage.patient.pk, service_id=stage.service.pk, by=stage.desk, at=AT)
    assert made.specialist_id == other.pk
    assert broken() == []


def test_a_specialist_does_not_book_a_slot_that_became_anothers_meanwhile(stage, meanwhile):
    slot, other, desk = offer(stage), colleague(stage), stage.desk
    stage.book(days=9)
    mine = actor_with("specialist", stage.practice, specialist_ids=frozenset({stage.specialist.pk}))
    meanwhile(change_slot, slot.pk, values={"specialist_id": other.pk}, by=desk, at=AT)
    with pytest.raises((Forbidden, Missing)):
        book_slot(slot.pk, patient_id=stage.patient.pk, by=mine, at=AT)
    assert AvailableSlot.objects.get().booked == 0


def test_moving_into_a_slot_that_changed_locks_those_whom_it_now_takes(stage, meanwhile):
    slot, other, made = offer(stage), colleague(stage), stage.book(days=5)
    meanwhile(change_slot, slot.pk, values={"specialist_id": other.pk}, by=stage.desk, at=AT)
    assert reschedule_appointment(made.pk, slot_id=slot.pk, by=stage.desk, at=AT).specialist_id == other.pk
    assert broken() == []


def test_who_moves_only_the_time_does_not_take_back_anothers_change_of_the_room(stage, meanwhile):
    room, made = RoomFactory(practice=stage.practice), stage.book()
    meanwhile(reschedule_appointment, made.pk, starts_at=made.starts_at, room_id=room.pk, by=stage.desk, at=AT)
    moved = reschedule_appointment(made.pk, starts_at=made.starts_at + HOUR, by=stage.desk, at=AT)
    assert moved.room_id == room.pk
    assert broken() == []


def test_a_group_slot_that_was_withdrawn_is_not_changed_and_claims_nothing(stage, meanwhile):
    slot = offer(stage, capacity=3)
    meanwhile(withdraw_slot, slot.pk, by=stage.desk, at=AT)
    with pytest.raises(Missing):
        change_slot(slot.pk, values={"capacity": 5}, by=stage.desk, at=AT)
    assert broken() == []


def test_a_slot_is_withdrawn_once(stage, meanwhile):
    slot = offer(stage)
    meanwhile(withdraw_slot, slot.pk, by=stage.desk, at=AT)
    with pytest.raises(Missing):
        withdraw_slot(slot.pk, by=stage.desk, at=AT + HOUR)
    assert AvailableSlot.objects.get().withdrawn_at == AT


def test_a_batch_is_undone_once(stage, meanwhile):
    wishes = [SlotWish(stage.specialist.pk, AT + day * DAY, AT + day * DAY + HOUR) for day in (1, 2)]
    batch = create_slots(practice_id=stage.practice.pk, wishes=wishes, by=stage.desk, at=AT).batch
    meanwhile(undo_batch, batch.pk, by=stage.desk, at=AT)
    with pytest.raises(Conflict) as refusal:
        undo_batch(batch.pk, by=stage.desk, at=AT + HOUR)
    assert refusal.value.code == "undone"


def test_a_series_that_two_change_at_once_goes_on_as_one(stage, meanwhile):
    wish = SlotWish(stage.specialist.pk, AT + DAY, AT + DAY + HOUR)
    _series, slot = create_series(practice_id=stage.practice.pk, wish=wish, pattern="weekly", by=stage.desk, at=AT)
    meanwhile(change_series, slot.pk, following=True, values={"start_time": time(15)}, by=stage.desk, at=AT)
    with pytest.raises(Conflict) as refusal:
        change_series(slot.pk, following=True, values={"start_time": time(17)}, by=stage.desk, at=AT)
    assert refusal.value.code == "no_series"
    assert SlotSeries.objects.filter(withdrawn_at=None).count() == 1
    assert broken() == []


def test_time_off_that_was_ended_is_not_rolled_forward(stage, meanwhile):
    series = add_recurring_time_off(
        practice_id=stage.practice.pk,
        rule="FREQ=WEEKLY",
        start_date=date(2026, 3, 2),
        start_time=time(12),
        duration_minutes=60,
        specialist_id=stage.specialist.pk,
        by=stage.desk,
        at=AT,
    )
    meanwhile(end_recurring_time_off, series.pk, by=stage.desk, at=AT)
    assert extend_time_off(series.pk, by=stage.desk.system("test"), at=AT + timedelta(days=60)) == 0
    assert not TimeOff.objects.live().exists()


def booked_by_time(stage, starts_at):
    return stage.book(days=(starts_at - AT) / DAY)


def booked_as_a_series(stage, starts_at):
    first, _second = book_repeating(
        practice_id=stage.practice.pk,
        patient_id=stage.patient.pk,
        service_id=stage.service.pk,
        specialist_id=stage.specialist.pk,
        starts_at=starts_at,
        repeat=Repeat("weekly", 1, 1),
        by=stage.desk,
        at=AT,
    )
    return first


def moved_there(stage, starts_at):
    return reschedule_appointment(stage.book(days=9).pk, starts_at=starts_at, by=stage.desk, at=AT)


def rebooked_there(stage, starts_at):
    return rebook_appointment(stage.book(days=9).pk, starts_at=starts_at, by=stage.desk, at=AT)


def assigned_there(stage, starts_at):
    stage.service.published = stage.service.is_public = True
    stage.service.save()
    asked = register_contact(
        stage.service.pk,
        contact_name="Ana",
        contact_phone="0722123456",
        practice_id=stage.practice.pk,
        by=Actor.system("test"),
        at=AT,
    )
    who = {"patient_id": stage.patient.pk, "specialist_id": stage.specialist.pk}
    return assign_registration(asked.pk, **who, starts_at=starts_at, by=stage.desk, at=AT)


TO_A_TIME = (booked_by_time, booked_as_a_series, moved_there, rebooked_there, assigned_there)


@pytest.mark.parametrize("come", TO_A_TIME)
def test_a_visit_that_names_no_room_waits_for_the_room_of_the_slot_that_it_takes(stage, monkeypatch, come):
    """Else two such visits with two specialists claim one room at once, and each recounts the slot of the other."""
    room, locked, lock_resources = RoomFactory(practice=stage.practice), set(), claims.lock_resources
    slot = offer(stage, room_id=room.pk, minutes=stage.service.duration_minutes)

    def lock_and_note(ids):
        ids = list(ids)
        locked.update(ids)
        return lock_resources(ids)

    monkeypatch.setattr(claims, "lock_resources", lock_and_note)
    assert come(stage, slot.starts_at).slot_id == slot.pk
    assert room.resource_id in locked


def before_that(stage):
    """A visit to be moved and a registration, which are there before the verb that meets the withdrawal."""
    stage.service.published = stage.service.is_public = True
    stage.service.save()
    ServiceSpecialist.objects.create(service=stage.service, specialist=stage.specialist)
    asked = register_contact(
        stage.service.pk,
        contact_name="Ana",
        contact_phone="0722123456",
        practice_id=stage.practice.pk,
        by=Actor.system("test"),
        at=AT,
    )
    return stage.book(days=9), asked


# What each door calls for a slot or a time: with the stage, the slot, and what was there before.
def book(stage, slot, visit, asked):
    return into(stage, slot)


def book_own(stage, slot, visit, asked):
    which = {"slot_id": slot.pk, "service_uuid": stage.service.uuid, "policy_accepted": True}
    return book_own_slot(**which, by=patient_of(stage), at=AT)


def move(stage, slot, visit, asked):
    return reschedule_appointment(visit.pk, slot_id=slot.pk, by=stage.desk, at=AT)


def move_own(stage, slot, visit, asked):
    return reschedule_appointment(visit.pk, slot_id=slot.pk, by=patient_of(stage), at=AT)


def assign(stage, slot, visit, asked):
    who = {"patient_id": stage.patient.pk, "specialist_id": stage.specialist.pk}
    return assign_registration(asked.pk, **who, slot_id=slot.pk, by=stage.desk, at=AT)


def hold(stage, slot, visit, asked):
    which = {"practice_id": stage.practice.pk, "slot_id": slot.pk, "expires_at": AT + HOUR}
    return place_hold(**which, by=stage.desk, at=AT)


def book_time(stage, slot, visit, asked):
    return booked_by_time(stage, slot.starts_at)


def book_times(stage, slot, visit, asked):
    return booked_as_a_series(stage, slot.starts_at)


def move_to_time(stage, slot, visit, asked):
    return reschedule_appointment(visit.pk, starts_at=slot.starts_at, by=stage.desk, at=AT)


def rebook_time(stage, slot, visit, asked):
    return rebook_appointment(visit.pk, starts_at=slot.starts_at, by=stage.desk, at=AT)


def assign_time(stage, slot, visit, asked):
    who = {"patient_id": stage.patient.pk, "specialist_id": stage.specialist.pk}
    return assign_registration(asked.pk, **who, starts_at=slot.starts_at, by=stage.desk, at=AT)


def record_time(stage, slot, visit, asked):
    who = {"patient_id": stage.patient.pk, "specialist_id": stage.specialist.pk, "service_ids": [stage.service.pk]}
    where = {"practice_id": stage.practice.pk, "status": "confirmed", "starts_at": slot.starts_at}
    return record_appointment(**who, **where, by=stage.desk, at=AT)


IN_GROUPS = (book, book_own, move, move_own, assign)


@pytest.mark.parametrize(("come", "capacity"), [*product(IN_GROUPS, (1, 3)), (hold, 1)])
def test_a_slot_that_was_withdrawn_is_not_booked(stage, meanwhile, come, capacity):
    slot, there = offer(stage, minutes=stage.service.duration_minutes, capacity=capacity), before_that(stage)
    meanwhile(withdraw_slot, slot.pk, by=stage.desk, at=AT)
    with pytest.raises((Conflict, Missing)):
        come(stage, slot, *there)
    assert AvailableSlot.objects.values_list("withdrawn_at", "booked", "held_until").get() == (AT, 0, None)
    assert not Appointment.objects.filter(slot=slot).exists()
    assert broken() == []


@pytest.mark.parametrize("come", [book_time, book_times, move_to_time, rebook_time, assign_time, record_time])
def test_a_slot_that_was_withdrawn_is_not_taken_by_a_booking_of_its_time(stage, meanwhile, come):
    slot, there = offer(stage, minutes=stage.service.duration_minutes), before_that(stage)
    meanwhile(withdraw_slot, slot.pk, by=stage.desk, at=AT)
    assert come(stage, slot, *there).slot_id is None
    assert AvailableSlot.objects.get().booked == 0
    assert broken() == []


@pytest.mark.parametrize(("come", "module"), [(book, booking), (book_own, booking), (move, moving), (hold, holds)])
def test_without_a_second_look_at_the_slot_a_withdrawn_one_is_booked(stage, meanwhile, monkeypatch, come, module):
    """Control."""
    monkeypatch.setattr(module, "check_unchanged", lambda _seen, _now: None)
    monkeypatch.setattr(module, "refuse_unless_bookable", lambda *_args, **_more: None, raising=False)
    slot, there = offer(stage, minutes=stage.service.duration_minutes), before_that(stage)
    meanwhile(withdraw_slot, slot.pk, by=stage.desk, at=AT)
    assert come(stage, slot, *there).slot_id == slot.pk
    assert AvailableSlot.objects.get().withdrawn_at == AT


def test_a_slot_that_was_offered_is_taken_by_a_booking_of_its_time(stage, meanwhile):
    meanwhile(offer, stage, minutes=stage.service.duration_minutes)
    made = booked_by_time(stage, AT + 3 * DAY)
    assert made.slot_id == AvailableSlot.objects.get().pk
    assert broken() == []


def test_without_a_look_at_the_slots_that_are_locked_it_is_not(stage, meanwhile, monkeypatch):
    """Control."""
    monkeypatch.setattr(claims, "lock_slots_near", lambda *_args, **_more: {})
    meanwhile(offer, stage, minutes=stage.service.duration_minutes)
    assert booked_by_time(stage, AT + 3 * DAY).slot_id is None


def in_a_slot(stage, slot):
    return into(stage, slot)


def retire(stage):
    change_specialist(stage.specialist.pk, values={"scheduling_active": False}, by=Actor.system("test"), at=AT)


def archive(stage):
    archive_patient(stage.patient.pk, by=stage.desk, at=AT)


PUT_AWAY = (retire, archive)


@pytest.mark.parametrize("come", [booked_by_time, booked_as_a_series, in_a_slot])
@pytest.mark.parametrize("put_away", PUT_AWAY)
def test_who_was_put_away_meanwhile_is_not_booked(stage, meanwhile, come, put_away):
    slot = offer(stage) if come is in_a_slot else None
    meanwhile(put_away, stage)
    with pytest.raises((Conflict, InvalidInput)):
        come(stage, slot or AT + 3 * DAY)
    assert not Appointment.objects.exists()
    assert broken() == []


@pytest.mark.parametrize("put_away", PUT_AWAY)
def test_without_a_look_at_who_is_locked_they_are(stage, meanwhile, monkeypatch, put_away):
    """Control."""
    monkeypatch.setattr(booking, "is_in_use", lambda _owner: False)
    meanwhile(put_away, stage)
    assert booked_by_time(stage, AT + 3 * DAY).pk


@pytest.mark.parametrize("come", [booked_by_time, booked_as_a_series, assigned_there])
def test_a_slot_that_was_put_into_another_room_is_taken_there(stage, meanwhile, come):
    one, other = RoomFactory.create_batch(2, practice=stage.practice)
    slot = offer(stage, room_id=one.pk, minutes=stage.service.duration_minutes)
    meanwhile(change_slot, slot.pk, values={"room_id": other.pk}, by=stage.desk, at=AT)
    made = come(stage, slot.starts_at)
    assert (made.slot_id, made.room_id) == (slot.pk, other.pk)
    assert broken() == []


def test_whoever_comes_into_a_group_while_it_is_cancelled_is_cancelled_with_it(stage, meanwhile):
    slot = offer(stage, capacity=3)
    into(stage, slot)
    meanwhile(into, stage, slot, another_patient(stage), enrollment_id=None)
    group = cancel_group(slot.pk, by=stage.desk, at=AT)
    assert len(group.going) == 2
    assert {row.status for row in Appointment.objects.filter(slot=slot)} == {"cancelled"}
    assert broken() == []


def test_whoever_leaves_a_group_while_it_is_moved_stays_away_and_who_is_taken_then_keeps_it(stage, meanwhile):
    slot = offer(stage, capacity=3)
    left, other = into(stage, slot), into(stage, slot, another_patient(stage))
    meanwhile(cancel_appointment, left.pk, by=stage.desk, at=AT)
    assert [row.pk for row in move_group(slot.pk, starts_at=AT + 4 * DAY, by=stage.desk, at=AT).going] == [other.pk]
    stage.specialist = colleague(stage)
    meanwhile(stage.book_for, other.patient, days=5)
    with pytest.raises(Conflict) as refusal:
        move_group(slot.pk, starts_at=AT + 5 * DAY, by=stage.desk, at=AT)
    assert refusal.value.code == "overlap"
    assert broken() == []


def test_the_last_place_of_a_group_that_is_taken_meanwhile_is_named_by_the_series(stage, meanwhile):
    slots = [offer(stage, days=days, capacity=2) for days in (3, 10)]
    into(stage, slots[1], another_patient(stage))
    meanwhile(into, stage, slots[1], another_patient(stage))
    wish = {"practice_id": stage.practice.pk, "patient_id": stage.patient.pk, "service_id": stage.service.pk}
    with pytest.raises(Conflict) as refusal:
        book_repeating(
            **wish,
            specialist_id=stage.specialist.pk,
            starts_at=slots[0].starts_at,
            repeat=Repeat("weekly", 1, 1),
            in_groups=True,
            by=stage.desk,
            at=AT,
        )
    assert refusal.value.code == "no_group"
    assert Appointment.objects.filter(patient=stage.patient).count() == 0
    assert broken() == []
