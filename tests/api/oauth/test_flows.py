"""How a program gets, keeps and loses its tokens; each thing that could go wrong, with the standard's word for it."""

from base64 import b64encode
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from api.oauth.validator import Validator
from core.actor import Actor
from core.models import AuditEntry
from directory.models import AccessToken, Authorization, AuthorizationCode, RefreshToken
from directory.services import close_application, revoke_authorization
from tests.api.conftest import Caller
from tests.api.oauth.conftest import CALLBACK, CUSTOMERS, PKCE, SECRET, VERIFIER, Program, opens, refusal
from tests.factories import ApplicationFactory, MembershipFactory, PatientFactory, UserFactory

SYSTEM = Actor.system("test")


@pytest.mark.parametrize("mount", ["/oauth2", "/alfadocs/oauth2", "/oauth", "/flextell/oauth"])
def test_the_documented_flow_with_a_secret_and_without_pkce(program, front_desk_user, mount):
    program.mount = mount
    back = program.let(front_desk_user)
    assert set(back) == {"code", "state"}
    assert back["state"] == "s-1"
    response = program.exchange(back["code"])
    assert response.status_code == 200
    given = response.json()
    assert set(given) == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert (given["token_type"], given["expires_in"], given["scope"]) == ("Bearer", 3600, "customers:read")
    assert response["Cache-Control"] == "no-store"
    assert opens(given["access_token"]) == 200


def test_only_digests_of_tokens_are_kept(program, front_desk_user):
    given = program.tokens(front_desk_user)
    assert AccessToken.objects.get().token == ""
    assert RefreshToken.objects.get().token == ""
    assert AccessToken.objects.get().token_checksum == AccessToken.hashed(given.access_token)
    assert SECRET not in program.application.client_secret


def test_what_is_not_the_standards_may_come_along(program, front_desk_user):
    code = program.let(front_desk_user)["code"]
    assert program.exchange(code, scope="customers:read", oauth_scope_list=["a", "b"]).status_code == 200


def test_denied(program, front_desk_user):
    back = program.let(front_desk_user, "deny")
    assert back == {"error": "access_denied", "state": "s-1"}
    assert not Authorization.objects.exists()
    assert not AuthorizationCode.objects.exists()


# ------------------------------------------------------------------------------------------ the code


def test_a_code_works_once_and_its_second_use_ends_what_the_first_one_gave(program, front_desk_user):
    code = program.let(front_desk_user)["code"]
    given = program.exchange(code).json()
    assert refusal(program.exchange(code)) == (400, "invalid_grant")
    assert opens(given["access_token"]) == 401
    assert refusal(program.refresh(given["refresh_token"])) == (400, "invalid_grant")


def test_a_code_expires(program, front_desk_user):
    code = program.let(front_desk_user)["code"]
    AuthorizationCode.objects.update(expires=timezone.now())
    assert refusal(program.exchange(code)) == (400, "invalid_grant")
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"client_secret": None}, (401, "invalid_client")),
        ({"client_secret": "cs_wrong"}, (401, "invalid_client")),
        ({"client_id": "unknown"}, (401, "invalid_client")),
        ({"client_id": None}, (401, "invalid_client")),
        ({"redirect_uri": f"{CALLBACK}/"}, (400, "invalid_request")),
        ({"redirect_uri": "https://elsewhere.example/"}, (400, "invalid_request")),
        ({"code": "unknown"}, (400, "invalid_grant")),
        ({"code": None}, (400, "invalid_request")),
        ({"code": "a\x00b"}, (400, "invalid_request")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
        ({"grant_type": "client_credentials"}, (400, "unauthorized_client")),
        ({"grant_type": None}, (400, "invalid_request")),
    ],
    ids=str,
)
def test_a_wrong_exchange_gives_nothing(program, front_desk_user, sent, expected):
    code = program.let(front_desk_user)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **sent}
    assert refusal(program.post("token", **form)) == expected
    assert not AccessToken.objects.exists()
    assert program.exchange(code).status_code == 200


def test_another_programs_code_is_none(program, front_desk_user):
    code = program.let(front_desk_user)["code"]
    other = Program(ApplicationFactory())
    assert refusal(other.exchange(code)) == (400, "invalid_grant")


