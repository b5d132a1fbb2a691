"""Never double-booked: many at once over the same people, rooms and slots, on both engines.

Each storm has a control: the same with the locks and the constraint taken away must double-book.
"""

import os
import random
from collections import Counter
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import connection

from core import locks
from core.errors import DomainError, Unavailable
from scheduling.models import Appointment, AvailableSlot, Claim
from scheduling.services import (
    SlotWish,
    add_time_off,
    book_slot,
    cancel_appointment,
    create_slots,
    reschedule_appointment,
)
from tests.factories import AT, PatientFactory, RoomFactory, SpecialistFactory
from tests.races.racing import THREADS, broken, race
from tests.stage import DAY, set_stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 60 if os.environ.get("CLINIC_FULL") else 12


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


def storm(stage, made, threads):
    patients = [PatientFactory(archive=stage.practice.archive) for _ in range(threads)]
    booked = Counter()

    def book_all(number):
        order = list(made)
        random.Random(number).shuffle(order)  # a storm, but repeatable
        for slot in order:
            try:
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
    """Neither locks nor constraint: readers wait for each other, and the database takes what it is given."""
    meet = Barrier(2)

    def only_read(queryset):
        rows = list(queryset)
        if queryset.model is AvailableSlot:
            try:
                meet.wait(timeout=1)
            except BrokenBarrierError:
                meet.reset()
        return rows

    monkeypatch.setattr("core.locks.read_locked", only_read)
    (constraint,) = [one for one in Claim._meta.constraints if one.name == "claim_no_overlap"]
    kept = list(Claim._meta.constraints)
    Claim._meta.constraints = [one for one in kept if one is not constraint]
    with connection.schema_editor() as editor:
        editor.remove_constraint(Claim, constraint)
    if connection.vendor == "sqlite":
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "transaction_mode", "DEFERRED")
        connection.close()
    yield
    connection.close()
    Claim.objects.all().delete()
    Claim._meta.constraints = kept
    with connection.schema_editor() as editor:
        editor.add_constraint(Claim, constraint)


@pytest.mark.usefixtures("nothing_in_the_way")
def test_without_locks_and_constraint_it_would_not_be_so():
    stage = set_stage()
    made = slots(stage, 3)
    outcome = storm(stage, made, 2)
    assert outcome != {"done": 3, "slot_taken": 3} or doubled() or broken()


def test_overlapping_bookings_of_everyone_never_deadlock():
    """People, rooms, assistants and patients crosswise, with moves, cancellations and time off: one order of locks."""
    stage = set_stage()
    archive = stage.practice.archive
    people = [stage.specialist, *(SpecialistFactory(archive=archive, works_at=[stage.practice]) for _ in range(3))]
    rooms = [RoomFactory(practice=stage.practice) for _ in range(3)]
    patients = [PatientFactory(archive=archive) for _ in range(5)]
    told = Counter()

    def rounds(number):
        rng = random.Random(number)
        from scheduling.services import book_appointment

        for _ in range(ROUNDS):
            first, second = rng.sample(people, 2)
            try:
                match rng.randrange(6):
                    case 0 | 1 | 2:
                        book_appointment(
                            practice_id=stage.practice.pk,
                            patient_id=rng.choice(patients).pk,
                            service_id=stage.service.pk,
                            specialist_id=first.pk,
                            assistant_ids=[second.pk],
                            room_id=rng.choice(rooms).pk,
                            starts_at=AT + DAY * (1 + rng.randrange(24) / 48),
                            by=stage.desk,
                            at=AT,
                        )
                    case 3:
                        one = Appointment.objects.filter(status="confirmed").order_by("?").first()
                        if one:
                            cancel_appointment(one.pk, by=stage.desk, at=AT)
                    case 4:
                        one = Appointment.objects.filter(status="confirmed").order_by("?").first()
                        if one:
                            reschedule_appointment(
                                one.pk,
                                starts_at=AT + DAY * (1 + rng.randrange(24) / 48),
                                specialist_id=second.pk,
                                by=stage.desk,
                                at=AT,
                            )
                    case 5:
                        start = AT + DAY * (1 + rng.randrange(24) / 48)
                        add_time_off(
                            practice_id=stage.practice.pk,
                            specialist_id=first.pk,
                            starts_at=start,
                            ends_at=start + DAY / 96,
                            by=stage.desk,
                            at=AT,
                        )
            except DomainError as error:
                told[error.code] += 1
            else:
                told["done"] += 1

    assert race(rounds, threads=THREADS) == {"done": THREADS}
    assert told["done"] > 0
    assert broken() == []


def test_the_recorder_is_on():
    """What the storm above relies on: a lock out of order is an error here, not a deadlock on its day."""
    from django.conf import settings

    assert settings.CHECK_LOCK_ORDER
    assert locks.ORDER.index("directory.resource") < locks.ORDER.index("scheduling.appointment")
