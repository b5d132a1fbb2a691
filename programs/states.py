"""The words of programs: how a plan is billed, the states of a program, and the movements of its sessions."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class BillingModel(models.TextChoices):
    """What a plan sells: sessions, access for a time, or both."""

    SESSION_BASED = "session_based", _("Sessions")
    TIME_BASED = "time_based", _("Access for a time")
    HYBRID = "hybrid", _("Sessions and access")


WITH_SESSIONS = frozenset({BillingModel.SESSION_BASED, BillingModel.HYBRID})
WITH_ACCESS = frozenset({BillingModel.TIME_BASED, BillingModel.HYBRID})


class EnrollmentStatus(models.TextChoices):
    """The states of a program; read them through `with_status(at)`."""

    ACTIVE = "active", _("Active")
    COMPLETED = "completed", _("Completed")
    EXPIRED = "expired", _("Expired")
    CANCELLED = "cancelled", _("Cancelled")


# completed -> active when a session is restored or added, expired -> active when extended.
NEXT: dict[str, frozenset[str]] = {
    EnrollmentStatus.ACTIVE: frozenset(
        {EnrollmentStatus.COMPLETED, EnrollmentStatus.EXPIRED, EnrollmentStatus.CANCELLED}
    ),
    EnrollmentStatus.COMPLETED: frozenset({EnrollmentStatus.ACTIVE}),
    EnrollmentStatus.EXPIRED: frozenset({EnrollmentStatus.ACTIVE, EnrollmentStatus.CANCELLED}),
    EnrollmentStatus.CANCELLED: frozenset(),
}


class MovementKind(models.TextChoices):
    """What happened to a program's sessions."""

    GRANT = "grant", _("Granted")
    CONSUME = "consume", _("Used")
    RESTORE = "restore", _("Given back")
    FORFEIT = "forfeit", _("Forfeited")
    RELEASE = "release", _("Released")
    ADJUST = "adjust", _("Adjusted")
