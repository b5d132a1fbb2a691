"""Services: treatments with a length and a price, their specialists, forms, files and protocol."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.product import Product
from catalog.querysets import OfServiceQuerySet, ServiceQuerySet
from catalog.states import Category
from core.constraints import PERCENT, at_least, known, percent
from core.models import ClinicModel, Stored
from core.money import MoneyField
from directory.models import Color, Organization, Specialist, Specialty, check_currency
from directory.named import Named, unique_live_name
from directory.querysets import InOrganizationQuerySet

MINUTES = [MinValueValidator(1), MaxValueValidator(1439)]


class Service(ClinicModel):
    """A treatment that can be booked; durations and pauses are in minutes.

    `code` is shared by the services that one kind of slot serves.
    """

    uuid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="services", verbose_name=_("organization")
    )
    name = models.CharField(_("name"), max_length=255)
    slug = models.SlugField(_("slug"), max_length=255, db_index=False)
    description = models.TextField(_("description"), blank=True)
    code = models.CharField(_("code"), max_length=50, blank=True)
    category = models.CharField(_("category"), max_length=50, choices=Category)
    specialty = models.ForeignKey(
        Specialty, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("specialty")
    )
    color = models.ForeignKey(Color, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("color"))
    duration_minutes = models.PositiveSmallIntegerField(_("minutes"), validators=MINUTES)
    buffer_minutes = models.PositiveSmallIntegerField(
        _("pause after, minutes"), default=0, db_default=0, validators=[MaxValueValidator(1439)]
    )
    buffer_before_minutes = models.PositiveSmallIntegerField(
        _("pause before, minutes"), default=0, db_default=0, validators=[MaxValueValidator(1439)]
    )
    base_price = MoneyField(_("price"))
    currency = models.CharField(_("currency"), max_length=3, validators=[check_currency])
    vat_percentage = models.DecimalField(
        _("tax, %"), max_digits=5, decimal_places=2, default=0, db_default=0, validators=PERCENT
    )
    vat_exemption = models.CharField(_("why without tax"), max_length=255, blank=True)
    is_addon = models.BooleanField(_("add-on"), default=False, db_default=False)
    is_public = models.BooleanField(_("patients see it"), default=False, db_default=False)
    published = models.BooleanField(_("published"), default=False, db_default=False)
    cover_url = models.URLField(_("cover picture"), max_length=500, blank=True)
    video_url = models.URLField(_("video"), max_length=500, blank=True)
    telehealth_enabled = models.BooleanField(_("telehealth"), default=False, db_default=False)
    max_attendees = models.PositiveSmallIntegerField(
        _("attendees"), default=1, db_default=1, validators=[MinValueValidator(1), MaxValueValidator(99)]
    )
    booking_lead_hours = models.PositiveSmallIntegerField(_("booked ahead, hours"), default=0, db_default=0)
    sequence_number = models.PositiveSmallIntegerField(_("position"), default=0, db_default=0)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "slug"],
                name="service_unique_slug",
                violation_error_message=_("There is already a service with this slug."),
            ),
            models.CheckConstraint(
                condition=models.Q(duration_minutes__gte=1, duration_minutes__lte=1439), name="service_duration"
            ),
            at_least("service", "base_price", 0),
            percent("service", "vat_percentage"),
            known("service", "category", Category),
        ]
        indexes = [
            models.Index(fields=["organization", "published", "is_public", "id"], name="service_published"),
            models.Index(fields=["organization", "category"], name="service_category"),
            models.Index(fields=["organization", "code"], name="service_code"),
            models.Index(fields=["organization", "specialty"], name="service_specialty"),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceSpecialist(ClinicModel):
    """A specialist who offers a service; `custom_price` overrides the service's own price."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="offers", verbose_name=_("service"))
    specialist = models.ForeignKey(Specialist, models.PROTECT, related_name="offers", verbose_name=_("specialist"))
    is_active = models.BooleanField(_("offers it now"), default=True, db_default=True)
    custom_price = MoneyField(_("own price"), null=True, blank=True)
    priority = models.PositiveSmallIntegerField(_("priority"), default=1, db_default=1)

    objects = OfServiceQuerySet["ServiceSpecialist"].as_manager()

    class Meta:
        verbose_name = _("specialist of the service")
        verbose_name_plural = _("specialists of the service")
        constraints = [
            models.UniqueConstraint(
                fields=["service", "specialist"],
                name="service_specialist_unique",
                violation_error_message=_("This specialist already offers the service."),
            ),
            at_least("service_specialist", "custom_price", 0),
        ]
        indexes = [models.Index(fields=["specialist", "is_active"], name="service_specialist_active")]

    def __str__(self) -> str:
        return str(self.specialist)


