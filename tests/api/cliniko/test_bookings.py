"""Attendees, bookings and the older shape of appointments, field by field."""

import pytest
from django.db.models.sql.compiler import SQLCompiler

from scheduling.models import TimeOff
from tests.api.cliniko.conftest import NOW, VENDOR, link, own
from tests.factories import (
    AT,
    DAY,
    AppointmentFactory,
    PatientCaseFactory,
    PatientFactory,
    SlotFactory,
)


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
    for asked, total in ((">0", 2), (f">={2**51}", 1), (f"<{2**51}", 1), (f"!={booked.session_id}", 1), ("?", 2)):
        # Of a page that is full, the rest is counted, in another way than it is listed.
        listed = client.get(f"{VENDOR}/attendees?q[]=booking_id:{asked}&per_page=1").json()
        assert (len(listed["attendees"]), listed["total_entries"]) == (1, total), asked
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
    other = PatientCaseFactory(patient=booked.patient)
    for case, total in ((booked.case, 1), (other, 0), (booked.case, 1)):
        assert client.get(f"{VENDOR}/patient_cases/{case.pk}/bookings").json()["total_entries"] == total


@pytest.mark.parametrize(
    "path", ["bookings", "bookings?sort=starts_at&per_page=2", "settings/public", "user", "businesses", "patient_cases"]
)
def test_the_second_request_compiles_nothing(client, booked, monkeypatch, path):
    first = client.get(f"{VENDOR}/{path}")
    compiled = []
    as_sql = SQLCompiler.as_sql
    monkeypatch.setattr(
        SQLCompiler, "as_sql", lambda self, *a, **k: (compiled.append(self.query), as_sql(self, *a, **k))[1]
    )
    assert (first.status_code, client.get(f"{VENDOR}/{path}").content) == (200, first.content)
    assert compiled == []


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
