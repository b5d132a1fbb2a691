"""The verbs of users and their memberships."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.actor import Actor, Kind
from core.db import Work, verb
from core.deleting import delete_unreferenced
from core.errors import Conflict, InvalidInput, Text
from core.values import assign
from directory.models import Membership, Practice, User


class UserValues(TypedDict, total=False):
    """The columns of a user that may be set."""

    is_superuser: bool
    first_name: str
    last_name: str
    email: str
    is_staff: bool
    is_active: bool
    language: str


@verb
def create_user(
    work: Work, *, username: str, password: str | None, values: UserValues, by: Actor, at: datetime
) -> User:
    """Create a user; only superusers and commands may. Without a password they cannot sign in, but may own keys.

    Raises InvalidInput for a password that the validators refuse, Conflict for a user name that is taken.
    """
    by.require("directory.manage_users")
    user = User(username=User.normalize_username(username), date_joined=at)
    assign(user, values, allowed=UserValues.__annotations__, by=by, organization_id=0)
    _set_password(user, password, by=by)
    return work.create(user)


@verb
def delete_user(work: Work, user_id: int, *, by: Actor, at: datetime) -> None:
    """Delete an account that was created by mistake; Conflict if anything refers to it: it can be closed instead."""
    user: User = User.objects.visible_to(by).one(pk=user_id)
    by.require("directory.manage_users")
    if Membership.objects.filter(user=user).exists():
        raise Conflict(_("They work in a practice; remove that membership first."), code="in_use")
    delete_unreferenced(work, user, instead=_("Close the account instead."))


@verb
def change_user(
    work: Work, user_id: int, *, values: UserValues, password: str | None = None, by: Actor, at: datetime
) -> User:
    """Change some of a user's columns and, if given, their password. Nobody can lock themselves out."""
    user: User = User.objects.visible_to(by).one(pk=user_id)
    by.require("directory.manage_users")
    assign(user, values, allowed=UserValues.__annotations__, by=by, organization_id=0)
    if user.pk == by.user_id:
        lost = [name for name in ("is_active", "is_staff", "is_superuser") if user.changes().get(name) == (True, False)]
        if lost:
            own: dict[str, Text] = {name: _("You cannot remove your own role.") for name in lost}
            raise InvalidInput(own)
    if password is not None:
        _set_password(user, password, by=by)
    return work.save(user)


@verb
def change_own_password(work: Work, *, password: str, by: Actor, at: datetime) -> User:
    """Change the actor's own password; the caller has already checked the old one.

    Raises Missing for an actor who is no user, InvalidInput for a password that the validators refuse.
    """
    by.require("directory.change_own_password")
    user: User = User.objects.visible_to(by).one(pk=by.user_id)
    _set_password(user, password, by=by)
    return work.save(user)


@verb
def set_password_by_link(work: Work, *, password: str, by: Actor, at: datetime) -> User:
    """Set the password of the user who opened a mailed link; all their sessions end.

    Raises Missing for an actor who is no user, InvalidInput for a password that the validators refuse.
    """
    by.require("directory.change_own_password")
    user: User = User.objects.visible_to(by).one(pk=by.user_id)
    _set_password(user, password, by=by)
    user.end_sessions()
    return work.save(user)


@verb
def set_membership(work: Work, *, user_id: int, practice_id: int, role: str, by: Actor, at: datetime) -> Membership:
    """Give a user a role in a practice, replacing one that they have there."""
    practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("directory.manage_members", practice.pk)
    user = User.objects.nameable_by(by).one(pk=user_id)
    membership: Membership | None = Membership.objects.filter(user=user, practice=practice).first()
    if membership is None:
        return work.create(Membership(user=user, practice=practice, role=role))
    membership.role = role
    return work.save(membership)


@verb
def remove_membership(work: Work, membership_id: int, *, by: Actor, at: datetime) -> None:
    """Remove a user's role in a practice."""
    membership = Membership.objects.visible_to(by).one(pk=membership_id)
    by.require("directory.manage_members", membership.practice_id)
    work.delete(membership)


def _set_password(user: User, password: str | None, *, by: Actor) -> None:
    """Hash `password`. A person's choice must pass the validators; a command's (the demo's) need not."""
    if password is not None and by.kind != Kind.SYSTEM:
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise InvalidInput({"password": " ".join(error.messages)}) from None
    user.set_password(password)
