"""Patients: what is sent, shown, searched and archived, field by field."""

import pytest

from billing.services import merge_patients
from core.actor import Actor
from patients.models import Patient
from tests.api.cliniko.conftest import HOST, NOW, VENDOR, link, own, refused
from tests.factories import (
    AT,
    AppointmentFactory,
    CustomFieldFactory,
    CustomFieldValueFactory,
    PatientFactory,
    PatientSourceFactory,
)

SENT = {
    "first_name": "Ada", "last_name": "Moss", "preferred_first_name": "Adi", "title": "Dr", "email": "a@example.org",
    "date_of_birth": "1990-05-17", "sex": "Female", "gender_identity": "Woman",
    "pronouns": {"accusative": "her", "nominative": "she", "predicative_possessive": "hers",
                 "pronominal_possessive": "her", "reflexive": "herself"},
    "address_1": "Main street 1", "address_2": "2", "address_3": "3", "city": "Cluj", "state": "CJ",
    "post_code": "400001", "country": "Romania", "time_zone": "Europe/Bucharest", "occupation": "Baker",
    "emergency_contact": "Bo", "notes": "n", "appointment_notes": "an", "reminder_type": "SMS & Email",
    "patient_phone_numbers": [{"number": "0722 123 456", "phone_type": "Mobile"}, {"number": "1", "phone_type": "Fax"}],
    "medicare": "1234567890", "medicare_reference_number": "1", "dva_card_number": "D1", "old_reference_id": "o-1",
    "invoice_default_to": "Firm", "invoice_email": "f@example.org", "invoice_extra_information": "x",
    "receives_confirmation_emails": False, "accepted_privacy_policy": True, "accepted_email_marketing": False,
    "accepted_sms_marketing": None,
}  # fmt: skip


def shown_patient(pk, **more):
    """What a patient of `SENT` looks like."""
    return {
        **SENT,
        "id": str(pk),
        "label": "Ada Moss",
        "gender": "Female",
        "country_code": "RO",
        "patient_phone_numbers": [
            {"number": "0722 123 456", "normalized_number": "+40722123456", "phone_type": "Mobile"},
            {"number": "1", "normalized_number": None, "phone_type": "Fax"},
        ],
        "referral_source": None,
        "custom_fields": {"sections": []},
        "archived_at": None,
        "deleted_at": None,
        "merged_at": None,
        "created_at": NOW,
        "updated_at": NOW,
        "concession_type": None,
        "referring_doctor": None,
        "latest_booking": None,
        "merged_with_patient": None,
        "links": own(f"patients/{pk}"),
        **{
            name: link(f"patients/{pk}/{name}")
            for name in ("appointments", "attendees", "invoices", "medical_alerts", "patient_attachments")
        },
        **more,
    }


def test_a_patient_is_added_and_shown_whole(client, practice):
    response = client.post(f"{VENDOR}/patients", SENT)
    assert response.status_code == 201, response.content
    pk = Patient.objects.get().pk
    assert response.json() == shown_patient(pk)
    assert response["Location"] == f"{HOST}{VENDOR}/patients/{pk}"
    assert client.get(f"{VENDOR}/patients/{pk}").json() == response.json()
    listed = client.get(f"{VENDOR}/patients").json()
    assert listed == {"patients": [response.json()], "total_entries": 1, "links": own("patients?page=1")}


def test_a_patient_needs_both_names_and_no_more(client, practice):
    assert client.post(f"{VENDOR}/patients", {}).json() == refused(
        first_name="can't be blank", last_name="can't be blank"
    )
    assert client.post(f"{VENDOR}/patients", {"first_name": "A", "last_name": "B"}).status_code == 201


def test_what_another_client_sends_is_taken(client, practice):
    sent = {"first_name": "Test", "last_name": "Patient", "gender": "Other", "phone_number": "+61 400", "country": "AU"}
    shown = client.post(f"{VENDOR}/patients", sent).json()
    assert (shown["gender"], shown["country"], shown["patient_phone_numbers"]) == ("Other", "Australia", [])
    shown = client.post(f"{VENDOR}/patients", {**sent, "gender": "Non-binary"}).json()
    assert (shown["gender"], shown["gender_identity"]) == ("Other", "Non-binary")


@pytest.mark.parametrize(
    ("name", "value"),
    [("date_of_birth", "17.5.1990"), ("email", "x"), ("country", "Nowhere"), ("reminder_type", "Fax"),
     ("time_zone", "Mars"), ("patient_phone_numbers", [{"number": ""}]), ("accepted_privacy_policy", "yes"),
     ("first_name", "x" * 256), ("pronouns", "she")],
)  # fmt: skip
def test_a_bad_value_is_refused_at_its_field(client, practice, name, value):
    response = client.post(f"{VENDOR}/patients", {**SENT, name: value})
    assert response.status_code == 422
    (field,) = response.json()["errors"]
    assert field.split(".")[0] == name
    assert not Patient.objects.exists()


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_change_of_a_patient_leaves_the_rest(client, practice, method):
    pk = client.post(f"{VENDOR}/patients", SENT).json()["id"]
    response = client(method, f"{VENDOR}/patients/{pk}", {"city": "Iași", "id": "9", "label": "x"})
    assert (response.status_code, response.json()) == (200, shown_patient(pk, city="Iași"))
    numbers = [{"number": "0733 000 111", "phone_type": "Work"}]
    shown = client(method, f"{VENDOR}/patients/{pk}", {"patient_phone_numbers": numbers, "email": None}).json()
    assert [one["phone_type"] for one in shown["patient_phone_numbers"]] == ["Work"]
    assert shown["email"] is None
    # What a change names is whole: a number without its digits is none.
    response = client(method, f"{VENDOR}/patients/{pk}", {"patient_phone_numbers": [{"phone_type": "Work"}]})
    assert response.status_code == 422
    (field,) = response.json()["errors"]
    assert field.split(".")[0] == "patient_phone_numbers"
    assert client.get(f"{VENDOR}/patients/{pk}").json()["patient_phone_numbers"] == shown["patient_phone_numbers"]


