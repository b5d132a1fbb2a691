"""services: a patient books a free slot, sees it, cancels it, moves it."""

from types import SimpleNamespace

import pytest
from rest_framework.throttling import SimpleRateThrottle

from core.moments import moment_in_words
from programs.models import Enrollment
from scheduling.models import Appointment, AvailableSlot
from scheduling.services import add_time_off, book_appointment, set_holiday
from tests.api.conftest import meta, refused
from tests.api.services.conftest import BOOK, ME, wish
from tests.factories import (
    AT,
    DAY,
    AppointmentFactory,
    EnrollmentFactory,
    PatientAccessFactory,
    PatientFactory,
    PracticeFactory,
    ServicePlanFactory,
    ServiceSpecialistFactory,
    SlotFactory,
    SpecialistFactory,
)


def told(slot, scene, practice):
    """A free slot as it is listed."""
    return {
        "id": slot.pk,
        "starts_at": f"{slot.starts_at:%Y-%m-%dT%H:%M:%SZ}",
        "ends_at": f"{slot.ends_at:%Y-%m-%dT%H:%M:%SZ}",
        "specialist": {"id": scene.someone.pk, "name": "Maria Pop"},
        "practice": {"id": practice.pk, "name": "Practice", "time_zone": "Europe/Bucharest"},
    }


@pytest.mark.parametrize("who", ["anyone", "me", "desk"])
def test_everyone_sees_the_free_slots_of_a_public_service(request, scene, practice, who):
    response = request.getfixturevalue(who).get(scene.path)
    expected = [told(scene.first, scene, practice), told(scene.second, scene, practice)]
    assert (response.status_code, response.json()) == (200, {"slots": expected, "meta": meta(2)})


def test_a_user_asks_for_so_many_bookings_an_hour_and_no_more(me, anyone, scene, monkeypatch):
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "book", "2/hour")
    answers = [me.post(BOOK, wish(scene, policy_accepted=agreed)) for agreed in (False, True, True)]
    assert [one.status_code for one in answers] == [422, 201, 429]
    assert answers[-1].json()["error"]["code"] == "rate_limited"
    assert 0 < int(answers[-1]["Retry-After"]) <= 3600
    assert Appointment.objects.count() == 1


def test_a_closed_day_has_no_free_slots_and_a_slot_there_is_a_conflict(me, scene, practice, front_desk):
    day = scene.first.starts_at.astimezone(practice.zone).date()
    set_holiday(practice_id=practice.pk, day=day, name="Founding day", by=front_desk, at=AT)
    assert me.get(scene.path).json()["slots"] == [told(scene.second, scene, practice)]
    response = me.post(BOOK, wish(scene))
    told_why = refused("closed", "The practice is closed on this day: Founding day.")
    assert (response.status_code, response.json()) == (409, told_why)
    set_holiday(practice_id=practice.pk, day=day, name="Founding day", is_closed=False, by=front_desk, at=AT)
    assert me.get(scene.path).json()["meta"] == meta(2)


def test_they_are_filtered_by_time_and_by_specialist(anyone, scene, practice, organization):
    other = SpecialistFactory(organization=organization, works_at=[practice])
    ServiceSpecialistFactory(service=scene.service, specialist=other)
    theirs = scene.offer(3, specialist_id=other.pk)

    def found(query):
        return [slot["id"] for slot in anyone.get(f"{scene.path}?{query}").json()["slots"]]

    assert found("") == [scene.first.pk, theirs.pk, scene.second.pk]
    assert found("to=2026-02-20") == [scene.first.pk, theirs.pk]
    assert found("from=2026-02-21") == [scene.second.pk]
    assert found("from=2026-02-20T10:00:00Z&to=2026-02-20T10:00:01Z") == [scene.first.pk, theirs.pk]
    assert found("from=2026-02-20T10:00:01Z&to=2026-02-22T10:00:00Z") == []
    assert found(f"specialist_id={other.pk}") == [theirs.pk]
    assert anyone.get(f"{scene.path}?from=soon").json() == refused(
        "validation_error", "Validation failed", **{"from": "is not a valid value"}
    )


def test_what_is_not_free_or_not_for_patients_is_not_shown(
    anyone, me, scene, practice, organization, front_desk, clock
):
    colleague = SpecialistFactory(organization=organization, works_at=[practice])
    scene.offer(6, specialist_id=colleague.pk)  # does not offer the service
    scene.offer(7, ends_at=AT + 7 * DAY + DAY / 96)  # too short
    scene.offer(8, appointment_type="therapy")  # for something else
    away = scene.offer(9)
    add_time_off(
        practice_id=practice.pk,
        specialist_id=scene.someone.pk,
        starts_at=away.starts_at,
        ends_at=away.ends_at,
        by=front_desk,
        at=AT,
    )
    me.post(BOOK, wish(scene))
    assert [slot["id"] for slot in anyone.get(scene.path).json()["slots"]] == [scene.second.pk]
    clock.now = AT + 5 * DAY
    assert anyone.get(scene.path).json()["slots"] == []


