"""The doors of the calendar x everyone x {own, another's, another practice's, another organization's, missing}."""

import pytest
from django.db import transaction
from django.utils import timezone

from core.actor import Actor
from scheduling.services import book_slot
from tests.api.conftest import Caller
from tests.project import permission_calendar, permission_world
from tests.project.permission_calendar import (
    ADMIN,
    BATCH,
    BOOKS,
    LISTED,
    ON_ONE,
    PLACES,
    VENDOR,
    WITH_PROVIDER,
    admin_of,
    as_admin,
    as_staff,
    as_they_are,
    desk_of,
    destroy_batch,
    pk,
)
from tests.project.permission_world import ORGANIZATION_OF, PEOPLE, PRACTICE_OF, RECORDS
from tests.project.test_permission_matrix import attempt, method_of, operations

ADA = {"first_name": "Ada", "last_name": "Moss"}

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """One world for all attempts, each of which is rolled back; so is the world in the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        built = permission_world.build()
        permission_calendar.fill(built)
        yield built
        transaction.set_rollback(True)


@pytest.fixture(params=PEOPLE, ids=lambda who: who.name)
def who(request):
    return request.param


def turned_away(who, door, rule):
    """The status at the door; None for whom it lets in."""
    if door(who).may_at_all(rule):
        return None
    return 401 if who.is_visitor else 403


def check(world, who, outcome, expected, method):
    """The status; a write that was done says who did it, all else leaves nothing."""
    assert outcome.status == expected, outcome
    done = method != "GET" and outcome.status < 400
    assert bool(outcome.entries) == done
    assert {entry[0] for entry in outcome.entries} <= {world.users[who.name].pk if done else None}


@pytest.mark.parametrize("name", ON_ONE)
def test_on_one_thing(world, who, name):
    operation, call = operations()[name], ON_ONE[name]
    seen_as = call.door(who)
    for label in call.labels:
        outcome = attempt(world, who, lambda caller, label=label: call.send(caller, world, label))
        expected = turned_away(who, call.door, operation.permission)
        if expected is None and (label == "missing" or not call.sees(seen_as, label)):
            missing = attempt(world, who, lambda caller: call.send(caller, world, "missing"))
            assert (outcome.status, outcome.body) == (404, missing.body), label
            expected = 404
        check(world, who, outcome, expected or operation.status, method_of(name))


@pytest.mark.parametrize("name", WITH_PROVIDER)
def test_with_a_provider(world, who, name):
    operation = operations()[name]
    seen_as = as_admin(who)
    organizations = {ORGANIZATION_OF[place] for place in seen_as.open_roles}
    for label in PLACES:
        outcome = attempt(world, who, lambda caller, label=label: WITH_PROVIDER[name](caller, world, label))
        expected = turned_away(who, as_admin, operation.permission)
        if expected is None and label == "missing":
            expected = 404
        elif expected is None and not admin_of(seen_as, label):
            expected = 422 if ORGANIZATION_OF[label] in organizations else 404
        check(world, who, outcome, expected or operation.status, "POST")


def test_deleting_a_providers_slots(world, who):
    seen_as = as_admin(who)
    organizations = {ORGANIZATION_OF[place] for place in seen_as.open_roles}
    for label in PLACES:
        outcome = attempt(world, who, lambda caller, label=label: destroy_batch(caller, world, label))
        expected = turned_away(who, as_admin, "scheduling.withdraw_slot")
        if expected is None and (label == "missing" or not (who.everything or ORGANIZATION_OF[label] in organizations)):
            expected = 404
        assert outcome.status == (expected or 200), (label, outcome)
        deleted = outcome.status == 200 and b'"deleted_slots":1' in outcome.body
        assert deleted == (expected is None and admin_of(seen_as, label))


@pytest.mark.parametrize("name", LISTED)
def test_in_a_list(world, who, name):
    door, path, key, things, sees = LISTED[name]
    replies = []

    def send(caller):
        replies.append(caller.get(path))
        return replies[-1]

    outcome = attempt(world, who, send)
    expected = turned_away(who, door, operations()[name].permission)
    check(world, who, outcome, expected or 200, "GET")
    if expected is None:
        found = {one["id"] for one in replies[0].json()[key]}
        rows = getattr(world, things)
        mine = {row.pk for label, row in rows.items() if sees(door(who), label)}
        assert found & {row.pk for row in rows.values()} == mine


def test_the_books_are_those_of_their_practices(world, who):
    with transaction.atomic():
        books = {}
        for place, label in (("P1", "own"), ("P2", "P2"), ("P3", "P3")):
            slot, by = world.slots[place], Actor.system("matrix")
            books[place] = book_slot(slot.pk, patient_id=world.patients[label].pk, by=by, at=timezone.now()).pk
        response = Caller(world.keys.get(who.name, "")).get(BOOKS)
        transaction.set_rollback(True)
    expected = turned_away(who, as_admin, "scheduling.view")
    assert response.status_code == (expected or 200)
    if expected is None:
        found = {one["id"] for one in response.json()["books"]}
        assert found == {book for place, book in books.items() if admin_of(as_admin(who), place)}


def test_the_calendar_shows_what_they_see(world, who):
    first, last = (f"{world.visits['own'].starts_at:%Y-%m-%d}", f"{world.when:%Y-%m-%d}")
    response = Caller(world.keys.get(who.name, "")).get(f"{VENDOR}/appointments/calendar?from={first}&to={last}")
    expected = turned_away(who, as_staff, "scheduling.view")
    assert response.status_code == (expected or 200)
    if expected is None:
        found = {one["id"] for one in response.json()["data"]}
        assert found == {visit.pk for label, visit in world.visits.items() if desk_of(as_staff(who), label)}


def test_booking_through_flextell(world, who):
    for label in (*PRACTICE_OF, "missing"):
        place = PRACTICE_OF.get(label, "P1")
        organization = ORGANIZATION_OF[place]
        sent = {
            "customer_id": pk(world.patients, label),
            "user_id": world.doctors[place].pk,
            "scheduled_at": world.when.isoformat(),
            "treatments": [world.services[f"{organization}_hidden"].pk],
        }
        outcome = attempt(world, who, lambda caller, sent=sent: caller.post("/v1/appointments", sent))
        role = who.open_roles.get(place)
        expected = turned_away(who, as_staff, "scheduling.book")
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
    rule = operations()["create_customer"].permission
    for place in (*ORGANIZATION_OF, "missing"):
        header = {"X-Tenant": str(pk(world.practices, place))}
        outcome = attempt(
            world, who, lambda caller, header=header: caller.post(f"{VENDOR}/customers", ADA, headers=header)
        )
        expected = turned_away(who, as_staff, rule)
        if expected is None and (place == "missing" or not (who.everything or place in who.open_roles)):
            expected = 404
        elif expected is None and not as_staff(who).may_in(rule, place):
            expected = 403
        check(world, who, outcome, expected or 201, "POST")


def test_booking_ones_own(world, who):
    for label in RECORDS:
        sent = {
            "slot_id": world.free["P1"].pk,
            "service_id": str(world.services["A_public"].uuid),
            "policy_accepted": True,
            "patient_id": pk(world.patients, label),
        }
        outcome = attempt(world, who, lambda caller, sent=sent: caller.post("/v1/appointments/book", sent))
        expected = turned_away(who, as_they_are, "scheduling.book_own")
        if expected is None and not who.everything:
            if label != "own":
                expected = 422 if who.sees_patient(label) else 404  # whom they see, but elsewhere
        elif expected is None and label in ("P3", "missing"):
            expected = 422 if label == "P3" else 404
        check(world, who, outcome, expected or 201, "POST")


@pytest.mark.parametrize("label", ["A_public", "A_hidden", "B_public", "missing"])
def test_the_free_slots_of_a_service(world, who, label):
    service = world.services[label].uuid if label != "missing" else permission_world.MISSING_UUID
    outcome = attempt(world, who, lambda caller: caller.get(f"/v1/services/{service}/slots"))
    visible = label.endswith("public") and who.sees_catalogue(label)
    allowed = turned_away(who, as_they_are, "catalog.view")
    assert outcome.status == (allowed or (200 if visible else 404))
    if outcome.status == 200 and label == "A_public":
        assert all(f'"id":{world.free[place].pk},'.encode() in outcome.body for place in ("P1", "P2"))


def test_me_is_oneself(world, who):
    response = Caller(world.keys.get(who.name, "")).get("/v1/me")
    expected = turned_away(who, as_they_are, "patients.view")
    assert response.status_code == (expected or 200)
    if expected is None:
        body = response.json()
        assert body["id"] == world.users[who.name].pk
        acts = [world.patients["own"].pk] if who.acts else []
        assert [one["id"] for one in body["patients"]] == acts


def test_a_path_under_the_doors_that_is_none_is_in_their_words(world):
    assert Caller().get(f"{ADMIN}/nothing").json() == {"errors": "Not found"}
    assert Caller().get(f"{BATCH}/nothing").status_code == 404
    assert Caller().get(f"{VENDOR}/nothing").json() == {"error": "not_found", "message": "Not found"}
