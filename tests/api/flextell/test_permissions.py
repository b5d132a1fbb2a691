"""Who may do what through this contract, where the matrix's own questions do not fit."""

import pytest

from tests.api.conftest import Caller
from tests.api.flextell.cases import VENDOR, desk_of, let_in
from tests.project.permission_matrix import (
    attempt,
    check,
    of_contract,
    permission_of,
    turned_away,
    who,
    world,
)
from tests.project.permission_world import ORGANIZATION_OF, PRACTICE_OF, of

ADA = {"first_name": "Ada", "last_name": "Moss"}

pytestmark = [pytest.mark.engine_independent, pytest.mark.django_db, of_contract("flextell")]


def test_the_calendar_shows_what_they_see(world, who):
    first, last = (f"{world.visits['own'].starts_at:%Y-%m-%d}", f"{world.when:%Y-%m-%d}")
    response = Caller(world.keys.get(who.name, "")).get(f"{VENDOR}/appointments/calendar?from={first}&to={last}")
    expected = turned_away(world, who, "scheduling.view")
    assert response.status_code == (expected or 200)
    if expected is None:
        found = {one["id"] for one in response.json()["data"]}
        assert found == {visit.pk for label, visit in world.visits.items() if desk_of(let_in(who), label)}


def test_booking_through_flextell(world, who):
    for label in (*PRACTICE_OF, "missing"):
        place = PRACTICE_OF.get(label, "P1")
        organization = ORGANIZATION_OF[place]
        sent = {
            "customer_id": of(world.patients, label),
            "user_id": world.doctors[place].pk,
            "scheduled_at": world.when.isoformat(),
            "treatments": [world.services[f"{organization}_hidden"].pk],
        }
        outcome = attempt(world, who, lambda caller, sent=sent: caller.post("/v1/appointments", sent))
        role = who.open_roles.get(place)
        expected = turned_away(world, who, "scheduling.book")
        if expected is None and not who.everything:
            if organization not in {ORGANIZATION_OF[one] for one in who.open_roles}:
                expected = 404
            elif role is None:
                expected = 422
            elif role == "specialist":
                expected = 403
        if expected is None and label == "missing":
            expected = 404
        check(world, who, outcome, expected or 201, "POST")


def test_adding_a_customer_where_the_tenant_says(world, who):
    rule = permission_of(world, "create_customer")
    for place in (*ORGANIZATION_OF, "missing"):
        header = {"X-Tenant": str(of(world.practices, place))}
        outcome = attempt(
            world, who, lambda caller, header=header: caller.post(f"{VENDOR}/customers", ADA, headers=header)
        )
        expected = turned_away(world, who, rule)
        if expected is None and (place == "missing" or not (who.everything or place in who.open_roles)):
            expected = 404
        elif expected is None and not let_in(who).may_in(rule, place):
            expected = 403
        check(world, who, outcome, expected or 201, "POST")


def test_a_path_under_the_mount_that_is_none_is_in_its_words(world):
    assert Caller().get(f"{VENDOR}/nothing").json() == {"error": "not_found", "message": "Not found"}
