"""Who signs in, and in which role they work where."""

import pytest
from django.contrib.auth import authenticate

from core.errors import Conflict, Forbidden, InvalidInput, Missing
from core.models import AuditEntry
from directory.models import Membership, User
from directory.services import change_user, create_user, remove_membership, set_membership
from tests.factories import MembershipFactory, UserFactory

STRONG = "correct horse battery staple"


def test_a_superuser_makes_a_user_who_can_sign_in(superuser, at, history):
    values = {"first_name": "Ana", "email": "ana@example.org", "is_staff": True, "language": "ro"}
    user = create_user(username="ana", password=STRONG, values=values, by=superuser, at=at)
    assert authenticate(username="ana", password=STRONG) == user
    stored = User.objects.values(*values, "username", "date_joined", "is_active", "is_superuser").get(pk=user.pk)
    assert stored == values | {"username": "ana", "date_joined": at, "is_active": True, "is_superuser": False}
    assert history() == [("directory.create_user", "create", "directory.user", user.pk)]
    assert AuditEntry.objects.get().changes["password"] == ["•••", "•••"]


def test_a_user_without_a_password_cannot_sign_in(superuser, at):
    user = create_user(username="program", password=None, values={}, by=superuser, at=at)
    assert not user.has_usable_password()
    assert authenticate(username="program", password="") is None


@pytest.mark.parametrize("actor", ["admin_actor", "front_desk", "specialist_actor", "patient_actor", "visitor"])
def test_nobody_else_makes_or_changes_users(actor, request, at, refused):
    by, other = request.getfixturevalue(actor), UserFactory()
    with refused(Forbidden):
        create_user(username="ana", password=STRONG, values={}, by=by, at=at)
    with refused((Forbidden, Missing)):
        change_user(other.pk, values={"is_superuser": True}, by=by, at=at)
    if by.user_id is not None:
        with refused(Forbidden):
            change_user(by.user_id, values={"is_superuser": True}, by=by, at=at)


@pytest.mark.parametrize("password", ["", "demo", "password", "12345", "annapopescu"])
def test_a_person_chooses_a_strong_password(superuser, at, refused, password):
    with refused(InvalidInput) as caught:
        create_user(username="annapopescu", password=password, values={}, by=superuser, at=at)
    assert list(caught.value.fields) == ["password"]


def test_a_command_may_choose_a_weak_one(system, at, db):
    create_user(username="demo", password="demo", values={}, by=system, at=at)
    assert authenticate(username="demo", password="demo") is not None


def test_a_user_name_is_taken_once(superuser, at, refused):
    UserFactory(username="ana")
    with refused(Conflict) as caught:
        create_user(username="ana", password=STRONG, values={}, by=superuser, at=at)
    assert caught.value.code == "duplicate"


@pytest.mark.parametrize(
    ("username", "values", "field"),
    [
        ("", {}, "username"),
        ("two words", {}, "username"),
        ("a\x00b", {}, "username"),
        ("x" * 151, {}, "username"),
        ("ana", {"email": "not an address"}, "email"),
        ("ana", {"first_name": "\x00"}, "first_name"),
        ("ana", {"language": "x" * 11}, "language"),
    ],
)
def test_a_wrong_value_is_refused_by_column(superuser, at, refused, username, values, field):
    with refused(InvalidInput) as caught:
        create_user(username=username, password=STRONG, values=values, by=superuser, at=at)
    assert list(caught.value.fields) == [field]


def test_a_user_is_changed_and_gets_another_password(superuser, at, history):
    user = UserFactory(username="ana")
    change_user(user.pk, values={"is_active": True, "last_name": "Popescu"}, password=STRONG, by=superuser, at=at)
    assert authenticate(username="ana", password=STRONG).last_name == "Popescu"
    assert authenticate(username="ana", password="demo") is None
    assert history() == [("directory.change_user", "change", "directory.user", user.pk)]
    assert AuditEntry.objects.get().changes == {"last_name": ["", "Popescu"], "password": ["•••", "•••"]}


@pytest.mark.parametrize("right", ["is_active", "is_superuser", "is_staff"])
def test_nobody_locks_themselves_out(superuser, at, refused, right):
    with refused(InvalidInput) as caught:
        change_user(superuser.user_id, values={right: False}, by=superuser, at=at)
    assert list(caught.value.fields) == [right]
    other = UserFactory(superuser=True)
    change_user(other.pk, values={right: False}, by=superuser, at=at)
    assert getattr(User.objects.get(pk=other.pk), right) is False


def test_columns_of_djangos_own_are_not_written(superuser, at, refused):
    with refused(TypeError):
        change_user(superuser.user_id, values={"password": "plain"}, by=superuser, at=at)


# ---------------------------------------------------------------------------------------- memberships


def roles():
    return set(Membership.objects.values_list("user__username", "practice__name", "role"))


def test_a_clinic_admin_takes_in_who_is_nobodys_yet(practice, admin_actor, at, history):
    user = UserFactory(username="new")
    made = set_membership(user_id=user.pk, practice_id=practice.pk, role="front_desk", by=admin_actor, at=at)
    assert roles() == {("clinic-admin", "Practice", "clinic_admin"), ("new", "Practice", "front_desk")}
    assert history() == [("directory.set_membership", "create", "directory.membership", made.pk)]


def test_a_role_takes_the_place_of_the_one_before(practice, admin_actor, at, history):
    member = MembershipFactory(practice=practice, user__username="ana")
    set_membership(user_id=member.user_id, practice_id=practice.pk, role="specialist", by=admin_actor, at=at)
    assert roles() == {("clinic-admin", "Practice", "clinic_admin"), ("ana", "Practice", "specialist")}
    assert history() == [("directory.set_membership", "change", "directory.membership", member.pk)]
    assert AuditEntry.objects.get().practice_id == practice.pk


def test_an_unknown_role_is_refused(practice, admin_actor, at, refused):
    user = UserFactory()
    with refused(InvalidInput) as caught:
        set_membership(user_id=user.pk, practice_id=practice.pk, role="king", by=admin_actor, at=at)
    assert list(caught.value.fields) == ["role"]


@pytest.mark.parametrize("actor", ["front_desk", "specialist_actor"])
def test_other_staff_manage_no_members(practice, actor, request, at, refused):
    by, member = request.getfixturevalue(actor), MembershipFactory(practice=practice)
    with refused(Forbidden):
        set_membership(user_id=by.user_id, practice_id=practice.pk, role="clinic_admin", by=by, at=at)
    with refused(Missing):
        remove_membership(member.pk, by=by, at=at)


def test_members_of_other_practices_are_missing(practice, other_practice, admin_actor, at, refused):
    elsewhere = MembershipFactory(practice=other_practice)
    places = [(admin_actor.user_id, other_practice), (elsewhere.user_id, practice), (elsewhere.user_id, other_practice)]
    for user_id, place in places:
        with refused(Missing):
            set_membership(user_id=user_id, practice_id=place.pk, role="clinic_admin", by=admin_actor, at=at)
    with refused(Missing):
        remove_membership(elsewhere.pk, by=admin_actor, at=at)


def test_a_membership_ends(practice, admin_actor, at, history):
    member = MembershipFactory(practice=practice)
    pk = member.pk
    remove_membership(pk, by=admin_actor, at=at)
    assert not Membership.objects.filter(pk=pk).exists()
    assert history() == [("directory.remove_membership", "delete", "directory.membership", pk)]
