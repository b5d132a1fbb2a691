"""Who and what a visit names must fit: each is of the practice or the patient, and in use."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.errors import Conflict, InvalidInput, Missing
from scheduling.calendar.parties import Treatments, treatments_of_type
from scheduling.models import Appointment
from scheduling.services import set_holiday, start_care
from tests.factories import (
    AT,
    AppointmentFactory,
    PatientCaseFactory,
    PatientFactory,
    PracticeFactory,
    RoomFactory,
    ServiceFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
)
from tests.stage import DAY

pytestmark = pytest.mark.django_db


def refused(stage, error, *, field=None, **more):
    before = Appointment.objects.count()
    with pytest.raises(error) as refusal:
        stage.book(**more)
    if field is not None:
        assert set(refusal.value.fields) == {field}
    assert Appointment.objects.count() == before


def test_a_case_is_the_patients_own_and_stands(stage):
    known = {"patient__organization": stage.practice.organization}
    refused(stage, InvalidInput, field="patient_case_id", patient_case_id=PatientCaseFactory(**known).pk)
    refused(stage, Conflict, patient_case_id=PatientCaseFactory(patient=stage.patient, archived_at=AT).pk)
    mine = PatientCaseFactory(patient=stage.patient)
    assert stage.book(patient_case_id=mine.pk).patient_case == mine


def test_what_a_visit_follows_is_the_same_patients_at_the_same_practice(stage):
    other = PatientFactory(organization=stage.practice.organization)
    parents = {"practice": stage.practice, "starts_at": AT - DAY, "ends_at": AT, "status": "done"}
    refused(stage, InvalidInput, field="parent_id", parent_id=AppointmentFactory(**parents, patient=other).pk)
    gone = AppointmentFactory(**parents, patient=stage.patient, archived=True)
    refused(stage, Missing, parent_id=gone.pk)
    elsewhere = PracticeFactory(organization=stage.practice.organization)
    stage.desk = replace(
        stage.desk,
        roles={stage.practice.pk: "front_desk", elsewhere.pk: "front_desk"},
        organizations=dict.fromkeys((stage.practice.pk, elsewhere.pk), stage.practice.organization_id),
    )
    there = AppointmentFactory(**{**parents, "practice": elsewhere}, patient=stage.patient)
    refused(stage, InvalidInput, field="parent_id", parent_id=there.pk)
    mine = AppointmentFactory(**parents, patient=stage.patient)
    made = stage.book(parent_id=mine.pk)
    assert (made.parent, made.relation_type) == (mine, "follow_up")


def test_a_visit_ends_within_a_week(stage):
    starts_at = AT + 3 * DAY
    refused(stage, InvalidInput, field="ends_at", ends_at=starts_at)
    refused(stage, InvalidInput, field="ends_at", ends_at=starts_at + 7 * DAY + timedelta(minutes=1))
    assert stage.book(ends_at=starts_at + 7 * DAY).ends_at == starts_at + 7 * DAY


def test_who_assists_is_live_and_of_the_organization_and_nobody_twice(stage):
    organization = stage.practice.organization
    refused(stage, Missing, assistant_ids=[SpecialistFactory().pk])
    refused(stage, Missing, assistant_ids=[SpecialistFactory(organization=organization, archived_at=AT).pk])
    refused(stage, (InvalidInput, Conflict), assistant_ids=[stage.specialist.pk])
    helper = SpecialistFactory(organization=organization)
    refused(stage, (InvalidInput, Conflict), assistant_ids=[helper.pk, helper.pk])
    assert stage.book(assistant_ids=[helper.pk]).assistants.get().specialist == helper


def test_a_room_is_of_the_practice_and_in_use(stage):
    elsewhere = RoomFactory(practice=PracticeFactory(organization=stage.practice.organization))
    for wrong in (
        RoomFactory(practice=stage.practice, is_active=False),
        RoomFactory(practice=stage.practice, archived_at=AT),
    ):
        refused(stage, InvalidInput, field="room_id", room_id=wrong.pk)
    refused(stage, (InvalidInput, Missing), room_id=elsewhere.pk)


def test_treatments_are_live_of_the_organization_and_each_named_once(stage):
    organization = stage.practice.organization
    refused(stage, InvalidInput, field="service_ids", more_service_ids=[stage.service.pk])
    refused(stage, Missing, more_service_ids=[ServiceFactory().pk])
    refused(stage, Missing, more_service_ids=[ServiceFactory(organization=organization, archived_at=AT).pk])
    more = ServiceFactory(organization=organization, duration_minutes=25)
    made = stage.book(more_service_ids=[more.pk])
    assert made.ends_at - made.starts_at == timedelta(minutes=stage.service.duration_minutes + 25)
    assert [line.service_id for line in made.services.order_by("position")] == [stage.service.pk, more.pk]
    assert Treatments().duration == timedelta(minutes=30)


def test_a_type_means_the_service_that_the_specialist_offers_first(stage):
    organization = stage.practice.organization
    first, offered, _off = (
        ServiceFactory(organization=organization, code="INIT", sequence_number=number) for number in (1, 2, 3)
    )
    assert treatments_of_type("INIT", stage.practice, stage.specialist).main == first
    offer = ServiceSpecialistFactory(service=offered, specialist=stage.specialist)
    assert treatments_of_type("INIT", stage.practice, stage.specialist).main == offered
    offer.is_active = False
    offer.save()
    assert treatments_of_type("INIT", stage.practice, stage.specialist).main == first
    assert treatments_of_type("", stage.practice, stage.specialist).main is None


@pytest.mark.parametrize(("before", "marked"), [(timedelta(0), False), (timedelta(seconds=1), True)])
def test_closing_a_day_marks_what_is_not_over_yet(stage, before, marked):
    visit = stage.book()
    start_care(visit.pk, by=stage.desk, at=visit.starts_at)
    set_holiday(
        practice_id=stage.practice.pk, day=date(2026, 2, 20), name="Closed", by=stage.desk, at=visit.ends_at - before
    )
    assert Appointment.objects.get().needs_move is marked
