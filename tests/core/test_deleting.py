"""What nothing refers to can be deleted for good; else the refusal names what refers to it."""

from datetime import time, timedelta

import pytest

from core.errors import Conflict, Forbidden
from core.models import AuditEntry, ExternalId
from directory.models import Practice, Resource, Room, Specialist, SpecialistPractice
from directory.services import create_room, create_specialist, delete_practice, delete_room, delete_specialist
from patients.models import Patient, PhoneNumber
from patients.services import create_patient, delete_patient
from scheduling.calendar.offers import SlotWish
from scheduling.models import AvailableSlot, Claim, SlotSeries, TimeOff, TimeOffSeries
from scheduling.services import (
    add_recurring_time_off,
    add_time_off,
    book_slot,
    cancel_appointment,
    create_series,
    delete_recurring_time_off,
    delete_series,
    delete_time_off,
)
from tests.factories import AT, PracticeFactory, ServiceSpecialistFactory
from tests.stage import DAY, actor_with, everything, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage():
    stage = set_stage()
    stage.admin = actor_with("clinic_admin", stage.practice)
    return stage


def told(kind):
    """What the history says was deleted of a kind."""
    return list(AuditEntry.objects.filter(object_kind=kind, action="delete").values_list("object_id", flat=True))


def test_a_room_made_by_mistake_is_deleted_with_its_resource_and_leaves_its_history(stage):
    room = create_room(practice_id=stage.practice.pk, values={"name": "Rom 1"}, by=stage.admin, at=AT)
    delete_room(room.pk, by=stage.admin, at=AT)
    assert not Room.objects.filter(pk=room.pk).exists()
    assert not Resource.objects.filter(pk=room.resource_id).exists()
    assert told("directory.room") == [room.pk]


def test_a_specialist_made_by_mistake_is_deleted_with_where_they_work(stage):
    made = create_specialist(
        organization_id=stage.practice.organization_id,
        practice_ids=[stage.practice.pk],
        values={"first_name": "Ann", "last_name": "Wrong"},
        by=stage.admin,
        at=AT,
    )
    delete_specialist(made.pk, by=stage.admin, at=AT)
    assert not Specialist.objects.filter(pk=made.pk).exists()
    assert not SpecialistPractice.objects.filter(specialist_id=made.pk).exists()
    assert len(told("directory.specialistpractice")) == 1


def test_a_patient_made_by_mistake_is_deleted_with_their_numbers_and_their_ids_elsewhere(stage):
    made = create_patient(
        organization_id=stage.practice.organization_id,
        values={"first_name": "Ann", "last_name": "Twice"},
        phone_numbers=[{"number": "0722123456"}],
        by=stage.desk,
        at=AT,
    )
    elsewhere = {"source": "old", "kind": "patients.patient", "external_id": "7", "object_id": made.pk}
    ExternalId.objects.create(organization=stage.practice.organization, **elsewhere)
    delete_patient(made.pk, by=stage.desk, at=AT)
    assert not Patient.objects.filter(pk=made.pk).exists()
    assert not PhoneNumber.objects.exists()
    assert not ExternalId.objects.exists()
    assert told("patients.patient") == [made.pk]


def test_a_practice_without_rooms_and_work_is_deleted(stage, system):
    made = PracticeFactory(organization=stage.practice.organization)
    delete_practice(made.pk, by=system, at=AT)
    assert not Practice.objects.filter(pk=made.pk).exists()


def test_what_is_referred_to_stays_and_the_refusal_says_by_what(stage, system):
    room = create_room(practice_id=stage.practice.pk, values={"name": "Room 1"}, by=stage.admin, at=AT)
    ServiceSpecialistFactory(service=stage.service, specialist=stage.specialist)
    stage.book(room_id=room.pk)
    before = everything()
    for delete, row, named in (
        (delete_room, room, "scheduling.appointment"),
        (delete_specialist, stage.specialist, "catalog.servicespecialist"),
        (delete_patient, stage.patient, "scheduling.appointment"),
        (delete_practice, stage.practice, "directory.room"),
    ):
        with pytest.raises(Conflict, match=r"is still referred to by .*\(1\).* instead") as refusal:
            delete(row.pk, by=system, at=AT)
        assert refusal.value.code == "in_use"
        assert named in [clash["what"] for clash in refusal.value.clashes]
        assert type(row).objects.filter(pk=row.pk).exists()
    assert everything() == before


