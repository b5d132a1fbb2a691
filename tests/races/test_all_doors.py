"""Many callers race for the same slots through every door at once, behind gunicorn with several workers.

By day 20 callers for 10 slots, at night 40 for 20.

Each slot is booked exactly once, everyone else is told why not, nothing that was acknowledged is lost. One door is told
of no clash: what it books over others is an overbooking, which takes no slot and lets nobody else in. The control takes
locks and constraint away: then it must not be so.
"""

import random
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest
from django.urls import reverse
from django.utils import timezone

from core.models import AuditEntry
from scheduling.calendar import SlotWish
from scheduling.models import Appointment, AvailableSlot, Claim
from scheduling.services import create_slots
from tests.factories import (
    PatientFactory,
    PracticeFactory,
    ServiceFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
)
from tests.plugins.counts import scaled
from tests.races.doors import Alfadocs, Availability, Cliniko, Desk, Flextell, Portal, Registrations, Spot, outcome
from tests.races.racing import broken, constraint_taken_away, race
from tests.races.server import Server
from tests.stage import actor_with

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

SLOTS, SPECIALISTS = scaled(quick=10, full=20), 4
EACH = scaled(quick=4, full=8)  # callers at each door
DOORS = 6
CLINIKO = Cliniko.__name__
TRIES = 20


@dataclass
class Clinic:
    """A practice with a public service, and slots of a few specialists next week, each at its own time."""

    practice: object
    service: object
    slots: list
    desk: object


def set_clinic(count=SLOTS):
    practice = PracticeFactory()
    service = ServiceFactory(organization=practice.organization, public=True, duration_minutes=30)
    people = [SpecialistFactory(organization=practice.organization, works_at=[practice]) for _ in range(SPECIALISTS)]
    for person in people:
        ServiceSpecialistFactory(service=service, specialist=person)
    desk = actor_with("front_desk", practice)
    first = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=7)
    wishes = [
        SlotWish(people[n % SPECIALISTS].pk, first + timedelta(hours=n), first + timedelta(hours=n, minutes=30))
        for n in range(count)
    ]
    made = create_slots(practice_id=practice.pk, wishes=wishes, by=desk, at=timezone.now()).made
    assert len(made) == count
    return Clinic(practice, service, made, desk)


def storm(clinic, callers, *, mixed=True):
    """Every caller asks for every slot, each in an order of their own if `mixed`: the outcomes by door, and who won.

    What the cliniko door was told to have booked may be an overbooking: only the rows say who won there.
    """
    told, winners = Counter(), []

    def book_all(number):
        door, book = callers[number]
        order = list(clinic.slots)
        if mixed:
            random.Random(number).shuffle(order)  # a storm, but repeatable
        for slot in order:
            said = outcome(book(slot))
            told[door, "taken" if said == "overlap" else said] += 1
            if said == "booked" and door != CLINIKO:
                winners.append((slot.pk, door))

    assert race(book_all, threads=len(callers)) == {"done": len(callers)}
    return told, winners


def callers_at(clinic, server, each):
    """So many callers at every door, each with the name of the door, and how they book a slot for their patient."""
    callers = []
    for _ in range(each):
        patients = [PatientFactory(organization=clinic.practice.organization) for _door in range(DOORS)]
        doors = [
            Portal(server, clinic.practice, patients[0]),
            Availability(server, clinic.practice),
            Flextell(server, clinic.practice, hours={}),
            Cliniko(server, clinic.practice),
            Alfadocs(server, clinic.practice),
            Registrations(server, clinic.practice, service=clinic.service, count=len(clinic.slots)),
        ]
        for door, patient in zip(doors, patients, strict=True):
            callers.append((type(door).__name__, partial(door.book, service=clinic.service, patient=patient)))
    return callers


def standing():
    """How many appointments stand at each specialist's times, but for overbookings."""
    rows = Appointment.objects.filter(status="confirmed", overbooked=False)
    return Counter(rows.values_list("specialist_id", "starts_at"))


def test_each_slot_is_booked_exactly_once_through_all_doors_at_once(tmp_path, static):
    clinic = set_clinic()
    with Server(tmp_path, static=static) as server:
        told, winners = storm(clinic, callers_at(clinic, server, each=EACH))
        errors = server.errors()
    assert {said for _door, said in told} == {"booked", "taken"}, errors
    assert sum(told.values()) == DOORS * EACH * SLOTS
    assert told[CLINIKO, "booked"] == EACH * SLOTS
    assert set(standing().values()) == {1}
    assert len(standing()) == SLOTS
    assert set(AvailableSlot.objects.values_list("booked", flat=True)) == {1}
    rows = Appointment.objects.filter(status="confirmed")
    kept = list(rows.filter(overbooked=False).values_list("slot_id", flat=True))
    assert sorted(kept) == sorted(slot.pk for slot in clinic.slots)
    won = [slot for slot, _door in winners]
    assert len(set(won)) == len(won)
    # The other slots were taken through the cliniko door, which booked all else over somebody.
    over = rows.filter(overbooked=True).values_list("overbooking_reason", "slot_id", "created_via")
    assert list(over) == [("cliniko", None, "api")] * (EACH * SLOTS - (SLOTS - len(won)))
    audited = AuditEntry.objects.filter(object_kind="scheduling.appointment").values("object_id").distinct()
    assert audited.count() == rows.count()
    assert broken() == []


def test_what_is_booked_over_others_shows_and_lets_nobody_else_in(tmp_path, static):
    """The portal is refused the time, the front desk sees both, and each one's conflicts name the other."""
    clinic = set_clinic(1)
    (slot,) = clinic.slots
    one, two, three = (PatientFactory(organization=clinic.practice.organization) for _n in range(3))
    with Server(tmp_path, static=static) as server:
        door = Cliniko(server, clinic.practice)
        portal, desk = Portal(server, clinic.practice, one), Desk(server, clinic.practice)
        (free,) = door.free(clinic.service)
        assert (free.specialist_id, free.starts_at) == (slot.specialist_id, slot.starts_at)
        first = door.made(door.book(free, clinic.service, two))
        assert door.clashes(first) is False
        assert outcome(portal.book(Spot(slot.specialist_id, slot.starts_at, slot.pk), clinic.service, one)) == "taken"
        second = door.made(door.book(free, clinic.service, three))
        assert door.clashes(first) is door.clashes(second) is True
        assert outcome(portal.book(Spot(slot.specialist_id, slot.starts_at, slot.pk), clinic.service, one)) == "taken"
        assert door.free(clinic.service) == portal.free(clinic.service) == []
        page = desk.call("GET", reverse("admin:scheduling_appointment_change", args=[second]))
        assert (page.status, "cliniko" in page.text) == (200, True)
    assert list(Appointment.objects.order_by("pk").values_list("overbooked", flat=True)) == [False, True]


@pytest.fixture
def no_constraint():
    with constraint_taken_away(Claim, "claim_no_overlap"):
        yield


@pytest.mark.usefixtures("no_constraint")
def test_without_locks_and_constraint_it_would_not_be_so(tmp_path, static):
    """All want the same slot first. A storm may double-book nothing by luck, so there are more until one does."""
    with Server(tmp_path, static=static, without="locks") as server:
        for _try in range(TRIES):
            clinic = set_clinic(4)
            _told, winners = storm(clinic, callers_at(clinic, server, each=2), mixed=False)
            if len(winners) > 4 and max(standing().values()) > 1:
                assert "claims.no_overlap" in broken()
                return
    pytest.fail("every storm booked each slot once although nothing was in the way")
