"""The specification replayed: its request with existing ids, answered by every field of its document, in its type."""

import json

import pytest

from api.flextell.appointments import AppointmentInput
from scheduling.models import Appointment
from tests.api.flextell.conftest import VENDOR
from tests.factories import AppointmentFactory

PATHS = ["/v1/appointments", "/api/v1/appointments", f"{VENDOR}/appointments"]

# The specification writes 123 for every id; a doctor does not assist themselves, so each has its own here.
REQUEST = """
{
  "customer_id": %(customer)d,
  "user_id": %(user)d,
  "scheduled_at": "2023-11-07T05:31:56Z",
  "status": "%(status)s",
  "treatments": [
    %(treatment)d
  ],
  "assistant_id": %(assistant)d,
  "parent_appointment_id": %(parent)d,
  "description": "<string>",
  "cancellation_reason": "<string>",
  "room_id": %(room)d
}
"""
DOCUMENT = json.loads("""
{
  "success": "<string>",
  "data": {
    "id": 123,
    "customer_id": 123,
    "room_id": 123,
    "parent_appointment_id": 123,
    "code": "<string>",
    "relation_type": "<string>",
    "description": "<string>",
    "scheduled_at": "2023-11-07T05:31:56Z",
    "status": "<string>",
    "cancellation_reason": "<string>",
    "creation_type": "<string>",
    "assistants": [
      {
        "id": 123,
        "name": "<string>"
      }
    ],
    "created_at": "2023-11-07T05:31:56Z",
    "updated_at": "2023-11-07T05:31:56Z",
    "deleted_at": "2023-11-07T05:31:56Z",
    "customer": {
      "id": 123,
      "first_name": "<string>",
      "last_name": "<string>",
      "phone_number": "<string>",
      "email": "<string>",
      "date_of_birth": "2023-11-07T05:31:56Z",
      "gender": "male",
      "country_name": "<string>",
      "identity_number": "<string>",
      "job": "<string>",
      "address": "<string>",
      "default_channel_id": 123,
      "avatar_url": "<string>",
      "related_user": {
        "id": 123,
        "name": "<string>"
      },
      "created_at": "2023-11-07T05:31:56Z",
      "updated_at": "2023-11-07T05:31:56Z",
      "deleted_at": "2023-11-07T05:31:56Z"
    },
    "doctor": {
      "id": 123,
      "name": "<string>"
    },
    "room": {
      "id": 123,
      "name": "<string>",
      "status": "<string>",
      "created_at": "2023-11-07T05:31:56Z",
      "updated_at": "2023-11-07T05:31:56Z",
      "deleted_at": "2023-11-07T05:31:56Z"
    },
    "parent_appointment": "<unknown>",
    "child_appointments": "<array>",
    "treatments": [
      {
        "id": 123,
        "name": "<string>",
        "price": "<string>",
        "description": "<string>",
        "session": 123,
        "is_active": "<string>",
        "extra_info": {},
        "created_at": "2023-11-07T05:31:56Z",
        "updated_at": "2023-11-07T05:31:56Z",
        "deleted_at": "2023-11-07T05:31:56Z",
        "products": [
          {
            "id": 123,
            "name": "<string>",
            "full_name": "<string>",
            "barcode": "<string>",
            "description": "<string>",
            "box_quantity": "<string>",
            "unit_volume": "<string>",
            "critical_stock_level": 123,
            "invoice_name": "<string>",
            "price": 123,
            "tax_rate": 123,
            "is_active": "<string>",
            "brand": {
              "id": 123,
              "name": "<string>"
            },
            "product_type": {
              "id": 123,
              "name": "<string>",
              "category": "<string>"
            },
            "category": {
              "id": 123,
              "name": "<string>"
            },
            "unit_code": {
              "id": "<string>",
              "name": "<string>",
              "code": "<string>"
            }
          }
        ],
        "users": [
          {
            "id": 123,
            "name": "<string>"
          }
        ],
        "sessions": [
          {
            "id": 123,
            "session_order": 123,
            "session_type": "control",
            "next_gap_days": 123,
            "offset_days": 123
          }
        ]
      }
    ]
  }
}
""")
# Nothing here is deleted; no channels are kept (data dictionary 9); after the last step of a protocol comes no gap.
MAY_BE_NULL = {"deleted_at", "default_channel_id", "next_gap_days"}


