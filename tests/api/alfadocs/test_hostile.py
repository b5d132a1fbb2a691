"""Input that means harm or nonsense is a 4xx here, too, in the contract's words, and never a 500."""

import json

import pytest

from scheduling.models import Appointment
from tests.api.test_hostile_input import NONSENSE, deep
from tests.plugins.counts import FULL

PATIENT = (
    "firstName", "lastName", "email", "emailEnabled", "gender", "street", "city", "postcode", "province", "dateOfBirth",
    "dateBirth", "placeOfBirth", "italianFiscalCode", "job", "yearlyNumberingYear", "yearlyNumberingNumber",
    "defaultDiscount", "sourceId", "priceListId", "emailReminderPossible", "phoneNumbers", "_sampleCustomField",
    "sampleCustomField",
)  # fmt: skip


def writes(scene):
    """A good request for each route that takes a body."""
    own = f"patients/{scene.patient.pk}"
    appointment = {
        "date": "2026-03-02 09:00:00", "patientId": scene.patient.pk, "emailReminder": False, "smsReminder": True,
        "description": "x", "allDay": False, "type": "telehealth", "duration": 30, "state": "confirmed",
        "colorId": scene.color.pk, "chairId": scene.chair.pk, "operatorId": scene.operator.pk,
    }  # fmt: skip
    booked = Appointment.objects.first()
    return {
        "appointment": ("POST", "appointments", appointment),
        "appointment changed": ("PUT", f"appointments/{booked.pk if booked else 1}", appointment),
        "patient": ("POST", "patients", {**dict.fromkeys(PATIENT, None), "firstName": "A", "lastName": "B"}),
        "patient changed": ("PATCH", own, dict.fromkeys(PATIENT, None)),
        "number": ("POST", f"{own}/phone-numbers", {"prefix": "+39", "number": "1", "label": "x", "smsEnabled": True}),
        "document": ("POST", f"{own}/documents",
                     {"base64Data": "eA==", "type": "text", "name": "x.txt", "folderName": "x"}),
        "values": ("PUT", f"{own}/custom-fields", {"data": [{"technicalName": "sampleCustomField", "value": "x"}]}),
        "field": ("POST", "custom-fields", {"objectType": "patient", "label": "x", "technicalName": "x",
                                            "type": "dropdown", "choices": ["x"], "sequenceNumber": 1}),
        "transaction": ("POST", "transactions", {
            "amount": 1, "date": "2026-02-17", "direction": "incoming", "billId": None, "accountId": scene.account.pk,
            "paymentTypeId": scene.way.pk, "relatedToInsurance": False, "sistemaTsExpenseType": "tk"}),
        "integration": ("POST", "apps/integration/status", {"status": "success"}),
        "elements": ("PUT", "apps/ui-elements/x", {"data": [{"title": "x", "value": "x"}]}),
    }  # fmt: skip


NAMES = ["appointment", "appointment changed", "patient", "patient changed", "number", "document", "values", "field",
         "transaction", "integration", "elements"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_value_of_any_field_is_a_server_error(client, scene, name):
    if name == "appointment changed":
        client.post(f"{scene.path}/appointments", {"date": "2026-03-02 09:00:00", "colorId": scene.color.pk})
    method, path, good = writes(scene)[name]
    for number, field in enumerate(good):
        # By day each field gets a quarter of what is tried, at night all of it.
        for value in NONSENSE if FULL else NONSENSE[number % 4 :: 4]:
            response = client(method, f"{scene.path}/{path}", {**good, field: value})
            assert response.status_code in (200, 400, 404, 409, 413), (field, value, response.content)
            if response.status_code >= 400:
                assert set(response.json()) <= {"error", "error_description"}, (field, value)
    named = client(method, f"{scene.path}/{path}", {**good, "a\x00b": 1, "_\x00": "x"})
    assert named.status_code in (200, 400, 404, 409), named.content
    for body in (b"[]", b"7", b"null", b"{", b"\x00", deep(65), json.dumps("text").encode()):
        assert client(method, f"{scene.path}/{path}", body).status_code == 400, body


VALUES = ["", "%00", "%C2%B2", str(2**63), "-1", "0001-01-01", "9999-12-31", "2026-02-30", "a%00b", "%ED%A0%80", "1,,2",
          "2026-03-29 03:30:00", "x" * 3000]  # fmt: skip


def test_no_parameter_of_any_list_is_a_server_error(client, scene):
    lists = {
        "appointments": ("dateStart", "dateEnd", "state", "patientId"),
        "bills": ("dateStart", "dateEnd", "type", "direction", "carePlanId"),
        "transactions": ("dateStart", "dateEnd", "direction", "billId"),
        "free-slots": ("startDate", "endDate", "duration", "operatorIds"),
        "operators": ("ignoreDeleted", "italianFiscalCode"),
        "custom-fields": ("objectType",),
        "care-plan-entries": ("offset", "limit", "carePlanId"),
        "patients": ("phoneNumberPrefix", "phoneNumber", "italianFiscalCode", "offset", "limit", "firstName",
                     "lastName", "email", "dateBirth"),
    }  # fmt: skip
    for path, names in lists.items():
        for name in names:
            for value in VALUES:
                response = client.get(f"{scene.path}/{path}?{name}={value}")
                assert response.status_code in (200, 400), (path, name, value, response.content)


def test_the_numbers_of_a_changed_patient_are_whole(client, scene):
    for number in ({}, {"prefix": "+39"}, {"number": "3471234567"}):
        response = client("PATCH", f"{scene.path}/patients/{scene.patient.pk}", {"phoneNumbers": [number]})
        assert response.status_code == 400, (number, response.content)


def test_a_filter_that_is_told_twice_is_refused(client, scene):
    """The last of them was taken, and an empty last one listed everything; what is ignored may come twice."""
    for path in ("appointments?patientId=1&patientId=", "patients?email=a&email=b", "appointments?x=1&x=2"):
        response = client("GET", f"{scene.path}/{path}")
        assert response.status_code == (200 if "x=" in path else 400), (path, response.content)
