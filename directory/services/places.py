"""The verbs of organizations, practices and rooms."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.deleting import delete_unreferenced
from core.hanging import check_free_to_change
from core.values import assign
from directory.models import Organization, Practice, Resource, Room
from directory.states import ResourceKind


class OrganizationValues(TypedDict, total=False):
    """The columns of an organization that may be set."""

    name: str
    owner_id: int | None
    hosts: list[str]


class PracticeValues(TypedDict, total=False):
    """The columns of a practice that may be set."""

    name: str
    display_name: str
    address_1: str
    address_2: str
    city: str
    state: str
    post_code: str
    country_code: str
    time_zone: str
    currency: str
    contact_information: str
    additional_information: str
    additional_invoice_information: str
    website_address: str
    email_reply_to: str
    registration_name: str
    registration_value: str
    reminders_enabled: bool
    show_in_online_bookings: bool
    notice_hours: int
    booking_horizon_months: int
    no_show_forfeits: bool
    late_cancel_forfeits: bool
    holiday_calendar: str


class RoomValues(TypedDict, total=False):
    """The columns of a room that may be set."""

    name: str
    is_active: bool


@verb
def create_organization(work: Work, *, values: OrganizationValues, by: Actor, at: datetime) -> Organization:
    """Create an organization; only superusers and commands may."""
    by.require("directory.create_organization")
    organization = Organization()
    assign(organization, values, allowed=OrganizationValues.__annotations__, by=by, organization_id=0)
    organization.guard()
    return work.create(organization)


@verb
def change_organization(
    work: Work, organization_id: int, *, values: OrganizationValues, by: Actor, at: datetime
) -> Organization:
    """Change some of an organization's columns."""
    organization: Organization = Organization.objects.visible_to(by).one(pk=organization_id)
    by.require("directory.change_organization", organization_id=organization.pk)
    assign(organization, values, allowed=OrganizationValues.__annotations__, by=by, organization_id=organization.pk)
    organization.guard()
    return work.save(organization)


@verb
def create_practice(work: Work, *, organization_id: int, values: PracticeValues, by: Actor, at: datetime) -> Practice:
    """Create a practice of an organization; only superusers and commands may. Conflict if a live one has its name."""
    organization = Organization.objects.visible_to(by).one(pk=organization_id)
    by.require("directory.create_practice", organization_id=organization.pk)
    practice = Practice(organization=organization)
    assign(practice, values, allowed=PracticeValues.__annotations__, by=by, organization_id=organization.pk)
    return work.create(practice)


@verb
def change_practice(work: Work, practice_id: int, *, values: PracticeValues, by: Actor, at: datetime) -> Practice:
    """Change some of a practice's columns.

    They are moments: on the clock of another zone each would be at another time of day than what was agreed.
    """
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("directory.change_practice", practice.pk)
    if values.get("time_zone", practice.time_zone) != practice.time_zone:
        check_free_to_change(practice, "time_zone", by=by, at=at)
    assign(practice, values, allowed=PracticeValues.__annotations__, by=by, organization_id=practice.organization_id)
    return work.save(practice)


@verb
def create_room(work: Work, *, practice_id: int, values: RoomValues, by: Actor, at: datetime) -> Room:
    """Create a room of a practice with its resource. Conflict if a live one has its name."""
    practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("directory.create_room", practice.pk)
    room = Room(practice=practice)
    assign(room, values, allowed=RoomValues.__annotations__, by=by, organization_id=practice.organization_id)
    room.resource = work.create(Resource(kind=ResourceKind.ROOM))
    return work.create(room)


@verb
def change_room(work: Work, room_id: int, *, values: RoomValues, by: Actor, at: datetime) -> Room:
    """Change a room's name, or whether it is in use."""
    room: Room = Room.objects.select_related("practice").visible_to(by).one(pk=room_id)
    by.require("directory.change_room", room.practice_id)
    assign(room, values, allowed=RoomValues.__annotations__, by=by, organization_id=room.practice.organization_id)
    return work.save(room)


@verb
def delete_practice(work: Work, practice_id: int, *, by: Actor, at: datetime) -> None:
    """Delete a practice to which nothing refers but members, keys and holidays; else Conflict names what does."""
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("directory.delete_practice", practice.pk)
    delete_unreferenced(work, practice, instead=_("Archive it instead: then nothing new is booked there."))


@verb
def delete_room(work: Work, room_id: int, *, by: Actor, at: datetime) -> None:
    """Delete a room that nothing refers to; else Conflict names what does."""
    room: Room = Room.objects.select_related("resource").visible_to(by).one(pk=room_id)
    by.require("directory.delete_room", room.practice_id)
    delete_unreferenced(
        work, room, after=[room.resource], instead=_("Archive it instead: then nothing new takes place there.")
    )