@pytest.fixture
def sent(whole_scene, practice):
    """The specification's request in a status, for a clinic in which everything that it can show is there."""
    scene = whole_scene
    parent = AppointmentFactory(practice=practice, patient=scene.customer)
    ids = {
        "customer": scene.customer.pk,
        "user": scene.doctor.pk,
        "treatment": scene.treatment.pk,
        "assistant": scene.helper.pk,
        "parent": parent.pk,
        "room": scene.room.pk,
    }
    return lambda status: (REQUEST % {"status": status, **ids}).encode()


def differences(document, found, name="data"):
    """Where `found` is not what the document shows: other fields, or values of another type."""
    if document in ("<unknown>", "<array>"):
        kind = dict if document == "<unknown>" else list
        return [] if isinstance(found, kind) else [f"{name} is {found!r}"]
    if isinstance(document, dict) and isinstance(found, dict):
        told = [f"{name}.{key}" for key in document.keys() ^ found.keys()]
        return told + [one for key in document.keys() & found.keys()
                       for one in differences(document[key], found[key], f"{name}.{key}")]  # fmt: skip
    if isinstance(document, list) and isinstance(found, list):
        return [one for index, item in enumerate(found) for one in differences(document[0], item, f"{name}.{index}")]
    if found is None and name.rpartition(".")[2] in MAY_BE_NULL:
        return []
    kinds = (int, float) if isinstance(document, int) else type(document)
    fits = isinstance(found, kinds) and not isinstance(found, bool)
    if fits and isinstance(document, str) and document.endswith("Z"):
        fits = len(found) == len(document) and found.endswith("Z")
    return [] if fits else [f"{name} is {found!r}"]


@pytest.mark.parametrize("path", PATHS)
def test_the_specified_request_is_answered_by_every_field_of_its_document(admin, sent, path):
    created = admin.post(path, sent("pending"))
    assert created.status_code == 201, created.content
    body = created.json()
    assert differences(DOCUMENT, body) == []
    assert body["success"] == "true"
    shown = admin.get(f"{path}/{body['data']['id']}")
    assert (shown.status_code, shown.content) == (200, created.content)


@pytest.mark.parametrize("status", ["pending", "approved", "cancelled", "rejected", "completed", "no_show"])
def test_what_the_specification_sends_comes_back_in_each_of_its_states(admin, sent, status):
    request = json.loads(sent(status))
    body = admin.post("/v1/appointments", sent(status)).json()["data"]
    echoed = ("customer_id", "scheduled_at", "status", "parent_appointment_id", "description", "cancellation_reason",
              "room_id")  # fmt: skip
    assert {name: body[name] for name in echoed} == {name: request[name] for name in echoed}
    assert body["doctor"]["id"] == request["user_id"]
    assert [one["id"] for one in body["assistants"]] == [request["assistant_id"]]
    assert [one["id"] for one in body["treatments"]] == request["treatments"]
    assert body["parent_appointment"]["id"] == request["parent_appointment_id"]


NULLABLE = ("assistant_id", "parent_appointment_id", "description", "cancellation_reason", "room_id")


@pytest.mark.parametrize("empty", ["null", "absent"])
def test_what_the_specification_lets_be_null_may_be_null_or_absent(admin, sent, empty):
    request = json.loads(sent("pending"))
    for name in NULLABLE:
        request[name] = None
        if empty == "absent":
            del request[name]
    body = admin.post("/v1/appointments", request).json()["data"]
    told = ("parent_appointment_id", "parent_appointment", "description", "cancellation_reason", "room_id", "room")
    assert {body[name] for name in told} == {None}
    assert body["assistants"] == []
    assert set(AppointmentInput().fields) == set(json.loads(sent("pending")))


@pytest.mark.parametrize("name", ["customer_id", "user_id", "scheduled_at", "treatments"])
def test_what_the_specification_requires_is_required(admin, sent, name):
    request = json.loads(sent("pending"))
    del request[name]
    response = admin.post("/v1/appointments", request)
    expected = {"error": "validation_error", "message": f"The '{name}' field is required."}
    assert (response.status_code, response.json()) == (422, expected)
    assert Appointment.objects.count() == 1
