"""Appointments: visits, and requests for one."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from catalog.models import Service
from core.constraints import known
from core.errors import Conflict
from core.models import ClinicModel, Stored
from core.money import MoneyField
from directory.models import Color, Practice, Room, Specialist, check_currency
from directory.querysets import InPracticeQuerySet
from patients.models import Patient, PatientCase
from programs.models import Enrollment
from scheduling.dated import Month
from scheduling.querysets import AppointmentQuerySet, OfAppointmentQuerySet
from scheduling.states import (
    CLAIMING,
    FINAL,
    LONGEST_VISIT,
    NEXT,
    OPEN,
    UNDO,
    UNDO_FINAL_WITHIN,
    AppointmentStatus,
    AppointmentType,
    CancellationReason,
    CreatedVia,
    RelationType,
    RepeatType,
)


class AppointmentSeries(ClinicModel):
    """The rule by which an appointment repeats, every `repeating_interval` days, weeks or months."""

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+", verbose_name=_("practice"))
    repeat_type = models.CharField(_("repeats"), max_length=8, choices=RepeatType)
    repeating_interval = models.PositiveSmallIntegerField(
        _("every"), validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    number_of_repeats = models.PositiveSmallIntegerField(
        _("further visits"), validators=[MinValueValidator(1), MaxValueValidator(51)]
    )

    objects = InPracticeQuerySet["AppointmentSeries"].as_manager()

    class Meta:
        verbose_name = _("series of appointments")
        verbose_name_plural = _("series of appointments")
        constraints = [
            known("appointment_series", "repeat_type", RepeatType),
            models.CheckConstraint(
                condition=Q(repeating_interval__gte=1, repeating_interval__lte=100), name="appointment_series_interval"
            ),
            models.CheckConstraint(
                condition=Q(number_of_repeats__gte=1, number_of_repeats__lte=51), name="appointment_series_repeats"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_repeat_type_display()} × {self.number_of_repeats}"


# What the indexes of visits from slots end with.
FROM_SLOTS = ("practice", "updated_at", "slot", "archived_at")


class Appointment(ClinicModel):
    """A visit, or a request for one; a request may have no time, and a contact instead of a patient.

    `plan_session_number` is the session of the program that it holds or has used.
    """

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+", verbose_name=_("practice"))
    patient = models.ForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="appointments", verbose_name=_("patient")
    )
    contact_name = models.CharField(_("contact"), max_length=255, blank=True)
    contact_email = models.EmailField(_("contact's e-mail"), blank=True)
    contact_phone = models.CharField(_("contact's phone"), max_length=32, blank=True)
    specialist = models.ForeignKey(
        Specialist,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="appointments",
        verbose_name=_("specialist"),
    )
    room = models.ForeignKey(Room, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("room"))
    patient_case = models.ForeignKey(
        PatientCase, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("case")
    )
    enrollment = models.ForeignKey(
        Enrollment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="appointments",
        verbose_name=_("program"),
    )
    plan_session_number = models.PositiveSmallIntegerField(_("session"), null=True, blank=True, editable=False)
    slot = models.ForeignKey(
        "scheduling.AvailableSlot",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="appointments",
        verbose_name=_("slot"),
    )
    appointment_type = models.CharField(_("as booked"), max_length=50, blank=True)
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    proposed_at = models.DateTimeField(_("proposed for"), null=True, blank=True, editable=False)
    all_day = models.BooleanField(_("all day"), default=False, db_default=False)
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=AppointmentStatus,
        default=AppointmentStatus.REQUESTED,
        db_default=AppointmentStatus.REQUESTED,
        editable=False,
    )
    type = models.CharField(
        _("where"),
        max_length=12,
        choices=AppointmentType,
        default=AppointmentType.IN_PRACTICE,
        db_default=AppointmentType.IN_PRACTICE,
    )
    notes = models.TextField(_("notes"), blank=True)
    color = models.ForeignKey(Color, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("color"))
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to")
    )
    relation_type = models.CharField(_("as its"), max_length=32, choices=RelationType, blank=True)
    series = models.ForeignKey(
        "scheduling.AppointmentSeries",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="appointments",
        verbose_name=_("series"),
    )
    repeated_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="repeats"
    )
    cancellation_reason_code = models.PositiveSmallIntegerField(
        _("reason"), null=True, blank=True, choices=CancellationReason, editable=False
    )
    cancellation_note = models.TextField(_("why cancelled"), blank=True, editable=False)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True, editable=False)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    arrived_at = models.DateTimeField(_("arrived"), null=True, blank=True, editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    email_reminder = models.BooleanField(_("reminder by e-mail"), default=False, db_default=False)
    sms_reminder = models.BooleanField(_("reminder by SMS"), default=False, db_default=False)
    email_reminder_sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    sms_reminder_sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    telehealth_url = models.URLField(_("telehealth link"), max_length=500, blank=True)
    booking_ip = models.GenericIPAddressField(null=True, blank=True, editable=False)
    policy_accepted = models.BooleanField(_("accepted the booking policy"), null=True, blank=True, editable=False)
    overbooked = models.BooleanField(_("overbooked"), default=False, db_default=False, editable=False)
    overbooking_reason = models.CharField(_("why overbooked"), max_length=255, blank=True, editable=False)
    needs_move = models.BooleanField(_("needs to be moved"), default=False, db_default=False, editable=False)
    called_at = models.DateTimeField(_("called about moving it"), null=True, blank=True, editable=False)
    created_via = models.CharField(
        _("came through"),
        max_length=8,
        choices=CreatedVia,
        default=CreatedVia.ADMIN,
        db_default=CreatedVia.ADMIN,
        editable=False,
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True, ends_at__isnull=True)
                | Q(starts_at__isnull=False, ends_at__isnull=False, ends_at__gt=F("starts_at")),
                name="appointment_times",
                violation_error_message=_("An appointment ends after it starts."),
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(ends_at__lte=F("starts_at") + LONGEST_VISIT),
                name="appointment_within_a_week",
                violation_error_message=_("An appointment lasts a week at most."),
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=False) | Q(status__in=["requested", "rejected", "cancelled"]),
                name="appointment_untimed_status",
                violation_error_message=_("Without a time it can only be a request."),
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=False) | Q(patient__isnull=False) | ~Q(contact_name=""),
                name="appointment_who",
                violation_error_message=_("A request needs a patient or a contact."),
            ),
            models.CheckConstraint(
                condition=Q(plan_session_number__isnull=True) | Q(enrollment__isnull=False),
                name="appointment_number_has_program",
            ),
            models.UniqueConstraint(
                fields=["enrollment", "plan_session_number"],
                condition=Q(plan_session_number__isnull=False),
                name="appointment_session_unique",
                violation_error_message=_("Another appointment has this session of the program."),
            ),
            models.CheckConstraint(
                condition=~Q(status="cancelled") | Q(cancelled_at__isnull=False),
                name="appointment_cancelled_has_time",
            ),
            models.UniqueConstraint(
                fields=["series"],
                condition=Q(repeated_from__isnull=True, series__isnull=False),
                name="appointment_one_head",
            ),
            models.CheckConstraint(
                condition=Q(overbooked=True) & ~Q(overbooking_reason="") | Q(overbooked=False, overbooking_reason=""),
                name="appointment_overbooked_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(called_at__isnull=True) | Q(needs_move=True), name="appointment_called_needs_move"
            ),
            known("appointment", "relation_type", RelationType, blank=True),
            known("appointment", "status", AppointmentStatus),
            known("appointment", "type", AppointmentType),
            known("appointment", "created_via", CreatedVia),
        ]
        indexes = [
            models.Index(fields=["practice", "starts_at", "id"], name="appointment_practice"),
            models.Index(fields=["specialist", "starts_at"], name="appointment_specialist"),
            models.Index(fields=["patient", "starts_at"], name="appointment_patient"),
            models.Index(fields=["specialist", "practice", "patient"], name="appointment_treated"),
            models.Index(
                fields=["practice", "created_at"],
                name="appointment_requested",
                condition=Q(status="requested"),
            ),
            models.Index(
                # Those that are not archived and have no time, in their order: two columns that are the same in all of
                # them, so that SQLite prefers this index to `appointment_status`.
                fields=["archived_at", "starts_at", "created_at", "id"],
                name="appointment_registrations",
                condition=Q(status="requested"),
            ),
            models.Index(fields=["starts_at", "id"], name="appointment_starts"),
            models.Index(fields=["status", "starts_at", "id"], name="appointment_status"),
            models.Index(fields=["created_at", "id"], name="appointment_created", condition=Q(starts_at__isnull=False)),
            models.Index(fields=["specialist", "created_at", "id"], name="appointment_specialist_created"),
            models.Index(fields=["updated_at", "id"], name="appointment_updated"),
            models.Index(fields=["practice", "updated_at"], name="appointment_done", condition=Q(status="done")),
            models.Index(fields=["starts_at", "id"], name="appointment_needs_move", condition=Q(needs_move=True)),
            models.Index(fields=["starts_at", "id"], name="appointment_overbooked", condition=Q(overbooked=True)),
            models.Index(
                fields=["starts_at", "id"], name="appointment_archived", condition=Q(archived_at__isnull=False)
            ),
            models.Index(
                fields=["created_at", "id"],
                name="appointment_archived_created",
                condition=Q(archived_at__isnull=False),
            ),
            models.Index(
                fields=["archived_at", "id"], name="appointment_archived_at", condition=Q(archived_at__isnull=False)
            ),
            models.Index(
                fields=["cancelled_at", "id"], name="appointment_cancelled_at", condition=Q(cancelled_at__isnull=False)
            ),
            models.Index(fields=["id"], name="appointment_contact", condition=~Q(contact_name="")),
            *(
                models.Index(
                    fields=[column],
                    name=f"appointment_{column}",
                    opclasses=["varchar_pattern_ops"],
                    condition=~Q(contact_name=""),
                )
                for column in ("contact_name", "contact_email", "contact_phone")
            ),
            # Visits from slots, with what they are filtered by and what SQLite asks of each: an index alone counts.
            *(
                models.Index(fields=[*first, *FROM_SLOTS], name=name, condition=Q(archived_at=None, slot__isnull=False))
                for name, first in (
                    ("appointment_book", ["starts_at", "id", "status"]),
                    ("appointment_book_status", ["status", "starts_at", "id"]),
                    ("appointment_book_specialist", ["specialist", "status", "starts_at", "id"]),
                )
            ),
            models.Index(
                Month("starts_at"),
                "updated_at",
                name="appointment_month_updated",
                condition=Q(archived_at=None, slot__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return _t("Appointment %(number)s") % {"number": self.pk}

    @property
    def claims_time(self) -> bool:
        """Whether the appointment takes the time of people and rooms."""
        return self.starts_at is not None and self.status in CLAIMING and self.archived_at is None

    def move(self, status: AppointmentStatus) -> None:
        """Change the status to `status` if the table allows it, else raise Conflict; consequences are the verb's."""
        if self.archived_at is not None:
            raise Conflict(_t("The appointment has been archived."), code="archived")
        if status not in NEXT[self.status]:
            raise Conflict(
                _t("An appointment that is %(now)s cannot become %(wanted)s.")
                % {"now": AppointmentStatus(self.status).label.lower(), "wanted": status.label.lower()},
                code="invalid_transition",
            )
        self.status = status

    def confirm(self) -> None:
        """requested -> confirmed: needs a time, a specialist and a patient. Only `undo` leads back to it."""
        if self.status != AppointmentStatus.REQUESTED:
            raise Conflict(_t("Only a request can be confirmed."), code="invalid_transition")
        self.move(AppointmentStatus.CONFIRMED)
        if self.starts_at is None or self.specialist_id is None or self.patient_id is None:
            raise Conflict(_t("The appointment needs a patient, a specialist and a time first."), code="incomplete")

    def arrive(self, *, at: datetime) -> None:
        """confirmed or in care -> arrived."""
        self.move(AppointmentStatus.ARRIVED)
        self.arrived_at = self.arrived_at or at

    def cancel(self, *, note: str, by_user_id: int | None, at: datetime) -> None:
        """requested, confirmed or arrived -> cancelled."""
        self.move(AppointmentStatus.CANCELLED)
        self.cancellation_note = note
        self.cancelled_by_id = by_user_id
        self.cancelled_at = at

    def need_not_move(self) -> None:
        """Clear `needs_move`: the appointment has a valid place, or takes no time any more."""
        self.needs_move, self.called_at = False, None

    def call(self, *, at: datetime) -> None:
        """Note that the patient was called about moving the visit; Conflict if it need not be moved."""
        if not self.needs_move:
            raise Conflict(_t("This visit does not need to be moved."), code="need_not_move")
        self.called_at = at

    def undo(self, *, at: datetime, before: str | None = None, since: datetime | None = None) -> None:
        """Go back one step: from done and no-show to `before`, from in care to arrived, from the others to confirmed.

        Cancelled and rejected go back within three minutes only, to what they were; later they are final. `before` and
        `since` are the previous status and the moment of the step, from the history.
        """
        if self.archived_at is not None or self.status not in UNDO.keys() | FINAL:
            raise Conflict(_t("There is nothing to undo."), code="nothing_to_undo")
        if self.status in FINAL:
            if at - (self.cancelled_at or since or self.updated_at) > UNDO_FINAL_WITHIN:
                raise Conflict(_t("This can be undone for three minutes only."), code="too_late")
            wish = self.starts_at is None or self.status == AppointmentStatus.REJECTED
            known = before if before in OPEN else AppointmentStatus.CONFIRMED
            self.status = AppointmentStatus.REQUESTED if wish else AppointmentStatus(known)
            self.cancelled_at, self.cancelled_by_id, self.cancellation_note = None, None, ""
            self.cancellation_reason_code = None
        elif self.status in (AppointmentStatus.ARRIVED, AppointmentStatus.IN_CARE):
            self.status = UNDO[self.status]
        else:
            # Without a history, as after an import, an appointment with an arrival time goes back to arrived.
            likely = AppointmentStatus.ARRIVED if self.arrived_at is not None else AppointmentStatus.CONFIRMED
            came_from = before if before in OPEN - {AppointmentStatus.REQUESTED} else likely
            self.status = AppointmentStatus(came_from)
        if self.status == AppointmentStatus.CONFIRMED:
            self.arrived_at = None


