"""Programs and authorizations in the back office: a secret shown once, a button that shuts out."""

from django.contrib.auth.hashers import check_password

from core.models import AuditEntry
from directory.models import Application
from tests.backoffice.conftest import form_of, stored, url
from tests.factories import ApplicationFactory, AuthorizationFactory

CALLBACK = "https://program.example/callback"


def filled(manager, **changed):
    return {
        **form_of(manager.get(url("directory.application", "add"))),
        "name": "Robot",
        "redirect_uris": CALLBACK,
        **changed,
    }


def test_a_secret_is_shown_exactly_once(manager, practice, admin_user):
    data = filled(manager, practice=practice.pk, scopes=["customers:read"])
    response = manager.post(url("directory.application", "add"), data)
    secret = response.context["secret"]
    assert "no-store" in response.headers["Cache-Control"]
    application = Application.objects.get()
    assert application.client_id in response.content.decode()
    assert (application.user, application.scopes) == (admin_user, ["customers:read"])
    assert check_password(secret, application.client_secret)
    change = url("directory.application", "change", application.pk)
    for address in (url("directory.application", "changelist"), change):
        content = manager.get(address).content.decode()
        assert secret not in content
        assert application.client_secret not in content
    assert secret not in str(list(AuditEntry.objects.values_list("changes", flat=True)))
    address = url("directory.application", "renew-secret", application.pk)
    assert secret not in manager.get(address).content.decode()
    renewed = manager.post(address, {"apply": "1"}).context["secret"]
    application.refresh_from_db()
    assert check_password(renewed, application.client_secret)
    assert not check_password(secret, application.client_secret)


def test_a_wrong_address_is_told_at_its_field(manager, practice):
    before = stored()
    response = manager.post(
        url("directory.application", "add"), filled(manager, redirect_uris="http://program.example")
    )
    assert list(response.context["adminform"].form.errors) == ["redirect_uris"]
    assert stored() == before
    response = manager.post(url("directory.application", "add"), filled(manager))
    assert list(response.context["adminform"].form.errors) == ["practice"]
    assert stored() == before


def test_an_application_is_changed_and_closed(manager, practice):
    application = ApplicationFactory(practice=practice)
    change = url("directory.application", "change", application.pk)
    data = {**form_of(manager.get(change)), "name": "Renamed", "scopes": ["customers:read", "tenants:read"]}
    assert manager.post(change, data).status_code == 302
    application.refresh_from_db()
    assert (application.name, application.scopes) == ("Renamed", ["customers:read", "tenants:read"])
    address = url("directory.application", "close", application.pk)
    manager.post(address)
    application.refresh_from_db()
    assert application.closed_at is None
    manager.post(address, {"apply": "1"})
    application.refresh_from_db()
    assert application.closed_at is not None
    before = stored()
    assert manager.post(url("directory.application", "renew-secret", application.pk), {"apply": "1"}).status_code == 302
    assert stored() == before


def test_the_desk_revokes_what_it_allowed(desk, front_desk_user):
    mine = AuthorizationFactory(user=front_desk_user)
    page = desk.get(url("directory.authorization", "change", mine.pk)).content.decode()
    assert "See patients" in page
    desk.post(url("directory.authorization", "revoke", mine.pk), {"apply": "1"})
    mine.refresh_from_db()
    assert mine.revoked_at is not None


def test_no_table_of_the_library_is_listed(boss):
    assert boss.get("/admin/directory/accesstoken/").status_code == 404
    assert boss.get("/admin/oauth2_provider/").status_code == 404
