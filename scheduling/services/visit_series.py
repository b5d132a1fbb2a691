"""Appointments that repeat: each occurrence a row, one lock set and one conflict query for the whole series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, InvalidInput, Text
from directory.models import Practice
from programs import services as programs
from programs.models import Enrollment
from scheduling.calendar import claims, holidays
from scheduling.calendar.claims import Want
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
from scheduling.calendar.places import Place, buffers, in_slot, locked_slots, mark
from scheduling.calendar.recurrence import at_wall_time
from scheduling.calendar.resources import wants_of_slot
from scheduling.models import Appointment, AppointmentAssistant, AppointmentSeries, AvailableSlot
from scheduling.services.booking import Visit
from scheduling.states import AppointmentStatus, CreatedVia, RepeatType

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
        """The starts, the first included, at the same wall time; one that the clock skips is an hour later."""
        local = first.astimezone(practice.zone)
        starts = [first]
        for number in range(1, self.number_of_repeats + 1):
            day = local.date() + STEP[RepeatType(self.repeat_type)](number * self.repeating_interval)
            shifted = at_wall_time(day, local.time(), practice.zone)
            later = (datetime.combine(day, local.time()) + timedelta(hours=1)).time()
            starts.append(shifted or at_wall_time(day, later, practice.zone) or first)
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
    enrollment = visit.lock()
    places = _places(visit, starts, length, at=at)
    appointments = [_row(work, visit, place) for place in places]
    own, slots, shared = _claimed(work, visit, appointments, places)
    if enrollment is not None:
        _hold(work, visit, appointments, enrollment)
    series = work.create(
        AppointmentSeries(
            practice=practice,
            repeat_type=repeat.repeat_type,
            repeating_interval=repeat.repeating_interval,
            number_of_repeats=repeat.number_of_repeats,
        )
    )
    head, *others = appointments
    head.series = series
    work.create(head)
    for one in others:
        one.series, one.repeated_from = series, head
    work.create_many(others)
    rows = []
    for appointment, wants, taken in zip(appointments, own, slots, strict=True):
        rows += claims.write(appointment, wants, shared=shared)
        if appointment.slot is not None:
            rows += claims.write(appointment.slot, taken)
            appointment.slot.booked += 1
            work.save(appointment.slot)
    done.write(work, appointments)
    work.create_many(
        AppointmentAssistant(appointment=appointment, specialist=person)
        for appointment in appointments
        for person in visit.assistants
    )
    claims.save(work, rows)
    for appointment in appointments:
        if appointment.overbooked:
            mark(appointment)
    return appointments


def _check_open(practice: Practice, starts: list[datetime], *, override_reason: str) -> None:
    days = [start.astimezone(practice.zone).date() for start in starts]
    closed = holidays.closed_days(practice, first=min(days), last=max(days))
    hit = [f"{day} ({closed[day]})" for day in days if day in closed]
    if hit and not override_reason.strip():
        raise Conflict(_("The practice is closed on %(days)s.") % {"days": ", ".join(hit)}, code="closed")


def _places(visit: Visit, starts: list[datetime], length: timedelta, *, at: datetime) -> list[Place]:
    """Each time as a place; those equal to a free single slot take it. One query, then one lock."""
    codes = {"", visit.done.main.code} if visit.done.main else {""}
    equal = AvailableSlot.objects.available(at).filter(
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
    before, after = buffers(visit.done.main)
    return [
        in_slot(slots[start])
        if start in slots
        else Place(visit.practice, visit.specialist, visit.room, start, start + length, before=before, after=after)
        for start in starts
    ]


def _row(work: Work, visit: Visit, place: Place) -> Appointment:
    code = visit.done.main.code if visit.done.main else ""
    return Appointment(
        practice=visit.practice,
        patient=visit.patient,
        specialist=place.specialist,
        room=place.room,
        slot=place.slot,
        starts_at=place.starts_at,
        ends_at=place.ends_at,
        status=AppointmentStatus.CONFIRMED,
        created_by_id=work.by.user_id,
        **{"appointment_type": code, **visit.more},
    )


def _claimed(
    work: Work, visit: Visit, appointments: list[Appointment], places: list[Place]
) -> tuple[list[list[Want]], list[list[Want]], frozenset[Want]]:
    """What each takes, itself and its slot; the clashing wants are shared where that was asked for."""
    own = [place.wants(row, visit.assistants) for row, place in zip(appointments, places, strict=True)]
    slots = [wants_of_slot(place.slot) if place.slot is not None else [] for place in places]
    found = claims.find(work, [want for wants in own + slots for want in wants])
    _refuse_among_themselves([want for wants in own for want in wants])
    if not found:
        return own, slots, frozenset()
    if not visit.overbooking_reason.strip():
        claims.refuse(found, by=work.by)
    work.by.require("scheduling.overbook", visit.practice.pk)
    clashing = {want for want, _claim in found}
    for number, place in enumerate(places):
        if clashing & set(own[number] + slots[number]):
            row = appointments[number]
            row.slot, row.overbooked, row.overbooking_reason = None, True, visit.overbooking_reason.strip()
            if place.slot is not None:
                own[number], slots[number] = replace(place, slot=None).wants(row, visit.assistants), []
                clashing |= {want for want in own[number] if any(want.meets(claim) for _want, claim in found)}
    return own, slots, frozenset(clashing)


def _refuse_among_themselves(wants: list[Want]) -> None:
    """Occurrences that overlap one another (a daily series of a visit longer than a day): refused as input."""
    last: dict[int, datetime] = {}
    for want in sorted(wants, key=lambda want: want.starts_at):
        if want.resource_id in last and last[want.resource_id] > want.starts_at:
            raise InvalidInput({"repeat_rule": _("the repeats overlap one another")})
        last[want.resource_id] = want.ends_at


def _hold(work: Work, visit: Visit, appointments: list[Appointment], enrollment: Enrollment) -> None:
    """Each occurrence holds the next free session, counted together."""
    if visit.done.main is None or visit.patient is None:
        raise InvalidInput({"enrollment_id": _("is a program without this service")})
    rows = Appointment.objects.filter(enrollment=enrollment, plan_session_number__isnull=False)
    taken = {number for number in rows.values_list("plan_session_number", flat=True) if number is not None}
    held = Appointment.objects.holding().filter(enrollment=enrollment).count()
    numbers = programs.session_numbers(enrollment, taken=taken)
    for count, appointment in enumerate(appointments):
        number = next(numbers)
        programs.hold_session(
            work,
            enrollment,
            patient_id=visit.patient.pk,
            practice_id=visit.practice.pk,
            service_id=visit.done.main.pk,
            starts_at=appointment.starts_at,
            open_appointments=held + count,
            number=number,
            override_reason=visit.override_reason,
        )
        appointment.enrollment, appointment.plan_session_number = enrollment, number
