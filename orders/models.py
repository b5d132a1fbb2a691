"""Orders of products for patients."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from core.append_only import AppendOnly
from core.constraints import at_least, known
from core.errors import Conflict, InvalidInput
from core.models import ClinicModel, Traced
from core.money import MoneyField
from core.plain_text import PlainTextField
from directory.models import Practice, check_currency
from orders.querysets import ProductOrderEventQuerySet, ProductOrderQuerySet
from orders.states import NEXT, OrderStatus
from patients.models import Patient


def _times_match() -> Q:
    """The condition that each status has the times of the steps before it, and no others."""
    none = {"confirmed_at": None, "shipped_at": None, "delivered_at": None, "cancelled_at": None}
    return (
        Q(status="pending", **none)
        | Q(
            status="confirmed",
            confirmed_at__isnull=False,
            shipped_at=None,
            delivered_at=None,
            cancelled_at=None,
        )
        | Q(
            status="shipped",
            confirmed_at__isnull=False,
            shipped_at__isnull=False,
            delivered_at=None,
            cancelled_at=None,
        )
        | Q(
            status="delivered",
            confirmed_at__isnull=False,
            shipped_at__isnull=False,
            delivered_at__isnull=False,
            cancelled_at=None,
        )
        | Q(status="cancelled", shipped_at=None, delivered_at=None, cancelled_at__isnull=False)
    )


def _in_order(earlier: str, later: str) -> Q:
    return Q(**{f"{earlier}__isnull": True}) | Q(**{f"{later}__isnull": True}) | Q(**{f"{earlier}__lte": F(later)})


class ProductOrder(ClinicModel):
    """A product on its way to a patient. An order bundled with a program (`enrollment` set) has no price of its own."""

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+", verbose_name=_("practice"))
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="orders", verbose_name=_("patient"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="orders", verbose_name=_("product"))
    product_name = models.CharField(_("product as ordered"), max_length=255, editable=False)
    enrollment = models.ForeignKey(
        "programs.Enrollment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("program"),
    )
    quantity = models.PositiveSmallIntegerField(
        _("quantity"), default=1, db_default=1, validators=[MinValueValidator(1)]
    )
    unit_price = MoneyField(_("unit price"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, validators=[check_currency])
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=OrderStatus,
        default=OrderStatus.PENDING,
        db_default=OrderStatus.PENDING,
        editable=False,
    )
    notes = models.TextField(_("notes"), blank=True)
    ordered_at = models.DateTimeField(_("ordered"), editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True, editable=False)
    shipped_at = models.DateTimeField(_("shipped"), null=True, blank=True, editable=False)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True, editable=False)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True, editable=False)
    tracking_number = PlainTextField(_("tracking number"), max_length=100, blank=True, editable=False)
    cancellation_reason = models.TextField(_("why cancelled"), blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )

    objects = ProductOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("product order")
        verbose_name_plural = _("product orders")
        constraints = [
            models.UniqueConstraint(
                fields=["enrollment", "product"],
                condition=Q(enrollment__isnull=False),
                name="order_unique_bundle",
                violation_error_message=_("This program already has an order of this product."),
            ),
            models.CheckConstraint(
                condition=Q(enrollment__isnull=True, unit_price__isnull=False)
                | Q(enrollment__isnull=False, unit_price__isnull=True),
                name="order_price_null_iff_bundled",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["shipped", "delivered"]) | ~Q(tracking_number=""),
                name="order_shipped_has_tracking",
                violation_error_message=_("A shipped order has a tracking number."),
            ),
            models.CheckConstraint(condition=_times_match(), name="order_times_match_status"),
            models.CheckConstraint(
                condition=_in_order("ordered_at", "confirmed_at")
                & _in_order("confirmed_at", "shipped_at")
                & _in_order("shipped_at", "delivered_at")
                & _in_order("confirmed_at", "cancelled_at"),
                name="order_times_in_order",
            ),
            at_least("order", "quantity", 1),
            known("order", "status", OrderStatus),
        ]
        indexes = [
            models.Index(fields=["practice", "status", "ordered_at", "id"], name="order_practice"),
            models.Index(fields=["practice", "ordered_at", "id"], name="order_practice_ordered"),
            models.Index(fields=["ordered_at", "id"], name="order_ordered"),
            models.Index(fields=["status", "ordered_at", "id"], name="order_status"),
            models.Index(fields=["status", "id"], name="order_status_placed"),
            models.Index(
                fields=["ordered_at", "id"],
                name="order_on_the_way",
                condition=~Q(status=OrderStatus.DELIVERED) & ~Q(status=OrderStatus.CANCELLED),
            ),
            models.Index(fields=["ordered_at", "id"], name="order_bundled", condition=Q(enrollment__isnull=False)),
            models.Index(
                fields=["practice", "delivered_at", "id"],
                name="order_delivered",
                condition=Q(status=OrderStatus.DELIVERED),
            ),
            models.Index(fields=["updated_at", "id"], name="order_updated"),
            models.Index(fields=["patient", "ordered_at", "id"], name="order_patient"),
            models.Index(fields=["tracking_number"], name="order_tracking", condition=~Q(tracking_number="")),
        ]

    def __str__(self) -> str:
        return _t("Order %(number)s") % {"number": self.pk}

    def check_may_become(self, status: OrderStatus) -> None:
        """Raise Conflict if the order cannot go from its status to `status`."""
        if status not in NEXT[self.status]:
            raise Conflict(
                _t("An order that is %(now)s cannot become %(wanted)s.")
                % {"now": OrderStatus(self.status).label.lower(), "wanted": status.label.lower()},
                code="invalid_transition",
            )

    def _move(self, status: OrderStatus) -> None:
        self.check_may_become(status)
        self.status = status

    def confirm(self, *, at: datetime) -> None:
        """pending -> confirmed."""
        self._move(OrderStatus.CONFIRMED)
        self.confirmed_at = at

    def ship(self, *, tracking_number: str, at: datetime) -> None:
        """confirmed -> shipped (services: requires tracking_number)."""
        self._move(OrderStatus.SHIPPED)
        if not tracking_number.strip():
            raise InvalidInput({"tracking_number": _("is required")})
        self.tracking_number = tracking_number.strip()
        self.shipped_at = at

    def deliver(self, *, at: datetime) -> None:
        """shipped -> delivered."""
        self._move(OrderStatus.DELIVERED)
        self.delivered_at = at

    def cancel(self, *, reason: str, at: datetime) -> None:
        """pending or confirmed -> cancelled, keeping the reason."""
        self._move(OrderStatus.CANCELLED)
        self.cancellation_reason = reason
        self.cancelled_at = at


class ProductOrderEvent(Traced):
    """One step in an order's history; `from_status` is "" for its creation. Append-only."""

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(ProductOrder, models.PROTECT, related_name="events", verbose_name=_("order"))
    from_status = models.CharField(_("from"), max_length=10, blank=True)
    to_status = models.CharField(_("to"), max_length=10, choices=OrderStatus)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    at = models.DateTimeField(_("when"))
    reason = models.TextField(_("reason"), blank=True)

    objects = ProductOrderEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("step of an order")
        verbose_name_plural = _("steps of an order")
        constraints = [
            AppendOnly(name="order_event_append_only"),
            known("order_event", "to_status", OrderStatus),
        ]
        indexes = [models.Index(fields=["order", "at"], name="order_event_order")]

    def __str__(self) -> str:
        return f"{self.from_status} → {self.to_status}"
