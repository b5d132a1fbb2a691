"""Appointments that repeat: each occurrence a row, one lock set and one conflict query for the whole series."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

from dateutil.relativedelta import relativedelta
from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, InvalidInput, Text
from core.moments import day_in_words, moment_in_words
from core.prepared import read_once
from directory.models import Practice
from programs.models import Enrollment
from programs.services import hold_session
from scheduling.calendar import claims, holidays
from scheduling.calendar.claims import Want
from scheduling.calendar.conflicts import describe
from scheduling.calendar.free_time_search import FreeTime, Search, free_times
from scheduling.calendar.groups import groups_at, open_groups, why_not_in_group
from scheduling.calendar.parties import (
    assistants_for,
    case_for,
    ends,
    patient_for,
    program_for,
    require_own_calendar,
    room_for,
    specialist_for,
    treatments,
)
from scheduling.calendar.places import (
    Place,
    buffers,
    check_assistants,
    check_room_locked,
    in_slot,
    locked_slots,
    resource_ids,
)
from scheduling.calendar.recurrence import shifted_wall_time
from scheduling.calendar.resources import wants_of_slot
from scheduling.models import Appointment, AppointmentSeries, AvailableSlot
from scheduling.services.booking import Visit
from scheduling.services.sessions import free_sessions
from scheduling.states import CreatedVia, RepeatType

MOST_GROUPS = 50  # of one specialist in one week
STEP = {
    RepeatType.DAILY: lambda n: relativedelta(days=n),
    RepeatType.WEEKLY: lambda n: relativedelta(weeks=n),
    RepeatType.MONTHLY: lambda n: relativedelta(months=n),
}


@dataclass(frozen=True, slots=True)
class Repeat:
    """How often a visit repeats: `number_of_repeats` further ones (1 to 51), every `repeating_interval` (1 to 100)."""

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
        """The starts, including the first, at the same local time; a time that the clock skips is moved later."""
        local = first.astimezone(practice.zone)
        starts = [first]
        for number in range(1, self.number_of_repeats + 1):
            day = local.date() + STEP[RepeatType(self.repeat_type)](number * self.repeating_interval)
            starts.append(shifted_wall_time(day, local.time(), practice.zone))
        return starts


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one date of a series: it is left out, moved to another time, or booked in spite of a clash.

    The reason of the last overrides a closed day and the program's end, and overbooks what takes the time.
    """

    skip: bool = False
    starts_at: datetime | None = None
    because: str = ""


