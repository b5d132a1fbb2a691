"""The access tokens of programs, checked on every request."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from core.origin import origin_now
from directory.models import AccessToken, Application, Authorization
from directory.services.sign_ins import note_new_address

LONGEST_TOKEN = 200


def authenticate_token(token: str, *, at: datetime) -> AccessToken | None:
    """The usable access token with this text, with whom and what it acts for, in one query; None for any other.

    Its last use is noted, with its application and authorization, at most every five minutes: most requests only read.
    Where it comes from another address than then, it is noted at once whether that address is a new one.
    """
    if not token.isascii() or not token.isprintable() or len(token) > LONGEST_TOKEN:
        return None
    related = ("authorization__user", "authorization__practice", "application__user", "application__practice")
    found: AccessToken | None = (
        AccessToken.objects.usable(at).select_related(*related).filter(token_checksum=AccessToken.hashed(token)).first()
    )
    if found is None:
        return None
    origin = origin_now()
    if origin.address not in (None, (found.authorization or found.application).last_address):
        note_new_address(found, origin, user=found.owner, at=at)
    for used in (found.application, found.authorization):
        _see(used, origin.address, at=at)
    return found


def _see(used: Application | Authorization | None, address: str | None, *, at: datetime) -> None:
    """Note the use and where it came from, where the last note is old."""
    if used is None or (used.last_used_at is not None and at - used.last_used_at < used.SEEN_EVERY):
        return
    unseen = Q(last_used_at=None) | Q(last_used_at__lte=at - used.SEEN_EVERY)
    type(used)._base_manager.filter(unseen, pk=used.pk).update(last_used_at=at, last_address=address)
    used.last_used_at = at
