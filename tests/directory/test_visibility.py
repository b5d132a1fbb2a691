"""Who sees what of the directory: the same rows of two clinics, looked at by everyone."""

import pytest

from core.actor import Actor, Kind
from core.models import AuditEntry
from directory.models import ApiKey, Color, Membership, Organization, Practice, Room, Specialist, Specialty, User
from patients.services import actor_for
from tests.factories import (
    ApiKeyFactory,
    ColorFactory,
    MembershipFactory,
    PatientAccessFactory,
    RoomFactory,
    SpecialistFactory,
    SpecialtyFactory,
    UserFactory,
)

ACTORS = ("superuser", "admin_actor", "front_desk", "specialist_actor", "patient_actor", "visitor")


@pytest.fixture
def rows(practice, other_practice, foreign_practice):
    """One of each kind in each practice or organization."""
    for place in (practice, other_practice, foreign_practice):
        RoomFactory(practice=place, name=place.name)
        MembershipFactory(practice=place, user__username=f"at {place.name}")
    for organization in (practice.organization, foreign_practice.organization):
        for factory in (SpecialtyFactory, ColorFactory):
            factory(organization=organization, name=organization.name)
        SpecialistFactory(organization=organization, first_name=organization.name, last_name="")


def seen(model, actor, column="name"):
    return set(model.objects.visible_to(actor).values_list(column, flat=True))


@pytest.mark.parametrize(
    ("model", "column"),
    [(Organization, "name"), (Specialty, "name"), (Color, "name"), (Specialist, "first_name")],
)
def test_an_organizations_rows_are_for_the_staff_of_its_practices(rows, model, column, request):
    found = {name: seen(model, request.getfixturevalue(name), column) - {"Ioana"} for name in ACTORS}
    assert found == {
        "superuser": {"Organization", "Foreign organization"},
        "admin_actor": {"Organization"},
        "front_desk": {"Organization"},
        "specialist_actor": {"Organization"},
        "patient_actor": set(),
        "visitor": set(),
    }


@pytest.mark.parametrize("model", [Practice, Room])
def test_a_practices_rows_are_for_its_own_staff(rows, model, request):
    assert {name: seen(model, request.getfixturevalue(name)) for name in ACTORS} == {
        "superuser": {"Practice", "Other practice", "Foreign practice"},
        "admin_actor": {"Practice"},
        "front_desk": {"Practice"},
        "specialist_actor": {"Practice"},
        "patient_actor": set(),
        "visitor": set(),
    }


def test_members_are_for_clinic_admins(rows, request):
    ours = {"at Practice", "clinic-admin", "front-desk", "specialist"}
    actors = {name: request.getfixturevalue(name) for name in ACTORS}
    assert {name: seen(Membership, actor, "user__username") for name, actor in actors.items()} == {
        "superuser": ours | {"at Other practice", "at Foreign practice"},
        "admin_actor": ours,
        "front_desk": set(),
        "specialist_actor": set(),
        "patient_actor": set(),
        "visitor": set(),
    }


def test_users_are_for_who_works_with_them_and_those_of_nobody_for_superusers(rows, foreign_practice, request):
    """Clinic admins see their members, they and the front desk their patients'; nobody's are named, not listed."""
    UserFactory(username="new")
    UserFactory(username="boss", superuser=True)
    PatientAccessFactory(user__username="elsewhere", patient__organization=foreign_practice.organization)
    actors = {name: request.getfixturevalue(name) for name in ACTORS}
    found = {name: seen(User, actor, "username") for name, actor in actors.items()}
    assert found.pop("superuser") == set(User.objects.values_list("username", flat=True))
    assert found == {
        "admin_actor": {"at Practice", "clinic-admin", "front-desk", "specialist", "patient"},
        "front_desk": {"front-desk", "patient"},
        "specialist_actor": {"specialist"},
        "patient_actor": {"patient"},
        "visitor": set(),
    }
    named = {name for name, actor in actors.items() if User.objects.nameable_by(actor).filter(username="new").exists()}
    assert named == {"superuser", "admin_actor", "front_desk"}
    assert not User.objects.nameable_by(actors["admin_actor"]).filter(username__in=["boss", "elsewhere"]).exists()


def test_keys_are_for_their_owner_and_the_admin_of_their_practice(
    practice, other_practice, admin_user, patient_user, request
):
    for label, values in {
        "admin's": {"user": admin_user},
        "admin's elsewhere": {"user": admin_user, "practice": other_practice},
        "patient's": {"user": patient_user},
        "stranger's": {},
        "stranger's here": {"practice": practice},
        "stranger's elsewhere": {"practice": other_practice},
    }.items():
        ApiKeyFactory(label=label, **values)
    found = {name: seen(ApiKey, request.getfixturevalue(name), "label") for name in ACTORS}
    assert len(found.pop("superuser")) == 6
    assert found == {
        "admin_actor": {"admin's", "admin's elsewhere", "stranger's here"},
        "front_desk": set(),
        "specialist_actor": set(),
        "patient_actor": {"patient's"},
        "visitor": set(),
    }


def test_the_history_is_for_the_clinic_admins_of_its_place(practice, other_practice, foreign_practice, at, request):
    for name, place in {
        "ours": {"practice_id": practice.pk, "organization_id": practice.organization_id},
        "our organization's": {"organization_id": practice.organization_id},
        "another practice's": {"practice_id": other_practice.pk, "organization_id": practice.organization_id},
        "another organization's": {"organization_id": foreign_practice.organization_id},
        "nobody's": {},
    }.items():
        AuditEntry.objects.create(at=at, actor_kind="staff", door="test", verb=name, object_id=1, **place)
    found = {name: seen(AuditEntry, request.getfixturevalue(name), "verb") for name in ACTORS}
    assert len(found.pop("superuser")) == 5
    assert found == {
        "admin_actor": {"ours", "our organization's"},
        "front_desk": set(),
        "specialist_actor": set(),
        "patient_actor": set(),
        "visitor": set(),
    }


@pytest.mark.parametrize(
    "model", [ApiKey, Organization, AuditEntry, Color, Membership, Practice, Room, Specialist, Specialty, User]
)
def test_an_actor_with_nothing_sees_nothing(rows, model, at):
    nothing = Actor(kind=Kind.VISITOR)
    assert list(model.objects.visible_to(nothing)) == []


def test_a_key_for_a_practice_shows_that_practice_alone(rows, admin_user, practice, foreign_practice):
    MembershipFactory(user=admin_user, practice=foreign_practice, admin=True)
    key = ApiKeyFactory(user=admin_user, practice=practice)
    actor = actor_for(admin_user, key=key, door="test")
    assert (seen(Practice, actor), seen(Room, actor), seen(Organization, actor)) == (
        {"Practice"},
        {"Practice"},
        {"Organization"},
    )
