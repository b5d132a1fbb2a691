"""The directory's words."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a member of a practice may do; core.permissions has the same words."""

    CLINIC_ADMIN = "clinic_admin", _("Clinic admin")
    FRONT_DESK = "front_desk", _("Front desk")
    SPECIALIST = "specialist", _("Specialist")


class ResourceKind(models.TextChoices):
    """What can be busy."""

    PERSON = "person", _("Person")
    ROOM = "room", _("Room")
    PATIENT = "patient", _("Patient")


class SignInOutcome(models.TextChoices):
    """What came of a try to sign in."""

    WRONG = "wrong", _("Wrong")
    RIGHT = "right", _("Signed in")
    REFUSED = "refused", _("Too many tries")
