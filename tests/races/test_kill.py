"""kill -9 of gunicorn's workers in the middle of batches, series and bookings.

Nothing is half-done (a batch or a series is whole or absent), nothing that was acknowledged is lost, and what is sent
again under its key has its effect once. The control takes the transactions away: then something must be half-done.
"""

import json
import random
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from django.utils import timezone

from api.models import IdempotencyKey
from scheduling.calendar import SlotWish
from scheduling.models import Appointment, AvailableSlot, SlotBatch, SlotSeries
from scheduling.services import create_slots
from tests.factories import MembershipFactory, PatientFactory, PracticeFactory, SpecialistFactory
from tests.patience import LIMIT
from tests.plugins.counts import scaled
from tests.races.doors import key
from tests.races.racing import broken
from tests.races.server import Lost, Server
from tests.stage import actor_with

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

BASE = "/v1/admin/clinic/availability"
BATCH, DAYS = 40, 15
TRIES = 10  # of the control: kills may all come at a harmless moment


def iso(when):
    return f"{when:%Y-%m-%dT%H:%M:%S}.000Z"


class Sender(threading.Thread):
    """One client: sends one request after another until told to stop; remembers what was acknowledged."""

    made = 201  # how the door answers a creation

    def __init__(self, server, headers, make, stop):
        super().__init__(daemon=True)
        self.call, self.make, self.stop = server.caller(**headers), make, stop
        self.sent, self.acknowledged, self.other = {}, {}, Counter()
        self.answered = threading.Event()

    def run(self):
        number = 0
        while not self.stop.is_set():
            number += 1
            path, wish = self.make(number)
            name = f"{self.name}-{number}"
            self.sent[name] = (path, wish)
            self.send(name)

    def headers(self, name):
        """By which a request that is sent again is known as the same."""
        return {"Idempotency-Key": name}

    def send(self, name):
        """Once; what became of it is not known when the connection breaks."""
        path, wish = self.sent[name]
        try:
            reply = self.call("POST", path, wish, headers=self.headers(name))
        except Lost:
            self.other["lost"] += 1
            time.sleep(0.02)
            return None
        self.answered.set()
        if reply.status == self.made:
            self.acknowledged[name] = reply.json()
        else:
            self.other[f"{reply.status} {reply.text[:200]}"] += 1
        return reply


