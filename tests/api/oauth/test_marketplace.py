"""What a program says of itself is kept under its client id, and what another program says beside it."""

from directory.models import AppIntegration, UIElement
from tests.api.conftest import Caller
from tests.api.oauth.conftest import Program
from tests.factories import ApiKeyFactory, ApplicationFactory

SCOPES = "app:integration:setStatus app:ui-element:update"


def test_each_program_says_how_its_own_integration_stands(program, admin_user, practice):
    path = f"/api/v1/practices/{practice.pk}/archives/{practice.organization_id}/apps"
    other = Program(ApplicationFactory(user=admin_user))
    callers = [Caller(one.tokens(admin_user, scope=SCOPES).access_token) for one in (program, other)]
    for caller, status in zip(callers, ("success", "failure"), strict=True):
        assert caller.post(f"{path}/integration/status", {"status": status}).status_code == 200
        items = [{"title": "Calls", "value": status}]
        assert caller.put(f"{path}/ui-elements/panel", {"data": items}).json()["data"] == items
    ids = [one.application.client_id for one in (program, other)]
    stood = dict(AppIntegration.objects.values_list("app", "status"))
    assert stood == dict(zip(ids, ("success", "failure"), strict=True))
    assert set(UIElement.objects.values_list("app", flat=True)) == set(ids)


def test_a_program_with_a_key_is_known_by_the_key(admin_user, practice):
    key = ApiKeyFactory(user=admin_user, text="ck_marketplace")
    path = f"/api/v1/practices/{practice.pk}/archives/{practice.organization_id}/apps/integration/status"
    assert Caller("ck_marketplace").post(path, {"status": "success"}).status_code == 200
    assert AppIntegration.objects.get().app == f"key:{key.pk}"


def test_who_may_not_set_it_leaves_nothing(program, front_desk_user, practice):
    path = f"/api/v1/practices/{practice.pk}/archives/{practice.organization_id}/apps/integration/status"
    caller = Caller(program.tokens(front_desk_user, scope=SCOPES).access_token)
    assert caller.post(path, {"status": "success"}).status_code == 403
    assert not AppIntegration.objects.exists()
