"""Why a time is refused: every reason at once, and the nearest free times."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.actor import Actor
from directory.models import Practice, Room, Specialist
from programs.models import Enrollment
from programs.services import bookable_sessions
from programs.states import EnrollmentStatus
from scheduling.calendar import claims, holidays
from scheduling.calendar.conflicts import describe
from scheduling.calendar.free_time_search import FreeTime, Search, merged, next_free
from scheduling.calendar.groups import group_at
from scheduling.calendar.online import horizon_of
from scheduling.calendar.parties import ends, patient_for, treatments
from scheduling.calendar.places import NO_PAUSE, REFUSALS, Place, buffers, equal_slot, in_slot, unmet_by
from scheduling.calendar.resources import wants_of_slot
from scheduling.models import Appointment, AvailableSlot


@dataclass(frozen=True, slots=True)
class WhyNot:
    """The reasons against a time (none: it can be booked), each {code, says, ...}, and up to three near free times."""

    reasons: list[dict[str, Any]]
    nearest: list[FreeTime]


def why_not(
    by: Actor,
    *,
    practice_id: int,
    specialist_id: int,
    service_id: int,
    starts_at: datetime,
    at: datetime,
    ends_at: datetime | None = None,
    patient_id: int | None = None,
    room_id: int | None = None,
    enrollment_id: int | None = None,
    ignoring: int | None = None,
) -> WhyNot:
    """Return every reason against a time that `by` may see; `ignoring` is the appointment that would move there.

    At the time of a group with a free place the visit would be one in the group, which does not stand against it.
    Codes: overlap, closed, outside_availability, notice_period, too_far_ahead, past, archived, not_in_use,
    no_session_left, program_expired.
    """
    practice: Practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("scheduling.view_slots", practice.pk)
    done = treatments([service_id], practice, specialist_id=specialist_id, by=by)
    specialist: Specialist = Specialist.objects.visible_to(by).one(pk=specialist_id)
    patient = patient_for(patient_id, practice, by=by) if patient_id is not None else None
    finish = ends(starts_at, ends_at, done)
    before, after = buffers(done.main)
    room = Room.objects.visible_to(by).filter(practice=practice).one(pk=room_id) if room_id is not None else None
    slot = equal_slot(practice, specialist, room, starts_at, finish, done.main, at=at)
    moved = Appointment.objects.visible_to(by).one(pk=ignoring) if ignoring is not None else None
    group = group_at(practice, specialist.pk, starts_at) if slot is None else None
    if group is not None and (moved is None or moved.slot_id != group.pk):
        slot = group
    place = (
        in_slot(slot)
        if slot is not None
        else Place(practice, specialist, room, starts_at, finish, before=before, after=after)
    )
    if moved is not None and moved.slot_id is not None and slot is None and _stays(moved, place):
        place = replace(place, before=NO_PAUSE, after=NO_PAUSE)  # in its own slot it needs no pauses
    reasons: list[dict[str, Any]] = []

    def add(code: str, says: str, **more: Any) -> None:
        reasons.append({"code": code, "says": says, **more})

    wants = place.wants(Appointment(patient=patient), []) + (wants_of_slot(slot) if slot is not None else [])
    found = claims.look(wants, at=at, ignoring=moved, patient_id=patient_id)
    # A group slot has taken its time from its creation.
    others = [claim for _want, claim in found if slot is None or claim.slot_id != slot.pk]
    for clash in describe(others, by=by):
        add("overlap", **clash)
    day = starts_at.astimezone(practice.zone).date()
    for name in holidays.closed_days(practice, first=day, last=day).values():
        add("closed", _("The practice is closed on this day: %(name)s.") % {"name": name})
    if not offers_time(practice, specialist, starts_at, finish):
        add("outside_availability", _("%(name)s does not offer this time.") % {"name": specialist})
    for name in unmet_by(place, at=at):
        code, says = REFUSALS[name]
        add(code, _("The time is in the past.") if name == "ahead" else says % {"specialist": specialist, "room": room})
    lead = done.main.booking_lead_hours if done.main else 0
    months = practice.booking_horizon_months
    if starts_at > horizon_of(months, at=at):
        says = ngettext(
            "Patients can book at most %(months)s month ahead; staff can book this time.",
            "Patients can book at most %(months)s months ahead; staff can book this time.",
            months,
        )
        add("too_far_ahead", says % {"months": months})
    elif at < starts_at <= at + timedelta(hours=lead):
        says = ngettext(
            "Patients must book more than %(hours)s hour ahead; staff can book this time.",
            "Patients must book more than %(hours)s hours ahead; staff can book this time.",
            lead,
        )
        add("notice_period", says % {"hours": lead})
    if enrollment_id is not None:
        for code, says in _program_reasons(by, enrollment_id, starts_at, at=at):
            add(code, says)
    word = done.main.code if done.main else None
    also = frozenset({patient.resource_id} if patient is not None else ())
    search = Search(starts_at, finish, finish - starts_at, before, after, word, also=also)
    return WhyNot(reasons, next_free(practice, [specialist.pk], search, at=at) if reasons else [])


def offers_time(practice: Practice, specialist: Specialist, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether the time lies within the specialist's slots at the practice, booked or not."""
    offered = AvailableSlot.objects.offered().filter(specialist=specialist, practice=practice)
    spans = merged(offered.overlapping(starts_at, ends_at).order_by("starts_at").values_list("starts_at", "ends_at"))
    return any(opens <= starts_at and closes >= ends_at for opens, closes in spans)


def has_hours_near(practice: Practice, specialist: Specialist, moment: datetime) -> bool:
    """Whether the specialist offers any time at the practice in the week before or after `moment`."""
    week = timedelta(days=7)
    offered = AvailableSlot.objects.offered().filter(specialist=specialist, practice=practice)
    return offered.overlapping(moment - week, moment + week).exists()


def _stays(moved: Appointment, place: Place) -> bool:
    return (moved.specialist, moved.starts_at, moved.ends_at) == (place.specialist, place.starts_at, place.ends_at)


def _program_reasons(by: Actor, enrollment_id: int, starts_at: datetime, *, at: datetime) -> list[tuple[str, str]]:
    program: Enrollment = Enrollment.objects.visible_to(by).one(pk=enrollment_id)
    held = Appointment.objects.holding().filter(enrollment=program).count()
    reasons = []
    if program.status_at(at) != EnrollmentStatus.ACTIVE or bookable_sessions(program, open_appointments=held) < 1:
        reasons.append(("no_session_left", _("The program has no session left.")))
    if program.expires_at is not None and starts_at > program.expires_at:
        reasons.append(("program_expired", _("The program's sessions end before this appointment.")))
    return reasons
