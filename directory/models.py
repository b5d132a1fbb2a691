"""Who and where: archives, practices, their members, specialists, rooms, and the keys programs use."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import ClassVar, Self
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from core.constraints import known
from core.errors import InvalidInput
from core.models import ClinicModel, Remembering, Stored
from directory.named import Configuration, Named, unique_live_name
from directory.querysets import (
    ApiKeyQuerySet,
    ArchiveQuerySet,
    InArchiveQuerySet,
    MembershipQuerySet,
    PracticeQuerySet,
    RoomQuerySet,
    SpecialistQuerySet,
    UserManager,
)
from directory.states import ResourceKind, Role


def check_time_zone(value: str) -> None:
    """A name of the IANA database."""
    if value not in available_timezones():
        raise ValidationError(_("“%(value)s” is no IANA time zone."), params={"value": value})


check_currency = RegexValidator(r"^[A-Z]{3}\Z", _("A currency is three capital letters (ISO 4217)."))
check_country = RegexValidator(r"^[A-Z]{2}\Z", _("A country is two capital letters (ISO 3166)."))
check_hex_color = RegexValidator(r"^[0-9a-fA-F]{6}\Z", _("A color is six hexadecimal digits without #."))


class User(Remembering, AbstractUser):
    """Who signs in: staff by their memberships, patients by their access."""

    language = models.CharField(_("language"), max_length=10, blank=True)

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")


class Archive(ClinicModel):
    """What its practices share: patient records and the catalogue."""

    name = models.CharField(_("name"), max_length=255)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    hosts = models.JSONField(
        _("hosts"), default=list, blank=True, help_text=_("Host names under which visitors see this archive.")
    )

    objects = ArchiveQuerySet.as_manager()

    class Meta:
        verbose_name = _("archive")
        verbose_name_plural = _("archives")

    def __str__(self) -> str:
        return self.name

    def guard(self) -> None:
        """`hosts` is a list of host names without ports."""
        if not isinstance(self.hosts, list) or not all(isinstance(one, str) and one.strip() for one in self.hosts):
            raise InvalidInput({"hosts": _t("must be a list of host names")})
        self.hosts = [one.strip().lower() for one in self.hosts]


class Resource(Stored):
    """Anything that can be busy: made with its specialist, room or patient; its id orders locks."""

    kind = models.CharField(_("kind"), max_length=8, choices=ResourceKind)

    class Meta:
        constraints = [known("resource", "kind", ResourceKind)]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class Practice(ClinicModel):
    """A location with its time zone and currency. `holiday_calendar` "" = its country's."""

    archive = models.ForeignKey(Archive, models.PROTECT, related_name="practices", verbose_name=_("archive"))
    name = models.CharField(_("name"), max_length=255)
    display_name = models.CharField(_("display name"), max_length=255, blank=True)
    address_1 = models.CharField(_("address"), max_length=255, blank=True)
    address_2 = models.CharField(_("address, second line"), max_length=255, blank=True)
    city = models.CharField(_("city"), max_length=255, blank=True)
    state = models.CharField(_("state"), max_length=255, blank=True)
    post_code = models.CharField(_("post code"), max_length=20, blank=True)
    country_code = models.CharField(_("country"), max_length=2, blank=True, validators=[check_country])
    time_zone = models.CharField(_("time zone"), max_length=63, validators=[check_time_zone])
    currency = models.CharField(_("currency"), max_length=3, validators=[check_currency])
    contact_information = models.TextField(_("contact"), blank=True)
    additional_information = models.TextField(_("additional information"), max_length=5000, blank=True)
    additional_invoice_information = models.TextField(_("additional text on invoices"), max_length=5000, blank=True)
    website_address = models.URLField(_("web site"), max_length=500, blank=True)
    email_reply_to = models.EmailField(_("reply-to e-mail"), blank=True)
    registration_name = models.CharField(_("registered as"), max_length=255, blank=True)
    registration_value = models.CharField(_("registration number"), max_length=255, blank=True)
    reminders_enabled = models.BooleanField(_("sends reminders"), default=True, db_default=True)
    show_in_online_bookings = models.BooleanField(_("open to online bookings"), default=True, db_default=True)
    notice_hours = models.PositiveSmallIntegerField(
        _("notice, hours"),
        default=24,
        db_default=24,
        help_text=_("Patients may cancel or move until then; later is late."),
    )
    no_show_forfeits = models.BooleanField(_("a no-show uses up the session"), default=False, db_default=False)
    late_cancel_forfeits = models.BooleanField(
        _("a patient's late cancellation uses up the session"), default=False, db_default=False
    )
    holiday_calendar = models.CharField(_("holiday calendar"), max_length=16, blank=True)
    bill_prefix = models.CharField(_("bill prefix"), max_length=16, blank=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    objects = PracticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("practice")
        verbose_name_plural = _("practices")
        constraints = [unique_live_name("practice")]

    def __str__(self) -> str:
        return self.display_name or self.name

    @property
    def zone(self) -> ZoneInfo:
        """The practice's time zone."""
        return ZoneInfo(self.time_zone)


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

    objects = InArchiveQuerySet["Specialty"].as_manager()

    class Meta:
        verbose_name = _("specialty")
        verbose_name_plural = _("specialties")
        constraints = [unique_live_name("specialty")]


class Specialist(ClinicModel):
    """A person who treats or assists; works at one or more practices of the archive."""

    archive = models.ForeignKey(Archive, models.PROTECT, related_name="specialists", verbose_name=_("archive"))
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
            models.UniqueConstraint(fields=["archive", "user"], name="specialist_unique_user"),
        ]
        indexes = [models.Index(fields=["archive", "last_name", "first_name", "id"], name="specialist_name")]

    def __str__(self) -> str:
        return f"{self.title} {self.name}".strip()

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


