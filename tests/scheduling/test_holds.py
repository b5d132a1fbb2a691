"""A hold keeps a time for somebody for a while: for nobody else, and only until it expires or is taken over."""

from datetime import timedelta

import pytest

from catalog.models import ServiceSpecialist
from core.actor import Actor, Kind
from core.errors import Conflict, Forbidden, InvalidInput, Missing
from scheduling.calendar import SlotWish, public_slots
from scheduling.models import Appointment, AvailableSlot, Claim, Hold
from scheduling.services import book_slot, create_slot, place_hold, release_hold, reschedule_appointment
from tests.broken import broken_invariants
from tests.factories import AT, RoomFactory, ServiceFactory, SpecialistFactory
from tests.scheduling.words import HOUR, another_patient, available, into, offer
from tests.stage import set_stage

pytestmark = pytest.mark.django_db
MINUTES = timedelta(minutes=10)


def hold(stage, slot=None, *, at=AT, by=None, patient=True, **more):
    known = {"slot_id": slot.pk} if slot is not None else {"specialist_id": stage.specialist.pk}
    return place_hold(
        practice_id=stage.practice.pk,
        patient_id=stage.patient.pk if patient else None,
        expires_at=at + MINUTES,
        by=by or stage.desk,
        at=at,
        **known,
        **more,
    )


def patient_of(stage):
    return Actor(
        kind=Kind.PATIENT,
        patient_ids=frozenset({stage.patient.pk}),
        own_patient_id=stage.patient.pk,
        organization_ids=frozenset({stage.practice.organization_id}),
    )


def all_is_well():
    assert broken_invariants() == []


def test_a_held_slot_is_free_for_its_patient_alone_until_it_expires(stage):
    slot = offer(stage)
    hold(stage, slot)
    rows = AvailableSlot.objects.filter(pk=slot.pk)
    assert not rows.available(AT).exists()
    assert rows.available(AT, holder=[stage.patient.pk]).exists()
    assert not rows.available(AT, holder=[another_patient(stage).pk]).exists()
    assert rows.available(AT + MINUTES).exists()
    all_is_well()


def test_nobody_else_books_a_held_slot_and_nothing_changes(stage):
    slot = offer(stage)
    placed = hold(stage, slot)
    with pytest.raises(Conflict):
        into(stage, slot, another_patient(stage))
    assert not Appointment.objects.exists()
    assert Claim.objects.filter(hold=placed).count() == 2


def test_the_booking_that_a_hold_was_placed_for_takes_it_over(stage):
    slot = offer(stage)
    placed = hold(stage, slot)
    made = into(stage, slot)
    placed.refresh_from_db()
    slot.refresh_from_db()
    assert (made.slot_id, placed.released_at, slot.held_until) == (slot.pk, AT, None)
    assert not Claim.objects.filter(hold=placed).exists()
    all_is_well()


def test_a_visit_is_moved_into_the_slot_that_is_held_for_its_patient(stage):
    made = into(stage, offer(stage))
    slot = offer(stage, hours=3)
    placed = hold(stage, slot)
    moved = reschedule_appointment(made.pk, slot_id=slot.pk, by=stage.desk, at=AT)
    placed.refresh_from_db()
    assert (moved.slot_id, placed.released_at) == (slot.pk, AT)
    all_is_well()


def test_an_expired_hold_is_in_nobodys_way_and_is_cleared_by_the_booking(stage):
    slot = offer(stage)
    placed = hold(stage, slot)
    made = book_slot(slot.pk, patient_id=another_patient(stage).pk, by=stage.desk, at=AT + MINUTES)
    placed.refresh_from_db()
    assert (made.slot_id, placed.released_at) == (slot.pk, AT + MINUTES)
    all_is_well()


def test_a_released_hold_gives_its_time_back_and_is_released_once(stage):
    slot = offer(stage)
    placed = hold(stage, slot)
    release_hold(placed.pk, by=stage.desk, at=AT)
    assert available(slot)
    with pytest.raises(Conflict):
        release_hold(placed.pk, by=stage.desk, at=AT)
    all_is_well()


def test_a_hold_of_a_time_holds_every_slot_that_it_touches_also_those_made_later(stage):
    room = RoomFactory(practice=stage.practice)
    first = offer(stage, room_id=room.pk)
    hold(stage, starts_at=first.starts_at + MINUTES, ends_at=first.ends_at + MINUTES, room_id=room.pk, patient=False)
    stage.specialist = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    in_the_room = offer(stage, room_id=room.pk)
    assert not available(first)
    assert not available(in_the_room)
    all_is_well()


def test_what_is_taken_or_held_or_over_is_not_held(stage):
    booked, held, group = offer(stage), offer(stage, hours=1), offer(stage, hours=2, capacity=3)
    into(stage, booked)
    hold(stage, held)
    before = Hold.objects.count()
    someone = another_patient(stage)
    stage.patient = someone
    for slot, error in ((booked, Conflict), (held, Conflict), (group, InvalidInput)):
        with pytest.raises(error):
            hold(stage, slot)
    with pytest.raises(InvalidInput):
        hold(stage, starts_at=AT - HOUR, ends_at=AT + HOUR)
    free = offer(stage, hours=5)
    with pytest.raises(InvalidInput):
        place_hold(practice_id=stage.practice.pk, slot_id=free.pk, expires_at=AT, by=stage.desk, at=AT)
    assert Hold.objects.count() == before


def test_a_patient_holds_a_public_slot_for_themselves_and_lets_it_go(stage):
    slot, mine = offer(stage), patient_of(stage)
    public = ServiceFactory(organization=stage.practice.organization, public=True)
    with pytest.raises(Missing):
        hold(stage, slot, by=mine, service_id=public.pk)
    ServiceSpecialist.objects.create(service=public, specialist=stage.specialist)
    placed = hold(stage, slot, by=mine, service_id=public.pk)
    assert list(public_slots(public, at=AT, patient_ids=mine.patient_ids)) == [slot]
    assert not public_slots(public, at=AT).exists()
    with pytest.raises(InvalidInput):
        hold(stage, starts_at=AT + HOUR, ends_at=AT + 2 * HOUR, by=mine)
    release_hold(placed.pk, by=mine, at=AT)
    assert public_slots(public, at=AT).exists()


def test_a_patient_neither_holds_for_another_nor_releases_another_ones_hold(stage):
    slot, other = offer(stage), set_stage()
    stranger = patient_of(other)
    with pytest.raises((Forbidden, Missing)):
        hold(stage, slot, by=stranger)
    placed = hold(stage, slot)
    with pytest.raises(Missing):
        release_hold(placed.pk, by=stranger, at=AT)
    assert Hold.objects.get().released_at is None


def test_a_slot_made_over_a_hold_that_has_expired_is_available(stage):
    hold(stage, starts_at=AT + 2 * HOUR, ends_at=AT + 3 * HOUR)
    later = AT + timedelta(hours=1)
    wish = SlotWish(stage.specialist.pk, AT + 2 * HOUR, AT + 3 * HOUR)
    slot = create_slot(practice_id=stage.practice.pk, wish=wish, by=stage.desk, at=later)
    assert AvailableSlot.objects.available(later).filter(pk=slot.pk).exists()
    all_is_well()
