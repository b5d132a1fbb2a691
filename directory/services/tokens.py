"""The check of a program's access token on every request."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import CharField, DateTimeField, OuterRef, Q
from django.db.models.functions import Coalesce

from core.origin import origin_now
from core.prepared import Prepared, hole
from directory.models import AccessToken, Application, Authorization
from directory.services.rights import rights_beside
from directory.services.sign_ins import note_new_address

LONGEST_TOKEN = 200


def _token_by_checksum() -> Any:
    related = ("authorization__user", "authorization__practice", "application__user", "application__practice")
    usable = AccessToken.objects.usable(hole("at", DateTimeField()))
    # As `AccessToken.owner`: whoever authorized it, else the application's owner.
    owner = Coalesce(OuterRef("authorization__user_id"), OuterRef("application__user_id"))
    held = usable.filter(token_checksum=hole("checksum", CharField())).select_related(*related)
    return held.annotate(**rights_beside(owner))


_usable_token = Prepared(_token_by_checksum)


def authenticate_token(token: str, *, at: datetime) -> AccessToken | None:
    """Return the usable access token with this text, with its application, owner and rights, in one query; else None.

    Its last use is noted, with its application and authorization, at most every five minutes: most requests only read.
    Where it comes from another address than then, it is noted at once whether that address is a new one.
    """
    if not token.isascii() or not token.isprintable() or len(token) > LONGEST_TOKEN:
        return None
    held: list[AccessToken] = _usable_token(at=at, checksum=AccessToken.hashed(token))
    if not held:
        return None
    found, origin = held[0], origin_now()
    if origin.address not in (None, (found.authorization or found.application).last_address):
        note_new_address(found, origin, user=found.owner, at=at)
    for used in (found.application, found.authorization):
        _see(used, origin.address, at=at)
    return found


def _see(used: Application | Authorization | None, address: str | None, *, at: datetime) -> None:
    """Note when and from where the token was used, if the last note is old."""
    if used is None or (used.last_used_at is not None and at - used.last_used_at < used.SEEN_EVERY):
        return
    unseen = Q(last_used_at=None) | Q(last_used_at__lte=at - used.SEEN_EVERY)
    type(used)._base_manager.filter(unseen, pk=used.pk).update(last_used_at=at, last_address=address)
    used.last_used_at = at
