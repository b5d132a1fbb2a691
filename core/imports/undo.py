"""Taking an import back: what it made is deleted, all of it or nothing, while nothing depends on it."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import unit_of_work
from core.errors import Conflict, DomainError, InvalidInput
from core.imports.kinds import all_kinds
from core.models import ExternalId, ImportJob

# How many of the rows that stand in the way are named.
NAMED = 10


def undo_import(job_id: int, *, by: Actor, at: datetime) -> int:
    """Delete every row that an import made, the last first; returns how many. What it changed stays changed.

    Raises Conflict that names rows on which something depends by now, and for an import that was undone already;
    InvalidInput for a kind whose rows are never deleted.
    """
    job: ImportJob = ImportJob.objects.visible_to(by).one(pk=job_id)
    kind = all_kinds().get(job.kind)
    if kind is None or kind.undo is None or kind.model is None:
        reason = _("%(kind)s are never deleted; cancel or put away what was imported by mistake.")
        raise InvalidInput({"job": reason % {"kind": job.kind}})
    by.require(kind.may, organization_id=job.organization_id)
    if job.undone_at is not None:
        raise Conflict(_("It has been undone already."), code="undone")
    made = ExternalId.objects.filter(
        organization_id=job.organization_id, source=job.source, kind=kind.model._meta.label_lower, job=job
    )
    with unit_of_work(f"{kind.verb}.undo", by=by, at=at):
        ids = list(made.order_by("-object_id").values_list("object_id", "external_id"))
        kept: list[str] = []
        for pk, external_id in ids:
            try:
                kind.undo(pk, by=by, at=at)
            except DomainError as error:
                kept.append(f"{external_id}: {error}")
        if kept:
            told = {"count": len(kept), "named": "\n".join(kept[:NAMED])}
            raise Conflict(_("Nothing was undone: %(count)s rows are in use.\n%(named)s") % told, code="in_use")
        made.delete()
        ImportJob.objects.filter(pk=job.pk).update(undone_at=at)
    return len(ids)
