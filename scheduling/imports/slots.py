"""The import of future slots and series, by the verbs that staff use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.db.models.functions import Now, TruncDate
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from core.days import LAST_DAY
from core.db import Work
from core.errors import InvalidInput
from core.imports import (
    Column,
    ImportKind,
    Scope,
    clock_time,
    day,
    minutes,
    moment,
    one_by_one,
    one_of,
    picked,
    reference,
    text_up_to,
    whole,
)
from core.moments import moment_in
from directory.imports import IN_PRACTICE, ROOM, SPECIALIST, organization_of, practice_of
from directory.models import Practice
from scheduling.calendar.offers import SlotWish
from scheduling.calendar.recurrence import checked_rule, days
from scheduling.models import AvailableSlot, SlotSeries
from scheduling.services import change_slot, create_series, create_slot, delete_series, withdraw_slot
from scheduling.states import SlotPattern

SPECIALIST_COLUMN = reference("specialist", SPECIALIST, _("By external id or full name."), required=True)
ROOM_COLUMN = Column(
    name="room", help=_("By external id or name."), parse=text_up_to(255), blank=None, stored=False, refers=ROOM
)


def interval(zone: ZoneInfo, told: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """Return the row's start and end on the practice's clock; InvalidInput if they are missing or wrong."""
    try:
        starts_at = moment_in(zone, told["starts_at"])
        if told.get("ends_at"):
            return starts_at, moment_in(zone, told["ends_at"])
    except ValueError as error:
        raise InvalidInput({"starts_at": str(error)}) from None
    if not told.get("duration"):
        raise InvalidInput({"ends_at": _t("The row says neither when it ends nor how long it lasts.")})
    return starts_at, starts_at + timedelta(minutes=told["duration"])


def _save_slot(work: Work, obj: AvailableSlot | None, values: dict[str, Any], scope: Scope) -> AvailableSlot:
    practice = Practice.objects.visible_to(work.by).one(pk=obj.practice_id if obj else practice_of(values, scope))
    starts_at, ends_at = interval(practice.zone, values)
    told: Any = {
        "specialist_id": values["specialist"],
        "starts_at": starts_at,
        "ends_at": ends_at,
        **picked(values, "appointment_type", "capacity", keys={"room": "room_id"}),
    }
    if obj is None:
        return create_slot(practice_id=practice.pk, wish=SlotWish(**told), by=work.by, at=work.at)
    if all(getattr(obj, name) == value for name, value in told.items()):
        return obj
    return change_slot(obj.pk, values=told, by=work.by, at=work.at)


def _save_series(work: Work, obj: SlotSeries | None, values: dict[str, Any], scope: Scope) -> SlotSeries:
    if obj is not None:
        return obj  # a series is changed in the calendar, where one sees what hangs on it
    practice = Practice.objects.visible_to(work.by).one(pk=practice_of(values, scope))
    begins_on, rule = values["start_date"], values.get("rrule") or ""
    today = work.at.astimezone(practice.zone)
    yet_to_come = today.time() < values["start_time"]
    first = next(
        days(
            checked_rule(values["pattern"], rule, first=begins_on),
            first=begins_on,
            after=today.date() - timedelta(days=yet_to_come),
            upto=LAST_DAY,
            until=values.get("until_date"),
        ),
        None,
    )
    if first is None:
        raise InvalidInput({"until_date": _t("No day of it lies ahead.")})
    try:
        starts_at = moment_in(practice.zone, datetime.combine(first, values["start_time"]))
    except ValueError as error:
        raise InvalidInput({"start_time": str(error)}) from None
    wish = SlotWish(
        specialist_id=values["specialist"],
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=values["duration_minutes"]),
        **picked(values, "appointment_type", "capacity", keys={"room": "room_id"}),
    )
    series, _first = create_series(
        practice_id=practice.pk,
        wish=wish,
        pattern=values["pattern"],
        rule=rule,
        begins_on=begins_on,
        until=values.get("until_date"),
        by=work.by,
        at=work.at,
    )
    return series


SLOTS = ImportKind(
    name="slots",
    help=_("Bookable times that lie ahead, one by one."),
    verb="scheduling.import_slots",
    may="scheduling.create_slots",
    model=AvailableSlot,
    columns=(
        SPECIALIST_COLUMN,
        IN_PRACTICE,
        ROOM_COLUMN,
        Column(name="starts_at", help=_("As 2030-12-31T09:30."), parse=moment, required=True, stored=False, dated=True),
        Column(name="ends_at", help=_("Likewise; or a duration."), parse=moment, blank=None, stored=False, dated=True),
        Column(name="duration", help=_("As 45 or 1:30."), parse=minutes, blank=None, stored=False, exported=False),
        Column(name="appointment_type", help=_("Empty: any service.")),
        Column(name="capacity", help=_("Places."), parse=whole, blank=1),
    ),
    place=organization_of,
    save=one_by_one(AvailableSlot, _save_slot),
    rows_at_once=1,
    undo=withdraw_slot,
    rows=lambda organization_id: AvailableSlot.objects.offered().filter(
        practice__organization_id=organization_id, series=None, starts_at__gt=Now()
    ),
)

SERIES = ImportKind(
    name="slot-series",
    help=_("Bookable times that come again, from their first day that lies ahead."),
    verb="scheduling.import_series",
    may="scheduling.create_slots",
    model=SlotSeries,
    columns=(
        SPECIALIST_COLUMN,
        IN_PRACTICE,
        ROOM_COLUMN,
        Column(
            name="pattern",
            help=_("daily, weekly, biweekly, monthly, or custom with a rule."),
            parse=one_of({word: word for word in SlotPattern.values}),
            required=True,
        ),
        Column(name="rrule", help=_("A recurrence rule (RFC 5545), of a custom pattern."), stored=False),
        Column(name="start_date", help=_("The first day."), parse=day, required=True, dated=True),
        Column(
            name="start_time",
            help=_("By the practice's clock, as 09:30."),
            parse=clock_time,
            required=True,
            write=lambda series: f"{series.start_time:%H:%M}",
        ),
        Column(name="duration_minutes", help=_("As 45 or 1:30."), parse=minutes, required=True),
        Column(name="until_date", help=_("The last day."), parse=day, blank=None, dated=True),
        Column(name="appointment_type", help=_("Empty: any service.")),
        Column(name="capacity", help=_("Places."), parse=whole, blank=1),
    ),
    place=organization_of,
    save=one_by_one(SlotSeries, _save_series),
    rows_at_once=1,
    undo=delete_series,
    rows=lambda organization_id: SlotSeries.objects.filter(
        Q(until_date=None) | Q(until_date__gt=TruncDate(Now())),
        practice__organization_id=organization_id,
        withdrawn_at=None,
    ),
)
