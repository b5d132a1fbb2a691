"""Care plans: treatment that was estimated, agreed and is billed in parts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing import sums
from billing.models.setup import PriceList
from billing.querysets import CarePlanEntryQuerySet, CarePlanQuerySet, EntryAppointmentQuerySet
from billing.states import NEXT, CarePlanState
from catalog.models import Service
from core.constraints import PERCENT, at_least, known, percent
from core.errors import Conflict, InvalidInput
from core.models import ClinicModel, Stored
from core.money import MoneyField
from core.plain_text import PlainTextField
from directory.models import Practice, Specialist, check_currency
from directory.named import Named, unique_live_name
from directory.querysets import InOrganizationQuerySet
from patients.models import Patient
from scheduling.models import Appointment


class CarePlanDiscardReason(Named):
    """A reason why an estimate was discarded."""

    objects = InOrganizationQuerySet["CarePlanDiscardReason"].as_manager()

    class Meta:
        verbose_name = _("reason for discarding")
        verbose_name_plural = _("reasons for discarding")
        constraints = [unique_live_name("care_plan_discard_reason")]


class CarePlan(ClinicModel):
    """Treatment for a patient, estimated or agreed, at net prices; its total is the sum of its entries."""

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+", verbose_name=_("practice"))
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="care_plans", verbose_name=_("patient"))
    branch = models.CharField(_("branch"), max_length=32, default="general", db_default="general", blank=True)
    name = PlainTextField(_("name"), max_length=255, blank=True)
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=CarePlanState,
        default=CarePlanState.ESTIMATE,
        db_default=CarePlanState.ESTIMATE,
        editable=False,
    )
    date_accepted = models.DateField(_("accepted on"), null=True, blank=True, editable=False)
    price_list = models.ForeignKey(
        PriceList, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("price list")
    )
    currency = models.CharField(_("currency"), max_length=3, validators=[check_currency], editable=False)
    specialist = models.ForeignKey(
        Specialist, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("specialist")
    )
    personal_assistant = models.ForeignKey(
        Specialist, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("assistant")
    )
    discard_reason = models.ForeignKey(
        CarePlanDiscardReason,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("why discarded"),
        editable=False,
    )
    text = models.TextField(_("text"), blank=True)
    background = models.BooleanField(_("in the background"), default=False, db_default=False)
    created_through_appointment = models.BooleanField(
        _("made from a visit"), default=False, db_default=False, editable=False
    )
    discount_percentage = models.DecimalField(
        _("discount, %"), max_digits=5, decimal_places=2, default=0, db_default=0, validators=PERCENT
    )
    signed_at = models.DateTimeField(_("signed"), null=True, blank=True, editable=False)
    signed_by = models.CharField(_("signed by"), max_length=255, blank=True, editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    objects = CarePlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("care plan")
        verbose_name_plural = _("care plans")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["accepted", "completed"], date_accepted__isnull=False)
                | Q(state="estimate", date_accepted__isnull=True)
                | Q(state="discarded"),
                name="care_plan_accepted_has_date",
            ),
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True, signed_by="") | (Q(signed_at__isnull=False) & ~Q(signed_by="")),
                name="care_plan_signed_by_someone",
                violation_error_message=_("A signature says who signed."),
            ),
            models.CheckConstraint(
                condition=Q(discard_reason__isnull=True) | Q(state="discarded"), name="care_plan_reason_if_discarded"
            ),
            known("care_plan", "state", CarePlanState),
            percent("care_plan", "discount_percentage"),
        ]
        indexes = [
            models.Index(fields=["patient", "id"], name="care_plan_patient"),
            models.Index(fields=["practice", "id"], name="care_plan_practice"),
            models.Index(fields=["practice", "state", "id"], name="care_plan_state"),
            models.Index(fields=["state", "id"], name="care_plan_state_anywhere"),
            models.Index(fields=["id"], name="care_plan_archived", condition=Q(archived_at__isnull=False)),
            models.Index(fields=["name"], name="care_plan_name"),
        ]

    def __str__(self) -> str:
        return self.name or _t("Care plan %(number)s") % {"number": self.pk}

    def _refuse_archived(self) -> None:
        if self.archived_at is not None:
            raise Conflict(_t("The care plan has been archived."), code="archived")

    def _move(self, state: CarePlanState) -> None:
        self._refuse_archived()
        if state not in NEXT[self.state]:
            raise Conflict(
                _t("A care plan that is %(now)s cannot become %(wanted)s.")
                % {"now": CarePlanState(self.state).label.lower(), "wanted": state.label.lower()},
                code="invalid_transition",
            )
        self.state = state

    def accept(self, *, on: date) -> None:
        """estimate -> accepted, or completed -> accepted to go on working; the first day of acceptance stays."""
        self._move(CarePlanState.ACCEPTED)
        self.date_accepted = self.date_accepted or on

    def complete(self) -> None:
        """accepted -> completed."""
        self._move(CarePlanState.COMPLETED)

    def discard(self, reason: CarePlanDiscardReason | None) -> None:
        """estimate or accepted -> discarded."""
        self._move(CarePlanState.DISCARDED)
        self.discard_reason = reason

    def reopen(self) -> None:
        """accepted or discarded -> estimate: the agreement and the signature are no longer valid."""
        self._move(CarePlanState.ESTIMATE)
        self.date_accepted, self.discard_reason = None, None
        self.signed_at, self.signed_by = None, ""

    def sign(self, *, name: str, at: datetime) -> None:
        """Record who signed the estimate or the accepted plan; it can be signed only once."""
        self._refuse_archived()
        if self.state not in (CarePlanState.ESTIMATE, CarePlanState.ACCEPTED):
            raise Conflict(_t("Only an estimate or an accepted care plan can be signed."), code="invalid_transition")
        if self.signed_at is not None:
            raise Conflict(_t("The care plan has already been signed."), code="signed")
        if not name.strip():
            raise InvalidInput({"signed_by": _("is required")})
        self.signed_at, self.signed_by = at, name.strip()

    def check_open_to_changes(self) -> None:
        """Raise Conflict unless the plan is an unsigned estimate, whose entries may change."""
        self._refuse_archived()
        if self.state != CarePlanState.ESTIMATE:
            raise Conflict(_t("Only an estimate can be changed; reopen the care plan first."), code="not_an_estimate")
        if self.signed_at is not None:
            raise Conflict(_t("The care plan has been signed; reopen it first."), code="signed")


class CarePlanEntry(ClinicModel):
    """A treatment in a care plan and how often it is to be done, at net prices per execution; `tooth` "" = general."""

    care_plan = models.ForeignKey(CarePlan, models.CASCADE, related_name="entries", verbose_name=_("care plan"))
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("service")
    )
    label = PlainTextField(_("what"), max_length=255)
    tooth = models.CharField(_("tooth"), max_length=8, blank=True)
    price = MoneyField(_("price"))
    discount_percentage = models.DecimalField(
        _("discount, %"), max_digits=5, decimal_places=2, default=0, db_default=0, validators=PERCENT
    )
    absolute_discount = MoneyField(_("discount"), default=0, db_default=0)
    number_of_executions = models.PositiveSmallIntegerField(
        _("times"), default=1, db_default=1, validators=[MinValueValidator(1)]
    )
    vat_percentage = models.DecimalField(
        _("tax, %"), max_digits=5, decimal_places=2, default=0, db_default=0, validators=PERCENT
    )
    vat_exemption = models.CharField(_("why without tax"), max_length=255, blank=True)
    done_on = models.DateField(_("done on"), null=True, blank=True, editable=False)
    udi = models.CharField(_("UDI"), max_length=255, blank=True)
    sequence_number = models.PositiveSmallIntegerField(_("position"), default=0, db_default=0)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    objects = CarePlanEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry of a care plan")
        verbose_name_plural = _("entries of a care plan")
        constraints = [
            at_least("care_plan_entry", "price", 0),
            at_least("care_plan_entry", "absolute_discount", 0),
            at_least("care_plan_entry", "number_of_executions", 1),
            percent("care_plan_entry", "discount_percentage"),
            percent("care_plan_entry", "vat_percentage"),
        ]
        indexes = [
            models.Index(fields=["-care_plan", "sequence_number", "id"], name="care_plan_entry_list"),
            models.Index(fields=["label"], name="care_plan_entry_label"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def discounted_price(self) -> Decimal:
        """The net price of one execution, before the plan's own discount."""
        return sums.entry_price(self.price, percentage=self.discount_percentage, absolute=self.absolute_discount)

    def check_discount(self) -> None:
        """Raise InvalidInput if the discounts are more than the price."""
        if self.discounted_price < 0:
            raise InvalidInput({"absolute_discount": _("is more than the price")})

    def amounts(self, plan_discount: Decimal) -> sums.Amounts:
        """The amounts of all executions less the plan's discount, as a bill's line has them."""
        net = sums.less(self.discounted_price * self.number_of_executions, plan_discount)
        return sums.from_net(net, self.vat_percentage)


class CarePlanEntryAppointment(Stored):
    """A visit in which an entry is treated."""

    entry = models.ForeignKey(CarePlanEntry, models.CASCADE, related_name="visits", verbose_name=_("entry"))
    appointment = models.ForeignKey(
        Appointment, models.PROTECT, related_name="care_plan_entries", verbose_name=_("appointment")
    )

    objects = EntryAppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("visit of an entry")
        verbose_name_plural = _("visits of an entry")
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "appointment"],
                name="care_plan_entry_appointment_unique",
                violation_error_message=_("The entry already has this visit."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.entry} · {self.appointment}"
