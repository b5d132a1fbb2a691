"""The verbs by which clinic admins manage the accounts of their practice: invite, reset, close, reopen."""

from __future__ import annotations

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.text import slugify
from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, Forbidden, InvalidInput
from core.permissions import CLINIC_ADMIN
from directory.models import ApiKey, Membership, Practice, User
from directory.states import UserKind


@verb
def invite_staff(
    work: Work, *, first_name: str, last_name: str, email: str, practice_id: int, role: str, by: Actor, at: datetime
) -> User:
    """Create an account for a new member of the practice, who signs in by e-mail once a link has set their password.

    Raises InvalidInput for what is no address, Conflict where somebody has it: whoever has an account becomes a member.
    """
    practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("directory.manage_staff", practice.pk)
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise InvalidInput({"email": " ".join(error.messages)}) from None
    if User.objects.filter(username=address).exists() or User.objects.filter(email__iexact=address).exists():
        raise Conflict(_("Somebody has an account with this address. Give them a role under Members."))
    user = User(username=address, email=address, first_name=first_name, last_name=last_name, date_joined=at)
    user.set_unusable_password()
    work.create(user)
    work.create(Membership(user=user, practice=practice, role=role))
    return user


@verb
def create_service_account(work: Work, *, name: str, practice_id: int, role: str, by: Actor, at: datetime) -> User:
    """Create an account for a program: it never signs in, and owns keys in its own name."""
    practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("directory.manage_staff", practice.pk)
    username = f"service-{practice.pk}-{slugify(name)[:100]}"
    if not slugify(name):
        raise InvalidInput({"name": _("Use some letters or digits.")})
    user = User(username=username, first_name=name, kind=UserKind.SERVICE, date_joined=at)
    user.set_unusable_password()
    work.create(user)
    work.create(Membership(user=user, practice=practice, role=role))
    return user


@verb
def reset_password(work: Work, user_id: int, *, by: Actor, at: datetime) -> User:
    """Remove a user's password and end their sessions; the caller mails them a link to set a new one.

    Raises InvalidInput for who has no address that a link could go to, and for an account of a program.
    """
    user = _manageable(user_id, by=by)
    if not user.email or user.kind == UserKind.SERVICE:
        raise InvalidInput({"": _("There is no e-mail address to send a link to.")})
    user.set_unusable_password()
    user.end_sessions()
    return work.save(user)


@verb
def reset_second_factor(work: Work, user_id: int, *, by: Actor, at: datetime) -> User:
    """Remove a user's authenticator app, passkeys and recovery codes, and end their sessions."""
    user = _manageable(user_id, by=by)
    Authenticator.objects.filter(user=user).delete()
    user.end_sessions()
    return work.save(user)


@verb
def deactivate_user(work: Work, user_id: int, *, by: Actor, at: datetime) -> User:
    """Close an account: its sessions end and its keys are revoked, for good. Closing it twice changes nothing."""
    user = _manageable(user_id, by=by)
    if user.pk == by.user_id:
        raise Conflict(_("You cannot close your own account."))
    if user.is_active:
        user.is_active = False
        user.end_sessions()
        for key in ApiKey.objects.filter(user=user, revoked_at=None).order_by("pk"):
            key.revoke(at=at)
            work.save(key)
    return work.save(user)


@verb
def reactivate_user(work: Work, user_id: int, *, by: Actor, at: datetime) -> User:
    """Reopen a closed account. Its rights are unchanged; its old keys stay revoked."""
    user = _manageable(user_id, by=by)
    user.is_active = True
    return work.save(user)


def _manageable(user_id: int, *, by: Actor) -> User:
    """Return the user if the actor may manage the account: the actor must be clinic admin wherever the user works.

    Raises Forbidden for superusers, for users who also work elsewhere, and for users who act for patients elsewhere:
    a role can be given to anybody whose user name is known, and must not open the account of another clinic's patient.
    """
    user: User = User.objects.visible_to(by).one(pk=user_id)
    practice_ids = list(Membership.objects.filter(user=user).values_list("practice_id", flat=True))
    if not practice_ids or user.is_superuser:
        by.require("directory.manage_users")
    for practice_id in practice_ids:
        if not by.may("directory.manage_staff", practice_id):
            raise Forbidden(_("They also work in a practice where you are not a clinic admin. Ask a superuser."))
    opened = User.objects.filter(pk=user.pk).values_list("patient_access__patient__organization_id", flat=True)
    if not by.everything and set(opened) - by.organizations_as(CLINIC_ADMIN) - {None}:
        raise Forbidden(_("Their account also opens records of another clinic. Ask a superuser."))
    return user
