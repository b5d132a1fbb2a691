"""Who may act for a patient."""

import pytest

from core.errors import Forbidden, InvalidInput, Missing
from core.models import AuditEntry
from patients.models import PatientAccess
from patients.services import actor_for, grant_access, revoke_access
from tests.factories import MembershipFactory, PatientAccessFactory, PatientFactory, UserFactory


@pytest.fixture
def child(organization):
    return PatientFactory(organization=organization)


def test_a_mother_books_for_two_children(organization, child, front_desk, at, history):
    mother, second = UserFactory(), PatientFactory(organization=organization)
    first_access = grant_access(user_id=mother.pk, patient_id=child.pk, relation="parent", by=front_desk, at=at)
    grant_access(user_id=mother.pk, patient_id=second.pk, relation="parent", by=front_desk, at=at)
    assert actor_for(mother, door="test").patient_ids == {child.pk, second.pk}
    assert history()[0] == ("patients.grant_access", "create", "patients.patientaccess", first_access.pk)
    assert len(history()) == 2
    assert set(AuditEntry.objects.values_list("organization_id", flat=True)) == {organization.pk}


def test_granting_again_changes_the_relation(child, patient, patient_user, front_desk, at, history):
    access = PatientAccess.objects.get(user=patient_user)
    grant_access(user_id=patient_user.pk, patient_id=patient.pk, relation="guardian", by=front_desk, at=at)
    assert list(PatientAccess.objects.values_list("pk", "relation")) == [(access.pk, "guardian")]
    assert [action for _verb, action, _kind, _pk in history()] == ["change"]


def test_an_unknown_relation_is_refused(child, front_desk, at, refused):
    user = UserFactory()
    with refused(InvalidInput) as caught:
        grant_access(user_id=user.pk, patient_id=child.pk, relation="friend", by=front_desk, at=at)
    assert list(caught.value.fields) == ["relation"]


@pytest.mark.parametrize("actor", ["specialist_actor", "visitor"])
def test_others_grant_nothing(child, actor, request, at, refused):
    by, user = request.getfixturevalue(actor), UserFactory()
    with refused(Missing):
        grant_access(user_id=user.pk, patient_id=child.pk, relation="self", by=by, at=at)


def test_a_patient_neither_passes_their_access_on_nor_ends_it(patient, patient_actor, at, refused):
    user = UserFactory()
    with refused(Forbidden):
        grant_access(user_id=user.pk, patient_id=patient.pk, relation="self", by=patient_actor, at=at)
    own = PatientAccess.objects.get().pk
    with refused(Forbidden):
        revoke_access(own, by=patient_actor, at=at)


def test_neither_patients_nor_users_of_others_can_be_joined(child, front_desk, at, refused):
    foreign, stranger, user = PatientFactory(), MembershipFactory().user, UserFactory()
    with refused(Missing):
        grant_access(user_id=user.pk, patient_id=foreign.pk, relation="self", by=front_desk, at=at)
    with refused(Missing):
        grant_access(user_id=stranger.pk, patient_id=child.pk, relation="self", by=front_desk, at=at)


def test_access_ends(patient, patient_user, front_desk, at, history):
    pk = PatientAccess.objects.get().pk
    revoke_access(pk, by=front_desk, at=at)
    assert actor_for(patient_user, door="test").patient_ids == frozenset()
    assert history() == [("patients.revoke_access", "delete", "patients.patientaccess", pk)]


def test_access_to_patients_of_others_is_missing(front_desk, at, refused):
    foreign = PatientAccessFactory().pk
    with refused(Missing):
        revoke_access(foreign, by=front_desk, at=at)
