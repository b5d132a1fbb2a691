"""The life of an appointment."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _


class AppointmentStatus(models.TextChoices):
    """Where an appointment is."""

    REQUESTED = "requested", _("Requested")
    CONFIRMED = "confirmed", _("Confirmed")
    ARRIVED = "arrived", _("Arrived")
    IN_CARE = "in_care", _("In care")
    DONE = "done", _("Done")
    NO_SHOW = "no_show", _("No-show")
    CANCELLED = "cancelled", _("Cancelled")
    REJECTED = "rejected", _("Rejected")


_S = AppointmentStatus

NEXT: dict[str, frozenset[str]] = {
    _S.REQUESTED: frozenset({_S.CONFIRMED, _S.REJECTED, _S.CANCELLED}),
    _S.CONFIRMED: frozenset({_S.ARRIVED, _S.IN_CARE, _S.DONE, _S.NO_SHOW, _S.CANCELLED}),
    _S.ARRIVED: frozenset({_S.CONFIRMED, _S.IN_CARE, _S.DONE, _S.NO_SHOW, _S.CANCELLED}),
    _S.IN_CARE: frozenset({_S.ARRIVED, _S.DONE}),
    _S.DONE: frozenset({_S.CONFIRMED}),
    _S.NO_SHOW: frozenset({_S.CONFIRMED}),
    _S.CANCELLED: frozenset(),
    _S.REJECTED: frozenset(),
}

# Those that still lie ahead: they hold a session, and a cancelled program cancels them.
OPEN = frozenset({_S.REQUESTED, _S.CONFIRMED, _S.ARRIVED, _S.IN_CARE})


# What the back office's undo leads back to. Cancelled and rejected are final, but for a slip of the hand.
UNDO: dict[str, AppointmentStatus] = {
    _S.ARRIVED: _S.CONFIRMED,
    _S.IN_CARE: _S.ARRIVED,
    _S.DONE: _S.CONFIRMED,
    _S.NO_SHOW: _S.CONFIRMED,
}
FINAL = frozenset({_S.CANCELLED, _S.REJECTED})
UNDO_FINAL_WITHIN = timedelta(minutes=3)


class AppointmentType(models.TextChoices):
    """Where it takes place."""

    IN_PRACTICE = "in_practice", _("In the practice")
    TELEHEALTH = "telehealth", _("Telehealth")


class CreatedVia(models.TextChoices):
    """Which door it came through."""

    ADMIN = "admin", _("Back office")
    PORTAL = "portal", _("Patient portal")
    API = "api", _("API")
    IMPORT = "import", _("Import")
