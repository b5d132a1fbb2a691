"""Whoever has a second factor is asked for it, and where one is required nothing answers without it."""

import re
import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib import admin
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from backoffice.kit.second_factor import SHOWN
from core.errors import Forbidden
from directory.models import SignIn
from directory.services import reset_second_factor
from tests.factories import AT, MembershipFactory, UserFactory

LOGIN, CODE, OWN = reverse("admin:login"), reverse("mfa_authenticate"), reverse("mfa_index")
ORDERS = "/v1/patient-product-orders"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_of(secret=SECRET, periods=0):
    """What an authenticator app shows now, or so many periods later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + periods))


@pytest.fixture(autouse=True)
def nothing_remembered():
    """The library keeps used codes in the cache too."""
    cache.clear()


@pytest.fixture
def ana(practice):
    """A member of the practice with an authenticator app and recovery codes."""
    user = MembershipFactory(practice=practice, user=UserFactory(username="ana", email="ana@example.org")).user
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return user


def at_the_code(user="ana"):
    """A browser in which name and password were right."""
    client = Client()
    response = client.post(LOGIN, {"username": user, "password": "demo", "next": "/admin/scheduling/appointment/"})
    assert response.headers["Location"] == CODE
    return client


def signed_in(client):
    return client.get("/admin/").status_code == 200


def test_after_the_password_comes_the_code_and_then_where_one_wanted_to_go(ana):
    client = at_the_code()
    assert not signed_in(client)
    page = client.get(CODE).content.decode()
    assert '<h1 class="bo-title">Your second factor</h1>' in page
    assert re.search(r'<input[^>]*name="code"[^>]*autofocus', page)
    response = client.post(CODE, {"code": code_of()})
    assert response.headers["Location"] == "/admin/scheduling/appointment/"
    assert signed_in(client)
    assert [(one.step, one.outcome, one.user) for one in SignIn.objects.order_by("pk")] == [
        ("password", "right", ana),
        ("code", "right", ana),
    ]


def test_a_code_works_once_also_for_another_process_however_it_is_typed(ana):
    code = code_of()
    assert at_the_code().post(CODE, {"code": code}).status_code == 302
    for typed in (code, f"{code[:3]}-{code[3:]}", f"{code[:3]} {code[3:]}", f"{code}."):
        cache.clear()
        again = at_the_code().post(CODE, {"code": typed})
        assert again.status_code == 200, typed
        assert "not right, or was used before" in again.context["form"].errors["code"][0]


def test_a_recovery_code_works_once(ana):
    codes = Authenticator.objects.get(user=ana, type="recovery_codes").wrap().generate_codes()
    assert at_the_code().post(CODE, {"code": codes[3]}).status_code == 302
    assert at_the_code().post(CODE, {"code": codes[3]}).status_code == 200
    assert at_the_code().post(CODE, {"code": codes[4]}).status_code == 302


def test_the_sixth_wrong_code_is_one_too_many_whatever_the_browser(ana):
    for _number in range(5):
        assert at_the_code().post(CODE, {"code": "000000"}).status_code == 200
    refused = at_the_code().post(CODE, {"code": code_of()})
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 15 * 60


def test_the_secrets_are_kept_encrypted(ana, settings):
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert SECRET not in kept
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert Authenticator.objects.get(type="totp").wrap().validate_code(code_of())


def test_an_app_is_set_up_and_shows_recovery_codes_once(desk, front_desk_user, django_capture_on_commit_callbacks):
    page = desk.get(reverse("mfa_activate_totp"))
    secret = re.search(r'id="authenticator_secret"[^>]*value="(\w+)"', page.content.decode())[1]
    with django_capture_on_commit_callbacks(execute=True):
        response = desk.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert response.headers["Location"] == reverse("mfa_view_recovery_codes")
    shown = desk.get(response.headers["Location"])
    assert len(shown.context["unused_codes"]) == 10
    assert not desk.get(response.headers["Location"]).context["can_view_codes"]
    assert list(SignIn.objects.values_list("step", "outcome", "user")) == [("added", "noted", front_desk_user.pk)]


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR_REQUIRED = True


def every_back_office_address():
    """Each address without an id under the back office, from the URL configuration itself."""

    def walk(patterns, prefix):
        for one in patterns:
            path = prefix + str(one.pattern)
            if isinstance(one, URLPattern):
                yield "/" + re.sub(r"<(?:\w+:)?\w+>|\(\?P<\w+>[^)]*\)", "1", path).replace("^", "").replace("$", "")
            else:
                yield from walk(one.url_patterns, path)

    return sorted({path for path in walk(get_resolver().url_patterns, "") if path.startswith("/admin/")})


def test_with_the_second_factor_required_no_back_office_address_answers_without_it(required, boss):
    """Control: with one shown in this session the same addresses answer."""
    open_to_all = (OWN, LOGIN, reverse("admin:logout"), reverse("account_logout"))
    addresses = [one for one in every_back_office_address() if not one.startswith(open_to_all)]
    assert len(addresses) > 250
    for address in addresses:
        for answer in (boss.get(address), boss.post(address)):
            assert (answer.status_code, answer.headers.get("Location")) == (302, OWN), address
    session = boss.session
    session[SHOWN] = int(session["_auth_user_id"])
    session.save()
    assert [boss.get(one).status_code for one in ("/admin/", "/admin/session/")] == [200, 200]


def test_with_the_second_factor_required_the_session_opens_no_contract_either(required, desk, practice):
    answer = desk.get(ORDERS)
    assert answer.status_code in (401, 403)
    session = desk.session
    session[SHOWN] = int(session["_auth_user_id"])
    session.save()
    assert desk.get(ORDERS).status_code == 200


@pytest.mark.django_db(transaction=True)  # what is told at the commit is kept in the session of the same request
def test_whoever_has_none_is_led_to_set_one_up_and_then_works(transactional_db, required, practice):
    MembershipFactory(practice=practice, user=UserFactory(username="bob"))
    client = Client()
    client.post(LOGIN, {"username": "bob", "password": "demo"})
    assert client.get("/admin/").headers["Location"] == OWN
    assert client.get(OWN).status_code == 200
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r'id="authenticator_secret"[^>]*value="(\w+)"', page)[1]
    client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert signed_in(client)
    kept = client.post(reverse("mfa_deactivate_totp"))
    assert "add another one before you remove this" in kept.content.decode()


def test_patients_and_programs_need_no_second_factor(required, patient_user, patient):
    client = Client()
    client.force_login(patient_user)
    assert client.get(ORDERS).status_code == 200


def test_a_clinic_admin_takes_a_lost_second_factor_away_and_the_sessions_end(ana, manager, admin_actor, history):
    client = at_the_code()
    client.post(CODE, {"code": code_of()})
    reset_second_factor(ana.pk, by=admin_actor, at=AT)
    assert not signed_in(client)
    assert not Authenticator.objects.exists()
    assert history()[-1][0] == "directory.reset_second_factor"
    assert Client().post(LOGIN, {"username": "ana", "password": "demo"}).headers["Location"] == "/admin/"


def test_nobody_resets_who_also_works_elsewhere_or_is_a_superuser(ana, admin_actor, other_practice, refused, practice):
    MembershipFactory(user=ana, practice=other_practice)
    with refused(Forbidden):
        reset_second_factor(ana.pk, by=admin_actor, at=AT)
    boss = MembershipFactory(practice=practice, user=UserFactory(superuser=True)).user
    with refused(Forbidden):
        reset_second_factor(boss.pk, by=admin_actor, at=AT)


def test_the_command_resets_for_the_last_one(ana, capsys):
    call_command("reset_second_factor", "ana")
    assert capsys.readouterr().out == "ana signs in with the password alone until they set up another second factor.\n"
    assert not Authenticator.objects.exists()


def test_sessions_are_listed_and_the_others_ended(practice):
    MembershipFactory(practice=practice, user=UserFactory(username="ana"))
    first, second = Client(headers={"User-Agent": "Firefox"}), Client(headers={"User-Agent": "Chrome"})
    for client in (first, second):
        client.post(LOGIN, {"username": "ana", "password": "demo"})
    page = second.get(reverse("usersessions_list")).content.decode()
    assert "Firefox" in page
    assert "Chrome" in page
    second.post(reverse("usersessions_list"))
    assert (signed_in(first), signed_in(second)) == (False, True)


@pytest.mark.parametrize(
    "foreign", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_a_foreign_next_leads_to_the_start_page(practice, foreign):
    MembershipFactory(practice=practice, user=UserFactory(username="ana"))
    response = Client().post(LOGIN, {"username": "ana", "password": "demo", "next": foreign})
    assert response.headers["Location"] == "/admin/"


def test_nobody_signs_up_and_the_librarys_lists_are_closed(boss):
    assert {"signup", "email", "password/change"}.isdisjoint(
        one.removeprefix("/admin/account/").strip("/") for one in every_back_office_address()
    )
    for model in (EmailAddress, Authenticator):
        assert not admin.site.is_registered(model)
