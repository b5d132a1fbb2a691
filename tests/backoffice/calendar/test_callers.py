"""What the booking page does beside booking: a new caller, boxes that narrow each other, another service afterwards."""

from django.urls import reverse
from django.utils import timezone

from patients.models import Patient
from programs.services import enroll_patient
from tests.backoffice.conftest import said, stored, url
from tests.factories import (
    PatientFactory,
    ServiceFactory,
    ServicePlanFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
)


def caller(**more):
    return {"new-last_name": "Quince", "new-first_name": "Ada", "new-phone": "0722 000 111", "add_patient": "1", **more}


def test_a_new_caller_is_added_while_booking_and_what_was_chosen_stays(desk, here):
    before = Patient.objects.count()
    page = url("scheduling.appointment", "add")
    answer = desk.post(page, caller(service=here.service.pk, specialist=here.ana.pk))
    made = Patient.objects.get(last_name="Quince")
    assert (Patient.objects.count(), made.first_name) == (before + 1, "Ada")
    assert str(made.phone_numbers.get()).endswith("0722 000 111")
    shown = desk.get(answer.headers["Location"]).context
    assert (shown["form"]["patient"].value(), shown["free"] is not None) == (str(made.pk), True)
    # The same caller again is asked about first, and nobody is added.
    again = desk.post(page, caller())
    assert not again.context["form"].errors
    assert "already exists" in str(again.context["new_patient"].errors["known"])
    assert Patient.objects.count() == before + 1
    desk.post(page, caller(**{"new-known": "on"}))
    assert Patient.objects.count() == before + 2


def test_a_caller_without_a_name_is_not_added(desk, here):
    before = stored()
    shown = desk.post(url("scheduling.appointment", "add"), caller(**{"new-last_name": ""}))
    assert list(shown.context["new_patient"].errors) == ["last_name"]
    assert stored() == before


def test_the_boxes_of_service_and_specialist_narrow_each_other(desk, here):
    other = ServiceFactory(organization=here.practice.organization, name="Posture Scan")
    ben = SpecialistFactory(organization=here.practice.organization, works_at=[here.practice], last_name="Beech")
    ServiceSpecialistFactory(service=other, specialist=ben)
    nobody = ServiceFactory(organization=here.practice.organization, name="Anybody's")

    def offered(service):
        shown = desk.get(url("scheduling.appointment", "add"), {"service": service.pk})
        return set(shown.context["form"].fields["specialist"].queryset)

    assert (offered(here.service), offered(other), offered(nobody)) == ({here.ana}, {ben}, {here.ana, ben})
    asked = {"app_label": "scheduling", "model_name": "appointmentservice", "field_name": "service", "term": ""}
    found = desk.get(reverse("admin:autocomplete"), {**asked, "offered_by": ben.pk}).json()["results"]
    assert {one["id"] for one in found} == {str(other.pk), str(nobody.pk)}


def test_a_booked_visit_changes_its_service_and_its_program(desk, here):
    visit = here.book(0, 10)
    other = ServiceFactory(organization=here.practice.organization, name="Posture Scan")
    plan = ServicePlanFactory(organization=here.practice.organization, service=other, sessions_total=5)
    program = enroll_patient(
        patient_id=here.patient.pk, service_plan_id=plan.pk, practice_id=here.practice.pk, by=here.by, at=timezone.now()
    )
    address = url("scheduling.appointment", "treatment", visit.pk)
    sent = {"apply": "1", "service": other.pk, "enrollment": program.pk, "override_reason": ""}
    ((level, text),) = said(desk.post(address, sent))
    assert (level, str(here.patient) in text) == ("success", True)
    visit.refresh_from_db()
    assert (visit.services.get().service, visit.enrollment, visit.plan_session_number) == (other, program, 1)
    before = stored()
    shown = desk.post(address, {**sent, "service": here.service.pk})
    assert list(shown.context["form"].errors) == ["enrollment"]
    assert stored() == before


def test_the_warning_leads_to_the_merge_of_two_records_of_one_person(desk, here):
    kept, gone = (
        PatientFactory(organization=here.practice.organization, first_name="Ada", last_name="Quince") for _ in range(2)
    )
    asked = desk.post(url("scheduling.appointment", "add"), caller()).content.decode()
    assert f"{url('patients.patient', 'merge', kept.pk)}?other={gone.pk}" in asked
    assert asked.count("Same person as the first?") == 1
