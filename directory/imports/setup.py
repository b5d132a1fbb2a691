"""The import of rooms, specialties, users and their roles; few rows, each saved by the verb that staff use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from core.db import Work
from core.errors import InvalidInput
from core.imports import (
    Column,
    ImportKind,
    Refers,
    Scope,
    address,
    one_by_one,
    one_of,
    picked,
    reference,
    text_up_to,
    whole,
    yes_or_no,
)
from core.models import ClinicModel
from core.moments import moment_in
from directory.imports.people import ARCHIVED, PRACTICE, USER, organization_of
from directory.models import Membership, Practice, Room, Specialty, User
from directory.services import (
    change_room,
    change_user,
    configure,
    create_room,
    create_user,
    delete_configured,
    delete_room,
    delete_user,
    remove_membership,
    set_archived,
    set_membership,
)
from directory.states import Role

A = TypeVar("A", bound=ClinicModel)

SPECIALTY = Refers(model=Specialty, keys=("name",))
ROOM = Refers(model=Room, scope="practice__organization", keys=("name",))

IN_PRACTICE = Column(
    name="practice",
    help=_("Its practice, by external id or name; or --practice."),
    parse=text_up_to(255),
    blank=None,
    stored=False,
    refers=PRACTICE,
)


def practice_of(values: dict[str, Any], scope: Scope) -> int:
    """Return the practice that a row names, or the import's; InvalidInput if neither is given."""
    practice_id = values.get("practice") or scope.practice_id
    if practice_id is None:
        raise InvalidInput({"practice": _t("The row names no practice; say which with --practice.")})
    return int(practice_id)


def by_practice_clock(values: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """Return a row's values with its local times as moments, by the clock of its practice or the first one.

    Raises InvalidInput for a time that this clock skips.
    """
    walls = {name: one for name, one in values.items() if isinstance(one, datetime) and one.tzinfo is None}
    if not walls:
        return dict(values)
    own = values.get("practice") or scope.practice_id
    practices = Practice.objects.filter(organization_id=scope.organization_id)
    practice = (practices.live() if own is None else practices.filter(pk=own)).order_by("pk").first()
    moments: dict[str, Any] = dict(values)
    for name, wall in walls.items():
        try:
            moments[name] = moment_in(practice.zone if practice is not None else UTC, wall)
        except ValueError as error:
            raise InvalidInput({name: str(error)}) from None
    return moments


def set_away(work: Work, obj: Any, values: dict[str, Any]) -> Any:
    """Archive the object as of the row's day, or restore it if the cell is empty."""
    if "archived_at" not in values or values["archived_at"] == obj.archived_at:
        return obj
    away = values["archived_at"]
    stored = set_archived(obj, archived=away is not None, by=work.by, at=work.at)
    stored.archived_at = away
    return work.save(stored)


def _save_room(work: Work, obj: Room | None, values: dict[str, Any], scope: Scope) -> Room:
    told: Any = picked(values, "name", "is_active")
    if obj is None:
        room = create_room(practice_id=practice_of(values, scope), values=told, by=work.by, at=work.at)
    else:
        room = change_room(obj.pk, values=told, by=work.by, at=work.at)
    away: Room = set_away(work, room, values)
    return away


def _save_specialty(work: Work, obj: Specialty | None, values: dict[str, Any], scope: Scope) -> Specialty:
    row = obj or Specialty(organization_id=scope.organization_id)
    for name, value in picked(values, "name", "sequence_number").items():
        setattr(row, name, value)
    away: Specialty = set_away(work, configure(row, by=work.by, at=work.at), values)
    return away


def _save_user(work: Work, obj: Any, values: dict[str, Any], scope: Scope) -> Any:
    told: Any = picked(values, "first_name", "last_name", "email", "language", "is_active")
    if obj is not None:
        if obj.username != values["username"]:
            raise InvalidInput({"username": _t("A user keeps their name.")})
        return change_user(obj.pk, values=told, by=work.by, at=work.at)
    return create_user(username=values["username"], values=told, password=None, by=work.by, at=work.at)


def _save_membership(work: Work, obj: Membership | None, values: dict[str, Any], scope: Scope) -> Membership:
    return set_membership(
        user_id=values["user"], practice_id=practice_of(values, scope), role=values["role"], by=work.by, at=work.at
    )


ROOMS = ImportKind(
    name="rooms",
    help=_("Rooms and chairs."),
    verb="directory.import_rooms",
    may="directory.create_room",
    model=Room,
    columns=(
        Column(name="name", help=_("Unique among the practice's live rooms."), required=True),
        IN_PRACTICE,
        Column(name="is_active", help=_("In use: yes or no."), parse=yes_or_no, blank=True),
        ARCHIVED,
    ),
    place=organization_of,
    save=one_by_one(Room, _save_room),
    undo=delete_room,
    rows=lambda organization_id: Room.objects.filter(practice__organization_id=organization_id),
)

SPECIALTIES = ImportKind(
    name="specialties",
    help=_("What specialists are."),
    verb="directory.import_specialties",
    may="directory.configure",
    model=Specialty,
    columns=(
        Column(name="name", help=_("Unique among the organization's live specialties."), required=True),
        Column(name="sequence_number", help=_("Its place in lists."), parse=whole, blank=0),
        ARCHIVED,
    ),
    place=organization_of,
    save=one_by_one(Specialty, _save_specialty),
    undo=lambda pk, *, by, at: delete_configured(Specialty.objects.one(pk=pk), by=by, at=at),
    rows=lambda organization_id: Specialty.objects.filter(organization_id=organization_id),
)

USERS = ImportKind(
    name="users",
    help=_("Who signs in; without a password until they are given one."),
    verb="directory.import_users",
    may="directory.manage_users",
    model=User,
    columns=(
        Column(name="username", help=_("Unique everywhere."), required=True),
        Column(name="first_name", help=""),
        Column(name="last_name", help=""),
        Column(name="email", help="", parse=address),
        Column(name="language", help=_("Such as ro.")),
        Column(name="is_active", help=_("May sign in: yes or no."), parse=yes_or_no, blank=True),
    ),
    place=organization_of,
    save=one_by_one(User, _save_user),
    undo=delete_user,
    # Those who work here, and those who see a patient's record; the second table is above this app.
    rows=lambda organization_id: User.objects.filter(
        Q(memberships__practice__organization_id=organization_id)
        | Q(patient_access__patient__organization_id=organization_id)
    ).distinct(),
)

MEMBERSHIPS = ImportKind(
    name="memberships",
    help=_("In which role a user works in which practice."),
    verb="directory.import_memberships",
    may="directory.manage_members",
    model=Membership,
    columns=(
        reference("user", USER, _("A user by external id, name or e-mail."), required=True),
        IN_PRACTICE,
        Column(
            name="role",
            help=_("clinic_admin, front_desk or specialist."),
            parse=one_of({word: word for word in Role.values}),
            required=True,
        ),
    ),
    place=organization_of,
    save=one_by_one(Membership, _save_membership),
    undo=remove_membership,
    rows=lambda organization_id: Membership.objects.filter(practice__organization_id=organization_id),
)
