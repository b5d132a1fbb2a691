"""The verbs of specialists and their places of work."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TypedDict

from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.deleting import delete_unreferenced
from core.errors import InvalidInput
from core.values import assign
from directory.models import Organization, Practice, Resource, Specialist, SpecialistPractice
from directory.states import ResourceKind


class SpecialistValues(TypedDict, total=False):
    """The columns of a specialist that may be set."""

    user_id: int | None
    first_name: str
    last_name: str
    title: str
    designation: str
    description: str
    specialty_id: int | None
    default_service_id: int | None
    italian_fiscal_code: str
    sequence_number: int
    scheduling_active: bool
    show_in_online_bookings: bool
    telehealth_url: str


@verb
def create_specialist(
    work: Work,
    *,
    organization_id: int,
    practice_ids: Collection[int],
    values: SpecialistValues,
    by: Actor,
    at: datetime,
) -> Specialist:
    """Create a specialist of an organization with their resource, working at `practice_ids`.

    Raises InvalidInput for a practice that is not the organization's, Conflict for a user who already is one of its
    specialists.
    """
    organization = Organization.objects.visible_to(by).one(pk=organization_id)
    by.require("directory.create_specialist", organization_id=organization.pk)
    specialist = Specialist(organization=organization)
    assign(specialist, values, allowed=SpecialistValues.__annotations__, by=by, organization_id=organization.pk)
    specialist.resource = work.create(Resource(kind=ResourceKind.PERSON))
    work.create(specialist)
    _set_practices(work, specialist, practice_ids)
    return specialist


@verb
def change_specialist(
    work: Work,
    specialist_id: int,
    *,
    values: SpecialistValues,
    practice_ids: Collection[int] | None = None,
    by: Actor,
    at: datetime,
) -> Specialist:
    """Change some of a specialist's columns and, if given, all the practices they work at."""
    specialist: Specialist = Specialist.objects.visible_to(by).one(pk=specialist_id)
    by.require("directory.change_specialist", organization_id=specialist.organization_id)
    assign(
        specialist, values, allowed=SpecialistValues.__annotations__, by=by, organization_id=specialist.organization_id
    )
    work.save(specialist)
    if practice_ids is not None:
        _set_practices(work, specialist, practice_ids)
    return specialist


@verb
def delete_specialist(work: Work, specialist_id: int, *, by: Actor, at: datetime) -> None:
    """Delete a specialist to whom nothing refers but their places of work; else Conflict names what does."""
    rows = Specialist.objects.select_related("resource").visible_to(by)
    specialist: Specialist = rows.one(pk=specialist_id)
    by.require("directory.delete_specialist", organization_id=specialist.organization_id)
    delete_unreferenced(
        work, specialist, after=[specialist.resource], instead=_("Archive them instead: then nobody can book them.")
    )


def _set_practices(work: Work, specialist: Specialist, practice_ids: Collection[int]) -> None:
    """Set the places of work that `by` can see to `practice_ids`; places that they cannot see stay."""
    seen = Practice.objects.visible_to(work.by).filter(organization_id=specialist.organization_id)
    seen_ids = set(seen.values_list("pk", flat=True))
    if set(practice_ids) - seen_ids:
        raise InvalidInput({"practice_ids": _("There is no such practice in the organization.")})
    present = {row.practice_id: row for row in SpecialistPractice.objects.filter(specialist=specialist)}
    for practice_id in sorted((present.keys() & seen_ids) - set(practice_ids)):
        work.delete(present[practice_id])
    new = sorted(set(practice_ids) - present.keys())
    work.create_many([SpecialistPractice(specialist=specialist, practice_id=one) for one in new])
