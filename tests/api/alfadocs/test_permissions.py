"""Who may do what through this contract, where the matrix's own questions do not fit."""

import pytest

from core.permissions import SPECIALIST, rule_for
from tests.api.alfadocs.cases import LISTED, SET_UP, WRITTEN, let_in, under
from tests.factories import AT
from tests.project.permission_matrix import attempt, check, of_contract, permission_of, turned_away, who, world
from tests.project.permission_world import ORGANIZATION_OF, PRACTICE_OF, of

TODAY = f"{AT:%Y-%m-%d}"

pytestmark = [pytest.mark.engine_independent, pytest.mark.django_db, of_contract("alfadocs")]


def status_at(world, who, name, place):
    """The status at a practice's path: turned away, not theirs, or not with their role there; None: let in."""
    permission = permission_of(world, name)
    refused = turned_away(world, who, permission)
    if refused is not None or who.everything:
        return refused
    role = who.open_roles.get(place)
    if role is None:
        return 404
    return None if role in rule_for(permission).roles else 403


@pytest.mark.parametrize("name", LISTED)
def test_a_list_shows_what_they_see_in_the_practice_of_its_path(world, who, name):
    path, key, things, sees = LISTED[name]
    rows = getattr(world, things)
    for place in ORGANIZATION_OF:
        asked = under(world, place) + path.format(day=f"{world.visits['own'].starts_at:%Y-%m-%d}", today=TODAY)
        replies = []
        outcome = attempt(world, who, lambda c, asked=asked, r=replies: r.append(c.get(asked)) or r[-1])
        check(world, who, outcome, status_at(world, who, name, place) or 200, "GET", place)
        if outcome.status == 200:
            found = {one.get("id", one.get("entryId")) for one in replies[0].json()[key]}
            belongs = {
                label for label in rows
                if PRACTICE_OF[label] == place or (things == "patients" and _same_archive(label, place))
            }  # fmt: skip
            seen_as = let_in(who)
            seen = {rows[label].pk for label in belongs if sees(seen_as, label) or _colleague(seen_as, things, place)}
            assert found & {row.pk for row in rows.values()} == seen, place


def _same_archive(label, place):
    return ORGANIZATION_OF[PRACTICE_OF[label]] == ORGANIZATION_OF[place]


def _colleague(who, things, place):
    """Patients belong to the archive: the desk of one practice sees those of the others."""
    return things == "patients" and (who.everything or who.open_roles.get(place) in ("clinic_admin", "front_desk"))


def test_a_path_of_another_archive_opens_nothing(world, who):
    if who.is_visitor or turned_away(world, who, "patients.view"):
        return
    for place in ORGANIZATION_OF:
        other = "B" if ORGANIZATION_OF[place] == "A" else "A"
        path = f"/api/v1/practices/{world.practices[place].pk}/archives/{world.organizations[other].pk}/patients"
        outcome = attempt(world, who, lambda caller, path=path: caller.get(path))
        check(world, who, outcome, 404, "GET", place)


def test_booking_in_a_practice(world, who):
    for label in (*PRACTICE_OF, "missing"):
        place = PRACTICE_OF.get(label, "P1")
        sent = {
            "date": f"{world.when:%Y-%m-%d %H:%M:%S}",
            "colorId": world.colors[ORGANIZATION_OF[place]].pk,
            "patientId": of(world.patients, label),
            "operatorId": world.doctors[place].pk,
        }
        path = f"{under(world, place)}/appointments"
        outcome = attempt(world, who, lambda caller, path=path, sent=sent: caller.post(path, sent))
        expected = status_at(world, who, "create_appointment", place)
        if expected is None and not who.everything and who.open_roles.get(place) == SPECIALIST:
            expected = 403  # another's calendar
        if expected is None and label == "missing":
            expected = 400
        check(world, who, outcome, expected or 200, "POST", label)


def test_adding_a_patient(world, who):
    for place in ORGANIZATION_OF:
        path = f"{under(world, place)}/patients"
        outcome = attempt(world, who, lambda c, path=path: c.post(path, {"firstName": "Ada", "lastName": "Moss"}))
        check(world, who, outcome, status_at(world, who, "create_patient", place) or 200, "POST", place)


def test_free_slots_of_a_practice(world, who):
    for place in ORGANIZATION_OF:
        day = f"{world.free[place].starts_at:%Y-%m-%d}"
        path = f"{under(world, place)}/free-slots?startDate={day}&duration=30"
        outcome = attempt(world, who, lambda caller, path=path: caller.get(path))
        check(world, who, outcome, status_at(world, who, "list_free_slots", place) or 200, "GET", place)


@pytest.mark.parametrize("path", ["me", "archives/current"])
def test_whose_credential_it_is(world, who, path):
    outcome = attempt(world, who, lambda caller: caller.get(f"/api/v1/{path}"))
    check(world, who, outcome, turned_away(world, who, "directory.view") or 200, "GET")


@pytest.mark.parametrize("name", SET_UP)
def test_what_is_set_up_shows_by_the_practice_of_the_path(world, who, name):
    path, things = SET_UP[name]
    rows = getattr(world, things)
    for place in ORGANIZATION_OF:
        replies = []
        address = f"{under(world, place)}/{path}"
        outcome = attempt(world, who, lambda c, address=address, r=replies: r.append(c.get(address)) or r[-1])
        check(world, who, outcome, status_at(world, who, name, place) or 200, "GET", place)
        if outcome.status == 200:
            found = {one["id"] for one in replies[0].json()["data"]} & {row.pk for row in rows.values()}
            near = {place} if things in ("accounts", "rooms") else {place, ORGANIZATION_OF[place]}
            if things == "doctors":
                near = {one for one in ORGANIZATION_OF if ORGANIZATION_OF[one] == ORGANIZATION_OF[place]}
            assert found == {rows[one].pk for one in near if one in rows}, place


@pytest.mark.parametrize("name", WRITTEN)
def test_writing_in_a_practice(world, who, name):
    method, path, body = WRITTEN[name]
    for place in ORGANIZATION_OF:
        known = {
            "{today}": TODAY,
            "{account}": world.accounts[place].pk,
            "{way}": world.ways[ORGANIZATION_OF[place]].pk,
        }
        sent = {key: known.get(value, value) if isinstance(value, str) else value for key, value in body.items()}
        address = f"{under(world, place)}/{path}"
        outcome = attempt(world, who, lambda c, address=address, sent=sent: c(method, address, sent))
        check(world, who, outcome, status_at(world, who, name, place) or 200, method, place)
