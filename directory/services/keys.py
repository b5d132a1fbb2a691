"""The verbs of API keys: issue and revoke; and the check of a key on every request."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import CharField, DateTimeField, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from core.actor import Actor, Kind
from core.db import Work, verb
from core.errors import Forbidden, InvalidInput, Text
from core.origin import origin_now
from core.permissions import all_scopes
from core.prepared import Prepared, hole
from directory.models import ApiKey, Practice, User
from directory.services.rights import rights_beside
from directory.services.sign_ins import note_new_address
from directory.states import UserKind

LONGEST_KEY = 200


@verb
def issue_api_key(
    work: Work,
    *,
    user_id: int,
    practice_id: int | None = None,
    label: str = "",
    scopes: Iterable[str] = (),
    expires_at: datetime | None = None,
    by: Actor,
    at: datetime,
) -> tuple[ApiKey, str]:
    """Issue a key of `user_id`; return it with its text, which is shown only once.

    It narrows its owner to `practice_id` and `scopes` (none: all of the owner's rights). A key is one's own or that of
    a service account, never in a colleague's name (commands may); nobody issues one that may do more than their own
    credential, and a clinic admin those of service accounts only for a practice of theirs.
    """
    by.require("directory.issue_key", practice_id)
    owner: User = User.objects.visible_to(by).one(pk=user_id)
    wanted = sorted(set(scopes))
    _check(wanted, expires_at, at=at)
    check_narrow(by, owner=owner, practice_id=practice_id, scopes=wanted)
    practice = None if practice_id is None else Practice.objects.visible_to(by).one(pk=practice_id)
    text = ApiKey.draw()
    key = ApiKey(user=owner, practice=practice, label=label, scopes=wanted, expires_at=expires_at).hold(text)
    return work.create(key), text


@verb
def revoke_api_key(work: Work, key_id: int, *, by: Actor, at: datetime) -> ApiKey:
    """Revoke a key from now on; revoking twice keeps the first time."""
    key: ApiKey = ApiKey.objects.visible_to(by).one(pk=key_id)
    by.require("directory.revoke_key")
    key.revoke(at=at)
    return work.save(key)


def _key_by_hash() -> Any:
    held = Q(key_hash=hole("key_hash", CharField()))
    # The owner is asked for twice: the second time as a value, so that PostgreSQL looks that user up. For a user who is
    # newer than its statistics it would otherwise choose a merge join, and read every user before them.
    owner = ApiKey.objects.filter(held).values("user_id")
    usable = ApiKey.objects.usable(hole("at", DateTimeField())).filter(held, user_id=Subquery(owner))
    return usable.select_related("user", "practice").annotate(**rights_beside(OuterRef("user_id")))


_usable_key = Prepared(_key_by_hash)


def authenticate_key(key: str, *, at: datetime) -> ApiKey | None:
    """Return the usable key with this text, with its user, practice and rights, in one query; None for any other.

    Its last use is written at most every five minutes, so that most requests only read; where it is used from another
    address than then, it is noted at once whether that address is a new one.
    """
    if not key.isascii() or not key.isprintable() or len(key) > LONGEST_KEY:
        return None
    held: list[ApiKey] = _usable_key(at=at, key_hash=ApiKey.hashed(key))
    if not held:
        return None
    found = held[0]
    origin = origin_now()
    if origin.address is not None and origin.address != found.last_address:
        note_new_address(found, origin, user=found.user, at=at)
    if found.last_used_at is None or at - found.last_used_at >= ApiKey.SEEN_EVERY:
        unseen = Q(last_used_at=None) | Q(last_used_at__lte=at - ApiKey.SEEN_EVERY)
        ApiKey.objects.filter(unseen, pk=found.pk).update(last_used_at=at, last_address=origin.address)
        found.last_used_at = at
    return found


def _check(scopes: list[str], expires_at: datetime | None, *, at: datetime) -> None:
    problems: dict[str, Text] = {}
    if unknown := set(scopes) - set(all_scopes()):
        problems["scopes"] = _("Unknown: %(scopes)s") % {"scopes": ", ".join(sorted(unknown))}
    if expires_at is not None and expires_at <= at:
        problems["expires_at"] = _("must lie in the future")
    if problems:
        raise InvalidInput(problems)


def check_narrow(by: Actor, *, owner: User, practice_id: int | None, scopes: list[str]) -> None:
    """Raise Forbidden for a key that would allow more than the credential that asks for it."""
    if by.scopes is not None and (not scopes or not by.scopes.issuperset(scopes)):
        raise Forbidden(_("A key with scopes can only issue keys with some of them."))
    if owner.pk != by.user_id and owner.kind != UserKind.SERVICE and by.kind != Kind.SYSTEM:
        raise Forbidden(_("A key is your own or that of a service account. Make a service account for a program."))
    if by.everything:
        return
    if by.practice_id is not None and practice_id != by.practice_id:
        raise Forbidden(_("A key for one practice can only issue keys for it."))
    if owner.pk != by.user_id and (practice_id is None or owner.is_superuser):
        raise Forbidden(_("A key of someone else is for one of your practices."))
