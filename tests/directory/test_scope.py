"""The practice of a write, and the organization that a visitor sees."""

import pytest

from core.actor import Actor
from core.errors import Forbidden, InvalidInput, Missing
from directory.models import Practice
from directory.services import currency_of, organization_for, practice_for, visitor_organization_ids
from patients.services import actor_for
from tests.factories import (
    ApiKeyFactory,
    MembershipFactory,
    OrganizationFactory,
    PracticeFactory,
    UserFactory,
)

WRITE = "directory.change_practice"  # clinic admins
ORDER = "orders.place"  # all staff


def keyed(user, practice):
    return actor_for(user, key=ApiKeyFactory(user=user, practice=practice), door="test")


def test_the_named_practice_is_taken_where_one_may(admin_user, practice, other_practice):
    MembershipFactory(user=admin_user, practice=other_practice, admin=True)
    actor = actor_for(admin_user, door="test")
    assert practice_for(actor, WRITE, named=other_practice.pk) == other_practice
    assert practice_for(actor, WRITE, named=practice.pk) == practice


def test_a_named_practice_where_one_has_another_role_is_forbidden(admin_user, other_practice):
    MembershipFactory(user=admin_user, practice=other_practice)
    with pytest.raises(Forbidden):
        practice_for(actor_for(admin_user, door="test"), WRITE, named=other_practice.pk)


@pytest.mark.parametrize("which", ["other_practice", "foreign_practice"])
def test_a_named_practice_without_a_role_is_missing_like_one_that_is_not_there(admin_actor, which, request):
    elsewhere = request.getfixturevalue(which).pk
    with pytest.raises(Missing) as caught:
        practice_for(admin_actor, WRITE, named=elsewhere)
    with pytest.raises(Missing) as absent:
        practice_for(admin_actor, WRITE, named=10**9)
    assert str(caught.value) == str(absent.value)


def test_a_named_practice_of_another_organization_than_the_row_is_missing(superuser, practice, foreign_practice):
    assert practice_for(superuser, WRITE, named=practice.pk, organization_id=practice.organization_id) == practice
    with pytest.raises(Missing):
        practice_for(superuser, WRITE, named=practice.pk, organization_id=foreign_practice.organization_id)


def test_nothing_named_the_keys_practice_is_taken(admin_user, practice, other_practice):
    MembershipFactory(user=admin_user, practice=other_practice, admin=True)
    assert practice_for(keyed(admin_user, other_practice), WRITE) == other_practice


def test_a_key_refuses_another_practice_than_its_own(admin_user, practice, other_practice):
    MembershipFactory(user=admin_user, practice=other_practice, admin=True)
    with pytest.raises(Missing):
        practice_for(keyed(admin_user, other_practice), WRITE, named=practice.pk)


def test_a_superusers_key_for_a_practice_stays_in_it(practice, other_practice):
    actor = keyed(UserFactory(superuser=True), other_practice)
    assert practice_for(actor, WRITE) == other_practice
    with pytest.raises(Missing):
        practice_for(actor, WRITE, named=practice.pk)


def test_else_the_actors_only_practice_is_taken(other_practice, practice, admin_actor):
    assert practice_for(admin_actor, WRITE) == practice


def test_else_the_first_where_the_actor_may(db):
    user = UserFactory()
    first, second, third = (PracticeFactory() for _ in range(3))
    MembershipFactory(user=user, practice=third, admin=True)
    MembershipFactory(user=user, practice=second, admin=True)
    MembershipFactory(user=user, practice=first)
    actor = actor_for(user, door="test")
    assert practice_for(actor, WRITE) == second
    assert practice_for(actor, ORDER) == first
    assert practice_for(actor, WRITE, organization_id=third.organization_id) == third


def test_a_superuser_takes_the_first_of_the_organization(superuser, practice, other_practice, foreign_practice):
    assert practice_for(superuser, WRITE) == practice
    assert practice_for(superuser, WRITE, organization_id=foreign_practice.organization_id) == foreign_practice


def test_a_practice_put_away_is_not_taken(superuser, at):
    away = PracticeFactory(archived=True)
    live = PracticeFactory(organization=away.organization)
    assert practice_for(superuser, WRITE) == live
    with pytest.raises(Missing):
        practice_for(superuser, WRITE, named=away.pk)