@pytest.mark.parametrize("hidden", [{"published": False}, {"is_public": False}, {"archived_at": AT}])
@pytest.mark.parametrize("who", ["anyone", "me", "desk"])
def test_a_service_that_is_not_public_has_no_slots(request, me, scene, who, hidden):
    for name, value in hidden.items():
        setattr(scene.service, name, value)
    scene.service.save()
    response = request.getfixturevalue(who).get(scene.path)
    assert (response.status_code, response.json()) == (404, refused("service_not_found", "Service not found"))
    assert me.post(BOOK, wish(scene)).json() == refused("service_not_found", "Service not found")
    assert not Appointment.objects.exists()


def appointment_body(appointment, scene, practice, patient, **more):
    return {
        "id": appointment.pk,
        "patient": {"id": patient.pk, "name": patient.name},
        "status": "upcoming",
        "started_at": "2026-02-20T10:00:00Z",
        "ended_at": "2026-02-20T10:30:00Z",
        "service_id": str(scene.service.uuid),
        "service_name": "Consultation",
        "specialist": {"id": scene.someone.pk, "name": "Maria Pop"},
        "practice": {"id": practice.pk, "name": "Practice", "time_zone": "Europe/Bucharest"},
        "slot_id": scene.first.pk,
        "patient_service_plan_id": None,
        "plan_session_number": None,
        "telehealth_url": None,
        "reason": None,
        "created_at": "2026-02-17T10:00:00Z",
        "updated_at": "2026-02-17T10:00:00Z",
    } | more


def test_a_patient_books_sees_moves_and_cancels(me, patient, patient_user, scene, practice):
    booked = me.post(BOOK, wish(scene))
    appointment = Appointment.objects.get()
    expected = appointment_body(appointment, scene, practice, patient)
    assert (booked.status_code, booked.json()) == (201, expected)
    assert (appointment.created_via, appointment.booking_ip, appointment.policy_accepted) == (
        "portal",
        "127.0.0.1",
        True,
    )
    assert appointment.created_by == patient_user
    listed = me.get(f"{ME}/appointments")
    assert (listed.status_code, listed.json()) == (200, {"appointments": [expected], "meta": meta(1)})
    moved = me.patch(f"{ME}/appointments/{appointment.pk}/reschedule", {"slot_id": scene.second.pk})
    there = {
        "slot_id": scene.second.pk,
        "started_at": "2026-02-22T10:00:00Z",
        "ended_at": "2026-02-22T10:30:00Z",
    }
    assert (moved.status_code, moved.json()) == (200, expected | there)
    cancelled = me.patch(f"{ME}/appointments/{appointment.pk}/cancel", {"reason": "Better"})
    assert (cancelled.status_code, cancelled.json()) == (
        200,
        expected | there | {"status": "cancelled", "reason": "Better"},
    )
    assert list(AvailableSlot.objects.values_list("booked", "blocked").distinct()) == [(0, 0)]


def test_a_patient_moves_to_somebody_else_who_offers_the_service(me, scene, practice, organization):
    other = SpecialistFactory(organization=organization, works_at=[practice], first_name="Dan", last_name="Ilie")
    ServiceSpecialistFactory(service=scene.service, specialist=other)
    theirs = scene.offer(6, specialist_id=other.pk)
    pk = me.post(BOOK, wish(scene)).json()["id"]
    assert theirs.pk in [slot["id"] for slot in me.get(scene.path).json()["slots"]]
    moved = me.patch(f"{ME}/appointments/{pk}/reschedule", {"slot_id": theirs.pk})
    assert (moved.status_code, moved.json()["specialist"]) == (200, {"id": other.pk, "name": "Dan Ilie"})
    assert (moved.json()["slot_id"], moved.json()["started_at"]) == (theirs.pk, "2026-02-23T10:00:00Z")
    assert set(AvailableSlot.objects.filter(booked=1).values_list("pk", flat=True)) == {theirs.pk}


def test_cancelling_needs_no_body(me, scene):
    pk = me.post(BOOK, wish(scene)).json()["id"]
    response = me.patch(f"{ME}/appointments/{pk}/cancel")
    assert (response.status_code, response.json()["status"]) == (200, "cancelled")


