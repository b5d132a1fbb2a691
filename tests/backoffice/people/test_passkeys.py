"""Passkeys from the side of the server; tests/browser/test_passkeys.py has a browser's."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.urls import reverse

from directory.models import SignIn
from directory.services import reset_second_factor
from tests.factories import AT, MembershipFactory, UserFactory
from tests.passkeys import Passkey, asked_on

LOGIN, CODE, ALONE = reverse("admin:login"), reverse("mfa_authenticate"), reverse("mfa_login_webauthn")
ADD, LIST, AGAIN = reverse("mfa_add_webauthn"), reverse("mfa_list_webauthn"), reverse("mfa_reauthenticate_webauthn")


@pytest.fixture
def ana(practice):
    return MembershipFactory(practice=practice, user=UserFactory(username="ana", email="ana@example.org")).user


def with_password(**server):
    client = Client(**server)
    client.post(LOGIN, {"username": "ana", "password": "demo", "next": "/admin/patients/patient/"})
    return client


def add(client, key, alone=True, **given):
    """The member's browser adds `key`."""
    sent = {"name": "Phone", "credential": key.made(asked_on(client.get(ADD))), **given}
    return client.post(ADD, sent | ({"passwordless": "on"} if alone else {}))


def alone(key, client=None, **given):
    """A browser in which nobody is signed in uses `key` by itself."""
    client = client or Client()
    options = client.get(ALONE, headers={"Accept": "application/json"}).json()["request_options"]
    return client.post(ALONE, {"credential": key.used(options), **given})


def told(response, client):
    """What the page after a redirect says."""
    assert response.status_code == 302
    return client.get(response.headers["Location"], follow=True).content.decode()


@pytest.fixture
def key(ana):
    """Ana's passkey, which signs in alone."""
    key = Passkey()
    assert add(with_password(), key).headers["Location"] == reverse("mfa_view_recovery_codes")
    return key


