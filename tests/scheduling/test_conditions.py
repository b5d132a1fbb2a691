"""Each part of what a slot must be to be booked: without it the slot is in no list, and a booking is refused."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from core.actor import Actor
from core.errors import Conflict, DomainError, InvalidInput
from directory.models import SpecialistPractice
from scheduling.calendar import SlotWish, is_bookable
from scheduling.models import Appointment, AvailableSlot
from scheduling.services import (
    add_time_off,
    book_appointment,
    book_slot,
    cancel_appointment,
    change_slot,
    create_series,
    extend_series,
    place_hold,
    set_holiday,
    withdraw_slot,
)
from tests.factories import AT, AppointmentFactory, PatientFactory, RoomFactory, ServiceFactory, SpecialistFactory
from tests.scheduling.words import offer
from tests.stage import DAY, set_stage

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def stage():
    """A slot in two days, in a room; and somebody else who works there."""
    stage = set_stage()
    stage.room = RoomFactory(practice=stage.practice)
    stage.slot = offer(stage, days=2, room_id=stage.room.pk)
    stage.other = SpecialistFactory(organization=stage.practice.organization, works_at=[stage.practice])
    stage.known = {"by": stage.desk, "at": AT}
    return stage


def someone(stage):
    return PatientFactory(organization=stage.practice.organization).pk


def visit(stage, specialist, **more):
    """A visit from the slot's last minute on."""
    return book_appointment(
        practice_id=stage.practice.pk,
        patient_id=someone(stage),
        service_id=stage.service.pk,
        specialist_id=specialist.pk,
        starts_at=stage.slot.ends_at - MINUTE,
        **more,
        **stage.known,
    )


def away(stage, **whose):
    ends = stage.slot.starts_at + MINUTE
    return add_time_off(
        practice_id=stage.practice.pk, starts_at=ends - timedelta(hours=1), ends_at=ends, **whose, **stage.known
    )


def change(row, **values):
    type(row)._base_manager.filter(pk=row.pk).update(**values)


def put_away_type(stage):
    """The slot is typed with the code of a service that was archived; elsewhere the code is in use."""
    change(stage.slot, appointment_type="GONE")
    organization = stage.practice.organization
    ServiceFactory(organization=organization, code="GONE", archived_at=AT)
    ServiceFactory(code="GONE")


def hold(stage, **more):
    place_hold(practice_id=stage.practice.pk, slot_id=stage.slot.pk, **more, **stage.known)


PARTS = {
    "the specialist has a visit": lambda stage: visit(stage, stage.specialist),
    "the room has a visit of somebody else": lambda stage: visit(stage, stage.other, room_id=stage.room.pk),
    "the specialist assists": lambda stage: visit(stage, stage.other, assistant_ids=[stage.specialist.pk]),
    "the specialist is away": lambda stage: away(stage, specialist_id=stage.specialist.pk),
    "the room is away": lambda stage: away(stage, room_id=stage.room.pk),
    "the specialist was archived": lambda stage: change(stage.specialist, archived_at=AT),
    "the specialist takes no appointments": lambda stage: change(stage.specialist, scheduling_active=False),
    "the specialist works elsewhere": lambda stage: SpecialistPractice.objects.all().delete(),
    "the room was archived": lambda stage: change(stage.room, archived_at=AT),
    "the room is not in use": lambda stage: change(stage.room, is_active=False),
    "the practice was archived": lambda stage: change(stage.practice, archived_at=AT),
    "the practice is closed": lambda stage: set_holiday(
        practice_id=stage.practice.pk,
        day=stage.slot.starts_at.astimezone(stage.practice.zone).date(),
        name="Closed",
        **stage.known,
    ),
    "the service of its type was archived": lambda stage: put_away_type(stage),
    "it was withdrawn": lambda stage: withdraw_slot(stage.slot.pk, **stage.known),
    "it is held for somebody else": lambda stage: hold(stage, patient_id=someone(stage), expires_at=AT + MINUTE),
    "it is held for nobody in particular": lambda stage: hold(stage, expires_at=AT + MINUTE),
    "it is booked": lambda stage: book_slot(stage.slot.pk, patient_id=someone(stage), **stage.known),
    "it begins now": lambda stage: change(stage.slot, starts_at=AT, ends_at=AT + 30 * MINUTE),
}


def offered_wish(stage):
    """A slot tomorrow night, where nothing else is."""
    starts = AT + DAY + timedelta(hours=12)
    return SlotWish(stage.other.pk, starts, starts + 30 * MINUTE)


def listed(stage, *, at=AT):
    rows = AvailableSlot.objects.filter(practice=stage.practice)
    found = {
        rows.available(at).filter(pk=stage.slot.pk).exists(),
        rows.with_bookable(at).get(pk=stage.slot.pk).bookable,
        is_bookable(rows.get(pk=stage.slot.pk), at=at),
    }
    assert len(found) == 1
    return found.pop()


