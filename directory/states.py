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


class ClientType(models.TextChoices):
    """Whether a program can keep a secret; the words are those of OAuth2."""

    CONFIDENTIAL = "confidential", _("On a server, with a secret")
    PUBLIC = "public", _("On people's devices, without a secret")


class Flow(models.TextChoices):
    """For whom a program acts; the words are those of the OAuth2 library."""

    AUTHORIZATION_CODE = "authorization-code", _("People who allow it")
    CLIENT_CREDENTIALS = "client-credentials", _("Its owner")


class SignInOutcome(models.TextChoices):
    """What came of a try to sign in."""

    WRONG = "wrong", _("Wrong")
    RIGHT = "right", _("Signed in")
    REFUSED = "refused", _("Too many tries")
