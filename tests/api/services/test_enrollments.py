"""services: the programs of patients."""

from datetime import timedelta
from decimal import Decimal

import pytest

from orders.models import ProductOrder
from programs.models import Enrollment
from programs.states import EnrollmentStatus
from tests.api.conftest import meta, refused
from tests.factories import (
    AT,
    DAY,
    AppointmentFactory,
    EnrollmentFactory,
    PatientAccessFactory,
    PatientFactory,
    ProductFactory,
    ProductOrderFactory,
    ServiceFactory,
    ServicePlanFactory,
    ServicePlanProductFactory,
    SpecialistFactory,
)


@pytest.fixture
def jane(archive):
    return PatientFactory(archive=archive, first_name="Jane", last_name="Doe")


@pytest.fixture
def service(archive):
    return ServiceFactory(archive=archive, name="Kinetotherapy")


@pytest.fixture
def sessions(archive, service):
    return ServicePlanFactory(archive=archive, name="Kinetotherapy 10 Sessions", service=service)


@pytest.fixture
def kit(archive):
    return ServicePlanFactory(archive=archive, name="Cervical Recovery Kit", time_based=True, lifetime=True)


@pytest.fixture
def program(practice, jane, sessions):
    return EnrollmentFactory(practice=practice, patient=jane, service_plan=sessions, used=3)


def listed(program, sessions, **values):
    return {
        "id": program.pk,
        "patient_id": program.patient_id,
        "service_plan": {
            "id": sessions.pk,
            "name": "Kinetotherapy 10 Sessions",
            "billing_model": "session_based",
            "telerehab_access": False,
            "library_access": False,
            "service": {"name": "Kinetotherapy"},
        },
        "sessions_total": 10,
        "sessions_completed": 3,
        "sessions_cancelled": 0,
        "sessions_remaining": 7,
        "access_starts_at": None,
        "access_expires_at": None,
        "status": "active",
        "enrolled_at": "2026-02-17T10:00:00Z",
        "expires_at": "2026-05-18T10:00:00Z",
        **values,
    }


def progress(program, sessions, service, **values):
    return {
        **listed(program, sessions),
        "patient": {"id": program.patient_id, "name": "Jane Doe"},
        "service_plan": {
            "id": sessions.pk,
            "name": "Kinetotherapy 10 Sessions",
            "service": {"id": str(service.uuid), "name": "Kinetotherapy", "duration_minutes": 30},
            "total_price": 1000.0,
        },
        "reason": None,
        "created_at": "2026-02-17T10:00:00Z",
        "updated_at": "2026-02-17T10:00:00Z",
        **values,
    }


# ------------------------------------------------------------------------------------------------- list


def test_the_list_answers_as_the_seed_writes_it(desk, jane, sessions, program):
    response = desk.get(f"/v1/patient-service-plans?patient_id={jane.pk}&status=active")
    assert response.status_code == 200
    assert response.json() == {"patient_service_plans": [listed(program, sessions)], "meta": meta(1)}


def test_a_program_for_a_time_has_no_sessions_and_no_service(desk, practice, jane, kit):
    program = EnrollmentFactory(practice=practice, patient=jane, service_plan=kit)
    (shown,) = desk.get("/v1/patient-service-plans").json()["patient_service_plans"]
    assert shown == {
        "id": program.pk,
        "patient_id": jane.pk,
        "service_plan": {
            "id": kit.pk,
            "name": "Cervical Recovery Kit",
            "billing_model": "time_based",
            "telerehab_access": False,
            "library_access": False,
            "service": None,
        },
        "sessions_total": None,
        "sessions_completed": 0,
        "sessions_cancelled": 0,
        "sessions_remaining": None,
        "access_starts_at": "2026-02-17T10:00:00Z",
        "access_expires_at": None,
        "status": "active",
        "enrolled_at": "2026-02-17T10:00:00Z",
        "expires_at": None,
    }


def test_the_list_is_narrowed_by_the_status_as_it_stands(desk, practice, clock):
    active = EnrollmentFactory(practice=practice)
    others = {
        status: EnrollmentFactory(practice=practice, **{status: True})
        for status in ("completed", "expired", "cancelled")
    }

    def found(query):
        shown = desk.get(f"/v1/patient-service-plans?{query}").json()["patient_service_plans"]
        return [(one["id"], one["status"]) for one in shown]

    assert found("status=active") == [(active.pk, "active")]
    for status, program in others.items():
        assert found(f"status={status}") == [(program.pk, status)]
    clock.now += 90 * DAY  # its end is past, whether or not the command has stamped it
    assert found("status=active") == []
    assert found("status=expired") == [(active.pk, "expired"), (others["expired"].pk, "expired")]
    assert found(f"patient_id={active.patient_id}") == [(active.pk, "expired")]
    assert found("updated_since=2026-02-17T10:00:01Z") == []