@pytest.mark.parametrize("actor", ["front_desk", "specialist_actor", "patient_actor", "visitor"])
def test_who_may_nowhere_is_refused(actor, request):
    with pytest.raises(Forbidden):
        practice_for(request.getfixturevalue(actor), WRITE)


def test_without_any_practice_nobody_may(superuser):
    with pytest.raises(Forbidden):
        practice_for(superuser, WRITE)


@pytest.mark.parametrize("actor", ["visitor", "patient_actor"])
def test_a_visitor_or_patient_takes_the_first_of_the_organization_they_see(
    actor, other_practice, foreign_practice, request
):
    actor = request.getfixturevalue(actor)
    (organization_id,) = actor.organization_ids
    found = practice_for(actor, "scheduling.register", organization_id=organization_id)
    assert found.organization_id == organization_id
    assert found.pk == min(found.organization.practices.values_list("pk", flat=True))
    with pytest.raises(Missing):
        practice_for(actor, "scheduling.register", named=foreign_practice.pk)


def test_a_patient_takes_a_practice_for_what_patients_may(patient_actor, practice):
    assert practice_for(patient_actor, "orders.view") == practice


def test_scopes_are_asked_too(admin_user, practice):
    key = ApiKeyFactory(user=admin_user, scopes=["catalog:read"])
    with pytest.raises(Forbidden):
        practice_for(actor_for(admin_user, key=key, door="test"), WRITE)


def test_it_is_one_query(admin_actor, practice, django_assert_num_queries):
    for named in (practice.pk, None):
        with django_assert_num_queries(1):
            assert practice_for(admin_actor, WRITE, named=named).organization == practice.organization


def test_the_organization_of_a_write_is_its_practices(admin_actor, organization, superuser, foreign_practice):
    assert organization_for(admin_actor, "catalog.create_service") == organization
    named = organization_for(superuser, "catalog.create_service", named_practice=foreign_practice.pk)
    assert named == foreign_practice.organization


# ------------------------------------------------------------------------------------------ visitors


@pytest.fixture
def organizations(db):
    """Three, of which the second names two hosts and the third one of them again."""
    return [
        OrganizationFactory(),
        OrganizationFactory(hosts=["clinic.example.org", "www.clinic.example.org"]),
        OrganizationFactory(hosts=["WWW.clinic.example.org"]),
    ]


@pytest.mark.parametrize(
    ("host", "which"),
    [
        ("clinic.example.org", 1),
        ("clinic.example.org:8000", 1),
        ("Clinic.Example.ORG", 1),
        ("www.clinic.example.org", 1),
        ("example.org", 0),
        ("evil-clinic.example.org", 0),
        ("[::1]", 0),
        ("[::1]:8000", 0),
        ("", 0),
    ],
)
def test_a_visitor_sees_the_organization_of_the_host_else_the_first(organizations, host, which):
    assert visitor_organization_ids(host) == frozenset({organizations[which].pk})


def test_an_address_can_be_a_host(db):
    OrganizationFactory()
    organization = OrganizationFactory(hosts=["[::1]"])
    assert visitor_organization_ids("[::1]:8000") == frozenset({organization.pk})


def test_without_organizations_a_visitor_sees_none(db):
    assert visitor_organization_ids("clinic.example.org") == frozenset()


def test_the_visitors_organization_is_one_query(organizations, django_assert_num_queries):
    with django_assert_num_queries(1):
        visitor_organization_ids("clinic.example.org")


# ------------------------------------------------------------------------------------------ defaults


def test_prices_without_a_currency_are_in_the_first_live_practices(organization):
    PracticeFactory(organization=organization, currency="USD", archived=True)
    PracticeFactory(organization=organization, currency="EUR", country_code="IT")
    PracticeFactory(organization=organization, currency="RON")
    assert (currency_of(organization.pk), Practice.objects.country_of(organization.pk)) == ("EUR", "IT")


def test_an_organization_without_a_practice_has_no_currency(organization):
    with pytest.raises(InvalidInput, match="currency: is required"):
        currency_of(organization.pk)
    assert Practice.objects.country_of(organization.pk) == ""


def test_a_command_may_where_a_practice_is(practice):
    assert practice_for(Actor.system("test"), WRITE) == practice
