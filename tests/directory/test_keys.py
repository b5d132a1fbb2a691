"""The keys of programs: shown once, never wider than who asked for them, refused when their time is over."""

import hashlib
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from core.errors import Forbidden, InvalidInput, Missing
from core.models import AuditEntry
from directory.models import ApiKey
from directory.services import authenticate_key, issue_api_key, revoke_api_key
from patients.services import actor_for
from tests.factories import (
    ApiKeyFactory,
    MembershipFactory,
    PatientAccessFactory,
    PatientFactory,
    PracticeFactory,
)

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def acting_with(user, **narrow):
    return actor_for(user, key=ApiKeyFactory(user=user, **narrow), door="test")


def test_a_key_is_shown_once_and_kept_as_its_digest(admin_user, admin_actor, practice, at, history):
    key, text = issue_api_key(
        user_id=admin_user.pk,
        practice_id=practice.pk,
        label="Web site",
        scopes=["orders:read", "catalog:read", "orders:read"],
        expires_at=at + HOUR,
        by=admin_actor,
        at=at,
    )
    stored = ApiKey.objects.values().get()
    assert stored == {
        "id": key.pk,
        "user_id": admin_user.pk,
        "practice_id": practice.pk,
        "label": "Web site",
        "scopes": ["catalog:read", "orders:read"],
        "prefix": text[:12],
        "key_hash": hashlib.sha256(text.encode()).hexdigest(),
        "expires_at": at + HOUR,
        "revoked_at": None,
        "last_used_at": None,
        "last_address": None,
        "created_at": at,
        "updated_at": at,
    }
    assert text.startswith("ck_")
    assert len(text) == 46
    assert authenticate_key(text, at=at) == key
    assert history() == [("directory.issue_api_key", "create", "directory.apikey", key.pk)]
    changes = AuditEntry.objects.get().changes
    assert changes["key_hash"] == ["•••", "•••"]
    assert text not in str(changes)


def test_two_keys_are_never_the_same(superuser, at):
    texts = {issue_api_key(user_id=superuser.user_id, by=superuser, at=at)[1] for _ in range(5)}
    assert len(texts) == 5


@pytest.mark.parametrize("actor", ["front_desk", "specialist_actor", "patient_actor"])
def test_only_clinic_admins_issue_keys(actor, request, practice, at, refused):
    by = request.getfixturevalue(actor)
    for place in (None, practice.pk):
        with refused(Forbidden):
            issue_api_key(user_id=by.user_id, practice_id=place, by=by, at=at)


def test_a_clinic_admin_issues_keys_of_service_accounts_for_their_practice_alone(
    practice, other_practice, admin_actor, at, refused
):
    program = MembershipFactory(practice=practice, user__kind="service").user
    MembershipFactory(user=program, practice=other_practice, admin=True)
    key, _text = issue_api_key(user_id=program.pk, practice_id=practice.pk, by=admin_actor, at=at)
    assert key.practice == practice
    with refused(Forbidden):
        issue_api_key(user_id=program.pk, by=admin_actor, at=at)
    with refused(Forbidden):
        issue_api_key(user_id=program.pk, practice_id=other_practice.pk, by=admin_actor, at=at)


def test_nobody_issues_a_key_in_a_colleagues_name_but_a_command(
    practice, admin_actor, superuser, system, patient_user, patient, at, refused
):
    for user in (MembershipFactory(practice=practice).user, patient_user):
        for by in (admin_actor, superuser):
            with refused(Forbidden):
                issue_api_key(user_id=user.pk, practice_id=practice.pk, by=by, at=at)
        assert issue_api_key(user_id=user.pk, by=system, at=at)[0].user == user


def test_users_that_a_clinic_admin_does_not_see_are_missing(practice, admin_actor, at, refused):
    for stranger in (MembershipFactory().user, PatientAccessFactory().user):
        with refused(Missing):
            issue_api_key(user_id=stranger.pk, practice_id=practice.pk, by=admin_actor, at=at)


