"""The verbs of time off: visits booked under it are marked as to be moved until their time is free again."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.deleting import delete_unreferenced
from core.errors import Conflict, InvalidInput
from core.permissions import SPECIALIST
from directory.models import Practice, Room, Specialist
from scheduling.calendar import claims, displaced
from scheduling.calendar.claims import Want
from scheduling.calendar.recurrence import HORIZON, checked_rule, days, wall_span
from scheduling.calendar.resources import lock_specialists_and_rooms
from scheduling.models import SeriesSkip, TimeOff, TimeOffSeries
from scheduling.services.slot_series import lock_with_left_out, offer_left_out_days
from scheduling.states import ClaimRole, SkipReason, SlotPattern

DAY = timedelta(days=1)
BEGUN_WITHIN = timedelta(days=366)
LONGEST = timedelta(days=2)  # from the midnight before the last day that is made to its end


@verb
def add_time_off(
    work: Work,
    *,
    practice_id: int,
    starts_at: datetime,
    ends_at: datetime,
    specialist_id: int | None = None,
    room_id: int | None = None,
    reason: str = "",
    by: Actor,
    at: datetime,
) -> TimeOff:
    """Record that a specialist or a room is away; visits under it keep their time and are marked as to be moved."""
    practice = _checked_practice(practice_id, specialist_id, room_id, by=by)
    lock_specialists_and_rooms([specialist_id], [room_id], spans=[(starts_at, ends_at)])
    return _take(work, practice, specialist_id, room_id, starts_at, ends_at, reason)


@verb
def add_recurring_time_off(
    work: Work,
    *,
    practice_id: int,
    rule: str,
    start_date: date,
    start_time: time,
    duration_minutes: int,
    until: date | None = None,
    specialist_id: int | None = None,
    room_id: int | None = None,
    reason: str = "",
    by: Actor,
    at: datetime,
) -> TimeOffSeries:
    """Record time off that repeats in the practice's local time, such as lunch; made 90 days ahead and rolled forward.

    It may have begun up to a year ago, but takes only time that lies ahead.
    """
    practice = _checked_practice(practice_id, specialist_id, room_id, by=by)
    if start_date < at.astimezone(practice.zone).date() - BEGUN_WITHIN:
        raise InvalidInput({"start_date": _("must not be more than a year ago")})
    checked = checked_rule(SlotPattern.CUSTOM, rule, first=start_date)
    if until is not None and until < start_date:
        raise InvalidInput({"until_date": _("must not be before the first day")})
    if until is not None and next(days(checked, first=start_date, after=None, upto=until, until=until), None) is None:
        raise InvalidInput({"rrule": _("names no day up to the last day")})
    lock_specialists_and_rooms([specialist_id], [room_id], spans=[(at, at + HORIZON + LONGEST)])
    series = work.create(
        TimeOffSeries(
            practice=practice,
            specialist_id=specialist_id,
            room_id=room_id,
            rrule=checked,
            start_date=start_date,
            start_time=start_time,
            duration_minutes=duration_minutes,
            until_date=until,
            reason=reason,
        )
    )
    _generate(work, series)
    return series


@verb
def extend_time_off(work: Work, series_id: int, *, by: Actor, at: datetime) -> int:
    """Roll one recurring time off forward to its horizon and return how many were made; running it again makes none."""
    by.require("scheduling.extend_slots")
    series: TimeOffSeries = TimeOffSeries.objects.live().one(pk=series_id)
    lock_specialists_and_rooms([series.specialist_id], [series.room_id], spans=[(at, at + HORIZON + LONGEST)])
    series.refresh_from_db()
    return _generate(work, series) if series.archived_at is None else 0


@verb
def end_time_off(work: Work, time_off_id: int, *, by: Actor, at: datetime) -> TimeOff:
    """Take time off back, as if it had never been: the visits under it have their time again."""
    seen: TimeOff = TimeOff.objects.visible_to(by).live().one(pk=time_off_id)
    _require(seen.practice_id, seen.specialist_id, by=by)
    lock_with_left_out(_left_out(seen), [seen.specialist_id], [seen.room_id], spans=[(seen.starts_at, seen.ends_at)])
    row = TimeOff.objects.select_for_update(of=("self",), no_key=True).get(pk=time_off_id)
    if row.archived_at is not None:
        raise Conflict(_("It has already been ended."), code="archived")
    row.archived_at = at
    work.save(row)
    claims.release(work, row)
    _recheck_visits(work, row)
    offer_left_out_days(work, _left_out(row))
    return row


@verb
def end_recurring_time_off(work: Work, series_id: int, *, by: Actor, at: datetime) -> TimeOffSeries:
    """End recurring time off from now on: what still lies ahead is taken back."""
    series: TimeOffSeries = TimeOffSeries.objects.visible_to(by).live().one(pk=series_id)
    _require(series.practice_id, series.specialist_id, by=by)
    ahead = TimeOff.objects.live().filter(series=series, starts_at__gte=at).order_by("pk")
    spans = list(ahead.values_list("starts_at", "ends_at"))
    left_out = [skip for row in ahead for skip in _left_out(row)]
    lock_with_left_out(left_out, [series.specialist_id], [series.room_id], spans=spans)
    for row in ahead:
        row.archived_at = at
        work.save(row)
        claims.release(work, row)
        _recheck_visits(work, row)
        offer_left_out_days(work, _left_out(row))
    series.archived_at = at
    return work.save(series)


@verb
def delete_time_off(work: Work, time_off_id: int, *, by: Actor, at: datetime) -> None:
    """Delete time off that was entered by mistake, as if it had never been; its history stays.

    Conflict for a day of recurring time off: that one is taken back, so that it does not come again.
    """
    seen: TimeOff = TimeOff.objects.visible_to(by).one(pk=time_off_id)
    _require(seen.practice_id, seen.specialist_id, by=by)
    if seen.series_id is not None:
        raise Conflict(_("It is a day of recurring time off. Take it back instead."), code="in_use")
    left_out = _left_out(seen)
    lock_with_left_out(left_out, [seen.specialist_id], [seen.room_id], spans=[(seen.starts_at, seen.ends_at)])
    row = TimeOff.objects.select_for_update(of=("self",), no_key=True).get(pk=time_off_id)
    claims.release(work, row)
    _recheck_visits(work, row)
    delete_unreferenced(work, row, instead=_("End it instead."))
    offer_left_out_days(work, left_out)


@verb
def delete_recurring_time_off(work: Work, series_id: int, *, by: Actor, at: datetime) -> None:
    """Delete recurring time off that was entered by mistake, with every day of it; its history stays."""
    series: TimeOffSeries = TimeOffSeries.objects.visible_to(by).one(pk=series_id)
    _require(series.practice_id, series.specialist_id, by=by)
    days_of_it = list(TimeOff.objects.filter(series=series).order_by("pk"))
    spans = [(row.starts_at, row.ends_at) for row in days_of_it]
    left_out = list({skip.pk: skip for row in days_of_it for skip in _left_out(row)}.values())
    lock_with_left_out(left_out, [series.specialist_id], [series.room_id], spans=spans)
    for row in days_of_it:
        claims.release(work, row)
        _recheck_visits(work, row)
    delete_unreferenced(work, series, before=days_of_it, instead=_("End it instead."))
    offer_left_out_days(work, left_out)


def _generate(work: Work, series: TimeOffSeries) -> int:
    practice = series.practice
    upto = work.at.astimezone(practice.zone).date() + HORIZON
    made = 0
    for day in days(
        series.rrule, first=series.start_date, after=series.generated_until, upto=upto, until=series.until_date
    ):
        starts_at, ends_at = wall_span(day, series.start_time, series.duration_minutes, practice.zone)
        if ends_at > work.at:
            _take(
                work, practice, series.specialist_id, series.room_id, starts_at, ends_at, series.reason, series=series
            )
            made += 1
    series.generated_until = max(upto, series.generated_until or upto)
    work.save(series)
    return made


def _take(
    work: Work,
    practice: Practice,
    specialist_id: int | None,
    room_id: int | None,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    series: TimeOffSeries | None = None,
) -> TimeOff:
    if ends_at <= starts_at:
        raise InvalidInput({"ends_at": _("must be after the start")})
    row = work.create(
        TimeOff(
            practice=practice,
            specialist_id=specialist_id,
            room_id=room_id,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=reason,
            series=series,
            created_by_id=work.by.user_id,
        )
    )
    if row.specialist is not None:
        want = Want(row.specialist.resource_id, ClaimRole.SPECIALIST, starts_at, ends_at)
    else:
        assert row.room is not None  # noqa: S101 `_checked_practice` saw to it
        want = Want(row.room.resource_id, ClaimRole.ROOM, starts_at, ends_at)
    claims.set_aside(work, [want])
    claims.save(work, claims.write(row, [want]))
    _recheck_visits(work, row)
    return row


def _left_out(row: TimeOff) -> list[SeriesSkip]:
    """The days that series of slots left out for this time off."""
    owner = {"series__specialist": row.specialist_id} if row.specialist_id else {"series__room": row.room_id}
    first, last = (when.astimezone(row.practice.zone).date() for when in (row.starts_at, row.ends_at))
    skips = SeriesSkip.objects.filter(**owner, date__range=(first - DAY, last + DAY))
    return list(skips.filter(reason=SkipReason.TIME_OFF).select_related("series__practice").order_by("pk"))


def _recheck_visits(work: Work, row: TimeOff) -> None:
    displaced.write_needs_move(
        work,
        row.starts_at,
        row.ends_at,
        specialists=[row.specialist_id] if row.specialist_id else [],
        rooms=[row.room_id] if row.room_id else [],
    )


def _checked_practice(practice_id: int, specialist_id: int | None, room_id: int | None, *, by: Actor) -> Practice:
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    _require(practice.pk, specialist_id, by=by)
    if (specialist_id is None) == (room_id is None):
        raise InvalidInput({"specialist_id": _("name a specialist or a room")})
    if specialist_id is not None:
        Specialist.objects.visible_to(by).working_at(practice.pk).one(pk=specialist_id)
    if room_id is not None:
        Room.objects.visible_to(by).one(pk=room_id, practice=practice)
    return practice


def _require(practice_id: int, specialist_id: int | None, *, by: Actor) -> None:
    by.require("scheduling.time_off", practice_id)
    if by.roles.get(practice_id) == SPECIALIST and specialist_id not in by.specialist_ids:
        by.require("scheduling.set_holiday", practice_id)
