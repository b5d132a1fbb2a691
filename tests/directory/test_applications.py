"""Programs that act for people: who registers them, for whom, and what must not be."""

from datetime import timedelta

import pytest

from core.errors import Forbidden, InvalidInput, Missing
from core.models import AuditEntry
from directory.models import AccessToken, Application, Authorization
from directory.services import (
    authenticate_token,
    authorize_application,
    change_application,
    close_application,
    register_application,
    renew_secret,
    revoke_authorization,
)
from tests.factories import (
    DAY,
    ApiKeyFactory,
    ApplicationFactory,
    AuthorizationFactory,
    MembershipFactory,
    UserFactory,
)

CALLBACK = "https://program.example/callback"
SECOND = timedelta(seconds=1)


def test_an_application_keeps_the_digest_of_its_secret(admin_user, admin_actor, practice, at, history):
    application, secret = register_application(
        name="Robot",
        user_id=admin_user.pk,
        practice_id=practice.pk,
        redirect_uris=CALLBACK,
        scopes=["tenants:read", "customers:read", "tenants:read"],
        by=admin_actor,
        at=at,
    )
    assert application.client_secret.startswith("random_secret$1$")
    assert secret not in application.client_secret
    assert Application.objects.get().scopes == ["customers:read", "tenants:read"]
    assert history() == [("directory.register_application", "create", "directory.application", application.pk)]
    assert AuditEntry.objects.get().changes["client_secret"] == ["•••", "•••"]
    _application, other = renew_secret(application.pk, by=admin_actor, at=at)
    assert other != secret
    assert AuditEntry.objects.latest("pk").changes == {"client_secret": ["•••", "•••"]}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"redirect_uris": ""}, "redirect_uris"),
        ({"redirect_uris": "http://program.example/callback"}, "redirect_uris"),
        ({"redirect_uris": "http://localhost.example/callback"}, "redirect_uris"),
        ({"redirect_uris": f"{CALLBACK}#here"}, "redirect_uris"),
        ({"redirect_uris": "https://user@program.example/"}, "redirect_uris"),
        ({"redirect_uris": "https:///callback"}, "redirect_uris"),
        ({"redirect_uris": "https://[::1/"}, "redirect_uris"),
        ({"redirect_uris": "https://program.example:x/"}, "redirect_uris"),
        ({"redirect_uris": f"{CALLBACK} javascript:alert(1)"}, "redirect_uris"),
        ({"redirect_uris": "https://é.example/"}, "redirect_uris"),
        ({"redirect_uris": f"{CALLBACK}?{'x' * 2000}"}, "redirect_uris"),
        ({"authorization_grant_type": "client-credentials"}, "redirect_uris"),
        ({"authorization_grant_type": "password"}, "authorization_grant_type"),
        (
            {"authorization_grant_type": "client-credentials", "redirect_uris": "", "client_type": "public"},
            "client_type",
        ),
        ({"client_type": "secret"}, "client_type"),
        ({"scopes": ["customers:read", "everything"]}, "scopes"),
        ({"name": ""}, "name"),
        ({"name": "\x00"}, "name"),
    ],
    ids=str,
)
def test_a_wrong_value_is_refused_by_name(superuser, at, refused, values, field):
    right = {"name": "Robot", "user_id": superuser.user_id, "redirect_uris": CALLBACK}
    with refused(InvalidInput) as caught:
        register_application(**{**right, **values}, by=superuser, at=at)
    assert list(caught.value.fields) == [field]


@pytest.mark.parametrize("address", ["http://127.0.0.1:8912/cb", "http://localhost/cb", "http://[::1]:5/"])
def test_this_very_machine_may_be_called_by_plain_http(superuser, at, address):
    register_application(name="Robot", user_id=superuser.user_id, redirect_uris=address, by=superuser, at=at)


def test_a_clinic_admin_registers_for_a_practice_of_theirs(
    admin_user, admin_actor, practice, foreign_practice, at, refused
):
    values = {"name": "Robot", "user_id": admin_user.pk, "redirect_uris": CALLBACK, "by": admin_actor, "at": at}
    with refused(InvalidInput) as caught:
        register_application(**values)
    assert list(caught.value.fields) == ["practice"]
    with refused(Forbidden):
        register_application(**values, practice_id=foreign_practice.pk)
    stranger = UserFactory()
    with refused(Missing):
        register_application(**{**values, "user_id": stranger.pk}, practice_id=practice.pk)
    program = MembershipFactory(practice=practice, user__kind="service").user
    own = {**values, "user_id": program.pk, "authorization_grant_type": "client-credentials", "redirect_uris": ""}
    with refused(Forbidden):
        register_application(**own)
    register_application(**own, practice_id=practice.pk)


def test_others_neither_register_nor_change_nor_close(
    front_desk, front_desk_user, practice, foreign_practice, at, refused
):
    by = {"by": front_desk, "at": at}
    with refused(Forbidden):
        register_application(
            name="Robot", user_id=front_desk_user.pk, practice_id=practice.pk, redirect_uris=CALLBACK, **by
        )
    theirs = ApplicationFactory(practice=foreign_practice)
    for call in (close_application, renew_secret):
        with refused(Missing):
            call(theirs.pk, **by)
    with refused(Missing):
        change_application(theirs.pk, values={"name": "x"}, **by)
    mine = ApplicationFactory(user=front_desk_user, practice=practice)
    with refused(Forbidden):
        close_application(mine.pk, **by)


def test_closing_keeps_the_first_time(superuser, at):
    application = ApplicationFactory()
    close_application(application.pk, by=superuser, at=at)
    assert close_application(application.pk, by=superuser, at=at + DAY).closed_at == at


