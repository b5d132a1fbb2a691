"""Time off of people and rooms, once or recurring.

Before it is saved, the page lists the booked appointments that it would affect.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from backoffice.calendar.hits import HitsForm, hit_by_recurring, to_those_hit
from backoffice.calendar.pages.to_be_moved import page_of
from backoffice.calendar.slot_forms import minutes
from backoffice.kit.actor import actor_of
from backoffice.kit.cells import badge, link
from backoffice.kit.clock import moment, show_days, show_span
from backoffice.kit.filters import DaysFilter, DefaultFilter, PracticeFilter, SpecialistFilter
from backoffice.kit.inputs import Checks, TimeInput, WallTimeField
from backoffice.kit.steps import Step
from backoffice.kit.verb_admin import Values, VerbAdmin
from core.actor import Actor
from core.errors import Conflict
from directory.models import Practice
from scheduling.calendar import hit_by_time_off
from scheduling.models import Appointment, TimeOff, TimeOffSeries
from scheduling.services import (
    add_recurring_time_off,
    add_time_off,
    delete_recurring_time_off,
    delete_time_off,
    end_recurring_time_off,
    end_time_off,
)

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def is_live(row: Any) -> None:
    """What has been ended cannot be ended again."""
    if row.archived_at is not None:
        raise Conflict(_t("It has already been ended."), code="archived")


def ending(call: Any, confirm: Any) -> Step:
    """The step that takes time off back."""
    return Step(
        name="end",
        label=_("End"),
        verb="scheduling.time_off",
        call=call,
        done=ngettext_lazy("%(count)d time off ended.", "%(count)d times off ended.", "count"),
        offered=lambda row: row.archived_at is None,
        guard=lambda row, given, at: is_live(row),
        confirm=confirm,
        variant="danger",
        icon="event_available",
    )


class AwayForm(HitsForm):
    """Who or which room is away, from when to when."""

    starts_at = WallTimeField(label=_("From"), help_text=_("In the practice's local time."))
    ends_at = WallTimeField(label=_("To"))

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if not self.errors and bool(given.get("specialist")) == bool(given.get("room")):
            self.add_error("specialist", _t("Name a specialist or a room."))
        return given

    def hits(self, given: dict[str, Any], practice: Practice) -> list[Appointment]:
        starts_at = moment(given["starts_at"], practice, field="starts_at")
        ends_at = moment(given["ends_at"], practice, field="ends_at")
        if bool(given.get("specialist")) == bool(given.get("room")) or ends_at <= starts_at:
            return []
        return hit_by_time_off(actor_of(self.request), **owner_of(given), starts_at=starts_at, ends_at=ends_at)


def owner_of(given: dict[str, Any]) -> dict[str, int | None]:
    """Who or what is away, by id."""
    return {
        "specialist_id": given["specialist"].pk if given.get("specialist") else None,
        "room_id": given["room"].pk if given.get("room") else None,
    }


class AwayAdmin(VerbAdmin):
    """Time off: made and ended, never edited."""

    view_verb = "scheduling.view_slots"
    add_verb = delete_verb = "scheduling.time_off"
    scope = "practice"
    list_select_related: tuple[str, ...] = ("practice", "specialist", "room")
    autocomplete_fields = ("specialist",)
    search_fields = ("=pk", "specialist__first_name", "specialist__last_name", "room__name", "reason")
    search_help_text = _("Specialist, room or reason")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    @display(description=_("specialist or room"))
    def owner(self, row: Any) -> str:
        return str(row.specialist or row.room)

    @display(description=_("state"))
    def state(self, row: Any) -> SafeString:
        return badge("cancelled", _t("Ended")) if row.archived_at else badge("active", _t("Active"))


class EndedFilter(DefaultFilter):
    """What stands; what has been ended if asked for."""

    title = _("state")
    parameter_name = "state"
    default = "stands"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("stands", _("Active")), ("ended", _("Ended")), ("any", _("All"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "any":
            return queryset
        return queryset.filter(archived_at__isnull=self.value() != "ended")


class UntilFilter(DaysFilter):
    """Time off by day: what has not ended yet counts as ahead."""

    column = "ends_at"


@admin.register(TimeOff)
class TimeOffAdmin(AwayAdmin):
    """Time off of people and rooms."""

    form = AwayForm
    steps = (ending(end_time_off, _("Visits under it keep their time, as if it had never been entered.")),)
    list_display = ("when", "owner", "practice", "reason", "again", "state")
    sortable_by = ("when",)
    list_filter = (UntilFilter, SpecialistFilter, EndedFilter, PracticeFilter)
    list_select_related = ("practice", "specialist", "room", "series")
    ordering = ("starts_at", "pk")
    readonly_fields = ("when", "owner", "again", "state")

    def layout(self, request: HttpRequest, obj: Any) -> list[Any]:
        if obj is None:
            fields: list[Any] = ["practice", ("specialist", "room"), ("starts_at", "ends_at"), "reason", "anyway"]
        else:
            fields = [("owner", "state"), "practice", "when", "reason", *(["again"] if obj.series_id else [])]
        return [(None, {"fields": fields})]

    def list_links(self, request: HttpRequest) -> list[tuple[str, str]]:
        return [
            (_t("Recurring time off"), reverse("admin:scheduling_timeoffseries_changelist")),
            (_t("Holidays and closed days"), reverse("admin:scheduling_holiday_changelist")),
        ]

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> TimeOff:
        given = form.cleaned_data
        practice = form.practice_of(given)
        return add_time_off(
            practice_id=self.scope_id(form.request, form),
            starts_at=moment(given["starts_at"], practice, field="starts_at"),
            ends_at=moment(given["ends_at"], practice, field="ends_at"),
            **owner_of(given),
            reason=given["reason"],
            by=by,
            at=at,
        )

    def remove(self, obj: TimeOff, *, by: Actor, at: datetime) -> None:
        delete_time_off(obj.pk, by=by, at=at)

    def response_add(self, request: HttpRequest, obj: TimeOff, post_url_continue: str | None = None) -> HttpResponse:
        answer: HttpResponse = super().response_add(request, obj, post_url_continue)
        return to_those_hit(request, page_of(obj)) or answer

    def links(self, request: HttpRequest, row: TimeOff) -> list[tuple[str, str]]:
        return [(_t("Visits to be moved"), page_of(row))] if row.archived_at is None else []

    @display(description=_("when"), ordering="starts_at")
    def when(self, row: TimeOff) -> str:
        return show_span(row.starts_at, row.ends_at, row.practice)

    @display(description=_("recurring"))
    def again(self, row: TimeOff) -> SafeString | str:
        return link(row.series, _t("Yes"))


class AgainForm(HitsForm):
    """Time off that comes again every week, such as lunch."""

    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days of the week"), coerce=int, choices=list(WEEKDAYS.items()), initial=[0, 1, 2, 3, 4], widget=Checks
    )
    start_time = forms.TimeField(label=_("From"), widget=TimeInput, help_text=_("In the practice's local time."))
    duration_minutes = minutes(initial=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.initial.setdefault("start_date", timezone.localdate())

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if not self.errors and bool(given.get("specialist")) == bool(given.get("room")):
            self.add_error("specialist", _t("Name a specialist or a room."))
        return given

    def hits(self, given: dict[str, Any], practice: Practice) -> list[Appointment]:
        if bool(given.get("specialist")) == bool(given.get("room")):
            return []
        return hit_by_recurring(
            actor_of(self.request),
            practice,
            **owner_of(given),
            rule=rule_of(given["weekdays"]),
            first=given["start_date"],
            until=given["until_date"],
            begins=given["start_time"],
            minutes=given["duration_minutes"],
        )


def rule_of(weekdays: Sequence[int]) -> str:
    """The days of the week as an RFC 5545 rule."""
    return f"FREQ=WEEKLY;BYDAY={','.join(DAYS[day] for day in sorted(weekdays))}"


@admin.register(TimeOffSeries)
class TimeOffSeriesAdmin(AwayAdmin):
    """Time off that comes again."""

    form = AgainForm
    steps = (ending(end_recurring_time_off, _("All upcoming days of it are taken back.")),)
    list_display = ("owner", "practice", "on", "hours", "days", "reason", "state")
    sortable_by = ()
    list_filter = (EndedFilter, SpecialistFilter, PracticeFilter)
    ordering = ("-pk",)
    readonly_fields = ("owner", "on", "hours", "days", "generated_until", "state")

    def layout(self, request: HttpRequest, obj: Any) -> list[Any]:
        if obj is None:
            fields: list[Any] = [
                "practice", ("specialist", "room"), "weekdays", ("start_time", "duration_minutes"),
                ("start_date", "until_date"), "reason", "anyway",
            ]  # fmt: skip
        else:
            fields = [("owner", "state"), "practice", ("on", "hours"), ("days", "generated_until"), "reason"]
        return [(None, {"fields": fields})]

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> TimeOffSeries:
        given = form.cleaned_data
        return add_recurring_time_off(
            practice_id=self.scope_id(form.request, form),
            rule=rule_of(given["weekdays"]),
            start_date=given["start_date"],
            start_time=given["start_time"],
            duration_minutes=given["duration_minutes"],
            until=given["until_date"],
            **owner_of(given),
            reason=given["reason"],
            by=by,
            at=at,
        )

    def response_add(
        self, request: HttpRequest, obj: TimeOffSeries, post_url_continue: str | None = None
    ) -> HttpResponse:
        answer: HttpResponse = super().response_add(request, obj, post_url_continue)
        all_of_practice = f"{reverse('admin:to_be_moved')}?practice={obj.practice_id}"
        return to_those_hit(request, all_of_practice) or answer

    def remove(self, obj: TimeOffSeries, *, by: Actor, at: datetime) -> None:
        delete_recurring_time_off(obj.pk, by=by, at=at)

    @display(description=_("on"))
    def on(self, row: TimeOffSeries) -> str:
        named = row.rrule.partition("BYDAY=")[2].partition(";")[0].split(",")
        if row.rrule.startswith("FREQ=WEEKLY") and set(named) <= set(DAYS):
            return ", ".join(str(WEEKDAYS[DAYS.index(one)]) for one in named)
        return row.rrule

    @display(description=_("hours"))
    def hours(self, row: TimeOffSeries) -> str:
        begin = datetime.combine(row.start_date, row.start_time)
        return f"{begin:%H:%M} – {begin + timedelta(minutes=row.duration_minutes):%H:%M}"

    @display(description=_("days"))
    def days(self, row: TimeOffSeries) -> str:
        return show_days(row.start_date, row.until_date)
