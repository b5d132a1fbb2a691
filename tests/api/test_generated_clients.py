"""Clients that a public generator makes of our documents upload, download and change, and understand each answer."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone

from scheduling.models import Appointment
from tests.api.generated import Calls, generated_client
from tests.factories import ApiKeyFactory, PatientFactory, ServiceFactory, ServiceSpecialistFactory, SpecialistFactory

pytestmark = [pytest.mark.engine_independent, pytest.mark.django_db(transaction=True)]

KEY = "ck_a-generated-client"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64


@pytest.fixture
def clock():
    """The real one: the clients have their own."""


@pytest.fixture
def calls(tmp_path, live_server, admin_user):
    """`calls("services", prefix="Bearer")`: a client of the contract with a clinic admin's key."""
    ApiKeyFactory(user=admin_user, text=KEY)

    def make(contract, **how):
        package = generated_client(tmp_path, contract)
        return Calls(package, package.AuthenticatedClient(live_server.url, KEY, **how))

    return make


@pytest.fixture
def doctor(practice):
    return SpecialistFactory(organization=practice.organization, works_at=[practice])


def at_nine(days):
    return (timezone.now() + timedelta(days=days)).replace(hour=9, minute=0, second=0, microsecond=0)


def test_services(calls, practice, doctor):
    call = calls("services", prefix="Bearer")
    patient = PatientFactory(organization=practice.organization)
    made = call("create_service", {"name": "Massage", "category": "therapy", "duration_minutes": 30, "base_price": 70})
    service = made.id
    changed = call("update_service", {**made.to_dict(), "name": "Deep massage"}, service_id=service)
    assert (changed.name, call("get_service", service_id=service).name) == ("Deep massage", "Deep massage")
    call("assign_specialist", {"specialist_id": doctor.pk, "custom_price": 65}, service_id=service)
    assert len(call("list_service_specialists", service_id=service).specialists) == 1

    file = call.package.types.File(payload=BytesIO(PNG), file_name="x-ray.png", mime_type="image/png")
    kept = call("upload_attachment", upload={"file": file}, service_id=service)
    read = call("download_attachment", service_id=service, attachment_id=kept.id, file_name="x-ray.png")
    assert read.payload.read() == PNG
    call("delete_attachment", service_id=service, attachment_id=kept.id)

    product = call("create_product", {"name": "Pillow", "price": 40})
    call("update_product", {**product.to_dict(), "price": 45}, product_id=product.id)
    plan = call(
        "create_service_plan",
        {"name": "Ten", "service_id": str(service), "billing_model": "session_based", "sessions_total": 10,
         "total_price": 500, "is_published": True},
    )  # fmt: skip
    call("bundle_product", {"product_id": str(product.id), "quantity": 1}, plan_id=plan.id)
    program = call("enroll_patient", {"patient_id": patient.pk, "service_plan_id": plan.id})
    (order,) = call("list_product_orders").product_orders
    assert order.patient_service_plan_id == program.id
    call("update_product_order_status", {"status": "confirmed"}, order_id=order.id)
    shipped = call("update_product_order_status", {"status": "shipped", "tracking_number": "RO1"}, order_id=order.id)
    assert shipped.tracking_number == "RO1"
    call("cancel_patient_service_plan", {"reason": "Moved"}, program_id=program.id)
    unused = call("create_service", {"name": "Once", "category": "therapy", "duration_minutes": 30, "base_price": 1})
    call("delete_service", service_id=unused.id)


def test_availability(calls, practice, doctor):
    call = calls("availability", prefix="", auth_header_name="X-User-Token")
    patient = PatientFactory(organization=practice.organization)
    service = ServiceFactory(organization=practice.organization, code="consult", duration_minutes=30)

    def slot(days, **more):
        starts = at_nine(days)
        ends = starts + timedelta(minutes=30)
        return {"provider_id": doctor.pk, "start_time": starts.isoformat(), "end_time": ends.isoformat(), **more}

    made = call("create_available_slot", {"available_slot": slot(3)})
    changed = call("update_available_slot", {"available_slot": {"appointment_type": "consult"}}, slot_id=made.id)
    assert changed.appointment_type == "consult" == call("get_available_slot", slot_id=made.id).appointment_type
    assert [one.id for one in call("list_available_slots").available_slots] == [made.id]
    book = {"available_slot_id": made.id, "patient_id": patient.pk, "appointment_type": service.code}
    booked = call("create_book", {"book": book})
    assert [one.id for one in call("list_books").books] == [booked.id]
    assert Appointment.objects.get().pk == booked.id
    rows = [{name: value for name, value in slot(days).items() if name != "provider_id"} for days in (5, 6)]
    call("create_available_slots_in_batch", {"provider_id": doctor.pk, "slots": rows})
    call("delete_available_slot", slot_id=max(one.id for one in call("list_available_slots").available_slots))


def test_flextell(calls, practice, doctor):
    call = calls("flextell", prefix="Bearer")
    service = ServiceFactory(organization=practice.organization, duration_minutes=30)
    ServiceSpecialistFactory(service=service, specialist=doctor)
    tenant = {"x_tenant": practice.pk}
    made = call("create_customer", {"first_name": "Ada", "last_name": "Kern", "phone_number": "0722123456"}, **tenant)
    customer = made.data.id
    assert call("get_customer", customer_id=customer, **tenant).data.last_name == "Kern"
    wish = {
        "customer_id": customer,
        "user_id": doctor.pk,
        "scheduled_at": at_nine(4).isoformat(),
        "status": "approved",
        "treatments": [service.pk],
    }
    booked = call("create_appointment", wish, **tenant).data.id
    assert call("get_appointment", appointment_id=booked, **tenant).data.customer.id == customer
    days = {"from_": at_nine(4).date(), "to": at_nine(4).date()}
    assert [one.id for one in call("get_calendar", **days, **tenant).data] == [booked]
    assert [one.id for one in call("list_appointments", **tenant).data] == [booked]
    call("list_customers", **tenant)
    call("list_tenants")
    assert call.called == set(call.known)
