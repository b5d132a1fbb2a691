"""The objects that appointments are linked with, field by field."""

import pytest

from directory.models import Practice
from patients.models import Patient, PatientCase
from scheduling.models import TimeOff
from tests.api.cliniko.conftest import HOST, NOW, VENDOR, link, refused
from tests.factories import (
    AT,
    DAY,
    AppointmentFactory,
    ColorFactory,
    CustomFieldFactory,
    CustomFieldValueFactory,
    MembershipFactory,
    PatientFactory,
    PatientSourceFactory,
    PhoneNumberFactory,
    ProductFactory,
    ServiceFactory,
    SlotFactory,
    SpecialistFactory,
)


def own(path):
    return {"self": f"{HOST}{VENDOR}/{path}"}


# --------------------------------------------------------------------------------------------- patients

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


# ------------------------------------------------------------------------------- practitioners, businesses


def test_a_practitioner(client, scene, front_desk_user):
    row = scene.practitioner
    row.default_service, row.user, row.designation = scene.service, front_desk_user, "Physio"
    row.save()
    shown = client.get(f"{VENDOR}/practitioners/{row.pk}").json()
    path = f"practitioners/{row.pk}"
    assert shown == {
        "id": str(row.pk),
        "first_name": "Ioana",
        "last_name": "Pop",
        "title": "Dr.",
        "display_name": "Dr. Ioana Pop",
        "label": "Dr. Ioana Pop",
        "designation": "Physio",
        "description": None,
        "active": True,
        "show_in_online_bookings": True,
        "created_at": NOW,
        "updated_at": shown["updated_at"],
        "default_appointment_type": link(f"appointment_types/{scene.service.pk}"),
        "user": link(f"users/{front_desk_user.pk}"),
        "links": own(path),
        **{
            name: link(f"{path}/{name}")
            for name in ("appointment_types", "appointments", "invoices", "practitioner_reference_numbers")
        },
    }


def test_practitioners_by_business_type_and_state(client, scene, organization):
    gone = SpecialistFactory(organization=organization, works_at=[scene.practice], archived_at=AT)
    elsewhere = SpecialistFactory(organization=organization)

    def found(path):
        return {int(one["id"]) for one in client.get(f"{VENDOR}/{path}").json()["practitioners"]}

    assert found("practitioners") == {scene.practitioner.pk, elsewhere.pk}
    assert found("practitioners/inactive") == {gone.pk}
    assert found(f"businesses/{scene.practice.pk}/practitioners") == {scene.practitioner.pk}
    assert found(f"businesses/{scene.practice.pk}/practitioners/inactive") == {gone.pk}
    assert found(f"appointment_types/{scene.service.pk}/practitioners") == {scene.practitioner.pk}
    assert found(f"appointment_types/{scene.service.pk}/practitioners/inactive") == set()
    assert client.get(f"{VENDOR}/practitioners/{gone.pk}").json()["active"] is False
    assert found("practitioners?sort=last_name:desc&q[]=show_in_online_bookings:=true") >= {scene.practitioner.pk}


def test_a_business(client, scene):
    Practice.objects.filter(pk=scene.practice.pk).update(
        display_name="Shown", address_1="Main 1", city="Cluj", contact_information="Call", registration_name="VAT",
        registration_value="7", website_address="https://example.org", email_reply_to="r@example.org",
    )  # fmt: skip
    path = f"businesses/{scene.practice.pk}"
    assert client.get(f"{VENDOR}/{path}").json() == {
        "id": str(scene.practice.pk),
        "business_name": "Practice",
        "display_name": "Shown",
        "label": "Shown",
        "address_1": "Main 1",
        "address_2": None,
        "city": "Cluj",
        "state": None,
        "post_code": None,
        "country": "Romania",
        "country_code": "RO",
        "time_zone": "Europe/Bucharest",
        "time_zone_identifier": "Europe/Bucharest",
        "contact_information": "Call",
        "website_address": "https://example.org",
        "email_reply_to": "r@example.org",
        "additional_information": None,
        "additional_invoice_information": None,
        "business_registration_name": "VAT",
        "business_registration_value": "7",
        "appointment_type_ids": [str(scene.service.pk)],
        "appointment_reminders_enabled": True,
        "show_in_online_bookings": True,
        "archived_at": None,
        "deleted_at": None,
        "created_at": NOW,
        "updated_at": NOW,
        "appointments": link(f"{path}/appointments"),
        "practitioners": link(f"{path}/practitioners"),
        "links": own(path),
    }
    for query, count in ((f"~{scene.service.pk}", 1), ("~999999", 0)):
        assert client.get(f"{VENDOR}/businesses?q[]=appointment_type_ids:{query}").json()["total_entries"] == count


