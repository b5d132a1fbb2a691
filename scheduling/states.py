"""The life of an appointment, and the other words that the calendar uses."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

# Only time off may last longer. Whatever shares time with a moment therefore began at most this long before it, and a
# calendar's index need not be read from its first day.
LONGEST_SLOT = timedelta(days=1)
LONGEST_VISIT = timedelta(days=7)
LONGEST_PAUSE = timedelta(days=1)  # before or after a visit
LONGEST_CLAIM = LONGEST_VISIT + 2 * LONGEST_PAUSE


class AppointmentStatus(models.TextChoices):
    """The states of an appointment."""

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

# States in which a visit is still to come or under way: it holds a session, and cancelling its program cancels it.
OPEN = frozenset({_S.REQUESTED, _S.CONFIRMED, _S.ARRIVED, _S.IN_CARE})


# The state to which undo in the back office leads back. Done and no-show go back to the state in the history, and to
# this one only without a history. Cancelled and rejected are final, except for undoing a slip within minutes.
UNDO: dict[str, AppointmentStatus] = {
    _S.ARRIVED: _S.CONFIRMED,
    _S.IN_CARE: _S.ARRIVED,
    _S.DONE: _S.CONFIRMED,
    _S.NO_SHOW: _S.CONFIRMED,
}
FINAL = frozenset({_S.CANCELLED, _S.REJECTED})
UNDO_FINAL_WITHIN = timedelta(minutes=3)


class AppointmentType(models.TextChoices):
    """Where an appointment takes place."""

    IN_PRACTICE = "in_practice", _("In the practice")
    TELEHEALTH = "telehealth", _("Telehealth")


class CreatedVia(models.TextChoices):
    """The interface through which an appointment was created."""

    ADMIN = "admin", _("Back office")
    PORTAL = "portal", _("Patient portal")
    API = "api", _("API")
    IMPORT = "import", _("Import")


# States in which an appointment with a time takes the time of people and rooms, unless it is archived.
CLAIMING = frozenset({_S.REQUESTED, _S.CONFIRMED, _S.ARRIVED, _S.IN_CARE, _S.DONE})

# A patient with a visit in one of these states is not new any more.
KEPT = CLAIMING - {AppointmentStatus.REQUESTED}


class ClaimRole(models.TextChoices):
    """The role in which a resource is busy."""

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
    """Why a series created no slot on a day."""

    GAP = "gap", _("The clock skips this time")
    HOLIDAY = "holiday", _("Holiday or closure")
    TIME_OFF = "time_off", _("Time off")
    CLASH = "clash", _("Another slot is there")
    TAKEN = "taken", _("The time is taken")
    WITHDRAWN = "withdrawn", _("Withdrawn by hand")


class HolidaySource(models.TextChoices):
    """Where an entry in the list of holidays comes from."""

    LIBRARY = "library", _("Calendar")
    MANUAL = "manual", _("By hand")


class RepeatType(models.TextChoices):
    """How a series of appointments repeats."""

    DAILY = "daily", _("Daily")
    WEEKLY = "weekly", _("Weekly")
    MONTHLY = "monthly", _("Monthly")


class RelationType(models.TextChoices):
    """How an appointment relates to its parent."""

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
