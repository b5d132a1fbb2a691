"""Never double-booked: many at once over the same people, rooms and slots, on both engines.

Each storm has a control: the same with the locks and the constraint taken away must double-book.
"""

import random
from collections import Counter
from contextlib import nullcontext
from datetime import timedelta
from threading import Barrier

import pytest

from core.errors import Conflict, DomainError, Unavailable
from scheduling.calendar import SlotWish, claims
from scheduling.models import Appointment, Claim
from scheduling.services import book_appointment, book_slot, create_slots
from tests.factories import AT, PatientFactory, RoomFactory, SpecialistFactory
from tests.patience import LIMIT
from tests.plugins.counts import scaled
from tests.races.racing import THREADS, Meeting, broken, constraint_taken_away, deadlocks, race, take_locks_away
from tests.stage import DAY, set_stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def slots(stage, count):
    wishes = [
        SlotWish(
            specialist_id=stage.specialist.pk,
            starts_at=AT + DAY * (1 + n / 24),
            ends_at=AT + DAY * (1 + (n + 0.5) / 24),
        )
        for n in range(count)
    ]
    return create_slots(practice_id=stage.practice.pk, wishes=wishes, by=stage.desk, at=AT).made


def doubled():
    """Slots with more standing appointments than places."""
    standing = Counter(Appointment.objects.filter(status="confirmed").values_list("slot_id", flat=True))
    return {slot: count for slot, count in standing.items() if count > 1}


def storm(stage, made, threads, *, mixed=True, meeting=None):
    """Each asks for every slot, in an order of their own if `mixed`: how often each outcome came."""
    patients = [PatientFactory(organization=stage.practice.organization) for _ in range(threads)]
    booked = Counter()

    def book_all(number):
        order = list(made)
        if mixed:
            random.Random(number).shuffle(order)  # a storm, but repeatable
        for slot in order:
            try:
                with meeting.round() if meeting else nullcontext():
                    book_slot(slot.pk, patient_id=patients[number].pk, by=stage.desk, at=AT)
            except DomainError as error:
                booked[error.code] += 1
            except Unavailable:
                booked["unavailable"] += 1
            else:
                booked["done"] += 1

    assert race(book_all, threads=threads) == {"done": threads}
    return booked


def test_each_slot_is_booked_exactly_once():
    stage = set_stage()
    made = slots(stage, 20)
    outcome = storm(stage, made, THREADS)
    assert outcome == {"done": 20, "slot_taken": 20 * (THREADS - 1)}
    assert doubled() == {}
    assert broken() == []


@pytest.fixture
def nothing_in_the_way(monkeypatch):
    """Neither locks nor constraint: two look for what stands in the way, wait for each other, and both write."""
    meeting, standing = Meeting(), claims.standing

    def look(*args, **more):
        found = standing(*args, **more)
        meeting.wait()
        return found

    monkeypatch.setattr(claims, "standing", look)
    take_locks_away(monkeypatch)
    with constraint_taken_away(Claim, "claim_no_overlap"):
        yield meeting


def test_without_locks_and_constraint_slots_are_booked_twice(nothing_in_the_way):
    stage = set_stage()
    made = slots(stage, 3)
    outcome = storm(stage, made, 2, mixed=False, meeting=nothing_in_the_way)
    assert outcome["done"] > 3
    assert max(doubled().values()) == 2
    assert "claims.no_overlap" in broken()


# What two visits at one time may have in common; each is somebody's or something's whole reason to be refused.
SHARED = ("specialist", "assistant", "room", "patient")