def test_an_appointment_type(client, scene, organization):
    row = scene.service
    row.color, row.booking_lead_hours = ColorFactory(organization=organization, background_color="336699"), 24
    row.save()
    path = f"appointment_types/{row.pk}"
    shown = client.get(f"{VENDOR}/{path}").json()
    assert shown == {
        "id": str(row.pk),
        "name": "Consultation",
        "duration_in_minutes": 30,
        "max_attendees": 1,
        "color": "#336699",
        "category": row.category,
        "description": shown["description"],
        "show_in_online_bookings": True,
        "online_bookings_lead_time_hours": 24,
        "online_payments_enabled": False,
        "online_payments_mode": "optional",
        "deposit_price": None,
        "add_deposit_to_account_credit": False,
        "telehealth_enabled": False,
        "appointment_confirmation_template_ids": None,
        "appointment_reminder_template_ids": None,
        "appointment_follow_up_template_ids": None,
        "archived_at": None,
        "created_at": NOW,
        "updated_at": shown["updated_at"],
        "practitioners": link(f"{path}/practitioners"),
        "billable_item": None,
        "product": None,
        "treatment_note_template": None,
        "appointment_type_billable_items": link(f"{path}/appointment_type_billable_items"),
        "appointment_type_products": link(f"{path}/appointment_type_products"),
        "links": own(path),
    }


def test_appointment_types_by_state_and_practitioner(client, scene, organization):
    hidden = ServiceFactory(organization=organization)
    gone = ServiceFactory(organization=organization, archived_at=AT)

    def found(path):
        return {int(one["id"]) for one in client.get(f"{VENDOR}/{path}").json()["appointment_types"]}

    assert found("appointment_types") == {scene.service.pk, hidden.pk}
    assert found("appointment_types/archived") == {gone.pk}
    assert found("appointment_types?q[]=archived_at:*") == {scene.service.pk, hidden.pk, gone.pk}
    assert found("appointment_types?q[]=show_in_online_bookings:=true") == {scene.service.pk}
    assert found("appointment_types?q[]=online_payments_mode:=required") == set()
    assert found(f"practitioners/{scene.practitioner.pk}/appointment_types") == {scene.service.pk}


# ---------------------------------------------------------------------------- attendees, bookings, older


@pytest.fixture
def booked(scene):
    """An appointment, a group session with one who comes, and time off."""
    visit = {"practice": scene.practice, "specialist": scene.practitioner, "service": scene.service}
    single = AppointmentFactory(**visit, patient=scene.patient, patient_case=scene.case, arrived=True)
    session = SlotFactory(practice=scene.practice, specialist=scene.practitioner, capacity=3, booked=1,
                          starts_at=AT + 4 * DAY, appointment_type="group")  # fmt: skip
    scene.service.code = "group"
    scene.service.save()
    guest = PatientFactory(organization=scene.practice.organization)
    coming = AppointmentFactory(**visit, patient=guest, slot=session, starts_at=session.starts_at,
                                ends_at=session.ends_at)  # fmt: skip
    times = {"starts_at": AT + 8 * DAY, "ends_at": AT + 9 * DAY, "created_at": AT, "updated_at": AT}
    away = TimeOff.objects.create(practice=scene.practice, specialist=scene.practitioner, reason="Conference", **times)
    scene.single, scene.session, scene.coming, scene.away, scene.guest = single, session, coming, away, guest
    scene.session_id, scene.away_id = 2**51 + session.pk, 2**52 + away.pk
    return scene


def test_an_attendee(client, booked):
    row = booked.single
    shown = client.get(f"{VENDOR}/attendees/{row.pk}").json()
    assert shown == {
        "id": str(row.pk),
        "archived_at": None,
        "arrived": True,
        "booking": link(f"bookings/{row.pk}"),
        "booking_ip_address": None,
        "cancellation_note": None,
        "cancellation_reason": None,
        "cancellation_reason_description": None,
        "cancellation_url": None,
        "cancelled_at": None,
        "created_at": NOW,
        "deleted_at": None,
        "email_reminder_sent": False,
        "invoice_status": None,
        "invoices": link(f"attendees/{row.pk}/invoices"),
        "links": own(f"attendees/{row.pk}"),
        "notes": None,
        "online_booking_policy_accepted": None,
        "patient": link(f"patients/{booked.patient.pk}"),
        "patient_case": link(f"patient_cases/{booked.case.pk}"),
        "patient_forms": link(f"attendees/{row.pk}/patient_forms"),
        "sms_reminder_sent": False,
        "telehealth_url": None,
        "treatment_note_status": None,
        "updated_at": NOW,
    }
    in_group = client.get(f"{VENDOR}/attendees/{booked.coming.pk}").json()
    assert in_group["booking"] == link(f"bookings/{booked.session_id}")
    for booking_id, visit in ((booked.session_id, booked.coming), (booked.single.pk, booked.single)):
        listed = client.get(f"{VENDOR}/attendees?q[]=booking_id:={booking_id}").json()
        assert [one["id"] for one in listed["attendees"]] == [str(visit.pk)]
    assert client.get(f"{VENDOR}/group_appointments/{booked.session_id}/attendees").json()["total_entries"] == 1