def test_a_passkey_alone_signs_in_and_leads_to_where_one_wanted_to_go(key, ana, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    client = Client()
    response = alone(key, client, next="/admin/patients/patient/?q=1")
    assert response.headers["Location"] == "/admin/patients/patient/?q=1"
    assert client.get("/admin/").status_code == 200
    assert alone(key, next="https://evil.example/").headers["Location"] == "/admin/"
    last = SignIn.objects.order_by("-pk").first()
    assert (last.step, last.outcome, last.user) == ("passkey", "right", ana)


def test_a_passkey_is_the_second_factor_after_the_password_and_the_page_asks_for_what_there_is(key, ana):
    client = with_password()
    page = client.get(CODE)
    assert "Or type one of your recovery codes" in page.content.decode()
    assert "authenticator app" not in page.content.decode()
    response = client.post(CODE, {"credential": key.used(asked_on(page))})
    assert response.headers["Location"] == "/admin/patients/patient/"
    Authenticator.objects.all().delete()
    TOTP.activate(ana, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    page = with_password().get(CODE).content.decode()
    assert "Code that your authenticator app shows" in page
    assert "passkey" not in page.split("<form", 1)[1]


def test_another_challenge_origin_or_key_is_refused_in_words_that_speak_of_passkeys(key):
    stranger, elsewhere = Passkey(), Passkey(origin="https://evil.example")
    stranger.owner = key.owner
    elsewhere.id, elsewhere.key, elsewhere.owner = key.id, key.key, key.owner
    for wrong in (stranger, elsewhere):
        page = with_password()
        answer = page.post(CODE, {"credential": wrong.used(asked_on(page.get(CODE)))})
        assert answer.status_code == 200
        assert "That passkey was not accepted" in answer.content.decode()
        client = Client()
        assert "That passkey was not accepted" in told(alone(wrong, client), client)
    page = with_password()
    stale = key.used(asked_on(page.get(CODE)))
    page.get(CODE)
    assert "or came too late" in page.post(CODE, {"credential": stale}).content.decode()
    assert SignIn.objects.filter(step="passkey", outcome="right").count() == 0


def test_behind_a_proxy_the_passkey_belongs_to_the_name_that_the_browser_shows(ana, settings):
    settings.ALLOWED_HOSTS = ["clinic.example.org"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    through = {"headers": {"Host": "clinic.example.org", "X-Forwarded-Proto": "https"}}
    key = Passkey(origin="https://clinic.example.org")
    assert asked_on(with_password(**through).get(ADD))["publicKey"]["rp"]["id"] == "clinic.example.org"
    assert add(with_password(**through), key).status_code == 302
    assert alone(key, Client(**through)).headers["Location"] == "/admin/"
    key.origin = "http://clinic.example.org"
    client = Client(**through)
    assert "not accepted" in told(alone(key, client), client)


def test_a_passkey_that_verifies_nobody_is_a_second_factor_and_does_not_sign_in_alone(ana):
    key, client = Passkey(verifies=False), with_password()
    refused = add(client, key)
    assert "asked for no fingerprint, face or PIN" in refused.content.decode()
    assert not Authenticator.objects.exists()
    assert add(client, key, alone=False).status_code == 302
    assert "after your password" in client.get(LIST).content.decode()
    page = with_password()
    assert page.post(CODE, {"credential": key.used(asked_on(page.get(CODE)))}).status_code == 302
    client = Client()
    assert "not accepted" in told(alone(key, client), client)
    assert client.get("/admin/").status_code == 302


def test_two_passkeys_are_told_apart_renamed_and_removed_one_by_one(key, ana, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    client, second = Client(), Passkey()
    alone(key, client)
    assert add(client, second, name="Security key", alone=False).headers["Location"] == reverse("mfa_index")
    first_row, second_row = Authenticator.objects.filter(type="webauthn").order_by("pk")
    page = client.get(LIST).content.decode()
    assert page.index("Phone") < page.index("alone") < page.index("Security key") < page.index("after your password")
    rename = reverse("mfa_edit_webauthn", args=(second_row.pk,))
    assert 'value="Security key"' in client.get(rename).content.decode()
    assert client.post(rename, {"name": "x" * 61}).status_code == 200
    assert client.post(rename, {"name": "Blue key"}).headers["Location"] == LIST
    assert "Blue key" in client.get(LIST).content.decode()
    remove = reverse("mfa_remove_webauthn", args=(first_row.pk,))
    assert "“Phone” will no longer sign you in." in client.get(remove).content.decode()
    assert client.post(remove).headers["Location"] == LIST
    gone = Client()
    assert "it was removed here" in told(alone(key, gone), gone)
    kept = client.post(reverse("mfa_remove_webauthn", args=(second_row.pk,)))
    assert "add another one before you remove this" in kept.content.decode()
    assert Authenticator.objects.filter(pk=second_row.pk).exists()
    settings.SECOND_FACTOR_REQUIRED = False
    assert client.post(reverse("mfa_remove_webauthn", args=(second_row.pk,))).headers["Location"] == LIST
    assert not Authenticator.objects.exists()  # the recovery codes went with the last one
    assert client.get("/admin/").status_code == 200


def test_nobody_renames_or_removes_a_colleagues_passkey(key, ana):
    eve = Client()
    eve.force_login(MembershipFactory(practice=ana.memberships.get().practice).user)
    row = Authenticator.objects.get(type="webauthn")
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        for answer in (eve.get(reverse(name, args=(row.pk,))), eve.post(reverse(name, args=(row.pk,)), {"name": "x"})):
            assert answer.status_code == 404
    assert Authenticator.objects.get(pk=row.pk).wrap().name == "Phone"


def test_the_passkey_of_a_closed_or_reset_account_opens_nothing_and_says_why(key, ana, admin_actor):
    ana.is_active = False
    ana.save()
    client = Client()
    assert "This account has been closed. Ask your clinic admin." in told(alone(key, client), client)
    assert client.get("/admin/").status_code == 302
    ana.is_active = True
    ana.save()
    reset_second_factor(ana.pk, by=admin_actor, at=AT)
    client = Client()
    assert "it was removed here" in told(alone(key, client), client)
    assert with_password().get("/admin/").status_code == 200


def test_one_try_too_many_is_told_on_the_sign_in_page_and_leads_on_afterwards(key):
    """A 429 with an address to go to is an empty page in every browser."""
    client = Client()
    for _number in range(50):
        client.post(ALONE, {"credential": '{"id": "x"}'})
    refused = alone(key, client, next="/admin/patients/patient/")
    page = refused.content.decode()
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert "Location" not in refused.headers
    assert "Too many attempts. Try again in 15 minutes." in page
    assert 'action="/admin/login/?next=%2Fadmin%2Fpatients%2Fpatient%2F"' in page
    assert 'name="next" value="/admin/patients/patient/"' in page


@pytest.fixture
def long_ago(key, ana):
    """A browser in which ana signed in with her passkey, a while ago."""
    client = Client()
    alone(key, client)
    client.get("/admin/account/second-factor/")
    session = client.session
    session["began"] -= 10 * 60
    session.save()
    return client


def test_it_is_asked_for_again_before_a_second_factor_changes(long_ago, key):
    assert "/second-factor/confirm/" in long_ago.get(ADD).headers["Location"]
    page = long_ago.get(f"{AGAIN}?next={LIST}")
    wrong = long_ago.post(AGAIN, {"credential": Passkey().used(asked_on(page)), "next": LIST})
    assert wrong.status_code == 200
    assert "That passkey was not accepted" in wrong.content.decode()
    assert SignIn.objects.filter(step="passkey", outcome="wrong").count() == 1
    right = long_ago.post(AGAIN, {"credential": key.used(asked_on(wrong)), "next": LIST})
    assert right.headers["Location"] == LIST


def test_what_no_browser_sends_is_refused_at_each_of_the_four_doors(key):
    """The library failed with errors of its own where a field was missing, and where what it holds is no CBOR."""
    member, entering, nobody = Client(), with_password(), Client()
    alone(key, member)
    options = asked_on(entering.get(CODE))
    bad = ["", "[]", '"x"', "{", '{"id": 1}', key.used(options, clientDataJSON="é"), key.used(options, userHandle="_w")]
    new = asked_on(member.get(ADD))
    bad += [Passkey().made(new, attestationObject=one) for one in ("", "AAAA")]
    for sent in bad:
        for client, address in ((member, ADD), (member, AGAIN), (entering, CODE), (nobody, ALONE)):
            SignIn.objects.all().delete()  # they are counted as well
            answer = client.post(address, {"credential": sent, "name": "x"})
            assert answer.status_code == (302 if client is nobody else 200), (address, sent)
    assert Authenticator.objects.filter(type="webauthn").count() == 1
    assert nobody.get("/admin/").status_code == entering.get("/admin/").status_code == 302


def test_a_recovery_code_stands_in_for_a_lost_passkey(key, ana):
    codes = RecoveryCodes(Authenticator.objects.get(user=ana, type="recovery_codes")).get_unused_codes()
    client = with_password()
    assert client.post(CODE, {"code": codes[0]}).headers["Location"] == "/admin/patients/patient/"
    again = with_password().post(CODE, {"code": codes[0]}).content.decode()
    assert "This is none of your unused recovery codes." in again
    assert "app" not in again.split("<form", 1)[1].split("</form>")[0]
