"""Who may do what through this contract, where the matrix's own questions do not fit."""

import pytest
from django.utils import timezone

from core.permissions import CLINIC_ADMIN
from tests.api.cliniko.cases import PLACES, let_in
from tests.api.cliniko.conftest import PLAIN, VENDOR
from tests.project.permission_matrix import attempt, check, of_contract, turned_away, who, world
from tests.project.permission_world import ORGANIZATION_OF, PRACTICE_OF, of

pytestmark = [pytest.mark.engine_independent, pytest.mark.django_db, of_contract("cliniko")]


def organizations(who):
    return {ORGANIZATION_OF[place] for place in who.open_roles}


def test_booking_at_a_business(world, who):
    """Who does not see what the body names hears the same as of what does not exist."""
    for label in (*PRACTICE_OF, "missing"):
        place = PRACTICE_OF.get(label, "P1")
        sent = {
            "appointment_type_id": world.online[ORGANIZATION_OF[place]].pk,
            "business_id": world.practices[place].pk,
            "patient_id": of(world.patients, label),
            "practitioner_id": world.doctors[place].pk,
            "starts_at": world.when.isoformat(),
        }
        outcome = attempt(world, who, lambda caller, sent=sent: caller.post(PLAIN, sent))
        expected = turned_away(world, who, "scheduling.book")
        if expected is None and not (who.everything or place in who.open_roles):
            expected = 422
        if expected is None and who.open_roles.get(place) == "specialist":
            expected = 403  # another's calendar
        if expected is None and label == "missing":
            expected = 422
        check(world, who, outcome, expected or 201, "POST", label)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("appointment_type_id", "max_attendees"),
        ("practitioner_id", "practitioner_id"),
        ("patient_id", "patient_id"),
        ("business_id", "business_id"),
        ("patient_case_id", "patient_case_id"),
    ],
)
def test_naming_something_of_another_organization(world, who, name, field):
    if who.name != "clinic_admin":
        return
    foreign = {
        "appointment_type_id": world.online["B"],
        "practitioner_id": world.doctors["P3"],
        "patient_id": world.patients["P3"],
        "business_id": world.practices["P3"],
        "patient_case_id": world.cases["P3"],
    }
    outcomes = []
    for pk in (foreign[name].pk, 999_999):
        sent = {
            "appointment_type_id": world.online["A"].pk,
            "business_id": world.practices["P1"].pk,
            "patient_id": world.patients["own"].pk,
            "practitioner_id": world.doctors["P1"].pk,
            "starts_at": world.when.isoformat(),
            name: pk,
        }
        outcomes.append(attempt(world, who, lambda caller, sent=sent: caller.post(PLAIN, sent)))
        check(world, who, outcomes[-1], 422, "POST", name)
        assert f'"{field}"'.encode() in outcomes[-1].body
    assert outcomes[0].body == outcomes[1].body


def test_adding_a_patient(world, who):
    sent = {"first_name": "Ada", "last_name": "Moss"}
    outcome = attempt(world, who, lambda caller: caller.post(f"{VENDOR}/patients", sent))
    expected = turned_away(world, who, "patients.create_patient")
    check(world, who, outcome, expected or 201, "POST")


def test_opening_a_case(world, who):
    for label in (*PRACTICE_OF, "missing"):
        sent = {"name": "Knee", "patient_id": of(world.patients, label)}
        outcome = attempt(world, who, lambda caller, sent=sent: caller.post(f"{VENDOR}/patient_cases", sent))
        expected = turned_away(world, who, "patients.open_case")
        if expected is None and not let_in(who).sees_patient(label):
            expected = 422
        check(world, who, outcome, expected or 201, "POST", label)


def test_the_settings_are_for_clinic_admins_and_the_public_ones_for_the_staff(world, who):
    outcome = attempt(world, who, lambda caller: caller.get(f"{VENDOR}/settings/public"))
    check(world, who, outcome, turned_away(world, who, "directory.view") or 200, "GET")
    outcome = attempt(world, who, lambda caller: caller.get(f"{VENDOR}/settings"))
    check(world, who, outcome, turned_away(world, who, "directory.change_practice") or 200, "GET")


def test_the_owner_of_the_key_and_the_staff_they_see(world, who):
    expected = turned_away(world, who, "directory.view")
    seen = []
    outcome = attempt(world, who, lambda caller: seen.append(caller.get(f"{VENDOR}/user")) or seen[-1])
    check(world, who, outcome, expected or 200, "GET")
    outcome = attempt(world, who, lambda caller: seen.append(caller.get(f"{VENDOR}/users?per_page=100")) or seen[-1])
    check(world, who, outcome, expected or 200, "GET")
    if expected is not None:
        return
    assert seen[0].json()["id"] == str(world.users[who.name].pk)
    found = {int(one["id"]) for one in seen[1].json()["users"]}
    admin_at = {place for place, role in who.open_roles.items() if role == CLINIC_ADMIN}
    for other in world.users:
        works = {place for place, role in roles_of(other).items()}
        mine = other == who.name or bool(works & admin_at)
        sees = who.everything and (works or other == "superuser")
        assert (world.users[other].pk in found) == bool(mine or sees), other
        status = attempt(world, who, lambda c, pk=world.users[other].pk: c.get(f"{VENDOR}/users/{pk}")).status
        assert status == (200 if mine or sees else 404)


def roles_of(name):
    from tests.project.permission_world import PEOPLE

    return next(one.roles for one in PEOPLE if one.name == name)


def test_times_are_told_of_a_business_of_theirs(world, who):
    for place in PLACES:
        if place == "missing":
            continue
        service = world.online[ORGANIZATION_OF[place]]
        path = f"{VENDOR}/businesses/{world.practices[place].pk}/practitioners/{world.doctors[place].pk}"
        day = f"{world.free[place].starts_at:%Y-%m-%d}"
        for suffix in (f"available_times?from={day}&to={day}", "next_available_time"):
            address = f"{path}/appointment_types/{service.pk}/{suffix}"
            outcome = attempt(world, who, lambda caller, address=address: caller.get(address))
            expected = turned_away(world, who, "scheduling.view")
            if expected is None and not (who.everything or place in who.open_roles):
                expected = 404
            check(world, who, outcome, expected or 200, "GET", place)


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("treatment_notes", "directory.view"),
        ("patients/1/medical_alerts", "directory.view"),
        ("practitioners/inactive", "directory.view"),
        ("appointment_types/archived", "catalog.view_all"),
        ("individual_appointments/cancelled", "scheduling.view"),
        ("individual_appointments/deleted", "scheduling.view"),
        ("attendees/cancelled", "scheduling.view"),
        ("attendees/deleted", "scheduling.view"),
        ("unavailable_blocks", "scheduling.view"),
        ("group_appointments?q[]=id:=1", "scheduling.view"),
    ],
)
def test_lists_that_are_empty_here(world, who, path, permission):
    outcome = attempt(world, who, lambda caller: caller.get(f"{VENDOR}/{path}"))
    check(world, who, outcome, turned_away(world, who, permission) or 200, "GET")
    if outcome.status == 200:
        assert b'"total_entries":0' in outcome.body
