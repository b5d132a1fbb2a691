"""The list and page of slots, which are created, changed and withdrawn singly or with their series."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import F, Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from backoffice.calendar.group_steps import CANCEL_GROUP, MOVE_GROUP, UNDO_GROUP
from backoffice.calendar.slot_forms import FOLLOWING, THIS, ChangeSeriesForm, SlotForm, WhichForm, kept
from backoffice.calendar.slot_panels import appointments_in, in_the_way
from backoffice.kit.actor import actor_of
from backoffice.kit.cells import badge, link
from backoffice.kit.clock import moment, show_span
from backoffice.kit.filters import DaysFilter, DefaultFilter, PracticeFilter, SpecialistFilter, on_typed_days
from backoffice.kit.panels import Panel
from backoffice.kit.searches import among
from backoffice.kit.steps import Step
from backoffice.kit.verb_admin import Values, VerbAdmin
from catalog.models import Service
from core.actor import Actor
from core.errors import Conflict, DomainError
from core.moments import moment_in_words
from scheduling.calendar import SlotWish, is_bookable
from scheduling.models import AvailableSlot
from scheduling.services import (
    SeriesValues,
    SlotValues,
    change_series,
    change_slot,
    create_series,
    create_slot,
    withdraw_series,
    withdraw_slot,
)


def withdraw(pk: int, *, which: str = THIS, by: Actor, at: datetime) -> list[AvailableSlot]:
    """The slot alone, or with its series; the booked ones that stay are returned."""
    if which == THIS:
        withdraw_slot(pk, by=by, at=at)
        return []
    _series, booked = withdraw_series(pk, following=which == FOLLOWING, by=by, at=at)
    return booked


def change_series_of(pk: int, *, which: str, values: Values, by: Actor, at: datetime) -> list[AvailableSlot]:
    """Change the series from the slot on, or all that lies ahead; the booked ones that stay are returned."""
    _series, booked = change_series(pk, following=which == FOLLOWING, values=cast(SeriesValues, values), by=by, at=at)
    return booked


def can_withdraw(row: AvailableSlot, given: Any, at: datetime) -> None:
    """Withdrawn ones are gone; a booked one stays, unless its series is meant."""
    refusal: DomainError | None = None
    if row.withdrawn_at is not None:
        refusal = Conflict(_t("The slot has been withdrawn."), code="withdrawn")
    elif row.booked and row.series_id is None:
        refusal = Conflict(_t("The slot is booked; move or cancel its appointments first."), code="booked")
    if refusal is not None:
        raise refusal


def can_change_series(row: AvailableSlot) -> None:
    """Only where there is a series that goes on."""
    if row.withdrawn_at is not None:
        raise Conflict(_t("The slot has been withdrawn."), code="withdrawn")
    if row.series_id is None:
        raise Conflict(_t("This slot is not part of a series."), code="no_series")


WITHDRAW = Step(
    name="withdraw",
    label=_("Withdraw"),
    verb="scheduling.withdraw_slot",
    call=withdraw,
    done=ngettext_lazy("%(count)d slot withdrawn.", "%(count)d slots withdrawn.", "count"),
    told=lambda booked: f"{_t('Withdrawn.')} {kept(booked)}".strip(),
    offered=lambda row: row.withdrawn_at is None and not (row.booked and row.series_id is None),
    guard=can_withdraw,
    form=WhichForm,
    confirm=_("Nobody can book it any longer."),
    leaves=True,
    variant="danger",
    icon="event_busy",
)
CHANGE_SERIES = Step(
    name="change-series",
    label=_("Change the series"),
    verb="scheduling.change_slot",
    call=change_series_of,
    done=ngettext_lazy("%(count)d series changed.", "%(count)d series changed.", "count"),
    told=lambda booked: f"{_t('The series has been changed.')} {kept(booked)}".strip(),
    offered=lambda row: row.series_id is not None and row.withdrawn_at is None,
    guard=lambda row, given, at: can_change_series(row),
    form=ChangeSeriesForm,
    bulk=False,
    leaves=True,
    icon="event_repeat",
)


class StateFilter(DefaultFilter):
    """Whether it can be booked; withdrawn ones only if asked for."""

    title = _("state")
    parameter_name = "state"
    default = "offered"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("offered", _("Offered")),
            ("available", _("Available")),
            ("booked", _("Booked")),
            ("blocked", _("Blocked")),
            ("withdrawn", _("Withdrawn")),
            ("any", _("All")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        match self.value():
            case "available":
                return queryset.available(timezone.now())  # type: ignore[no-any-return]
            case "booked":
                return queryset.offered().filter(booked__gt=0)  # type: ignore[no-any-return]
            case "blocked":
                return queryset.offered().filter(blocked__gt=0, booked__lt=F("capacity"))  # type: ignore[no-any-return]
            case "withdrawn":
                return queryset.filter(withdrawn_at__isnull=False)  # type: ignore[no-any-return]
            case "any":
                return queryset  # type: ignore[no-any-return]
        return queryset.offered()  # type: ignore[no-any-return]


class GroupFilter(admin.SimpleListFilter):
    """Single slots, or those with several places."""

    title = _("places")
    parameter_name = "places"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("single", _("One place")), ("group", _("Several places"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = {"single": Q(capacity=1), "group": Q(capacity__gt=1)}.get(str(self.value()))
        return queryset.filter(wanted) if wanted is not None else queryset


@admin.register(AvailableSlot)
class SlotAdmin(VerbAdmin):
    """Slots. A booked one keeps its time, person and room."""

    view_verb = "scheduling.view_slots"
    add_verb = "scheduling.create_slots"
    change_verb = "scheduling.change_slot"
    scope = "practice"
    form = SlotForm
    steps = (MOVE_GROUP, CHANGE_SERIES, CANCEL_GROUP, UNDO_GROUP, WITHDRAW)

    list_display = ("time", "specialist", "practice", "room", "kind", "places", "state", "origin")
    linked = ("batch",)
    list_filter = (DaysFilter, SpecialistFilter, StateFilter, GroupFilter, PracticeFilter)
    list_select_related = ("specialist", "practice", "room", "series", "batch")
    ordering = ("starts_at", "pk")
    search_fields = ("=pk", "specialist__first_name", "specialist__last_name", "room__name")
    sortable_by = ("time",)
    search_help_text = _("Specialist, room, type or day (2026-11-24)")
    autocomplete_fields = ("specialist",)
    readonly_fields = ("time", "state", "origin")

    def layout(self, request: HttpRequest, obj: Any) -> list[Any]:
        facts: list[Any] = [
            "practice",
            ("specialist", "room"),
            ("starts_at", "minutes"),
            ("appointment_type", "capacity"),
        ]
        if obj is None:
            return [
                (None, {"fields": facts}),
                (_("Repetition"), {"fields": [("pattern", "until_date"), "rrule"]}),
            ]
        if not self.has_change_permission(request, obj):
            facts[2] = "time"  # the minutes are a field of the form, and not of the slot
        origin = ["origin"] if obj.series_id or obj.batch_id else []
        return [(None, {"fields": ["state", *facts, *origin]})]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.withdrawn_at is None)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: Any = super().get_queryset(request).select_related(*self.list_select_related)
        return rows.with_bookable(timezone.now()).with_closure()  # type: ignore[no-any-return]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, *on_typed_days(queryset, search_term))

    def also_found(self, word: str) -> Q:
        """The type, whole, or the beginning of the code of the service that it names."""
        codes = Service.objects.filter(code__istartswith=word).values_list("code", flat=True)
        return among(AvailableSlot, "appointment_type", {word, word.lower(), *codes})

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> AvailableSlot:
        given = form.cleaned_data
        practice = next(one for one in self.scopes(form.request) if one.pk == self.scope_id(form.request, form))
        starts_at = moment(given["starts_at"], practice, field="starts_at")  # type: ignore[arg-type]
        wish = SlotWish(
            specialist_id=given["specialist"].pk,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=given["minutes"]),
            appointment_type=given["appointment_type"],
            room_id=given["room"].pk if given["room"] else None,
            capacity=given["capacity"],
        )
        if not given["pattern"]:
            return create_slot(practice_id=practice.pk, wish=wish, by=by, at=at)
        more = {"pattern": given["pattern"], "rule": given["rrule"], "until": given["until_date"]}
        return create_series(practice_id=practice.pk, wish=wish, **more, by=by, at=at)[1]

    def change(self, obj: AvailableSlot, form: Any, values: Values, *, by: Actor, at: datetime) -> AvailableSlot | None:
        given = form.cleaned_data
        if {"starts_at", "minutes"} & set(form.changed_data):
            starts_at = obj.starts_at
            if "starts_at" in form.changed_data:
                starts_at = moment(given["starts_at"], obj.practice, field="starts_at")
            values = {**values, "starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=given["minutes"])}
        if not values:
            return None
        return change_slot(obj.pk, values=cast(SlotValues, values), by=by, at=at)

    def links(self, request: HttpRequest, row: AvailableSlot) -> list[tuple[str, str]]:
        by = actor_of(request)
        if not is_bookable(row, at=timezone.now()) or not by.may("scheduling.book", row.practice_id):
            return []
        return [(_t("Book it"), f"{reverse('admin:scheduling_appointment_add')}?slot={row.pk}")]

    def list_links(self, request: HttpRequest) -> list[tuple[str, str]]:
        """What leads on from the list."""
        return [(_t("Create many at once"), reverse("admin:bulk_slots"))] if self.has_add_permission(request) else []

    def panels(self, request: HttpRequest, row: AvailableSlot) -> Sequence[Panel]:
        by = actor_of(request)
        return [appointments_in(row, by=by), *in_the_way(row, by=by)]

    @display(description=_("when"), ordering="starts_at")
    def time(self, row: AvailableSlot) -> str:
        return show_span(row.starts_at, row.ends_at, row.practice)

    @display(description=_("type"), ordering="appointment_type")
    def kind(self, row: AvailableSlot) -> str:
        return row.appointment_type or _t("any service")

    @display(description=_("booked"))
    def places(self, row: AvailableSlot) -> str:
        return _t("%(booked)d of %(places)d") % {"booked": row.booked, "places": row.capacity}

    @display(description=_("state"))
    def state(self, row: AvailableSlot) -> SafeString:
        return state_of(row, at=timezone.now())

    @display(description=_("made as"))
    def origin(self, row: AvailableSlot) -> SafeString | str:
        made: Model | None = row.series or row.batch
        text = _t("Series") if row.series_id else _t("Bulk creation")
        return link(made, text)


def state_of(row: Any, *, at: datetime) -> SafeString:
    """What a slot, read with whether it is bookable, is to those who want to book it."""
    if row.withdrawn_at is not None:
        return badge("cancelled", _t("Withdrawn"))
    if row.booked >= row.capacity:
        return badge("confirmed", _t("Booked"))
    if row.blocked:
        return badge("pending", _t("Blocked"))
    if row.starts_at <= at:
        return badge("", _t("Past"))
    if not row.bookable and row.closed_by is not None:
        return badge("pending", _t("Closed: %(name)s") % {"name": row.closed_by})
    if not row.bookable and row.held_until is not None and row.held_until > at:
        return badge(
            "pending", _t("Held until %(when)s") % {"when": moment_in_words(row.held_until, row.practice.zone)}
        )
    if not row.bookable:
        return badge("pending", _t("Not bookable"))  # who or what it needs is not in use
    return badge("done", _t("Available"))
