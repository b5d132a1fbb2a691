"""Who is busy when: time off, holds, and the claims that decide whether a time is free."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Service
from core.constraints import known
from core.models import ClinicModel, Stored
from core.moments import moment_in_words
from core.no_overlap import NoOverlap
from directory.models import Practice, Resource, Room, Specialist
from patients.models import Patient
from scheduling.models.appointment import Appointment
from scheduling.models.slots import AvailableSlot
from scheduling.querysets import ClaimQuerySet, HoldQuerySet, TimeOffQuerySet
from scheduling.series import GOES_ON, TimeOffSeriesQuerySet
from scheduling.states import LONGEST_CLAIM, ClaimRole

ONE_RESOURCE = Q(specialist__isnull=False, room__isnull=True) | Q(specialist__isnull=True, room__isnull=False)


class TimeOffSeries(ClinicModel):
    """Recurring time off in the practice's wall time, such as lunch."""

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+", verbose_name=_("practice"))
    specialist = models.ForeignKey(
        Specialist, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("specialist")
    )
    room = models.ForeignKey(Room, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("room"))
    rrule = models.CharField(_("rule"), max_length=500)
    start_date = models.DateField(_("first day"))
    start_time = models.TimeField(_("from"))
    duration_minutes = models.PositiveSmallIntegerField(
        _("minutes"), validators=[MinValueValidator(1), MaxValueValidator(1440)]
    )
    until_date = models.DateField(_("last day"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    generated_until = models.DateField(_("made until"), null=True, blank=True, editable=False)
    archived_at = models.DateTimeField(_("ended"), null=True, blank=True, editable=False)

    objects = TimeOffSeriesQuerySet.as_manager()

    class Meta:
        verbose_name = _("recurring time off")
        verbose_name_plural = _("recurring time off")
        constraints = [models.CheckConstraint(condition=ONE_RESOURCE, name="timeoff_series_one_resource")]
        indexes = [
            models.Index(
                fields=["generated_until"], name="timeoff_series_goes_on", condition=Q(GOES_ON, archived_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.specialist or self.room} {self.start_time:%H:%M}"


class TimeOff(ClinicModel):
    """An interval in which a specialist or a room is away; visits booked under it need to be moved."""

    series = models.ForeignKey(
        TimeOffSeries, models.PROTECT, null=True, blank=True, related_name="occurrences", editable=False
    )
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+", verbose_name=_("practice"))
    specialist = models.ForeignKey(
        Specialist, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("specialist")
    )
    room = models.ForeignKey(Room, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("room"))
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    archived_at = models.DateTimeField(_("ended"), null=True, blank=True, editable=False)

    objects = TimeOffQuerySet["TimeOff"].as_manager()

    class Meta:
        verbose_name = _("time off")
        verbose_name_plural = _("time off")
        constraints = [
            models.CheckConstraint(condition=ONE_RESOURCE, name="timeoff_one_resource"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="timeoff_ends_after_start"),
        ]
        indexes = [
            models.Index(fields=["practice", "starts_at"], name="timeoff_practice"),
            models.Index(fields=["starts_at", "id"], name="timeoff_starts"),
        ]

    def __str__(self) -> str:
        return f"{self.specialist or self.room}, {moment_in_words(self.starts_at, self.practice.zone)}"


class Hold(ClinicModel):
    """A time kept for somebody until they decide; it expires by itself."""

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+", verbose_name=_("practice"))
    slot = models.ForeignKey(AvailableSlot, models.PROTECT, null=True, blank=True, related_name="holds")
    specialist = models.ForeignKey(Specialist, models.PROTECT, null=True, blank=True, related_name="+")
    room = models.ForeignKey(Room, models.PROTECT, null=True, blank=True, related_name="+")
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, blank=True, related_name="+")
    service = models.ForeignKey(Service, models.PROTECT, null=True, blank=True, related_name="+")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    expires_at = models.DateTimeField(_("until"))
    released_at = models.DateTimeField(_("released"), null=True, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="hold_ends_after_start")]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M}"


class Claim(Stored):
    """One resource, busy for one interval, for exactly one reason; written by `scheduling.calendar.claims` alone.

    Two exclusive claims of one resource never overlap, whatever wrote them. One that is not exclusive is a
    recorded overbooking, or stands under time off. Buffers are included where the booking has no slot.
    """

    resource = models.ForeignKey(
        Resource, models.PROTECT, related_name="claims", verbose_name=_("resource"), db_index=False
    )
    role = models.CharField(_("as"), max_length=10, choices=ClaimRole)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    exclusive = models.BooleanField(_("exclusive"), default=True, db_default=True)
    appointment = models.ForeignKey(Appointment, models.CASCADE, null=True, blank=True, related_name="claims")
    slot = models.ForeignKey(AvailableSlot, models.CASCADE, null=True, blank=True, related_name="claims")
    time_off = models.ForeignKey(TimeOff, models.CASCADE, null=True, blank=True, related_name="claims")
    hold = models.ForeignKey(Hold, models.CASCADE, null=True, blank=True, related_name="claims")

    objects = ClaimQuerySet.as_manager()

    SOURCES = ("appointment", "slot", "time_off", "hold")

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="claim_ends_after_start"),
            models.CheckConstraint(
                condition=Q(time_off__isnull=False) | Q(ends_at__lte=F("starts_at") + LONGEST_CLAIM),
                name="claim_within_days",
            ),
            models.CheckConstraint(
                condition=Q(appointment__isnull=False, slot=None, time_off=None, hold=None)
                | Q(appointment=None, slot__isnull=False, time_off=None, hold=None)
                | Q(appointment=None, slot=None, time_off__isnull=False, hold=None)
                | Q(appointment=None, slot=None, time_off=None, hold__isnull=False),
                name="claim_one_source",
            ),
            known("claim", "role", ClaimRole),
            NoOverlap(
                name="claim_no_overlap",
                owner="resource",
                condition=Q(exclusive=True),
                violation_error_message=_("The time is taken."),
            ),
        ]
        indexes = [
            models.Index(fields=["resource", "starts_at", "ends_at"], name="claim_resource"),
            # Time off may last long, so that its start says little; its end says whether it is over.
            models.Index(
                fields=["resource", "ends_at", "starts_at"],
                name="claim_time_off_ahead",
                condition=Q(time_off__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.starts_at:%Y-%m-%d %H:%M}"
