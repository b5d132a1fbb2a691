"""flextell: appointments, created as the specification writes it, shown, listed, and as a calendar."""

import pytest

from core.models import AuditEntry
from scheduling.models import Appointment, Claim
from tests.api.flextell.conftest import NOW, PATH, VENDOR, example
from tests.factories import (
    AppointmentFactory,
    PatientFactory,
    PracticeFactory,
    RoomFactory,
    ServiceFactory,
    SpecialistFactory,
)
from tests.reads import traced

PATHS = [PATH, "/api/v1/appointments", f"{VENDOR}/appointments"]


def related(appointment, **more):
    """An appointment without what belongs to it."""
    return {
        "id": appointment.pk,
        "customer_id": appointment.patient_id,
        "room_id": appointment.room_id,
        "parent_appointment_id": appointment.parent_id,
        "code": f"A{appointment.pk}",
        "relation_type": None,
        "description": "<string>",
        "scheduled_at": "2026-02-20T05:31:56Z",
        "status": "pending",
        "cancellation_reason": "<string>",
        "creation_type": "api",
        "created_at": NOW,
        "updated_at": NOW,
        "deleted_at": None,
    } | more


@pytest.mark.parametrize("path", PATHS)
def test_the_specified_request_answers_every_field_of_the_specification(admin, whole_scene, path):
    scene = whole_scene
    response = admin.post(path, example(scene))
    assert response.status_code == 201, response.content
    appointment, child = Appointment.objects.order_by("pk")
    expected = related(appointment) | {
        "assistants": [{"id": scene.helper.pk, "name": "Ali Kaya"}],
        "customer": {
            "id": scene.customer.pk,
            "first_name": "Ada",
            "last_name": "Moss",
            "phone_number": "+40722123456",
            "email": "ada@example.org",
            "date_of_birth": "1990-05-17T00:00:00Z",
            "gender": "female",
            "country_name": "Türkiye",
            "identity_number": "123",
            "job": "Baker",
            "address": "Main street 1, 34000, Istanbul",
            "default_channel_id": None,
            "avatar_url": "https://example.org/ada.png",
            "related_user": {"id": scene.doctor.pk, "name": "Derya Demir"},
            "created_at": NOW,
            "updated_at": NOW,
            "deleted_at": None,
        },
        "doctor": {"id": scene.doctor.pk, "name": "Derya Demir"},
        "room": {
            "id": scene.room.pk,
            "name": "Chair 1",
            "status": "active",
            "created_at": NOW,
            "updated_at": NOW,
            "deleted_at": None,
        },
        "parent_appointment": None,
        "child_appointments": [
            related(
                child,
                scheduled_at="2026-02-27T05:31:56Z",
                relation_type="control",
                description=None,
                cancellation_reason=None,
            )
        ],
        "treatments": [
            {
                "id": scene.treatment.pk,
                "name": "Filling",
                "price": "250.50",
                "description": "White",
                "session": 2,
                "is_active": "true",
                "extra_info": {},
                "created_at": NOW,
                "updated_at": NOW,
                "deleted_at": None,
                "products": [
                    {
                        "id": scene.product.pk,
                        "name": "Composite",
                        "full_name": "Composite A2",
                        "barcode": "8690",
                        "description": "Paste",
                        "box_quantity": "10",
                        "unit_volume": "4 g",
                        "critical_stock_level": 3,
                        "invoice_name": "Comp.",
                        "price": 12.5,
                        "tax_rate": 20.0,
                        "is_active": "true",
                        "brand": {"id": scene.product.brand_id, "name": "Brand"},
                        "product_type": {
                            "id": scene.product.product_type_id,
                            "name": "Type",
                            "category": "Material",
                        },
                        "category": {"id": scene.product.category_id, "name": "Category"},
                        "unit_code": {"id": str(scene.product.unit_id), "name": "Piece", "code": "pc"},
                    }
                ],
                "users": [{"id": scene.doctor.pk, "name": "Derya Demir"}],
                "sessions": [
                    {
                        "id": scene.sessions[0].pk,
                        "session_order": 1,
                        "session_type": "session",
                        "next_gap_days": 7,
                        "offset_days": 0,
                    },
                    {
                        "id": scene.sessions[1].pk,
                        "session_order": 2,
                        "session_type": "control",
                        "next_gap_days": None,
                        "offset_days": 7,
                    },
                ],
            }
        ],
    }
    assert (response.status_code, response.json()) == (201, {"success": "true", "data": expected})
    assert b'"price":12.50' in response.content
    shown = admin.get(f"{path}/{appointment.pk}")
    assert (shown.status_code, shown.json()) == (200, {"success": "true", "data": expected})
    assert admin.get(path).json()["data"] == [expected]
    assert (child.starts_at, child.status) == (None, "requested")


