"""Who sees which patients, and what belongs to them."""

import pytest

from core.actor import Actor, Kind
from patients.models import (
    CustomField,
    CustomFieldValue,
    Document,
    DocumentFolder,
    Patient,
    PatientAccess,
    PatientCase,
    PatientSource,
    PhoneNumber,
)
from patients.services import actor_for
from scheduling.models import Appointment
from tests.factories import (
    ApiKeyFactory,
    AppointmentFactory,
    CustomFieldFactory,
    CustomFieldValueFactory,
    DocumentFactory,
    DocumentFolderFactory,
    MembershipFactory,
    PatientAccessFactory,
    PatientCaseFactory,
    PatientFactory,
    PatientSourceFactory,
    PhoneNumberFactory,
    SpecialistFactory,
)

ACTORS = ("superuser", "admin_actor", "front_desk", "specialist_actor", "patient_actor", "visitor")
OF_PATIENT = {
    PhoneNumber: PhoneNumberFactory,
    PatientCase: PatientCaseFactory,
    DocumentFolder: DocumentFolderFactory,
    Document: DocumentFactory,
    CustomFieldValue: lambda patient: CustomFieldValueFactory(
        patient=patient, field__organization=patient.organization
    ),
}


@pytest.fixture
def patients(organization, practice, other_practice, foreign_practice, patient, specialist):
    """The actors' clinic: the patient who has access, a child of theirs, one who is treated, one who is not.

    And one whom another specialist of another practice treats; and one of another organization.
    """
    named = {
        "own": patient,
        "treated": PatientFactory(organization=organization),
        "other": PatientFactory(organization=organization),
        "foreign": PatientFactory(organization=foreign_practice.organization),
    }
    AppointmentFactory(practice=practice, patient=named["treated"], specialist=specialist)
    elsewhere = SpecialistFactory(organization=organization)
    AppointmentFactory(practice=other_practice, patient=named["other"], specialist=elsewhere)
    return named


EXPECTED = {
    "superuser": {"own", "treated", "other", "foreign"},
    "admin_actor": {"own", "treated", "other"},
    "front_desk": {"own", "treated", "other"},
    "specialist_actor": {"treated"},
    "patient_actor": {"own"},
    "visitor": set(),
}


def names_of(patients, ids):
    return {name for name, patient in patients.items() if patient.pk in ids}


@pytest.mark.parametrize("actor", ACTORS)
def test_patients_are_seen_by_the_desk_who_treats_them_and_who_acts_for_them(patients, actor, request):
    found = Patient.objects.visible_to(request.getfixturevalue(actor)).values_list("pk", flat=True)
    assert names_of(patients, found) == EXPECTED[actor]


@pytest.mark.parametrize("model", OF_PATIENT)
@pytest.mark.parametrize("actor", ACTORS)
def test_what_belongs_to_a_patient_is_seen_with_them(patients, model, actor, request):
    for patient in patients.values():
        OF_PATIENT[model](patient=patient)
    found = model.objects.visible_to(request.getfixturevalue(actor)).values_list("patient_id", flat=True)
    assert names_of(patients, found) == EXPECTED[actor]


def test_many_appointments_show_a_patient_once(patients, practice, specialist, specialist_actor):
    for _ in range(3):
        AppointmentFactory(practice=practice, patient=patients["treated"], specialist=specialist)
    assert list(Patient.objects.visible_to(specialist_actor)) == [patients["treated"]]


@pytest.mark.parametrize("actor", ACTORS)
def test_access_is_seen_by_the_desk_and_by_who_has_it(patients, actor, request):
    for patient in patients.values():
        PatientAccessFactory(patient=patient)
    found = PatientAccess.objects.visible_to(request.getfixturevalue(actor)).values_list("patient_id", flat=True)
    # A specialist has no business with who else acts for their patients.
    expected = EXPECTED | {"specialist_actor": set()}
    assert names_of(patients, found) == expected[actor]


def test_one_sees_ones_own_access_and_not_who_else_acts_for_the_same_patient(patient, patient_actor, patient_user):
    PatientAccessFactory(patient=patient, parent=True)
    assert list(PatientAccess.objects.visible_to(patient_actor).values_list("user_id", flat=True)) == [patient_user.pk]


@pytest.mark.parametrize(
    ("model", "factory"), [(PatientSource, PatientSourceFactory), (CustomField, CustomFieldFactory)]
)
@pytest.mark.parametrize("actor", ACTORS)
def test_sources_and_fields_are_for_the_staff_of_the_organization(
    organization, foreign_practice, model, factory, actor, request
):
    ours, foreign = factory(organization=organization), factory(organization=foreign_practice.organization)
    found = set(model.objects.visible_to(request.getfixturevalue(actor)))
    staff = {"admin_actor", "front_desk", "specialist_actor"}
    assert found == ({ours, foreign} if actor == "superuser" else {ours} if actor in staff else set())


def test_a_specialist_sees_whom_they_treat_where_they_are_one(
    patients, practice, other_practice, specialist, specialist_user
):
    elsewhere = AppointmentFactory(practice=other_practice, specialist=specialist).patient
    in_one = actor_for(specialist_user, door="test")
    assert list(Patient.objects.visible_to(in_one)) == [patients["treated"]]
    assert list(Appointment.objects.visible_to(in_one).values_list("practice_id", flat=True)) == [practice.pk]

    MembershipFactory(user=specialist_user, practice=other_practice, specialist=True)
    in_both = actor_for(specialist_user, door="test")
    assert set(Patient.objects.visible_to(in_both)) == {patients["treated"], elsewhere}

    key = ApiKeyFactory(user=specialist_user, practice=other_practice)
    narrowed = actor_for(specialist_user, key=key, door="test")
    assert list(Patient.objects.visible_to(narrowed)) == [elsewhere]
    assert list(Appointment.objects.visible_to(narrowed).values_list("practice_id", flat=True)) == [other_practice.pk]


def test_a_mother_sees_both_children(organization, patient_user, patient):
    children = [PatientFactory(organization=organization) for _ in range(2)]
    for child in children:
        PatientAccessFactory(user=patient_user, patient=child, parent=True)
    mother = actor_for(patient_user, door="test")
    assert set(Patient.objects.visible_to(mother)) == {patient, *children}


def test_a_desk_of_two_organizations_sees_the_patients_of_both(patients, front_desk_user, foreign_practice):
    MembershipFactory(user=front_desk_user, practice=foreign_practice)
    both = actor_for(front_desk_user, door="test")
    assert Patient.objects.visible_to(both).count() == 4
    narrowed = actor_for(
        front_desk_user, key=ApiKeyFactory(user=front_desk_user, practice=foreign_practice), door="test"
    )
    assert list(Patient.objects.visible_to(narrowed)) == [patients["foreign"]]


@pytest.mark.parametrize(
    "model", [*OF_PATIENT, Patient, PatientAccess, PatientSource, CustomField], ids=lambda model: model.__name__
)
def test_an_actor_with_nothing_sees_nothing(patients, model):
    assert list(model.objects.visible_to(Actor(kind=Kind.VISITOR))) == []
    assert list(model.objects.visible_to(Actor(kind=Kind.STAFF, user_id=10**9))) == []
