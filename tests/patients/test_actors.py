"""Who acts in a request: from who signed in, and what their key leaves them."""

import pytest
from django.contrib.auth.models import AnonymousUser

from core.actor import Actor, Kind
from patients.services import actor_for
from tests.factories import (
    ApiKeyFactory,
    MembershipFactory,
    PatientAccessFactory,
    PatientFactory,
    PracticeFactory,
    SpecialistFactory,
    UserFactory,
)


def actor(user, **values):
    return actor_for(user, door="services", request_id="r-1", **values)


CARRIED = {"door": "services", "request_id": "r-1", "credential": "session"}


def test_a_visitor_reads_the_organizations_of_the_host():
    visitor = actor(AnonymousUser(), visitor_organizations=lambda: frozenset({7}))
    assert visitor == Actor(
        kind=Kind.VISITOR, organization_ids=frozenset({7}), door="services", request_id="r-1", credential=""
    )
    assert actor(AnonymousUser()).organization_ids == frozenset()


def test_an_inactive_user_is_a_visitor(practice):
    user = MembershipFactory(practice=practice, user__inactive=True, admin=True).user
    assert actor(user, visitor_organizations=lambda: frozenset({7})) == actor(
        AnonymousUser(), visitor_organizations=lambda: frozenset({7})
    )


def test_a_superuser_may_everything_and_asks_the_database_nothing(db, django_assert_num_queries):
    user = UserFactory(superuser=True)
    with django_assert_num_queries(0):
        found = actor(user, visitor_organizations=lambda: pytest.fail("asked for the visitors' organizations"))
    assert found == Actor(kind=Kind.STAFF, user_id=user.pk, everything=True, **CARRIED)


def test_staff_have_their_roles_by_practice(practice, other_practice, foreign_practice, django_assert_num_queries):
    user = UserFactory()
    MembershipFactory(user=user, practice=practice, admin=True)
    MembershipFactory(user=user, practice=foreign_practice)
    with django_assert_num_queries(1):
        found = actor(user, visitor_organizations=lambda: pytest.fail("asked for the visitors' organizations"))
    assert found == Actor(
        kind=Kind.STAFF,
        user_id=user.pk,
        roles={practice.pk: "clinic_admin", foreign_practice.pk: "front_desk"},
        organizations={practice.pk: practice.organization_id, foreign_practice.pk: foreign_practice.organization_id},
        organization_ids=frozenset({practice.organization_id, foreign_practice.organization_id}),
        **CARRIED,
    )


def test_a_specialist_is_the_one_of_the_practices_organization(practice, foreign_practice):
    user = UserFactory()
    MembershipFactory(user=user, practice=practice, specialist=True)
    MembershipFactory(user=user, practice=foreign_practice)  # the front desk there
    ours = SpecialistFactory(organization=practice.organization, user=user)
    SpecialistFactory(organization=foreign_practice.organization, user=user)
    assert actor(user).specialist_ids == frozenset({ours.pk})


def test_a_specialist_of_two_organizations_is_both(practice, foreign_practice):
    user = UserFactory()
    both = set()
    for place in (practice, foreign_practice):
        MembershipFactory(user=user, practice=place, specialist=True)
        both.add(SpecialistFactory(organization=place.organization, user=user).pk)
    assert actor(user).specialist_ids == both


def test_a_specialist_who_was_put_away_is_none(practice):
    user = MembershipFactory(practice=practice, specialist=True).user
    SpecialistFactory(organization=practice.organization, user=user, archived=True)
    assert actor(user).specialist_ids == frozenset()


