"""The import of closed days and time off."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from core.db import Work
from core.errors import InvalidInput
from core.imports import (
    Column,
    ImportKind,
    Scope,
    clock_time,
    day,
    flag,
    minutes,
    moment_or_day,
    moment_or_last_day,
    one_by_one,
    picked,
    reference,
    text_up_to,
)
from directory.imports import IN_PRACTICE, SPECIALIST, organization_of, practice_of
from directory.models import Practice
from scheduling.imports.slots import ROOM_COLUMN, interval
from scheduling.models import Holiday, TimeOff, TimeOffSeries
from scheduling.services import (
    add_recurring_time_off,
    add_time_off,
    delete_recurring_time_off,
    delete_time_off,
    remove_holiday,
    set_holiday,
)

WHO = {"specialist": "specialist_id", "room": "room_id"}


def _save_holiday(work: Work, obj: Holiday | None, values: dict[str, Any], scope: Scope) -> Holiday:
    practice_id = obj.practice_id if obj is not None else practice_of(values, scope)
    if obj is not None and obj.date != values["date"]:
        raise InvalidInput({"date": _t("A holiday keeps its day; take it off the list and import the other one.")})
    told = picked(values, "is_closed")
    return set_holiday(practice_id=practice_id, day=values["date"], name=values["name"], by=work.by, at=work.at, **told)


def _save_time_off(work: Work, obj: TimeOff | None, values: dict[str, Any], scope: Scope) -> TimeOff:
    if obj is not None:
        return obj  # time off is taken back in the calendar, where one sees what stands under it
    practice = Practice.objects.visible_to(work.by).one(pk=practice_of(values, scope))
    starts_at, ends_at = interval(practice.zone, values)
    return add_time_off(
        practice_id=practice.pk,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=values.get("reason") or "",
        **picked(values, keys=WHO),
        by=work.by,
        at=work.at,
    )


def _save_series(work: Work, obj: TimeOffSeries | None, values: dict[str, Any], scope: Scope) -> TimeOffSeries:
    if obj is not None:
        return obj
    return add_recurring_time_off(
        practice_id=practice_of(values, scope),
        rule=values["rrule"],
        until=values.get("until_date"),
        **picked(values, "start_date", "start_time", "duration_minutes", "reason", keys=WHO),
        by=work.by,
        at=work.at,
    )


SPECIALIST_AWAY = reference("specialist", SPECIALIST, _("Who is away, by external id or full name; or a room."))
REASON = Column(name="reason", help=_("Only staff read it."), parse=text_up_to(255))

HOLIDAYS = ImportKind(
    name="holidays",
    help=_("Days on which a practice is closed, or open although the calendar says otherwise."),
    verb="scheduling.import_holidays_from_file",
    may="scheduling.set_holiday",
    model=Holiday,
    columns=(
        Column(name="date", help=_("As 2030-12-31."), parse=day, required=True, dated=True),
        Column(name="name", help="", required=True),
        IN_PRACTICE,
        flag("is_closed", _("Closed: yes or no."), blank=True),
    ),
    place=organization_of,
    save=one_by_one(Holiday, _save_holiday),
    undo=remove_holiday,
    rows=lambda organization_id: Holiday.objects.filter(practice__organization_id=organization_id),
    order=("practice", "date"),
)

TIME_OFF = ImportKind(
    name="time-off",
    help=_("When specialists and rooms are away, once; visits that stand then are marked as to be moved."),
    verb="scheduling.import_time_off",
    may="scheduling.time_off",
    model=TimeOff,
    columns=(
        SPECIALIST_AWAY,
        ROOM_COLUMN,
        IN_PRACTICE,
        Column(
            name="starts_at",
            help=_("As 2030-12-31T09:30, or the first day."),
            parse=moment_or_day,
            required=True,
            stored=False,
            dated=True,
        ),
        Column(
            name="ends_at",
            help=_("As 2030-12-31T10:30, or the last day; or give a duration."),
            parse=moment_or_last_day,
            blank=None,
            stored=False,
            dated=True,
        ),
        Column(name="duration", help=_("As 45 or 1:30."), parse=minutes, blank=None, stored=False, exported=False),
        REASON,
    ),
    place=organization_of,
    save=one_by_one(TimeOff, _save_time_off),
    undo=delete_time_off,
    rows=lambda organization_id: TimeOff.objects.live().filter(practice__organization_id=organization_id, series=None),
    order=("starts_at", "pk"),
)

TIME_OFF_SERIES = ImportKind(
    name="time-off-series",
    help=_("Time off that comes again, such as lunch."),
    verb="scheduling.import_time_off_series",
    may="scheduling.time_off",
    model=TimeOffSeries,
    columns=(
        SPECIALIST_AWAY,
        ROOM_COLUMN,
        IN_PRACTICE,
        Column(name="rrule", help=_("A recurrence rule (RFC 5545)."), required=True),
        Column(name="start_date", help=_("The first day, at most a year ago."), parse=day, required=True, dated=True),
        Column(
            name="start_time",
            help=_("By the practice's clock, as 09:30."),
            parse=clock_time,
            required=True,
            write=lambda series: f"{series.start_time:%H:%M}",
        ),
        Column(name="duration_minutes", help=_("As 45 or 1:30."), parse=minutes, required=True),
        Column(name="until_date", help=_("The last day."), parse=day, blank=None, dated=True),
        REASON,
    ),
    place=organization_of,
    save=one_by_one(TimeOffSeries, _save_series),
    undo=delete_recurring_time_off,
    rows=lambda organization_id: TimeOffSeries.objects.live().filter(practice__organization_id=organization_id),
)
