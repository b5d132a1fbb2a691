"""What patients may book online: not too soon, not too far ahead, and nothing that the slot is too short for."""

from datetime import timedelta

import pytest

from catalog.models import ServiceSpecialist
from core.actor import Actor, Kind
from core.errors import Conflict, InvalidInput
from scheduling.calendar import SlotWish, public_slots
from scheduling.models import Appointment, AppointmentService
from scheduling.services import book_appointment, book_own_slot, book_slot, create_slot, reschedule_appointment
from tests.factories import AT, ServiceFactory
from tests.scheduling.words import offer
from tests.stage import DAY, set_stage

pytestmark = pytest.mark.django_db


def online(stage, **more):
    service = ServiceFactory(organization=stage.practice.organization, public=True, **more)
    ServiceSpecialist.objects.create(service=service, specialist=stage.specialist)
    return service


def patient_of(stage):
    return Actor(
        kind=Kind.PATIENT,
        patient_ids=frozenset({stage.patient.pk}),
        own_patient_id=stage.patient.pk,
        organization_ids=frozenset({stage.practice.organization_id}),
    )


@pytest.mark.parametrize(("months", "reaches"), [(1, [True, False]), (12, [True, True])])
def test_patients_book_as_far_ahead_as_the_practice_says_to_the_day(months, reaches):
    stage = set_stage(booking_horizon_months=months)
    service, mine = online(stage), patient_of(stage)
    ahead = [AT.replace(month=AT.month + 1), AT.replace(month=AT.month + 1) + timedelta(minutes=30)]
    slots = []
    for starts in ahead:
        wish = SlotWish(stage.specialist.pk, starts, starts + timedelta(minutes=30))
        slots.append(create_slot(practice_id=stage.practice.pk, wish=wish, by=stage.desk, at=AT))
    listed = set(public_slots(service, at=AT))
    assert [slot in listed for slot in slots] == reaches
    if not reaches[1]:
        with pytest.raises(Conflict) as refusal:
            book_own_slot(slot_id=slots[1].pk, service_uuid=service.uuid, policy_accepted=True, by=mine, at=AT)
        assert refusal.value.code == "too_far_ahead"
    assert book_own_slot(slot_id=slots[0].pk, service_uuid=service.uuid, policy_accepted=True, by=mine, at=AT)


def test_a_type_that_takes_longer_than_the_slot_is_not_booked_into_it(stage):
    long = ServiceFactory(organization=stage.practice.organization, code="surgery", duration_minutes=90)
    slot = offer(stage)
    for asked in ({"appointment_type": "surgery"}, {"service_id": long.pk}):
        with pytest.raises(InvalidInput) as refusal:
            book_slot(slot.pk, patient_id=stage.patient.pk, by=stage.desk, at=AT, **asked)
        assert set(refusal.value.fields) == set(asked)
    assert not Appointment.objects.exists()
    own = offer(stage, hours=1, appointment_type="surgery")
    assert book_slot(own.pk, patient_id=stage.patient.pk, by=stage.desk, at=AT).slot_id == own.pk


def test_follow_ups_cost_what_the_specialist_charges(stage):
    from catalog.models import ServiceSession

    service = ServiceFactory(organization=stage.practice.organization, base_price=100)
    ServiceSpecialist.objects.create(service=service, specialist=stage.specialist, custom_price=70)
    ServiceSession.objects.create(service=service, session_order=2, offset_days=7, session_type="control")
    made = book_appointment(
        practice_id=stage.practice.pk,
        patient_id=stage.patient.pk,
        service_id=service.pk,
        specialist_id=stage.specialist.pk,
        starts_at=AT + 3 * DAY,
        plan_protocol=True,
        by=stage.desk,
        at=AT,
    )
    prices = AppointmentService.objects.filter(service=service).values_list("appointment__parent", "price")
    assert sorted(prices, key=str) == sorted([(None, 70), (made.pk, 70)], key=str)


def test_a_slot_may_last_a_whole_day(stage):
    slot = offer(stage, minutes=1440)
    assert slot.ends_at - slot.starts_at == DAY


def test_patients_book_more_than_so_many_hours_ahead_as_the_list_says():
    """At the very moment it is too late, in the list, for a booking and for a move alike; a second before it is not."""
    stage = set_stage()
    service, mine = online(stage, booking_lead_hours=2), patient_of(stage)
    slot, later = offer(stage, days=2), offer(stage, days=6)
    wish = {"slot_id": slot.pk, "service_uuid": service.uuid, "policy_accepted": True, "by": mine}
    limit = slot.starts_at - timedelta(hours=2)
    held = book_own_slot(**{**wish, "slot_id": later.pk}, at=AT)
    assert slot not in public_slots(service, at=limit)
    for call in (
        lambda: book_own_slot(**wish, at=limit),
        lambda: reschedule_appointment(held.pk, slot_id=slot.pk, by=mine, at=limit),
    ):
        with pytest.raises(Conflict) as refusal:
            call()
        assert refusal.value.code == "notice_period"
    before = limit - timedelta(seconds=1)
    assert slot in public_slots(service, at=before)
    assert reschedule_appointment(held.pk, slot_id=slot.pk, by=mine, at=before).starts_at == slot.starts_at


def test_a_slot_exactly_as_long_as_the_service_is_offered_and_booked():
    stage = set_stage()
    mine = patient_of(stage)
    for minutes, fits in ((30, True), (31, False)):
        service, slot = online(stage, duration_minutes=minutes), offer(stage, days=minutes)
        assert (slot in public_slots(service, at=AT)) is fits
        wish = {"slot_id": slot.pk, "service_uuid": service.uuid, "policy_accepted": True, "by": mine, "at": AT}
        if fits:
            assert book_own_slot(**wish).slot == slot
        else:
            with pytest.raises(InvalidInput):
                book_own_slot(**wish)
