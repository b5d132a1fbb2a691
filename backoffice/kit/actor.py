"""The actor of a back-office request, built once, and the practices and organizations they may choose."""

from __future__ import annotations

import uuid
from dataclasses import replace

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from core.actor import Actor
from core.errors import Forbidden
from core.origin import origin_now
from core.reads import note_reader
from directory.models import Organization, Practice
from patients.services import actor_for

DOOR = "backoffice"


def actor_of(request: HttpRequest) -> Actor:
    """The actor of this request, with staff rights alone.

    A receptionist may be a patient of the clinic too; the rights of a patient belong to the portal, and here
    would show rows of other practices between those of their own.
    """
    kept: Actor | None = request.__dict__.get("actor")
    user = getattr(request, "user", AnonymousUser())
    if kept is None or kept.user_id != user.pk:
        request_id = origin_now().request_id or uuid.uuid4().hex
        whole = actor_for(user, door=DOOR, request_id=request_id, visitor_organizations=frozenset)
        kept = replace(whole, patient_ids=frozenset(), own_patient_id=None, organization_ids=whole.organizations_as())
        request.__dict__["actor"] = kept
        note_reader(kept)
    return kept


def is_staff(actor: Actor) -> bool:
    """Whether the actor is a member of some practice, or a superuser."""
    return actor.everything or bool(actor.roles)


def practices_of(request: HttpRequest) -> list[Practice]:
    """Return the practices whose rows this request may show, oldest first; one query per request."""
    kept: list[Practice] | None = request.__dict__.get("practices")
    if kept is None:
        kept = list(Practice.objects.visible_to(actor_of(request)).order_by("pk"))
        request.__dict__["practices"] = kept
    return kept


def practices_for(request: HttpRequest, verb: str) -> list[Practice]:
    """Return the live practices in which the actor may do `verb`."""
    actor = actor_of(request)
    return [one for one in practices_of(request) if one.archived_at is None and actor.may(verb, one.pk)]


class NoPracticeYet(Exception):
    """Raised when the actor may do something, but the clinic has no practice yet in which to do it."""


def practices_required(request: HttpRequest, verb: str) -> list[Practice]:
    """Return `practices_for`, never empty: Forbidden without the role, NoPracticeYet in an empty clinic."""
    found = practices_for(request, verb)
    if not found:
        raise NoPracticeYet if actor_of(request).may(verb) else Forbidden
    return found


def organizations_of(request: HttpRequest) -> list[Organization]:
    """Return the organizations whose rows this request may show, oldest first; one query per request."""
    kept: list[Organization] | None = request.__dict__.get("organizations")
    if kept is None:
        kept = list(Organization.objects.visible_to(actor_of(request)).order_by("pk"))
        request.__dict__["organizations"] = kept
    return kept


def organizations_for(request: HttpRequest, verb: str) -> list[Organization]:
    """Return the organizations in which the actor may do `verb`."""
    actor = actor_of(request)
    return [one for one in organizations_of(request) if actor.may(verb, organization_id=one.pk)]
