"""Bookable slots, single, in batches and in series of local time; and the days on which a practice is closed."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.constraints import at_least, known
from core.models import ClinicModel, Stored
from core.moments import moment_in_words
from core.no_overlap import NoOverlap
from directory.models import Practice, Room, Specialist
from directory.querysets import InPracticeQuerySet
from scheduling.dated import Month
from scheduling.querysets import AvailableSlotQuerySet, HolidayQuerySet
from scheduling.series import GOES_ON, SeriesSkipQuerySet, SlotSeriesQuerySet
from scheduling.states import LONGEST_SLOT, HolidaySource, SkipReason, SlotPattern

CAPACITY = [MinValueValidator(1), MaxValueValidator(99)]


class SlotSeries(ClinicModel):
    """A rule that creates slots in the practice's local time: 09:00 stays 09:00 across a clock change.

    `rrule` is an RFC 5545 rule without DTSTART; `until_date` is inclusive. Real slots are generated up to
    `generated_until`, and `manage.py extend_slots` rolls them forward.
    """

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+", verbose_name=_("practice"))
    specialist = models.ForeignKey(Specialist, models.PROTECT, related_name="+", verbose_name=_("specialist"))
    room = models.ForeignKey(Room, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("room"))
    pattern = models.CharField(_("repeats"), max_length=10, choices=SlotPattern)
    rrule = models.CharField(_("rule"), max_length=500)
    start_date = models.DateField(_("first day"))
    start_time = models.TimeField(_("from"))
    duration_minutes = models.PositiveSmallIntegerField(
        _("minutes"), validators=[MinValueValidator(1), MaxValueValidator(1440)]
    )
    until_date = models.DateField(_("last day"), null=True, blank=True)
    appointment_type = models.CharField(_("appointment type"), max_length=50, blank=True)
    capacity = models.PositiveSmallIntegerField(_("places"), default=1, db_default=1, validators=CAPACITY)
    generated_until = models.DateField(_("made until"), null=True, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True, editable=False)

    objects = SlotSeriesQuerySet.as_manager()

    class Meta:
        verbose_name = _("slot series")
        verbose_name_plural = _("slot series")
        constraints = [known("slot_series", "pattern", SlotPattern), at_least("slot_series", "capacity", 1)]
        indexes = [
            models.Index(
                fields=["generated_until"], name="slot_series_goes_on", condition=Q(GOES_ON, withdrawn_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.specialist} · {self.get_pattern_display()} {self.start_time:%H:%M}"


class SeriesSkip(Stored):
    """A day on which a series created no slot, with the reason."""

    series = models.ForeignKey(SlotSeries, models.CASCADE, related_name="skips", verbose_name=_("series"))
    date = models.DateField(_("day"))
    reason = models.CharField(_("why"), max_length=10, choices=SkipReason)
    detail = models.CharField(_("detail"), max_length=255, blank=True)

    objects = SeriesSkipQuerySet.as_manager()

    class Meta:
        verbose_name = _("day left out")
        verbose_name_plural = _("days left out")
        constraints = [
            models.UniqueConstraint(fields=["series", "date"], name="series_skip_unique"),
            known("series_skip", "reason", SkipReason),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.get_reason_display()}"


class SlotBatch(ClinicModel):
    """One bulk creation of slots, and the slots that it refused.

    `failed` has {index, errors by column ("" = the whole), there: whether the same slot was offered already} for each.
    """

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+", verbose_name=_("practice"))
    params = models.JSONField(_("asked for"), default=dict, blank=True)
    failed = models.JSONField(_("refused"), default=list, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True, editable=False)

    objects = InPracticeQuerySet["SlotBatch"].as_manager()

    class Meta:
        verbose_name = _("bulk creation")
        verbose_name_plural = _("bulk creations")

    def __str__(self) -> str:
        return f"{self.practice} · {moment_in_words(self.created_at, self.practice.zone)}"


class AvailableSlot(ClinicModel):
    """An interval that can be booked. `booked` counts its active appointments.

    `blocked` counts the claims on its specialist or its room over it, except its own and holds. `held_until` is when
    the last hold over it expires. What makes a slot bookable is said in `AvailableSlotQuerySet.available`.
    """

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+", verbose_name=_("practice"))
    specialist = models.ForeignKey(Specialist, models.PROTECT, related_name="slots", verbose_name=_("specialist"))
    room = models.ForeignKey(Room, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("room"))
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    appointment_type = models.CharField(
        _("appointment type"), max_length=50, blank=True, help_text=_("Empty: any service.")
    )
    capacity = models.PositiveSmallIntegerField(_("places"), default=1, db_default=1, validators=CAPACITY)
    booked = models.PositiveSmallIntegerField(_("booked"), default=0, db_default=0, editable=False)
    blocked = models.PositiveSmallIntegerField(_("blocked"), default=0, db_default=0, editable=False)
    held_until = models.DateTimeField(_("held until"), null=True, blank=True, editable=False)
    series = models.ForeignKey(SlotSeries, models.PROTECT, null=True, blank=True, related_name="slots", editable=False)
    series_date = models.DateField(null=True, blank=True, editable=False)
    batch = models.ForeignKey(SlotBatch, models.PROTECT, null=True, blank=True, related_name="slots", editable=False)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True, editable=False)

    objects = AvailableSlotQuerySet.as_manager()

    class Meta:
        verbose_name = _("slot")
        verbose_name_plural = _("slots")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="slot_ends_after_start",
                violation_error_message=_("must be after start time"),
            ),
            models.CheckConstraint(
                condition=Q(ends_at__lte=F("starts_at") + LONGEST_SLOT),
                name="slot_within_a_day",
                violation_error_message=_("must be within a day of start time"),
            ),
            models.CheckConstraint(condition=Q(booked__lte=F("capacity")), name="slot_booked_within_capacity"),
            at_least("slot", "capacity", 1),
            models.UniqueConstraint(fields=["series", "series_date"], name="slot_series_date_unique"),
            NoOverlap(
                name="slot_no_overlap",
                owner="specialist",
                condition=Q(withdrawn_at=None),
                violation_error_message=_("The specialist has another slot at this time"),
            ),
        ]
        indexes = [
            models.Index(fields=["specialist", "starts_at"], name="slot_specialist", condition=Q(withdrawn_at=None)),
            models.Index(fields=["room", "starts_at"], name="slot_room", condition=Q(withdrawn_at=None)),
            models.Index(fields=["practice", "starts_at", "id"], name="slot_practice", condition=Q(withdrawn_at=None)),
            models.Index(
                fields=["practice", "appointment_type", "starts_at"],
                name="slot_type",
                condition=Q(withdrawn_at=None),
            ),
            models.Index(
                fields=["starts_at", "id"],
                name="slot_available",
                condition=Q(withdrawn_at=None, blocked=0, booked__lt=F("capacity")),
            ),
            models.Index(
                fields=["specialist", "starts_at"],
                name="slot_available_of",
                condition=Q(withdrawn_at=None, blocked=0, booked__lt=F("capacity")),
            ),
            models.Index(fields=["starts_at", "id"], name="slot_starts"),
            models.Index(
                fields=["starts_at", "id"], name="slot_blocked", condition=Q(withdrawn_at=None, blocked__gt=0)
            ),
            models.Index(fields=["starts_at", "id"], name="slot_group", condition=Q(capacity__gt=1)),
            models.Index(fields=["created_at", "id"], name="slot_group_created", condition=Q(capacity__gt=1)),
            models.Index(fields=["starts_at", "id"], name="slot_withdrawn", condition=Q(withdrawn_at__isnull=False)),
            models.Index(fields=["updated_at", "id"], name="slot_updated"),
            models.Index(Month("starts_at"), "updated_at", name="slot_month_updated", condition=Q(withdrawn_at=None)),
            models.Index(fields=["appointment_type", "starts_at", "id"], name="slot_type_anywhere"),
        ]

    def __str__(self) -> str:
        return f"{self.specialist}, {moment_in_words(self.starts_at, self.practice.zone)}"


class Holiday(ClinicModel):
    """A day on which a practice is closed, or open although the calendar calls it a holiday. Bookings respect it."""

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="holidays", verbose_name=_("practice"))
    date = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=255)
    is_closed = models.BooleanField(_("closed"), default=True, db_default=True)
    source = models.CharField(
        _("from"),
        max_length=8,
        choices=HolidaySource,
        default=HolidaySource.MANUAL,
        db_default=HolidaySource.MANUAL,
        editable=False,
    )

    objects = HolidayQuerySet.as_manager()

    class Meta:
        verbose_name = _("holiday or closure")
        verbose_name_plural = _("holidays and closures")
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "date"],
                name="holiday_unique",
                violation_error_message=_("This day is in the list already."),
            ),
            known("holiday", "source", HolidaySource),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"
