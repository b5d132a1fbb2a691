"""Bills (numbered documents that never change), the work they bill, and what is still owed on them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing import sums
from billing.models.plans import CarePlan, CarePlanEntry
from billing.models.setup import Company
from billing.querysets import (
    BillBalanceQuerySet,
    BilledWorkQuerySet,
    BillLineQuerySet,
    BillQuerySet,
    LiabilityQuerySet,
)
from billing.states import CLAIMS, BillType, Direction, ExpenseType, Series, Standing
from catalog.models import Product, Service
from core.append_only import AppendOnly
from core.constraints import PERCENT, at_least, known, percent
from core.models import ClinicModel, Stored, Traced
from core.money import MoneyField
from core.plain_text import PlainTextField
from directory.models import Practice, Specialist, check_currency
from orders.models import ProductOrder
from patients.models import Patient
from programs.models import Enrollment
from scheduling.models import Appointment

NUMBERED = ["bill", "credit", "proforma"]
NUMBERED_ELSEWHERE = ["imported", "supplier"]


class Bill(Stored):
    """A numbered document: an invoice, a credit note, a proforma, or a supplier's invoice (outgoing). Append-only.

    `net`, `vat` and `total` are the sums of its lines, `total` with the stamp. Numbers run without gaps in each
    practice, series and year (of the practice's own day); a supplier's or imported bill has an `external_number`.
    """

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+", verbose_name=_("practice"))
    patient = models.ForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="bills", verbose_name=_("patient")
    )
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="bills", verbose_name=_("company")
    )
    care_plan = models.ForeignKey(
        CarePlan, models.PROTECT, null=True, blank=True, related_name="bills", verbose_name=_("care plan")
    )
    specialist = models.ForeignKey(
        Specialist, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("specialist")
    )
    credits = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="credit_notes", verbose_name=_("credits")
    )
    type = models.CharField(_("kind"), max_length=8, choices=BillType)
    direction = models.CharField(_("direction"), max_length=8, choices=Direction, default=Direction.INCOMING)
    issued_on = models.DateField(_("date"))
    currency = models.CharField(_("currency"), max_length=3, validators=[check_currency])
    series = models.CharField(_("series"), max_length=8, choices=Series)
    prefix = models.CharField(_("prefix"), max_length=16, blank=True)
    year = models.PositiveSmallIntegerField(_("year"))
    number = models.PositiveIntegerField(_("number"), null=True, blank=True)
    external_number = PlainTextField(_("number there"), max_length=50, blank=True)
    net = MoneyField(_("net"))
    vat = MoneyField(_("tax"))
    stamp = MoneyField(_("stamp"), default=0, db_default=0)
    total = MoneyField(_("total"))
    reason = models.TextField(_("reason"), blank=True)
    payment_link_expires_at = models.DateTimeField(_("payment link until"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("made by")
    )

    objects = BillQuerySet.as_manager()

    class Meta:
        verbose_name = _("bill")
        verbose_name_plural = _("bills")
        constraints = [
            AppendOnly(name="bill_append_only", follows="patient"),
            models.UniqueConstraint(
                fields=["practice", "series", "year", "number"],
                name="bill_number_unique",
                violation_error_message=_("Another bill has this number."),
            ),
            models.CheckConstraint(
                condition=Q(series__in=NUMBERED, number__isnull=False, external_number="")
                | (Q(series__in=NUMBERED_ELSEWHERE, number__isnull=True) & ~Q(external_number="")),
                name="bill_numbered_once",
            ),
            models.CheckConstraint(
                condition=Q(series="imported", direction="incoming")
                | Q(series="supplier", direction="outgoing")
                | Q(series="bill", direction="incoming", type__in=["full", "partial"])
                | Q(series="credit", direction="incoming", type="credit")
                | Q(series="proforma", direction="incoming", type="proforma"),
                name="bill_series_fits_type",
            ),
            models.CheckConstraint(
                condition=Q(type="credit", credits__isnull=False) | (~Q(type="credit") & Q(credits__isnull=True)),
                name="bill_credits_iff_credit",
            ),
            models.CheckConstraint(
                condition=Q(patient__isnull=True) | Q(company__isnull=True),
                name="bill_one_payee",
                violation_error_message=_("A bill goes to a patient or to a company, not to both."),
            ),
            models.CheckConstraint(condition=Q(number__isnull=True) | Q(number__gte=1), name="bill_number_positive"),
            *(at_least("bill", column, 0) for column in ("net", "vat", "stamp", "total")),
            known("bill", "type", BillType),
            known("bill", "direction", Direction),
            known("bill", "series", Series),
        ]
        indexes = [
            models.Index(fields=["practice", "issued_on", "id"], name="bill_practice"),
            models.Index(fields=["issued_on", "id"], name="bill_issued"),
            models.Index(fields=["created_at", "id"], name="bill_created"),
            models.Index(fields=["type", "issued_on", "id"], name="bill_type"),
            models.Index(fields=["direction", "issued_on", "id"], name="bill_direction"),
            models.Index(fields=["number"], name="bill_number"),
            models.Index(fields=["external_number"], name="bill_external_number", condition=~Q(external_number="")),
            models.Index(fields=["practice", "series", "issued_on"], name="bill_series"),
            models.Index(fields=["care_plan"], name="bill_care_plan"),
            models.Index(fields=["patient", "issued_on", "id"], name="bill_patient"),
            models.Index(fields=["credits"], name="bill_credits"),
        ]

    def __str__(self) -> str:
        return self.full_number

    @property
    def number_with_prefix(self) -> str:
        """The prefix and the number, or a number that somebody else gave."""
        return self.external_number or f"{self.prefix}{self.number}"

    @property
    def full_number(self) -> str:
        """The number as printed, with its year, because every year begins anew."""
        return self.external_number or f"{self.prefix}{self.number}/{self.year}"

    @property
    def is_claim(self) -> bool:
        """Whether somebody owes the bill: not so for a proforma or a credit note."""
        return self.type in CLAIMS

    def link_is_valid(self, at: datetime) -> bool:
        """Whether its payment link may be used at `at`: not expired, and the bill neither paid nor credited."""
        if self.payment_link_expires_at is None or self.payment_link_expires_at <= at or not self.is_claim:
            return False
        return self.balance.owed > 0 and not self.balance.credited


class BillLine(Traced):
    """A line of a bill, and the work that it bills. Append-only.

    The unit price has its tax in it, but in lines of care plans (`price_is_net`). A credit's line names the line that
    it credits. Append-only.
    """

    id = models.BigAutoField(primary_key=True)
    bill = models.ForeignKey(Bill, models.PROTECT, related_name="lines", verbose_name=_("bill"))
    position = models.PositiveSmallIntegerField(_("position"), default=0, db_default=0)
    label = models.CharField(_("what"), max_length=255)
    quantity = models.PositiveSmallIntegerField(
        _("quantity"), default=1, db_default=1, validators=[MinValueValidator(1)]
    )
    unit_price = MoneyField(_("unit price"))
    price_is_net = models.BooleanField(_("price without tax"), default=False, db_default=False)
    discount = MoneyField(_("discount"), default=0, db_default=0)
    vat_percentage = models.DecimalField(_("tax, %"), max_digits=5, decimal_places=2, validators=PERCENT)
    vat_exemption = models.CharField(_("why without tax"), max_length=255, blank=True)
    net = MoneyField(_("net"))
    vat = MoneyField(_("tax"))
    credits = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="credit_lines", verbose_name=_("credits")
    )
    service = models.ForeignKey(Service, models.PROTECT, null=True, blank=True, related_name="+")
    product = models.ForeignKey(Product, models.PROTECT, null=True, blank=True, related_name="+")
    care_plan_entry = models.ForeignKey(CarePlanEntry, models.PROTECT, null=True, blank=True, related_name="bill_lines")
    appointment = models.ForeignKey(Appointment, models.PROTECT, null=True, blank=True, related_name="bill_lines")
    enrollment = models.ForeignKey(Enrollment, models.PROTECT, null=True, blank=True, related_name="bill_lines")
    product_order = models.ForeignKey(ProductOrder, models.PROTECT, null=True, blank=True, related_name="bill_lines")

    objects = BillLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of a bill")
        verbose_name_plural = _("lines of a bill")
        constraints = [
            AppendOnly(name="bill_line_append_only"),
            models.UniqueConstraint(fields=["bill", "position"], name="bill_line_position_unique"),
            *(at_least("bill_line", column, 0) for column in ("unit_price", "discount", "net", "vat")),
            at_least("bill_line", "quantity", 1),
            percent("bill_line", "vat_percentage"),
        ]
        indexes = [models.Index(fields=["credits"], name="bill_line_credits")]

    def __str__(self) -> str:
        return self.label

    @property
    def amounts(self) -> sums.Amounts:
        """Its sum without and with tax."""
        return sums.Amounts(self.net, self.vat)

    @property
    def gross(self) -> Decimal:
        """Its sum with tax."""
        return self.net + self.vat


ORIGINS = ("appointment", "enrollment", "product_order", "care_plan_entry")


def _one_origin() -> Q:
    condition = Q()
    for name in ORIGINS:
        condition |= Q(**{f"{one}__isnull": one != name for one in ORIGINS})
    return condition


class BilledWork(Stored):
    """The record that a visit, program, order or care plan entry has been billed; there is at most one for each.

    A row goes when its bill is credited in full: what was billed is free to be billed again.
    """

    bill = models.ForeignKey(Bill, models.PROTECT, related_name="billed_work", verbose_name=_("bill"))
    appointment = models.ForeignKey(Appointment, models.PROTECT, null=True, blank=True, related_name="billed_work")
    enrollment = models.ForeignKey(Enrollment, models.PROTECT, null=True, blank=True, related_name="billed_work")
    product_order = models.ForeignKey(ProductOrder, models.PROTECT, null=True, blank=True, related_name="billed_work")
    care_plan_entry = models.ForeignKey(
        CarePlanEntry, models.PROTECT, null=True, blank=True, related_name="billed_work"
    )

    objects = BilledWorkQuerySet.as_manager()

    class Meta:
        verbose_name = _("billed work")
        verbose_name_plural = _("billed work")
        constraints = [
            models.CheckConstraint(condition=_one_origin(), name="billed_work_one_origin"),
            *(
                models.UniqueConstraint(
                    fields=[name],
                    condition=Q(**{f"{name}__isnull": False}),
                    name=f"billed_work_{name}_once",
                    violation_error_message=_("It has been billed already."),
                )
                for name in ORIGINS
            ),
        ]
        indexes = [models.Index(fields=["bill"], name="billed_work_bill")]

    def __str__(self) -> str:
        return f"{self.bill}"


class BillBalance(ClinicModel):
    """How much of a bill is credited, paid and owed, updated with each credit and payment.

    It is what is locked before money moves. An invariant compares it with the sums of credits and transactions.
    """

    bill = models.OneToOneField(Bill, models.PROTECT, related_name="balance", verbose_name=_("bill"))
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+", verbose_name=_("practice"))
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, blank=True, related_name="+")
    company = models.ForeignKey(Company, models.PROTECT, null=True, blank=True, related_name="+")
    direction = models.CharField(_("direction"), max_length=8, choices=Direction)
    issued_on = models.DateField(_("date"))
    # Empty if the previous release issued the bill during the upgrade: then only the bill says it.
    currency = models.CharField(
        _("currency"), max_length=3, blank=True, default="", db_default="", validators=[check_currency]
    )
    total = MoneyField(_("total"))
    credited = MoneyField(_("credited"), default=0, db_default=0)
    paid = MoneyField(_("paid"), default=0, db_default=0)
    owed = models.DecimalField(_("owed"), max_digits=12, decimal_places=2)

    objects = BillBalanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("what is owed on a bill")
        verbose_name_plural = _("what is owed on bills")
        constraints = [
            models.CheckConstraint(
                condition=Q(credited__lte=F("total")),
                name="bill_credited_within_total",
                violation_error_message=_("More than the bill cannot be credited."),
            ),
            at_least("bill_balance", "credited", 0),
            at_least("bill_balance", "paid", 0),
            known("bill_balance", "direction", Direction),
        ]
        indexes = [
            models.Index(
                fields=["practice", "direction", "issued_on", "id"], name="bill_balance_open", condition=~Q(owed=0)
            ),
            models.Index(fields=["patient"], name="bill_balance_patient", condition=~Q(owed=0)),
            models.Index(fields=["bill"], name="bill_balance_back", condition=Q(owed__lt=0)),
            models.Index(
                fields=["practice", "direction", "patient", "company", "owed"],
                name="bill_balance_payee",
                condition=~Q(owed=0),
            ),
            models.Index(fields=["updated_at", "bill"], name="bill_balance_updated"),
            models.Index(
                fields=["practice", "direction", "currency", "issued_on", "owed"],
                name="bill_balance_age",
                condition=~Q(owed=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bill}: {self.owed}"

    def settle(self, *, credited: Decimal = sums.ZERO, paid: Decimal = sums.ZERO) -> None:
        """Add an amount just credited or paid (negative: refunded) and update what is owed."""
        self.credited += credited
        self.paid += paid
        self.owed = self.total - self.credited - self.paid

    @property
    def standing(self) -> Standing:
        """The bill's state in one word."""
        if self.owed < 0:
            return Standing.OVERPAID
        if self.credited and self.credited == self.total:
            return Standing.CREDITED
        if self.owed == 0:
            return Standing.PAID
        return Standing.PART_PAID if self.paid else Standing.OPEN


class BillCounter(ClinicModel):
    """A practice's last number in a series and year; locked last, in the transaction that takes a number."""

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+", verbose_name=_("practice"))
    series = models.CharField(_("series"), max_length=8, choices=Series)
    year = models.PositiveSmallIntegerField(_("year"))
    last_number = models.PositiveIntegerField(_("last number"), default=0, db_default=0)
    last_issued_on = models.DateField(_("last date"))

    class Meta:
        verbose_name = _("counter of bills")
        verbose_name_plural = _("counters of bills")
        constraints = [
            models.UniqueConstraint(fields=["practice", "series", "year"], name="bill_counter_unique"),
            known("bill_counter", "series", Series),
        ]

    def __str__(self) -> str:
        return f"{self.series} {self.year}: {self.last_number}"


class Liability(ClinicModel):
    """An instalment: an amount of a bill or a care plan that is due on a date.

    A schedule only: what is paid covers the oldest first, and deleting one never changes what is owed.
    """

    bill = models.ForeignKey(
        Bill, models.PROTECT, null=True, blank=True, related_name="liabilities", verbose_name=_("bill")
    )
    care_plan = models.ForeignKey(
        CarePlan, models.PROTECT, null=True, blank=True, related_name="liabilities", verbose_name=_("care plan")
    )
    due_on = models.DateField(_("due on"))
    amount = MoneyField(_("amount"))
    related_to_insurance = models.BooleanField(_("for an insurance"), default=False, db_default=False)
    sistema_ts_expense_type = models.CharField(_("expense type"), max_length=3, choices=ExpenseType, blank=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    objects = LiabilityQuerySet.as_manager()

    class Meta:
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        constraints = [
            models.CheckConstraint(
                condition=Q(bill__isnull=False) | Q(care_plan__isnull=False), name="liability_of_bill_or_care_plan"
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="liability_amount_positive",
                violation_error_message=_("An instalment is more than nothing."),
            ),
            known("liability", "sistema_ts_expense_type", ExpenseType, blank=True),
        ]
        indexes = [
            models.Index(fields=["bill"], name="liability_bill"),
            models.Index(fields=["care_plan"], name="liability_care_plan"),
            models.Index(fields=["due_on", "id"], name="liability_due", condition=Q(archived_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.due_on}: {self.amount}"
