"""The verbs of configuration without rules of its own; archiving and restoring."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar, cast

from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.errors import InvalidInput
from core.models import ClinicModel
from directory.models import Organization, Practice, Room, Specialist
from directory.named import Configuration, Named

C = TypeVar("C", bound=Configuration)
A = TypeVar("A", bound=Named | Practice | Specialist | Room)


@verb
def configure(work: Work, obj: C, *, by: Actor, at: datetime) -> C:
    """Insert or save a row of an organization's configuration (a specialty, color, brand, unit ...).

    Raises Missing where `by` may not see the stored row or its organization, InvalidInput for moving it to another
    organization and for what its `guard` refuses, Conflict for a name that a live one has.
    """
    if obj._state.adding:
        organization = Organization.objects.visible_to(by).one(pk=obj.organization_id)
        by.require("directory.configure", organization_id=organization.pk)
        obj.guard()
        return work.create(obj)
    stored = _visible(obj, by)
    by.require("directory.configure", organization_id=stored.organization_id)
    if obj.organization_id != stored.organization_id:
        raise InvalidInput({"organization_id": _("never changes")})
    obj.guard()
    return work.save(obj)


@verb
def delete_configured(work: Work, obj: Configuration, *, by: Actor, at: datetime) -> None:
    """Delete a row of configuration that nothing refers to; otherwise Conflict: it can be archived instead."""
    stored = _visible(obj, by)
    by.require("directory.delete_configured", organization_id=stored.organization_id)
    work.delete(stored)


@verb
def set_archived(work: Work, obj: A, *, archived: bool, by: Actor, at: datetime) -> A:
    """Archive or restore a row; one that is in that state already stays as it is.

    Raises Conflict for bringing back a name that a live row has taken meanwhile.
    """
    stored = _visible(obj, by)
    if isinstance(stored, Practice):
        by.require("directory.put_away", stored.pk)
    elif isinstance(stored, Room):
        by.require("directory.put_away", stored.practice_id)
    else:
        by.require("directory.put_away", organization_id=stored.organization_id)
    stored.archived_at = (stored.archived_at or at) if archived else None
    return work.save(stored)


V = TypeVar("V", bound=ClinicModel)


def _visible(obj: V, by: Actor) -> V:
    """The stored row of `obj`; Missing unless `by` may see it."""
    rows: Any = type(obj)._default_manager
    return cast(V, rows.visible_to(by).one(pk=obj.pk))
