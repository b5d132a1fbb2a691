"""Whatever people do in whatever order: what must be true is, and no two ordinary visits share anybody's time."""

from collections import defaultdict
from datetime import timedelta
from itertools import combinations

import pytest
from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import Q
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from programs.invariants import INVARIANTS as OF_PROGRAMS
from scheduling import services
from scheduling.calendar import SlotWish
from scheduling.invariants import INVARIANTS as OF_SCHEDULING
from scheduling.models import Appointment, AvailableSlot, Claim, Hold, SlotBatch, TimeOff, TimeOffSeries
from scheduling.services import Repeat
from scheduling.states import CLAIMING
from tests.factories import AT, PatientFactory, RoomFactory, SpecialistFactory
from tests.plugins.counts import scaled
from tests.stage import DAY, set_stage

pytestmark = pytest.mark.django_db
QUARTER, MINUTE = timedelta(minutes=15), timedelta(minutes=1)


class World:
    """Few people and rooms on one morning, so that everything is in everything's way."""

    def __init__(self):
        self.stage = set_stage(no_show_forfeits=True)
        practice = self.stage.practice
        self.stage.service.buffer_before_minutes, self.stage.service.buffer_minutes = 5, 10
        self.stage.service.save()
        more = SpecialistFactory.create_batch(1, organization=practice.organization, works_at=[practice])
        self.people = [self.stage.specialist, *more]
        self.rooms = RoomFactory.create_batch(2, practice=practice)
        self.patients = [self.stage.patient, *PatientFactory.create_batch(2, organization=practice.organization)]
        self.program = self.stage.enroll()
        self.now = AT

    def by(self):
        return {"by": self.stage.desk, "at": self.now}

    def place(self, quarter, pick):
        """When, with whom, in which room if any."""
        room = [None, *self.rooms][pick % 3]
        return AT + DAY + quarter * QUARTER, self.people[(pick // 3) % 2], room

    def some(self, rows, pick):
        """One of the rows; the newest first, as people work."""
        found = list(rows.order_by("-pk")[:6])
        return found[pick % len(found)].pk if found else 0

    def visit(self, pick):
        return self.some(Appointment.objects.all(), pick)

    def slot(self, pick):
        return self.some(AvailableSlot.objects.all(), pick)


def wish(world, quarter, pick, flag):
    start, person, room = world.place(quarter, pick)
    return SlotWish(
        person.pk, start, start + (2 + pick % 2) * QUARTER, room_id=room.pk if room else None, capacity=1 + flag
    )


def offer(world, quarter, pick, flag):
    asked = wish(world, quarter, pick, flag)
    services.create_slot(practice_id=world.stage.practice.pk, wish=asked, **world.by())


def offer_many(world, quarter, pick, flag):
    wishes = [wish(world, quarter + 3 * number, pick, flag) for number in range(3)]
    services.create_slots(practice_id=world.stage.practice.pk, wishes=wishes, **world.by())


def undo_batch(world, quarter, pick, flag):
    services.undo_batch(world.some(SlotBatch.objects.all(), pick), **world.by())


def offer_series(world, quarter, pick, flag):
    asked = wish(world, quarter, pick, flag)
    services.create_series(practice_id=world.stage.practice.pk, wish=asked, pattern="monthly", **world.by())


def change_series(world, quarter, pick, flag):
    values = {"duration_minutes": 15 * (1 + quarter % 3), "capacity": 1 + pick % 2}
    services.change_series(world.slot(pick), following=flag, values=values, **world.by())


def withdraw_series(world, quarter, pick, flag):
    services.withdraw_series(world.slot(pick), following=flag, **world.by())


def change_slot(world, quarter, pick, flag):
    start, person, room = world.place(quarter, pick)
    values = {"starts_at": start, "ends_at": start + 2 * QUARTER, "specialist_id": person.pk} if flag else {}
    values |= {"room_id": room.pk if room else None} if pick % 2 else {"capacity": 1 + quarter % 3}
    services.change_slot(world.slot(pick), values=values, **world.by())


def withdraw_slot(world, quarter, pick, flag):
    services.withdraw_slot(world.slot(pick), **world.by())


def book(world, quarter, pick, flag):
    start, person, room = world.place(quarter, pick)
    others = [one.pk for one in world.people if one != person]
    services.book_appointment(
        practice_id=world.stage.practice.pk,
        patient_id=world.patients[quarter % 3].pk,
        service_id=world.stage.service.pk,
        specialist_id=person.pk,
        room_id=room.pk if room else None,
        starts_at=start,
        assistant_ids=others[:1] if quarter % 4 == 0 else [],
        requested=pick % 5 == 0,
        enrollment_id=world.program.pk if pick % 2 and quarter % 3 == 0 else None,
        overbooking_reason="Urgent" if flag else "",
        **world.by(),
    )


def book_slot(world, quarter, pick, flag):
    services.book_slot(
        world.slot(pick),
        patient_id=world.patients[quarter % 3].pk,
        service_id=world.stage.service.pk,
        overbooking_reason="Urgent" if flag else "",
        **world.by(),
    )


def book_repeating(world, quarter, pick, flag):
    start, person, room = world.place(quarter, pick)
    services.book_repeating(
        practice_id=world.stage.practice.pk,
        patient_id=world.patients[quarter % 3].pk,
        service_id=world.stage.service.pk,
        specialist_id=person.pk,
        room_id=room.pk if room else None,
        starts_at=start,
        repeat=Repeat("daily", 30, 2),
        overbooking_reason="Urgent" if flag else "",
        **world.by(),
    )


def cancel_repeating(world, quarter, pick, flag):
    services.cancel_repeating(world.visit(pick), following=flag, **world.by())


def reschedule_repeating(world, quarter, pick, flag):
    start, _person, _room = world.place(quarter, pick)
    services.reschedule_repeating(world.visit(pick), starts_at=start, following=flag, **world.by())


def move(world, quarter, pick, flag):
    start, person, room = world.place(quarter, pick)
    elsewhere = {"specialist_id": person.pk, "room_id": room.pk if room else None} if quarter % 2 else {}
    reason = "Urgent" if flag else ""
    services.reschedule_appointment(
        world.visit(pick), starts_at=start, overbooking_reason=reason, **elsewhere, **world.by()
    )


def move_into_slot(world, quarter, pick, flag):
    services.reschedule_appointment(world.visit(pick), slot_id=world.slot(quarter), **world.by())


def change_assistants(world, quarter, pick, flag):
    helpers = [world.people[quarter % 2].pk] if flag else []
    services.change_assistants(world.visit(pick), assistant_ids=helpers, **world.by())


def step(name):
    def run(world, quarter, pick, flag):
        getattr(services, name)(world.visit(pick), **world.by())

    run.__name__ = name
    return run


def time_off(world, quarter, pick, flag):
    start, person, room = world.place(quarter, pick)
    owner = {"room_id": room.pk} if room and flag else {"specialist_id": person.pk}
    services.add_time_off(
        practice_id=world.stage.practice.pk, starts_at=start, ends_at=start + 5 * QUARTER, **owner, **world.by()
    )


def recurring_time_off(world, quarter, pick, flag):
    start, person, _room = world.place(quarter, pick)
    services.add_recurring_time_off(
        practice_id=world.stage.practice.pk,
        rule="FREQ=DAILY;INTERVAL=30",
        start_date=start.date(),
        start_time=start.time(),
        duration_minutes=45,
        specialist_id=person.pk,
        **world.by(),
    )


def end_time_off(world, quarter, pick, flag):
    services.end_time_off(world.some(TimeOff.objects.live(), pick), **world.by())


def end_recurring(world, quarter, pick, flag):
    services.end_recurring_time_off(world.some(TimeOffSeries.objects.live(), pick), **world.by())


def hold(world, quarter, pick, flag):
    """No verb places holds yet. As such a verb would, place one only where the time is free."""
    start, person, _room = world.place(quarter, pick)
    over = Claim.objects.overlapping(start, start + QUARTER, whose=Q(resource=person.resource))
    if not over.exists():
        span = {"starts_at": start, "ends_at": start + QUARTER, "created_at": world.now}
        row = Hold.objects.create(
            practice=world.stage.practice, specialist=person, expires_at=world.now + 2 * MINUTE, updated_at=world.now,
            **span,
        )  # fmt: skip
        Claim.objects.create(resource=person.resource, role="specialist", hold=row, **span)


def cancel_program(world, quarter, pick, flag):
    if quarter == 0:
        services.cancel_program(world.program.pk, cancel_appointments=flag, **world.by())


STEPS = [
    step(name)
    for name in (
        "cancel_appointment",
        "reject_appointment",
        "confirm_appointment",
        "mark_arrived",
        "start_care",
        "complete_appointment",
        "mark_no_show",
        "archive_appointment",
        "undo_appointment",
        "undo_appointment",
    )
]
OTHERS = [
    book, book, book, book_slot, book_slot, book_repeating, offer, offer, offer_many, offer_series, move, move,
    move_into_slot, reschedule_repeating, cancel_repeating, change_assistants, time_off, time_off, end_time_off,
    recurring_time_off, end_recurring, hold, change_slot, change_slot, withdraw_slot, undo_batch, change_series,
    withdraw_series, cancel_program,
]  # fmt: skip

deeds = st.tuples(st.sampled_from([*OTHERS, *STEPS]), st.integers(0, 11), st.integers(0, 8), st.booleans())


def broken():
    return [one.name for one in (*OF_SCHEDULING, *OF_PROGRAMS) if list(one.offenders())]


def ordinary_visits_that_share_somebody():
    """By what the appointments say alone, without a claim: pairs that nobody recorded as an overbooking."""
    rows = Appointment.objects.filter(status__in=CLAIMING, archived_at=None, starts_at__isnull=False)
    busy = defaultdict(list)
    for row in rows.prefetch_related("assistants"):
        busy["patient", row.patient_id].append(row)
        busy["room", row.room_id].append(row)
        for person in (row.specialist_id, *(one.specialist_id for one in row.assistants.all())):
            busy["person", person].append(row)
    return [
        (whose, one.pk, other.pk)
        for whose, visits in busy.items()
        for one, other in combinations(visits, 2)
        if whose[1] is not None
        and not (one.overbooked or other.overbooked)
        and one.starts_at < other.ends_at
        and other.starts_at < one.ends_at
        and not (whose[0] != "patient" and one.slot_id is not None and one.slot_id == other.slot_id)
    ]


def places():
    """Where each ordinary visit that stands takes place."""
    rows = Appointment.objects.filter(status__in=CLAIMING, archived_at=None, starts_at__isnull=False, overbooked=False)
    return set(rows.values_list("pk", "specialist_id", "room_id", "starts_at", "ends_at"))


def under_time_off(taken):
    """Which of these places lie under time off of the specialist or of the room."""
    away = list(TimeOff.objects.live().values_list("specialist_id", "room_id", "starts_at", "ends_at"))
    return [
        pk
        for pk, person, room, starts_at, ends_at in taken
        for whose, where, begin, end in away
        if begin < ends_at and end > starts_at and (whose == person or (where is not None and where == room))
    ]


@settings(max_examples=scaled(10, 400))
@given(did=st.lists(deeds, min_size=4, max_size=25))
def test_every_invariant_holds_after_anything(did):
    with transaction.atomic():
        world = World()
        for number, (deed, quarter, pick, flag) in enumerate(did):
            world.now += (number % 4 == 3) * MINUTE
            before = places()
            try:
                deed(world, quarter, pick, flag)
            except DomainError as refusal:
                if isinstance(refusal.__cause__, DatabaseError):
                    # The constraint is the last line: a verb that gets there has not asked, and names no clash.
                    pytest.fail(f"{deed.__name__}: {refusal}")
            else:
                assert (broken(), ordinary_visits_that_share_somebody()) == ([], []), deed.__name__
                assert under_time_off(places() - before) == [], deed.__name__
        transaction.set_rollback(True)