def test_bookings_are_three_kinds_in_one_list(client, booked):
    listed = client.get(f"{VENDOR}/bookings?sort=starts_at").json()
    assert [one["id"] for one in listed["bookings"]] == [
        str(booked.single.pk),
        str(booked.session_id),
        str(booked.away_id),
    ]
    assert listed["total_entries"] == 3
    single, session, away = listed["bookings"]
    appointment = client.get(f"{VENDOR}/individual_appointments/{booked.single.pk}").json()
    assert single == {**appointment, "links": own(f"bookings/{booked.single.pk}")}
    assert session == {
        "id": str(booked.session_id),
        "appointment_type": link(f"appointment_types/{booked.service.pk}"),
        "archived_at": None,
        "attendees": link(f"group_appointments/{booked.session_id}/attendees"),
        "business": link(f"businesses/{booked.practice.pk}"),
        "conflicts": None,
        "created_at": NOW,
        "deleted_at": None,
        "ends_at": "2026-02-21T10:30:00Z",
        "links": own(f"bookings/{booked.session_id}"),
        "max_attendees": 3,
        "notes": None,
        "patient_ids": [str(booked.guest.pk)],
        "practitioner": link(f"practitioners/{booked.practitioner.pk}"),
        "repeat_rule": None,
        "repeated_from": None,
        "repeats": None,
        "starts_at": "2026-02-21T10:00:00Z",
        "telehealth_url": None,
        "updated_at": NOW,
    }
    assert away == {
        "id": str(booked.away_id),
        "archived_at": None,
        "business": link(f"businesses/{booked.practice.pk}"),
        "conflicts": None,
        "created_at": NOW,
        "deleted_at": None,
        "ends_at": "2026-02-26T10:00:00Z",
        "links": own(f"bookings/{booked.away_id}"),
        "notes": "Conference",
        "practitioner": link(f"practitioners/{booked.practitioner.pk}"),
        "repeat_rule": None,
        "repeated_from": None,
        "repeats": None,
        "starts_at": "2026-02-25T10:00:00Z",
        "unavailable_block_type": None,
        "updated_at": NOW,
    }
    for one in listed["bookings"]:
        assert client.get(f"{VENDOR}/bookings/{one['id']}").json() == one
    for pk in (999_999, 2**51 + 999_999, 2**52 + 999_999):
        assert client.get(f"{VENDOR}/bookings/{pk}").status_code == 404


def test_bookings_are_paged_sorted_and_filtered(client, booked):
    def found(query):
        response = client.get(f"{VENDOR}/bookings?{query}")
        assert response.status_code == 200, response.content
        return [int(one["id"]) for one in response.json()["bookings"]]

    every = [booked.single.pk, booked.session_id, booked.away_id]
    assert found("sort=id") == every
    assert found("sort=id:desc") == found("sort=starts_at&order=desc") == every[::-1]
    assert found("sort=starts_at&per_page=1&page=2") == [booked.session_id]
    assert client.get(f"{VENDOR}/bookings?per_page=2&sort=starts_at").json()["total_entries"] == 3
    assert found(f"q[]=patient_ids:~{booked.guest.pk}") == [booked.session_id]
    assert found(f"q[]=patient_ids:~{booked.patient.pk}") == [booked.single.pk]
    assert found(f"q[]=id:={booked.away_id},{booked.single.pk}&sort=id") == [booked.single.pk, booked.away_id]
    assert found(f"q[]=appointment_type_id:={booked.service.pk}&sort=id") == every[:2]
    assert found(f"q[]=practitioner_id:={booked.practitioner.pk}&q[]=starts_at:>2026-02-25") == [booked.away_id]
    assert found("q[]=did_not_arrive:=true") == found("q[]=cancelled_at:?") == found("q[]=repeated_from_id:?") == []
    assert client.get(f"{VENDOR}/bookings?sort=patient_ids").status_code == 400
    TimeOff.objects.update(archived_at=AT)
    assert found("sort=id") == every[:2]
    assert found("sort=id&q[]=archived_at:*") == every
    case = f"patient_cases/{booked.case.pk}/bookings"
    assert client.get(f"{VENDOR}/{case}").json()["total_entries"] == 1


