"""Registrations: on one screen a contact becomes a patient with a specialist and, maybe, a time."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from patients.models import Patient
from scheduling.models import Appointment
from tests.backoffice.conftest import said, stored
from tests.factories import (
    AppointmentFactory,
    EnrollmentFactory,
    PatientFactory,
    RoomFactory,
    ServiceFactory,
    ServicePlanFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
)

LIST = reverse("admin:registrations")


def page(row):
    return reverse("admin:registration", args=(row.pk,))


@pytest.fixture
def therapy(practice):
    return ServiceFactory(organization=practice.organization, name="Kinetotherapy", duration_minutes=50, public=True)


@pytest.fixture
def ana(practice, therapy):
    """Somebody who wrote from the web site."""
    return AppointmentFactory(
        practice=practice,
        registration=True,
        service=therapy,
        contact_name="Ana Maria Pop",
        contact_email="ana@example.org",
        contact_phone="+40722000111",
    )


@pytest.fixture
def doctor(practice, therapy):
    doctor = SpecialistFactory(organization=practice.organization, works_at=[practice], last_name="Zamfir")
    ServiceSpecialistFactory(service=therapy, specialist=doctor)
    return doctor


def filled(client, row, **values):
    """What the screen sends: as it was shown, with these answers."""
    form = client.get(page(row)).context["form"]
    data = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in {**data, **values}.items() if value is not None}


def test_the_list_shows_who_waits_the_longest_first(desk, practice, ana, other_practice):
    AppointmentFactory(practice=other_practice, registration=True)
    AppointmentFactory(practice=practice)
    response = desk.get(LIST)
    assert list(response.context["page"].object_list) == [ana]
    content = response.content.decode()
    for text in ("Ana Maria Pop", "Kinetotherapy", "+40722000111", "ana@example.org", page(ana)):
        assert text in content


def test_an_empty_list_says_so(desk):
    assert "Nobody is waiting." in desk.get(LIST).content.decode()


def test_the_screen_is_filled_in_from_the_contact(desk, ana, doctor):
    form = desk.get(page(ana)).context["form"]
    assert {name: form[name].value() for name in ("who", "first_name", "last_name", "email", "phone")} == {
        "who": "new",
        "first_name": "Ana Maria",
        "last_name": "Pop",
        "email": "ana@example.org",
        "phone": "+40722000111",
    }


def test_those_who_offer_the_service_are_offered_first(desk, practice, ana, doctor):
    other = SpecialistFactory(organization=practice.organization, works_at=[practice], last_name="Albu")
    SpecialistFactory(organization=practice.organization, last_name="Works nowhere")
    choices = desk.get(page(ana)).context["form"].fields["specialist"].choices
    assert choices == [
        ("", "Choose"),
        ("Offer this service", [(doctor.pk, str(doctor))]),
        ("Others at this practice", [(other.pk, str(other))]),
    ]


def test_a_contact_becomes_a_new_patient_with_a_specialist(desk, practice, ana, doctor, history):
    response = desk.post(page(ana), filled(desk, ana, specialist=doctor.pk))
    patient = Patient.objects.get()
    assert response.headers["Location"] == reverse("admin:patients_patient_page", args=(patient.pk,))
    assert said(response) == [("success", f"Ana Maria Pop has been assigned to {doctor}.")]
    assert (patient.name, patient.email, patient.organization) == (
        "Ana Maria Pop",
        "ana@example.org",
        practice.organization,
    )
    assert patient.phone_numbers.get().e164 == "+40722000111"
    ana.refresh_from_db()
    assert (ana.patient, ana.specialist, ana.status, ana.starts_at) == (patient, doctor, "requested", None)
    verbs = [verb for verb, *_rest in history()]
    assert verbs[-1] == "scheduling.assign_registration"
    assert "patients.create_patient" in verbs


def test_with_a_time_it_is_booked_in_the_practices_zone(desk, practice, ana, doctor):
    practice.time_zone = "America/New_York"
    practice.save()
    room = RoomFactory(practice=practice)
    data = filled(desk, ana, specialist=doctor.pk, starts_at="2027-07-01T09:30", room=room.pk)
    response = desk.post(page(ana), data)
    assert said(response)[0][1].startswith("Ana Maria Pop is booked. ")
    ana.refresh_from_db()
    assert (ana.status, ana.room) == ("confirmed", room)
    assert ana.starts_at == datetime(2027, 7, 1, 13, 30, tzinfo=UTC)
    assert ana.ends_at == datetime(2027, 7, 1, 14, 20, tzinfo=UTC)


def test_a_time_that_the_clock_change_leaves_out_is_refused(desk, ana, doctor):
    before = stored()
    response = desk.post(page(ana), filled(desk, ana, specialist=doctor.pk, starts_at="2027-03-28T03:30"))
    assert list(response.context["form"].errors) == ["starts_at"]
    assert stored() == before


def test_an_existing_patient_is_offered_and_taken(desk, practice, ana, doctor):
    known = PatientFactory(
        organization=practice.organization, first_name="Ana", last_name="Pop", email="ana@example.org"
    )
    form = desk.get(page(ana)).context["form"]
    assert form["who"].value() == str(known.pk)
    assert [value for value, _label in form.fields["who"].choices] == [str(known.pk), "new", "other"]
    desk.post(page(ana), filled(desk, ana, specialist=doctor.pk))
    ana.refresh_from_db()
    assert (ana.patient, Patient.objects.count()) == (known, 1)


def test_another_patient_can_be_searched(desk, practice, ana, doctor):
    other = PatientFactory(organization=practice.organization, last_name="Quite different")
    desk.post(page(ana), filled(desk, ana, who="other", other=other.pk, specialist=doctor.pk))
    ana.refresh_from_db()
    assert ana.patient == other


def test_the_program_of_a_known_patient_can_be_used(desk, practice, ana, doctor, therapy, system):
    known = PatientFactory(organization=practice.organization, email="ana@example.org")
    plan = ServicePlanFactory(organization=practice.organization, service=therapy)
    EnrollmentFactory(practice=practice, patient=PatientFactory(organization=practice.organization), service_plan=plan)
    from django.utils import timezone

    from programs.services import enroll_patient

    program = enroll_patient(
        patient_id=known.pk, service_plan_id=plan.pk, practice_id=practice.pk, by=system, at=timezone.now()
    )
    form = desk.get(page(ana)).context["form"]
    assert list(form.fields["enrollment"].queryset) == [program]
    starts = (timezone.localtime() + timezone.timedelta(days=3)).strftime("%Y-%m-%dT10:00")
    desk.post(page(ana), filled(desk, ana, specialist=doctor.pk, starts_at=starts, enrollment=program.pk))
    ana.refresh_from_db()
    assert (ana.enrollment, ana.plan_session_number) == (program, 1)


@pytest.mark.parametrize(
    ("answers", "errors"),
    [
        ({"specialist": ""}, {"specialist": ["This field is required."]}),
        ({"last_name": ""}, {"last_name": ["A new patient needs a last name."]}),
        ({"who": "other"}, {"other": ["Search for the patient, or choose another line above."]}),
        ({"who": ""}, {"who": ["This field is required."]}),
        ({"who": "999999999"}, {"who": ["Select a valid choice. 999999999 is not one of the available choices."]}),
        ({"starts_at": "soon"}, {"starts_at": ["Enter a valid date/time."]}),
        ({"email": "no address"}, {"email": ["Enter a valid email address."]}),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_nothing_is_written(desk, ana, doctor, answers, errors):
    before = stored()
    response = desk.post(page(ana), filled(desk, ana, **{"specialist": doctor.pk, **answers}))
    assert response.context["form"].errors == errors
    assert stored() == before


def test_when_the_booking_is_refused_no_patient_is_left_behind(desk, practice, ana, doctor, monkeypatch):
    from core.errors import Conflict

    def refuse(*args, **kwargs):
        raise Conflict("The specialist is busy then.")

    monkeypatch.setattr("backoffice.calendar.pages.registrations.page.assign_registration", refuse)
    before = stored()
    response = desk.post(page(ana), filled(desk, ana, specialist=doctor.pk))
    assert response.context["form"].errors == {"__all__": ["The specialist is busy then."]}
    assert stored() == before


def test_a_time_that_is_taken_is_booked_over_with_a_reason(desk, practice, ana, doctor, front_desk):
    from django.utils import timezone

    from scheduling.services import book_appointment

    starts = timezone.now().replace(minute=0, second=0, microsecond=0) + timezone.timedelta(days=3)
    somebody = PatientFactory(organization=practice.organization)
    book_appointment(
        practice_id=practice.pk,
        patient_id=somebody.pk,
        service_id=ana.services.get().service_id,
        specialist_id=doctor.pk,
        starts_at=starts,
        by=front_desk,
        at=timezone.now(),
    )
    typed = starts.astimezone(practice.zone).strftime("%Y-%m-%dT%H:%M")
    assert "overbooking_reason" not in desk.get(page(ana)).content.decode()
    before = stored()
    sent = filled(desk, ana, specialist=doctor.pk, starts_at=typed)
    refused = desk.post(page(ana), sent)
    assert 'name="overbooking_reason"' in refused.content.decode()
    assert stored() == before
    assert desk.post(page(ana), {**sent, "overbooking_reason": "Acute pain"}).status_code == 302
    ana.refresh_from_db()
    assert (ana.status, ana.overbooked, ana.overbooking_reason) == ("confirmed", True, "Acute pain")


def test_a_closed_day_is_booked_with_a_reason(desk, practice, ana, doctor, front_desk):
    from django.utils import timezone

    from scheduling.services import set_holiday

    starts = timezone.localtime(timezone=practice.zone) + timezone.timedelta(days=3)
    set_holiday(practice_id=practice.pk, day=starts.date(), name="Feast", by=front_desk, at=timezone.now())
    sent = filled(desk, ana, specialist=doctor.pk, starts_at=starts.strftime("%Y-%m-%dT10:00"))
    refused = desk.post(page(ana), sent)
    assert "Feast" in refused.context["form"].non_field_errors()[0]
    assert 'name="override_reason"' in refused.content.decode()
    assert desk.post(page(ana), {**sent, "override_reason": "She travels far"}).status_code == 302
    ana.refresh_from_db()
    assert ana.status == "confirmed"


def test_one_that_has_been_dealt_with_leads_to_its_appointment(desk, practice):
    row = AppointmentFactory(practice=practice)
    response = desk.get(page(row))
    assert response.headers["Location"] == reverse("admin:scheduling_appointment_change", args=(row.pk,))


def test_a_registration_can_be_rejected_with_a_reason(desk, ana):
    address = reverse("admin:scheduling_appointment_reject", args=(ana.pk,))
    desk.post(address, {"apply": "1", "reason": "Spam", "next": LIST})
    ana.refresh_from_db()
    assert (ana.status, ana.cancellation_note) == ("rejected", "Spam")


def test_another_practices_registration_is_missing(desk, practice, other_practice):
    row = AppointmentFactory(practice=other_practice, registration=True)
    before = stored()
    assert desk.get(page(row)).status_code == 404
    assert desk.post(page(row), {"who": "new"}).status_code == 404
    assert stored() == before


def test_a_specialist_takes_up_no_registrations(therapist, practice, ana):
    assert therapist.get(LIST).status_code == 403
    assert therapist.get(page(ana)).status_code in (403, 404)
    assert Appointment.objects.get(pk=ana.pk).patient is None


def test_two_records_that_look_like_the_contact_can_be_merged_first(desk, practice, ana):
    kept = PatientFactory(organization=practice.organization, first_name="Ana Maria", last_name="Pop")
    assert "two records" not in desk.get(page(ana)).content.decode()
    gone = PatientFactory(organization=practice.organization, first_name="Ana Maria", last_name="Pop")
    merge = reverse("admin:patients_patient_merge", args=(kept.pk,))
    assert f"{merge}?other={gone.pk}" in desk.get(page(ana)).content.decode()