@dataclass(slots=True)
class Occurrence:
    """One wanted date of a series: its number (from 0), its place, and everything against it."""

    number: int
    wished: datetime
    place: Place
    why: list[str] = field(default_factory=list)
    free: FreeTime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A series as it was asked for, with everything looked up and checked, and the dates that are wanted."""

    visit: Visit
    length: timedelta
    dates: list[Occurrence]
    in_groups: bool


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
    decisions: Mapping[int, Decision] | None = None,
    in_groups: bool = False,
    created_via: str = CreatedVia.ADMIN,
    notes: str = "",
    by: Actor,
    at: datetime,
) -> list[Appointment]:
    """Book a visit and its repeats, all or none; Conflict names every clash of the whole series.

    `decisions` say what becomes of single dates, by their number (0 is the first). A time equal to a free slot takes
    the slot; `in_groups` each visit takes a place in the group that begins then. With a program each holds a session.
    What is left of a series of which one date remains is no series.
    """
    asked = _asked(
        practice_id=practice_id,
        patient_id=patient_id,
        service_id=service_id,
        specialist_id=specialist_id,
        starts_at=starts_at,
        repeat=repeat,
        ends_at=ends_at,
        room_id=room_id,
        assistant_ids=assistant_ids,
        enrollment_id=enrollment_id,
        override_reason=override_reason,
        overbooking_reason=overbooking_reason,
        decisions=decisions or {},
        in_groups=in_groups,
        by=by,
    )
    visit = asked.visit
    visit.more |= {
        "created_via": created_via,
        "patient_case": case_for(patient_case_id, patient_id, by=by),
        "notes": notes,
    }
    _refuse_closed(asked)
    enrollment = visit.lock_at([one.place.starts_at for one in asked.dates], length=asked.length)
    _take_places(asked, at=at, read=locked_slots)
    _refuse_without_group(asked)
    _refuse_among_themselves(asked)
    series = None
    if len(asked.dates) > 1:
        series = work.create(
            AppointmentSeries(
                practice=visit.practice,
                repeat_type=repeat.repeat_type,
                repeating_interval=repeat.repeating_interval,
                number_of_repeats=len(asked.dates) - 1,
            )
        )
    return visit.write_all(work, [one.place for one in asked.dates], enrollment, series)


def preview_repeating(
    by: Actor,
    *,
    practice_id: int,
    patient_id: int,
    service_id: int,
    specialist_id: int,
    starts_at: datetime,
    repeat: Repeat,
    room_id: int | None = None,
    assistant_ids: Sequence[int] = (),
    enrollment_id: int | None = None,
    override_reason: str = "",
    overbooking_reason: str = "",
    decisions: Mapping[int, Decision] | None = None,
    in_groups: bool = False,
    at: datetime,
) -> list[Occurrence]:
    """Return each date that `book_repeating` would book, with the reasons against it; nothing is written.

    One that is refused comes with the next time in its week that is free, else the last before it.
    """
    asked = _asked(
        practice_id=practice_id,
        patient_id=patient_id,
        service_id=service_id,
        specialist_id=specialist_id,
        starts_at=starts_at,
        repeat=repeat,
        ends_at=None,
        room_id=room_id,
        assistant_ids=assistant_ids,
        enrollment_id=enrollment_id,
        override_reason=override_reason,
        overbooking_reason=overbooking_reason,
        decisions=decisions or {},
        in_groups=in_groups,
        by=by,
    )
    visit = asked.visit
    check_assistants(visit.specialist, visit.assistants)
    _take_places(asked, at=at, read=_slots)
    _refuse_among_themselves(asked)
    for one, says in _closed(asked):
        one.why.append(_("The practice is closed on %(days)s.") % {"days": says})
    _name_clashes(asked, by=by, at=at)
    _name_sessions(asked, at=at)
    for one in asked.dates:
        if one.why:
            one.free = _free_that_week(asked, one, at=at)
    return asked.dates


def _asked(
    *,
    practice_id: int,
    patient_id: int,
    service_id: int,
    specialist_id: int,
    starts_at: datetime,
    repeat: Repeat,
    ends_at: datetime | None,
    room_id: int | None,
    assistant_ids: Sequence[int],
    enrollment_id: int | None,
    override_reason: str,
    overbooking_reason: str,
    decisions: Mapping[int, Decision],
    in_groups: bool,
    by: Actor,
) -> Asked:
    """Look up and check the series; raises InvalidInput, Missing and Forbidden as booking one visit does."""
    repeat.check()
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("scheduling.book", practice.pk)
    require_own_calendar(specialist_id, practice, by=by)
    done = treatments([service_id], practice, specialist_id=specialist_id, by=by)
    length = ends(starts_at, ends_at, done) - starts_at
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
    )
    wanted = []
    for number, wished in enumerate(repeat.times(starts_at, practice)):
        decided = decisions.get(number, Decision())
        if decided.skip:
            continue
        start = decided.starts_at or wished
        place = Place(practice, visit.specialist, visit.room, start, start + length, because=decided.because.strip())
        wanted.append(Occurrence(number, wished, place))
    if not wanted:
        raise InvalidInput({"decisions": _("leave no date of the series")})
    return Asked(visit, length, wanted, in_groups)


def _closed(asked: Asked) -> list[tuple[Occurrence, str]]:
    """The dates on closed days that are not overridden, each with its day and the closure's name."""
    practice = asked.visit.practice
    days = {one.number: one.place.starts_at.astimezone(practice.zone).date() for one in asked.dates}
    closed = holidays.closed_days(practice, first=min(days.values()), last=max(days.values()))
    return [
        (one, f"{day_in_words(days[one.number])} ({closed[days[one.number]]})")
        for one in asked.dates
        if days[one.number] in closed and not (one.place.because or asked.visit.override_reason.strip())
    ]