class AppointmentService(Stored):
    """A treatment of an appointment with its price and currency frozen; position 0 is the main one."""

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="services", verbose_name=_("appointment"))
    service = models.ForeignKey(Service, models.PROTECT, related_name="+", verbose_name=_("service"))
    position = models.PositiveSmallIntegerField(_("position"), default=0, db_default=0)
    price = MoneyField(_("price"))
    currency = models.CharField(_("currency"), max_length=3, editable=False, validators=[check_currency])

    objects = OfAppointmentQuerySet["AppointmentService"].as_manager()

    class Meta:
        verbose_name = _("treatment")
        verbose_name_plural = _("treatments")
        constraints = [
            models.UniqueConstraint(fields=["appointment", "service"], name="appointment_service_unique"),
        ]
        indexes = [models.Index(fields=["service", "appointment"], name="appointment_service_service")]

    def __str__(self) -> str:
        return str(self.service)


class AppointmentAssistant(Stored):
    """A person who assists; the same person may treat in another appointment."""

    appointment = models.ForeignKey(
        Appointment, models.CASCADE, related_name="assistants", verbose_name=_("appointment")
    )
    specialist = models.ForeignKey(Specialist, models.PROTECT, related_name="assisting", verbose_name=_("assistant"))

    objects = OfAppointmentQuerySet["AppointmentAssistant"].as_manager()

    class Meta:
        verbose_name = _("assistant")
        verbose_name_plural = _("assistants")
        constraints = [
            models.UniqueConstraint(fields=["appointment", "specialist"], name="appointment_assistant_unique")
        ]

    def __str__(self) -> str:
        return str(self.specialist)