def test_a_key_of_a_patient_narrowed_to_a_practice_opens_their_record_of_its_organization(
    practice, patient_user, patient, system, at
):
    PatientAccessFactory(user=patient_user, patient=PatientFactory(organization=PracticeFactory().organization))
    key, text = issue_api_key(user_id=patient_user.pk, practice_id=practice.pk, by=system, at=at)
    actor = actor_for(patient_user, key=authenticate_key(text, at=at), door="test")
    assert (actor.patient_ids, actor.roles, key.user) == (frozenset({patient.pk}), {}, patient_user)


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (["keys:write", "orders:read"], True),
        (["orders:read"], True),
        ([], False),
        (["orders:read", "orders:write"], False),
    ],
)
def test_a_key_with_scopes_issues_none_with_more(admin_user, at, refused, scopes, allowed):
    by = acting_with(admin_user, scopes=["keys:write", "orders:read"])
    if allowed:
        assert issue_api_key(user_id=admin_user.pk, scopes=scopes, by=by, at=at)[0].scopes == sorted(scopes)
    else:
        with refused(Forbidden):
            issue_api_key(user_id=admin_user.pk, scopes=scopes, by=by, at=at)


def test_a_key_for_one_practice_issues_none_for_more(admin_user, practice, other_practice, at, refused):
    MembershipFactory(user=admin_user, practice=other_practice, admin=True)
    by = acting_with(admin_user, practice=practice)
    issue_api_key(user_id=admin_user.pk, practice_id=practice.pk, by=by, at=at)
    for wider in (None, other_practice.pk):
        with refused(Forbidden):
            issue_api_key(user_id=admin_user.pk, practice_id=wider, by=by, at=at)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"scopes": ["orders:read", "everything"]}, "scopes"),
        ({"expires_at": timedelta(0)}, "expires_at"),
        ({"label": "x" * 101}, "label"),
        ({"label": "\x00"}, "label"),
    ],
)
def test_a_wrong_value_is_refused_by_name(superuser, at, refused, values, field):
    if "expires_at" in values:
        values = {"expires_at": at + values["expires_at"]}
    with refused(InvalidInput) as caught:
        issue_api_key(user_id=superuser.user_id, by=superuser, at=at, **values)
    assert list(caught.value.fields) == [field]


def test_an_unknown_practice_or_user_is_missing(superuser, at, refused):
    with refused(Missing):
        issue_api_key(user_id=10**9, by=superuser, at=at)
    with refused(Missing):
        issue_api_key(user_id=superuser.user_id, practice_id=10**9, by=superuser, at=at)


# ------------------------------------------------------------------------------------------- opening


@pytest.mark.parametrize(
    "shut",
    [
        {"revoked": True},
        {"expired": True},
        {"user__is_active": False},
        {"practice": lambda: PracticeFactory(archived=True)},
    ],
    ids=["revoked", "expired", "inactive user", "practice archived"],
)
def test_a_key_whose_time_is_over_does_not_open(db, at, shut):
    shut = {name: value() if callable(value) else value for name, value in shut.items()}
    ApiKeyFactory(text="ck_some-key", **shut)
    assert authenticate_key("ck_some-key", at=at) is None
    assert ApiKey.objects.get().last_used_at is None


def test_a_key_opens_until_the_moment_it_expires(db, at):
    ApiKeyFactory(text="ck_some-key", expires_at=at)
    assert authenticate_key("ck_some-key", at=at - MINUTE) is not None
    assert authenticate_key("ck_some-key", at=at) is None


@pytest.mark.parametrize(
    "text", ["", "ck_", "ck_some-ke", "ck_some-key ", "CK_some-key", "ck_some\x00key", "ck_șome-key", "x" * 10**6]
)
def test_another_text_opens_nothing(db, at, text):
    ApiKeyFactory(text="ck_some-key")
    assert authenticate_key(text, at=at) is None


