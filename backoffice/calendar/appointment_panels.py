"""The panels on an appointment's page: clashes, its series, linked appointments."""

from __future__ import annotations

from datetime import datetime

from django.utils.html import format_html
from django.utils.translation import gettext as _

from backoffice.calendar.slot_panels import clashes
from backoffice.kit.cells import badge, link
from backoffice.kit.clock import show_when
from backoffice.kit.panels import Panel
from core.actor import Actor
from scheduling.calendar import clashing_with
from scheduling.models import Appointment

SHOWN = 60


def conflicts_of(row: Appointment, *, by: Actor, at: datetime) -> list[Panel]:
    """What else takes the time of its people, room and patient, where something does."""
    found = clashing_with(row, at=at)
    return [clashes(_("Conflicts"), found, by=by)] if found else []


def relatives_of(row: Appointment, *, by: Actor) -> list[Panel]:
    """The visits of its series, and those that belong to it."""
    related = Appointment.objects.visible_to(by).live().select_related("practice", "specialist")
    panels = []
    if row.series_id is not None:
        panels.append(_series_of(row, list(related.filter(series_id=row.series_id).order_by("starts_at", "pk"))))
    children = list(related.filter(parent_id=row.pk).order_by("starts_at", "pk")[:SHOWN])
    if children:
        panels.append(Panel(_("Linked appointments"), columns=_columns(), rows=[_line(one) for one in children]))
    return panels


def _series_of(row: Appointment, visits: list[Appointment]) -> Panel:
    """Every visit of the series, this one named; at most 52."""
    number = next((count for count, one in enumerate(visits, 1) if one.pk == row.pk), 0)
    title = _("Series: visit %(number)d of %(count)d") % {"number": number, "count": len(visits)}
    lines: list[list[object]] = []
    for count, one in enumerate(visits, 1):
        when, *others = _line(one)
        if one.pk == row.pk:
            when = format_html(
                "<span><strong>{}</strong> · {}</span>", show_when(one.starts_at, one.practice), _("this visit")
            )
        lines.append([count, when, *others])
    return Panel(title, columns=[_("Visit"), *_columns()], rows=lines)


def _columns() -> list[str]:
    return [_("When"), _("Specialist"), _("Status")]


def _line(one: Appointment) -> list[object]:
    when = show_when(one.starts_at or one.proposed_at, one.practice) or _("No time yet")
    if one.starts_at is None and one.proposed_at is not None:
        when = _("proposed for %(when)s") % {"when": when}
    return [link(one, when), str(one.specialist or ""), badge(one.status, one.get_status_display())]
