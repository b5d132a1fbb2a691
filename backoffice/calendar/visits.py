"""Visits and slots in one line, and the badges of a visit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t

from backoffice.kit.alerts import alerts_on
from backoffice.kit.cells import badge
from backoffice.kit.clock import show_span
from backoffice.kit.contributions import line_of
from core.actor import Actor
from scheduling.models import Appointment, AvailableSlot


@line_of(Appointment)
def visit_line(row: Appointment) -> str:
    """A visit in a line: when, who and with whom."""
    when = show_span(row.starts_at, row.ends_at, row.practice) if row.starts_at and row.ends_at else ""
    return " · ".join(str(one) for one in (when, row.patient or row.contact_name, row.specialist) if one)


def labels_of(row: Appointment) -> list[SafeString]:
    """Return the badges of a visit: its patient's alerts, overbooked, to be moved."""
    labels = alerts_on(row).copy()
    if row.overbooked:
        labels.append(badge("pending", _t("Overbooked")))
    if row.needs_move:
        labels.append(badge("expired", _t("To be moved")))
    return labels


def notes_on(row: Appointment) -> str:
    """What was noted for the visit, and what is noted about its patient for every visit."""
    about = row.patient.appointment_notes if row.patient is not None else ""
    return "\n".join(note for note in (row.notes, about) if note)


def with_phones(rows: Sequence[Appointment]) -> Sequence[Appointment]:
    """The same visits, their patients' numbers read at once."""
    prefetch_related_objects([one.patient for one in rows if one.patient is not None], "phone_numbers")
    return rows


def phone_of(row: Appointment) -> str:
    """The number under which somebody tells them."""
    numbers = sorted(row.patient.phone_numbers.all(), key=lambda one: (one.position, one.pk)) if row.patient else []
    return str(numbers[0]) if numbers else row.contact_phone


@line_of(AvailableSlot)
def slot_line(row: AvailableSlot) -> str:
    """A slot in a line: when, with whom and for what."""
    when = show_span(row.starts_at, row.ends_at, row.practice)
    return " · ".join(str(one) for one in (when, row.specialist, row.appointment_type) if one)


def group_of(row: Appointment, *, by: Actor) -> tuple[str, str] | None:
    """The way to the group that the visit is in, and how full it is; None where it is in none."""
    slot = row.slot
    if slot is None or slot.capacity == 1 or not row.claims_time:
        return None
    if not by.may("scheduling.view_slots", slot.practice_id):
        return None
    says = _t("Its group: %(booked)d of %(places)d") % {"booked": slot.booked, "places": slot.capacity}
    return says, reverse("admin:scheduling_availableslot_change", args=(slot.pk,))


def has_begun(row: Appointment | AvailableSlot, at: datetime) -> str:
    """The question before changing a visit that has begun; "" for one that lies ahead or has no time."""
    if row.starts_at is None or row.starts_at > at:
        return ""
    began = show_span(row.starts_at, row.ends_at or row.starts_at, row.practice)
    if row.ends_at is not None and row.ends_at <= at:
        return _t("This visit is over: %(when)s. Change it anyway?") % {"when": began}
    return _t("This visit has begun: %(when)s. Change it anyway?") % {"when": began}
