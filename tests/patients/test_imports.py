"""Importing patients: in our own columns, with a phone number, and as Synthea writes them."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from core.models import AuditEntry
from directory.models import Resource
from patients.models import Patient, PhoneNumber
from tests.factories import PhoneNumberFactory
from tests.importing import counts, import_text, outcome, refusals

SYNTHEA = (Path(__file__).parent.parent / "data" / "synthea" / "patients.csv").read_bytes()

PHONES = "external_id,last_name,phone,country_code\n"


def test_every_column_of_a_patient_is_kept(organization):
    import_text(
        "patients",
        "external_id,first_name,last_name,preferred_first_name,title,gender,date_of_birth,place_of_birth,email,address_1,"
        "address_2,address_3,city,state,post_code,country_code,time_zone,occupation,identity_number,italian_fiscal_code,"
        "old_reference_id,emergency_contact,notes,appointment_notes,accepted_privacy_policy,accepted_email_marketing,"
        "accepted_sms_marketing,archived_at\n"
        "7,Ștefan,Ioniță,Fane,Dl.,M,1980-12-31,Cluj,stefan@example.org,Main 1,"
        "Stair B,Flat 3,Cluj,CJ,400001,ro,Europe/Bucharest,baker,1801231120000,RSSMRA80A01H501U,"
        'F-12,Ana 0722,"limps\nleft",mornings,yes,no,,2025-01-31\n',
    )
    stored = Patient.objects.values().get()
    expected = {
        "first_name": "Ștefan",
        "last_name": "Ioniță",
        "search_name": "ionita stefan",
        "preferred_first_name": "Fane",
        "title": "Dl.",
        "gender": "male",
        "date_of_birth": date(1980, 12, 31),
        "place_of_birth": "Cluj",
        "email": "stefan@example.org",
        "address_1": "Main 1",
        "address_2": "Stair B",
        "address_3": "Flat 3",
        "city": "Cluj",
        "state": "CJ",
        "post_code": "400001",
        "country_code": "RO",
        "time_zone": "Europe/Bucharest",
        "occupation": "baker",
        "identity_number": "1801231120000",
        "italian_fiscal_code": "RSSMRA80A01H501U",
        "old_reference_id": "F-12",
        "emergency_contact": "Ana 0722",
        "notes": "limps\nleft",
        "appointment_notes": "mornings",
        "accepted_privacy_policy": True,
        "accepted_email_marketing": False,
        "accepted_sms_marketing": None,
        "archived_at": datetime(2025, 1, 31, tzinfo=UTC),
    }
    assert {name: stored[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("word", "gender"), [("male", "male"), ("F", "female"), ("Other", "other"), ("m", "male"), ("", "")]
)
def test_gender_is_read_from_words_and_letters(organization, word, gender):
    import_text("patients", f"external_id,last_name,gender\n1,Popa,{word}\n")
    assert Patient.objects.get().gender == gender


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("gender", "x", "“x” is none of male, female, other, m, f."),
        ("accepted_privacy_policy", "maybe", "“maybe” is neither yes nor no."),
        ("archived_at", "long ago", "“long ago” is no date; write 1980-12-31."),
        ("country_code", "ROM", "“ROM” is no country; write its two capital letters (ISO 3166), such as RO."),
        ("phone", "0" * 33, "At most 32 characters are kept of a number, and 50 beside it."),
        ("title", "x" * 51, "Ensure this value has at most 50 characters (it has 51)."),
    ],
)
def test_a_bad_cell_is_refused_by_its_column(organization, column, cell, reason):
    report = import_text("patients", f"external_id,last_name,{column}\n1,Popa,{cell}\n2,Rusu,\n")
    assert refusals(report) == [(2, column, reason)]
    assert (outcome(report), Patient.objects.count()) == ((1, 0, 0, 1), 1)


def test_each_patient_gets_a_resource(organization):
    import_text("patients", "external_id,last_name\n" + "".join(f"{n},Popa {n}\n" for n in range(150)))
    resources = set(Patient.objects.values_list("resource", flat=True))
    assert len(resources) == 150
    assert set(Resource.objects.values_list("pk", "kind")) == {(pk, "patient") for pk in resources}


def test_a_changed_name_is_found_by_search(organization):
    import_text("patients", "external_id,last_name,first_name\n1,Popa,Ana\n")
    import_text("patients", "external_id,last_name\n1,Ștefănescu\n")
    assert Patient.objects.named_like("stefanescu ana").count() == 1
    assert Patient.objects.named_like("popa").count() == 0


def test_a_phone_number_becomes_the_first(organization):
    import_text("patients", PHONES + "1,Popa,0722 123 456,RO\n2,Rusu,+39 06 698 12345,\n3,Stan,none,RO\n4,Toma,,RO\n")
    rows = PhoneNumber.objects.order_by("pk").values_list("patient__last_name", "number", "e164", "position")
    assert list(rows) == [
        ("Popa", "0722 123 456", "+40722123456", 0),
        ("Rusu", "+39 06 698 12345", "+390669812345", 0),
        ("Stan", "none", "", 0),
    ]
    told = AuditEntry.objects.filter(object_kind="patients.phonenumber")
    assert set(told.values_list("verb", "action", "organization_id")) == {
        ("patients.import_patients", "create", organization.pk)
    }


def test_the_organizations_country_says_where_a_number_is(practice):
    import_text("patients", PHONES + "1,Popa,0722 123 456,\n")
    assert PhoneNumber.objects.get().e164 == "+40722123456"


def test_a_new_number_takes_the_place_of_the_first_alone(organization):
    import_text("patients", PHONES + "1,Popa,0722 123 456,RO\n2,Rusu,0722 000 000,RO\n")
    patient = Patient.objects.get(last_name="Popa")
    second = PhoneNumberFactory(patient=patient, number="second", position=1)
    report = import_text("patients", PHONES + "1,Popa,0733 123 456,RO\n2,Rusu,,RO\n")
    assert outcome(report) == (0, 1, 1, 0)
    assert list(patient.phone_numbers.order_by("position").values_list("pk", "number", "e164"))[1:] == [
        (second.pk, "second", "+40722123456")
    ]
    assert patient.phone_numbers.get(position=0).e164 == "+40733123456"
    assert PhoneNumber.objects.filter(patient__last_name="Rusu").count() == 1, "an empty cell says nothing"


# ------------------------------------------------------------------------------------------ synthea


def test_synthea_patients_become_patients(organization):
    report = import_text("patients", SYNTHEA, layout="synthea")
    assert (outcome(report), report.source, report.unread) == ((4, 0, 0, 0), "synthea", [])
    stored = Patient.objects.values().get(first_name="Jackie93")
    expected = {
        "title": "Ms.",
        "last_name": "Okuneva707",
        "gender": "female",
        "date_of_birth": date(1996, 6, 5),
        "place_of_birth": "Marlborough, Massachusetts, US",
        "address_1": "455 Labadie Underpass Suite 69",
        "address_2": "",
        "address_3": "Middlesex County",
        "city": "Winchester",
        "state": "Massachusetts",
        "post_code": "01890",
        "country_code": "US",
        "identity_number": "999-66-5642",
        "archived_at": None,
    }
    assert {name: stored[name] for name in expected} == expected


def test_the_record_of_someone_who_died_is_put_away_from_that_day(organization):
    import_text("patients", SYNTHEA, layout="synthea")
    away = Patient.objects.exclude(archived_at=None)
    assert list(away.values_list("first_name", "archived_at")) == [("Keenan632", datetime(2004, 3, 21, tzinfo=UTC))]


@pytest.mark.parametrize(
    ("numbers", "kept"),
    [("999,D1,P1", "999"), (",D1,P1", "P1"), (",D1,", "D1"), (",,", "")],
)
def test_the_first_number_that_names_the_person_is_kept(organization, numbers, kept):
    import_text("patients", f"Id,LAST,SSN,DRIVERS,PASSPORT\n1,Popa,{numbers}\n", layout="synthea")
    assert Patient.objects.get().identity_number == kept


def test_a_second_run_of_synthea_changes_nothing(organization):
    import_text("patients", SYNTHEA, layout="synthea")
    before, rows = counts(), list(Patient.objects.order_by("pk").values())
    assert outcome(import_text("patients", SYNTHEA, layout="synthea")) == (0, 0, 4, 0)
    assert counts() == {**before, "core.ImportJob": 2}
    assert list(Patient.objects.order_by("pk").values()) == rows
