"""A new password by mail, for staff alone, without telling who exists."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from directory.models import SignIn, User
from tests.factories import MembershipFactory, PatientAccessFactory, PatientFactory, UserFactory

ASK, SENT = reverse("password_reset"), reverse("password_reset_done")
NEW = "a long and unusual pass"


@pytest.fixture
def ana(practice):
    user = UserFactory(username="ana", email="ana@example.org")
    return MembershipFactory(practice=practice, user=user).user


def ask(address="ana@example.org"):
    return Client().post(ASK, {"email": address})


def link_in_the_mail():
    return re.search(r"http://testserver(/\S+)", mail.outbox[-1].body)[1]


def opened(link):
    """A browser on the page of a link, and the address of its form."""
    client = Client()
    return client, client.get(link).headers["Location"]


def test_the_link_sets_a_password_once_and_ends_the_sessions(ana, history):
    elsewhere = Client()
    elsewhere.force_login(ana)
    assert ask().headers["Location"] == SENT
    assert mail.outbox[0].to == ["ana@example.org"]
    client, form = opened(link_in_the_mail())
    assert "You sign in as ana." in client.get(form).content.decode()
    done = client.post(form, {"new_password1": NEW, "new_password2": NEW})
    assert done.headers["Location"] == reverse("password_reset_complete")
    assert User.objects.get().check_password(NEW)
    assert elsewhere.get("/admin/").status_code == 302
    assert [verb for verb, *_rest in history()] == ["directory.set_password_by_link"]
    assert list(SignIn.objects.order_by("pk").values_list("step", "outcome")) == [
        ("reset", "noted"),
        ("renewed", "noted"),
    ]
    assert "This link no longer works" in Client().get(link_in_the_mail()).content.decode()


@pytest.mark.parametrize(("typed", "field"), [((NEW, "other"), "new_password2"), (("123", "123"), "new_password2")])
def test_a_bad_password_is_refused_at_its_field(ana, typed, field):
    ask()
    client, form = opened(link_in_the_mail())
    refused = client.post(form, dict(zip(("new_password1", "new_password2"), typed, strict=True)))
    assert list(refused.context["form"].errors) == [field]
    assert User.objects.get().check_password("demo")


def test_the_answer_is_the_same_whoever_has_the_address(ana, practice):
    patient = UserFactory(username="pat", email="pat@example.org")
    PatientAccessFactory(user=patient, patient=PatientFactory(organization=practice.organization))
    MembershipFactory(practice=practice, user=UserFactory(email="gone@example.org", inactive=True))
    answers = {ask(f"{name}@example.org").headers["Location"] for name in ("ana", "pat", "gone", "nobody")}
    assert answers == {SENT}
    assert [one.to for one in mail.outbox] == [["ana@example.org"]]


def test_a_link_of_a_closed_account_does_not_open(ana):
    ask()
    User.objects.update(is_active=False)
    assert "This link no longer works" in Client().get(link_in_the_mail()).content.decode()


def test_nobodys_mailbox_is_filled(ana):
    assert [ask().status_code for _time in range(6)] == [302] * 5 + [429]
    assert len(mail.outbox) == 5


def test_a_mail_that_cannot_be_sent_is_no_server_error(ana, settings, caplog):
    settings.EMAIL_BACKEND = "tests.backoffice.people.test_reset.no_such_backend"
    assert ask().headers["Location"] == SENT
    assert "mail: not sent" in caplog.text