class FormTemplate(Named):
    """A form that patients fill in."""

    objects = InOrganizationQuerySet["FormTemplate"].as_manager()

    class Meta:
        verbose_name = _("form template")
        verbose_name_plural = _("form templates")
        constraints = [unique_live_name("form_template")]


class ServiceForm(ClinicModel):
    """A form that comes with a service; `form_type` is free text such as "survey"."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="forms", verbose_name=_("service"))
    form_template = models.ForeignKey(FormTemplate, models.PROTECT, related_name="+", verbose_name=_("form"))
    form_type = models.CharField(_("kind"), max_length=32)
    sort_order = models.PositiveSmallIntegerField(_("position"), default=0, db_default=0)

    objects = OfServiceQuerySet["ServiceForm"].as_manager()

    class Meta:
        verbose_name = _("form of the service")
        verbose_name_plural = _("forms of the service")
        constraints = [
            models.UniqueConstraint(
                fields=["service", "form_template"],
                name="service_form_unique",
                violation_error_message=_("The service already has this form."),
            )
        ]

    def __str__(self) -> str:
        return str(self.form_template)


class ServiceAttachment(ClinicModel):
    """A file that comes with a service, stored under a random name; `file_size` in bytes."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="attachments", verbose_name=_("service"))
    file = models.FileField(_("file"), max_length=255)
    file_name = models.CharField(_("name"), max_length=255, editable=False)
    file_type = models.CharField(_("content type"), max_length=100, editable=False)
    file_size = models.PositiveIntegerField(_("size"), editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )

    objects = OfServiceQuerySet["ServiceAttachment"].as_manager()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")

    def __str__(self) -> str:
        return self.file_name


class ServiceSession(Stored):
    """A step of a treatment's protocol: `offset_days` after the first step, or `next_gap_days` after the one before."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="sessions", verbose_name=_("service"))
    session_order = models.PositiveSmallIntegerField(_("session"), validators=[MinValueValidator(1)])
    session_type = models.CharField(_("kind"), max_length=32, default="control", db_default="control")
    offset_days = models.PositiveIntegerField(_("days after the first"))
    next_gap_days = models.PositiveIntegerField(_("days until the next"), null=True, blank=True)

    objects = OfServiceQuerySet["ServiceSession"].as_manager()

    class Meta:
        verbose_name = _("session of the protocol")
        verbose_name_plural = _("sessions of the protocol")
        constraints = [
            models.UniqueConstraint(fields=["service", "session_order"], name="service_session_unique"),
            at_least("service_session", "session_order", 1),
        ]

    def __str__(self) -> str:
        return f"{self.session_order}"


class ServiceProduct(Stored):
    """A quantity of a product that a treatment uses up."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="products", verbose_name=_("service"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    quantity = models.PositiveSmallIntegerField(
        _("quantity"), default=1, db_default=1, validators=[MinValueValidator(1)]
    )

    objects = OfServiceQuerySet["ServiceProduct"].as_manager()

    class Meta:
        verbose_name = _("product used")
        verbose_name_plural = _("products used")
        constraints = [
            models.UniqueConstraint(fields=["service", "product"], name="service_product_unique"),
            at_least("service_product", "quantity", 1),
        ]

    def __str__(self) -> str:
        return str(self.product)