def test_a_program_gives_a_session(me, patient, scene, practice, organization):
    plan = ServicePlanFactory(organization=organization, service=scene.service)
    program = EnrollmentFactory(practice=practice, patient=patient, service_plan=plan)
    body = me.post(BOOK, wish(scene, patient_service_plan_id=program.pk)).json()
    assert (body["patient_service_plan_id"], body["plan_session_number"]) == (program.pk, 1)


def test_a_program_of_another_patient_is_as_if_there_were_none(me, patient, scene, practice, organization):
    plan = ServicePlanFactory(organization=organization, service=scene.service)
    theirs = EnrollmentFactory(practice=practice, service_plan=plan)
    for pk in (theirs.pk, 999_999):
        response = me.post(BOOK, wish(scene, patient_service_plan_id=pk))
        expected = refused("patient_service_plan_not_found", "Program not found")
        assert (response.status_code, response.json()) == (404, expected)
    assert not Appointment.objects.exists()
    assert Enrollment.objects.get().sessions_left == theirs.sessions_left


@pytest.mark.parametrize(
    ("sent", "fields"),
    [
        ({"slot_id": None}, {"slot_id": "This field may not be null."}),
        ({"policy_accepted": False}, {"policy_accepted": "must be accepted"}),
        ({"policy_accepted": "yes"}, {"policy_accepted": "Must be a valid boolean."}),
        ({"service_id": 7}, {"service_id": "Must be a valid UUID."}),
        ({"status": "done"}, {"status": "is not a field of this request"}),
    ],
)
def test_a_booking_that_cannot_be_names_its_fields(me, scene, sent, fields):
    response = me.post(BOOK, wish(scene, **sent))
    assert (response.status_code, response.json()) == (
        422,
        refused("validation_error", "Validation failed", **fields),
    )
    assert not Appointment.objects.exists()


def test_a_service_longer_than_the_slot_is_refused(me, scene, organization):
    scene.service.duration_minutes = 31
    scene.service.save()
    response = me.post(BOOK, wish(scene))
    expected = refused("validation_error", "Validation failed", service_id="takes longer than the slot")
    assert (response.status_code, response.json()) == (422, expected)


def test_a_slot_that_was_taken_meanwhile_is_a_conflict(me, stranger, scene):
    assert stranger.post(BOOK, wish(scene)).status_code == 201
    response = me.post(BOOK, wish(scene))
    slot = Appointment.objects.get().slot
    when = moment_in_words(slot.starts_at, slot.practice.zone)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (409, "slot_taken")
    assert error["message"].startswith(f"The slot {when}")
    assert error["message"].endswith(f"with {slot.specialist} is taken.")
    assert Appointment.objects.count() == 1


def test_a_patient_who_is_busy_is_a_conflict_that_names_the_time(
    me, patient, scene, practice, organization, front_desk
):
    other = SpecialistFactory(organization=organization, works_at=[practice])
    book_appointment(
        practice_id=practice.pk,
        patient_id=patient.pk,
        service_id=scene.service.pk,
        specialist_id=other.pk,
        starts_at=scene.first.starts_at,
        by=front_desk,
        at=AT,
    )
    response = me.post(BOOK, wish(scene))
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (409, "overlap")
    assert error["message"] == f"The time is taken: {patient.name}, Fri 20 Feb 2026, 12:00 – 12:30: appointment"
    assert [clash["what"] for clash in error["details"]["clashes"]] == ["appointment"]
    assert Appointment.objects.count() == 1


def test_a_slot_that_is_none_or_is_not_for_the_service_is_a_404(me, scene, organization):
    other = scene.offer(6, appointment_type="therapy")
    for pk in (other.pk, 999_999):
        response = me.post(BOOK, wish(scene, slot_id=pk))
        assert (response.status_code, response.json()) == (404, refused("slot_not_found", "Slot not found"))


@pytest.fixture
def mother(calling, organization):
    """Who may act for two children, not for herself."""
    children = [PatientFactory(organization=organization, first_name=name) for name in ("Tim", "Tom")]
    user = PatientAccessFactory(user__username="mother", patient=children[0], parent=True).user
    PatientAccessFactory(user=user, patient=children[1], parent=True)
    return SimpleNamespace(call=calling(user), children=children, user=user)


def test_a_mother_books_for_the_child_she_names(mother, scene):
    unnamed = mother.call.post(BOOK, wish(scene))
    assert (unnamed.status_code, unnamed.json()) == (
        422,
        refused("validation_error", "Validation failed", patient_id="is required"),
    )
    body = mother.call.post(BOOK, wish(scene, patient_id=mother.children[1].pk)).json()
    assert body["patient"] == {"id": mother.children[1].pk, "name": mother.children[1].name}


