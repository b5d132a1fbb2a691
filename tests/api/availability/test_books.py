"""availability: books."""

import pytest

from core import hints
from core.moments import moment_in_words
from scheduling.models import Appointment, AvailableSlot, Claim
from scheduling.services import cancel_appointment
from tests.api.availability.conftest import BATCH, BOOKS, SLOTS, wire, wish
from tests.factories import AT, DAY, PatientFactory, ServiceFactory, SpecialistFactory


@pytest.fixture
def sick(organization):
    return PatientFactory(organization=organization, first_name="Ada", last_name="Moss")


def test_the_specified_book_answers_as_the_specification_writes_it(admin, offered, sick):
    slot = offered(appointment_type="therapy")
    sent = {
        "available_slot_id": slot["id"],
        "patient_id": sick.pk,
        "appointment_type": "therapy",
        "notes": "Initial consultation",
    }
    response = admin.post(BOOKS, {"book": sent})
    appointment = Appointment.objects.get()
    expected = {
        "id": appointment.pk,
        "available_slot_id": slot["id"],
        "patient_id": sick.pk,
        "appointment_type": "therapy",
        "notes": "Initial consultation",
        "status": "confirmed",
        "created_at": wire(AT),
        "updated_at": wire(AT),
    }
    assert (response.status_code, response.json()) == (201, expected)
    assert admin.get(BOOKS).json() == {"books": [expected], "page": 1, "page_size": 25, "total": 1}
    assert appointment.created_via == "api"
    assert admin.get(f"{SLOTS}/{slot['id']}").json()["available"] is False


def test_without_a_type_it_is_what_the_slot_is_offered_for(admin, offered, sick, organization):
    service = ServiceFactory(organization=organization, code="therapy")
    slot = offered(appointment_type="therapy")
    body = admin.post(BOOKS, {"book": {"available_slot_id": slot["id"], "patient_id": sick.pk}}).json()
    assert (body["appointment_type"], body["notes"]) == ("therapy", "")
    assert [line.service_id for line in Appointment.objects.get().services.all()] == [service.pk]


def test_a_full_slot_is_a_conflict(admin, offered, sick, organization):
    slot = offered()
    book = {"available_slot_id": slot["id"], "patient_id": sick.pk}
    assert admin.post(BOOKS, {"book": book}).status_code == 201
    before = Claim.objects.count()
    response = admin.post(BOOKS, {"book": book | {"patient_id": PatientFactory(organization=organization).pk}})
    booked = Appointment.objects.get().slot
    when = moment_in_words(booked.starts_at, booked.practice.zone)
    assert response.status_code == 409
    assert response.json()["errors"].startswith(f"The slot {when}")
    assert response.json()["errors"].endswith(f"with {booked.specialist} is taken.")
    assert (Appointment.objects.count(), Claim.objects.count()) == (1, before)


def test_a_patient_who_is_busy_is_a_conflict_that_says_with_what(admin, offered, sick, practice, organization):
    slot = offered()
    colleague = SpecialistFactory(organization=organization, works_at=[practice])
    other = admin.post(SLOTS, {"available_slot": wish(colleague)}).json()
    admin.post(BOOKS, {"book": {"available_slot_id": slot["id"], "patient_id": sick.pk}})
    response = admin.post(BOOKS, {"book": {"available_slot_id": other["id"], "patient_id": sick.pk}})
    words = "The time is taken: Ada Moss, Fri 20 Feb 2026, 12:00 – 13:00: appointment"
    assert (response.status_code, response.json()) == (409, {"errors": words})
    assert AvailableSlot.objects.get(pk=other["id"]).booked == 0


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({}, {"available_slot_id": ["can't be blank"], "patient_id": ["can't be blank"]}),
        (
            {"available_slot_id": 1, "patient_id": 1, "appointment_type": "x" * 51},
            {"appointment_type": ["Ensure this field has no more than 50 characters."]},
        ),
        (
            {"available_slot_id": "1", "patient_id": 1, "status": "done"},
            {"available_slot_id": ["A valid integer is required."], "status": ["is not a field of this request"]},
        ),
    ],
)
def test_a_book_that_cannot_be_says_why(admin, practice, sent, errors):
    response = admin.post(BOOKS, {"book": sent})
    assert (response.status_code, response.json()) == (422, {"errors": errors})
    assert not Appointment.objects.exists()


