"""Users, the members of practices, and specialists."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from core.constraints import known
from core.models import ClinicModel, Remembering, Stored
from directory.models.places import Organization, Practice, Resource
from directory.named import Named, unique_live_name
from directory.querysets import InOrganizationQuerySet, MembershipQuerySet, SpecialistQuerySet, UserManager
from directory.states import Role, UserKind


class User(Remembering, AbstractUser):
    """An account: staff have memberships, patients have access to records, programs have keys."""

    language = models.CharField(_("language"), max_length=10, blank=True)
    kind = models.CharField(
        _("kind"), max_length=8, choices=UserKind, default=UserKind.PERSON, db_default=UserKind.PERSON, editable=False
    )
    sessions_ended = models.PositiveIntegerField(
        _("times all sessions were ended"), default=0, db_default=0, editable=False
    )

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [known("user", "kind", UserKind)]
        indexes = [
            models.Index(fields=["kind", "username"], name="user_kind"),
            models.Index(fields=["username"], name="user_inactive", condition=models.Q(is_active=False)),
            models.Index(fields=["username"], name="user_superuser", condition=models.Q(is_superuser=True)),
            # By code points, for the beginning of a name as a range.
            models.Index(fields=["first_name"], name="user_first_name", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["last_name"], name="user_last_name", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["email"], name="user_email", opclasses=["varchar_pattern_ops"]),
        ]

    def end_sessions(self) -> None:
        """End every session that is open now, wherever sessions are stored."""
        self.sessions_ended += 1

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """The value that a session must carry: it changes with the password, and whenever all sessions are ended."""
        if not self.sessions_ended:
            return super()._get_session_auth_hash(secret=secret)  # type: ignore[misc,no-any-return]
        told = f"{self.password}:{self.sessions_ended}"
        return salted_hmac("directory.User.sessions", told, secret=secret, algorithm="sha256").hexdigest()


class Membership(ClinicModel):
    """A user's role in a practice."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name=_("user")
    )
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="memberships", verbose_name=_("practice"))
    role = models.CharField(_("role"), max_length=16, choices=Role)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["user", "practice"], name="membership_unique"),
            known("membership", "role", Role),
        ]
        indexes = [models.Index(fields=["practice", "role"], name="membership_practice_role")]

    def __str__(self) -> str:
        return f"{self.user} · {self.practice}"


class Specialty(Named):
    """A field of practice, such as physiotherapy."""

    sequence_number = models.PositiveSmallIntegerField(_("position"), default=0, db_default=0)

    objects = InOrganizationQuerySet["Specialty"].as_manager()

    class Meta:
        verbose_name = _("specialty")
        verbose_name_plural = _("specialties")
        constraints = [unique_live_name("specialty")]


class Specialist(ClinicModel):
    """A person who treats or assists, at one or more practices of the organization."""

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="specialists", verbose_name=_("organization")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="specialists",
        verbose_name=_("user"),
    )
    resource = models.OneToOneField(Resource, models.PROTECT, editable=False, related_name="specialist")
    first_name = models.CharField(_("first name"), max_length=255)
    last_name = models.CharField(_("last name"), max_length=255, blank=True)
    title = models.CharField(_("title"), max_length=50, blank=True)
    designation = models.CharField(_("designation"), max_length=255, blank=True)
    description = models.TextField(_("description"), blank=True)
    specialty = models.ForeignKey(
        Specialty, models.PROTECT, null=True, blank=True, related_name="specialists", verbose_name=_("specialty")
    )
    default_service = models.ForeignKey(
        "catalog.Service", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("default service")
    )
    italian_fiscal_code = models.CharField(_("Italian fiscal code"), max_length=16, blank=True)
    sequence_number = models.PositiveSmallIntegerField(_("position"), default=0, db_default=0)
    scheduling_active = models.BooleanField(_("takes appointments"), default=True, db_default=True)
    show_in_online_bookings = models.BooleanField(_("open to online bookings"), default=True, db_default=True)
    telehealth_url = models.URLField(_("telehealth link"), max_length=500, blank=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    practices = models.ManyToManyField(Practice, through="SpecialistPractice", related_name="specialists")

    objects = SpecialistQuerySet.as_manager()

    class Meta:
        verbose_name = _("specialist")
        verbose_name_plural = _("specialists")
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="specialist_unique_user"),
        ]
        indexes = [models.Index(fields=["organization", "last_name", "first_name", "id"], name="specialist_name")]

    def __str__(self) -> str:
        return f"{self.title} {self.name}".strip()

    @property
    def name(self) -> str:
        """The first and last name."""
        return f"{self.first_name} {self.last_name}".strip()


class SpecialistPractice(Stored):
    """A practice at which a specialist works."""

    specialist = models.ForeignKey(Specialist, models.CASCADE, related_name="works_at", verbose_name=_("specialist"))
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="+", verbose_name=_("practice"))

    class Meta:
        verbose_name = _("practice they work at")
        verbose_name_plural = _("practices they work at")
        constraints = [models.UniqueConstraint(fields=["specialist", "practice"], name="specialist_practice_unique")]

    def __str__(self) -> str:
        return str(self.practice)
