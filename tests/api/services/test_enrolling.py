"""services: enrolling patients in programs, and cancelling them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from orders.models import ProductOrder
from programs.models import Enrollment
from programs.states import EnrollmentStatus
from tests.api.conftest import refused
from tests.api.services.programs import progress
from tests.factories import (
    AT,
    DAY,
    AppointmentFactory,
    EnrollmentFactory,
    PatientFactory,
    ProductFactory,
    ProductOrderFactory,
    ServiceFactory,
    ServicePlanFactory,
    ServicePlanProductFactory,
)

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


def test_enrolling_for_a_lifetime_orders_what_is_bundled(desk, practice, jane, kit, organization):
    pillow = ProductFactory(organization=organization, name="Cervical Pillow")
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


def test_a_hybrid_program_has_both_ends(desk, jane, organization):
    plan = ServicePlanFactory(organization=organization, hybrid=True, validity_days=120, access_months=1)
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


def test_a_plan_that_is_no_longer_sold_is_a_conflict(desk, jane, organization):
    plan = ServicePlanFactory(organization=organization, archived=True)
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


def test_a_patient_is_enrolled_again_before_the_first_program_ends(desk, jane, sessions):
    for _time in range(2):
        sent = {"patient_id": jane.pk, "service_plan_id": sessions.pk}
        assert desk.post("/v1/patient-service-plans", sent).status_code == 201
    assert Enrollment.objects.filter(patient=jane, service_plan=sessions, status="active").count() == 2


def test_what_was_sold_is_shown_as_it_was_sold(desk, organization, jane, sessions):
    sent = {"patient_id": jane.pk, "service_plan_id": sessions.pk}
    program_id = desk.post("/v1/patient-service-plans", sent).json()["id"]
    addresses = ("/v1/patient-service-plans", f"/v1/patient-service-plans/{program_id}")
    before = [desk.get(address).json() for address in addresses]
    type(sessions).objects.filter(pk=sessions.pk).update(
        name="Another",
        billing_model="hybrid",
        service=ServiceFactory(organization=organization),
        total_price=Decimal(1),
    )
    assert [desk.get(address).json() for address in addresses] == before