def crowd(shared, rounds, threads, *, meeting=None):
    """In each round so many at once ask for visits that overlap and share one of SHARED, and nothing else.

    How each round ended, and what the refused were told is in the way.
    """
    stage = set_stage()
    organization = stage.practice.organization
    people = [SpecialistFactory(organization=organization, works_at=[stage.practice]) for _ in range(2 * threads)]
    rooms = [RoomFactory(practice=stage.practice) for _ in range(threads)]
    patients = [PatientFactory(organization=organization) for _ in range(threads)]
    ended, told = [Counter() for _ in range(rounds)], Counter()
    together = Barrier(threads, timeout=LIMIT)

    def own(rows, role, number):
        return rows[0 if role == shared else number].pk

    def ask(number):
        for one in range(rounds):
            together.wait()
            try:
                with meeting.round() if meeting else nullcontext():
                    book_appointment(
                        practice_id=stage.practice.pk,
                        patient_id=own(patients, "patient", number),
                        service_id=stage.service.pk,
                        specialist_id=own(people[:threads], "specialist", number),
                        assistant_ids=[own(people[threads:], "assistant", number)],
                        room_id=own(rooms, "room", number),
                        # Half an hour from some minute of the first quarter on: any two overlap, few are equal.
                        starts_at=AT + DAY + timedelta(hours=one, minutes=(number * 7 + one) % 16),
                        by=stage.desk,
                        at=AT,
                    )
            except Conflict as refusal:
                ended[one][refusal.code] += 1
                told.update(clash["role"] for clash in refusal.clashes)
            else:
                ended[one]["done"] += 1

    assert race(ask, threads=threads) == {"done": threads}
    return ended, told


@pytest.mark.parametrize("shared", SHARED)
def test_of_overlapping_visits_exactly_one_is_booked(shared):
    """With full counts sixty rounds in all; the refused are told that it is this one who is busy."""
    rounds = scaled(quick=5, full=15)
    ended, told = crowd(shared, rounds, THREADS)
    assert ended == [{"done": 1, "overlap": THREADS - 1}] * rounds
    assert told == {shared: rounds * (THREADS - 1)}
    assert Appointment.objects.count() == rounds
    assert broken() == []


def test_who_lost_the_room_of_a_slot_that_names_it_is_told_so():
    """Booked by their time and no room, slots take their own room: whoever is slower hears of it, not of some clash."""
    stage = set_stage()
    room = RoomFactory(practice=stage.practice)
    organization, rounds = stage.practice.organization, scaled(quick=5, full=15)
    people = [SpecialistFactory(organization=organization, works_at=[stage.practice]) for _ in range(THREADS)]
    patients = [PatientFactory(organization=organization) for _ in range(THREADS)]
    length = timedelta(minutes=stage.service.duration_minutes)
    wishes = [
        SlotWish(person.pk, AT + DAY + timedelta(hours=one), AT + DAY + timedelta(hours=one) + length, room_id=room.pk)
        for person in people
        for one in range(rounds)
    ]
    assert len(create_slots(practice_id=stage.practice.pk, wishes=wishes, by=stage.desk, at=AT).made) == len(wishes)
    together, told, before = Barrier(THREADS, timeout=LIMIT), Counter(), deadlocks()

    def ask(number):
        for one in range(rounds):
            together.wait()
            try:
                book_appointment(
                    practice_id=stage.practice.pk,
                    patient_id=patients[number].pk,
                    service_id=stage.service.pk,
                    specialist_id=people[number].pk,
                    starts_at=AT + DAY + timedelta(hours=one),
                    by=stage.desk,
                    at=AT,
                )
            except Conflict as refusal:
                told[refusal.code, *(clash["role"] for clash in refusal.clashes)] += 1
            else:
                told["done"] += 1

    assert race(ask) == {"done": THREADS}
    assert told == {"done": rounds, ("overlap", "room"): rounds * (THREADS - 1)}
    assert deadlocks() == before
    assert broken() == []


@pytest.mark.parametrize("shared", SHARED)
def test_without_locks_and_constraint_both_are_booked(nothing_in_the_way, shared):
    ended, _told = crowd(shared, 2, threads=2, meeting=nothing_in_the_way)
    assert ended == [{"done": 2}] * 2
    assert "claims.no_overlap" in broken()
