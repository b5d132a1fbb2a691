"""The panels on the pages of slots, series and bulk creations."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.calendar.clashes import linked
from backoffice.calendar.visits import phone_of, with_phones
from backoffice.kit.cells import badge, link, patient_link
from backoffice.kit.clock import show_span
from backoffice.kit.panels import Panel
from core.actor import Actor
from scheduling.calendar import describe
from scheduling.models import Appointment, AvailableSlot, Claim, SeriesSkip, SlotSeries

SHOWN = 50


def appointments_in(slot: AvailableSlot, *, by: Actor) -> Panel:
    """Who is booked in a slot."""
    rows = Appointment.objects.visible_to(by).live().filter(slot=slot).select_related("patient", "practice")
    lines = [
        [
            link(one),
            patient_link(one.patient) if one.patient else one.contact_name,
            phone_of(one),
            badge(one.status, one.get_status_display()),
        ]
        for one in with_phones(list(rows.order_by("pk")[: SHOWN * 2]))
    ]
    columns = [_("Appointment"), _("Patient"), _("Phone"), _("Status")]
    title = _("Booked in this slot")
    if slot.capacity > 1:
        title = _("Booked in this slot: %(booked)d of %(places)d") % {"booked": slot.booked, "places": slot.capacity}
    return Panel(title, columns=columns, rows=lines, empty=_("Nobody yet."))


def in_the_way(slot: AvailableSlot, *, by: Actor) -> list[Panel]:
    """What else takes its specialist's time, where something does."""
    if not slot.blocked:
        return []
    mine = Q(resource=slot.specialist.resource_id)
    over = Claim.objects.overlapping(slot.starts_at, slot.ends_at, whose=mine).standing(timezone.now())
    found = list(over.exclude(slot=slot))
    return [clashes(_("Why it is blocked"), found, by=by)]


def clashes(title: Any, claims: list[Claim], *, by: Actor) -> Panel:
    """What takes the same time, as far as one may see it."""
    return Panel(title, columns=[_("What")], rows=[[one] for one in linked(describe(claims, by=by), by=by)])


def next_of(series: SlotSeries, *, by: Actor) -> Panel:
    """The next slots of a series."""
    ahead = AvailableSlot.objects.visible_to(by).offered().filter(series=series, starts_at__gt=timezone.now())
    lines = [
        [
            link(one, show_span(one.starts_at, one.ends_at, series.practice)),
            _("%(booked)d of %(places)d booked") % {"booked": one.booked, "places": one.capacity},
        ]
        for one in ahead.order_by("starts_at", "pk")[:SHOWN]
    ]
    columns = [_("When"), _("Booked")]
    return Panel(_("Next slots"), columns=columns, rows=lines, empty=_("None upcoming."))


def left_out(series: SlotSeries, *, by: Actor) -> Panel:
    """The days that a series left out, and why."""
    skips = SeriesSkip.objects.visible_to(by).filter(series=series).order_by("-date")[:SHOWN]
    lines = [[date_format(one.date, "D j M Y"), one.get_reason_display(), one.detail] for one in skips]
    columns = [_("Day"), _("Why"), _("What")]
    return Panel(_("Days left out"), columns=columns, rows=lines, empty=_("None."))
