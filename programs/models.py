"""Service plans for sale, enrollments of patients in them, and the ledger of their sessions."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from catalog.models import Product, Service
from core.append_only import AppendOnly
from core.constraints import at_least, known
from core.errors import Conflict, InvalidInput, Text
from core.models import ClinicModel, Traced
from core.money import MoneyField
from core.months import add_months
from directory.models import Organization, Practice, check_currency
from patients.models import Patient
from programs.querysets import (
    EnrollmentQuerySet,
    PlanProductQuerySet,
    ServicePlanQuerySet,
    SessionMovementQuerySet,
)
from programs.states import NEXT, WITH_ACCESS, WITH_SESSIONS, BillingModel, EnrollmentStatus, MovementKind

ONE_OR_MORE = [MinValueValidator(1)]

# session_based and hybrid sell sessions of a service; time_based sells none.
FITS_BILLING_MODEL = Q(
    billing_model__in=["session_based", "hybrid"], service__isnull=False, sessions_total__isnull=False
) | Q(billing_model="time_based", sessions_total__isnull=True)


class ServicePlan(ClinicModel):
    """A program for sale: a number of sessions of a service, access for a period, or both."""

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="service_plans", verbose_name=_("organization")
    )
    name = models.CharField(_("name"), max_length=255)
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="plans", verbose_name=_("service")
    )
    billing_model = models.CharField(_("sells"), max_length=16, choices=BillingModel)
    sessions_total = models.PositiveSmallIntegerField(_("sessions"), null=True, blank=True, validators=ONE_OR_MORE)
    validity_days = models.PositiveSmallIntegerField(
        _("valid for, days"),
        null=True,
        blank=True,
        validators=ONE_OR_MORE,
        help_text=_("Empty: without end."),
    )
    access_months = models.PositiveSmallIntegerField(
        _("access for, months"),
        null=True,
        blank=True,
        validators=ONE_OR_MORE,
        help_text=_("Empty: for life."),
    )
    telerehab_access = models.BooleanField(_("telerehab"), default=False, db_default=False)
    library_access = models.BooleanField(_("library"), default=False, db_default=False)
    is_published = models.BooleanField(_("published"), default=False, db_default=False)
    total_price = MoneyField(_("price"))
    currency = models.CharField(_("currency"), max_length=3, validators=[check_currency])
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    objects = ServicePlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("service plan")
        verbose_name_plural = _("service plans")
        constraints = [
            models.CheckConstraint(
                condition=FITS_BILLING_MODEL,
                name="plan_fits_billing_model",
                violation_error_message=_(
                    "A plan with sessions needs a service and their number; one for a time has none."
                ),
            ),
            at_least("service_plan", "sessions_total", 1),
            at_least("service_plan", "validity_days", 1),
            at_least("service_plan", "access_months", 1),
            at_least("service_plan", "total_price", 0),
            known("service_plan", "billing_model", BillingModel),
        ]
        indexes = [
            models.Index(fields=["organization", "is_published", "billing_model", "id"], name="service_plan_published")
        ]

    def __str__(self) -> str:
        return self.name

    def check_billing_model(self) -> None:
        """Raise InvalidInput if the service or the number of sessions does not fit the billing model."""
        problems: dict[str, Text] = {}
        if self.billing_model in WITH_SESSIONS:
            if self.service_id is None:
                problems["service_id"] = _("is required for this billing model")
            if self.sessions_total is None:
                problems["sessions_total"] = _("is required for this billing model")
        elif self.sessions_total is not None:
            problems["sessions_total"] = _("must be empty for a time-based plan")
        if problems:
            raise InvalidInput(problems)


class ServicePlanProduct(ClinicModel):
    """A product that comes with a plan."""

    service_plan = models.ForeignKey(
        ServicePlan, models.CASCADE, related_name="bundled_products", verbose_name=_("plan")
    )
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    quantity = models.PositiveSmallIntegerField(_("quantity"), default=1, db_default=1, validators=ONE_OR_MORE)

    objects = PlanProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("bundled product")
        verbose_name_plural = _("bundled products")
        constraints = [
            models.UniqueConstraint(
                fields=["service_plan", "product"],
                name="plan_product_unique",
                violation_error_message=_("The plan already has this product."),
            ),
            at_least("plan_product", "quantity", 1),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product}"


class Enrollment(ClinicModel):
    """A plan sold to a patient (on screen: a program). Everything that the plan promised is frozen here.

    Whoever asks what was sold reads these columns, never the plan: the plan says what is sold next.
    `sessions_left` repeats the ledger's sum for lists; only `programs.ledger` writes it, with a movement.
    """

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+", verbose_name=_("practice"))
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="enrollments", verbose_name=_("patient"))
    service_plan = models.ForeignKey(
        ServicePlan, models.PROTECT, related_name="enrollments", verbose_name=_("service plan")
    )
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=EnrollmentStatus,
        default=EnrollmentStatus.ACTIVE,
        db_default=EnrollmentStatus.ACTIVE,
        editable=False,
    )
    name = models.CharField(_("name"), max_length=255, editable=False)
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, related_name="enrollments", editable=False, verbose_name=_("service")
    )
    billing_model = models.CharField(_("sold"), max_length=16, choices=BillingModel, editable=False)
    sessions_total = models.PositiveSmallIntegerField(_("sessions promised"), null=True, editable=False)
    access_months = models.PositiveSmallIntegerField(_("access for, months"), null=True, editable=False)
    telerehab_access = models.BooleanField(_("telerehab"), default=False, db_default=False, editable=False)
    library_access = models.BooleanField(_("library"), default=False, db_default=False, editable=False)
    price = MoneyField(_("price"), editable=False)
    currency = models.CharField(_("currency"), max_length=3, editable=False, validators=[check_currency])
    enrolled_at = models.DateTimeField(_("enrolled"), editable=False)
    expires_at = models.DateTimeField(_("sessions until"), null=True, blank=True, editable=False)
    access_starts_at = models.DateTimeField(_("access from"), null=True, blank=True, editable=False)
    access_expires_at = models.DateTimeField(_("access until"), null=True, blank=True, editable=False)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True, editable=False)
    sessions_left = models.PositiveSmallIntegerField(_("sessions left"), null=True, blank=True, editable=False)
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True, editable=False)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True, editable=False)
    cancellation_reason = models.TextField(_("why cancelled"), blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )

    objects = EnrollmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("program")
        verbose_name_plural = _("programs")
        constraints = [
            models.CheckConstraint(
                condition=Q(access_expires_at__isnull=True)
                | Q(access_starts_at__isnull=False, access_expires_at__gt=F("access_starts_at")),
                name="enrollment_access_dates",
            ),
            models.CheckConstraint(
                condition=Q(status="cancelled", cancelled_at__isnull=False)
                | (~Q(status="cancelled") & Q(cancelled_at__isnull=True)),
                name="enrollment_cancelled_has_time",
            ),
            models.CheckConstraint(condition=FITS_BILLING_MODEL, name="enrollment_fits_billing_model"),
            models.CheckConstraint(
                condition=Q(billing_model="time_based", sessions_left__isnull=True)
                | (~Q(billing_model="time_based") & Q(sessions_left__isnull=False)),
                name="enrollment_counts_what_it_sold",
            ),
            at_least("enrollment", "sessions_left", 0),
            known("enrollment", "billing_model", BillingModel),
            known("enrollment", "status", EnrollmentStatus),
        ]
        indexes = [
            models.Index(fields=["patient", "enrolled_at", "id"], name="enrollment_patient"),
            models.Index(fields=["practice", "status", "id"], name="enrollment_practice"),
            models.Index(fields=["practice", "enrolled_at", "id"], name="enrollment_practice_enrolled"),
            models.Index(fields=["enrolled_at", "id"], name="enrollment_enrolled"),
            models.Index(fields=["status", "enrolled_at", "id"], name="enrollment_status"),
            models.Index(fields=["status", "id"], name="enrollment_status_made"),
            models.Index(fields=["updated_at", "id"], name="enrollment_updated"),
            # Not only of the active ones: SQLite takes no partial index for a value that it is given later.
            models.Index(fields=["status", "ends_at", "id"], name="enrollment_status_ends"),
            models.Index(fields=["status", "sessions_left", "id"], name="enrollment_status_sessions"),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.patient}"

    @classmethod
    def of(cls, plan: ServicePlan, *, practice: Practice, patient: Patient, at: datetime) -> Enrollment:
        """Build a new enrollment with everything the plan promises, frozen as it is at `at`.

        session_based and hybrid: `expires_at` = at + validity_days. time_based and hybrid: `access_expires_at` =
        at + access_months (null = for life). It ends at the later of the two; an open one never ends.
        """
        enrollment = cls(
            practice=practice,
            patient=patient,
            service_plan=plan,
            name=plan.name,
            service_id=plan.service_id,
            billing_model=plan.billing_model,
            sessions_total=plan.sessions_total,
            access_months=plan.access_months,
            telerehab_access=plan.telerehab_access,
            library_access=plan.library_access,
            price=plan.total_price,
            currency=plan.currency,
            enrolled_at=at,
        )
        ends: list[datetime | None] = []
        if plan.billing_model in WITH_SESSIONS:
            enrollment.sessions_left = 0
            if plan.validity_days is not None:
                enrollment.expires_at = at + timedelta(days=plan.validity_days)
            ends.append(enrollment.expires_at)
        if plan.billing_model in WITH_ACCESS:
            enrollment.access_starts_at = at
            if plan.access_months is not None:
                enrollment.access_expires_at = add_months(at, plan.access_months)
            ends.append(enrollment.access_expires_at)
        known_ends = [end for end in ends if end is not None]
        enrollment.ends_at = max(known_ends) if len(known_ends) == len(ends) else None
        return enrollment

    def status_at(self, at: datetime) -> EnrollmentStatus:
        """Return the status at `at`: an active program whose end is past is expired, stamped or not."""
        if self.status == EnrollmentStatus.ACTIVE and self.ends_at is not None and self.ends_at <= at:
            return EnrollmentStatus.EXPIRED
        return EnrollmentStatus(self.status)

    def _move(self, status: EnrollmentStatus, *, at: datetime) -> None:
        now = self.status_at(at)
        if status not in NEXT[now]:
            raise Conflict(
                _t("A program that is %(now)s cannot become %(wanted)s.")
                % {"now": now.label.lower(), "wanted": status.label.lower()},
                code="invalid_transition",
            )
        self.status = status

    def complete(self, *, at: datetime) -> None:
        """active -> completed: every session is used."""
        self._move(EnrollmentStatus.COMPLETED, at=at)
        self.completed_at = at

    def reopen(self, *, at: datetime) -> None:
        """completed -> active: a session came back."""
        self._move(EnrollmentStatus.ACTIVE, at=at)
        self.completed_at = None

    def expire(self, *, at: datetime) -> None:
        """Stamp an active program whose end is past as expired; raises Conflict for any other."""
        if self.status != EnrollmentStatus.ACTIVE or self.status_at(at) != EnrollmentStatus.EXPIRED:
            raise Conflict(_t("The program has not ended yet."), code="not_ended")
        self.status = EnrollmentStatus.EXPIRED

    def cancel(self, *, reason: str, at: datetime) -> None:
        """active or expired -> cancelled, keeping the reason."""
        self._move(EnrollmentStatus.CANCELLED, at=at)
        self.cancelled_at = at
        self.cancellation_reason = reason


class SessionMovement(Traced):
    """One line of an enrollment's session ledger. Append-only: the sum of `quantity` is what remains."""

    id = models.BigAutoField(primary_key=True)
    enrollment = models.ForeignKey(Enrollment, models.PROTECT, related_name="movements", verbose_name=_("program"))
    kind = models.CharField(_("what"), max_length=8, choices=MovementKind)
    quantity = models.IntegerField(_("sessions"))
    appointment = models.ForeignKey(
        "scheduling.Appointment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="movements",
        verbose_name=_("appointment"),
    )
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by", verbose_name=_("reverses")
    )
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

    objects = SessionMovementQuerySet.as_manager()

    class Meta:
        verbose_name = _("session movement")
        verbose_name_plural = _("session movements")
        constraints = [
            AppendOnly(name="movement_append_only"),
            models.CheckConstraint(
                condition=Q(kind="grant", quantity__gt=0)
                | Q(kind="restore", quantity__gte=0)
                | Q(kind__in=["consume", "forfeit"], quantity__lt=0)
                | Q(kind="release", quantity=0)
                | (Q(kind="adjust") & ~Q(quantity=0)),
                name="movement_sign_fits_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind="restore", reverses__isnull=False) | (~Q(kind="restore") & Q(reverses__isnull=True)),
                name="movement_restore_has_source",
            ),
            models.CheckConstraint(condition=~Q(kind="adjust") | ~Q(reason=""), name="movement_adjust_has_reason"),
            known("movement", "kind", MovementKind),
        ]
        indexes = [models.Index(fields=["enrollment", "kind"], name="movement_enrollment")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.quantity:+}"
