"""services: registering for a service without choosing a time."""

import pytest

from scheduling.models import Appointment
from tests.api.conftest import Caller, refused
from tests.factories import AT, ServiceFactory

EXAMPLE = {"contact_name": "John Doe", "contact_email": "john@example.org", "contact_phone": "+40123456789"}


@pytest.fixture
def service(organization):
    return ServiceFactory(organization=organization, public=True, name="Second Opinion", code="second")


def test_registering_answers_as_the_specification_writes_it(anyone, practice, service):
    response = anyone.post(f"/v1/services/{service.uuid}/register", EXAMPLE)
    appointment = Appointment.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "appointment_id": appointment.pk,
        "service": {"name": "Second Opinion"},
        "status": "booked",
        "message": "Thank you! We will contact you shortly.",
    }
    assert (appointment.practice_id, appointment.status, appointment.starts_at) == (practice.pk, "requested", None)
    assert (appointment.contact_name, appointment.contact_email, appointment.contact_phone) == tuple(EXAMPLE.values())
    assert (appointment.created_via, appointment.created_at) == ("api", AT)
    assert [row.service_id for row in appointment.services.all()] == [service.pk]


@pytest.mark.parametrize("only", ["contact_email", "contact_phone"])
def test_one_way_to_call_back_is_enough(anyone, practice, service, only):
    sent = {"contact_name": "John Doe", only: EXAMPLE[only]}
    assert anyone.post(f"/v1/services/{service.uuid}/register", sent).status_code == 201


@pytest.mark.parametrize(
    ("sent", "fields"),
    [
        ({}, ["contact_name"]),
        ({"contact_name": "John Doe"}, ["contact_email", "contact_phone"]),
        ({"contact_name": "John Doe", "contact_email": "", "contact_phone": None}, ["contact_email", "contact_phone"]),
        ({**EXAMPLE, "contact_name": ""}, ["contact_name"]),
        ({**EXAMPLE, "contact_name": "J" * 256}, ["contact_name"]),
        ({**EXAMPLE, "contact_email": "john"}, ["contact_email"]),
        ({**EXAMPLE, "contact_phone": 40123456789}, ["contact_phone"]),
        ({**EXAMPLE, "contact_phone": "1" * 33}, ["contact_phone"]),
        ({**EXAMPLE, "contact_name": "J\u0000hn"}, ["contact_name"]),
        ({**EXAMPLE, "status": "done"}, ["status"]),
    ],
)
def test_a_bad_registration_names_its_fields(anyone, practice, service, sent, fields):
    response = anyone.post(f"/v1/services/{service.uuid}/register", sent)
    assert response.status_code == 422
    assert sorted(response.json()["error"]["details"]["fields"]) == fields
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("who", ["anyone", "me", "desk"])
@pytest.mark.parametrize("hidden", [{"published": False}, {"is_public": False}, {"archived_at": AT}])
def test_a_service_that_is_not_public_takes_no_registrations(who, hidden, practice, service, request):
    for name, value in hidden.items():
        setattr(service, name, value)
    service.save()
    caller = request.getfixturevalue(who)
    response = caller.post(f"/v1/services/{service.uuid}/register", EXAMPLE)
    assert response.status_code == 404
    assert response.json() == refused("service_not_found", "Service not found")
    assert not Appointment.objects.exists()


def test_the_header_names_the_practice(anyone, practice, other_practice, foreign_practice, service):
    path = f"/v1/services/{service.uuid}/register"
    response = anyone.post(path, EXAMPLE, headers={"X-Organization-ID": str(other_practice.pk)})
    assert response.status_code == 201
    assert Appointment.objects.get().practice_id == other_practice.pk
    response = anyone.post(path, EXAMPLE, headers={"X-Organization-ID": str(foreign_practice.pk)})
    assert response.status_code == 404
    assert response.json() == refused("practice_not_found", "Practice not found")
    assert Appointment.objects.count() == 1


def test_strangers_register_twenty_times_an_hour_from_one_address(anyone, practice, service):
    path = f"/v1/services/{service.uuid}/register"
    for _time in range(20):
        assert anyone.post(path, EXAMPLE).status_code == 201
    response = anyone.post(path, EXAMPLE)
    assert response.status_code == 429
    assert response.json()["error"]["code"] == "rate_limited"
    assert response.json()["error"]["details"] == {"fields": {}}
    assert 0 < int(response["Retry-After"]) <= 3600
    assert Appointment.objects.count() == 20
    assert anyone.get(f"/v1/services/{service.uuid}").status_code == 200
    elsewhere = Caller()
    assert elsewhere.post(path, EXAMPLE, REMOTE_ADDR="10.0.0.2").status_code == 201


def test_staff_register_whoever_calls_without_a_limit(desk, practice, service):
    for _time in range(21):
        assert desk.post(f"/v1/services/{service.uuid}/register", EXAMPLE).status_code == 201
