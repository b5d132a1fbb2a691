"""The access tokens of programs, checked on every request."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from directory.models import AccessToken, Application, Authorization

LONGEST_TOKEN = 200


def authenticate_token(token: str, *, at: datetime) -> AccessToken | None:
    """The usable access token with this text, with whom and what it acts for, in one query; None for any other.

    Its last use is noted, with its application and authorization, at most every five minutes: most requests only read.
    """
    if not token.isascii() or not token.isprintable() or len(token) > LONGEST_TOKEN:
        return None
    related = ("authorization__user", "authorization__practice", "application__user", "application__practice")
    found: AccessToken | None = (
        AccessToken.objects.usable(at).select_related(*related).filter(token_checksum=AccessToken.hashed(token)).first()
    )
    if found is not None:
        for used in (found.application, found.authorization):
            _see(used, at=at)
    return found


def _see(used: Application | Authorization | None, *, at: datetime) -> None:
    """Note the use, where the last note is old."""
    if used is None or (used.last_used_at is not None and at - used.last_used_at < used.SEEN_EVERY):
        return
    unseen = Q(last_used_at=None) | Q(last_used_at__lte=at - used.SEEN_EVERY)
    type(used)._base_manager.filter(unseen, pk=used.pk).update(last_used_at=at)
    used.last_used_at = at