def test_a_secret_in_the_header_does_as_well_but_not_twice(program, front_desk_user):
    code = program.let(front_desk_user)["code"]
    pair = b64encode(f"{program.application.client_id}:{SECRET}".encode()).decode()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    body = "&".join(f"{key}={value}" for key, value in form.items())
    kind, headers = "application/x-www-form-urlencoded", {"Authorization": f"Basic {pair}"}
    twice = Client().post("/oauth2/token", f"{body}&client_secret={SECRET}", content_type=kind, headers=headers)
    assert refusal(twice) == (400, "invalid_request")
    assert Client().post("/oauth2/token", body, content_type=kind, headers=headers).status_code == 200


# ------------------------------------------------------------------------------------------ PKCE


def test_a_public_program_proves_that_it_asked(public_program, front_desk_user):
    code = public_program.let(front_desk_user, **PKCE)["code"]
    right = {"client_secret": None, "code_verifier": VERIFIER}
    assert refusal(public_program.exchange(code, client_secret=None)) == (400, "invalid_request")
    assert refusal(public_program.exchange(code, client_secret=None, code_verifier="x" * 43)) == (400, "invalid_grant")
    given = public_program.exchange(code, **right)
    assert given.status_code == 200
    assert public_program.refresh(given.json()["refresh_token"], client_secret=None).status_code == 200


def test_a_public_program_without_a_challenge_is_sent_back(public_program, front_desk_user):
    assert public_program.let(front_desk_user)["error"] == "invalid_request"
    assert not AuthorizationCode.objects.exists()


@pytest.mark.parametrize("method", ["plain", None, "S512"])
def test_a_challenge_that_protects_nothing_is_refused(program, front_desk_user, method):
    back = program.let(front_desk_user, code_challenge=VERIFIER, code_challenge_method=method)
    assert (back["error"], back["state"]) == ("invalid_request", "s-1")


def test_a_program_with_a_secret_that_challenges_must_verify(program, front_desk_user):
    code = program.let(front_desk_user, **PKCE)["code"]
    assert refusal(program.exchange(code)) == (400, "invalid_request")
    assert program.exchange(code, code_verifier=VERIFIER).status_code == 200


# ------------------------------------------------------------------------------------------ asking


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": f"{CALLBACK}/more"},
        {"redirect_uri": f"{CALLBACK}?x=1"},
        {"redirect_uri": "http://program.example/callback"},
        {"redirect_uri": "https://elsewhere.example/callback"},
        {"redirect_uri": "javascript:alert(1)"},
        {"client_id": "unknown"},
        {"client_id": None},
    ],
    ids=str,
)
def test_nobody_is_sent_to_an_address_that_is_not_the_programs(program, front_desk_user, changed):
    program.browser.force_login(front_desk_user)
    for response in (program.browser.get(program.asks(**changed)), program.browser.post(program.asks(**changed))):
        assert response.status_code == 400
        assert "Location" not in response
        assert "This link does not work" in response.content.decode()


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"response_type": "token"}, "unauthorized_client"),
        ({"response_type": None}, "invalid_request"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"scope": "customers:read patients:write"}, "invalid_scope"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_goes_back_as_an_error(program, front_desk_user, changed, word):
    back = program.let(front_desk_user, **changed)
    assert (back["error"], back["state"]) == (word, "s-1")
    assert not Authorization.objects.exists()


def test_a_nul_in_the_address_or_the_form_is_a_400(program, front_desk_user):
    program.browser.force_login(front_desk_user)
    assert program.browser.get(program.asks(client_id="a\x00")).status_code == 400
    assert program.browser.post(program.asks(), {"allow": "yes", "client_id": "a\x00"}).status_code == 400


def test_sign_in_comes_first_and_leads_back(program):
    response = program.browser.get(program.asks())
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/")
    assert "next=/oauth2/authorize%3Fresponse_type%3Dcode" in response["Location"]
    assert program.browser.post(program.asks(), {"allow": "yes"}).status_code == 302
    assert not Authorization.objects.exists()


def test_who_does_not_work_here_lets_nothing(program, patient_user, practice):
    program.browser.force_login(patient_user)
    assert program.browser.get(program.asks()).status_code == 403
    assert program.browser.post(program.asks(), {"allow": "yes"}).status_code == 403
    assert not Authorization.objects.exists()