def test_the_older_shape_of_appointments(client, booked):
    row = booked.single
    shown = client.get(f"{VENDOR}/appointments/{row.pk}").json()
    nested = {"title": None, "first_name": "Ada", "last_name": "Moss"}
    assert shown == {
        "id": str(row.pk),
        "appointment_start": "2026-02-18T10:00:00Z",
        "appointment_end": "2026-02-18T10:30:00Z",
        "cancellation_note": None,
        "cancellation_reason": None,
        "cancellation_time": None,
        "created_at": NOW,
        "did_not_arrive": False,
        "email_reminder_sent": False,
        "notes": None,
        "online_booking_policy_accepted": None,
        "patient_arrived": True,
        "repeat_rule": {},
        "sms_reminder_sent": False,
        "updated_at": NOW,
        "patient": {"id": str(booked.patient.pk), **nested, "links": own(f"patients/{booked.patient.pk}")},
        "appointment_type": {
            "id": str(booked.service.pk),
            "name": "Consultation",
            "color": None,
            "category": booked.service.category,
            "links": own(f"appointment_types/{booked.service.pk}"),
        },
        "business": {
            "id": str(booked.practice.pk),
            "business_name": "Practice",
            "links": own(f"businesses/{booked.practice.pk}"),
        },
        "practitioner": {
            "id": str(booked.practitioner.pk),
            "title": "Dr.",
            "first_name": "Ioana",
            "last_name": "Pop",
            "links": own(f"practitioners/{booked.practitioner.pk}"),
        },
        "links": own(f"appointments/{row.pk}"),
    }
    for path in ("appointments", f"businesses/{booked.practice.pk}/appointments",
                 f"practitioners/{booked.practitioner.pk}/appointments"):  # fmt: skip
        assert client.get(f"{VENDOR}/{path}").json()["total_entries"] == 2
    mine = client.get(f"{VENDOR}/patients/{booked.patient.pk}/appointments?q=appointment_start:>2014-03-04T20:37:17Z")
    assert [one["id"] for one in mine.json()["appointments"]] == [str(row.pk)]


# ------------------------------------------------------------------------------------- cases, products


def test_a_case_is_opened_changed_and_archived(client, scene):
    response = client.post(f"{VENDOR}/patient_cases", {"name": "Hip", "patient_id": str(scene.patient.pk)})
    assert response.status_code == 201
    pk = response.json()["id"]
    visit = AppointmentFactory(practice=scene.practice, specialist=scene.practitioner, patient=scene.patient,
                               patient_case_id=int(pk))  # fmt: skip
    expected = {
        "id": pk,
        "name": "Hip",
        "notes": None,
        "closed": False,
        "issue_date": None,
        "expiry_date": None,
        "max_sessions": None,
        "max_invoiceable_amount": None,
        "include_cancelled_attendees": False,
        "include_dna_attendees": False,
        "referral": False,
        "referral_type": None,
        "attendee_ids": [str(visit.pk)],
        "created_at": NOW,
        "updated_at": NOW,
        "archived_at": None,
        "patient": link(f"patients/{scene.patient.pk}"),
        "links": own(f"patient_cases/{pk}"),
        **{
            name: link(f"patient_cases/{pk}/{name}")
            for name in ("attendees", "bookings", "patient_attachments", "invoices")
        },
    }
    assert client.get(f"{VENDOR}/patient_cases/{pk}").json() == expected
    assert client.get(response["Location"].removeprefix(HOST)).json() == expected
    for method in ("PATCH", "PUT"):
        changed = client(method, f"{VENDOR}/patient_cases/{pk}", {"name": method, "notes": "ignored"}).json()
        assert changed == {**expected, "name": method}
    query = f"q[]=patient_id:={scene.patient.pk}&q[]=expiry_date:!?"
    assert client.get(f"{VENDOR}/patient_cases?{query}").json()["total_entries"] == 2
    assert client.post(f"{VENDOR}/patient_cases/{pk}/archive").status_code == 204
    assert client.get(f"{VENDOR}/patient_cases?{query}").json()["total_entries"] == 1
    assert client.get(f"{VENDOR}/patient_cases/{pk}").json()["closed"] is True
    response = client.patch(f"{VENDOR}/patient_cases/{pk}", {"name": "x"})
    assert (response.status_code, response.json()) == (422, refused(base="Case has been archived."))


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({}, {"name": "can't be blank", "patient_id": "can't be blank"}),
        ({"name": "x", "patient_id": 999_999}, {"patient_id": "must exist"}),
    ],
)
def test_a_case_needs_a_name_and_a_patient(client, scene, sent, errors):
    response = client.post(f"{VENDOR}/patient_cases", sent)
    assert (response.status_code, response.json()) == (422, refused(**errors))
    assert PatientCase.objects.count() == 1