@pytest.mark.parametrize(
    ("delete", "what"), [(delete_room, "room"), (delete_specialist, "specialist"), (delete_practice, "practice")]
)
def test_the_desk_deletes_nothing_of_the_setup(stage, delete, what):
    stage.room = create_room(practice_id=stage.practice.pk, values={"name": "Room 1"}, by=stage.admin, at=AT)
    with pytest.raises(Forbidden):
        delete(getattr(stage, what).pk, by=stage.desk, at=AT)


def away(stage, **more):
    return add_time_off(
        practice_id=stage.practice.pk,
        specialist_id=stage.specialist.pk,
        starts_at=AT + 3 * DAY - timedelta(hours=1),
        ends_at=AT + 3 * DAY + timedelta(hours=1),
        by=stage.desk,
        at=AT,
        **more,
    )


def test_time_off_entered_by_mistake_is_deleted_as_if_it_had_never_been(stage):
    visit = stage.book(days=3)
    row = away(stage)
    visit.refresh_from_db()
    assert visit.needs_move
    delete_time_off(row.pk, by=stage.desk, at=AT)
    visit.refresh_from_db()
    assert not visit.needs_move
    assert not TimeOff.objects.exists()
    assert set(Claim.objects.values_list("exclusive", flat=True)) == {True}
    assert told("scheduling.timeoff") == [row.pk]


def lunch(stage):
    return add_recurring_time_off(
        practice_id=stage.practice.pk,
        specialist_id=stage.specialist.pk,
        rule="FREQ=DAILY",
        start_date=(AT + DAY).date(),
        start_time=time(12),
        duration_minutes=60,
        by=stage.desk,
        at=AT,
    )


def test_recurring_time_off_entered_by_mistake_is_deleted_with_its_days(stage):
    series = lunch(stage)
    assert TimeOff.objects.count() > 80
    delete_recurring_time_off(series.pk, by=stage.desk, at=AT)
    assert not TimeOff.objects.exists()
    assert not TimeOffSeries.objects.exists()
    assert not Claim.objects.exists()


def test_a_day_of_recurring_time_off_is_not_deleted_alone(stage):
    day = lunch(stage).occurrences.order_by("pk").first()
    with pytest.raises(Conflict, match="recurring"):
        delete_time_off(day.pk, by=stage.desk, at=AT)
    assert TimeOff.objects.filter(pk=day.pk).exists()


def offered(stage, **more):
    starts_at = AT + DAY
    wish = SlotWish(stage.specialist.pk, starts_at, starts_at + timedelta(minutes=30), **more)
    return create_series(practice_id=stage.practice.pk, wish=wish, pattern="weekly", by=stage.desk, at=AT)


@pytest.mark.parametrize("capacity", [1, 6])
def test_a_series_made_by_mistake_is_deleted_with_its_slots(stage, capacity):
    series, _slot = offered(stage, capacity=capacity)
    delete_series(series.pk, by=stage.desk, at=AT)
    assert not SlotSeries.objects.exists()
    assert not AvailableSlot.objects.exists()
    assert not Claim.objects.exists()
    assert told("scheduling.slotseries") == [series.pk]


def test_a_series_with_a_visit_stays_whole_even_when_the_visit_was_cancelled(stage):
    series, slot = offered(stage)
    visit = book_slot(slot.pk, patient_id=stage.patient.pk, by=stage.desk, at=AT)
    for _time in range(2):
        slots = AvailableSlot.objects.count()
        with pytest.raises(Conflict, match="appointments \\(1\\)"):
            delete_series(series.pk, by=stage.desk, at=AT)
        assert AvailableSlot.objects.count() == slots
        if visit.status != "cancelled":
            visit = cancel_appointment(visit.pk, by=stage.desk, at=AT)
