"""Who tries too often waits; who works there is not locked out by it."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backoffice.kit import sessions
from directory.models import SignIn
from tests.factories import MembershipFactory, PatientAccessFactory, SignInFactory, UserFactory

LOGIN = reverse("admin:login")
OWN, OTHER = "192.0.2.1", "198.51.100.7"


@pytest.fixture
def ana(practice):
    return MembershipFactory(practice=practice, user=UserFactory(username="ana")).user


def attempt(account="ana", password="wrong", address=OWN, client=None):
    client = client or Client()
    data = {"username": account, "password": password, "next": "/admin/"}
    return client.post(f"{LOGIN}?next=/admin/", data, REMOTE_ADDR=address)


def outcomes():
    return list(SignIn.objects.order_by("pk").values_list("outcome", flat=True))


def test_the_right_password_after_sixty_wrong_ones_is_refused(ana):
    for _time in range(60):
        attempt()
    refused = attempt(password="demo")
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 15 * 60
    assert "Too many attempts" in refused.content.decode()
    assert outcomes() == ["wrong"] * 5 + ["refused"] * 56


def test_the_sixth_wrong_try_of_an_account_from_an_address_is_one_too_many_and_the_fifth_is_not(ana):
    assert [attempt().status_code for _time in range(6)] == [200] * 5 + [429]


def test_four_wrong_tries_and_the_right_password_open(ana):
    for _time in range(4):
        attempt()
    assert attempt(password="demo").status_code == 302


def test_a_reception_behind_one_router_is_not_locked_out_by_one_of_its_own(ana, practice):
    MembershipFactory(practice=practice, user=UserFactory(username="bob"))
    for _time in range(8):
        attempt("bob")
    assert attempt(password="demo").status_code == 302


def test_an_account_has_twenty_tries_from_everywhere(ana):
    for number in range(20):
        assert attempt(address=f"192.0.2.{number + 10}").status_code == 200
    assert attempt(password="demo", address=OTHER).status_code == 429


def test_an_address_has_fifty_tries_of_all_accounts(ana):
    for number in range(50):
        assert attempt(f"nobody{number}").status_code == 200
    assert attempt(password="demo").status_code == 429
    assert attempt(password="demo", address=OTHER).status_code == 302


def test_passkeys_of_nobody_shut_out_their_own_address_alone(ana):
    """A passkey is tried before anybody knows whose it is; twenty bad ones once shut out the whole clinic."""
    made_up = {"credential": '{"id": "x", "rawId": "eA", "type": "public-key", "response": {}}'}

    def knock(address):
        return Client().post(reverse("mfa_login_webauthn"), made_up, REMOTE_ADDR=address).status_code

    for number in range(50):
        assert knock(OWN) == 302, number
    assert knock(OWN) == 429
    assert knock(OTHER) == 302


def test_all_addresses_of_one_line_are_one(ana):
    """Of IPv6 each line has more of them than there are tries to make."""
    for number in range(5):
        assert attempt(address=f"2001:db8:0:1::{number + 1:x}").status_code == 200
    assert attempt(address="2001:db8:0:1:ffff::9").status_code == 429
    assert attempt(address="2001:db8:0:2::1").status_code == 200
    assert attempt(address=f"::ffff:{OWN}").status_code == 200
    assert list(SignIn.objects.order_by("-pk").values_list("network", flat=True)[:3]) == [
        OWN,
        "2001:db8:0:2::/64",
        "2001:db8:0:1::/64",
    ]


def test_a_browser_that_has_signed_in_before_is_not_locked_out_by_strangers(ana):
    own = Client()
    assert attempt(password="demo", client=own).status_code == 302
    own.get("/admin/logout/")
    for number in range(25):
        attempt(address=f"192.0.2.{number % 5 + 10}")
    for _time in range(6):
        attempt()
    assert attempt(password="demo", client=own).status_code == 302
    assert attempt(password="demo").status_code == 429


def test_a_known_browser_has_five_tries_too(ana):
    own = Client()
    attempt(password="demo", client=own)
    assert [attempt(client=own).status_code for _time in range(6)] == [200] * 5 + [429]


def test_the_mark_of_a_browser_is_worth_nothing_for_another_account_or_when_forged(ana, practice):
    MembershipFactory(practice=practice, user=UserFactory(username="bob"))
    own = Client()
    attempt("bob", password="demo", client=own)
    for _time in range(5):
        attempt()
    assert attempt(password="demo", client=own).status_code == 429
    own.cookies["known"] = "00:ana:forged"
    assert attempt(password="demo", client=own).status_code == 429


def test_marks_that_were_gathered_with_an_old_password_are_worth_nothing(ana):
    gathered = [Client() for _number in range(3)]
    for client in gathered:
        attempt(password="demo", client=client)
    ana.set_password("another one")
    ana.save()
    for client in gathered:
        client.get("/admin/logout/")
    assert [attempt(client=gathered[number % 3]).status_code for number in range(6)] == [200] * 5 + [429]
    assert set(SignIn.objects.filter(outcome="wrong").values_list("browser", flat=True)) == {""}


def test_the_answer_is_the_same_for_unknown_patients_and_staff_accounts(ana):
    PatientAccessFactory(user=UserFactory(username="pat"))
    UserFactory(username="gone", is_active=False)
    told = {name: attempt(name).context["form"].errors for name in ("ana", "pat", "gone", "nobody")}
    assert len({str(errors) for errors in told.values()}) == 1


def test_after_a_quarter_of_an_hour_the_tries_are_forgotten(ana):
    for _time in range(6):
        attempt()
    SignIn.objects.update(at=timezone.now() - timedelta(minutes=15))
    assert attempt(password="demo").status_code == 302


def test_each_try_leaves_who_when_and_from_where(ana):
    attempt(" ANA ", client=Client(headers={"User-Agent": "Firefox"}))
    attempt(password="demo", client=Client(headers={"User-Agent": "Firefox"}))
    wrong, right = SignIn.objects.order_by("pk")
    assert (wrong.account, wrong.user, wrong.outcome) == ("ana", None, "wrong")
    assert (wrong.address, wrong.agent) == (OWN, "Firefox")
    assert (right.account, right.user, right.outcome) == ("ana", ana, "right")


@pytest.mark.parametrize(("account", "password"), [("", "demo"), ("ana", ""), ("ana\x00", "demo")])
def test_an_unfinished_form_is_no_try(ana, account, password):
    assert attempt(account, password).status_code == 200
    assert not SignIn.objects.exists()


@pytest.mark.parametrize(
    ("proxies", "told", "address"),
    [
        (0, "203.0.113.9", OWN),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.18.0.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.18.0.1, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (1, "", OWN),
        (1, "203.0.113.9:51234", "203.0.113.9"),
        (1, "[2001:db8::9]:51234", "2001:db8::9"),
        (1, "not an address", None),
    ],
)
def test_behind_proxies_the_address_is_what_the_outermost_of_ours_saw(ana, settings, proxies, told, address):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": proxies}
    attempt(client=Client(headers={"X-Forwarded-For": told}))
    assert SignIn.objects.get().address == address


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        moment = timezone.now()

        def now(self):
            return self.moment

    clock = Clock()
    monkeypatch.setattr(sessions, "timezone", clock)
    return clock


def signed_in(client):
    return client.get("/admin/").status_code == 200


def test_a_session_ends_after_half_an_hour_without_work(desk, clock):
    for minutes in (0, 29, 29):
        clock.moment += timedelta(minutes=minutes)
        assert signed_in(desk)
    clock.moment += timedelta(minutes=30)
    assert not signed_in(desk)
    assert "nothing was done here for 30 minutes" in desk.get(LOGIN, follow=True).content.decode()
    assert "signed out" not in desk.get(LOGIN, follow=True).content.decode()
    clock.moment -= timedelta(minutes=29)
    assert not signed_in(desk)


def test_a_session_ends_a_working_day_after_it_began_however_busy(desk, clock):
    assert signed_in(desk)
    for _quarter in range(47):
        clock.moment += timedelta(minutes=15)
        assert signed_in(desk)
    clock.moment += timedelta(minutes=15)
    assert not signed_in(desk)
    assert "after 12 hours you are asked to sign in again" in desk.get(LOGIN, follow=True).content.decode()


def test_a_page_that_asks_again_by_itself_keeps_no_session_alive(desk, clock):
    assert signed_in(desk)
    for _poll in range(2):
        clock.moment += timedelta(minutes=14)
        assert desk.get("/admin/", headers={"X-Poll": "1"}).status_code == 200
    clock.moment += timedelta(minutes=2)
    assert not signed_in(desk)


def test_tries_are_kept_for_a_year(db, capsys):
    kept = SignInFactory(at=timezone.now() - timedelta(days=364))
    SignInFactory(at=timezone.now() - timedelta(days=366))
    call_command("forget_sign_ins")
    assert capsys.readouterr().out == "1 sign-ins forgotten\n"
    assert SignIn.objects.get() == kept


def test_a_clinic_admin_reads_the_sign_ins_of_her_members_and_of_nobody_else(manager, practice, foreign_practice):
    SignInFactory(account="ours", user=MembershipFactory(practice=practice).user)
    SignInFactory(account="theirs", user=MembershipFactory(practice=foreign_practice).user)
    SignInFactory(account="nobody")
    shown = manager.get(reverse("admin:directory_signin_changelist")).context["cl"].result_list
    assert [one.account for one in shown] == ["ours"]