def set_scene():
    """A practice with a clinic admin's key, four specialists, and slots to book."""
    practice = PracticeFactory(time_zone="UTC")  # no clock change makes a series shorter
    people = [SpecialistFactory(organization=practice.organization, works_at=[practice]) for _ in range(4)]
    headers = {"X-User-Token": key(MembershipFactory(practice=practice, admin=True).user)}
    patient = PatientFactory(organization=practice.organization)
    first = datetime.combine(timezone.now().date() + timedelta(days=7), datetime.min.time(), tzinfo=UTC)
    minutes = timedelta(minutes=5)
    wishes = [SlotWish(people[0].pk, first + n * minutes, first + (n + 1) * minutes) for n in range(3000)]
    desk = actor_with("front_desk", practice)
    made = create_slots(practice_id=practice.pk, wishes=wishes, by=desk, at=timezone.now())

    def booking(number):
        return f"{BASE}/books", {"book": {"available_slot_id": made.made[number].pk, "patient_id": patient.pk}}

    def batch(number):
        """Each its own day; the last row hits the first, so that each has its report."""
        day = first + number * timedelta(days=1)
        rows = [(day + n * timedelta(minutes=30), day + (n + 1) * timedelta(minutes=30)) for n in range(BATCH)]
        slots = [{"start_time": iso(start), "end_time": iso(end)} for start, end in [*rows, rows[0]]]
        return f"{BASE}/providers/available_slots/create_in_batch", {"provider_id": people[1].pk, "slots": slots}

    def series(number):
        """Each its own five minutes, every day for two weeks, of one of two people."""
        start = first + (number // 2) * timedelta(minutes=5)
        slot = {
            "provider_id": people[2 + number % 2].pk,
            "start_time": iso(start),
            "end_time": iso(start + timedelta(minutes=5)),
            "recurring": True,
            "recurrence_pattern": "daily",
            "recurrence_until": f"{first + timedelta(days=DAYS - 1):%Y-%m-%d}",
        }
        return f"{BASE}/available_slots", {"available_slot": slot}

    return headers, (booking, batch, series)


def under_fire(folder, kills, *, without=""):
    """Send batches, series and bookings while workers are killed; what each sender knows in the end."""
    headers, makers = set_scene()
    before = SlotBatch.objects.count()
    stop, done = threading.Event(), 0
    chance = random.Random(7)
    with Server(folder, without=without) as server:
        senders = [Sender(server, headers, make, stop) for make in makers]
        for sender, name in zip(senders, ("booking", "batch", "series"), strict=True):
            sender.name = name
            sender.start()
        deadline = time.monotonic() + LIMIT + 4 * kills
        # As many as were asked for, one of which hit a request under way.
        while (done < kills or not lost(senders)) and time.monotonic() < deadline:
            time.sleep(chance.uniform(0.1, 0.4))
            alive = server.workers()
            # Each has had a reply since the last kill, and is in its next request: one that hits a worker which is
            # still starting up shows nothing.
            if alive and all(sender.answered.is_set() for sender in senders):
                done += server.kill(chance.choice(alive))
                for sender in senders:
                    sender.answered.clear()
        time.sleep(0.5)
        stop.set()
        for sender in senders:
            sender.join(LIMIT)
        assert not any(sender.is_alive() for sender in senders)
        assert done >= kills, f"{done} kills of {kills}"
        if not without:
            send_again(senders)
    connections.close_all()
    return senders, before


def lost(senders):
    """How many replies never came."""
    return sum(sender.other["lost"] for sender in senders)


def send_again(senders):
    """Whatever is not known to have happened is sent again under its key; and one that is, to get its reply again."""
    for sender in senders:
        known = dict(sender.acknowledged)
        for name in [*(set(sender.sent) - set(known)), *list(known)[-1:]]:
            # A connection may be left over to a worker that is gone.
            reply = sender.send(name) or sender.send(name)
            assert reply is not None, name
            assert reply.status == 201, (name, reply.text)
            assert known.get(name, reply.json()) == reply.json()


def half_done(before=1):
    """What is there in part: batches and series without all their slots."""
    batches = SlotBatch.objects.order_by("pk")[before:]
    found = [("batch", one.pk) for one in batches if (one.slots.count(), len(one.failed)) != (BATCH, 1)]
    return found + [("series", one.pk) for one in SlotSeries.objects.all() if one.slots.count() != DAYS]


def test_nothing_is_half_done_and_nothing_acknowledged_is_lost(tmp_path):
    senders, before = under_fire(tmp_path, scaled(quick=5, full=30))
    booking, batch, series = senders
    for sender in senders:
        assert set(sender.other) <= {"lost"}, sender.other
        assert sender.acknowledged.keys() == sender.sent.keys()
        assert len(sender.acknowledged) > 1
    assert lost(senders) > 0, "no kill hit a request under way"
    assert half_done(before) == []
    assert sorted(Appointment.objects.values_list("pk", flat=True)) == sorted(
        one["id"] for one in booking.acknowledged.values()
    )
    assert set(Appointment.objects.values_list("status", flat=True)) == {"confirmed"}
    told = [pk for one in batch.acknowledged.values() for pk in one["slot_ids"]]
    batches = SlotBatch.objects.order_by("pk")[before:]
    assert sorted(told) == sorted(AvailableSlot.objects.filter(batch__in=list(batches)).values_list("pk", flat=True))
    assert SlotSeries.objects.count() == len(series.acknowledged)
    kept = {row.key: json.loads(bytes(row.body)) for row in IdempotencyKey.objects.all()}
    assert kept == booking.acknowledged | batch.acknowledged | series.acknowledged
    assert broken() == []


def test_without_transactions_it_would_not_be_so(tmp_path):
    """With no kill in a bad moment nothing is half-done, either: then there are more."""
    for _try in range(TRIES):
        senders, before = under_fire(tmp_path, 5, without="transactions")
        # What fails on its own was not broken by a kill.
        assert {said for sender in senders for said in sender.other} == {"lost"}
        if half_done(before) or broken():
            return
    pytest.fail(f"{5 * TRIES} kills, and every request was whole although nothing kept it so")
