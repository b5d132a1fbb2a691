"""Organizations, practices and rooms."""

import pytest

from core.errors import Conflict, Forbidden, InvalidInput, Missing
from core.models import AuditEntry
from directory.models import Organization, Practice, Resource, Room
from directory.services import (
    change_organization,
    change_practice,
    change_room,
    create_organization,
    create_practice,
    create_room,
)
from tests.factories import PracticeFactory, RoomFactory, UserFactory

PRACTICE = {"name": "Cluj", "time_zone": "Europe/Bucharest", "currency": "RON"}


def test_a_command_makes_an_organization(system, at, history):
    owner = UserFactory()
    organization = create_organization(
        values={"name": "Clinic", "owner_id": owner.pk, "hosts": [" Clinic.example.org "]}, by=system, at=at
    )
    assert list(Organization.objects.values("name", "owner_id", "hosts", "created_at", "updated_at")) == [
        {
            "name": "Clinic",
            "owner_id": owner.pk,
            "hosts": ["clinic.example.org"],
            "created_at": at,
            "updated_at": at,
        }
    ]
    assert history() == [("directory.create_organization", "create", "directory.organization", organization.pk)]


@pytest.mark.parametrize("actor", ["admin_actor", "front_desk", "specialist_actor", "patient_actor", "visitor"])
def test_only_superusers_make_organizations_and_practices(actor, request, organization, at, refused):
    by = request.getfixturevalue(actor)
    with refused(Forbidden):
        create_organization(values={"name": "Mine"}, by=by, at=at)
    with refused((Forbidden, Missing)):
        create_practice(organization_id=organization.pk, values=PRACTICE, by=by, at=at)


@pytest.mark.parametrize("hosts", ["clinic.example.org", [""], [1], {"a": 1}, None])
def test_hosts_are_a_list_of_names(system, at, refused, hosts):
    with refused(InvalidInput) as caught:
        create_organization(values={"name": "Clinic", "hosts": hosts}, by=system, at=at)
    assert list(caught.value.fields) == ["hosts"]


def test_a_clinic_admin_renames_their_organization(organization, admin_actor, at, history):
    change_organization(organization.pk, values={"name": "New name"}, by=admin_actor, at=at)
    assert Organization.objects.get().name == "New name"
    assert history() == [("directory.change_organization", "change", "directory.organization", organization.pk)]
    assert list(AuditEntry.objects.values_list("organization_id", "practice_id", "changes")) == [
        (organization.pk, None, {"name": ["Organization", "New name"]})
    ]


def test_nobody_changes_another_organization(admin_actor, front_desk, organization, foreign_practice, at, refused):
    with refused(Missing):
        change_organization(foreign_practice.organization_id, values={"name": "x"}, by=admin_actor, at=at)
    with refused(Forbidden):
        change_organization(organization.pk, values={"name": "x"}, by=front_desk, at=at)


def test_a_practice_is_made_with_its_defaults(organization, superuser, at, history):
    practice = create_practice(organization_id=organization.pk, values=PRACTICE, by=superuser, at=at)
    stored = Practice.objects.values().get()
    assert stored == {
        **dict.fromkeys(
            (
                "display_name", "address_1", "address_2", "city", "state", "post_code", "country_code",
                "contact_information", "additional_information", "additional_invoice_information",
                "website_address", "email_reply_to", "registration_name", "registration_value",
                "holiday_calendar",
            ),
            "",
        ),
        **PRACTICE,
        "id": practice.pk,
        "organization_id": organization.pk,
        "reminders_enabled": True,
        "show_in_online_bookings": True,
        "notice_hours": 24,
        "booking_horizon_months": 12,
        "no_show_forfeits": False,
        "late_cancel_forfeits": False,
        "archived_at": None,
        "created_at": at,
        "updated_at": at,
    }  # fmt: skip
    assert history() == [("directory.create_practice", "create", "directory.practice", practice.pk)]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
        ({"currency": "lei"}, "currency"),
        ({"currency": "RONN"}, "currency"),
        ({"country_code": "Romania"}, "country_code"),
        ({"name": "a\x00b"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"website_address": "javascript:alert(1)"}, "website_address"),
        ({"notice_hours": 70000}, "notice_hours"),
        ({"additional_information": "x" * 5001}, "additional_information"),
    ],
)
def test_a_practice_with_a_wrong_value_is_refused_by_column(organization, superuser, at, refused, values, field):
    with refused(InvalidInput) as caught:
        create_practice(organization_id=organization.pk, values={**PRACTICE, **values}, by=superuser, at=at)
    assert list(caught.value.fields) == [field]