def _refuse_closed(asked: Asked) -> None:
    hit = [says for _one, says in _closed(asked)]
    if hit:
        raise Conflict(_("The practice is closed on %(days)s.") % {"days": ", ".join(hit)}, code="closed")


Read = Callable[[Collection[int]], Sequence[AvailableSlot]]


def places_of(
    visit: Visit, starts: Sequence[datetime], length: timedelta, *, at: datetime, read: Read = locked_slots
) -> list[Place]:
    """Return each time as a place; a time equal to a free single slot takes the slot. One query, then one lock."""
    codes = {"", visit.done.main.code} if visit.done.main else {""}
    then = AvailableSlot.objects.offered().filter(
        specialist=visit.specialist,
        practice=visit.practice,
        starts_at__in=starts,
        capacity=1,
        appointment_type__in=codes,
    )
    # Asked for all at once, SQLite would read whatever the practice offers from now on.
    equal = AvailableSlot.objects.takeable(at).filter(read_once("pk", then.values("pk")))
    if visit.room is not None:
        equal = equal.filter(room=visit.room)
    ids = [pk for pk, start, end in equal.values_list("pk", "starts_at", "ends_at") if end - start == length]
    slots = {slot.starts_at: slot for slot in read(ids)}
    if visit.locked:  # a preview locks nothing
        for slot in slots.values():
            check_room_locked(slot, visit.locked)
    before, after = buffers(visit.done.main)
    return [
        in_slot(slots[start])
        if start in slots
        else Place(visit.practice, visit.specialist, visit.room, start, start + length, before=before, after=after)
        for start in starts
    ]


def _take_places(asked: Asked, *, at: datetime, read: Read) -> None:
    """Set the place of each date, with the reason that was given for it."""
    if asked.in_groups:
        _take_groups(asked, at=at, read=read)
        return
    places = places_of(asked.visit, [one.place.starts_at for one in asked.dates], asked.length, at=at, read=read)
    for one, place in zip(asked.dates, places, strict=True):
        one.place = replace(place, because=one.place.because)


def _take_groups(asked: Asked, *, at: datetime, read: Read) -> None:
    """Set the place of each date in its group; where it has none, say why, unless it is booked in spite of that."""
    visit = asked.visit
    assert visit.specialist is not None  # noqa: S101 every series has one
    rows = groups_at(visit.practice, visit.specialist.pk, [one.place.starts_at for one in asked.dates])
    ids = [slot.pk for slot in read(list(rows.values_list("pk", flat=True)))]
    holder = [visit.patient.pk] if visit.patient is not None else []
    rows = AvailableSlot.objects.select_related("practice", "specialist", "room").filter(pk__in=ids)
    groups = {slot.starts_at: slot for slot in rows.with_conditions(at, holder=holder)}
    for one in asked.dates:
        slot, because = groups.get(one.place.starts_at), one.place.because
        if slot is not None and visit.locked:  # a preview locks nothing
            check_room_locked(slot, visit.locked)
        against = why_not_in_group(slot, visit.done, visit.room)
        anyway = bool(against and (because or visit.overbooking_reason.strip()))
        if against and not anyway:
            one.why.append(against)
        if slot is not None:
            # Booked in spite of a full group it takes the exact interval, and no place.
            one.place = replace(in_slot(slot), slot=None if anyway else slot, because=because)


def _refuse_without_group(asked: Asked) -> None:
    zone = asked.visit.practice.zone
    hit = [f"{moment_in_words(one.place.starts_at, zone)}: {why}" for one in asked.dates for why in one.why]
    if hit:
        raise Conflict("; ".join(hit), code="no_group")


def _slots(ids: Collection[int]) -> Sequence[AvailableSlot]:
    return list(AvailableSlot.objects.select_related("practice", "specialist", "room").filter(pk__in=ids))


