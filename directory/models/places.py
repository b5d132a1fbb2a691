"""Organizations, practices, rooms, and the resources of whatever can be busy."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from core.constraints import known
from core.errors import InvalidInput
from core.iso import check_country, check_currency, check_holiday_calendar, check_time_zone
from core.models import ClinicModel, Stored
from directory.named import Configuration, unique_live_name
from directory.querysets import InOrganizationQuerySet, OrganizationQuerySet, PracticeQuerySet, RoomQuerySet
from directory.states import ResourceKind

check_hex_color = RegexValidator(r"^[0-9a-fA-F]{6}\Z", _("A color is six hexadecimal digits without #."))


class Organization(ClinicModel):
    """The tenant: its practices share patient records and the catalogue."""

    name = models.CharField(_("name"), max_length=255)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    hosts = models.JSONField(
        _("hosts"), default=list, blank=True, help_text=_("Host names under which visitors see this organization.")
    )

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")

    def __str__(self) -> str:
        return self.name

    def guard(self) -> None:
        """Raise InvalidInput unless `hosts` is a list of host names without ports."""
        if not isinstance(self.hosts, list) or not all(isinstance(one, str) and one.strip() for one in self.hosts):
            raise InvalidInput({"hosts": _t("must be a list of host names")})
        self.hosts = [one.strip().lower() for one in self.hosts]


class Resource(Stored):
    """Anything that can be busy, created with its specialist, room or patient; its id is the lock order.

    `retired_at`: when its patient's record was merged into another, which is busy in its place. Whoever locks it sees
    it, having waited for the merge.
    """

    kind = models.CharField(_("kind"), max_length=8, choices=ResourceKind)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [known("resource", "kind", ResourceKind)]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class Practice(ClinicModel):
    """A location with its time zone and currency. An empty `holiday_calendar` means its country's."""

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="practices", verbose_name=_("organization")
    )
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
    booking_horizon_months = models.PositiveSmallIntegerField(
        _("booked online so many months ahead"),
        default=12,
        db_default=12,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
    )
    no_show_forfeits = models.BooleanField(_("a no-show uses up the session"), default=False, db_default=False)
    late_cancel_forfeits = models.BooleanField(
        _("a patient's late cancellation uses up the session"), default=False, db_default=False
    )
    holiday_calendar = models.CharField(
        _("holiday calendar"), max_length=16, blank=True, validators=[check_holiday_calendar]
    )
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
    """A color of the calendar, as six hexadecimal digits without #."""

    name = models.CharField(_("name"), max_length=50, blank=True)
    background_color = models.CharField(_("background"), max_length=6, validators=[check_hex_color])
    text_color = models.CharField(_("text"), max_length=6, validators=[check_hex_color])

    objects = InOrganizationQuerySet["Color"].as_manager()

    class Meta:
        verbose_name = _("color")
        verbose_name_plural = _("colors")

    def __str__(self) -> str:
        return self.name or f"#{self.background_color}"
