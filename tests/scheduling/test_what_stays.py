"""What a practice's clock and a service's code must stay, while visits and slots lie ahead that were made by them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.services import change_service
from core.errors import InvalidInput
from directory.models import Practice
from directory.services import change_practice
from scheduling.services import add_time_off, book_slot, cancel_appointment, register_contact, withdraw_slot
from tests.factories import AT, AppointmentFactory, PatientFactory
from tests.importing import import_text, refusals
from tests.scheduling.words import HOUR, into, offer
from tests.stage import DAY, actor_with, set_stage

pytestmark = pytest.mark.django_db
ZONES = "external_id,name,time_zone,currency\n1,North,{},EUR\n"


@pytest.fixture
def stage():
    return set_stage(time_zone="Europe/Bucharest")


@pytest.fixture
def manager(stage):
    return actor_with("clinic_admin", stage.practice)


def zone_of(practice):
    return Practice.objects.get(pk=practice.pk).time_zone


def test_a_practice_keeps_its_time_zone_while_visits_slots_or_time_off_lie_ahead(stage, manager):
    visit, booked, free = stage.book(days=2), into(stage, offer(stage, days=3)), offer(stage, days=4)
    away = {"practice_id": stage.practice.pk, "specialist_id": stage.specialist.pk}
    add_time_off(**away, starts_at=AT + 9 * DAY, ends_at=AT + 9 * DAY + HOUR, by=stage.desk, at=AT)
    with pytest.raises(InvalidInput) as refusal:
        change_practice(stage.practice.pk, values={"name": "New", "time_zone": "Europe/Rome"}, by=manager, at=AT)
    assert refusal.value.fields == {
        "time_zone": "cannot be changed while it is needed for: 2 visits and requests ahead, "
        "1 slot ahead with a free place, 1 time off ahead"
    }
    assert (zone_of(stage.practice), Practice.objects.get().name) == ("Europe/Bucharest", stage.practice.name)
    change_practice(stage.practice.pk, values={"name": "New", "time_zone": "Europe/Bucharest"}, by=manager, at=AT)
    later = AT + 10 * DAY
    change_practice(stage.practice.pk, values={"time_zone": "Europe/Rome"}, by=manager, at=later)
    assert zone_of(stage.practice) == "Europe/Rome"
    assert {visit.practice_id, booked.practice_id, free.practice_id} == {stage.practice.pk}


def test_what_was_cancelled_withdrawn_or_has_no_time_does_not_hold_the_time_zone(stage, manager):
    stage.service.published = stage.service.is_public = True
    stage.service.save()
    cancel_appointment(stage.book(days=2).pk, by=stage.desk, at=AT)
    withdraw_slot(offer(stage, days=4).pk, by=stage.desk, at=AT)
    register_contact(
        stage.service.pk,
        contact_name="Ana",
        contact_phone="0722123456",
        practice_id=stage.practice.pk,
        by=stage.desk.system("test"),
        at=AT,
    )
    change_practice(stage.practice.pk, values={"time_zone": "Europe/Rome"}, by=manager, at=AT)
    assert zone_of(stage.practice) == "Europe/Rome"


def test_an_import_does_not_change_the_time_zone_either():
    import_text("practices", ZONES.format("Europe/Rome"))
    practice, begin = Practice.objects.get(), timezone.now() + DAY
    visit = AppointmentFactory(practice=practice, starts_at=begin, ends_at=begin + timedelta(minutes=30))
    report = import_text("practices", ZONES.format("Europe/Bucharest"))
    assert refusals(report) == [(2, "time_zone", "cannot be changed while it is needed for: 1 visit or request ahead")]
    assert zone_of(practice) == "Europe/Rome"
    visit.delete()
    import_text("practices", ZONES.format("Europe/Bucharest"))
    assert zone_of(practice) == "Europe/Bucharest"


def test_a_service_keeps_its_code_while_slots_ahead_name_it(stage, manager):
    service = stage.service
    change_service(service.pk, values={"code": "INIT"}, by=manager, at=AT)
    slot = offer(stage, appointment_type="INIT", minutes=60)
    with pytest.raises(InvalidInput) as refusal:
        change_service(service.pk, values={"name": "Other", "code": "FIRST"}, by=manager, at=AT)
    assert refusal.value.fields == {"code": "cannot be changed while it is needed for: 1 slot ahead with a free place"}
    service.refresh_from_db()
    assert (service.code, service.name) == ("INIT", stage.service.name)
    change_service(service.pk, values={"name": "Other", "code": "INIT"}, by=manager, at=AT)
    withdraw_slot(slot.pk, by=stage.desk, at=AT)
    change_service(service.pk, values={"code": "FIRST"}, by=manager, at=AT)
    service.refresh_from_db()
    assert service.code == "FIRST"


def test_a_group_slot_with_a_place_left_keeps_the_code_and_a_full_one_does_not(stage, manager):
    service = stage.service
    change_service(service.pk, values={"code": "INIT"}, by=manager, at=AT)
    slot = offer(stage, appointment_type="INIT", minutes=60, capacity=2)
    for left in (True, False):
        patient = PatientFactory(organization=stage.practice.organization)
        book_slot(slot.pk, patient_id=patient.pk, by=stage.desk, at=AT)
        if left:
            with pytest.raises(InvalidInput, match="1 slot ahead with a free place"):
                change_service(service.pk, values={"code": "FIRST"}, by=manager, at=AT)
    change_service(service.pk, values={"code": "FIRST"}, by=manager, at=AT)


def test_a_code_is_changed_over_its_slots_where_that_is_meant(stage, manager):
    change_service(stage.service.pk, values={"code": "INIT"}, by=manager, at=AT)
    offer(stage, appointment_type="INIT", minutes=60)
    changed = change_service(stage.service.pk, values={"code": "FIRST"}, leaving_slots=True, by=manager, at=AT)
    assert changed.code == "FIRST"