def test_the_sample_of_the_specification_with_its_past_date_is_created(admin, scene):
    response = admin.post(PATH, example(scene, scheduled_at="2023-11-07T05:31:56Z"))
    assert (response.status_code, response.json()["data"]["scheduled_at"]) == (201, "2023-11-07T05:31:56Z")


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("pending", "requested"),
        ("approved", "confirmed"),
        ("completed", "done"),
        ("cancelled", "cancelled"),
        ("rejected", "rejected"),
        ("no_show", "no_show"),
        (None, "requested"),
    ],
)
def test_each_status_has_its_word_and_without_one_it_is_pending(admin, scene, word, status):
    sent = example(scene, status=word)
    if word is None:
        del sent["status"]
    response = admin.post(PATH, sent)
    appointment = Appointment.objects.get()
    assert (response.status_code, response.json()["data"]["status"]) == (201, word or "pending")
    assert (appointment.status, appointment.notes, appointment.cancellation_note) == (status, "<string>", "<string>")
    claims = Claim.objects.filter(appointment=appointment)
    assert claims.exists() == (status in ("requested", "confirmed", "done"))


def test_what_a_later_revision_sends_is_ignored(admin, scene):
    plans = [{"treatment_id": 1, "sessions": []}]
    response = admin.post(PATH, example(scene, treatment_session_plans=plans, id=7, code="X", deleted_at=NOW))
    assert response.status_code == 201
    assert (response.json()["data"]["deleted_at"], Appointment.objects.get().pk != 7) == (None, True)


def test_a_child_names_its_parent_and_is_read_there(admin, scene):
    parent = admin.post(PATH, example(scene)).json()["data"]
    sent = example(scene, parent_appointment_id=parent["id"], scheduled_at="2026-02-21T09:00:00+01:00")
    child = admin.post(PATH, sent).json()["data"]
    assert (child["parent_appointment_id"], child["relation_type"]) == (parent["id"], "follow_up")
    assert child["scheduled_at"] == "2026-02-21T08:00:00Z"
    whole = ("assistants", "customer", "doctor", "room", "treatments", "parent_appointment", "child_appointments")
    assert child["parent_appointment"] == {name: value for name, value in parent.items() if name not in whole}
    shown = admin.get(f"{PATH}/{parent['id']}").json()["data"]
    assert shown["child_appointments"] == [{name: value for name, value in child.items() if name not in whole}]


CLASHES = {
    "doctor": ("customer_id", "assistant_id", "room_id"),
    "customer": ("user_id", "assistant_id", "room_id"),
    "assistant": ("user_id", "customer_id", "room_id"),
    "room": ("user_id", "customer_id", "assistant_id"),
}


@pytest.mark.parametrize("busy", CLASHES)
def test_whoever_is_busy_is_a_conflict_that_names_them(admin, scene, organization, practice, busy):
    assert admin.post(PATH, example(scene)).status_code == 201
    free = {
        "customer_id": PatientFactory(organization=organization).pk,
        "user_id": SpecialistFactory(organization=organization, works_at=[practice]).pk,
        "assistant_id": SpecialistFactory(organization=organization, works_at=[practice]).pk,
        "room_id": RoomFactory(practice=practice).pk,
    }
    before = Claim.objects.count()
    traced()
    response = admin.post(PATH, example(scene, **{name: free[name] for name in CLASHES[busy]}))
    names = {"doctor": "Dr. Derya Demir", "customer": "Ada Moss", "assistant": "Dr. Ali Kaya", "room": "Chair 1"}
    what = "appointment" if busy == "customer" else "appointment with Ada Moss"
    message = f"The time is taken: {names[busy]}, Fri 20 Feb 2026, 07:31 – 08:01: {what}"
    assert (response.status_code, response.json()) == (409, {"error": "conflict", "message": message})
    assert (Appointment.objects.count(), Claim.objects.count()) == (1, before)
    assert traced() == {Appointment.objects.get().patient_id}  # the caller was told of her, and of nobody else


