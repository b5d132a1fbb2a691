"""services: the programs of patients, read."""

from datetime import timedelta

import pytest

from tests.api.conftest import meta, refused
from tests.api.services.programs import listed, progress
from tests.factories import (
    AT,
    DAY,
    AppointmentFactory,
    EnrollmentFactory,
    PatientAccessFactory,
    SpecialistFactory,
)

# ------------------------------------------------------------------------------------------------- list


def test_the_list_answers_as_the_specification_writes_it(desk, jane, sessions, program):
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
    child = PatientAccessFactory(user=patient_user, patient__organization=practice.organization, parent=True).patient
    own = EnrollmentFactory(practice=practice, patient=patient)
    childs = EnrollmentFactory(practice=practice, patient=child)
    caller = calling(patient_user)
    found = caller.get("/v1/patient-service-plans").json()["patient_service_plans"]
    assert [one["id"] for one in found] == [own.pk, childs.pk]
    for one in (program.patient_id, program.patient_id + 1000):
        response = caller.get(f"/v1/patient-service-plans?patient_id={one}")
        assert response.json() == {"patient_service_plans": [], "meta": meta(0)}


# --------------------------------------------------------------------------------------------- progress


def test_the_progress_answers_as_the_specification_writes_it(desk, program, sessions, service):
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


def test_the_history_answers_as_the_specification_writes_it(desk, practice, jane, program):
    john = SpecialistFactory(organization=practice.organization, first_name="John", last_name="Doe")
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
