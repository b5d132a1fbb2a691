"""The verbs of OAuth2 applications: register, change, authorize, revoke, close."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import TypedDict
from urllib.parse import urlsplit

from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.errors import Forbidden, InvalidInput, Text
from core.registry import contributions
from directory.models import Application, Authorization, Practice, User
from directory.services.keys import check_narrow
from directory.states import ClientType, Flow

# Where an address may be plain http: on the machine itself nobody listens in between.
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class ApplicationValues(TypedDict, total=False):
    """The columns of an application that may be changed."""

    name: str
    redirect_uris: str
    scopes: list[str]


def program_scopes() -> dict[str, Text]:
    """Return every scope that a program may be given, with what it allows, as the contracts declare them."""
    return {name: words for module in contributions("scopes") for name, words in module.SCOPES.items()}


@verb
def register_application(
    work: Work,
    *,
    name: str,
    user_id: int,
    practice_id: int | None = None,
    client_type: str = ClientType.CONFIDENTIAL,
    authorization_grant_type: str = Flow.AUTHORIZATION_CODE,
    redirect_uris: str = "",
    scopes: Iterable[str] = (),
    by: Actor,
    at: datetime,
) -> tuple[Application, str]:
    """Register an application owned by `user_id`; return it and its secret, which is shown only once.

    A clinic admin registers those of others only for a practice of theirs, as with keys, and those that act for people
    always: strangers of other clinics are not to be asked.
    """
    by.require("directory.register_application", practice_id)
    owner: User = User.objects.visible_to(by).one(pk=user_id)
    check_narrow(by, owner=owner, practice_id=practice_id, scopes=[])
    practice = None if practice_id is None else Practice.objects.visible_to(by).one(pk=practice_id)
    application = Application(
        user=owner,
        practice=practice,
        name=name,
        client_type=client_type,
        authorization_grant_type=authorization_grant_type,
        redirect_uris=redirect_uris,
        scopes=sorted(set(scopes)),
    )
    _check(application)
    if practice is None and authorization_grant_type == Flow.AUTHORIZATION_CODE and not by.everything:
        raise InvalidInput({"practice": _("is required: only a superuser registers programs for every practice")})
    secret = _draw_secret(application)
    return work.create(application), secret


@verb
def change_application(
    work: Work, application_id: int, *, values: ApplicationValues, by: Actor, at: datetime
) -> Application:
    """Change an application's name, addresses or scopes. Scopes that it loses, its tokens lose at once."""
    application = _changeable(application_id, by=by)
    for name, value in values.items():
        setattr(application, name, value)
    application.scopes = sorted(set(application.scopes))
    _check(application)
    return work.save(application)


@verb
def renew_secret(work: Work, application_id: int, *, by: Actor, at: datetime) -> tuple[Application, str]:
    """Give an application a new secret, which is shown only once; the old one stops working at once."""
    application = _changeable(application_id, by=by)
    secret = _draw_secret(application)
    return work.save(application), secret


@verb
def close_application(work: Work, application_id: int, *, by: Actor, at: datetime) -> Application:
    """Close an application for good: none of its codes and tokens works from now on."""
    application = _changeable(application_id, by=by)
    application.close(at=at)
    return work.save(application)


@verb
def authorize_application(
    work: Work, application_id: int, *, scopes: Iterable[str], practice_id: int | None = None, by: Actor, at: datetime
) -> Authorization:
    """Let an application act for the calling user, with `scopes`, in one practice or in all of theirs.

    An application that is for one practice is authorized for it alone. Authorizing it once more for the same gives
    the same authorization.
    """
    application: Application = Application.objects.select_for_update(no_key=True).open().one(pk=application_id)
    if application.practice_id is not None:
        practice_id = application.practice_id
    by.require("directory.authorize_application", practice_id)
    practice = None if practice_id is None else Practice.objects.visible_to(by).live().one(pk=practice_id)
    wanted = sorted(set(scopes))
    if application.scopes and not set(wanted).issubset(application.scopes):
        raise Forbidden(_("The application may not have all of these scopes."))
    person: User = User.objects.visible_to(by).one(pk=by.user_id)
    same = {"user": person, "application": application, "practice": practice, "revoked_at": None}
    for authorization in Authorization.objects.filter(**same).order_by("-pk"):
        if authorization.scopes == wanted:
            found: Authorization = authorization
            return found
    return work.create(Authorization(user=person, application=application, practice=practice, scopes=wanted))


@verb
def revoke_authorization(work: Work, authorization_id: int, *, by: Actor, at: datetime) -> Authorization:
    """Revoke a user's authorization of an application: its tokens are refused from now on."""
    authorization: Authorization = Authorization.objects.visible_to(by).one(pk=authorization_id)
    by.require("directory.revoke_authorization")
    authorization.revoke(at=at)
    return work.save(authorization)


def _changeable(application_id: int, *, by: Actor) -> Application:
    seen = Application.objects.select_for_update(no_key=True, of=("self",)).visible_to(by)
    application: Application = seen.one(pk=application_id)
    by.require("directory.change_application", application.practice_id)
    return application


def _draw_secret(application: Application) -> str:
    """Return a new secret; the application keeps its digest."""
    secret = f"cs_{secrets.token_urlsafe(48)}"
    application.client_secret = make_password(secret, hasher="random_secret")
    return secret


def _check(application: Application) -> None:
    problems: dict[str, Text] = {}
    unknown = set(application.scopes) - program_scopes().keys()
    if unknown:
        problems["scopes"] = _("Unknown: %(scopes)s") % {"scopes": ", ".join(sorted(unknown))}
    addresses = application.redirect_uris.split()
    if application.authorization_grant_type == Flow.CLIENT_CREDENTIALS:
        if addresses:
            problems["redirect_uris"] = _("is only for programs that act for people")
        if application.client_type == ClientType.PUBLIC:
            problems["client_type"] = _("A program that acts as its owner must keep a secret.")
    elif not addresses:
        problems["redirect_uris"] = _("is required where people are sent back to the program")
    elif bad := [one for one in addresses if not _is_safe(one)]:
        problems["redirect_uris"] = _(
            "Must be https (http only to localhost), without a fragment or a user: %(uri)s"
        ) % {"uri": ", ".join(bad)}
    if problems:
        raise InvalidInput(problems)


def _is_safe(address: str) -> bool:
    """Whether people may be sent to the address with a code in it."""
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "#" in address or "@" in parts.netloc or not address.isascii() or not address.isprintable():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
