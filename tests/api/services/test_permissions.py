"""Who may do what through this contract, where the matrix's own questions do not fit."""

import pytest

from tests.api.conftest import Caller
from tests.api.services.cases import CREATIONS, FOR_PATIENTS, LISTS, OTHER_IDS
from tests.project.permission_matrix import (
    attempt,
    check,
    of_contract,
    permission_of,
    turned_away,
    who,
    world,
)
from tests.project.permission_world import (
    CATALOGUE,
    MISSING_UUID,
    ORGANIZATION_OF,
    PEOPLE,
    PRACTICE_OF,
    RECORDS,
    of,
)

pytestmark = [pytest.mark.engine_independent, pytest.mark.django_db, of_contract("services")]


@pytest.mark.parametrize(
    ("path", "parameter", "things", "attribute"),
    [
        ("/v1/patient-service-plans", "patient_id", "patients", "pk"),
        ("/v1/patient-product-orders", "patient_id", "patients", "pk"),
        ("/v1/service-plans", "service_id", "services", "uuid"),
    ],
)
def test_by_an_id_in_the_query(world, who, path, parameter, things, attribute):
    labels = RECORDS if things == "patients" else CATALOGUE
    name, case = next((name, one) for name, one in LISTS.items() if one.path == path)
    sees = case.sees
    outcomes = {
        label: attempt(
            world,
            who,
            lambda caller, label=label: caller.get(
                f"{path}?{parameter}={of(getattr(world, things), label, attribute)}"
            ),
        )
        for label in labels
    }
    expected = turned_away(world, who, permission_of(world, name)) or 200
    assert {one.status for one in outcomes.values()} == {expected}
    unseen = {outcome.body for label, outcome in outcomes.items() if not sees(who, label)}
    assert unseen == {outcomes["missing"].body}


@pytest.mark.parametrize("name", [name for name in CREATIONS if name not in FOR_PATIENTS])
def test_making_something_where_the_header_says(world, who, name):
    permission, (path, body) = permission_of(world, name), CREATIONS[name]
    path = path or f"/v1/services/{world.services['A_public'].uuid}/register"
    unseen = {}
    for place in (*ORGANIZATION_OF, "missing"):
        header = {"X-Organization-ID": str(of(world.practices, place))}
        outcome = attempt(world, who, lambda caller, header=header: caller.post(path, body(), headers=header))
        expected = turned_away(world, who, permission)
        if expected is None and name == "register_for_service":
            # Whoever sees the service names any practice of its organization.
            expected = (201 if place in ("P1", "P2") else 404) if who.sees_catalogue("A_public") else 404
        elif expected is None:
            reached = who.everything or place in who.open_roles
            if not reached or place == "missing":
                expected, unseen[place] = 404, outcome
            else:
                expected = 201 if who.may_in(permission, place) else 403
        check(world, who, outcome, expected, "POST", place)
    if unseen:
        assert {one.body for one in unseen.values()} == {unseen["missing"].body}


@pytest.mark.parametrize("name", FOR_PATIENTS)
def test_making_something_for_a_patient(world, who, name):
    permission, (path, body) = permission_of(world, name), CREATIONS[name]

    def sending(label, like):
        return lambda caller: caller.post(path, body(world, label, like))

    for label in RECORDS:
        outcome = attempt(world, who, sending(label, label))
        expected = turned_away(world, who, permission)
        if expected is None and not who.sees_patient(label):
            missing = attempt(world, who, sending("missing", label))
            assert (outcome.status, outcome.body) == (404, missing.body), label
            continue
        if expected is None:
            expected = 201 if who.may_in(permission, ORGANIZATION_OF[PRACTICE_OF[label]]) else 403
        check(world, who, outcome, expected, "POST", label)


@pytest.mark.parametrize("name", OTHER_IDS)
def test_naming_something_of_another_organization(world, name):
    who = next(one for one in PEOPLE if one.name == "clinic_admin")
    outcomes = {}
    for label in ("B_hidden", "B_public", "missing"):
        method, path, body = OTHER_IDS[name](world, label)
        send = lambda caller, method=method, path=path, body=body: caller(method, path, body)  # noqa: E731
        outcomes[label] = attempt(world, who, send)
        assert outcomes[label].status in (404, 422), outcomes[label]
        assert outcomes[label].entries == ()
    assert len({(one.status, one.body) for one in outcomes.values()}) == 1, outcomes


def test_booking_ones_own(world, who):
    for label in RECORDS:
        sent = {
            "slot_id": world.free["P1"].pk,
            "service_id": str(world.online["A"].uuid),
            "policy_accepted": True,
            "patient_id": of(world.patients, label),
        }
        outcome = attempt(world, who, lambda caller, sent=sent: caller.post("/v1/appointments/book", sent))
        expected = turned_away(world, who, "scheduling.book_own")
        if expected is None and not who.everything:
            if label != "own":
                expected = 422 if who.sees_patient(label) else 404  # whom they see, but elsewhere
        elif expected is None and label in ("P3", "missing"):
            expected = 422 if label == "P3" else 404
        check(world, who, outcome, expected or 201, "POST")


@pytest.mark.parametrize("label", ["A_public", "A_hidden", "B_public", "missing"])
def test_the_free_slots_of_a_service(world, who, label):
    service = world.services[label].uuid if label != "missing" else MISSING_UUID
    outcome = attempt(world, who, lambda caller: caller.get(f"/v1/services/{service}/slots"))
    visible = label.endswith("public") and who.sees_catalogue(label)
    allowed = turned_away(world, who, "catalog.view")
    assert outcome.status == (allowed or (200 if visible else 404))
    if outcome.status == 200 and label == "A_public":
        outcome = attempt(world, who, lambda caller: caller.get(f"/v1/services/{world.online['A'].uuid}/slots"))
        assert all(f'"id":{world.free[place].pk},'.encode() in outcome.body for place in ("P1", "P2"))


def test_me_is_oneself(world, who):
    response = Caller(world.keys.get(who.name, "")).get("/v1/me")
    expected = turned_away(world, who, "patients.view")
    assert response.status_code == (expected or 200)
    if expected is None:
        body = response.json()
        assert body["id"] == world.users[who.name].pk
        acts = [world.patients["own"].pk] if who.acts else []
        assert [one["id"] for one in body["patients"]] == acts
