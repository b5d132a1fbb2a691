"""Many verbs at once over the same people, rooms and patients, crosswise: one order of locks, and so no deadlock.

PostgreSQL is asked how often it had to break one, because a verb that is tried again hides it. The control locks in
any order: then there must be some.
"""

import random
from collections import Counter

import pytest
from django.conf import settings
from django.db import connection

from core import locks
from core.errors import DomainError, Unavailable
from directory.models import Resource
from scheduling.models import Appointment
from scheduling.services import add_time_off, book_appointment, cancel_appointment, reschedule_appointment
from tests.factories import AT, PatientFactory, RoomFactory, SpecialistFactory
from tests.plugins.counts import scaled
from tests.races.racing import THREADS, broken, deadlocks, race
from tests.stage import DAY, set_stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

ROUNDS = scaled(quick=30, full=120)
TRIES = 20  # a crowd may be lucky


class Bustle:
    """Four people who treat and assist each other, three rooms, five patients, one day; and what becomes of it."""

    def __init__(self):
        self.stage = set_stage()
        practice, organization = self.stage.practice, self.stage.practice.organization
        more = (SpecialistFactory(organization=organization, works_at=[practice]) for _ in range(3))
        self.people = [self.stage.specialist, *more]
        self.rooms = [RoomFactory(practice=practice) for _ in range(3)]
        self.patients = [PatientFactory(organization=organization) for _ in range(5)]
        self.done, self.refused, self.clashes = Counter(), Counter(), Counter()

    def rounds(self, number, count=ROUNDS):
        chance = random.Random(number)
        verbs = [self.book] * 3 + [self.cancel, self.move, self.take_off]
        for _ in range(count):
            verb = chance.choice(verbs)
            try:
                done = verb(chance, *chance.sample(self.people, 2))
            except DomainError as error:
                self.refused[error.code] += 1
                self.clashes.update(clash["role"] for clash in getattr(error, "clashes", ()))
            else:
                self.done[verb.__name__] += done

    def when(self, chance):
        return AT + DAY * (1 + chance.randrange(24) / 48)

    def book(self, chance, first, second):
        book_appointment(
            practice_id=self.stage.practice.pk,
            patient_id=chance.choice(self.patients).pk,
            service_id=self.stage.service.pk,
            specialist_id=first.pk,
            assistant_ids=[second.pk],
            room_id=chance.choice(self.rooms).pk,
            starts_at=self.when(chance),
            by=self.stage.desk,
            at=AT,
        )
        return 1

    def some(self):
        return Appointment.objects.filter(status="confirmed").order_by("?").first()

    def cancel(self, chance, first, second):
        one = self.some()
        if one is not None:
            cancel_appointment(one.pk, by=self.stage.desk, at=AT)
        return one is not None

    def move(self, chance, first, second):
        one = self.some()
        if one is not None:
            where = {"starts_at": self.when(chance), "specialist_id": second.pk}
            reschedule_appointment(one.pk, **where, by=self.stage.desk, at=AT)
        return one is not None

    def take_off(self, chance, first, second):
        start = self.when(chance)
        whose = {"practice_id": self.stage.practice.pk, "specialist_id": first.pk}
        add_time_off(**whose, starts_at=start, ends_at=start + DAY / 96, by=self.stage.desk, at=AT)
        return 1


def test_verbs_over_everyone_crosswise_never_deadlock():
    bustle, before = Bustle(), deadlocks()
    # Whatever is no refusal (a lock out of order, a deadlock that outlived its retries, a 503) has another name here.
    assert race(bustle.rounds, threads=THREADS) == {"done": THREADS}
    assert deadlocks() == before
    assert min(bustle.done[name] for name in ("book", "cancel", "move", "take_off")) > 0
    assert min(bustle.clashes[role] for role in ("specialist", "assistant", "room", "patient")) > 0
    assert broken() == []


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time: no order, no deadlock")
def test_locked_in_any_order_they_would(monkeypatch):
    chance, ask_locked = random.Random(1), locks.ask_locked

    def crosswise(rows, values):
        if rows.model is not Resource:
            return ask_locked(rows, values)
        ids = sorted(values["ids"])
        chance.shuffle(ids)
        return [row for pk in ids for row in ask_locked(rows, {"ids": [pk]})]

    monkeypatch.setattr(locks, "ask_locked", crosswise)
    bustle, before = Bustle(), deadlocks()

    def rounds(number):
        for _ in range(3):
            try:
                bustle.rounds(number, 1)
            except Unavailable:
                return

    for _try in range(TRIES):
        race(rounds, threads=THREADS)
        if deadlocks() > before:
            return
    pytest.fail(f"{TRIES} crowds that lock in any order, and no deadlock")


def test_the_recorder_is_on():
    """What the bustle above relies on: a lock out of order is an error here, not a deadlock on its day."""
    assert settings.CHECK_LOCK_ORDER
    assert locks.ORDER.index("directory.resource") < locks.ORDER.index("scheduling.appointment")