def test_authorizing_for_the_same_once_more_gives_the_same(front_desk, practice, at, history):
    application = ApplicationFactory(practice=practice)
    first = authorize_application(application.pk, scopes=["tenants:read", "customers:read"], by=front_desk, at=at)
    assert (first.practice, first.scopes) == (practice, ["customers:read", "tenants:read"])
    assert authorize_application(application.pk, scopes=first.scopes, by=front_desk, at=at) == first
    other = authorize_application(application.pk, scopes=["tenants:read"], by=front_desk, at=at)
    assert other != first
    revoke_authorization(first.pk, by=front_desk, at=at)
    assert authorize_application(application.pk, scopes=first.scopes, by=front_desk, at=at) != first
    assert history()[0] == ("directory.authorize_application", "create", "directory.authorization", first.pk)


def test_what_is_closed_or_elsewhere_or_too_much_is_not_authorized(front_desk, practice, foreign_practice, at, refused):
    by = {"by": front_desk, "at": at, "scopes": ["tenants:read"]}
    closed, elsewhere = ApplicationFactory(closed=True), ApplicationFactory(practice=foreign_practice)
    anywhere, narrow = ApplicationFactory(), ApplicationFactory(scopes=["customers:read"])
    with refused(Missing):
        authorize_application(closed.pk, **by)
    with refused(Forbidden):
        authorize_application(elsewhere.pk, **by)
    with refused(Forbidden):
        authorize_application(anywhere.pk, practice_id=foreign_practice.pk, **by)
    with refused(Forbidden):
        authorize_application(narrow.pk, **by)


def test_who_sees_and_revokes_which_authorization(
    front_desk, front_desk_user, admin_actor, specialist_actor, practice, foreign_practice, at, refused
):
    mine = AuthorizationFactory(user=front_desk_user)
    stranger = MembershipFactory(practice=foreign_practice).user
    theirs = AuthorizationFactory(user=stranger, practice=foreign_practice)
    assert set(Authorization.objects.visible_to(front_desk)) == {mine}
    assert set(Authorization.objects.visible_to(admin_actor)) == {mine}
    assert set(Authorization.objects.visible_to(specialist_actor)) == set()
    for actor in (front_desk, admin_actor, specialist_actor):
        with refused(Missing):
            revoke_authorization(theirs.pk, by=actor, at=at)
    assert revoke_authorization(mine.pk, by=admin_actor, at=at).revoked_at == at


def test_the_use_of_a_token_is_noted_every_five_minutes(db, at):
    authorization = AuthorizationFactory()
    AccessToken.objects.create(
        token_checksum=AccessToken.hashed("t"),
        application=authorization.application,
        user=authorization.user,
        authorization=authorization,
        expires=at + DAY,
    )
    found = authenticate_token("t", at=at)
    assert (found.owner, found.carried_as) == (authorization.user, f"authorization:{authorization.pk}")
    assert authenticate_token("t", at=at + Application.SEEN_EVERY / 2).authorization.last_used_at == at
    later = at + Application.SEEN_EVERY
    assert authenticate_token("t", at=later).authorization.last_used_at == later
    assert Application.objects.get().last_used_at == later
    for text in ("T", "", "t\x00", "é", "t" * 201):
        assert authenticate_token(text, at=at) is None
    assert ApiKeyFactory(text="ck_x").carried_as.startswith("key:")


@pytest.mark.parametrize("shut", ["expired", "closed", "revoked", "left", "put away"])
@pytest.mark.parametrize("whose", ["person", "owner"])
def test_a_token_opens_until_it_expires_and_while_all_that_it_hangs_on_stands(practice, at, shut, whose):
    if shut == "revoked" and whose == "owner":
        return  # an owner's token hangs on no authorization
    application = ApplicationFactory(practice=practice)
    authorization = AuthorizationFactory(application=application, practice=practice) if whose == "person" else None
    user = application.user if authorization is None else authorization.user
    AccessToken.objects.create(
        token_checksum=AccessToken.hashed("t"),
        application=application,
        user=user,
        authorization=authorization,
        expires=at + DAY,
    )
    assert authenticate_token("t", at=at + DAY - SECOND) is not None
    rows = {
        "closed": (application, {"closed_at": at}),
        "revoked": (authorization, {"revoked_at": at}),
        "left": (user, {"is_active": False}),
        "put away": (practice, {"archived_at": at}),
    }
    if shut == "expired":
        assert authenticate_token("t", at=at + DAY) is None
        return
    row, values = rows[shut]
    type(row)._base_manager.filter(pk=row.pk).update(**values)
    assert authenticate_token("t", at=at) is None


def test_a_program_for_one_practice_is_authorized_there_whatever_is_named(admin_actor, practice, other_practice, at):
    made = authorize_application(
        ApplicationFactory(practice=practice).pk,
        scopes=["tenants:read"],
        practice_id=other_practice.pk,
        by=admin_actor,
        at=at,
    )
    assert made.practice == practice


def test_a_last_use_is_noted_again_after_exactly_five_minutes(db, at):
    authorization = AuthorizationFactory(last_used_at=at)
    for later, noted in ((Application.SEEN_EVERY - SECOND, at), (Application.SEEN_EVERY, at + Application.SEEN_EVERY)):
        AccessToken.objects.all().delete()
        AccessToken.objects.create(
            token_checksum=AccessToken.hashed("t"),
            application=authorization.application,
            user=authorization.user,
            authorization=authorization,
            expires=at + DAY,
        )
        authenticate_token("t", at=at + later)
        assert Authorization.objects.get().last_used_at == noted
