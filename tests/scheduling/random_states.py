"""A small clinic in a random state: slots, visits, time off, holds, closed days, and what was archived or off."""

from contextlib import suppress
from datetime import timedelta
from random import Random

from catalog.models import Service
from core.errors import DomainError
from directory.models import Practice, Room, Specialist, SpecialistPractice
from scheduling.calendar import SlotWish
from scheduling.models import AvailableSlot
from scheduling.services import (
    add_time_off,
    book_appointment,
    book_slot,
    cancel_appointment,
    create_slot,
    place_hold,
    release_hold,
    set_holiday,
    withdraw_slot,
)
from tests.factories import AT, PatientFactory, RoomFactory, ServiceFactory, SpecialistFactory
from tests.stage import DAY, set_stage

MINUTE = timedelta(minutes=1)
BEGIN = AT - 30 * MINUTE  # so that some of it has begun


class RandomClinic:
    """`stage` in a state that `seed` draws; `patient` is free at every time, apart from what is held for them."""

    def __init__(self, seed, stage=None):
        self.random = Random(seed)
        self.stage = stage or set_stage()
        self.practice = self.stage.practice
        organization = self.practice.organization
        self.people = [
            self.stage.specialist,
            *(SpecialistFactory(organization=organization, works_at=[self.practice]) for _one in range(2)),
        ]
        self.other = ServiceFactory(organization=organization, code="OTHER")
        self.rooms = RoomFactory.create_batch(2, practice=self.practice)
        self.patient = PatientFactory(organization=organization)
        self.known = {"by": self.stage.desk, "at": AT - DAY}
        self.visits, self.holds = [], []
        for _slot in range(self.random.randint(3, 7)):
            self.some(self.slot)
        steps = [self.slot, self.visit, self.visit, self.booked, self.booked, self.away, self.hold, self.hold]
        steps += [self.closed, self.cancelled, self.released, self.withdrawn]
        for _step in range(self.random.randint(2, 9)):
            self.some(self.random.choice(steps))
        for _flag in range(self.random.choice([0, 0, 1, 1, 2])):
            flags = [self.off, self.gone, self.elsewhere, self.room_off, self.room_gone, self.shut, self.service_gone]
            self.random.choice(flags)()

    def some(self, step):
        """A step that may be refused."""
        with suppress(DomainError):
            step()

    def time(self):
        """A time of one of two days, from before now on."""
        return BEGIN + self.random.randint(0, 1) * DAY + self.random.randint(0, 10) * 30 * MINUTE

    def someone(self):
        return PatientFactory(organization=self.practice.organization)

    def slots(self):
        return list(AvailableSlot.objects.filter(practice=self.practice).order_by("pk"))

    def slot(self):
        starts = self.time()
        room = self.random.choice([None, *self.rooms, *self.rooms])
        wish = SlotWish(
            self.random.choice(self.people).pk,
            starts,
            starts + self.random.choice([30, 30, 60]) * MINUTE,
            room_id=room.pk if room else None,
            capacity=self.random.choice([1, 1, 1, 2]),
            appointment_type=self.random.choice(["", "", self.other.code, "a chat"]),
        )
        create_slot(practice_id=self.practice.pk, wish=wish, **self.known)

    def visit(self):
        room = self.random.choice([None, *self.rooms])
        made = book_appointment(
            practice_id=self.practice.pk,
            patient_id=self.someone().pk,
            service_id=self.stage.service.pk,
            specialist_id=self.random.choice(self.people).pk,
            starts_at=self.time() + self.random.choice([0, 0, 15]) * MINUTE,
            room_id=room.pk if room else None,
            **self.known,
        )
        self.visits.append(made.pk)

    def booked(self):
        slot = self.random.choice(self.slots())
        self.visits.append(book_slot(slot.pk, patient_id=self.someone().pk, **self.known).pk)

    def cancelled(self):
        if self.visits:
            cancel_appointment(self.random.choice(self.visits), **self.known)

    def withdrawn(self):
        withdraw_slot(self.random.choice(self.slots()).pk, **self.known)

    def away(self):
        starts = self.time()
        of_room = self.random.random() < 0.5
        whose = (
            {"room_id": self.random.choice(self.rooms).pk}
            if of_room
            else {"specialist_id": self.random.choice(self.people).pk}
        )
        add_time_off(
            practice_id=self.practice.pk, starts_at=starts, ends_at=starts + 45 * MINUTE, **whose, **self.known
        )

    def hold(self):
        patient = self.random.choice([None, self.patient, self.someone()])
        where = {"slot_id": self.random.choice(self.slots()).pk}
        if self.random.random() < 0.5:
            starts = self.time()
            room = self.random.choice([None, *self.rooms])
            where = {
                "specialist_id": self.random.choice(self.people).pk,
                "starts_at": starts,
                "ends_at": starts + 30 * MINUTE,
                "room_id": room.pk if room else None,
            }
        placed = place_hold(
            practice_id=self.practice.pk,
            patient_id=patient.pk if patient else None,
            expires_at=AT + self.random.choice([-MINUTE, 0 * MINUTE, 10 * MINUTE, DAY]),
            **where,
            **self.known,
        )
        self.holds.append(placed.pk)

    def released(self):
        if self.holds:
            release_hold(self.random.choice(self.holds), **self.known)

    def closed(self):
        day = (AT + self.random.randint(0, 1) * DAY).astimezone(self.practice.zone).date()
        set_holiday(practice_id=self.practice.pk, day=day, name="Closed", **self.known)

    def off(self):
        Specialist.objects.filter(pk=self.random.choice(self.people).pk).update(scheduling_active=False)

    def gone(self):
        Specialist.objects.filter(pk=self.random.choice(self.people).pk).update(archived_at=AT - DAY)

    def elsewhere(self):
        SpecialistPractice.objects.filter(specialist=self.random.choice(self.people)).delete()

    def room_off(self):
        Room.objects.filter(pk=self.random.choice(self.rooms).pk).update(is_active=False)

    def room_gone(self):
        Room.objects.filter(pk=self.random.choice(self.rooms).pk).update(archived_at=AT - DAY)

    def service_gone(self):
        Service.objects.filter(pk=self.other.pk).update(archived_at=AT - DAY)

    def shut(self):
        if self.random.random() < 0.3:
            Practice.objects.filter(pk=self.practice.pk).update(archived_at=AT - DAY)
