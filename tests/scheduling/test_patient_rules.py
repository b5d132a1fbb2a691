"""A patient's own rules live in the verbs: whichever door calls them, a patient's actor meets them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.actor import Actor, Kind
from core.errors import Conflict, Forbidden, InvalidInput, Missing
from scheduling.services import (
    Repeat,
    archive_appointment,
    book_appointment,
    book_repeating,
    book_slot,
    cancel_appointment,
    cancel_repeating,
    change_appointment,
    change_assistants,
    reschedule_appointment,
    reschedule_repeating,
)
from tests.factories import AT, PracticeFactory, ServiceSpecialistFactory
from tests.scheduling.words import HOUR, into, offer
from tests.stage import DAY, actor_with, everything, set_stage

pytestmark = pytest.mark.django_db


def patient_of(stage):
    return Actor(
        kind=Kind.PATIENT,
        patient_ids=frozenset({stage.patient.pk}),
        own_patient_id=stage.patient.pk,
        organization_ids=frozenset({stage.practice.organization_id}),
    )


def refused(error, call, *args, code=None, **given):
    before = everything()
    with pytest.raises(error) as refusal:
        call(*args, **given)
    assert code is None or refusal.value.code == code
    assert everything() == before


@pytest.mark.parametrize("hours", [23.99, 0.01])
def test_a_patient_changes_nothing_within_the_notice_period(hours):
    stage = set_stage(notice_hours=24)
    made = stage.book()
    at = made.starts_at - hours * HOUR
    mine, other = patient_of(stage), offer(stage, hours=5)
    refused(Conflict, cancel_appointment, made.pk, by=mine, at=at, code="notice_period")
    refused(Conflict, reschedule_appointment, made.pk, slot_id=other.pk, by=mine, at=at, code="notice_period")


def test_a_patient_cancels_exactly_when_the_notice_period_begins():
    stage = set_stage(notice_hours=24)
    made = stage.book()
    at = made.starts_at - 24 * HOUR
    assert cancel_appointment(made.pk, by=patient_of(stage), at=at).status == "cancelled"


@pytest.mark.parametrize("after", [0, 1])
def test_a_patient_changes_nothing_that_has_begun_even_where_late_cancellations_forfeit(after):
    stage = set_stage(late_cancel_forfeits=True)
    made = stage.book(stage.enroll())
    at, mine = made.starts_at + after * HOUR, patient_of(stage)
    refused(Conflict, cancel_appointment, made.pk, by=mine, at=at, code="begun")
    refused(Conflict, reschedule_appointment, made.pk, slot_id=offer(stage, days=9).pk, by=mine, at=at, code="begun")


def test_a_series_is_cancelled_by_the_same_rules(stage):
    known = {"practice_id": stage.practice.pk, "patient_id": stage.patient.pk, "service_id": stage.service.pk}
    repeat = Repeat("weekly", 1, 2)
    starts_at = AT + 3 * DAY
    made = book_repeating(
        **known, specialist_id=stage.specialist.pk, starts_at=starts_at, repeat=repeat, by=stage.desk, at=AT
    )
    mine, late = patient_of(stage), starts_at - HOUR
    refused(Conflict, cancel_repeating, made[0].pk, following=True, by=mine, at=late, code="notice_period")
    refused(Forbidden, reschedule_repeating, made[0].pk, starts_at=starts_at + HOUR, following=True, by=mine, at=AT)
    assert len(cancel_repeating(made[1].pk, following=True, by=mine, at=late)) == 2


def test_a_patient_moves_only_into_slots(stage):
    made, mine = stage.book(), patient_of(stage)
    refused(InvalidInput, reschedule_appointment, made.pk, starts_at=AT + 5 * DAY, by=mine, at=AT)
    refused(Missing, reschedule_appointment, made.pk, slot_id=offer(stage, days=5).pk, by=mine, at=AT)


def test_a_patient_moves_within_a_practice_and_books_anew_at_another(stage):
    made, mine, here = stage.book(), patient_of(stage), stage.practice
    type(stage.service).objects.filter(pk=stage.service.pk).update(is_public=True, published=True)
    ServiceSpecialistFactory(service=stage.service, specialist=stage.specialist)
    near = offer(stage, days=6, minutes=60)
    elsewhere = PracticeFactory(organization=here.organization)
    stage.specialist.works_at.create(practice=elsewhere)
    stage.desk, stage.practice = actor_with("front_desk", elsewhere), elsewhere
    far = offer(stage, days=5, minutes=60)
    refused(Conflict, reschedule_appointment, made.pk, slot_id=far.pk, by=mine, at=AT, code="elsewhere")
    assert reschedule_appointment(made.pk, slot_id=near.pk, by=mine, at=AT).starts_at == near.starts_at


def test_a_patient_does_nothing_of_the_desks(stage):
    made, mine, slot = stage.book(), patient_of(stage), offer(stage, days=6)
    refused(Forbidden, change_assistants, made.pk, assistant_ids=[], by=mine, at=AT)
    refused(Forbidden, archive_appointment, made.pk, by=mine, at=AT)
    refused(Forbidden, change_appointment, made.pk, values={"notes": "x"}, by=mine, at=AT)
    refused((Forbidden, Missing), book_slot, slot.pk, patient_id=stage.patient.pk, by=mine, at=AT)
    known = {"practice_id": stage.practice.pk, "patient_id": stage.patient.pk, "service_id": stage.service.pk}
    refused(
        (Forbidden, Missing),
        book_appointment,
        **known,
        specialist_id=stage.specialist.pk,
        starts_at=AT + 7 * DAY,
        by=mine,
        at=AT,
    )


def test_a_receptionist_at_the_patients_door_is_a_patient_there():
    stage = set_stage(notice_hours=24)
    made = into(stage, offer(stage))
    both = replace(stage.desk, patient_ids=frozenset({stage.patient.pk}), own_patient_id=stage.patient.pk)
    late = made.starts_at - HOUR
    refused(Conflict, cancel_appointment, made.pk, by=both.as_patient(), at=late, code="notice_period")
    assert cancel_appointment(made.pk, by=both, at=late).status == "cancelled"


def test_the_desks_right_is_not_a_patients(stage):
    """Somebody who is staff elsewhere and a patient here changes their visit at the patients' door alone."""
    made = into(stage, offer(stage))
    elsewhere = set_stage().desk
    both = replace(elsewhere, patient_ids=frozenset({stage.patient.pk}), own_patient_id=stage.patient.pk)
    refused(Forbidden, cancel_appointment, made.pk, by=both, at=AT)
    assert cancel_appointment(made.pk, by=both.as_patient(), at=AT - timedelta(days=1)).status == "cancelled"