def test_staff_see_the_programs_of_their_practices(desk, other_practice, foreign_practice, program):
    EnrollmentFactory(practice=other_practice)
    EnrollmentFactory(practice=foreign_practice)
    found = desk.get("/v1/patient-service-plans").json()["patient_service_plans"]
    assert [one["id"] for one in found] == [program.pk]


def test_a_parent_sees_their_own_programs_and_their_childrens(calling, practice, patient, patient_user, program):
    child = PatientAccessFactory(user=patient_user, patient__archive=practice.archive, parent=True).patient
    own = EnrollmentFactory(practice=practice, patient=patient)
    childs = EnrollmentFactory(practice=practice, patient=child)
    caller = calling(patient_user)
    found = caller.get("/v1/patient-service-plans").json()["patient_service_plans"]
    assert [one["id"] for one in found] == [own.pk, childs.pk]
    for one in (program.patient_id, program.patient_id + 1000):
        response = caller.get(f"/v1/patient-service-plans?patient_id={one}")
        assert response.json() == {"patient_service_plans": [], "meta": meta(0)}


# --------------------------------------------------------------------------------------------- progress


def test_the_progress_answers_as_the_seed_writes_it(desk, program, sessions, service):
    response = desk.get(f"/v1/patient-service-plans/{program.pk}")
    assert response.status_code == 200
    assert response.json() == progress(program, sessions, service)
    assert b'"total_price":1000.00' in response.content


@pytest.mark.parametrize("who", ["stranger", "doctor", "foreign_admin"])
def test_a_program_that_is_not_yours_looks_like_one_that_does_not_exist(who, program, request):
    caller = request.getfixturevalue(who)
    for path in ("/v1/patient-service-plans/{}", "/v1/patient-service-plans/{}/appointments"):
        responses = [caller.get(path.format(pk)) for pk in (program.pk, program.pk + 1000)]
        assert [response.status_code for response in responses] == [404, 404]
        assert (
            responses[0].json() == responses[1].json() == refused("patient_service_plan_not_found", "Program not found")
        )


# ------------------------------------------------------------------------------------------ appointments


def test_the_history_answers_as_the_seed_writes_it(desk, practice, jane, program):
    john = SpecialistFactory(archive=practice.archive, first_name="John", last_name="Doe")
    states = [("done", -2), ("done", -1), ("confirmed", 1)]
    appointments = [
        AppointmentFactory(
            practice=practice,
            patient=jane,
            specialist=john,
            enrollment=program,
            plan_session_number=number,
            starts_at=AT + days * DAY,
            ends_at=AT + days * DAY + timedelta(minutes=30),
            status=status,
        )
        for number, (status, days) in enumerate(states, start=1)
    ]
    AppointmentFactory(practice=practice, patient=jane)
    response = desk.get(f"/v1/patient-service-plans/{program.pk}/appointments")
    assert response.status_code == 200
    assert response.json() == {
        "appointments": [
            {
                "id": appointment.pk,
                "plan_session_number": number,
                "started_at": started_at,
                "status": status,
                "specialist": {"name": "John Doe"},
            }
            for number, appointment, started_at, status in zip(
                (1, 2, 3),
                appointments,
                ("2026-02-15T10:00:00Z", "2026-02-16T10:00:00Z", "2026-02-18T10:00:00Z"),
                ("done", "done", "upcoming"),
                strict=True,
            )
        ],
        "meta": meta(3),
    }


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ({"requested": True}, "booked"),
        ({}, "upcoming"),
        ({"arrived": True}, "inprogress"),
        ({"in_care": True}, "inprogress"),
        ({"done": True}, "done"),
        ({"no_show": True}, "noshow"),
        ({"cancelled": True}, "cancelled"),
        ({"rejected": True}, "cancelled"),
    ],
)
def test_each_state_of_an_appointment_has_its_word(desk, practice, jane, program, state, word):
    AppointmentFactory(practice=practice, patient=jane, enrollment=program, **state)
    (shown,) = desk.get(f"/v1/patient-service-plans/{program.pk}/appointments").json()["appointments"]
    assert shown["status"] == word


