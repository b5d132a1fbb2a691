"""The specification replayed byte for byte: its requests, under its ids and at its dates, and its answers."""

import json
from datetime import UTC, datetime

import pytest
from django.core.management.color import no_style
from django.db import connection

from scheduling.models import Appointment, AvailableSlot
from tests.api.conftest import Caller
from tests.factories import AppointmentFactory, PatientFactory, SlotFactory, SpecialistFactory

BASE = "/v1/admin/clinic/availability"

CREATE_SLOT = b"""{
"available_slot": {
"provider_id": 456,
"start_time": "2023-10-27T14:00:00.000Z",
"end_time": "2023-10-27T15:00:00.000Z",
"appointment_type": "therapy",
"recurring": true,
"recurrence_pattern": "weekly"
}
}"""
CREATE_BATCH = b"""{
"provider_id": 456,
"slots": [
{
"start_time": "2023-10-27T09:00:00.000Z",
"end_time": "2023-10-27T10:00:00.000Z",
"appointment_type": "therapy"
},
{
"start_time": "2023-10-27T10:00:00.000Z",
"end_time": "2023-10-27T11:00:00.000Z",
"appointment_type": "therapy"
}
]
}"""
CREATE_BOOK = b"""{
"book": {
"available_slot_id": 789,
"patient_id": 1049,
"appointment_type": "therapy",
"notes": "Initial consultation"
}
}"""

SLOT = json.loads("""{
"id": 789,
"provider_id": 456,
"start_time": "2023-10-27T14:00:00.000Z",
"end_time": "2023-10-27T15:00:00.000Z",
"appointment_type": "therapy",
"available": true,
"recurring": true,
"recurrence_pattern": "weekly",
"created_at": "2023-10-20T10:00:00.000Z",
"updated_at": "2023-10-20T10:00:00.000Z",
"provider": {
"id": 456,
"first_name": "Dr. Jane",
"last_name": "Smith"
}
}""")
BATCH = json.loads("""{
"created_slots": 2,
"failed_slots": 0,
"slot_ids": [789, 790],
"errors": []
}""")
BOOK = json.loads("""{
"id": 123,
"available_slot_id": 789,
"patient_id": 1049,
"appointment_type": "therapy",
"notes": "Initial consultation",
"status": "confirmed",
"created_at": "2023-10-27T12:00:00.000Z",
"updated_at": "2023-10-27T12:00:00.000Z"
}""")
UNAUTHORIZED = {"errors": "You are not authorized to perform this action."}
FORBIDDEN = {"errors": "Admin access required"}
CONFLICT = {"errors": "Time slot conflicts with existing availability"}

# What the specification's 422 says of each field.
BLANK, PAST, BACKWARDS = "can't be blank", "must be in the future", "must be after start time"


def numbered_from(factory, pk, **more):
    """The next row of the factory's model will have this id."""
    row = factory(pk=pk - 1, **more)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [type(row)]):
            cursor.execute(statement)
    type(row).objects.filter(pk=row.pk).delete()


@pytest.fixture
def example(admin, practice, organization, clock):
    """The specification's provider and patient, on the day of its slot; `example(method, path, body)` calls the API."""
    clock.now = datetime(2023, 10, 20, 10, 0, tzinfo=UTC)
    provider = SpecialistFactory(
        pk=456, organization=organization, works_at=[practice], first_name="Dr. Jane", last_name="Smith"
    )
    PatientFactory(pk=1049, organization=organization)
    numbered_from(SlotFactory, 789, specialist=provider, practice=practice)
    numbered_from(AppointmentFactory, 123, practice=practice)
    key = admin.headers["Authorization"].removeprefix("Bearer ")
    return Caller(**{"X-User-Token": key, "Content-Type": "application/json"})


def page(*slots, key="available_slots"):
    return {key: list(slots), "page": 1, "page_size": 25, "total": len(slots)}


def answer(response):
    return response.status_code, response.json()


def other(pk, start, end, **more):
    """A slot like the specification's with another id, at another time."""
    return SLOT | {"id": pk, "start_time": f"{start}:00:00.000Z", "end_time": f"{end}:00:00.000Z"} | more


def test_the_specified_slot_is_created_listed_searched_shown_changed_and_deleted(example):
    one = f"{BASE}/available_slots/789"
    assert answer(example.post(f"{BASE}/available_slots", CREATE_SLOT)) == (201, SLOT)
    listed = example.get(
        f"{BASE}/available_slots?provider_id=456&start_date=2023-10-27&end_date=2023-10-27&available=true"
    )
    assert answer(listed) == (200, page(SLOT))
    found = example.get(
        f"{BASE}/available_slots/search?provider_id=456&date=2023-10-27&duration=60&appointment_type=therapy"
    )
    assert answer(found) == (200, page(SLOT))
    assert answer(example.get(one)) == (200, SLOT)
    changed = SLOT | {"appointment_type": "consultation"}
    assert answer(example.put(one, {"available_slot": {"appointment_type": "consultation"}})) == (200, changed)
    gone = example.delete(one)
    assert (gone.status_code, gone.content) == (204, b"")
    assert answer(example.get(one)) == (404, {"errors": "Slot not found"})


