"""What of a patient's record lies on a limit, or beside another that looks the same."""

from dataclasses import replace

import pytest

from core.errors import Conflict, Forbidden, InvalidInput
from directory.models import User
from patients.models import CustomFieldValue, DocumentFolder, PatientAlert, PatientCase
from patients.services import (
    actor_for,
    archive_case,
    change_case,
    change_custom_field,
    define_custom_field,
    end_alert,
    open_case,
    raise_alert,
    set_custom_values,
    similar_patients,
)
from patients.services.documents import change_document
from tests.factories import (
    CustomFieldFactory,
    DocumentFactory,
    DocumentFolderFactory,
    MembershipFactory,
    PatientAlertFactory,
    PatientFactory,
    PhoneNumberFactory,
    SpecialistFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def test_a_choice_has_as_many_and_as_long_words_as_fit(organization, admin_actor, at, refused):
    words = [f"{number:x<255}" for number in range(100, 300)]
    wanted = {"object_type": "patient", "label": "Which", "technical_name": "which", "type": "dropdown"}
    known = {"organization_id": organization.pk, "by": admin_actor, "at": at}
    for wrong in ([*words, "one more"], [*words[:199], "x" * 256]):
        with refused(InvalidInput) as caught:
            define_custom_field(values={**wanted, "choices": wrong}, **known)
        assert set(caught.value.fields) == {"choices"}
    field = define_custom_field(values={**wanted, "choices": words}, **known)
    assert len(field.choices) == 200
    assert change_custom_field(field.pk, values={"choices": words[:1]}, by=admin_actor, at=at).choices == words[:1]


def test_a_field_of_care_plans_says_nothing_of_patients(organization, patient, front_desk, at, refused):
    CustomFieldFactory(organization=organization, object_type="care_plan", technical_name="shoe", type="number")
    with refused(InvalidInput) as caught:
        set_custom_values(patient.pk, values={"shoe": 42}, by=front_desk, at=at)
    assert caught.value.fields == {"custom_values.shoe": "There is no such field."}
    CustomFieldFactory(organization=organization, object_type="patient", technical_name="shoe", type="number")
    set_custom_values(patient.pk, values={"shoe": 42}, by=front_desk, at=at)
    assert CustomFieldValue.objects.get().field.object_type == "patient"


def test_a_value_is_a_day_that_a_clinic_can_mean(organization, patient, front_desk, at, refused):
    CustomFieldFactory(organization=organization, technical_name="since", type="date")
    for wrong in ("1899-12-31", "2200-01-01"):
        with refused(InvalidInput):
            set_custom_values(patient.pk, values={"since": wrong}, by=front_desk, at=at)
    for right in ("1900-01-01", "2199-12-31"):
        set_custom_values(patient.pk, values={"since": right}, by=front_desk, at=at)
        assert CustomFieldValue.objects.get().value == right


def test_who_only_reads_raises_and_ends_no_alert(patient, front_desk, at, refused):
    alert, reader = PatientAlertFactory(patient=patient), replace(front_desk, scopes=frozenset({"patients:read"}))
    with refused(Forbidden):
        raise_alert(patient.pk, kind="risk", text="x", by=reader, at=at)
    with refused(Forbidden):
        end_alert(alert.pk, by=reader, at=at)
    assert list(PatientAlert.objects.standing()) == [alert]


def test_a_short_number_is_nobodys_own(organization, front_desk):
    short, long = PatientFactory(organization=organization), PatientFactory(organization=organization)
    PhoneNumberFactory(patient=short, number="12-345", digits="12345", e164="")
    PhoneNumberFactory(patient=long, number="123-456", digits="123456", e164="")

    def found(phone):
        return similar_patients(front_desk, organization_id=organization.pk, phone=phone)

    assert (found("12345"), found("123456")) == ([], [long])


def test_who_shares_most_comes_first_whoever_was_here_before(organization, front_desk):
    told = {"first_name": "Ana", "last_name": "Pop", "email": "ana@example.org"}
    sister = PatientFactory(organization=organization, first_name="Ina", last_name="Pop", email="ana@example.org")
    same = PatientFactory(organization=organization, **told)
    assert similar_patients(front_desk, organization_id=organization.pk, **told) == [same, sister]


def test_a_folder_of_another_patient_of_that_name_is_not_this_ones(organization, patient, front_desk, at):
    theirs = DocumentFolderFactory(patient__organization=organization, name="Consents")
    document = DocumentFactory(patient=patient)
    moved = change_document(document.pk, values={"folder_name": "Consents"}, by=front_desk, at=at)
    assert moved.folder.patient == patient
    assert DocumentFolder.objects.exclude(pk=theirs.pk).get() == moved.folder


def test_a_case_that_was_put_away_keeps_its_name(patient, front_desk, at, refused):
    case = open_case(patient.pk, values={"name": "Knee"}, by=front_desk, at=at)
    archive_case(case.pk, by=front_desk, at=at)
    archive_case(case.pk, by=front_desk, at=at.replace(hour=15))
    with refused(Conflict):
        change_case(case.pk, values={"name": "Hip"}, by=front_desk, at=at)
    assert PatientCase.objects.values_list("name", "archived_at").get() == ("Knee", at)


@pytest.mark.parametrize("role", ["front_desk", "clinic_admin", "specialist"])
def test_whoever_also_treats_acts_as_a_specialist_in_that_role_alone(practice, role):
    user = MembershipFactory(practice=practice, role=role).user
    treats = SpecialistFactory(organization=practice.organization, user=user, works_at=[practice])
    expected = {treats.pk} if role == "specialist" else set()
    assert actor_for(user, door="test").specialist_ids == expected


def test_a_superuser_without_a_role_is_nobody_to_name(admin_actor):
    nobodys, boss = UserFactory(), UserFactory(superuser=True)
    named = set(User.objects.nameable_by(admin_actor))
    assert nobodys in named
    assert boss not in named
