"""A clinic whose past was imported opens a week in bulk, and callers at every door book it solid, behind gunicorn.

Each caller looks for what is free as the clients of its door do, and books until nothing is. The control of
test_all_doors takes the guards of the same doors away; here is shown that the whole week comes out right.
"""

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import F
from django.utils import timezone

from core.models import ExternalId
from core.moments import span_in_words
from directory.models import Specialist
from patients.models import Patient
from programs.services import enroll_patient
from scheduling.models import Appointment, AvailableSlot, SlotBatch
from tests.factories import (
    PatientFactory,
    PracticeFactory,
    ServiceFactory,
    ServicePlanFactory,
    ServiceSpecialistFactory,
)
from tests.importing import csv_file, import_text, outcome
from tests.patience import LIMIT
from tests.plugins.counts import scaled
from tests.races import doors
from tests.races.doors import Availability, Desk, Flextell, Portal, Spot
from tests.races.racing import broken, race
from tests.races.server import Server
from tests.stage import actor_with

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

SYNTHEA = (Path(__file__).parent.parent / "data" / "synthea" / "encounters.csv").read_bytes()
PEOPLE = scaled(quick=3, full=4)
EACH = scaled(quick=3, full=6)  # callers at each door
HOURS = scaled(quick=1, full=3)  # of a morning, and of an afternoon
WEEK = 5 * PEOPLE * 2 * 2 * HOURS  # days, people, morning and afternoon, half hours
SESSIONS = 3
HALF = timedelta(minutes=30)


@dataclass
class Clinic:
    """A practice with a past, two public services that its people offer, and a program of the second."""

    practice: object
    people: list
    services: list
    known: list
    program: object


def set_clinic():
    practice = PracticeFactory()
    import_the_past(practice)
    people = list(Specialist.objects.order_by("pk")[:PEOPLE])
    names = [("Kinetotherapy", "kineto", 0), ("Mobility Evaluation", "evaluation", 5)]
    services = [
        ServiceFactory(organization=practice.organization, public=True, name=name, code=code, buffer_minutes=pause)
        for name, code, pause in names
    ]
    for service in services:
        for person in people:
            ServiceSpecialistFactory(service=service, specialist=person)
    known = list(Patient.objects.order_by("pk"))
    plan = ServicePlanFactory(organization=practice.organization, service=services[1], sessions_total=SESSIONS)
    whose = {"patient_id": known[0].pk, "service_plan_id": plan.pk, "practice_id": practice.pk}
    program = enroll_patient(**whose, by=actor_with("front_desk", practice), at=timezone.now())
    return Clinic(practice, people, services, known, program)


def import_the_past(practice):
    """Synthea's encounters, as if all its organizations had become this practice."""
    table = csv_file(SYNTHEA)
    places = {name: table.header.index(name) for name in ("PATIENT", "PROVIDER", "ORGANIZATION")}
    rows = [one.cells for one in table.records()]
    named = {name: list(dict.fromkeys(cells[place] for cells in rows)) for name, place in places.items()}
    for external_id in named["ORGANIZATION"]:
        kind = {"source": "synthea", "kind": "directory.practice", "organization_id": practice.organization_id}
        ExternalId.objects.create(**kind, external_id=external_id, object_id=practice.pk)
    here = named["ORGANIZATION"][0]
    text = "".join(f"{one},Doctor,D{n},{here}\n" for n, one in enumerate(named["PROVIDER"]))
    import_text("specialists", "external_id,first_name,last_name,practices\n" + text, source="synthea")
    text = "".join(f"{one},Patient,P{n}\n" for n, one in enumerate(named["PATIENT"]))
    import_text("patients", "external_id,first_name,last_name\n" + text, source="synthea")
    report = import_text("appointments", SYNTHEA, layout="synthea")
    assert outcome(report)[0] > 0


def past():
    return list(Appointment.objects.filter(created_via="import").order_by("pk").values())


