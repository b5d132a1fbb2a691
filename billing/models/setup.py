"""The setup of billing: price lists, companies, and how a practice numbers its bills."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.querysets import BillingSettingsQuerySet, PriceListItemQuerySet
from billing.states import Language, Series
from catalog.models import Service
from core.constraints import at_least, known
from core.errors import InvalidInput
from core.models import ClinicModel
from core.money import MoneyField
from directory.models import Practice, check_currency
from directory.named import Named, unique_live_name
from directory.querysets import InOrganizationQuerySet

COUNTED = ("bill", "credit", "proforma", "receipt")
FIRST = [MinValueValidator(1), MaxValueValidator(1_000_000_000)]


class PriceList(Named):
    """Prices for care plans that replace the services' own; a service without an item costs its base price."""

    currency = models.CharField(_("currency"), max_length=3, validators=[check_currency])

    objects = InOrganizationQuerySet["PriceList"].as_manager()

    class Meta:
        verbose_name = _("price list")
        verbose_name_plural = _("price lists")
        constraints = [unique_live_name("price_list")]


class PriceListItem(ClinicModel):
    """The net price of a service on a price list."""

    price_list = models.ForeignKey(PriceList, models.CASCADE, related_name="items", verbose_name=_("price list"))
    service = models.ForeignKey(Service, models.PROTECT, related_name="+", verbose_name=_("service"))
    price = MoneyField(_("price"))

    objects = PriceListItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        constraints = [
            models.UniqueConstraint(
                fields=["price_list", "service"],
                name="price_list_item_unique",
                violation_error_message=_("The price list already has a price for this service."),
            ),
            at_least("price_list_item", "price", 0),
        ]

    def __str__(self) -> str:
        return f"{self.service} · {self.price}"


class Company(Named):
    """A company that pays for patients or sends us bills: an insurer, an employer, a supplier."""

    address = models.TextField(_("address"), blank=True)
    tax_number = models.CharField(_("tax number"), max_length=32, blank=True)

    objects = InOrganizationQuerySet["Company"].as_manager()

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        constraints = [unique_live_name("company")]


class BillingSettings(ClinicModel):
    """How a practice bills; a practice with defaults only has no row (see `settings_of`).

    The first number counts where a series has no number yet; every later year begins with 1.
    """

    practice = models.OneToOneField(
        Practice, models.CASCADE, related_name="billing_settings", verbose_name=_("practice"), editable=False
    )
    bill_automatically = models.BooleanField(
        _("bill automatically"),
        default=False,
        db_default=False,
        help_text=_("A visit done, a program begun and an order delivered are billed at once."),
    )
    automatic_since = models.DateTimeField(_("automatically since"), null=True, blank=True, editable=False)
    looked_until = models.DateTimeField(_("looked for work to bill until"), null=True, blank=True, editable=False)
    bill_prefix = models.CharField(_("prefix of invoices"), max_length=16, blank=True)
    credit_prefix = models.CharField(
        _("prefix of credit notes"), max_length=16, blank=True, default="C", db_default="C"
    )
    proforma_prefix = models.CharField(_("prefix of proformas"), max_length=16, blank=True, default="P", db_default="P")
    receipt_prefix = models.CharField(_("prefix of receipts"), max_length=16, blank=True, default="R", db_default="R")
    first_bill_number = models.PositiveIntegerField(_("first invoice"), default=1, db_default=1, validators=FIRST)
    first_credit_number = models.PositiveIntegerField(_("first credit note"), default=1, db_default=1, validators=FIRST)
    first_proforma_number = models.PositiveIntegerField(_("first proforma"), default=1, db_default=1, validators=FIRST)
    first_receipt_number = models.PositiveIntegerField(_("first receipt"), default=1, db_default=1, validators=FIRST)
    stamp_threshold = MoneyField(
        _("stamp above"),
        null=True,
        blank=True,
        help_text=_("A bill whose lines without tax come to more than this bears the stamp. Empty: no stamps."),
    )
    stamp_amount = MoneyField(_("stamp"), default=0, db_default=0)
    payment_link_days = models.PositiveSmallIntegerField(
        _("payment link, days"), default=30, db_default=30, validators=[MinValueValidator(1), MaxValueValidator(3660)]
    )
    language = models.CharField(
        _("language of bills"), max_length=2, choices=Language, default=Language.EN, db_default=Language.EN
    )

    objects = BillingSettingsQuerySet.as_manager()

    class Meta:
        verbose_name = _("billing settings")
        verbose_name_plural = _("billing settings")
        constraints = [
            models.CheckConstraint(
                condition=~Q(bill_prefix=F("credit_prefix"))
                & ~Q(bill_prefix=F("proforma_prefix"))
                & ~Q(credit_prefix=F("proforma_prefix")),
                name="billing_settings_prefixes_differ",
                violation_error_message=_("Invoices, credit notes and proformas need different prefixes."),
            ),
            models.CheckConstraint(
                condition=Q(stamp_threshold__isnull=True) | Q(stamp_amount__gt=0),
                name="billing_settings_stamp_has_amount",
                violation_error_message=_("A stamp needs an amount."),
            ),
            models.CheckConstraint(
                condition=Q(bill_automatically=True, automatic_since__isnull=False)
                | Q(bill_automatically=False, automatic_since__isnull=True),
                name="billing_settings_automatic_since",
            ),
            at_least("billing_settings", "stamp_threshold", 0),
            at_least("billing_settings", "stamp_amount", 0),
            *(at_least("billing_settings", f"first_{one}_number", 1) for one in COUNTED),
            known("billing_settings", "language", Language),
        ]

    def __str__(self) -> str:
        return str(self.practice)

    def prefix_of(self, series: str) -> str:
        """The prefix of the numbers in a series."""
        return str(getattr(self, f"{Series(series)}_prefix"))

    def first_number_of(self, series: str) -> int:
        """The number with which a series begins."""
        return int(getattr(self, f"first_{Series(series)}_number"))

    def guard(self) -> None:
        """Raise InvalidInput for a prefix shared by two kinds of bill, and for a stamp without an amount."""
        prefixes = {name: getattr(self, f"{name}_prefix") for name in ("bill", "credit", "proforma")}
        for name, prefix in prefixes.items():
            if list(prefixes.values()).count(prefix) > 1 and name != "bill":
                raise InvalidInput({f"{name}_prefix": _("must differ from the other prefixes")})
        if self.stamp_threshold is not None and not self.stamp_amount:
            raise InvalidInput({"stamp_amount": _("is required with a threshold")})
