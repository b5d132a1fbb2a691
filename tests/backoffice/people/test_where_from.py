"""What happens at the doors is found again by who did it and from where."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.models import AuditEntry
from core.origin import Origin, coming_from
from core.permissions import FRONT_DESK
from directory.models import AccessToken, ApiKey, SignIn
from directory.services import authenticate_key, authenticate_token
from directory.states import SignInStep
from tests.factories import (
    AT,
    ApiKeyFactory,
    ApplicationFactory,
    AuthorizationFactory,
    MembershipFactory,
    UserFactory,
)

TEXT = "ck_" + "a" * 40
HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"
HISTORY, SIGN_INS = reverse("admin:core_auditentry_changelist"), reverse("admin:directory_signin_changelist")

pytestmark = pytest.mark.django_db


def use(address, text=TEXT, page="/v1/services"):
    headers = {"Authorization": f"Bearer {text}", "User-Agent": "importer/1"}
    assert Client().get(page, headers=headers, REMOTE_ADDR=address).status_code == 200


def noted():
    return list(SignIn.objects.filter(step=SignInStep.KEY).order_by("pk").values_list("address", "agent", "credential"))


def test_a_key_is_noted_once_for_each_address_that_it_is_used_from(front_desk_user):
    key = ApiKeyFactory(user=front_desk_user, text=TEXT)
    other = ApiKeyFactory(user=front_desk_user, text="ck_" + "b" * 40)
    for address in (HOME, HOME, ELSEWHERE, HOME, ELSEWHERE):
        use(address)
    assert noted() == [(one, "importer/1", f"key:{key.pk}") for one in (HOME, ELSEWHERE)]
    assert SignIn.objects.first().user == front_desk_user
    use(HOME, "ck_" + "b" * 40)
    assert noted()[2:] == [(HOME, "importer/1", f"key:{other.pk}")]


def test_a_key_from_its_usual_address_costs_no_further_question(front_desk_user, django_assert_num_queries):
    ApiKeyFactory(user=front_desk_user, text=TEXT)
    use(HOME)
    key = ApiKey.objects.get()
    assert key.last_address == HOME
    with django_assert_num_queries(1), coming_from(Origin(HOME)):
        authenticate_key(TEXT, at=key.last_used_at)
    with django_assert_num_queries(3), coming_from(Origin(ELSEWHERE)):
        authenticate_key(TEXT, at=key.last_used_at)


@pytest.mark.parametrize("whose", ["authorization", "application"])
def test_a_programs_tokens_are_noted_once_for_each_address_that_they_come_from(front_desk_user, whose):
    """Whatever token it is: the next one from the same address is nothing new."""
    if whose == "authorization":
        used = AuthorizationFactory(user=front_desk_user)
        application, authorization = used.application, used
    else:
        used = application = ApplicationFactory(user=front_desk_user, own=True)
        authorization = None
    for text in ("first", "second"):
        AccessToken.objects.create(
            token_checksum=AccessToken.hashed(text),
            application=application,
            authorization=authorization,
            user=authorization and authorization.user,
            scope="customers:read",
            expires=timezone.now() + timedelta(hours=1),
        )
    for address, text in ((HOME, "first"), (ELSEWHERE, "first"), (HOME, "second"), (ELSEWHERE, "second")):
        use(address, text, "/flextell/api/v1/customers")
    assert noted() == [(one, "importer/1", f"{whose}:{used.pk}") for one in (HOME, ELSEWHERE)]
    assert {one.user for one in SignIn.objects.all()} == {front_desk_user}
    used.refresh_from_db()
    assert used.last_address == HOME  # written with the last use, every five minutes


def test_a_token_from_its_usual_address_costs_no_further_question(django_assert_num_queries):
    authorization = AuthorizationFactory(last_address=HOME, last_used_at=AT, application__last_used_at=AT)
    AccessToken.objects.create(
        token_checksum=AccessToken.hashed("t"),
        application=authorization.application,
        authorization=authorization,
        user=authorization.user,
        expires=AT + timedelta(hours=1),
    )
    with django_assert_num_queries(1), coming_from(Origin(HOME)):
        authenticate_token("t", at=AT)
    with django_assert_num_queries(3), coming_from(Origin(ELSEWHERE)):
        authenticate_token("t", at=AT)


def test_a_change_of_rights_says_from_where_and_with_what_it_was_made(boss, practice):
    page = reverse("admin:directory_membership_add")
    sent = {"who": UserFactory(username="ana").username, "practice": practice.pk, "role": FRONT_DESK}
    answer = boss.post(page, sent, headers={"User-Agent": "Firefox"}, REMOTE_ADDR=ELSEWHERE)
    assert answer.status_code == 302, answer.context and answer.context["errors"]
    entry = AuditEntry.objects.filter(verb="directory.set_membership").latest("pk")
    assert (entry.address, entry.agent) == (ELSEWHERE, "Firefox")
    found = boss.get(HISTORY, {"q": ELSEWHERE}).context["cl"].result_list
    assert [one.pk for one in found] == [entry.pk]
    assert not boss.get(HISTORY, {"q": HOME}).context["cl"].result_list


def test_a_command_comes_from_nowhere(db):
    call_command("demo", "--force", verbosity=0)
    assert set(AuditEntry.objects.values_list("address", "agent")) == {(None, "")}


def test_a_clinic_admin_finds_wrong_tries_at_the_accounts_of_the_practice(manager, practice):
    MembershipFactory(practice=practice, user=UserFactory(username="ana"))
    UserFactory(username="elsewhere")
    for account in ("ana", "elsewhere", "nobody"):
        Client().post(reverse("admin:login"), {"username": account, "password": "wrong"}, REMOTE_ADDR=ELSEWHERE)
    assert SignIn.objects.count() == 3
    for asked in ("ana", ELSEWHERE):
        found = manager.get(SIGN_INS, {"q": asked}).context["cl"].result_list
        assert [one.account for one in found] == ["ana"], asked


@pytest.mark.parametrize("given", ["short", "with space", "line\nbreak", "a" * 65, "<script>alert()", "été-été-été"])
def test_a_request_is_called_as_its_caller_says_only_in_safe_characters(client, db, given):
    assert client.get("/nowhere", headers={"X-Request-ID": given})["X-Request-ID"] != given
    assert client.get("/nowhere", headers={"X-Request-ID": "request-1"})["X-Request-ID"] == "request-1"
