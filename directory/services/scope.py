"""The place of a request: the practice of a write, and the organization that a visitor sees."""

from __future__ import annotations

from django.db.models import BigIntegerField
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import Forbidden, InvalidInput
from core.prepared import PreparedFor, hole
from core.querysets import missing
from directory.models import Organization, Practice, Specialist
from directory.querysets import PracticeQuerySet


def practice_for(
    by: Actor, permission: str, *, named: int | None = None, organization_id: int | None = None
) -> Practice:
    """Return the practice in which `by` uses `permission`.

    It is the named one, else their key's, else their only one, else the first of the organization (`organization_id`,
    or any) where they have the permission. Raises Missing for a named one that they may not see or that is of another
    organization, Forbidden if they may see it but lack the permission there, or have it nowhere.
    """
    if named is not None or by.practice_id is not None:
        practice: Practice = _practice_within_reach.one(by, pk=by.practice_id if named is None else named)
        if by.practice_id not in (None, practice.pk) or organization_id not in (None, practice.organization_id):
            raise missing(Practice)
        if not _may(by, permission, practice):
            raise Forbidden
        return practice
    for practice in _practices_within_reach.all(by):
        if organization_id in (None, practice.organization_id) and _may(by, permission, practice):
            return practice
    raise Forbidden


def practice_of_specialist(by: Actor, permission: str, specialist_id: int) -> Practice:
    """Return the practice in which `by` uses `permission` for a specialist: their key's, else the first suitable one.

    Missing for a specialist that they may not see, InvalidInput for one who works at none of theirs,
    Forbidden where they may do it at none of those.
    """
    there: list[Practice] = _practices_of_specialist.all(by, specialist=specialist_id)
    if not there:
        Specialist.objects.visible_to(by).one(pk=specialist_id)
        raise InvalidInput({"specialist_id": _("works at no practice of yours")})
    for practice in there:
        if _may(by, permission, practice):
            return practice
    raise Forbidden


def organization_for(by: Actor, permission: str, *, named_practice: int | None = None) -> Organization:
    """Return the organization to whose catalogue or records `by` adds: that of the write's practice."""
    return practice_for(by, permission, named=named_practice).organization


def visitor_organization_ids(host: str) -> frozenset[int]:
    """Return the organization that a visitor sees under `host`, as a set of one id; port and case do not matter.

    It is the organization that lists the host, else the first. Empty if there is no organization.
    """
    wanted = host.rsplit(":", 1)[0].lower() if not host.endswith("]") else host.lower()
    organizations = list(Organization.objects.order_by("pk").values_list("pk", "hosts"))
    named = [pk for pk, hosts in organizations if wanted in (str(one).lower() for one in hosts)]
    return frozenset((named or [pk for pk, _hosts in organizations])[:1])


def currency_of(organization_id: int) -> str:
    """Return the default currency of an organization's prices: its first practice's."""
    practices = Practice.objects.live().filter(organization_id=organization_id).order_by("pk")
    currency: str | None = practices.values_list("currency", flat=True).first()
    if currency is None:
        raise InvalidInput({"currency": _("is required where the organization has no practice")})
    return currency


def _within_reach(by: Actor) -> PracticeQuerySet:
    """The live practices that `by` may name: their own; without any, those of the organizations they may read."""
    practices: PracticeQuerySet = Practice.objects.live().select_related("organization")
    if by.everything:
        return practices
    if by.roles:
        return practices.visible_to(by)
    return practices.filter(organization_id__in=by.organization_ids)


_practice_within_reach = PreparedFor(lambda by: _within_reach(by).filter(pk=hole("pk", BigIntegerField())))
_practices_within_reach = PreparedFor(lambda by: _within_reach(by).order_by("pk"))


def _with_specialist(by: Actor) -> PracticeQuerySet:
    """The practices within reach (of a key for one, that one) where the specialist works whom `by` may see."""
    seen = Specialist.objects.visible_to(by).filter(pk=hole("specialist", BigIntegerField()))
    practices = _within_reach(by).filter(specialists__in=seen)
    if by.practice_id is not None:
        practices = practices.filter(pk=by.practice_id)
    return practices.order_by("pk")


_practices_of_specialist = PreparedFor(_with_specialist)


def _may(by: Actor, permission: str, practice: Practice) -> bool:
    """Whoever has no role anywhere acts as patient or visitor; whose record it is, each verb asks for itself."""
    return by.may(permission, practice.pk) or (not by.roles and by.may(permission))
