"""Slots and series of slots: list, search, create, change, delete."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

from api.availability.contract import AdminInput, AvailabilityViewSet
from api.availability.filters import OfMonths
from api.base.body import Body, ComputedField
from api.base.filters import IdFilter, RowsBooleanFilter, RowsDateFilter, RowsNumberFilter, RowsTextFilter
from api.base.input import BooleanField, ChoiceField, DateField, DateTimeField, IdField, TextField
from api.base.operations import operation
from api.base.shared.times import in_milliseconds
from core.errors import InvalidInput
from directory.services import practice_of_specialist
from scheduling.calendar import SlotWish
from scheduling.closures import closed_days_for
from scheduling.models import AvailableSlot
from scheduling.querysets import AvailableSlotQuerySet
from scheduling.services import change_slot, create_series, create_slot, withdraw_slot
from scheduling.states import SlotPattern


class ProviderBody(Body):
    """The provider whose time it is."""

    id = serializers.IntegerField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()


class AvailableSlotBody(Body):
    """A slot."""

    id = serializers.IntegerField()
    provider_id = serializers.IntegerField(source="specialist_id")
    start_time = in_milliseconds("starts_at")
    end_time = in_milliseconds("ends_at")
    appointment_type = serializers.CharField()
    available = serializers.BooleanField(source="bookable")
    recurring = ComputedField(serializers.BooleanField(), "series_id", make=lambda series_id: series_id is not None)
    recurrence_pattern = serializers.ChoiceField(choices=SlotPattern.values, source="series.pattern", allow_null=True)
    created_at = in_milliseconds("created_at")
    updated_at = in_milliseconds("updated_at")
    provider = ProviderBody(source="specialist")


class SlotFields(AdminInput):
    """A slot to create. `custom` takes `recurrence_rule`, an RFC 5545 RRULE; `recurrence_until` is inclusive."""

    default_error_messages = {"pattern": "can't be blank", "rule": _("is for the pattern custom")}

    provider_id = IdField(source="specialist_id")
    start_time = DateTimeField(source="starts_at")
    end_time = DateTimeField(source="ends_at")
    appointment_type = TextField(optional=True, max_length=50)
    recurring = BooleanField(required=False, allow_null=True)
    recurrence_pattern = ChoiceField(SlotPattern.values, required=False, allow_null=True, source="pattern")
    recurrence_rule = TextField(optional=True, max_length=500, source="rrule")
    recurrence_until = DateField(required=False, allow_null=True, source="until_date")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A slot recurs if it says so, or says how without saying otherwise; a rule is never left aside unsaid."""
        pattern, rule = attrs.get("pattern"), attrs.get("rrule")
        if attrs.get("recurring") is None:
            attrs["recurring"] = bool(pattern or rule or attrs.get("until_date"))
        if attrs["recurring"] and not pattern:
            raise serializers.ValidationError({"recurrence_pattern": [self.error_messages["pattern"]]})
        if attrs["recurring"] and rule and pattern != SlotPattern.CUSTOM:
            raise serializers.ValidationError({"recurrence_rule": [self.error_messages["rule"]]})
        return attrs


class CreateSlotInput(AdminInput):
    """A slot to create."""

    available_slot = SlotFields()


class ChangedFields(AdminInput):
    """The changes of a slot. Its recurrence may be sent back, if it is unchanged."""

    provider_id = IdField(source="specialist_id", required=False)
    start_time = DateTimeField(source="starts_at", required=False)
    end_time = DateTimeField(source="ends_at", required=False)
    appointment_type = TextField(optional=True, max_length=50)
    recurring = BooleanField(required=False, allow_null=True)
    recurrence_pattern = ChoiceField(SlotPattern.values, required=False, allow_null=True)


class ChangeSlotInput(AdminInput):
    """The changes of a slot; fields that are left out stay as they are."""

    available_slot = ChangedFields()


def wish_of(values: dict[str, Any]) -> SlotWish:
    """Return the slot that is wanted."""
    return SlotWish(
        specialist_id=values["specialist_id"],
        starts_at=values["starts_at"],
        ends_at=values["ends_at"],
        appointment_type=values.get("appointment_type", ""),
    )


class OfProvider(OfMonths):
    """The filters that every list of slots has."""

    changes_of = AvailableSlot

    provider_id = IdFilter("specialist_id", label="Filters by provider.")

    @classmethod
    def narrow(cls, queryset: Any, parameters: Mapping[str, str], *, at: datetime) -> Any:
        """As every filter; then adds whether each can be booked, which is not asked again where a filter has asked."""
        return super().narrow(queryset, parameters, at=at).with_bookable(at)


class SlotFilters(OfProvider):
    """The filters of slots; days are those on the practice's clock, both inclusive."""

    start_date = RowsDateFilter(lambda rows, day, at: rows.starting_from(day), label="From this day on.")
    end_date = RowsDateFilter(lambda rows, day, at: rows.starting_until(day), label="Up to and including this day.")
    available = RowsBooleanFilter(
        lambda rows, free, at: rows.available(at) if free else rows.unavailable(at),
        label="true: only slots that can be booked now; false: only the others.",
    )


