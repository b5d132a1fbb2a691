"""Appointments, by state and by who may see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models
from django.db.models import Q

from core.actor import Actor
from core.permissions import CLINIC_ADMIN, FRONT_DESK
from core.querysets import ClinicQuerySet
from scheduling.states import OPEN, AppointmentStatus

if TYPE_CHECKING:
    from scheduling.models import Appointment

M = TypeVar("M", bound=models.Model)


def visible_appointments(actor: Actor, prefix: str = "") -> Q:
    """Appointments of the actor's practices, their own as a specialist, and those of their own patients."""
    condition = Q(**{f"{prefix}practice_id__in": actor.practices(CLINIC_ADMIN, FRONT_DESK)})
    if actor.patient_ids:
        condition |= Q(**{f"{prefix}patient_id__in": actor.patient_ids})
    if actor.specialist_ids:
        condition |= Q(**{f"{prefix}specialist_id__in": actor.specialist_ids})
    return condition


class AppointmentQuerySet(ClinicQuerySet["Appointment"]):
    """Appointments."""

    def live(self) -> Self:
        """Those that have not been put away."""
        return self.filter(archived_at=None)

    def open(self) -> Self:
        """Those that still lie ahead or are under way."""
        return self.filter(status__in=OPEN, archived_at=None)

    def registrations(self) -> Self:
        """Requests without a time: someone to call back."""
        return self.filter(status=AppointmentStatus.REQUESTED, starts_at=None, archived_at=None)

    def holding(self) -> Self:
        """Open ones that hold a session of their program."""
        return self.open().filter(plan_session_number__isnull=False)

    def upcoming(self, at: datetime) -> Self:
        """Open ones that have not begun, those without a time included."""
        return self.open().filter(Q(starts_at=None) | Q(starts_at__gte=at))

    def visible_to(self, actor: Actor) -> Self:
        """See `visible_appointments`."""
        return self if actor.everything else self.filter(visible_appointments(actor))


class OfAppointmentQuerySet(ClinicQuerySet[M]):
    """Rows that belong to an appointment."""

    def visible_to(self, actor: Actor) -> Self:
        """Whoever sees the appointment sees them."""
        return self if actor.everything else self.filter(visible_appointments(actor, "appointment__"))
