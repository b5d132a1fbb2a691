"""The list and page of slot series: what they repeat, which days they skip, and steps to change or end them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from backoffice.calendar.slot_forms import ALL, ChangeSeriesForm
from backoffice.calendar.slot_panels import left_out, next_of
from backoffice.calendar.slots import CHANGE_SERIES, WITHDRAW, change_series_of, withdraw
from backoffice.kit.actor import actor_of
from backoffice.kit.cells import badge
from backoffice.kit.clock import show_days
from backoffice.kit.filters import PracticeFilter, SpecialistFilter
from backoffice.kit.panels import Panel
from backoffice.kit.steps import Step
from backoffice.kit.verb_admin import VerbAdmin
from core.actor import Actor
from core.errors import Conflict
from scheduling.models import AvailableSlot, SlotSeries
from scheduling.services import delete_series

SOON = timedelta(days=14)


def of_series(verb: Any) -> Any:
    """The verb of a slot's series, called with the series: every one of its slots stands for all that lie ahead."""

    def call(pk: int, *, by: Actor, at: datetime, which: str = ALL, **more: Any) -> object:
        slots = AvailableSlot.objects.visible_to(by).filter(series_id=pk, series_date__isnull=False)
        slot = slots.order_by("-starts_at").first()
        if slot is None:
            raise Conflict(_t("None of its slots is left."), code="no_series")
        return verb(slot.pk, which=which, **more, by=by, at=at)

    return call


class EndingFilter(admin.SimpleListFilter):
    """Series without slots beyond two weeks, so that nobody can be booked after that."""

    title = _("end")
    parameter_name = "ends"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("soon", _("Within two weeks"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        rows: QuerySet[Any] = queryset
        return queryset.ending(timezone.localdate(), within=SOON) if self.value() == "soon" else rows


@admin.register(SlotSeries)
class SeriesAdmin(VerbAdmin):
    """Series of slots. They are begun with a slot that repeats."""

    view_verb = "scheduling.view_slots"
    add_verb = "scheduling.create_slots"
    delete_verb = "scheduling.withdraw_slot"
    made_on = "admin:scheduling_availableslot_add?pattern=weekly"
    scope = "practice"
    steps = (
        Step(
            name="change-all",
            label=_("Change"),
            verb="scheduling.change_slot",
            call=of_series(change_series_of),
            done=CHANGE_SERIES.done,
            told=CHANGE_SERIES.told,
            offered=lambda row: row.withdrawn_at is None,
            form=ChangeSeriesForm,
            bulk=False,
            leaves=True,
            icon="event_repeat",
        ),
        Step(
            name="withdraw",
            label=_("Withdraw"),
            verb="scheduling.withdraw_slot",
            call=of_series(withdraw),
            done=ngettext_lazy("%(count)d series withdrawn.", "%(count)d series withdrawn.", "count"),
            told=WITHDRAW.told,
            offered=lambda row: row.withdrawn_at is None,
            confirm=_("All its upcoming slots are withdrawn; booked ones stay."),
            variant="danger",
            icon="event_busy",
        ),
    )

    list_display = ("specialist", "practice", "pattern", "hours", "days", "room", "appointment_type", "state")
    sortable_by = ()
    list_filter = (EndingFilter, SpecialistFilter, "pattern", PracticeFilter)
    list_select_related = ("specialist", "practice", "room")
    ordering = ("-pk",)
    search_fields = ("=pk", "specialist__first_name", "specialist__last_name", "appointment_type")
    search_help_text = _("Specialist or type")
    readonly_fields = (
        "specialist", "practice", "room", "pattern", "rrule", "hours", "days", "appointment_type", "capacity",
        "generated_until", "state",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": (("specialist", "room"), "practice", ("pattern", "rrule"), ("hours", "days"))}),
        (None, {"fields": (("appointment_type", "capacity"), ("generated_until", "state"))}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def list_links(self, request: HttpRequest) -> list[tuple[str, str]]:
        """A series begins with a slot that repeats."""
        if not actor_of(request).may("scheduling.create_slots"):
            return []
        return [(_t("Add a slot that repeats"), reverse("admin:scheduling_availableslot_add"))]

    def remove(self, obj: SlotSeries, *, by: Actor, at: datetime) -> None:
        delete_series(obj.pk, by=by, at=at)

    def panels(self, request: HttpRequest, row: SlotSeries) -> Sequence[Panel]:
        by = actor_of(request)
        return [next_of(row, by=by), left_out(row, by=by)]

    @display(description=_("hours"), ordering="start_time")
    def hours(self, row: SlotSeries) -> str:
        begin = datetime.combine(row.start_date, row.start_time)
        return f"{begin:%H:%M} – {begin + timedelta(minutes=row.duration_minutes):%H:%M}"

    @display(description=_("days"), ordering="start_date")
    def days(self, row: SlotSeries) -> str:
        return show_days(row.start_date, row.until_date)

    @display(description=_("state"))
    def state(self, row: SlotSeries) -> SafeString:
        if row.withdrawn_at is not None:
            return badge("cancelled", _t("Withdrawn"))
        return badge("done", _t("Running")) if not is_over(row) else badge("", _t("Ended"))


def is_over(row: SlotSeries) -> bool:
    """Whether its last day is past."""
    return row.until_date is not None and row.until_date < timezone.localdate(timezone=row.practice.zone)