@pytest.mark.parametrize(("method", "suffix"), [("POST", "/archive"), ("DELETE", "")])
def test_an_archived_patient_is_left_out_and_comes_back(client, practice, method, suffix):
    pk = client.post(f"{VENDOR}/patients", SENT).json()["id"]
    assert client(method, f"{VENDOR}/patients/{pk}{suffix}").status_code == 204
    assert client.get(f"{VENDOR}/patients").json()["total_entries"] == 0
    assert client.get(f"{VENDOR}/patients/{pk}").status_code == 404
    assert client.patch(f"{VENDOR}/patients/{pk}", {"city": "x"}).status_code == 404
    archived = shown_patient(pk, archived_at=NOW, deleted_at=NOW)
    assert client.get(f"{VENDOR}/patients/{pk}?q[]=archived_at:*").json() == archived
    for path in ("patients/archived", "patients/deleted", "patients?q[]=archived_at:?", "patients?q[]=deleted_at:*"):
        assert client.get(f"{VENDOR}/{path}").json()["patients"] == [archived], path
    assert client.post(f"{VENDOR}/patients/{pk}/unarchive").json() == shown_patient(pk)


@pytest.mark.parametrize(
    ("query", "found"),
    [("first_name:~ad", 1), ("first_name:=ada", 0), ("last_name:~~m%s", 1), ("email:=a@example.org", 1),
     ("date_of_birth:=****-05-**", 1), ("date_of_birth:<1990-01-01", 0), ("old_reference_id:=o-1", 1),
     ("preferred_first_name:?", 1), ("updated_at:>=2026-02-17T10:00:00Z", 1)],
)  # fmt: skip
def test_patients_are_searched(client, practice, query, found):
    client.post(f"{VENDOR}/patients", SENT)
    assert client.get(f"{VENDOR}/patients?q[]={query}").json()["total_entries"] == found


def test_what_else_is_told_of_a_patient(client, scene, organization):
    scene.patient.source = PatientSourceFactory(organization=organization, name="Friends")
    scene.patient.save()
    kinds = {"single_line_text": "abc", "date": "2026-01-02", "single_checkbox": "true", "dropdown": "b"}
    for n, (kind, value) in enumerate(kinds.items()):
        field = CustomFieldFactory(
            organization=organization, type=kind, label=kind, technical_name=kind, sequence_number=n,
            choices=["a", "b"] if kind == "dropdown" else [],
        )  # fmt: skip
        CustomFieldValueFactory(field=field, patient=scene.patient, value=value)
    newest = AppointmentFactory(
        practice=scene.practice, specialist=scene.practitioner, patient=scene.patient, service=scene.service
    )
    shown = client.get(f"{VENDOR}/patients/{scene.patient.pk}").json()
    assert shown["referral_source"] == "Friends"
    assert shown["latest_booking"] == link(f"bookings/{newest.pk}")
    (section,) = shown["custom_fields"]["sections"]
    assert section["fields"] == [
        {"name": "single_line_text", "token": "single_line_text", "type": "text", "value": "abc"},
        {"name": "date", "token": "date", "type": "date", "value": "2026-01-02"},
        {"name": "single_checkbox", "token": "single_checkbox", "type": "checkboxes",
         "answers": [{"value": "single_checkbox", "selected": True}]},
        {"name": "dropdown", "token": "dropdown", "type": "radiobuttons",
         "answers": [{"value": "a", "selected": False}, {"value": "b", "selected": True}]},
    ]  # fmt: skip


def test_a_record_merged_at_the_desk_is_in_no_list_and_says_which_was_kept(client, practice):
    kept, gone = (PatientFactory(organization=practice.organization) for _ in range(2))
    visit = AppointmentFactory(practice=practice, patient=gone)
    merge_patients(kept.pk, gone.pk, by=Actor.system("test"), at=AT)
    assert [one["id"] for one in client.get(f"{VENDOR}/patients").json()["patients"]] == [str(kept.pk)]
    told = client.get(f"{VENDOR}/patients/{gone.pk}?q[]=archived_at:*").json()
    assert (told["merged_at"], told["merged_with_patient"]) == (NOW, link(f"patients/{kept.pk}"))
    shown = client.get(f"{VENDOR}/individual_appointments/{visit.pk}").json()
    assert shown["patient"] == link(f"patients/{kept.pk}")