def test_a_slot_or_patient_of_another_organization_is_a_404(admin, offered, sick, foreign_practice):
    slot = offered()
    stranger = PatientFactory(organization=foreign_practice.organization)
    for book, words in (
        ({"available_slot_id": slot["id"], "patient_id": stranger.pk}, "Patient not found"),
        ({"available_slot_id": slot["id"], "patient_id": 999_999}, "Patient not found"),
        ({"available_slot_id": 999_999, "patient_id": sick.pk}, "Slot not found"),
    ):
        response = admin.post(BOOKS, {"book": book})
        assert (response.status_code, response.json()) == (404, {"errors": words})
    assert not Appointment.objects.exists()


def test_books_are_filtered_by_what_they_are(admin, admin_actor, offered, sick, organization, provider):
    slots = [offered(days=day) for day in (1, 2, 3)]
    other = PatientFactory(organization=organization)
    ids = [
        admin.post(BOOKS, {"book": {"available_slot_id": slot["id"], "patient_id": patient.pk}}).json()["id"]
        for slot, patient in zip(slots, (sick, other, sick), strict=True)
    ]
    cancel_appointment(ids[2], by=admin_actor, at=AT)

    def found(query):
        return [book["id"] for book in admin.get(f"{BOOKS}?{query}").json()["books"]]

    assert found("") == ids
    assert found(f"patient_id={sick.pk}") == [ids[0], ids[2]]
    assert found("status=cancelled") == [ids[2]]
    assert found(f"available_slot_id={slots[1]['id']}") == [ids[1]]
    assert found("start_date=2026-02-19&end_date=2026-02-19") == [ids[1]]
    assert found(f"provider_id={provider.pk}&status=confirmed") == ids[:2]
    assert found("provider_id=999999") == []


@pytest.mark.parametrize("few", [hints.FEW_CHANGED, 0, 1])
def test_what_changed_since_is_the_same_whether_it_is_little_or_much(admin, offered, sick, monkeypatch, few):
    monkeypatch.setattr(hints, "FEW_CHANGED", few)
    slots = [offered(days=days) for days in (150, 3, 2, 90)]
    ids = {
        days: admin.post(BOOKS, {"book": {"available_slot_id": slot["id"], "patient_id": sick.pk}}).json()["id"]
        for days, slot in zip((150, 3, 2, 90), slots, strict=True)
    }
    for days in (150, 3):
        Appointment.objects.filter(pk=ids[days]).update(updated_at=AT + DAY)
        AvailableSlot.objects.filter(appointments=ids[days]).update(updated_at=AT + DAY)

    def found(url, key, query):
        answer = admin.get(f"{url}?updated_since={query}").json()
        assert answer["total"] == len(answer[key])
        return [one["id"] for one in answer[key]]

    every, late = [ids[2], ids[3], ids[90], ids[150]], [ids[3], ids[150]]
    for _round in range(2):
        assert found(BOOKS, "books", wire(AT)) == every
        assert found(BOOKS, "books", wire(AT + DAY)) == late
        assert found(BOOKS, "books", f"{wire(AT + DAY)}&status=confirmed") == late
        assert found(BOOKS, "books", wire(AT + 2 * DAY)) == []
        for path in (SLOTS, BATCH):
            assert found(path, "available_slots", wire(AT + DAY)) == [slots[1]["id"], slots[0]["id"]]
            assert found(path, "available_slots", wire(AT + 2 * DAY)) == []


@pytest.mark.parametrize("who", ["desk", "doctor", "me"])
def test_books_are_for_clinic_admins(request, who, practice):
    caller = request.getfixturevalue(who)
    assert caller.get(BOOKS).status_code == caller.post(BOOKS, {"book": {}}).status_code == 403