def test_the_page_is_for_this_window_alone(program, front_desk_user):
    program.browser.force_login(front_desk_user)
    response = program.browser.get(program.asks())
    assert response.status_code == 200
    assert response["X-Frame-Options"] == "DENY"
    policy = response["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self' 'unsafe-eval'; style-src 'self'; " in policy  # nothing that stands in the page runs
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "same-origin"


def test_an_answer_needs_the_forms_token(program, front_desk_user):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(front_desk_user)
    assert browser.post(program.asks(), {"allow": "yes"}).status_code == 403
    assert not Authorization.objects.exists()


# ------------------------------------------------------------------------------------------ refreshing


def test_a_refresh_token_works_once_and_a_used_one_ends_its_family(program, front_desk_user):
    first = program.tokens(front_desk_user)
    second = program.refresh(first.refresh_token).json()
    assert set(second) == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert (opens(first.access_token), opens(second["access_token"])) == (401, 200)
    third = program.refresh(second["refresh_token"]).json()
    other = program.tokens(front_desk_user)
    assert refusal(program.refresh(first.refresh_token)) == (400, "invalid_grant")
    assert opens(third["access_token"]) == 401
    assert refusal(program.refresh(third["refresh_token"])) == (400, "invalid_grant")
    assert opens(other.access_token) == 200


def test_a_refresh_may_ask_for_less_and_never_for_more(program, front_desk_user):
    given = program.tokens(front_desk_user, scope="customers:read tenants:read")
    less = program.refresh(given.refresh_token, scope="tenants:read").json()
    assert less["scope"] == "tenants:read"
    assert opens(less["access_token"]) == 403
    assert refusal(program.refresh(less["refresh_token"], scope="customers:write")) == (400, "invalid_scope")


@pytest.mark.parametrize(
    "sent", [{"client_secret": None}, {"client_secret": "x"}, {"refresh_token": "unknown"}], ids=str
)
def test_a_wrong_refresh_changes_nothing(program, front_desk_user, sent):
    given = program.tokens(front_desk_user)
    form = {"refresh_token": given.refresh_token, **sent}
    status, word = refusal(program.post("token", grant_type="refresh_token", **form))
    assert (status, word) == ((400, "invalid_grant") if "refresh_token" in sent else (401, "invalid_client"))
    assert opens(given.access_token) == 200


def test_another_programs_refresh_token_is_none(program, front_desk_user):
    given = program.tokens(front_desk_user)
    other = Program(ApplicationFactory())
    assert refusal(other.refresh(given.refresh_token)) == (400, "invalid_grant")
    assert opens(given.access_token) == 200


def test_a_token_and_what_its_owner_may_cost_one_statement(program, practice, front_desk_user):
    given = program.tokens(front_desk_user, practice=practice.pk)
    assert opens(given.access_token) == 200
    with CaptureQueriesContext(connection) as captured:
        assert opens(given.access_token) == 200
    of_who_calls = ("directory_accesstoken", "directory_membership", "patients_patientaccess")
    assert sum(any(table in query["sql"] for table in of_who_calls) for query in captured) == 1


# ------------------------------------------------------------------------------------------ ending


@pytest.mark.parametrize("end", ["application", "authorization", "user", "token", "practice", "membership"])
def test_what_was_ended_stops_at_once(program, practice, end):
    membership = MembershipFactory(practice=practice)
    user = membership.user
    given = program.tokens(user, practice=practice.pk)
    code = program.let(user, practice=practice.pk)["code"]
    assert opens(given.access_token) == 200
    by = {"by": SYSTEM, "at": timezone.now()}
    if end == "application":
        close_application(program.application.pk, **by)
    elif end == "authorization":
        revoke_authorization(Authorization.objects.get().pk, **by)
    elif end == "user":
        user.is_active = False
        user.save()
    elif end == "token":
        assert program.post("revoke", token=given.refresh_token).status_code == 200
    elif end == "practice":
        practice.archived_at = timezone.now()
        practice.save()
    else:
        membership.delete()
    assert opens(given.access_token) == (403 if end == "membership" else 401)
    if end in ("application", "authorization", "user"):
        wanted = (401, "invalid_client") if end == "application" else (400, "invalid_grant")
        assert refusal(program.refresh(given.refresh_token)) == wanted
        assert refusal(program.exchange(code)) == wanted
    if end == "token":
        assert refusal(program.refresh(given.refresh_token)) == (400, "invalid_grant")


def test_a_closed_program_cannot_ask(program, front_desk_user):
    close_application(program.application.pk, by=SYSTEM, at=timezone.now())
    program.browser.force_login(front_desk_user)
    assert program.browser.get(program.asks()).status_code == 400


def test_an_access_token_expires_and_is_cleaned_away(program, front_desk_user):
    given = program.tokens(front_desk_user)
    AccessToken.objects.update(expires=timezone.now() - timedelta(days=100))
    AuthorizationCode.objects.update(expires=timezone.now() - timedelta(days=100))
    assert opens(given.access_token) == 401
    assert refusal(program.refresh(given.refresh_token)) == (400, "invalid_grant")
    call_command("cleartokens")
    assert [one.objects.count() for one in (AccessToken, RefreshToken, AuthorizationCode)] == [0, 0, 0]


# ------------------------------------------------------------------------------------------ as whom


def test_a_program_acts_as_its_owner_with_its_secret_alone(practice, front_desk_user):
    patient = PatientFactory(organization=practice.organization)
    own = Program(ApplicationFactory(user=front_desk_user, own=True, scopes=["customers:read", "customers:write"]))
    response = own.post("token", grant_type="client_credentials", scope="customers:write customers:read")
    assert response.status_code == 200
    assert set(response.json()) == {"access_token", "token_type", "expires_in", "scope"}
    caller = Caller(response.json()["access_token"])
    assert [one["id"] for one in caller.get(CUSTOMERS).json()["data"]] == [patient.pk]
    assert caller.post(CUSTOMERS, {"first_name": "Ada", "last_name": "Moss"}).status_code == 201
    entry = AuditEntry.objects.get(verb="patients.create_patient", object_kind="patients.patient")
    assert (entry.user_id, entry.credential) == (front_desk_user.pk, f"application:{own.application.pk}")
    assert refusal(own.post("token", grant_type="client_credentials", client_secret=None)) == (401, "invalid_client")
    assert refusal(own.post("token", grant_type="client_credentials", scope="tenants:read")) == (400, "invalid_scope")
    front_desk_user.is_active = False
    front_desk_user.save()
    assert refusal(own.post("token", grant_type="client_credentials")) == (400, "unauthorized_client")
    assert caller.get(CUSTOMERS).status_code == 401


def test_a_token_is_as_narrow_as_what_was_consented_to(program, practice, other_practice, foreign_practice):
    user = MembershipFactory(practice=practice, admin=True).user
    MembershipFactory(practice=foreign_practice, user=user, admin=True)
    ours = PatientFactory(organization=practice.organization)
    theirs = PatientFactory(organization=foreign_practice.organization)

    def seen(token):
        return {one["id"] for one in Caller(token).get(CUSTOMERS).json()["data"]}

    everywhere = program.tokens(user)
    here = program.tokens(user, practice=practice.pk)
    assert seen(everywhere.access_token) == {ours.pk, theirs.pk}
    assert seen(here.access_token) == {ours.pk}
    elsewhere = Caller(here.access_token).get(CUSTOMERS, headers={"X-Tenant": str(foreign_practice.pk)})
    assert elsewhere.status_code == 404
    assert seen(program.refresh(here.refresh_token).json()["access_token"]) == {ours.pk}


def test_a_practice_where_one_does_not_work_cannot_be_chosen(program, two_practices, front_desk_user, foreign_practice):
    program.browser.force_login(front_desk_user)
    response = program.browser.post(program.asks(), {"allow": "yes", "practice": foreign_practice.pk})
    assert response.status_code == 200
    assert "Select a valid choice" in response.content.decode()
    assert not Authorization.objects.exists()


def test_a_program_for_one_practice_is_consented_to_there_alone(practice, foreign_practice, front_desk_user):
    program = Program(ApplicationFactory(practice=practice))
    program.let(front_desk_user)
    assert Authorization.objects.get().practice == practice
    stranger = MembershipFactory(practice=foreign_practice).user
    program.browser.force_login(stranger)
    assert program.browser.get(program.asks()).status_code == 403
    assert program.browser.post(program.asks(), {"allow": "yes"}).status_code == 403
    assert Authorization.objects.count() == 1


def test_a_program_that_is_narrowed_later_may_no_more(program, front_desk_user):
    given = program.tokens(front_desk_user, scope="customers:read tenants:read")
    program.application.scopes = ["tenants:read"]
    program.application.save()
    assert opens(given.access_token) == 403
    assert opens(given.access_token, "/flextell/api/v1/account/tenants") == 200
    assert program.let(front_desk_user)["error"] == "invalid_scope"


def test_the_audit_names_the_person_and_what_they_let(program, front_desk_user):
    given = program.tokens(front_desk_user, scope="customers:write")
    assert Caller(given.access_token).post(CUSTOMERS, {"first_name": "A", "last_name": "B"}).status_code == 201
    entry = AuditEntry.objects.get(verb="patients.create_patient", object_kind="patients.patient")
    assert (entry.user_id, entry.door) == (front_desk_user.pk, "api:flextell")
    assert entry.credential == f"authorization:{Authorization.objects.get().pk}"


# ------------------------------------------------------------------------------------------ the request


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("application/json", b"{}", 400),
        ("multipart/form-data; boundary=x", b"--x--", 400),
        ("application/x-www-form-urlencoded", b"", 400),
        ("application/x-www-form-urlencoded", b"grant_type=a&grant_type=b", 400),
        ("application/x-www-form-urlencoded", b"a=" + b"x" * 20_000, 413),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(1500)), 400),
        ("application/x-www-form-urlencoded", b"grant_type=%ff%fe%00", 400),
        ("application/x-www-form-urlencoded; charset=utf-99", b"grant_type=authorization_code", 400),
    ],
    ids=["json", "multipart", "empty", "twice", "long", "many", "bytes", "charset"],
)
@pytest.mark.parametrize("name", ["token", "revoke"])
def test_what_is_no_request_for_a_token_is_refused_in_its_words(db, name, kind, body, expected):
    client = Client(raise_request_exception=False)
    response = client.generic("POST", f"/oauth2/{name}", body, content_type=kind)
    assert response.status_code in (expected, 401)
    assert response.json()["error"] in ("invalid_request", "unsupported_grant_type", "invalid_client")


