"""`Idempotency-Key`: a creating request that is sent twice has its effect once, and gets the first reply again.

The row of principal and key is taken before anything else is locked, and commits with the effect and the reply.
Whoever sends the same key meanwhile waits for that commit: on PostgreSQL in the INSERT, on SQLite for the database.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from api.base.renderer import to_json
from api.models import IdempotencyKey
from core import locks
from core.audit import Entry
from core.db import Work, trying, unit_of_work
from core.errors import InvalidInput
from core.models import AuditEntry
from core.origin import address_in
from core.reads import note_told
from directory.models import AccessToken, ApiKey

if TYPE_CHECKING:
    from api.base.view import ContractViewSet

HEADER = "Idempotency-Key"
AT_ONCE = 1000
KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")
KEY_SCHEMA = {"type": "string", "minLength": 1, "maxLength": 255}
KEY_WORDS = "Chosen by the caller: sent again with the same body it has no second effect, and the first reply returns."

# What of a reply is kept; what is told of the moment, such as a rate, is not part of it.
KEPT = ("Content-Type", "Cache-Control", "Location")
# What a new row is made beside: not the thing that the request was about.
BESIDE = frozenset({"directory.resource"})


def once(view: ContractViewSet, call: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wrap a view's handler so that it acts once for each key of each principal. A refusal is not stored."""

    def run(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.headers[HEADER]
        if not KEY.fullmatch(key):
            raise InvalidInput({HEADER: _("must be 1 to 255 visible characters")})
        mine = IdempotencyKey(principal=principal(request), key=key, fingerprint=fingerprint(request, _place(view)))

        def answer() -> HttpResponse:
            with unit_of_work(view.operation.permission, by=view.actor, at=view.at) as work:
                return _answer(work, mine, lambda: call(request, *args, **kwargs))

        # Inside this transaction the verb cannot start over by itself.
        return trying(answer)

    return run


def _answer(work: Work, mine: IdempotencyKey, call: Callable[[], HttpResponse]) -> HttpResponse:
    """Return the stored reply; else call the handler and store its reply."""
    mine.created_at = work.at
    IdempotencyKey.objects.bulk_create([mine], ignore_conflicts=True)
    named = IdempotencyKey.objects.filter(principal=mine.principal, key=mine.key)
    (row,) = locks.lock(IdempotencyKey.objects.all(), named.values_list("pk", flat=True))
    if row.status is not None:
        if row.fingerprint != mine.fingerprint:
            raise InvalidInput({HEADER: _("was used for another request")})
        if row.object_kind and row.object_id is not None:
            note_told(apps.get_model(row.object_kind), row.object_id)
        return HttpResponse(bytes(row.body), status=row.status, headers=row.headers)
    response = call()
    row.status, row.body = response.status_code, response.content
    row.headers = {name: response[name] for name in KEPT if name in response}
    made = _made(work)
    if made is not None:
        row.object_kind, row.object_id = made.object_kind, made.object_id
    row.save(update_fields=["status", "body", "headers", "object_kind", "object_id"])
    return response


def _made(work: Work) -> Entry | None:
    """The entry of what the request made first."""
    made = (one for one in work.entries if one.action == AuditEntry.Action.CREATE and one.object_kind not in BESIDE)
    return next(made, None)


def forget(before: datetime) -> int:
    """Delete replies stored before that moment, a thousand at a time so that nobody waits long; return how many."""
    gone = 0
    old = IdempotencyKey.objects.filter(created_at__lt=before).order_by("created_at")
    while ids := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        gone += IdempotencyKey.objects.filter(pk__in=ids).delete()[0]
    return gone


def principal(request: Request) -> str:
    """Return whose keys they are: each credential's own; strangers are distinguished by address."""
    if isinstance(request.auth, ApiKey | AccessToken):
        return request.auth.carried_as
    if request.user.is_authenticated:
        return f"user:{request.user.pk}"
    told = BaseThrottle().get_ident(request)
    return f"visitor:{address_in(told) or told}"[:64]


def _place(view: ContractViewSet) -> str:
    """What the header says about where it is made; the same body for another practice is another request."""
    return view.request.headers.get(view.practice_header, "") if view.operation.placed else ""


def fingerprint(request: Request, place: str = "") -> str:
    """Return the SHA-256 of what the request asks: method, path, place and body (of a form, its fields and files)."""
    named = f"{place}\n" if place else ""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n{named}".encode())
    if (request.content_type or "").startswith("multipart/"):
        for name in sorted(request.data):
            value = request.data[name]
            digest.update(f"\n{name}\n{getattr(value, 'name', value)}\n".encode())
            for chunk in value.chunks() if hasattr(value, "chunks") else ():
                digest.update(chunk)
    else:
        # As it was understood: read within the limit of the operation, which may be more than Django keeps of a body.
        digest.update(to_json(request.data))
    return digest.hexdigest()