def test_a_product(client, organization, practice):
    row = ProductFactory(organization=organization, name="Band", barcode="869", description="Red", price="24.40",
                         tax_rate="22.00", stock_level=7)  # fmt: skip
    expected = {
        "id": str(row.pk),
        "item_code": "869",
        "name": "Band",
        "product_supplier_name": None,
        "cost_price": None,
        "stock_level": 7,
        "notes": "Red",
        "serial_number": None,
        "price_ex_tax": "20.00",
        "created_at": NOW,
        "updated_at": NOW,
        "tax": None,
        "links": own(f"products/{row.pk}"),
    }
    assert client.get(f"{VENDOR}/products/{row.pk}").json() == expected
    assert client.get(f"{VENDOR}/products?q[]=name:~ban").json()["products"] == [expected]


# --------------------------------------------------------------------------------- users, settings, rest


def test_the_owner_of_the_key(client, manager, practice, front_desk_user, admin_user):
    expected = {
        "id": str(front_desk_user.pk),
        "title": None,
        "first_name": "",
        "last_name": "",
        "email": None,
        "role": "receptionist",
        "time_zone": "Europe/Bucharest",
        "user_active": True,
        "created_at": NOW,
        "updated_at": NOW,
        "links": own(f"users/{front_desk_user.pk}"),
    }
    assert client.get(f"{VENDOR}/user").json() == expected
    assert manager.get(f"{VENDOR}/user").json()["role"] == "administrator"
    doctor = MembershipFactory(practice=practice, specialist=True).user
    SpecialistFactory(organization=practice.organization, user=doctor)
    listed = manager.get(f"{VENDOR}/users").json()
    roles = {int(one["id"]): (one["role"], one["title"]) for one in listed["users"]}
    assert roles == {
        admin_user.pk: ("administrator", None),
        front_desk_user.pk: ("receptionist", None),
        doctor.pk: ("practitioner", "Dr."),
    }


def test_the_settings(client, manager, practice, organization, admin_user):
    admin_user.first_name, admin_user.email = "Tim", "tim@example.org"
    admin_user.save()
    organization.owner = admin_user
    organization.save()
    public = client.get(f"{VENDOR}/settings/public").json()
    account = {"id": str(organization.pk), "name": "Organization", "country": "Romania",
               "time_zone": "Europe/Bucharest", "currency_symbol": "RON", "subdomain": "organization"}  # fmt: skip
    assert public["account"] == account
    assert set(public) == {"terminology", "account", "calendar", "online_bookings", "reminders", "links"}
    assert public["online_bookings"]["min_hours_notice_for_patient_cancellation"] == 24
    assert public["links"] == own("settings/public")
    assert client.get(f"{VENDOR}/settings").status_code == 403
    whole = manager.get(f"{VENDOR}/settings").json()
    admin = {"first_name": "Tim", "last_name": "", "email": "tim@example.org"}
    assert whole == {**public, "account": {**account, "email_from": None, "admin": admin}, "links": own("settings")}


def test_what_is_not_kept_is_an_honest_empty_list(client, practice):
    from api.cliniko.unkept import UNKEPT

    assert len(UNKEPT) >= 25
    for key, routes in UNKEPT.items():
        for route in routes:
            path = f"{VENDOR}/" + "".join("1" if part.startswith("id:") else part for part in
                                          route.replace("<", ">").split(">"))  # fmt: skip
            expected = {key: [], "total_entries": 0, "links": own(f"{path.removeprefix(VENDOR)[1:]}?page=1")}
            assert client.get(path).json() == expected


def test_numbers_are_told_as_typed_and_whole(client, scene):
    PhoneNumberFactory(patient=scene.patient, prefix="+40", number="722111222", phone_type="home")
    (number,) = client.get(f"{VENDOR}/patients/{scene.patient.pk}").json()["patient_phone_numbers"]
    assert number["number"] == "+40 722111222"
    assert number["phone_type"] == "Home"
