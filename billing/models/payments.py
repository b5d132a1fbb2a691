"""Money that moved: accounts, payment types, transactions with their receipts, and the closing of the till."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.bills import Bill
from billing.models.setup import Company
from billing.querysets import ReceiptQuerySet, TillClosingQuerySet, TransactionQuerySet
from billing.states import Direction, ExpenseType
from core.append_only import AppendOnly
from core.constraints import known
from core.models import ClinicModel, Stored
from core.money import MoneyField
from directory.models import Practice, check_currency
from directory.named import Named, unique_live_name
from directory.querysets import InOrganizationQuerySet, InPracticeQuerySet
from patients.models import Patient


class Account(ClinicModel):
    """A place where a practice keeps money: a drawer, a bank account, a card terminal."""

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="accounts", verbose_name=_("practice"))
    name = models.CharField(_("name"), max_length=255)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    objects = InPracticeQuerySet["Account"].as_manager()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [unique_live_name("account", "practice")]

    def __str__(self) -> str:
        return self.name


class PaymentType(Named):
    """A way to pay: in cash, by card, by transfer."""

    objects = InOrganizationQuerySet["PaymentType"].as_manager()

    class Meta:
        verbose_name = _("payment type")
        verbose_name_plural = _("payment types")
        constraints = [unique_live_name("payment_type")]


class Receipt(Stored):
    """The numbered proof of one payment, whatever it was for. Append-only."""

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+", verbose_name=_("practice"))
    patient = models.ForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="receipts", verbose_name=_("patient")
    )
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="receipts", verbose_name=_("company")
    )
    issued_on = models.DateField(_("date"))
    prefix = models.CharField(_("prefix"), max_length=16, blank=True)
    year = models.PositiveSmallIntegerField(_("year"))
    number = models.PositiveIntegerField(_("number"))
    amount = MoneyField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3, validators=[check_currency])
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("made by")
    )

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        constraints = [
            AppendOnly(name="receipt_append_only", follows="patient"),
            models.UniqueConstraint(fields=["practice", "year", "number"], name="receipt_number_unique"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="receipt_amount_positive"),
        ]
        indexes = [models.Index(fields=["patient", "issued_on", "id"], name="receipt_patient")]

    def __str__(self) -> str:
        return f"{self.prefix}{self.number}/{self.year}"


class Transaction(Stored):
    """Money that moved into or out of an account; it is never edited, a mistake is reversed. Append-only.

    Without a bill it is on account of its patient, or a movement of the till alone. `verified` False is money that was
    announced and has not come: it counts nowhere.
    """

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+", verbose_name=_("practice"))
    account = models.ForeignKey(Account, models.PROTECT, related_name="transactions", verbose_name=_("account"))
    payment_type = models.ForeignKey(PaymentType, models.PROTECT, related_name="+", verbose_name=_("payment type"))
    bill = models.ForeignKey(
        Bill, models.PROTECT, null=True, blank=True, related_name="transactions", verbose_name=_("bill")
    )
    patient = models.ForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="transactions", verbose_name=_("patient")
    )
    receipt = models.ForeignKey(
        Receipt, models.PROTECT, null=True, blank=True, related_name="transactions", verbose_name=_("receipt")
    )
    direction = models.CharField(_("direction"), max_length=8, choices=Direction)
    amount = MoneyField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3, validators=[check_currency])
    date = models.DateField(_("date"))
    verified = models.BooleanField(_("verified"), default=True, db_default=True)
    related_to_insurance = models.BooleanField(_("for an insurance"), default=False, db_default=False)
    sistema_ts_expense_type = models.CharField(_("expense type"), max_length=3, choices=ExpenseType, blank=True)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by", verbose_name=_("reverses")
    )
    reason = models.TextField(_("reason"), blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("made by")
    )

    objects = TransactionQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            AppendOnly(name="transaction_append_only", follows="patient"),
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="transaction_amount_positive",
                violation_error_message=_("A payment is more than nothing."),
            ),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True) | ~Q(reason=""),
                name="transaction_reversal_has_reason",
                violation_error_message=_("A reversal needs a reason."),
            ),
            known("transaction", "direction", Direction),
            known("transaction", "sistema_ts_expense_type", ExpenseType, blank=True),
        ]
        indexes = [
            models.Index(fields=["practice", "date", "id"], name="transaction_practice"),
            models.Index(fields=["date", "id"], name="transaction_date"),
            models.Index(fields=["direction", "date", "id"], name="transaction_direction"),
            models.Index(fields=["account", "date", "id"], name="transaction_account"),
            models.Index(fields=["patient", "date", "id"], name="transaction_patient"),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.amount}"

    @property
    def is_reversed(self) -> bool:
        """Whether another transaction reverses this one."""
        return hasattr(self, "reversed_by")


class TillClosing(Stored):
    """The count of an account at the end of a day: the expected amount, the counted one, and who counted.

    `last_transaction_id` is the last one that was expected then: a later one dated that day came afterwards.
    Append-only.
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="closings", verbose_name=_("account"))
    date = models.DateField(_("day"))
    currency = models.CharField(_("currency"), max_length=3, validators=[check_currency])
    expected = models.DecimalField(_("expected"), max_digits=12, decimal_places=2)
    counted = models.DecimalField(_("counted"), max_digits=12, decimal_places=2)
    last_transaction_id = models.BigIntegerField(default=0, db_default=0, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("counted by")
    )
    note = models.TextField(_("note"), blank=True)

    objects = TillClosingQuerySet.as_manager()

    class Meta:
        verbose_name = _("closing of the till")
        verbose_name_plural = _("closings of the till")
        constraints = [
            AppendOnly(name="till_closing_append_only"),
            models.UniqueConstraint(
                fields=["account", "date"],
                name="till_closing_once",
                violation_error_message=_("This account has been closed for that day already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} · {self.date}"

    @property
    def difference(self) -> Decimal:
        """How much more was counted than expected; negative if less."""
        return self.counted - self.expected
