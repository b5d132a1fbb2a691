"""Appointments that repeat: each occurrence a row, one lock set and one conflict query for the whole series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, InvalidInput, Text
from directory.models import Practice
from scheduling.calendar import holidays
from scheduling.calendar.parties import (
    assistants_for,
    case_for,
    patient_for,
    program_for,
    require_own_calendar,
    room_for,
    specialist_for,
    treatments,
)
from scheduling.calendar.places import Place, buffers, check_room_locked, in_slot, locked_slots
from scheduling.calendar.recurrence import shifted_wall_time
from scheduling.models import Appointment, AppointmentSeries, AvailableSlot
from scheduling.services.booking import Visit
from scheduling.states import CreatedVia, RepeatType

STEP = {
    RepeatType.DAILY: lambda n: relativedelta(days=n),
    RepeatType.WEEKLY: lambda n: relativedelta(weeks=n),
    RepeatType.MONTHLY: lambda n: relativedelta(months=n),
}


@dataclass(frozen=True, slots=True)
class Repeat:
    """How often: `number_of_repeats` further ones (1 to 51), every `repeating_interval` (1 to 100)."""

    repeat_type: str
    repeating_interval: int
    number_of_repeats: int

    def check(self) -> None:
        """Raise InvalidInput by field."""
        problems: dict[str, Text] = {}
        if self.repeat_type not in RepeatType.values:
            problems["repeat_type"] = _("must be daily, weekly or monthly")
        if not 1 <= self.repeating_interval <= 100:
            problems["repeating_interval"] = _("must be between 1 and 100")
        if not 1 <= self.number_of_repeats <= 51:
            problems["number_of_repeats"] = _("must be between 1 and 51")
        if problems:
            raise InvalidInput(problems)

    def times(self, first: datetime, practice: Practice) -> list[datetime]:
        """The starts, the first included, at the same wall time; one that the clock skips is moved on with it."""
        local = first.astimezone(practice.zone)
        starts = [first]
        for number in range(1, self.number_of_repeats + 1):
            day = local.date() + STEP[RepeatType(self.repeat_type)](number * self.repeating_interval)
            starts.append(shifted_wall_time(day, local.time(), practice.zone))
        return starts


@verb
def book_repeating(
    work: Work,
    *,
    practice_id: int,
    patient_id: int,
    service_id: int,
    specialist_id: int,
    starts_at: datetime,
    repeat: Repeat,
    ends_at: datetime | None = None,
    room_id: int | None = None,
    assistant_ids: Sequence[int] = (),
    enrollment_id: int | None = None,
    patient_case_id: int | None = None,
    override_reason: str = "",
    overbooking_reason: str = "",
    created_via: str = CreatedVia.ADMIN,
    details: dict[str, Any] | None = None,
    by: Actor,
    at: datetime,
) -> list[Appointment]:
    """Book the first and its repeats, all or none; Conflict names every clash of the whole series.

    A time equal to a free slot takes the slot. With a program each holds a session.
    """
    repeat.check()
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("scheduling.book", practice.pk)
    require_own_calendar(specialist_id, practice, by=by)
    done = treatments([service_id], practice, specialist_id=specialist_id, by=by)
    length = (ends_at - starts_at) if ends_at is not None else done.duration
    if length <= timedelta(0):
        raise InvalidInput({"ends_at": _("must be after the start")})
    visit = Visit(
        practice=practice,
        patient=patient_for(patient_id, practice, by=by),
        done=done,
        specialist=specialist_for(specialist_id, practice, by=by),
        room=room_for(room_id, practice, by=by),
        assistants=assistants_for(assistant_ids, practice, by=by),
        enrollment_id=program_for(enrollment_id, by=by),
        override_reason=override_reason,
        overbooking_reason=overbooking_reason,
        more={
            "created_via": created_via,
            "patient_case": case_for(patient_case_id, patient_id, by=by),
            **(details or {}),
        },
    )
    starts = repeat.times(starts_at, practice)
    _check_open(practice, starts, override_reason=override_reason)
    enrollment = visit.lock_at(starts, length=length)
    places = _places(visit, starts, length, at=at)
    _refuse_among_themselves(visit, places)
    series = work.create(
        AppointmentSeries(
            practice=practice,
            repeat_type=repeat.repeat_type,
            repeating_interval=repeat.repeating_interval,
            number_of_repeats=repeat.number_of_repeats,
        )
    )
    return visit.write_all(work, places, enrollment, series)


def _check_open(practice: Practice, starts: list[datetime], *, override_reason: str) -> None:
    days = [start.astimezone(practice.zone).date() for start in starts]
    closed = holidays.closed_days(practice, first=min(days), last=max(days))
    hit = [f"{day} ({closed[day]})" for day in days if day in closed]
    if hit and not override_reason.strip():
        raise Conflict(_("The practice is closed on %(days)s.") % {"days": ", ".join(hit)}, code="closed")


def _places(visit: Visit, starts: list[datetime], length: timedelta, *, at: datetime) -> list[Place]:
    """Each time as a place; those equal to a free single slot take it. One query, then one lock."""
    codes = {"", visit.done.main.code} if visit.done.main else {""}
    equal = AvailableSlot.objects.takeable(at).filter(
        specialist=visit.specialist,
        practice=visit.practice,
        starts_at__in=starts,
        capacity=1,
        appointment_type__in=codes,
    )
    if visit.room is not None:
        equal = equal.filter(room=visit.room)
    ids = [pk for pk, start, end in equal.values_list("pk", "starts_at", "ends_at") if end - start == length]
    slots = {slot.starts_at: slot for slot in locked_slots(ids)}
    for slot in slots.values():
        check_room_locked(slot, visit.locked)
    before, after = buffers(visit.done.main)
    return [
        in_slot(slots[start])
        if start in slots
        else Place(visit.practice, visit.specialist, visit.room, start, start + length, before=before, after=after)
        for start in starts
    ]


def _refuse_among_themselves(visit: Visit, places: Sequence[Place]) -> None:
    """Raise InvalidInput for visits that overlap one another, such as a daily one that is longer than a day."""
    last: dict[int, datetime] = {}
    wants = [want for place in places for want in place.wants(Appointment(patient=visit.patient), visit.assistants)]
    for want in sorted(wants, key=lambda want: want.starts_at):
        if want.resource_id in last and last[want.resource_id] > want.starts_at:
            raise InvalidInput({"repeat_rule": _("the repeats overlap one another")})
        last[want.resource_id] = want.ends_at
