"""What somebody would try who wants in without being let in."""

import re
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from backoffice.account.urls import urlpatterns
from directory.models import SignIn, User
from directory.services import deactivate_user, reactivate_user, reset_password
from tests.backoffice.people.test_second_factor import (
    CODE,
    LOGIN,
    ORDERS,
    OWN,
    SECRET,
    ana,
    at_the_code,
    code_of,
    nothing_remembered,
    required,
    signed_in,
)
from tests.factories import AT, ApiKeyFactory, MembershipFactory, PatientFactory, UserFactory

__all__ = ["ana", "nothing_remembered", "required"]

RESET = reverse("password_reset")
PATIENTS = reverse("admin:patients_patient_changelist")
FOREIGN = "https://evil.example/"

pytestmark = pytest.mark.django_db


def member(practice, name="bob"):
    return MembershipFactory(practice=practice, user=UserFactory(username=name, email=f"{name}@example.org")).user


def test_a_session_that_was_planted_before_the_sign_in_is_not_the_one_after_it(practice):
    member(practice)
    client = Client()
    client.get(LOGIN)
    session = client.session
    session["planted"] = "1"
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = planted = session.session_key
    client.post(LOGIN, {"username": "bob", "password": "demo"})
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != planted
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert (signed_in(client), signed_in(thief)) == (True, False)


@pytest.mark.parametrize("header", ["HTTP_HOST", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED", "HTTP_X_HOST"])
def test_a_mail_never_leads_to_a_host_that_the_caller_made_up(practice, header, django_capture_on_commit_callbacks):
    member(practice)
    told = "host=evil.example" if header == "HTTP_FORWARDED" else "evil.example"
    with django_capture_on_commit_callbacks(execute=True):
        answer = Client().post(RESET, {"email": "bob@example.org"}, **{header: told})
    assert answer.status_code == (400 if header == "HTTP_HOST" else 302)
    assert not any("evil.example" in f"{one.subject}{one.body}" for one in mail.outbox)


def test_no_page_of_ones_account_leads_to_a_foreign_site(ana, practice):
    """Each page, with the parameter that each of them may know, before and after the sign-in."""
    for client in (Client(), at_the_code(), signed_in_with_code()):
        for one in urlpatterns:
            address = reverse(one.name, kwargs=kwargs_of(one))
            for answer in (client.get(f"{address}?next={FOREIGN}"), client.post(address, {"next": FOREIGN})):
                assert urlsplit(answer.headers.get("Location", "")).netloc == "", one.name


def kwargs_of(pattern):
    filled = {"pk": 1, "uidb64": "MQ", "token": "x"}
    return {name: filled[name] for name in re.findall(r"<(?:\w+:)?(\w+)>", str(pattern.pattern))}


def signed_in_with_code():
    client = at_the_code()
    client.post(CODE, {"code": code_of()})
    assert signed_in(client)
    return client


def test_a_session_without_the_second_factor_that_the_account_has_changes_none(ana, required):
    """It was begun when the account had none; the password alone takes nothing away."""
    client = Client()
    client.force_login(ana)
    for name in ("mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_add_webauthn"):
        answer = client.post(reverse(name), {"password": "demo"})
        assert answer.headers["Location"] == LOGIN, name
        client.force_login(ana)
    assert ana.authenticator_set.count() == 2


@pytest.mark.django_db(transaction=True)
def test_whoever_signed_in_with_the_password_alone_is_out_once_a_second_factor_is_set_up(transactional_db, practice):
    member(practice)
    thief, owner = Client(), Client()
    for client in (thief, owner):
        client.post(LOGIN, {"username": "bob", "password": "demo"})
        assert signed_in(client)
    page = owner.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r'id="authenticator_secret"[^>]*value="(\w+)"', page)[1]
    owner.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert (signed_in(owner), signed_in(thief)) == (True, False)
    cache.clear()
    reader = Client()  # of the code by which it was set up, over the shoulder
    reader.post(LOGIN, {"username": "bob", "password": "demo"})
    reader.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert not signed_in(reader)


@pytest.mark.parametrize("change", [reset_password, deactivate_user])
def test_between_password_and_code_what_ends_the_sessions_ends_the_sign_in(ana, admin_actor, change):
    waiting = at_the_code()
    change(ana.pk, by=admin_actor, at=AT)
    reactivate_user(ana.pk, by=admin_actor, at=AT)
    assert waiting.post(CODE, {"code": code_of()}).headers["Location"] == LOGIN
    assert not signed_in(waiting)


def test_an_account_that_was_closed_is_out_by_session_key_link_and_second_factor(ana, manager):
    text = "ck_" + "a" * 40
    ApiKeyFactory(user=ana, text=text)
    inside, waiting = signed_in_with_code(), None
    assert TOTP(ana.authenticator_set.get(type="totp")).instance.user == ana
    waiting = at_the_code()
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert not signed_in(inside)
    assert waiting.post(CODE, {"code": code_of(SECRET, 1)}).headers.get("Location") != "/admin/"
    assert not signed_in(waiting)
    assert Client().get(ORDERS, headers={"Authorization": f"Bearer {text}"}).status_code == 401


def test_whoever_finds_an_open_session_does_not_guess_its_password(desk, front_desk_user):
    """Five tries, as at the entrance, and then the right one is not looked at either."""
    page, new = reverse("admin:password_change"), "a long and unusual pass"

    def guess(password):
        return desk.post(page, {"old_password": password, "password1": new, "password2": new})

    assert [guess(f"wrong {number}").status_code for number in range(5)] == [200] * 5
    refused = guess("demo")
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 15 * 60
    assert "Too many attempts" in refused.content.decode()
    front_desk_user.refresh_from_db()
    assert front_desk_user.check_password("demo")
    assert set(SignIn.objects.values_list("user", "step")) == {(front_desk_user.pk, "password")}


def test_what_shows_a_patient_is_kept_by_no_cache_on_the_way(desk, practice):
    """After the sign-out neither a proxy nor the way back shows it."""
    patient = PatientFactory(organization=practice.organization)
    pages = [
        reverse("admin:index"),
        reverse("admin:patients_patient_changelist"),
        reverse("admin:patients_patient_page", args=(patient.pk,)),
        f"{reverse('admin:search')}?s={patient.last_name}",
        ORDERS,
    ]
    for page in pages:
        answer = desk.get(page)
        assert answer.status_code == 200, page
        assert "no-store" in answer.headers["Cache-Control"], page


def test_no_page_of_ones_account_takes_a_form_from_elsewhere(ana):
    """Control: with the page's own token the entrance answers."""
    for one in urlpatterns:
        client = Client(enforce_csrf_checks=True)
        assert client.post(reverse(one.name, kwargs=kwargs_of(one))).status_code == 403, one.name
    client = Client(enforce_csrf_checks=True)
    client.get(f"{LOGIN}?next=/admin/")
    token = client.cookies["csrftoken"].value
    assert client.post(LOGIN, {"username": "ana", "password": "x", "csrfmiddlewaretoken": token}).status_code == 200


def test_between_password_and_code_no_method_opens_anything(ana, practice):
    client = at_the_code()
    for method in ("get", "head", "options", "post", "put", "patch", "delete"):
        call = getattr(client, method)
        for address in ("/admin/", PATIENTS, OWN, reverse("mfa_view_recovery_codes")):
            answer = call(address)
            assert answer.status_code in (302, 405), (method, address)
            assert answer.headers.get("Location", LOGIN).startswith(LOGIN), (method, address)
        assert call(ORDERS).status_code in (401, 403, 405), method