def open_a_week(clinic, server):
    """The front desk offers a week on the page that makes slots in bulk: mornings to anybody, afternoons to one."""
    desk = Desk(server, clinic.practice)
    today = timezone.localdate(timezone=clinic.practice.zone)
    monday = today + timedelta(days=14 - today.weekday())
    for opens, kind in ((9, ""), (14, clinic.services[1].code)):
        reply = desk.post(
            "bulk_slots",
            practice=clinic.practice.pk,
            specialists=[person.pk for person in clinic.people],
            weekdays=[0, 1, 2, 3, 4],
            first=monday.isoformat(),
            last=(monday + timedelta(days=6)).isoformat(),
            from_1=f"{opens:02}:00",
            to_1=f"{opens + HOURS:02}:00",
            length=30,
            pause=0,
            capacity=1,
            appointment_type=kind,
            skip_closed="on",
            commit="1",
        )
        assert reply.status == 302, reply.text
    assert [(len(one.failed), one.slots.count()) for one in SlotBatch.objects.all()] == [(0, WEEK // 2)] * 2
    return monday


@dataclass
class Caller:
    """One who calls at a door for a few patients, and remembers what was said."""

    door: object
    patients: list
    clinic: Clinic
    number: int
    monday: object
    program: object = None
    busy: set = field(default_factory=set)  # of whom one knows at which times
    told: Counter = field(default_factory=Counter)
    made: list = field(default_factory=list)
    clashed: list = field(default_factory=list)

    def book_all(self):
        """Until nothing is free; the service that is asked for varies, and a program's comes first."""
        chance, deadline = random.Random(self.number), time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            services = chance.sample(self.clinic.services, 2)
            if self.program is not None:
                services.sort(key=self.clinic.services.index, reverse=True)
            found = next(((one, free) for one in services if (free := self.free(one, chance))), None)
            if found is None:
                return
            service, free = found
            chance.shuffle(free)
            for spot in free:
                patient = next((one for one in self.patients if (one, spot.starts_at) not in self.busy), None)
                if patient is not None:
                    self.book(spot, service, patient, free)
                    break
            else:
                time.sleep(0.02)  # it is for others, whose patients have the time
        raise AssertionError(f"the week is not full after {LIMIT} s")

    def free(self, service, chance):
        if not isinstance(self.door, Desk):
            return self.door.free(service)
        # The page shows the next few, so the desk looks from some day on, and then from now on.
        day = self.monday + timedelta(days=chance.randrange(5))
        some = {"patient": self.patients[0]}
        return self.door.free(service, after=f"{day}T09:00", **some) or self.door.free(service, **some)

    def book(self, spot, service, patient, free):
        if self.ask(spot, service, patient) == "booked":
            # The same patient at the same time, with somebody else: it was free a moment ago.
            again = next((one for one in free if one.starts_at == spot.starts_at and one != spot), None)
            if again is not None:
                assert self.ask(again, service, patient) in ("patient busy", "taken", "overlap")

    def ask(self, spot, service, patient):
        fits = self.program is not None and patient == self.program.patient and service == self.clinic.services[1]
        reply = self.door.book(spot, service, patient, self.program if fits else None)
        said = doors.outcome(reply)
        own = (
            f"{patient}, {span_in_words(spot.starts_at, spot.starts_at + HALF, self.clinic.practice.zone)}: appointment"
        )
        if said == "overlap" and own in doors.clashes(reply):
            said = "patient busy"
            self.clashed.append((patient.pk, spot.starts_at))
        elif said == "booked":
            self.made.append((self.door.made(reply), patient.pk, spot.specialist_id, spot.starts_at))
        elif said == "no session":
            self.program = None
        if said in ("booked", "patient busy"):
            self.busy.add((patient, spot.starts_at))
        self.told[said] += 1
        return said


def callers_of(clinic, server, monday):
    """So many at each door. Those who were patients before have keys; the program's one also has the desk book."""
    hours = {
        service.pk: [
            Spot(*known)
            for known in AvailableSlot.objects.filter(appointment_type__in=("", service.code)).values_list(
                "specialist_id", "starts_at"
            )
        ]
        for service in clinic.services
    }
    whose = clinic.program.patient
    callers = []

    def add(door, patients, **more):
        callers.append(Caller(door, patients, clinic, len(callers), monday, **more))

    def someone():
        return PatientFactory(organization=clinic.practice.organization)

    for n in range(EACH):
        own = clinic.known[n] if n < len(clinic.known) else someone()
        program = {"program": clinic.program} if n == 0 else {}
        add(Portal(server, clinic.practice, own), [own], **program)
        add(Availability(server, clinic.practice), [someone(), someone()])
        add(Flextell(server, clinic.practice, hours), [someone(), someone()])
        add(Desk(server, clinic.practice), [whose, someone()] if n == 0 else [someone(), someone()], **program)
    return callers


def test_a_week_is_booked_solid_through_all_doors_and_every_slot_once(tmp_path, static):
    clinic = set_clinic()
    before = past()
    with Server(tmp_path, static=static) as server:
        monday = open_a_week(clinic, server)
        callers = callers_of(clinic, server, monday)
        done = race(lambda number: callers[number].book_all(), threads=len(callers))
        assert done == {"done": len(callers)}, server.errors()
        left = [caller.free(service, random.Random(0)) for caller in callers for service in clinic.services]
        errors = server.errors()
    told = Counter()
    for caller in callers:
        told.update({(type(caller.door).__name__, said): count for said, count in caller.told.items()})
    assert {said for _door, said in told} <= {"booked", "taken", "overlap", "patient busy", "no session"}, errors
    assert sum(count for (_door, said), count in told.items() if said in ("taken", "overlap")) > 0, "nobody was faster"
    assert told["Portal", "no session"] + told["Desk", "no session"] > 0
    for door in ("Portal", "Availability", "Flextell", "Desk"):
        assert told[door, "booked"] > 0
        assert told[door, "patient busy"] > 0
    assert left == [[]] * len(left)
    check_the_week(clinic, callers)
    assert past() == before
    assert broken() == []


def check_the_week(clinic, callers):
    """Whatever was acknowledged stands, nothing else does, and it fills the week."""
    rows = Appointment.objects.exclude(created_via="import")
    kept = rows.values_list("pk", "patient_id", "specialist_id", "starts_at")
    assert sorted(kept) == sorted(one for caller in callers for one in caller.made)
    assert set(rows.values_list("status", flat=True)) == {"confirmed"}
    slots = AvailableSlot.objects.filter(booked=1, blocked=0, withdrawn_at=None)
    assert slots.count() == AvailableSlot.objects.count() == rows.count() == WEEK
    equal = {"starts_at": F("slot__starts_at"), "ends_at": F("slot__ends_at"), "specialist": F("slot__specialist")}
    assert sorted(rows.filter(**equal).values_list("slot_id", flat=True)) == sorted(slots.values_list("pk", flat=True))
    # Whoever was told that the patient has an appointment then was told the truth.
    taken = set(rows.values_list("patient_id", "starts_at"))
    assert len(taken) == WEEK
    assert {one for caller in callers for one in caller.clashed} <= taken
    held = rows.filter(enrollment=clinic.program)
    assert sorted(held.values_list("plan_session_number", flat=True)) == list(range(1, SESSIONS + 1))
    assert set(held.values_list("patient_id", flat=True)) == {clinic.program.patient_id}