class SearchFilters(OfProvider):
    """The filters of free slots."""

    date = RowsDateFilter(lambda rows, day, at: rows.starting_from(day).starting_until(day), label="On this day.")
    duration = RowsNumberFilter(
        lambda rows, minutes, at: rows.lasting(minutes), most=1440, label="Only slots of at least this many minutes."
    )
    appointment_type = RowsTextFilter(
        lambda rows, word, at: rows.for_type(word), label="Slots for this type, including slots for any type."
    )


class AvailableSlotViewSet(AvailabilityViewSet):
    """Slots, one by one and as series."""

    tag = "Available slots"

    def slots(self) -> AvailableSlotQuerySet:
        """The slots that the caller may see."""
        return AvailableSlot.objects.visible_to(self.actor).offered()

    def page_of(self, rows: Callable[[AvailableSlotQuerySet], AvailableSlotQuerySet]) -> HttpResponse:
        """A page of the slots that `rows` picks; closed days are read at every request."""
        closed = closed_days_for(self.actor, self.at)
        return self.page(lambda: rows(self.slots().knowing(closed, self.at)), of=closed)

    def shown(self) -> AvailableSlotQuerySet:
        """The same with what the body of one tells."""
        return self.slots().with_bookable(self.at)

    @operation(
        "list_available_slots",
        "scheduling.view_slots",
        gives=AvailableSlotBody,
        key="available_slots",
        filters=SlotFilters,
    )
    def list(self, request: Request) -> HttpResponse:
        """List slots, the earliest first."""
        return self.page_of(lambda slots: slots.order_by("starts_at", "pk"))

    @operation(
        "create_available_slot", "scheduling.create_slots", takes=CreateSlotInput, gives=AvailableSlotBody, status=201
    )
    def create(self, request: Request) -> HttpResponse:
        """Create a slot, or a series of them.

        A series is answered with its first slot; the others are created up to 90 days ahead, and rolled forward.
        """
        values = self.input()["available_slot"]
        wish = wish_of(values)
        rule, by = self.operation.permission, self.actor
        practice = practice_of_specialist(by, rule, wish.specialist_id)
        if values["recurring"]:
            _series, slot = create_series(
                practice_id=practice.pk,
                wish=wish,
                pattern=values["pattern"],
                rule=values.get("rrule", ""),
                until=values.get("until_date"),
                by=by,
                at=self.at,
            )
        else:
            slot = create_slot(practice_id=practice.pk, wish=wish, by=by, at=self.at)
        return self.show(self.shown(), pk=slot.pk)

    @operation(
        "search_available_slots",
        "scheduling.view_slots",
        gives=AvailableSlotBody,
        key="available_slots",
        filters=SearchFilters,
    )
    def search(self, request: Request) -> HttpResponse:
        """Search the slots that can be booked, the earliest first."""
        return self.page_of(lambda slots: slots.available(self.at).order_by("starts_at", "pk"))

    @operation("get_available_slot", "scheduling.view_slots", gives=AvailableSlotBody)
    def retrieve(self, request: Request, slot_id: int) -> HttpResponse:
        """Get a slot."""
        return self.show(self.shown(), pk=slot_id)

    @operation("update_available_slot", "scheduling.change_slot", takes=ChangeSlotInput, gives=AvailableSlotBody)
    def update(self, request: Request, slot_id: int) -> HttpResponse:
        """Update a slot.

        Fields that are left out stay as they are. A booked slot keeps its provider and its time: 409.
        """
        values = self.changes(self.shown(), pk=slot_id)["available_slot"]
        self._refuse_other_recurrence(slot_id, values)
        change_slot(slot_id, values=values, by=self.actor, at=self.at)
        return self.show(self.shown(), pk=slot_id)

    def _refuse_other_recurrence(self, slot_id: int, values: dict[str, Any]) -> None:
        """Take out of `values` whether and how the slot recurs; InvalidInput where it does otherwise."""
        told = {name: values.pop(name) for name in ("recurring", "recurrence_pattern") if name in values}
        if told.get("recurring", True) is None:
            del told["recurring"]
        if not told:
            return
        slot = self.slots().select_related("series").one(pk=slot_id)
        pattern = slot.series.pattern if slot.series else None
        recurs = {"recurring": pattern is not None, "recurrence_pattern": pattern}
        if wrong := [name for name, value in told.items() if (value or None) != (recurs[name] or None)]:
            raise InvalidInput(dict.fromkeys(wrong, _("cannot be changed; make a new series")))

    @operation("delete_available_slot", "scheduling.withdraw_slot", status=204)
    def destroy(self, request: Request, slot_id: int) -> HttpResponse:
        """Delete a slot.

        409 if the slot is booked.
        """
        withdraw_slot(slot_id, by=self.actor, at=self.at)
        return self.no_content()

    @operation(
        "list_provider_available_slots",
        "scheduling.view_slots",
        gives=AvailableSlotBody,
        key="available_slots",
        filters=SlotFilters,
        tag="Provider available slots",
    )
    def list_by_provider(self, request: Request) -> HttpResponse:
        """List slots by provider, each one's earliest first."""
        return self.page_of(lambda slots: slots.order_by("specialist_id", "starts_at", "pk"))
