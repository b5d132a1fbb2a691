"""The life of an appointment."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

# Nothing lasts longer, but time off: what shares time with a moment began at most so long before it, which is what lets
# the index of a calendar be read from there on, and not from its first day.
LONGEST_SLOT = timedelta(days=1)
LONGEST_VISIT = timedelta(days=7)
LONGEST_CLAIM = LONGEST_VISIT + 2 * timedelta(days=1)  # with the pauses around it


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


# What the back office's undo leads back to; done and no-show go to where the history says that they came from, and
# here only without one. Cancelled and rejected are final, but for a slip of the hand.
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


# Those that take the time of people and rooms, as long as they have a time and are not archived.
CLAIMING = frozenset({_S.REQUESTED, _S.CONFIRMED, _S.ARRIVED, _S.IN_CARE, _S.DONE})

# Visits that are to take place or did: for the next one the patient is not new any more.
KEPT = CLAIMING - {AppointmentStatus.REQUESTED}


class ClaimRole(models.TextChoices):
    """As what a resource is busy."""

    SPECIALIST = "specialist", _("Specialist")
    ROOM = "room", _("Room")
    PATIENT = "patient", _("Patient")
    ASSISTANT = "assistant", _("Assistant")


class SlotPattern(models.TextChoices):
    """How a series repeats (availability: recurrence_pattern)."""

    DAILY = "daily", _("Daily")
    WEEKLY = "weekly", _("Weekly")
    BIWEEKLY = "biweekly", _("Every two weeks")
    MONTHLY = "monthly", _("Monthly")
    CUSTOM = "custom", _("By a rule")


class SkipReason(models.TextChoices):
    """Why a series left a day out."""

    GAP = "gap", _("The clock skips this time")
    HOLIDAY = "holiday", _("Holiday or closure")
    TIME_OFF = "time_off", _("Time off")
    CLASH = "clash", _("Another slot is there")
    TAKEN = "taken", _("The time is taken")
    WITHDRAWN = "withdrawn", _("Withdrawn by hand")


class HolidaySource(models.TextChoices):
    """Where a holiday came from."""

    LIBRARY = "library", _("Calendar")
    MANUAL = "manual", _("By hand")


class RepeatType(models.TextChoices):
    """How a series of appointments repeats."""

    DAILY = "daily", _("Daily")
    WEEKLY = "weekly", _("Weekly")
    MONTHLY = "monthly", _("Monthly")


class RelationType(models.TextChoices):
    """How an appointment stands to its parent."""

    SESSION = "session", _("Session")
    CONTROL = "control", _("Control")
    FOLLOW_UP = "follow_up", _("Follow-up")


class CancellationReason(models.IntegerChoices):
    """Why a visit was cancelled (cliniko: cancellation_reason)."""

    FEELING_BETTER = 10, _("Feeling better")
    CONDITION_WORSE = 20, _("Condition worse")
    SICK = 30, _("Sick")
    COVID = 31, _("COVID-19 related")
    AWAY = 40, _("Away")
    OTHER = 50, _("Other")
    WORK = 60, _("Work")