def _wants(asked: Asked, one: Occurrence) -> list[Want]:
    """The resources that a date claims, its slot's included."""
    own = one.place.wants(Appointment(patient=asked.visit.patient), asked.visit.assistants)
    return own + (wants_of_slot(one.place.slot) if one.place.slot is not None else [])


def _refuse_among_themselves(asked: Asked) -> None:
    """Raise InvalidInput if visits of the series overlap each other, as daily visits longer than a day do."""
    last: dict[int, datetime] = {}
    patient = Appointment(patient=asked.visit.patient)
    wants = [want for one in asked.dates for want in one.place.wants(patient, asked.visit.assistants)]
    for want in sorted(wants, key=lambda want: want.starts_at):
        if want.resource_id in last and last[want.resource_id] > want.starts_at:
            raise InvalidInput({"repeat_rule": _("the repeats overlap one another")})
        last[want.resource_id] = want.ends_at


def _name_clashes(asked: Asked, *, by: Actor, at: datetime) -> None:
    """Set on each date what it clashes with, unless it is to be overbooked; one query for all."""
    wants = {one.number: _wants(asked, one) for one in asked.dates}
    patient = asked.visit.patient
    every = [want for some in wants.values() for want in some]
    found = claims.look(every, at=at, patient_id=patient.pk if patient is not None else None)
    for one in asked.dates:
        if one.place.because or asked.visit.overbooking_reason.strip():
            continue
        mine = set(wants[one.number])
        own = one.place.slot.pk if one.place.slot is not None and one.place.slot.capacity > 1 else None
        # A group claims its specialist and its room from its creation; that is no clash for who comes into it.
        hit = [claim for want, claim in found if want in mine and (own is None or claim.slot_id != own)]
        one.why += dict.fromkeys(clash["says"] for clash in (describe(hit, by=by) if hit else []))


def _name_sessions(asked: Asked, *, at: datetime) -> None:
    """Set on each date why it could not hold a session of the program, counting the earlier dates that could."""
    visit = asked.visit
    if visit.enrollment_id is None or visit.patient is None or visit.done.main is None:
        return
    enrollment = Enrollment.objects.get(pk=visit.enrollment_id)
    numbers, held = free_sessions(enrollment)
    number = next(numbers)
    for one in asked.dates:
        try:
            hold_session(
                enrollment,
                patient_id=visit.patient.pk,
                practice_id=visit.practice.pk,
                service_id=visit.done.main.pk,
                starts_at=one.place.starts_at,
                open_appointments=held,
                number=number,
                override_reason=one.place.because or visit.override_reason,
                at=at,
            )
        except Conflict as error:
            one.why.append(str(error))
            continue
        number, held = next(numbers), held + 1


def _free_that_week(asked: Asked, one: Occurrence, *, at: datetime) -> FreeTime | None:
    """The first free time after the wished one in its week, Monday to Sunday, else the last before it."""
    visit, zone = asked.visit, asked.visit.practice.zone
    day = one.wished.astimezone(zone).date()
    monday = day - timedelta(days=day.weekday())
    begin, end = (datetime.combine(monday + timedelta(days=days), time(), tzinfo=zone) for days in (0, 7))
    before, after = buffers(visit.done.main)
    also = resource_ids(visit.patient, *visit.assistants)
    code = visit.done.main.code if visit.done.main else None
    search = Search(begin, end, asked.length, before, after, code, also=frozenset(also))
    rooms = [visit.room.pk] if visit.room is not None else []
    people = [visit.specialist.pk] if visit.specialist is not None else []
    if asked.in_groups:
        groups = open_groups(visit.practice, people, search, at=at, limit=MOST_GROUPS)
        times = [FreeTime(slot.starts_at, slot.ends_at, slot.specialist_id, slot.room_id) for slot in groups]
    else:
        times = free_times(visit.practice, people, search, at=at, room_ids=rooms)
    others = [other.place for other in asked.dates if other is not one]
    apart = [
        free
        for free in times
        if not any(
            other.starts_at < free.ends_at + after and free.starts_at - before < other.ends_at for other in others
        )
    ]
    later = [free for free in apart if free.starts_at >= one.wished]
    return later[0] if later else (apart[-1] if apart else None)
