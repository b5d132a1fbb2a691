"""Patients: made, changed, archived; found by name without accents."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from core.errors import Conflict, Forbidden, InvalidInput, Missing
from core.models import AuditEntry
from directory.models import Resource
from patients.models import Patient, PhoneNumber
from patients.services import archive_patient, change_patient, create_patient, restore_patient
from tests.factories import PatientFactory, PatientSourceFactory, PhoneNumberFactory, SpecialistFactory

NAME = {"first_name": "Ștefan", "last_name": "Ioniță"}


def make(organization, by, at, **values):
    return create_patient(organization_id=organization.pk, values={**NAME, **values}, by=by, at=at)


def test_a_patient_comes_with_what_can_be_busy(organization, front_desk, at, history):
    source, specialist = PatientSourceFactory(organization=organization), SpecialistFactory(organization=organization)
    values = {
        **NAME,
        "email": "stefan@example.org",
        "date_of_birth": date(1990, 5, 17),
        "gender": "male",
        "country_code": "RO",
        "time_zone": "Europe/Bucharest",
        "pronouns": {"subject": "he"},
        "source_id": source.pk,
        "primary_specialist_id": specialist.pk,
        "default_discount": Decimal("12.50"),
        "accepted_privacy_policy": True,
    }
    patient = create_patient(organization_id=organization.pk, values=values, by=front_desk, at=at)
    stored = Patient.objects.values().get()
    resource = Resource.objects.get(kind="patient")
    expected = {
        **values,
        "id": patient.pk,
        "organization_id": organization.pk,
        "resource_id": resource.pk,
        "search_name": "ionita stefan",
        "created_at": at,
        "updated_at": at,
        "archived_at": None,
        "merged_into_id": None,
    }
    assert {name: stored[name] for name in expected} == expected
    assert history() == [
        ("patients.create_patient", "create", "directory.resource", resource.pk),
        ("patients.create_patient", "create", "patients.patient", patient.pk),
    ]
    entry = AuditEntry.objects.order_by("pk").last()
    assert (entry.organization_id, entry.user_id) == (organization.pk, front_desk.user_id)


def test_numbers_come_with_the_patient_in_their_order(organization, practice, front_desk, at, history):
    patient = create_patient(
        organization_id=organization.pk,
        values=NAME,
        phone_numbers=[
            {"prefix": "+40", "number": "722 123 456", "label": "own", "sms_enabled": True},
            {"number": "0264 123 456", "phone_type": "home"},
        ],
        by=front_desk,
        at=at,
    )
    columns = ("prefix", "number", "label", "sms_enabled", "phone_type", "e164", "position")
    assert list(PhoneNumber.objects.filter(patient=patient).order_by("position").values_list(*columns)) == [
        ("+40", "722 123 456", "own", True, "mobile", "+40722123456", 0),
        ("", "0264 123 456", "", False, "home", "+40264123456", 1),
    ]
    assert [kind for _verb, _action, kind, _pk in history()] == [
        "directory.resource",
        "patients.patient",
        "patients.phonenumber",
        "patients.phonenumber",
    ]
    places = AuditEntry.objects.filter(object_kind="patients.phonenumber").values_list("organization_id", flat=True)
    assert set(places) == {organization.pk}


@pytest.mark.parametrize("actor", ["specialist_actor"])
def test_specialists_make_and_change_no_patients(organization, actor, request, at, refused):
    by = request.getfixturevalue(actor)
    with refused(Forbidden):
        make(organization, by, at)


@pytest.mark.parametrize("actor", ["patient_actor", "visitor"])
def test_nobody_else_makes_patients(organization, actor, request, at, refused):
    by = request.getfixturevalue(actor)
    with refused(Missing):
        make(organization, by, at)


def test_a_patient_changes_not_even_themselves(patient, patient_actor, at, refused):
    for verb in (archive_patient, restore_patient):
        with refused(Forbidden):
            verb(patient.pk, by=patient_actor, at=at)
    with refused(Forbidden):
        change_patient(patient.pk, values={"first_name": "Other"}, by=patient_actor, at=at)


@pytest.mark.parametrize("actor", ["admin_actor", "front_desk", "specialist_actor", "patient_actor", "visitor"])
def test_patients_of_another_organization_are_missing(foreign_practice, actor, request, at, refused):
    by, foreign = request.getfixturevalue(actor), PatientFactory(organization=foreign_practice.organization)
    with refused(Missing):
        make(foreign_practice.organization, by, at)
    with refused(Missing):
        change_patient(foreign.pk, values={"first_name": "Other"}, by=by, at=at)
    for verb in (archive_patient, restore_patient):
        with refused(Missing):
            verb(foreign.pk, by=by, at=at)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"last_name": ""}, "last_name"),
        ({"first_name": "a\x00b"}, "first_name"),
        ({"last_name": "x" * 256}, "last_name"),
        ({"notes": "\ud800"}, "notes"),
        ({"email": "nobody"}, "email"),
        ({"gender": "x"}, "gender"),
        ({"date_of_birth": "soon"}, "date_of_birth"),
        ({"default_discount": Decimal("100.5")}, "default_discount"),
        ({"country_code": "Romania"}, "country_code"),
        ({"time_zone": "Moon"}, "time_zone"),
        ({"pronouns": {"subject": "\x00"}}, "pronouns"),
        ({"avatar_url": "javascript:alert(1)"}, "avatar_url"),
        ({"yearly_numbering_year": 40000}, "yearly_numbering_year"),
        ({"source_id": 10**9}, "source_id"),
    ],
)
def test_a_wrong_value_is_refused_by_column(organization, front_desk, at, refused, values, field):
    with refused(InvalidInput) as caught:
        make(organization, front_desk, at, **values)
    assert list(caught.value.fields) == [field]


@pytest.mark.parametrize("column", ["organization_id", "resource_id", "merged_into_id", "anonymized_at", "search_name"])
def test_what_only_other_verbs_write_is_not_taken(patient, front_desk, at, refused, column):
    with refused(TypeError):
        change_patient(patient.pk, values={column: None}, by=front_desk, at=at)


def test_a_number_of_the_year_is_given_once(organization, front_desk, at, refused):
    number = {"yearly_numbering_year": 2026, "yearly_numbering_number": 7}
    make(organization, front_desk, at, **number)
    with refused(Conflict) as caught:
        make(organization, front_desk, at, **number)
    told = "There is already one with the same numbering year, number in the year."
    assert (caught.value.code, str(caught.value)) == ("duplicate", told)


def test_a_change_writes_what_changed_and_the_folded_name_with_it(patient, front_desk, at, history):
    later = at.replace(hour=15)
    change_patient(patient.pk, values={"last_name": "Țîrlea", "first_name": "Ana"}, by=front_desk, at=later)
    stored = Patient.objects.get()
    assert (stored.last_name, stored.search_name, stored.updated_at) == ("Țîrlea", "tirlea ana", later)
    assert history() == [("patients.change_patient", "change", "patients.patient", patient.pk)]
    assert AuditEntry.objects.get().changes == {"last_name": [patient.last_name, "Țîrlea"]}


def test_nothing_changed_is_nothing_written(patient, front_desk, at, refused, history):
    change_patient(patient.pk, values={"first_name": patient.first_name}, by=front_desk, at=at.replace(hour=15))
    assert Patient.objects.get().updated_at == at
    assert history() == []


def test_numbers_are_set_as_a_whole_and_kept_where_they_stand(patient, front_desk, at, history):
    kept = PhoneNumberFactory(patient=patient, position=0)
    changed = PhoneNumberFactory(patient=patient, number="722000001", position=1, label="old", sms_enabled=True)
    gone = PhoneNumberFactory(patient=patient, number="722000002", position=2).pk
    numbers = [{"prefix": "+40", "number": "722123456"}, {"prefix": "+40", "number": "733000000"}]
    change_patient(patient.pk, values={}, phone_numbers=numbers, by=front_desk, at=at)
    stored = PhoneNumber.objects.order_by("position").values_list("pk", "number", "e164", "label", "sms_enabled")
    assert list(stored) == [
        (kept.pk, "722123456", "+40722123456", "", False),
        (changed.pk, "733000000", "+40733000000", "", False),
    ]
    assert history() == [
        ("patients.change_patient", "change", "patients.phonenumber", changed.pk),
        ("patients.change_patient", "delete", "patients.phonenumber", gone),
    ]


def test_a_wrong_number_is_named_by_its_place_and_nothing_is_written(patient, front_desk, at, refused):
    PhoneNumberFactory(patient=patient)
    numbers = [{"number": "722123456"}, {"number": ""}, {"number": "1", "phone_type": "pigeon"}]
    with refused(InvalidInput) as caught:
        change_patient(patient.pk, values={"first_name": "New"}, phone_numbers=numbers, by=front_desk, at=at)
    assert list(caught.value.fields) == ["phone_numbers.1.number", "phone_numbers.2.phone_type"]


def test_all_numbers_can_go(patient, front_desk, at):
    PhoneNumberFactory(patient=patient)
    change_patient(patient.pk, values={}, phone_numbers=[], by=front_desk, at=at)
    assert PhoneNumber.objects.count() == 0


def test_a_patient_is_put_away_and_brought_back(patient, front_desk, at, history):
    later = at.replace(hour=15)
    archive_patient(patient.pk, by=front_desk, at=at)
    archive_patient(patient.pk, by=front_desk, at=later)
    assert Patient.objects.get().archived_at == at
    assert Patient.objects.live().count() == 0
    restore_patient(patient.pk, by=front_desk, at=later)
    assert Patient.objects.live().count() == 1
    assert history() == [
        ("patients.archive_patient", "change", "patients.patient", patient.pk),
        ("patients.restore_patient", "change", "patients.patient", patient.pk),
    ]


def test_who_was_merged_into_another_does_not_come_back(organization, patient, front_desk, at, refused):
    merged = PatientFactory(organization=organization, merged_into=patient, merged_at=at, archived=True)
    with refused(Conflict) as caught:
        restore_patient(merged.pk, by=front_desk, at=at)
    assert caught.value.code == "merged"


@pytest.mark.parametrize(
    "typed",
    ["Ștefan Ioniță", "stefan ionita", "IONIȚĂ", "ionita stefan", "Ștefan", "  stef   ION ", "ioni", "Ioniţă, Ştefan"],
)
def test_a_name_is_found_however_it_is_typed(organization, front_desk, at, typed):
    found = make(organization, front_desk, at)
    PatientFactory(organization=organization, first_name="Ana", last_name="Popescu")
    assert list(Patient.objects.named_like(typed)) == [found]


def test_another_name_is_not_found(organization, front_desk, at):
    make(organization, front_desk, at)
    assert list(Patient.objects.named_like("stefan popescu")) == []
    assert list(Patient.objects.named_like("100%")) == []


@pytest.mark.parametrize("typed", ["", " ", "%", "_", "-- ."])
def test_a_search_without_a_word_finds_nobody(organization, typed):
    PatientFactory(organization=organization)
    assert not Patient.objects.found_by(typed).exists()


def test_nobody_is_born_in_the_future(organization, practice, patient, front_desk, at, refused):
    today = at.date()
    create_patient(
        organization_id=organization.pk, values={"last_name": "Nou", "date_of_birth": today}, by=front_desk, at=at
    )
    ahead = today + timedelta(days=2)
    with refused(InvalidInput) as caught:
        create_patient(
            organization_id=organization.pk, values={"last_name": "Nou", "date_of_birth": ahead}, by=front_desk, at=at
        )
    assert caught.value.fields == {"date_of_birth": "A date of birth cannot be in the future."}
    with refused(InvalidInput) as caught:
        change_patient(patient.pk, values={"date_of_birth": ahead}, by=front_desk, at=at)
    assert caught.value.fields == {"date_of_birth": "A date of birth cannot be in the future."}