def test_a_patient_acts_for_themselves(patient, patient_user, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = actor(patient_user)
    assert found == Actor(
        kind=Kind.PATIENT,
        user_id=patient_user.pk,
        patient_ids=frozenset({patient.pk}),
        own_patient_id=patient.pk,
        organization_ids=frozenset({patient.organization_id}),
        **CARRIED,
    )


@pytest.mark.parametrize(
    ("relations", "own"),
    [
        (["self"], 0),
        (["parent"], 0),
        (["parent", "self", "carer"], 1),
        (["parent", "parent"], None),
        (["self", "self"], None),
    ],
)
def test_whom_a_user_means_without_saying_so(organization, relations, own):
    user = UserFactory()
    patients = [PatientFactory(organization=organization) for _ in relations]
    for patient, relation in zip(patients, relations, strict=True):
        PatientAccessFactory(user=user, patient=patient, relation=relation)
    found = actor(user)
    assert found.own_patient_id == (None if own is None else patients[own].pk)
    assert found.patient_ids == {patient.pk for patient in patients}


def test_staff_can_be_patients_too(patient, patient_user, other_practice):
    MembershipFactory(user=patient_user, practice=other_practice)
    found = actor(patient_user)
    assert (found.kind, found.roles, found.patient_ids) == (
        Kind.STAFF,
        {other_practice.pk: "front_desk"},
        frozenset({patient.pk}),
    )


def test_a_user_with_neither_role_nor_patient_sees_what_visitors_see(db):
    user = UserFactory()
    assert actor(user, visitor_organizations=lambda: frozenset({7})) == Actor(
        kind=Kind.VISITOR, user_id=user.pk, organization_ids=frozenset({7}), **CARRIED
    )


# ------------------------------------------------------------------------------------------ with a key


def test_a_key_without_limits_carries_all_of_its_owners_rights(admin_user):
    key = ApiKeyFactory(user=admin_user)
    found, without = actor(admin_user, key=key), actor(admin_user)
    assert found.credential == f"key:{key.pk}"
    assert (found.roles, found.organization_ids, found.scopes, found.practice_id) == (
        without.roles,
        without.organization_ids,
        None,
        None,
    )


def test_a_key_narrows_roles_and_patients_to_its_practice(
    practice, other_practice, foreign_practice, patient_user, patient
):
    MembershipFactory(user=patient_user, practice=other_practice, admin=True)
    MembershipFactory(user=patient_user, practice=foreign_practice)
    PatientAccessFactory(user=patient_user, patient=PatientFactory(organization=foreign_practice.organization))
    found = actor(patient_user, key=ApiKeyFactory(user=patient_user, practice=other_practice))
    assert found.roles == {other_practice.pk: "clinic_admin"}
    assert found.patient_ids == frozenset({patient.pk})
    assert found.organization_ids == frozenset({practice.organization_id})
    assert found.practice_id == other_practice.pk


def test_a_key_gives_no_role_in_a_practice_where_its_owner_has_none(admin_user, other_practice):
    found = actor(admin_user, key=ApiKeyFactory(user=admin_user, practice=other_practice))
    assert (found.kind, found.roles, found.organization_ids) == (Kind.VISITOR, {}, frozenset())


def test_a_superusers_key_for_a_practice_makes_them_its_clinic_admin(other_practice, django_assert_num_queries):
    user = UserFactory(superuser=True)
    key = ApiKeyFactory(user=user, practice=other_practice)
    with django_assert_num_queries(0):
        found = actor(user, key=key)
    assert found == Actor(
        kind=Kind.STAFF,
        user_id=user.pk,
        roles={other_practice.pk: "clinic_admin"},
        organizations={other_practice.pk: other_practice.organization_id},
        organization_ids=frozenset({other_practice.organization_id}),
        practice_id=other_practice.pk,
        door="services",
        request_id="r-1",
        credential=f"key:{key.pk}",
    )


@pytest.mark.parametrize("superuser", [True, False])
def test_scopes_narrow_what_the_owner_may(practice, superuser):
    user = UserFactory(superuser=superuser)
    MembershipFactory(user=user, practice=practice, admin=True)
    found = actor(user, key=ApiKeyFactory(user=user, scopes=["orders:read"]))
    assert found.scopes == frozenset({"orders:read"})
    assert found.may("orders.view", practice.pk)
    assert not found.may("orders.place", practice.pk)


def test_a_key_takes_no_more_queries_than_a_session(admin_user, practice, django_assert_num_queries):
    key = ApiKeyFactory(user=admin_user, practice=practice)
    with django_assert_num_queries(1):
        actor(admin_user, key=key)


def test_many_practices_and_patients_take_no_more_queries(organization, django_assert_num_queries):
    user = UserFactory()
    for _ in range(5):
        MembershipFactory(user=user, practice=PracticeFactory(organization=organization), specialist=True)
        PatientAccessFactory(user=user, patient=PatientFactory(organization=organization))
    with django_assert_num_queries(1):
        assert len(actor(user).patient_ids) == 5
