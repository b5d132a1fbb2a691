"""availability: many slots at once."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from scheduling.models import AvailableSlot, SlotBatch
from tests.api.availability.conftest import BATCH, BOOKS, wish
from tests.factories import PatientFactory, SpecialistFactory

CREATE, DESTROY = f"{BATCH}/create_in_batch", f"{BATCH}/destroy_in_batch"
EXAMPLE = [
    {
        "start_time": "2023-10-27T09:00:00.000Z",
        "end_time": "2023-10-27T10:00:00.000Z",
        "appointment_type": "therapy",
    },
    {
        "start_time": "2023-10-27T10:00:00.000Z",
        "end_time": "2023-10-27T11:00:00.000Z",
        "appointment_type": "therapy",
    },
]


CONFLICT = "Time slot conflicts with existing availability"


def row(**more):
    """A row of a batch."""
    sent = wish(SimpleNamespace(pk=0), **more)
    del sent["provider_id"]
    return sent


def test_the_specified_batch_answers_as_the_specification_writes_it(admin, provider, clock):
    clock.now = datetime(2023, 10, 20, tzinfo=UTC)
    response = admin.post(CREATE, {"provider_id": provider.pk, "slots": EXAMPLE})
    ids = list(AvailableSlot.objects.order_by("starts_at").values_list("pk", flat=True))
    assert response.status_code == 201
    assert response.json() == {"created_slots": 2, "failed_slots": 0, "slot_ids": ids, "errors": []}
    assert len(ids) == 2


def test_the_good_are_made_and_each_bad_one_is_named(admin, provider, offered):
    offered()
    rows = [
        row(days=4),
        row(),
        {"start_time": "nonsense", "end_time": ""},
        row(days=4, hours=0.5),
        row(days=5),
        row(days=-1),
        "text",
        row(days=6, minutes=-5),
        row(days=7) | {"appointment_type": "x" * 51},
        row(days=8) | {"colour": 1},
    ]
    response = admin.post(CREATE, {"provider_id": provider.pk, "slots": rows})
    made = list(AvailableSlot.objects.exclude(batch=None).order_by("pk").values_list("pk", flat=True))
    assert response.status_code == 201
    body = response.json()
    assert body["slot_ids"] == made
    assert (body["created_slots"], body["failed_slots"], len(made)) == (2, 8, 2)
    assert body["errors"] == [
        {
            "index": 1,
            "errors": {
                "base": [
                    "Time slot conflicts with existing availability (the slot Fri 20 Feb 2026, 12:00 – 13:00)",
                ]
            },
        },
        {"index": 2, "errors": {"start_time": ["must be an ISO 8601 date-time"], "end_time": ["can't be blank"]}},
        {
            "index": 3,
            "errors": {
                "base": [
                    f"{CONFLICT} (number 0 of this batch, Sat 21 Feb 2026, 12:00 – 13:00)",
                ]
            },
        },
        {"index": 5, "errors": {"start_time": ["must be in the future"]}},
        {"index": 6, "errors": {"base": ["Invalid data. Expected a dictionary, but got str."]}},
        {"index": 7, "errors": {"end_time": ["must be after start time"]}},
        {"index": 8, "errors": {"appointment_type": ["Ensure this field has no more than 50 characters."]}},
        {"index": 9, "errors": {"colour": ["is not a field of this request"]}},
    ]


@pytest.mark.parametrize(
    ("sent", "fields"),
    [
        ({}, {"provider_id": ["can't be blank"], "slots": ["can't be blank"]}),
        ({"provider_id": 1, "slots": []}, {"slots": ["This list may not be empty."]}),
        ({"provider_id": 1, "slots": [{}] * 10_001}, {"slots": ["Ensure this field has no more than 10000 elements."]}),
        ({"provider_id": 1, "slots": "all"}, {"slots": ['Expected a list of items but got type "str".']}),
    ],
)
def test_a_request_that_is_no_batch_is_refused_as_a_whole(admin, practice, sent, fields):
    response = admin.post(CREATE, sent)
    assert (response.status_code, response.json()) == (422, {"errors": fields})
    assert not SlotBatch.objects.exists()


@pytest.mark.parametrize(("method", "path"), [("POST", CREATE), ("DELETE", DESTROY)])
def test_a_provider_of_another_organization_is_as_if_there_were_none(admin, foreign_practice, method, path):
    stranger = SpecialistFactory(organization=foreign_practice.organization, works_at=[foreign_practice])
    sent = {"slots": [row()]} if method == "POST" else {"slot_ids": [1]}
    for provider_id in (stranger.pk, 999_999):
        response = admin(method, path, {"provider_id": provider_id, **sent})
        assert (response.status_code, response.json()) == (404, {"errors": "Specialist not found"})
    assert not AvailableSlot.objects.exists()


def test_many_are_deleted_and_the_others_are_named(admin, provider, practice, offered, organization):
    first, booked, third = offered(days=1), offered(days=2), offered(days=3)
    colleague = SpecialistFactory(organization=organization, works_at=[practice])
    theirs = admin.post(CREATE, {"provider_id": colleague.pk, "slots": [row()]}).json()["slot_ids"][0]
    book = {"available_slot_id": booked["id"], "patient_id": PatientFactory(organization=organization).pk}
    admin.post(BOOKS, {"book": book})
    sent = [first["id"], booked["id"], theirs, 999_999, third["id"], first["id"]]
    response = admin("DELETE", DESTROY, {"provider_id": provider.pk, "slot_ids": sent})
    assert response.status_code == 200
    assert response.json() == {
        "deleted_slots": 2,
        "failed_slots": 3,
        "slot_ids": [first["id"], third["id"]],
        "errors": [
            {"index": 1, "errors": {"slot_ids": ["is booked"]}},
            {"index": 2, "errors": {"slot_ids": ["not found"]}},
            {"index": 3, "errors": {"slot_ids": ["not found"]}},
        ],
    }
    left = AvailableSlot.objects.filter(withdrawn_at=None).values_list("pk", flat=True)
    assert set(left) == {booked["id"], theirs}


@pytest.mark.parametrize("who", ["desk", "doctor", "me"])
@pytest.mark.parametrize(("method", "path"), [("POST", CREATE), ("DELETE", DESTROY)])
def test_batches_are_for_clinic_admins(request, provider, who, method, path):
    response = request.getfixturevalue(who)(method, path, {"provider_id": provider.pk, "slots": [], "slot_ids": []})
    assert (response.status_code, response.json()) == (403, {"errors": "Admin access required"})
