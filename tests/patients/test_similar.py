"""Who looks like a patient that is about to be made."""

from datetime import date

import pytest

from patients.services import similar_patients
from tests.factories import AppointmentFactory, PatientFactory, PhoneNumberFactory

BORN = date(1990, 5, 17)


@pytest.fixture
def stefan(organization, practice):
    return PatientFactory(
        organization=organization,
        first_name="Ștefan",
        last_name="Ioniță",
        email="stefan@example.org",
        date_of_birth=BORN,
    )


@pytest.mark.parametrize(
    "told",
    [
        {"first_name": "stefan", "last_name": "IONITA"},
        {"email": "Stefan@Example.org"},
        {"email": " stefan@example.org "},
        {"last_name": "Ionita", "date_of_birth": BORN},
        {"phone": "0722 123 456"},
        {"phone": "+40722123456"},
        {"phone": "722123456"},
    ],
)
def test_one_likeness_is_enough(organization, stefan, front_desk, told):
    PhoneNumberFactory(patient=stefan)
    PatientFactory(organization=organization, first_name="Ana", last_name="Popescu", email="ana@example.org")
    assert similar_patients(front_desk, organization_id=organization.pk, **told) == [stefan]


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"last_name": "Ioniță"},
        {"first_name": "Ștefan"},
        {"date_of_birth": BORN},
        {"first_name": "Ana", "last_name": "Ioniță"},
        {"last_name": "Popescu", "date_of_birth": BORN},
        {"email": "stefan@example.com"},
        {"phone": "0722 123 457"},
        {"phone": "ask"},
        {"first_name": " ", "last_name": "...", "email": " ", "phone": " "},
    ],
)
def test_less_is_not(organization, stefan, front_desk, told):
    PhoneNumberFactory(patient=stefan)
    assert similar_patients(front_desk, organization_id=organization.pk, **told) == []


def test_who_shares_most_comes_first(organization, stefan, front_desk):
    namesake = PatientFactory(organization=organization, first_name="Stefan", last_name="Ionita")
    told = {"first_name": "Ștefan", "last_name": "Ioniță", "email": "stefan@example.org", "date_of_birth": BORN}
    assert similar_patients(front_desk, organization_id=organization.pk, **told) == [stefan, namesake]
    namesake_first = {"first_name": "Ștefan", "last_name": "Ioniță"}
    assert similar_patients(front_desk, organization_id=organization.pk, **namesake_first) == [stefan, namesake]


def test_who_is_away_or_merged_is_left_out(organization, stefan, front_desk, at):
    PatientFactory(organization=organization, email="stefan@example.org", archived=True)
    PatientFactory(organization=organization, email="stefan@example.org", merged_into=stefan, merged_at=at)
    assert similar_patients(front_desk, organization_id=organization.pk, email="stefan@example.org") == [stefan]


def test_only_whom_the_actor_may_see(organization, practice, stefan, request):
    PatientFactory(email="stefan@example.org")
    found = {
        name: similar_patients(
            request.getfixturevalue(name), organization_id=organization.pk, email="stefan@example.org"
        )
        for name in ("superuser", "admin_actor", "front_desk", "specialist_actor", "patient_actor", "visitor")
    }
    assert found == {
        "superuser": [stefan],
        "admin_actor": [stefan],
        "front_desk": [stefan],
        "specialist_actor": [],
        "patient_actor": [],
        "visitor": [],
    }


def test_a_specialist_is_told_of_the_patients_they_treat(organization, practice, stefan, specialist, specialist_actor):
    AppointmentFactory(practice=practice, patient=stefan, specialist=specialist)
    assert similar_patients(specialist_actor, organization_id=organization.pk, email="stefan@example.org") == [stefan]


def test_ten_are_enough(organization, front_desk):
    for _ in range(12):
        PatientFactory(organization=organization, email="family@example.org")
    assert len(similar_patients(front_desk, organization_id=organization.pk, email="family@example.org")) == 10