def booked(stage):
    """Whether a patient who is free then gets it."""
    with transaction.atomic():
        try:
            book_slot(stage.slot.pk, patient_id=stage.patient.pk, **stage.known)
            return True
        except DomainError:
            return False
        finally:
            transaction.set_rollback(True)


@pytest.mark.parametrize("part", PARTS)
def test_each_part_takes_the_slot_off_every_list(stage, part):
    assert (listed(stage), booked(stage)) == (True, True)
    PARTS[part](stage)
    assert (listed(stage), booked(stage)) == (False, False)


def test_what_only_touches_the_slot_or_has_ended_takes_nothing(stage):
    """Times are half open, a hold ends at its moment, and what happens to others is no matter of this slot."""
    book_appointment(
        practice_id=stage.practice.pk,
        patient_id=someone(stage),
        service_id=stage.service.pk,
        specialist_id=stage.specialist.pk,
        starts_at=stage.slot.ends_at,
        **stage.known,
    )
    ends = stage.slot.starts_at
    add_time_off(
        practice_id=stage.practice.pk, room_id=stage.room.pk, starts_at=ends - DAY / 24, ends_at=ends, **stage.known
    )
    visit(stage, stage.other)
    hold(stage, patient_id=someone(stage), expires_at=AT + MINUTE)
    change(RoomFactory(practice=stage.practice), archived_at=AT)
    assert not listed(stage)
    assert listed(stage, at=AT + MINUTE)


def test_a_slot_is_listed_again_once_what_took_it_is_gone(stage):
    made = visit(stage, stage.other, room_id=stage.room.pk)
    assert not listed(stage)
    cancel_appointment(made.pk, **stage.known)
    assert listed(stage)
    assert booked(stage)


def test_a_group_slot_is_listed_to_its_last_place(stage):
    group = offer(stage, days=5, capacity=2)
    stage.slot = group
    for expected in (True, True, False):
        assert listed(stage) is expected
        if expected:
            book_slot(group.pk, patient_id=someone(stage), **stage.known)


def test_the_word_of_a_service_that_was_put_away_is_booked_by_nobody(stage, refused):
    """A word that no service ever had is the practice's own and can be booked; another service takes its place.

    That services without a code were archived is no matter of slots of any type.
    """
    ServiceFactory(organization=stage.practice.organization, code="", archived_at=AT)
    other = ServiceFactory(organization=stage.practice.organization)
    change(stage.service, code="INIT")
    typed, free = offer(stage, days=6, appointment_type="INIT"), offer(stage, days=7, appointment_type="a chat")
    patient = {"patient_id": stage.patient.pk}
    change(stage.service, archived_at=AT)
    assert set(AvailableSlot.objects.available(AT)) == {stage.slot, free}
    for asked in ({}, {"appointment_type": "INIT"}, {"service_id": other.pk}):
        with refused(Conflict) as refusal:
            book_slot(typed.pk, **asked, **patient, **stage.known)
        assert refusal.value.code == "archived"
    with refused(Conflict):
        book_slot(stage.slot.pk, appointment_type="INIT", **patient, **stage.known)
    assert book_slot(free.pk, **patient, **stage.known).appointment_type == "a chat"
    again = ServiceFactory(organization=stage.practice.organization, code="INIT")
    assert typed in AvailableSlot.objects.available(AT)
    made = book_slot(typed.pk, **patient, **stage.known)
    assert made.services.get().service == again


def test_no_slot_is_offered_for_a_service_that_was_put_away(stage, refused):
    """Neither made nor changed so, nor made by a series, until the service is back."""
    change(stage.service, code="INIT")
    typed = offer(stage, days=6, appointment_type="INIT")
    wish = replace(offered_wish(stage), appointment_type="INIT")
    series, _first = create_series(practice_id=stage.practice.pk, wish=wish, pattern="daily", **stage.known)
    change(stage.service, archived_at=AT)
    later = {"by": Actor.system("extend_slots"), "at": AT + 10 * DAY}
    for asked in (
        lambda: offer(stage, days=8, appointment_type="INIT"),
        lambda: change_slot(stage.slot.pk, values={"appointment_type": "INIT"}, **stage.known),
    ):
        with refused(InvalidInput) as refusal:
            asked()
        assert list(refusal.value.fields) == ["appointment_type"]
    assert extend_series(series.pk, **later) == 0
    change_slot(typed.pk, values={"appointment_type": "a chat"}, **stage.known)
    change(stage.service, archived_at=None)
    assert extend_series(series.pk, **later) > 0


def test_lasting_counts_the_last_minute_and_a_registration_is_a_request_to_be_called_back(stage):
    rows = AvailableSlot.objects.filter(pk=stage.slot.pk)
    assert [rows.lasting(minutes).exists() for minutes in (29, 30, 31)] == [True, True, False]
    kept = AppointmentFactory(practice=stage.practice, registration=True)
    AppointmentFactory(practice=stage.practice, registration=True, archived_at=AT)
    AppointmentFactory(practice=stage.practice)
    assert list(Appointment.objects.registrations()) == [kept]