REFUSALS = {
    "nothing": (dict.fromkeys(("customer_id",), ...), "The 'customer_id' field is required."),
    "no treatments": ({"treatments": []}, "The 'treatments' field must contain at least 1 item."),
    "null treatments": ({"treatments": None}, "The 'treatments' field must not be null."),
    "the same twice": ({"treatments": "twice"}, "The 'treatments' field may name each only once."),
    "strange status": ({"status": "done"}, """The 'status' field is invalid: "done" is not a valid choice."""),
    "no moment": ({"scheduled_at": "2026"}, "The 'scheduled_at' field must be an ISO 8601 date-time."),
    "too long": (
        {"description": "x" * 1001},
        "The 'description' field is invalid: Ensure this field has no more than 1000 characters.",
    ),
    "too long a reason": (
        {"cancellation_reason": "x" * 1001},
        "The 'cancellation_reason' field is invalid: Ensure this field has no more than 1000 characters.",
    ),
    "assisting oneself": (
        {"assistant_id": "doctor"},
        "The 'assistant_id' field an assistant is somebody else, named once.",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_is_told_in_the_vendors_words(admin, scene, name):
    changed, message = REFUSALS[name]
    sent = example(scene, **changed)
    sent = {key: value for key, value in sent.items() if value is not ...}
    if changed.get("treatments") == "twice":
        sent["treatments"] = [scene.treatment.pk] * 2
    if changed.get("assistant_id"):
        sent["assistant_id"] = scene.doctor.pk
    response = admin.post(PATH, sent)
    assert (response.status_code, response.json()) == (422, {"error": "validation_error", "message": message})
    assert not Appointment.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("length", [1000])
def test_a_thousand_characters_are_enough(admin, scene, length):
    sent = example(scene, description="x" * length, cancellation_reason="y" * length)
    assert admin.post(PATH, sent).status_code == 201


@pytest.mark.parametrize(
    ("field", "noun"),
    [
        ("customer_id", "Patient"),
        ("user_id", "Specialist"),
        ("assistant_id", "Assistant"),
        ("room_id", "Room"),
        ("treatments", "Service"),
        ("parent_appointment_id", "Appointment"),
    ],
)
def test_an_id_of_another_organization_is_as_if_it_named_nothing(admin, scene, foreign_practice, field, noun):
    theirs = {
        "customer_id": PatientFactory(organization=foreign_practice.organization).pk,
        "user_id": SpecialistFactory(organization=foreign_practice.organization, works_at=[foreign_practice]).pk,
        "assistant_id": SpecialistFactory(organization=foreign_practice.organization).pk,
        "room_id": RoomFactory(practice=foreign_practice).pk,
        "treatments": [ServiceFactory(organization=foreign_practice.organization).pk],
        "parent_appointment_id": AppointmentFactory(practice=foreign_practice).pk,
    }
    before = Appointment.objects.count()
    for value in (theirs[field], [999_999] if field == "treatments" else 999_999):
        response = admin.post(PATH, example(scene, **{field: value}))
        assert (response.status_code, response.json()) == (404, {"error": "not_found", "message": f"{noun} not found"})
    assert Appointment.objects.count() == before


def test_a_parent_of_another_patient_is_refused(admin, scene, practice):
    parent = AppointmentFactory(practice=practice)
    response = admin.post(PATH, example(scene, parent_appointment_id=parent.pk))
    message = "The 'parent_appointment_id' field is of another patient or practice."
    assert (response.status_code, response.json()) == (422, {"error": "validation_error", "message": message})


def test_the_tenant_narrows_what_is_seen_and_says_where_it_is_made(root, scene, practice, organization):
    second = PracticeFactory(organization=organization, name="Second")
    from directory.models import SpecialistPractice

    SpecialistPractice.objects.create(specialist=scene.doctor, practice=second)
    there = {"X-Tenant": str(second.pk)}
    made = root.post(PATH, example(scene, room_id=None), headers=there)
    assert made.status_code == 201
    assert Appointment.objects.get().practice == second
    assert [one["id"] for one in root.get(PATH, headers=there).json()["data"]] == [made.json()["data"]["id"]]
    assert root.get(PATH, headers={"X-Tenant": str(practice.pk)}).json()["data"] == []
    assert root.get(PATH).json()["meta"]["total"] == 1


def test_a_tenant_that_is_not_theirs_or_no_number_is_refused(desk, scene, other_practice, foreign_practice):
    for tenant in (other_practice.pk, foreign_practice.pk, 999_999):
        for response in (
            desk.get(PATH, headers={"X-Tenant": str(tenant)}),
            desk.post(PATH, example(scene), headers={"X-Tenant": str(tenant)}),
        ):
            assert (response.status_code, response.json()) == (
                404,
                {"error": "not_found", "message": "Practice not found"},
            )
    response = desk.get(PATH, headers={"X-Tenant": "first"})
    message = "The 'X-Tenant' field must be the id of a practice."
    assert (response.status_code, response.json()) == (422, {"error": "validation_error", "message": message})
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("who", ["me", "anyone"])
def test_it_is_a_door_for_staff(request, scene, who):
    caller = request.getfixturevalue(who)
    status, error = (401, "invalid_token") if who == "anyone" else (403, "forbidden")
    for response in (caller.get(PATH), caller.post(PATH, example(scene)), caller.get(f"{VENDOR}/customers")):
        assert (response.status_code, response.json()["error"]) == (status, error)
        assert set(response.json()) == {"error", "message"}
    wrong = caller.get(PATH, headers={"Authorization": "Bearer wrong"})
    assert (wrong.status_code, wrong.json()) == (
        401,
        {"error": "invalid_token", "message": "The access token is unknown, revoked or expired."},
    )


def test_it_leaves_who_did_it(admin, admin_user, scene):
    admin.post(PATH, example(scene))
    entries = AuditEntry.objects.values_list("verb", "user_id", "door")
    assert set(entries) == {("scheduling.book_appointment", admin_user.pk, "api:flextell")}
