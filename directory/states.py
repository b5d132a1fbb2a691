"""The words of the directory: roles, kinds of accounts and resources, OAuth2 types, sign-in outcomes."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a member of a practice may do; core.permissions has the same words."""

    CLINIC_ADMIN = "clinic_admin", _("Clinic admin")
    FRONT_DESK = "front_desk", _("Front desk")
    SPECIALIST = "specialist", _("Specialist")


class UserKind(models.TextChoices):
    """Whether an account is a person's or a program's."""

    PERSON = "person", _("Person")
    SERVICE = "service", _("Service account")


class ResourceKind(models.TextChoices):
    """The kinds of things that can be busy."""

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


class SignInStep(models.TextChoices):
    """What was tried at the entrance, or what happened to an account's keys."""

    PASSWORD = "password", _("Password")
    CODE = "code", _("Code")
    PASSKEY = "passkey", _("Passkey")
    RESET = "reset", _("Asked for a link to set a password")
    NEW_PASSWORD = "renewed", _("Set a password by a link")
    FACTOR_ADDED = "added", _("Added a second factor")
    FACTOR_REMOVED = "removed", _("Removed a second factor")
    KEY = "key", _("Key or token used from a new address")


class SignInOutcome(models.TextChoices):
    """What came of it."""

    WRONG = "wrong", _("Wrong")
    RIGHT = "right", _("Right")
    REFUSED = "refused", _("Too many tries")
    NOTED = "noted", _("Noted")


class IntegrationStatus(models.TextChoices):
    """What came of connecting a program."""

    SUCCESS = "success", _("Connected")
    FAILURE = "failure", _("Failed")
