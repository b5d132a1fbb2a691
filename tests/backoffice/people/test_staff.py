"""Clinic admins invite, reset and close the accounts of their practices, and no others."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from core.errors import Conflict, Forbidden, InvalidInput, Missing
from directory.models import Membership, User
from directory.services import authenticate_key, deactivate_user, invite_staff, issue_api_key, reset_password
from tests.backoffice.conftest import signed_in, url
from tests.factories import AT, MembershipFactory, PatientAccessFactory, UserFactory

INVITE, SERVICE = reverse("admin:invite_staff"), reverse("admin:add_service_account")
NEW = "a long and unusual pass"
MARIA = {"first_name": "Maria", "last_name": "Pop", "email": "Maria@example.org", "role": "front_desk"}


@pytest.fixture
def ana(practice):
    return MembershipFactory(practice=practice, user=UserFactory(username="ana", email="ana@example.org")).user


def set_by_mail(password=NEW):
    link = re.search(r"http://testserver(/\S+)", mail.outbox[-1].body)[1]
    client = Client()
    form = client.get(link).headers["Location"]
    return client.post(form, {"new_password1": password, "new_password2": password})


def opens(name, password=NEW):
    return Client().post(reverse("admin:login"), {"username": name, "password": password}).status_code == 302


def test_whoever_is_invited_sets_a_password_and_works(manager, practice, history):
    assert manager.post(INVITE, {**MARIA, "practice": practice.pk}).status_code == 302
    user = User.objects.get(username="maria@example.org")
    assert (user.has_usable_password(), user.memberships.get().role) == (False, "front_desk")
    manager.post(url("directory.user", "reset-password", user.pk), {"apply": "1"})  # the first link was lost
    for sent in mail.outbox:
        assert (sent.to, sent.subject) == (["maria@example.org"], "Your account at Clinic")
    set_by_mail()
    assert opens("maria@example.org")
    assert [verb for verb, *_rest in history()][:2] == ["directory.invite_staff"] * 2


def test_nobody_else_invites_nor_into_another_practice(desk, manager, practice, other_practice, admin_actor, refused):
    assert desk.get(INVITE).status_code == 403
    assert manager.get(INVITE).status_code == 200
    refused_there = manager.post(INVITE, {**MARIA, "practice": other_practice.pk})
    assert list(refused_there.context["form"].errors) == ["practice"]
    with refused(Missing):
        invite_staff(**MARIA, practice_id=other_practice.pk, by=admin_actor, at=AT)


@pytest.mark.parametrize(("address", "kind"), [("ANA@example.org", Conflict), ("no address", InvalidInput)])
def test_an_address_that_is_taken_or_none_is_refused(ana, practice, admin_actor, refused, address, kind):
    with refused(kind):
        invite_staff(**{**MARIA, "email": address}, practice_id=practice.pk, by=admin_actor, at=AT)


def test_an_address_is_taken_in_whatever_letters_whoever_has_it(practice, admin_actor, refused):
    """Also of an account that has another name than its address."""
    UserFactory(username="maria", email="Maria@Example.org")
    with refused(Conflict):
        invite_staff(**{**MARIA, "email": "maria@example.org"}, practice_id=practice.pk, by=admin_actor, at=AT)


def test_a_reset_takes_the_password_ends_sessions_and_names_the_keys(ana, manager, practice, system):
    key, _text = issue_api_key(user_id=ana.pk, label="Shop", by=system, at=AT)
    session = signed_in(ana)
    address = url("directory.user", "reset-password", ana.pk)
    told = manager.post(address, {"apply": "1"}, follow=True).content.decode()
    assert str(key) in told
    assert session.get("/admin/").status_code == 302
    assert not opens("ana", "demo")
    assert "the old one no longer works" in mail.outbox[-1].body
    set_by_mail()
    assert opens("ana")


@pytest.mark.parametrize("step", ["reset-password", "reset-second-factor"])
def test_whoever_resets_their_own_account_is_told_what_it_means_before(manager, admin_user, ana, step):
    own, other = (manager.get(url("directory.user", step, one.pk)) for one in (admin_user, ana))
    assert "This is your own account" in own.content.decode()
    assert "This is your own account" not in other.content.decode()


def test_a_closed_account_loses_its_sessions_and_keys_for_good(ana, manager, practice, system):
    _key, text = issue_api_key(user_id=ana.pk, by=system, at=AT)
    session = signed_in(ana)
    manager.post(url("directory.user", "deactivate", ana.pk), {"apply": "1"})
    assert not opens("ana", "demo")
    manager.post(url("directory.user", "reactivate", ana.pk), {"apply": "1"})
    assert opens("ana", "demo")
    assert session.get("/admin/").status_code == 302
    assert authenticate_key(text, at=AT) is None


@pytest.mark.parametrize("verb", [deactivate_user, reset_password])
def test_who_also_works_or_is_a_patient_elsewhere_or_is_a_superuser_or_oneself_is_left_alone(
    ana, practice, other_practice, foreign_practice, admin_actor, admin_user, refused, verb
):
    boss = MembershipFactory(practice=practice, user=UserFactory(superuser=True, email="b@example.org")).user
    MembershipFactory(user=ana, practice=other_practice)
    theirs = PatientAccessFactory(patient__organization=foreign_practice.organization).user
    for organization in (practice.organization, foreign_practice.organization):
        PatientAccessFactory(user=theirs, patient__organization=organization, parent=True)
    MembershipFactory(user=theirs, practice=practice)  # a role is given to anybody whose name is known
    for user in (ana, boss, theirs):
        with refused(Forbidden):
            verb(user.pk, by=admin_actor, at=AT)
    if verb is deactivate_user:
        with refused(Conflict):
            verb(admin_user.pk, by=admin_actor, at=AT)


def test_a_service_account_owns_keys_and_never_signs_in(manager, practice, admin_actor):
    manager.post(SERVICE, {"name": "Web shop", "practice": practice.pk, "role": "front_desk"})
    user = User.objects.get(kind="service")
    assert user.username == f"service-{practice.pk}-web-shop"
    issue_api_key(user_id=user.pk, practice_id=practice.pk, by=admin_actor, at=AT)
    user.set_password("demo")
    user.save()
    assert not opens(user.username, "demo")


def test_users_without_a_role_are_seen_by_superusers_only(manager, boss, practice):
    UserFactory(username="nobodys")
    for client, seen in ((manager, False), (boss, True)):
        listed = client.get(url("directory.user", "changelist")).context["cl"].result_list
        assert ("nobodys" in {one.username for one in listed}) is seen
    assert Membership.objects.filter(user__username="nobodys").count() == 0