def test_a_wish_without_time_or_specialist_comes_last_and_an_archived_one_not_at_all(desk, practice, jane, program):
    wish = AppointmentFactory(practice=practice, enrollment=program, registration=True, patient=jane)
    timed = AppointmentFactory(practice=practice, enrollment=program, patient=jane)
    AppointmentFactory(practice=practice, enrollment=program, patient=jane, archived=True)
    shown = desk.get(f"/v1/patient-service-plans/{program.pk}/appointments").json()["appointments"]
    assert [one["id"] for one in shown] == [timed.pk, wish.pk]
    assert shown[1] == {
        "id": wish.pk,
        "plan_session_number": None,
        "started_at": None,
        "status": "booked",
        "specialist": None,
    }


def test_a_specialist_sees_their_own_appointments_of_a_program(doctor, practice, specialist, jane, program):
    mine = AppointmentFactory(practice=practice, specialist=specialist, patient=jane, enrollment=program)
    AppointmentFactory(practice=practice, patient=jane, enrollment=program)
    response = doctor.get(f"/v1/patient-service-plans/{program.pk}/appointments")
    assert response.status_code == 200
    assert [one["id"] for one in response.json()["appointments"]] == [mine.pk]


# ------------------------------------------------------------------------------------------------ enroll


def enrolled(program, **values):
    return {
        "id": program.pk,
        "patient_id": program.patient_id,
        "service_plan_id": program.service_plan_id,
        "sessions_total": None,
        "sessions_completed": 0,
        "access_starts_at": None,
        "access_expires_at": None,
        "status": "active",
        "enrolled_at": "2026-02-17T10:00:00Z",
        "expires_at": None,
        "product_orders": [],
        **values,
    }


def test_enrolling_for_a_lifetime_orders_what_is_bundled(desk, practice, jane, kit, archive):
    pillow = ProductFactory(archive=archive, name="Cervical Pillow")
    ServicePlanProductFactory(service_plan=kit, product=pillow)
    response = desk.post("/v1/patient-service-plans", {"patient_id": jane.pk, "service_plan_id": kit.pk})
    program, order = Enrollment.objects.get(), ProductOrder.objects.get()
    assert response.status_code == 201
    assert response.json() == enrolled(
        program,
        access_starts_at="2026-02-17T10:00:00Z",
        product_orders=[
            {
                "id": order.pk,
                "product": {"id": str(pillow.uuid), "name": "Cervical Pillow"},
                "quantity": 1,
                "status": "pending",
            }
        ],
    )
    assert (program.practice_id, program.sessions_total, program.sessions_left) == (practice.pk, None, None)
    assert (order.enrollment_id, order.unit_price, order.status) == (program.pk, None, "pending")


def test_enrolling_in_sessions_freezes_their_number_and_their_end(desk, jane, sessions):
    response = desk.post("/v1/patient-service-plans", {"patient_id": jane.pk, "service_plan_id": sessions.pk})
    program = Enrollment.objects.get()
    assert response.status_code == 201
    assert response.json() == enrolled(program, sessions_total=10, expires_at="2026-05-18T10:00:00Z")
    sessions.sessions_total, sessions.validity_days, sessions.total_price = 5, 1, Decimal(1)
    sessions.save()
    program.refresh_from_db()
    assert (program.sessions_total, program.sessions_left, program.price) == (10, 10, Decimal("1000.00"))
    assert program.expires_at == AT + 90 * DAY


def test_a_hybrid_program_has_both_ends(desk, jane, archive):
    plan = ServicePlanFactory(archive=archive, hybrid=True, validity_days=120, access_months=1)
    response = desk.post("/v1/patient-service-plans", {"patient_id": jane.pk, "service_plan_id": plan.pk})
    assert response.status_code == 201
    assert response.json() == enrolled(
        Enrollment.objects.get(),
        sessions_total=10,
        access_starts_at="2026-02-17T10:00:00Z",
        access_expires_at="2026-03-17T10:00:00Z",
        expires_at="2026-06-17T10:00:00Z",
    )


@pytest.mark.parametrize(
    ("sent", "fields"),
    [
        ({}, ["patient_id", "service_plan_id"]),
        ({"patient_id": 1, "service_plan_id": "1"}, ["service_plan_id"]),
        ({"patient_id": 1, "service_plan_id": 1, "sessions_total": 99}, ["sessions_total"]),
        ({"patient_id": 1, "service_plan_id": 1, "status": "completed"}, ["status"]),
    ],
)
def test_a_bad_enrollment_names_its_fields(desk, sent, fields):
    response = desk.post("/v1/patient-service-plans", sent)
    assert response.status_code == 422
    assert sorted(response.json()["error"]["details"]["fields"]) == fields
    assert not Enrollment.objects.exists()