def test_two_live_practices_of_an_organization_have_different_names(practice, superuser, at, refused):
    values = {**PRACTICE, "name": practice.name}
    with refused(Conflict) as caught:
        create_practice(organization_id=practice.organization_id, values=values, by=superuser, at=at)
    assert (caught.value.code, str(caught.value)) == ("duplicate", "There is already one with this name.")


def test_a_name_is_free_again_once_its_practice_is_put_away(organization, superuser, at):
    PracticeFactory(organization=organization, name="Cluj", archived=True)
    create_practice(organization_id=organization.pk, values=PRACTICE, by=superuser, at=at)
    assert Practice.objects.filter(name="Cluj").count() == 2


def test_a_clinic_admin_changes_their_practice_alone(practice, other_practice, admin_actor, at, refused, history):
    change_practice(practice.pk, values={"city": "Cluj", "no_show_forfeits": True}, by=admin_actor, at=at)
    practice.refresh_from_db()
    assert (practice.city, practice.no_show_forfeits) == ("Cluj", True)
    assert history() == [("directory.change_practice", "change", "directory.practice", practice.pk)]
    with refused(Missing):
        change_practice(other_practice.pk, values={"city": "Cluj"}, by=admin_actor, at=at)


@pytest.mark.parametrize("actor", ["front_desk", "specialist_actor"])
def test_other_staff_change_neither_practice_nor_rooms(practice, actor, request, at, refused):
    by, room = request.getfixturevalue(actor), RoomFactory(practice=practice)
    with refused(Forbidden):
        change_practice(practice.pk, values={"city": "Cluj"}, by=by, at=at)
    with refused(Forbidden):
        create_room(practice_id=practice.pk, values={"name": "Room"}, by=by, at=at)
    with refused(Forbidden):
        change_room(room.pk, values={"name": "Room"}, by=by, at=at)


def test_a_practice_does_not_move_to_another_organization(practice, superuser, at, refused):
    with refused(TypeError):
        change_practice(practice.pk, values={"organization_id": 1}, by=superuser, at=at)


def test_a_room_comes_with_what_can_be_busy(practice, admin_actor, at, history):
    room = create_room(practice_id=practice.pk, values={"name": "Room 1"}, by=admin_actor, at=at)
    assert list(Room.objects.values()) == [
        {
            "id": room.pk,
            "practice_id": practice.pk,
            "resource_id": Resource.objects.get(kind="room").pk,
            "name": "Room 1",
            "is_active": True,
            "archived_at": None,
            "created_at": at,
            "updated_at": at,
        }
    ]
    assert history() == [
        ("directory.create_room", "create", "directory.resource", room.resource_id),
        ("directory.create_room", "create", "directory.room", room.pk),
    ]


def test_a_refused_room_leaves_no_resource(practice, admin_actor, at, refused):
    RoomFactory(practice=practice, name="Room 1")
    with refused(Conflict):
        create_room(practice_id=practice.pk, values={"name": "Room 1"}, by=admin_actor, at=at)
    with refused(InvalidInput):
        create_room(practice_id=practice.pk, values={"name": "a\x00"}, by=admin_actor, at=at)


def test_a_room_is_changed(practice, admin_actor, at, history):
    room = RoomFactory(practice=practice)
    change_room(room.pk, values={"name": "Gym", "is_active": False}, by=admin_actor, at=at)
    room.refresh_from_db()
    assert (room.name, room.is_active) == ("Gym", False)
    assert history() == [("directory.change_room", "change", "directory.room", room.pk)]


def test_rooms_of_another_practice_are_missing(other_practice, admin_actor, at, refused):
    room = RoomFactory(practice=other_practice)
    with refused(Missing):
        change_room(room.pk, values={"name": "Mine"}, by=admin_actor, at=at)
    with refused(Missing):
        create_room(practice_id=other_practice.pk, values={"name": "Mine"}, by=admin_actor, at=at)
