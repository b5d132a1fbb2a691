"""The verbs by which programs report the state of their connection with a practice, and what they show there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.errors import InvalidInput
from directory.models import AppIntegration, Practice, UIElement
from directory.states import IntegrationStatus

MOST_ITEMS = 50


class UIItem(TypedDict):
    """One title with its value, as a program shows it."""

    title: str
    value: str


@verb
def set_integration_status(
    work: Work, *, practice_id: int, app: str, status: str, by: Actor, at: datetime
) -> AppIntegration:
    """Record the state of a program's connection with a practice."""
    practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("directory.set_integration_status", practice.pk)
    if status not in IntegrationStatus.values:
        raise InvalidInput({"status": _("is not a status")})
    row: AppIntegration | None = AppIntegration.objects.filter(practice=practice, app=app).first()
    if row is None:
        return work.create(AppIntegration(practice=practice, app=app, status=status))
    row.status = status
    return work.save(row)


@verb
def set_ui_elements(
    work: Work,
    *,
    practice_id: int,
    app: str,
    name: str,
    items: Sequence[UIItem] | None,
    everywhere: bool = False,
    by: Actor,
    at: datetime,
) -> UIElement:
    """Replace what a program shows under a name, in a practice or `everywhere` in its organization.

    Without items a practice shows what the program shows everywhere.
    """
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("directory.set_ui_elements", practice.pk)
    if items is not None and len(items) > MOST_ITEMS:
        raise InvalidInput({"items": _("At most %(count)s.") % {"count": MOST_ITEMS}})
    of_organization = UIElement.objects.filter(organization=practice.organization_id, app=app, name=name)
    shared: UIElement | None = of_organization.filter(practice=None).first()
    row = shared if everywhere else of_organization.filter(practice=practice).first()
    if items is None:
        items = shared.items if shared is not None else []
    if row is None:
        where = None if everywhere else practice
        row = UIElement(organization_id=practice.organization_id, practice=where, app=app, name=name)
        row.items = list(items)
        return work.create(row)
    row.items = list(items)
    return work.save(row)
