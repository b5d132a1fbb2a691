"""What is said to be free can be booked, in the room that is named with it; what has no reason against it, too."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from scheduling.calendar import SlotWish, free_times, why_not
from scheduling.calendar.free_time_search import Search
from scheduling.models import Appointment
from scheduling.services import add_time_off, book_slot, create_slot, reschedule_appointment, set_holiday
from tests.factories import AT, PatientFactory, RoomFactory, SpecialistFactory
from tests.plugins.counts import scaled
from tests.scheduling.words import HOUR, another_patient, into, offer
from tests.stage import DAY, set_stage

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
BEGIN = AT + DAY


def asked(stage, **more):
    known = {"practice_id": stage.practice.pk, "specialist_id": stage.specialist.pk, "service_id": stage.service.pk}
    return why_not(stage.desk, at=AT, **known, **more)


def search(stage, **more):
    before, after = (timedelta(minutes=m) for m in (stage.service.buffer_before_minutes, stage.service.buffer_minutes))
    return Search(BEGIN, BEGIN + 6 * HOUR, 30 * MINUTE, before, after, stage.service.code, **more)


def elsewhere(stage, room, *, days=3.0):
    """Somebody else's visit in the room, at the usual time."""
    mine = stage.specialist, stage.patient
    stage.specialist = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    stage.patient = another_patient(stage)
    stage.book(days=days, room_id=room.pk)
    stage.specialist, stage.patient = mine


def test_a_slot_whose_room_is_taken_is_not_free_and_why_not_says_the_room(stage):
    room = RoomFactory(practice=stage.practice)
    slot = offer(stage, days=1, room_id=room.pk)
    elsewhere(stage, room, days=1)
    assert free_times(stage.practice, [stage.specialist.pk], search(stage), at=AT) == []
    (reason,) = asked(stage, starts_at=slot.starts_at).reasons
    assert (reason["code"], reason["role"]) == ("overlap", "room")


def test_a_slot_is_free_without_pauses_only_in_its_own_room(stage):
    stage.service.buffer_minutes = 10
    stage.service.save()
    own, other = RoomFactory.create_batch(2, practice=stage.practice)
    slot, neighbour = (offer(stage, days=1, hours=h, room_id=own.pk) for h in (0, 0.5))
    into(stage, neighbour, another_patient(stage))
    times = free_times(stage.practice, [stage.specialist.pk], search(stage), at=AT, room_ids=[other.pk, own.pk])
    assert [(time.starts_at, time.room_id) for time in times] == [(slot.starts_at, own.pk)]
    assert asked(stage, starts_at=slot.starts_at, room_id=own.pk).reasons == []
    assert [one["code"] for one in asked(stage, starts_at=slot.starts_at, room_id=other.pk).reasons] == ["overlap"]


def test_why_not_counts_the_claim_of_a_group_slot_that_others_keep(stage):
    slot = offer(stage, days=1, capacity=2, minutes=60)
    made = into(stage, slot)
    (reason,) = asked(stage, starts_at=slot.starts_at + 15 * MINUTE, ignoring=made.pk).reasons
    assert (reason["code"], reason["what"]) == ("overlap", "slot")
    with pytest.raises(DomainError):
        reschedule_appointment(made.pk, starts_at=slot.starts_at + 15 * MINUTE, by=stage.desk, at=AT)


def outcome(stage, starts_at, room_id=None):
    """Whether a booking would be made; nothing is kept of it."""
    with transaction.atomic():
        try:
            stage.book(days=(starts_at - AT) / DAY, room_id=room_id)
            return True
        except DomainError:
            return False
        finally:
            transaction.set_rollback(True)


@settings(max_examples=scaled(12, 400))
@given(
    slots=st.lists(st.tuples(st.integers(0, 9), st.integers(1, 3), st.integers(0, 2)), min_size=1, max_size=5),
    visits=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 2), st.booleans()), max_size=4),
    inside=st.lists(st.integers(0, 4), max_size=2),
    pauses=st.sampled_from([(0, 0), (0, 10), (5, 15)]),
    away=st.none() | st.integers(0, 300),
    closed=st.booleans(),
    minutes=st.lists(st.integers(0, 330), min_size=3, max_size=5),
    rooms=st.sampled_from([(), (0,), (1, 0)]),
)
def test_what_is_free_can_be_booked_and_what_has_no_reason_against_it(
    slots, visits, inside, pauses, away, closed, minutes, rooms
):
    with transaction.atomic():
        stage = set_stage()
        stage.service.buffer_before_minutes, stage.service.buffer_minutes = pauses
        stage.service.save()
        mine, there = stage.specialist, RoomFactory.create_batch(2, practice=stage.practice)
        colleague = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
        known = {"practice_id": stage.practice.pk, "by": stage.desk, "at": AT}
        made = []
        for start, quarters, room in slots:
            begin = BEGIN + start * 30 * MINUTE
            room_id = [None, *there][room].pk if room else None
            wish = SlotWish(mine.pk, begin, begin + quarters * 15 * MINUTE, room_id=room_id)
            try:
                made.append(create_slot(wish=wish, **known))
            except DomainError:
                continue
        for minute, room, own in visits:
            stage.patient = PatientFactory(organization=stage.practice.organization)
            stage.specialist = mine if own else colleague
            where = [None, *there][room]
            try:
                stage.book(days=1 + minute / 1440, room_id=where.pk if where else None)
            except DomainError:
                continue
        stage.patient = PatientFactory(organization=stage.practice.organization)
        for number in inside:
            try:
                book_slot(made[number % len(made)].pk, patient_id=stage.patient.pk, by=stage.desk, at=AT)
            except DomainError:
                continue
        stage.specialist, stage.patient = mine, PatientFactory(organization=stage.practice.organization)
        if away is not None:
            begin = BEGIN + away * MINUTE
            add_time_off(specialist_id=mine.pk, starts_at=begin, ends_at=begin + HOUR, **known)
        if closed and away is None:
            set_holiday(day=date(2026, 2, 18), name="Closed", **known)
        assert Appointment.objects.filter(practice=stage.practice).count() <= 6
        ids = [there[one].pk for one in rooms]
        times = free_times(stage.practice, [mine.pk], search(stage), at=AT, room_ids=ids)
        for time in times[:6]:
            assert outcome(stage, time.starts_at, time.room_id), time
        for minute in minutes:
            starts_at, room_id = BEGIN + minute * MINUTE, ids[0] if ids else None
            told = asked(stage, starts_at=starts_at, patient_id=stage.patient.pk, room_id=room_id)
            refusing = {one["code"] for one in told.reasons} & {"overlap", "closed"}
            assert outcome(stage, starts_at, room_id) is not bool(refusing), (starts_at, told.reasons)
        transaction.set_rollback(True)