@pytest.mark.parametrize("kind", ["public", "confidential"])
@pytest.mark.parametrize("grant", ["password", "implicit", "urn:ietf:params:oauth:grant-type:device_code"])
def test_no_password_can_be_tried_at_the_tokens_address(admin_user, kind, grant):
    program = Program(ApplicationFactory(user=admin_user, client_type=kind))
    admin_user.set_password("right-password")
    admin_user.save()
    sent = {"username": admin_user.username, "device_code": "x", "client_secret": None if kind == "public" else SECRET}
    answers = [program.post("token", grant_type=grant, password=text, **sent) for text in ("right-password", "wrong")]
    assert [refusal(answer) for answer in answers] == [(400, "unsupported_grant_type")] * 2
    assert answers[0].content == answers[1].content


def test_the_library_is_told_of_no_password(admin_user):
    admin_user.set_password("right-password")
    admin_user.save()
    assert Validator().validate_user(admin_user.username, "right-password", None, None) is False


def test_only_a_post_gets_a_token(db):
    assert refusal(Client().get("/oauth2/token")) == (405, "invalid_request")


def test_an_address_may_ask_for_so_many_tokens(db, settings):
    rates = {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "oauth": "2/hour"}
    from rest_framework.throttling import SimpleRateThrottle

    kept, SimpleRateThrottle.THROTTLE_RATES = SimpleRateThrottle.THROTTLE_RATES, rates
    try:
        program = Program(ApplicationFactory())
        assert [program.refresh("x").status_code for _time in range(3)] == [400, 400, 429]
        assert int(program.refresh("x")["Retry-After"]) > 0
    finally:
        SimpleRateThrottle.THROTTLE_RATES = kept


def test_users_without_a_key_or_token_stay_out_of_flextell(db):
    user = UserFactory()
    assert Caller(f"token-of-{user.pk}").get(CUSTOMERS).json() == {
        "error": "invalid_token",
        "message": "The access token is unknown, revoked or expired.",
    }


@pytest.mark.parametrize("mount", ["oauth2", "oauth", "alfadocs/oauth2", "flextell/oauth"])
def test_an_unknown_endpoint_refuses_as_the_others_do(db, mount):
    for path in (f"/{mount}/x", f"/{mount}/token/x"):
        answer = Client(enforce_csrf_checks=True).post(path)
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
        assert answer["Cache-Control"] == "no-store"