def test_another_patient_is_as_if_there_were_none(me, scene, organization):
    stranger = PatientFactory(organization=organization)
    for pk in (stranger.pk, 999_999):
        response = me.post(BOOK, wish(scene, patient_id=pk))
        assert (response.status_code, response.json()) == (404, refused("patient_not_found", "Patient not found"))
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("what", ["cancel", "reschedule"])
def test_another_ones_appointment_is_as_if_there_were_none(me, stranger, desk, scene, what):
    pk = stranger.post(BOOK, wish(scene)).json()["id"]
    sent = {"slot_id": scene.second.pk} if what == "reschedule" else {}
    for one in (pk, 999_999):
        response = me.patch(f"{ME}/appointments/{one}/{what}", sent)
        assert (response.status_code, response.json()) == (
            404,
            refused("appointment_not_found", "Appointment not found"),
        )
    assert desk.patch(f"{ME}/appointments/{pk}/{what}", sent).status_code == 403
    assert Appointment.objects.get().status == "confirmed"
    assert me.get(f"{ME}/appointments").json()["appointments"] == []


def test_an_appointment_stays_in_its_practice(me, scene, organization):
    elsewhere = PracticeFactory(organization=organization)
    pk = me.post(BOOK, wish(scene)).json()["id"]
    someone = SpecialistFactory(organization=organization, works_at=[elsewhere])
    ServiceSpecialistFactory(service=scene.service, specialist=someone)
    slot = SlotFactory(practice=elsewhere, specialist=someone)
    response = me.patch(f"{ME}/appointments/{pk}/reschedule", {"slot_id": slot.pk})
    why = "The slot is at another practice: cancel this appointment and book anew."
    assert (response.status_code, response.json()) == (409, refused("elsewhere", why))
    assert Appointment.objects.get().slot_id == scene.first.pk


@pytest.mark.parametrize(("what", "sent"), [("cancel", {}), ("reschedule", {"slot_id": 1})])
def test_inside_the_notice_period_it_is_too_late(me, scene, clock, what, sent):
    pk = me.post(BOOK, wish(scene)).json()["id"]
    clock.now = scene.first.starts_at - DAY + DAY / 24
    response = me.patch(f"{ME}/appointments/{pk}/{what}", sent)
    message = "The appointment can be changed until 24 hours before; please call the practice."
    assert (response.status_code, response.json()) == (409, refused("notice_period", message))
    assert Appointment.objects.get().status == "confirmed"


def test_me_says_who_one_is_and_for_whom_one_may_act(mother):
    mother.user.first_name, mother.user.last_name, mother.user.email = "Ana", "Pop", "ana@example.org"
    mother.user.save()
    response = mother.call.get(ME)
    assert (response.status_code, response.json()) == (
        200,
        {
            "id": mother.user.pk,
            "username": "mother",
            "name": "Ana Pop",
            "email": "ana@example.org",
            "patients": [{"id": child.pk, "name": child.name, "relation": "parent"} for child in mother.children],
        },
    )


def test_me_needs_to_be_somebody(anyone, practice):
    for path in (ME, f"{ME}/appointments"):
        assert anyone.get(path).status_code == 401
    assert anyone.post(BOOK, {}).status_code == 401
    assert anyone.get(f"{ME}/nothing").json() == refused("not_found", "Not found")


def test_own_appointments_are_filtered(mother, practice):
    first, second = (
        AppointmentFactory(practice=practice, patient=child, starts_at=AT + n * DAY, ends_at=AT + n * DAY + DAY / 48)
        for n, child in enumerate(mother.children, 1)
    )
    wished = AppointmentFactory(
        practice=practice, patient=mother.children[0], requested=True, starts_at=None, ends_at=None
    )
    AppointmentFactory(practice=practice, patient=mother.children[0], archived=True)
    AppointmentFactory(practice=practice)

    def found(query):
        response = mother.call.get(f"{ME}/appointments?{query}")
        return [one["id"] for one in response.json()["appointments"]]

    assert found("") == [wished.pk, second.pk, first.pk]
    assert found(f"patient_id={mother.children[0].pk}") == [wished.pk, first.pk]
    assert found("status=upcoming") == [second.pk, first.pk]
    assert found("status=booked") == [wished.pk]
    assert found("from=2026-02-19") == [second.pk]
    assert found("to=2026-02-18") == [first.pk]