def test_foreign_patients_and_plans_look_like_ones_that_do_not_exist(desk, jane, sessions):
    foreign_patient, foreign_plan = PatientFactory(), ServicePlanFactory()
    for pk in (foreign_patient.pk, foreign_patient.pk + 1000):
        response = desk.post("/v1/patient-service-plans", {"patient_id": pk, "service_plan_id": sessions.pk})
        assert response.status_code == 404
        assert response.json() == refused("patient_not_found", "Patient not found")
    for pk in (foreign_plan.pk, foreign_plan.pk + 1000):
        response = desk.post("/v1/patient-service-plans", {"patient_id": jane.pk, "service_plan_id": pk})
        assert response.status_code == 404
        assert response.json() == refused("service_plan_not_found", "Service plan not found")
    assert not Enrollment.objects.exists()


def test_a_plan_that_is_no_longer_sold_is_a_conflict(desk, jane, archive):
    plan = ServicePlanFactory(archive=archive, archived=True)
    response = desk.post("/v1/patient-service-plans", {"patient_id": jane.pk, "service_plan_id": plan.pk})
    assert response.status_code == 409
    assert response.json() == refused("archived", "This plan is no longer sold.")
    assert not Enrollment.objects.exists()


@pytest.mark.parametrize("who", ["me", "doctor"])
def test_patients_and_specialists_enroll_nobody(who, patient, sessions, request):
    caller = request.getfixturevalue(who)
    sent = {"patient_id": patient.pk, "service_plan_id": sessions.pk}
    assert caller.post("/v1/patient-service-plans", sent).status_code == 403
    assert not Enrollment.objects.exists()


# ------------------------------------------------------------------------------------------------ cancel


def test_cancelling_keeps_the_reason(desk, program, sessions, service, clock):
    clock.now += timedelta(hours=1)
    response = desk.patch(
        f"/v1/patient-service-plans/{program.pk}/cancel", {"reason": "Patient requested cancellation"}
    )
    assert response.status_code == 200
    assert response.json() == progress(
        program,
        sessions,
        service,
        status="cancelled",
        reason="Patient requested cancellation",
        updated_at="2026-02-17T11:00:00Z",
    )


def test_cancelling_needs_no_body(desk, program, sessions, service):
    response = desk.patch(f"/v1/patient-service-plans/{program.pk}/cancel")
    assert response.status_code == 200
    assert response.json() == progress(program, sessions, service, status="cancelled")


def test_cancelling_takes_open_orders_and_future_appointments_along(desk, practice, jane, program, sessions, service):
    order = ProductOrderFactory(practice=practice, patient=jane, enrollment=program, unit_price=None)
    appointment = AppointmentFactory(
        practice=practice, patient=jane, enrollment=program, plan_session_number=4, service=service
    )
    response = desk.patch(f"/v1/patient-service-plans/{program.pk}/cancel", {"reason": "Moved away"})
    assert response.status_code == 200
    assert response.json() == progress(
        program, sessions, service, status="cancelled", reason="Moved away", sessions_cancelled=1
    )
    order.refresh_from_db()
    appointment.refresh_from_db()
    assert (order.status, order.cancellation_reason) == ("cancelled", "Moved away")
    assert (appointment.status, appointment.cancellation_note) == ("cancelled", "Moved away")


@pytest.mark.parametrize("status", [EnrollmentStatus.COMPLETED, EnrollmentStatus.CANCELLED])
def test_what_is_over_is_not_cancelled_again(desk, practice, status):
    program = EnrollmentFactory(practice=practice, **{status: True})
    before = Enrollment.objects.filter(pk=program.pk).values().get()
    response = desk.patch(f"/v1/patient-service-plans/{program.pk}/cancel", {"reason": "Again"})
    assert response.status_code == 409
    assert response.json() == refused("invalid_transition", f"A program that is {status} cannot become cancelled.")
    assert Enrollment.objects.filter(pk=program.pk).values().get() == before


def test_a_reason_is_a_text(desk, program):
    response = desk.patch(f"/v1/patient-service-plans/{program.pk}/cancel", {"reason": ["x"]})
    assert response.status_code == 422
    assert list(response.json()["error"]["details"]["fields"]) == ["reason"]
    program.refresh_from_db()
    assert program.status == "active"


def test_a_patient_cancels_no_program(me, practice, patient):
    mine = EnrollmentFactory(practice=practice, patient=patient)
    assert me.patch(f"/v1/patient-service-plans/{mine.pk}/cancel").status_code == 403
    mine.refresh_from_db()
    assert mine.status == "active"