class SpecialistPractice(Stored):
    """That a specialist works at a practice."""

    specialist = models.ForeignKey(Specialist, models.CASCADE, related_name="works_at", verbose_name=_("specialist"))
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="+", verbose_name=_("practice"))

    class Meta:
        verbose_name = _("practice they work at")
        verbose_name_plural = _("practices they work at")
        constraints = [models.UniqueConstraint(fields=["specialist", "practice"], name="specialist_practice_unique")]

    def __str__(self) -> str:
        return str(self.practice)


class Room(ClinicModel):
    """A room or chair."""

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="rooms", verbose_name=_("practice"))
    resource = models.OneToOneField(Resource, models.PROTECT, editable=False, related_name="room")
    name = models.CharField(_("name"), max_length=255)
    is_active = models.BooleanField(_("in use"), default=True, db_default=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    objects = RoomQuerySet.as_manager()

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        constraints = [unique_live_name("room", "practice")]

    def __str__(self) -> str:
        return self.name


class Color(Configuration):
    """A color of the agenda; hex digits without #."""

    name = models.CharField(_("name"), max_length=50, blank=True)
    background_color = models.CharField(_("background"), max_length=6, validators=[check_hex_color])
    text_color = models.CharField(_("text"), max_length=6, validators=[check_hex_color])

    objects = InArchiveQuerySet["Color"].as_manager()

    class Meta:
        verbose_name = _("color")
        verbose_name_plural = _("colors")

    def __str__(self) -> str:
        return self.name or f"#{self.background_color}"


class ApiKey(ClinicModel):
    """A program's credential: shown once, kept as a prefix and the SHA-256 of the whole.

    It narrows its owner: to `practice`, to `scopes` (empty: all of the owner's rights).
    """

    PREFIX_LENGTH = 12
    SEEN_EVERY = timedelta(minutes=5)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_keys", verbose_name=_("owner"))
    practice = models.ForeignKey(
        Practice, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("only for practice")
    )
    label = models.CharField(_("label"), max_length=100, blank=True)
    scopes = models.JSONField(_("only for scopes"), default=list, blank=True)
    prefix = models.CharField(_("begins with"), max_length=PREFIX_LENGTH, editable=False)
    key_hash = models.CharField(max_length=64, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [models.UniqueConstraint(fields=["key_hash"], name="api_key_unique")]

    def __str__(self) -> str:
        return f"{self.prefix}… {self.label}".strip()

    @staticmethod
    def hashed(key: str) -> str:
        """What is stored of a key. It is random and long, so that a plain digest is enough."""
        return hashlib.sha256(key.encode()).hexdigest()

    @classmethod
    def draw(cls) -> str:
        """A new key: 43 random URL-safe characters behind `ck_`."""
        return f"ck_{secrets.token_urlsafe(32)}"

    def hold(self, key: str) -> Self:
        """Take `key` as this row's; the key itself is not kept."""
        self.prefix, self.key_hash = key[: self.PREFIX_LENGTH], self.hashed(key)
        return self

    def revoke(self, *, at: datetime) -> None:
        """Refuse the key from now on; revoking twice keeps the first time."""
        self.revoked_at = self.revoked_at or at