def test_opening_is_one_query_with_user_and_practice(practice, at, django_assert_num_queries):
    ApiKeyFactory(text="ck_some-key", practice=practice, last_used_at=at)
    with django_assert_num_queries(1):
        key = authenticate_key("ck_some-key", at=at)
        assert (key.user.is_active, key.practice.organization_id) == (True, practice.organization_id)


@pytest.mark.parametrize(("ago", "written"), [(4 * MINUTE, False), (5 * MINUTE, True), (None, True)])
def test_the_last_use_is_written_every_five_minutes(db, at, ago, written, history):
    before = None if ago is None else at - ago
    ApiKeyFactory(text="ck_some-key", last_used_at=before)
    authenticate_key("ck_some-key", at=at)
    assert ApiKey.objects.get().last_used_at == (at if written else before)
    assert history() == []


def test_a_clock_that_is_behind_does_not_take_the_last_use_back(db, at):
    ApiKeyFactory(text="ck_some-key", last_used_at=at)
    authenticate_key("ck_some-key", at=at - HOUR)
    assert ApiKey.objects.get().last_used_at == at


# ------------------------------------------------------------------------------------------ revoking


def test_a_revoked_key_is_refused_from_then_on(patient_user, patient_actor, at, history):
    key = ApiKeyFactory(user=patient_user, text="ck_some-key")
    revoke_api_key(key.pk, by=patient_actor, at=at)
    assert authenticate_key("ck_some-key", at=at) is None
    assert ApiKey.objects.get().revoked_at == at
    revoke_api_key(key.pk, by=patient_actor, at=at + HOUR)
    assert ApiKey.objects.get().revoked_at == at
    assert history() == [("directory.revoke_api_key", "change", "directory.apikey", key.pk)]


def test_a_clinic_admin_revokes_the_keys_of_their_practice(practice, other_practice, admin_actor, at, refused):
    narrowed = ApiKeyFactory(practice=practice)
    revoke_api_key(narrowed.pk, by=admin_actor, at=at)
    assert ApiKey.objects.get().revoked_at == at
    for other in (ApiKeyFactory(), ApiKeyFactory(practice=other_practice)):
        with refused(Missing):
            revoke_api_key(other.pk, by=admin_actor, at=at)


@pytest.mark.parametrize("actor", ["front_desk", "visitor"])
def test_a_key_of_someone_else_is_missing(practice, actor, request, at, refused):
    key, by = ApiKeyFactory(practice=practice), request.getfixturevalue(actor)
    with refused(Missing):
        revoke_api_key(key.pk, by=by, at=at)


# --------------------------------------------------------------------------------------- the command


def command(*args):
    out = StringIO()
    call_command("issue_api_key", *args, stdout=out)
    return out.getvalue()


def test_the_command_prints_the_key_and_nothing_else(admin_user, practice, history):
    narrowed = ["--practice", str(practice.pk), "--scope", "orders:read", "catalog:read"]
    out = command("clinic-admin", "--label", "CI", *narrowed)
    key = ApiKey.objects.get()
    assert out == f"{out.strip()}\n"
    assert ApiKey.hashed(out.strip()) == key.key_hash
    assert (key.user, key.practice, key.label, key.scopes) == (
        admin_user, practice, "CI", ["catalog:read", "orders:read"],
    )  # fmt: skip
    assert history() == [("directory.issue_api_key", "create", "directory.apikey", key.pk)]
    entry = AuditEntry.objects.get()
    assert (entry.actor_kind, entry.door, entry.user) == ("system", "command:issue_api_key", None)


def test_scopes_may_come_one_by_one(admin_user):
    command("clinic-admin", "--scope", "orders:read", "--scope", "catalog:read")
    assert ApiKey.objects.get().scopes == ["catalog:read", "orders:read"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["nobody"], "There is no user nobody."),
        (["clinic-admin", "--practice", "1000000000"], "Practice not found"),
        (["clinic-admin", "--scope", "everything"], "scopes: Unknown: everything"),
    ],
)
def test_the_command_says_what_is_wrong(admin_user, refused, args, says):
    with refused(CommandError) as caught:
        command(*args)
    assert str(caught.value) == says