def test_the_specified_list_request_lists_what_its_slot_generated(example):
    """ "Recurring slots automatically generate future availability": 16:00 in Bucharest is 15:00 UTC from the 29th."""
    example.post(f"{BASE}/available_slots", CREATE_SLOT)
    body = example.get(f"{BASE}/available_slots?provider_id=456&start_date=2023-10-27").json()
    second = body["available_slots"][1]
    assert body["available_slots"][0] == SLOT
    assert second == other(790, "2023-11-03T15", "2023-11-03T16")
    assert (body["page"], body["page_size"], body["total"]) == (1, 25, len(body["available_slots"]))
    assert example.get(f"{BASE}/providers/available_slots?provider_id=456").json() == body


def test_the_specified_batch_is_created_and_deleted(example):
    slots = f"{BASE}/providers/available_slots"
    assert answer(example.post(f"{slots}/create_in_batch", CREATE_BATCH)) == (201, BATCH)
    single = {"recurring": False, "recurrence_pattern": None}
    made = [
        other(789, "2023-10-27T09", "2023-10-27T10", **single),
        other(790, "2023-10-27T10", "2023-10-27T11", **single),
    ]
    assert answer(example.get(slots)) == (200, page(*made))
    deleted = example("DELETE", f"{slots}/destroy_in_batch", {"provider_id": 456, "slot_ids": [789, 790]})
    expected = {"deleted_slots": 2, "failed_slots": 0, "slot_ids": [789, 790], "errors": []}
    assert answer(deleted) == (200, expected)
    assert answer(example.get(slots)) == (200, page())


def test_the_specified_batch_sent_again_names_what_each_row_hits(example):
    example.post(f"{BASE}/providers/available_slots/create_in_batch", CREATE_BATCH)
    again = example.post(f"{BASE}/providers/available_slots/create_in_batch", CREATE_BATCH)
    text = CONFLICT["errors"]
    hits = [f"{text} (the slot Fri 27 Oct 2023, 12:00 – 13:00)", f"{text} (the slot Fri 27 Oct 2023, 13:00 – 14:00)"]
    errors = [{"index": index, "errors": {"base": [hit]}} for index, hit in enumerate(hits)]
    assert answer(again) == (201, {"created_slots": 0, "failed_slots": 2, "slot_ids": [], "errors": errors})
    assert AvailableSlot.objects.count() == 2


def test_the_specified_book_is_created_and_listed(example, clock):
    example.post(f"{BASE}/available_slots", CREATE_SLOT)
    clock.now = datetime(2023, 10, 27, 12, 0, tzinfo=UTC)
    assert answer(example.post(f"{BASE}/books", CREATE_BOOK)) == (201, BOOK)
    assert answer(example.get(f"{BASE}/books")) == (200, page(BOOK, key="books"))
    shown = example.get(f"{BASE}/available_slots/789").json()
    assert (shown["available"], shown["id"]) == (False, 789)
    assert example.post(f"{BASE}/books", CREATE_BOOK).status_code == 409
    assert Appointment.objects.count() == 1


def test_the_specified_refusals_are_to_the_letter(example, desk, anyone):
    slots = f"{BASE}/available_slots"
    assert answer(desk.post(slots, CREATE_SLOT)) == (403, FORBIDDEN)
    assert answer(anyone.post(slots, CREATE_SLOT)) == (
        401,
        {"errors": "You are not authorized to perform this action."},
    )
    nothing = {"available_slot": {}}
    told = {name: [BLANK] for name in ("provider_id", "start_time", "end_time")}
    assert answer(example.post(slots, nothing)) == (422, {"errors": told})
    past = json.loads(CREATE_SLOT)
    past["available_slot"] |= {"start_time": "2023-10-19T14:00:00.000Z", "end_time": "2023-10-19T13:00:00.000Z"}
    assert answer(example.post(slots, past)) == (422, {"errors": {"start_time": [PAST], "end_time": [BACKWARDS]}})
    assert not AvailableSlot.objects.exists()
    example.post(slots, CREATE_SLOT)
    assert answer(example.post(slots, CREATE_SLOT)) == (409, CONFLICT)


@pytest.mark.parametrize(
    ("pattern", "days"),
    [
        ("daily", ["2023-10-27", "2023-10-28", "2023-10-29"]),
        ("weekly", ["2023-10-27", "2023-11-03", "2023-11-10"]),
        ("biweekly", ["2023-10-27", "2023-11-10", "2023-11-24"]),
        ("monthly", ["2023-10-27", "2023-11-27", "2023-12-27"]),
        ("custom", ["2023-10-27", "2023-11-06", "2023-11-16"]),
    ],
)
def test_each_of_the_specified_patterns_makes_its_days(example, pattern, days):
    sent = json.loads(CREATE_SLOT)
    sent["available_slot"] |= {"recurrence_pattern": pattern, "recurrence_until": days[-1]}
    if pattern == "custom":
        sent["available_slot"]["recurrence_rule"] = "FREQ=DAILY;INTERVAL=10"
    created = example.post(f"{BASE}/available_slots", sent)
    assert answer(created) == (201, SLOT | {"recurrence_pattern": pattern})
    listed = example.get(f"{BASE}/available_slots").json()["available_slots"]
    assert [slot["start_time"][:10] for slot in listed] == days
    assert {slot["recurrence_pattern"] for slot in listed} == {pattern}


@pytest.mark.parametrize(
    "word", ["therapy", "consultation", "follow_up", "assessment", "group_therapy", "medication_review"]
)
def test_each_of_the_specified_appointment_types_is_kept_as_it_is(example, word):
    sent = CREATE_SLOT.replace(b'"therapy"', json.dumps(word).encode())
    assert answer(example.post(f"{BASE}/available_slots", sent)) == (201, SLOT | {"appointment_type": word})
