"""Input that means harm or nonsense is a 4xx at the calendar's doors, too, and leaves nothing behind."""

import json

import pytest

from scheduling.models import Appointment, AvailableSlot, SlotSeries
from tests.api.availability.conftest import BATCH, BOOKS, SLOTS, wish
from tests.api.test_hostile_input import NONSENSE, deep
from tests.factories import PatientFactory, ServiceFactory, SpecialistFactory
from tests.plugins.counts import by_day

DESTROY = f"{BATCH}/destroy_in_batch"
VENDOR = "/flextell/api/v1"


CUSTOMER = (
    "first_name", "last_name", "phone_number", "email", "date_of_birth", "gender", "country_name",
    "identity_number", "job", "address", "avatar_url",
)  # fmt: skip


@pytest.fixture
def known(practice, organization):
    return {
        "provider": SpecialistFactory(organization=organization, works_at=[practice]),
        "patient": PatientFactory(organization=organization),
        "service": ServiceFactory(organization=organization, public=True),
    }


def writes(known):
    """A good request for each route: who calls, method, path, body, and under what its fields are."""
    provider, patient, service = (known[name] for name in ("provider", "patient", "service"))
    slot = wish(provider, appointment_type="x", recurring=True, recurrence_pattern="custom",
                recurrence_rule="FREQ=WEEKLY", recurrence_until="2026-03-01")  # fmt: skip
    row = {name: slot[name] for name in ("start_time", "end_time", "appointment_type")}
    flextell = {
        "customer_id": patient.pk, "user_id": provider.pk, "scheduled_at": "2026-02-20T05:31:56Z",
        "status": "pending", "treatments": [service.pk], "assistant_id": None, "parent_appointment_id": None,
        "description": "x", "cancellation_reason": "x", "room_id": None,
    }  # fmt: skip
    book = {"available_slot_id": 1, "patient_id": patient.pk, "appointment_type": "x", "notes": "x"}
    own = {"slot_id": 1, "service_id": str(service.uuid), "patient_service_plan_id": None, "patient_id": None,
           "policy_accepted": True}  # fmt: skip
    customer = dict.fromkeys(CUSTOMER, "x")
    return {
        "slot": ("admin", "POST", SLOTS, slot, "available_slot"),
        "slot changed": ("admin", "PUT", f"{SLOTS}/1", {**row, "provider_id": provider.pk}, "available_slot"),
        "batch": ("admin", "POST", f"{BATCH}/create_in_batch", {"provider_id": provider.pk, "slots": [row]}, ""),
        "batch row": ("admin", "POST", f"{BATCH}/create_in_batch", row, "row"),
        "batch deleted": ("admin", "DELETE", DESTROY, {"provider_id": provider.pk, "slot_ids": [1]}, ""),
        "book": ("admin", "POST", BOOKS, book, "book"),
        "appointment": ("admin", "POST", "/v1/appointments", flextell, ""),
        "customer": ("admin", "POST", f"{VENDOR}/customers", customer, ""),
        "own": ("me", "POST", "/v1/appointments/book", own, ""),
        "own moved": ("me", "PATCH", "/v1/me/appointments/1/reschedule", {"slot_id": 1}, ""),
        "own cancelled": ("me", "PATCH", "/v1/me/appointments/1/cancel", {"reason": "x"}, ""),
    }


NAMES = ["slot", "slot changed", "batch", "batch row", "batch deleted", "book", "appointment", "customer", "own",
         "own moved", "own cancelled"]  # fmt: skip
SHAPES = ({"error"}, {"errors"}, {"error", "message"})


def wrapped(body, under, known):
    if under == "row":
        return {"provider_id": known["provider"].pk, "slots": [body]}
    return {under: body} if under else body


@pytest.mark.parametrize("name", NAMES)
def test_no_value_of_any_field_is_a_server_error(request, known, name):
    who, method, path, good, under = writes(known)[name]
    caller = request.getfixturevalue(who)
    for number, field in enumerate(good):
        for value in by_day(NONSENSE, number, share=2):
            response = caller(method, path, wrapped({**good, field: value}, under, known))
            assert response.status_code < 500, (field, value, response.content)
            if response.status_code >= 400:
                assert set(response.json()) in SHAPES, (field, value)


@pytest.mark.parametrize("name", NAMES)
def test_a_body_that_is_no_object_is_refused(request, known, name):
    who, method, path, _good, under = writes(known)[name]
    caller = request.getfixturevalue(who)
    for body in ([], [1], "text", 7, True, None):
        sent = {under: body} if under and under != "row" else body
        response = caller(method, path, json.dumps(sent).encode())
        assert response.status_code == 422, (body, response.content)
    for body in (b"{", b"\x00", deep(65), b'{"a": NaN}', b'{"a": "\\ud800"}'):
        assert caller(method, path, body).status_code == 400
    assert not Appointment.objects.exists()
    assert not AvailableSlot.objects.exists()


RULES = [
    "FREQ=DAILY;INTERVAL=0",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31",
    "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=4",
    "FREQ=DAILY;BYSETPOS=366",
    "FREQ=WEEKLY;INTERVAL=999999999999",
    "FREQ=WEEKLY;COUNT=0",
    "FREQ=WEEKLY;COUNT=-1",
    "FREQ=SECONDLY",
    "FREQ=DAILY\nEXRULE:FREQ=DAILY",
    "FREQ=DAILY;UNTIL=00010101T000000",
    "FREQ=DAILY;UNTIL=20260301T000000Z",
    "FREQ=WEEKLY;BYDAY=XX",
    "FREQ=WEEKLY;BYDAY=99MO",
    "FREQ=WEEKLY;WKST=",
    "FREQ=",
    "=;=",
    "FREQ=DAILY;BYEASTER=1",
    "FREQ=YEARLY;BYWEEKNO=54",
    "FREQ=YEARLY;BYYEARDAY=400",
]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_without_sense_is_refused_or_harmless(admin, known, rule):
    sent = wish(known["provider"], recurring=True, recurrence_pattern="custom", recurrence_rule=rule)
    response = admin.post(SLOTS, {"available_slot": sent})
    assert response.status_code in (201, 422), response.content
    refused = rule in RULES[:5] or response.status_code == 422
    if refused:
        assert list(response.json()["errors"]) == ["recurrence_rule"]
        assert not SlotSeries.objects.exists()


@pytest.mark.parametrize(
    "path",
    [
        f"{SLOTS}/0", f"{SLOTS}/-1", f"{SLOTS}/01", f"{SLOTS}/{2**53}", f"{SLOTS}/{2**70}", f"{SLOTS}/%00",
        f"{SLOTS}/", "/v1/appointments/0", "/v1/appointments/x", f"/api/v1/appointments/{2**63}",
        f"{VENDOR}/customers/{2**70}", f"{VENDOR}/nothing", "/v1/me/appointments/0/cancel", "/v1/me/x",
        "/v1/appointments/book/1",
    ],
)  # fmt: skip
def test_a_path_that_is_none_is_a_404(admin, path):
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        response = admin(method, path, {} if method != "GET" else None)
        assert response.status_code == 404, method
        assert set(response.json()) in SHAPES


@pytest.mark.parametrize(
    "header", ["", "0", "-1", "1.5", "x", "1e3", str(2**53), str(2**70), "\u0661".encode().decode("latin-1")]
)
def test_a_tenant_that_is_no_id_is_refused(admin, practice, header):
    response = admin.get("/v1/appointments", headers={"X-Tenant": header})
    assert (response.status_code, response.json()["error"]) == (422, "validation_error")
